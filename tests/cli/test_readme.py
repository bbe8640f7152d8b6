"""README and program never part: every key and every command stands in it."""

import re
from pathlib import Path

import pytest

from syndicate.cli.root import app, call
from syndicate.config.schema import AccountTable, ConfigFile, ScheduleTable

README = (Path(__file__).resolve().parents[2] / "README.md").read_text(encoding="utf-8")
TABLES = {
    name: field.annotation
    for name, field in ConfigFile.model_fields.items()
    if hasattr(field.annotation, "model_fields")
}


@pytest.mark.parametrize("name", [*TABLES, "accounts.NAME"])
def test_every_key_of_the_configuration_is_in_the_table(name):
    """A key without a line in README does not exist for its users."""
    model = TABLES.get(name, AccountTable)
    part = README.split(f"**[{name}]**")[1].split("| **")[0]
    keys = {field.alias or key for key, field in model.model_fields.items()}
    if model is AccountTable:
        keys -= set(ScheduleTable.model_fields)
    assert keys == set(re.findall(r"^\| `(\w+)` \|", part, re.MULTILINE))


def test_every_command_is_in_the_table():
    """What `syndicate --help` lists, README explains."""
    call(["schema"])  # registers the commands
    names = {command.name or command.callback.__name__ for command in app.registered_commands}
    names |= {group.name for group in app.registered_groups}
    assert {name for name in names if not re.search(rf"`(syndicate )?{name}\b", README)} == set()
