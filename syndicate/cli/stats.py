"""Who reads the feeds: `stats`."""

from __future__ import annotations

import gzip
import sys
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from io import TextIOWrapper
from pathlib import Path
from typing import Annotated

import typer

from syndicate.cli.root import DONE, command, globals_of
from syndicate.cli.show import print_json
from syndicate.errors import UsageError

LONGEST_LINE = 100_000


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
    from syndicate.stats import count_readers, render_stats

    with _open_log(access_log) as lines:
        found = count_readers(lines)
    if globals_of(context).json:
        print_json(found)
    else:
        print(render_stats(found))
    return DONE


@contextmanager
def _open_log(path: Path) -> Iterator[Iterator[str]]:
    """Its lines: ".gz" is unpacked, "-" is standard input. A line without end comes in parts: no requests."""
    if str(path) == "-":
        if isinstance(sys.stdin, TextIOWrapper):
            sys.stdin.reconfigure(errors="replace")
        yield iter(lambda: sys.stdin.readline(LONGEST_LINE), "")
        return
    try:
        with gzip.open(path, "rt", errors="replace") if path.suffix == ".gz" else path.open(errors="replace") as file:
            yield iter(lambda: file.readline(LONGEST_LINE), "")
    except (EOFError, zlib.error) as error:
        raise UsageError("is damaged, or cut short", where=str(path)) from error
    except OSError as error:
        raise UsageError(f"cannot be read: {error.strerror or error}", where=str(path)) from error
