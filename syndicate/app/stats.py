"""`stats`: an access log in, subscribers and manners out."""

from __future__ import annotations

import gzip
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from syndicate.errors import UsageError


@dataclass(frozen=True, slots=True)
class Stats:
    """The same twice: values for programs, text for people."""

    data: object
    text: str


def read_stats(access_log: Path) -> Stats:
    """Analyse a log in the "combined" format; ".gz" is unpacked, "-" is standard input."""
    from syndicate.stats import count_readers, render_stats  # noqa: PLC0415

    with _lines(access_log) as lines:
        found = count_readers(lines)
    return Stats(found, render_stats(found))


@contextmanager
def _lines(path: Path) -> Iterator[Iterator[str]]:
    if str(path) == "-":
        yield iter(sys.stdin)
        return
    try:
        with gzip.open(path, "rt", errors="replace") if path.suffix == ".gz" else path.open(errors="replace") as file:
            yield iter(file)
    except OSError as error:
        raise UsageError(f"cannot be read: {error.strerror or error}", where=str(path)) from error
