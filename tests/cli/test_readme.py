"""README and program never part: every key and every command stands in it."""

import re
from pathlib import Path

from syndicate.cli.root import app, call
from tests.cli.readme_table import render_table

README = (Path(__file__).resolve().parents[2] / "README.md").read_text(encoding="utf-8")


def test_the_table_of_the_configuration_says_what_the_schema_says():
    """Every key, default, meaning and choice; `python -m tests.cli.readme_table` prints the table to paste."""
    start = README.index("| key | default | meaning |")
    assert README[start : README.index("\n\n", start)].splitlines() == render_table()


def test_every_command_is_in_the_table():
    """What `syndicate --help` lists, README explains."""
    call(["schema"])  # registers the commands
    names = {command.name or command.callback.__name__ for command in app.registered_commands}
    names |= {group.name for group in app.registered_groups}
    assert {name for name in names if not re.search(rf"`(syndicate )?{name}\b", README)} == set()
