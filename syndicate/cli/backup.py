"""The state looked after: `backup`, `restore`, `prune`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from syndicate.cli.root import DONE, command, globals_of
from syndicate.cli.show import print_json, tell, warn_of_state
from syndicate.cli.terminal import read_time


@command()
def backup(
    context: typer.Context,
    file: Annotated[Path, typer.Argument(metavar="FILE", help="Where to; an older backup there is replaced.")],
) -> int:
    """Write a copy of the state database, also while the daemon runs."""
    from syndicate.app.state import back_up_state

    given = globals_of(context)
    with given.open_app() as app, app.using() as site:
        back_up_state(site, file)
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
    from syndicate.app.state import restore_state

    given = globals_of(context)
    with given.open_app() as app:
        with app.using() as site:
            kept = restore_state(site, file)
        contradiction = app.find_contradiction()
    if given.json:
        print_json({"file": file.resolve(), "kept": kept, "contradiction": contradiction})
    elif given.verbosity >= 0:
        tell(f"Restored the state from {file}." + (f" The one before is kept as {kept}." if kept else ""))
    return warn_of_state(contradiction)


@command()
def prune(
    context: typer.Context,
    older_than: Annotated[
        str, typer.Option("--older-than", metavar="TIME", help='Which steps to forget, such as "90d".')
    ] = "180d",
) -> int:
    """Forget old steps in the trail of messages that have ended.

    No message is forgotten: what was sent must never be sent again. The last step of each stays.
    """
    given, age = globals_of(context), read_time(older_than, where="--older-than")
    with given.open_app() as app, app.changing() as site:
        forgotten = site.store.prune_trails(app.now() - age)
    if given.json:
        print_json({"forgotten": forgotten})
    elif given.verbosity >= 0:
        print(f"Forgot {forgotten} step{'' if forgotten == 1 else 's'}.")
    return DONE
