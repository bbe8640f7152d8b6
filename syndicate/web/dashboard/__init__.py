"""The dashboard: pages and forms for the person behind the site."""
