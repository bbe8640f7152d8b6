"""The state in a safe place, and back: `backup`, `restore`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from syndicate.cli.queue import warn_of_state
from syndicate.cli.root import DONE, command, globals_of


@command()
def backup(
    context: typer.Context,
    file: Annotated[Path, typer.Argument(metavar="FILE", help="Where to; an older backup there is replaced.")],
) -> int:
    """Write a copy of the state database, also while the daemon runs."""
    from syndicate.cli.show import print_json

    given = globals_of(context)
    with given.open_app() as hall:
        hall.back_up(file)
    if given.json:
        print_json({"file": file.resolve()})
    elif given.verbosity >= 0:
        print(f"Wrote the state to {file}.")
    return DONE


@command()
def restore(
    context: typer.Context,
    file: Annotated[Path, typer.Argument(metavar="FILE", help="What `syndicate backup` wrote.")],
) -> int:
    """Put a backup in the place of the state database.

    The replaced one is kept beside it. Where messages were sent since the backup, nothing goes out before every
    account was adopted.
    """
    from syndicate.cli.show import print_json, tell

    given = globals_of(context)
    with given.open_app() as hall:
        kept = hall.restore(file)
        contradiction = hall.find_contradiction()
    if given.json:
        print_json({"file": file.resolve(), "kept": kept, "contradiction": contradiction})
    elif given.verbosity >= 0:
        tell(f"Restored the state from {file}." + (f" The one before is kept as {kept}." if kept else ""))
    return warn_of_state(contradiction)
