"""syndicate.toml: read, checked as a whole, and turned into `model.Settings`."""

from syndicate.config.problems import Mistake, list_account_keys, locate_mistakes
from syndicate.config.read import CONFIG_NAME, find_config, make_settings, read_settings
from syndicate.config.tables import make_json_schema

__all__ = [
    "CONFIG_NAME",
    "Mistake",
    "find_config",
    "list_account_keys",
    "locate_mistakes",
    "make_json_schema",
    "make_settings",
    "read_settings",
]
