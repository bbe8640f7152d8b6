"""The command line: one module per group of commands, heavy rooms imported inside the command."""

from __future__ import annotations


def main() -> None:
    """The command `syndicate`. Exit codes: 0 done, 1 something needs a person, 2 usage or configuration."""
    from syndicate.cli.root import run

    run()
