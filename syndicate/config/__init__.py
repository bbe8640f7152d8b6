"""syndicate.toml: read, checked as a whole, and turned into `model.Settings`."""
