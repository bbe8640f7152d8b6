"""syndicate.toml: read, checked as a whole, and turned into `model.Settings`."""

from syndicate.config.read import (
    CONFIG_NAME,
    Mistake,
    find_config,
    list_account_keys,
    locate_mistakes,
    make_settings,
    read_settings,
)
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
