"""syndicate.toml: read, checked as a whole, and turned into `model.Settings`."""

from syndicate.config.read import CONFIG_NAME, find_config, make_settings, read_settings
from syndicate.config.schema import make_json_schema

__all__ = ["CONFIG_NAME", "find_config", "make_json_schema", "make_settings", "read_settings"]
