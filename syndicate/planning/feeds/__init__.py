"""Which feeds a site has, and what stands in each."""
