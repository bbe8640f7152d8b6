"""Who reads the feeds: `stats`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from syndicate.cli.root import DONE, command, globals_of


@command()
def stats(
    context: typer.Context,
    access_log: Annotated[
        Path,
        typer.Argument(
            metavar="ACCESS_LOG", help='Log of the web server ("combined" format); .gz works, - is standard input.'
        ),
    ],
) -> int:
    """Count subscribers from an access log, and judge each reader."""
    from syndicate.app.stats import read_stats
    from syndicate.cli.show import print_json

    found = read_stats(access_log)
    if globals_of(context).json:
        print_json(found.data)
    else:
        print(found.text)
    return DONE
