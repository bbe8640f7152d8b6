"""Facebook Pages, Instagram and Threads: one Graph API."""
