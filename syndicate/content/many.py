"""Many files read on all cores, in order."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from itertools import islice

from syndicate.content.reading import Reader, Reading, Wanted
from syndicate.model import Settings
from syndicate.processes import Process, count_others

MANY = 1_000
"""Files from which on a second process is worth its start of half a second."""
_AT_ONCE = 100


def read_files(wanted: Sequence[Wanted], settings: Settings) -> Iterator[list[Reading]]:
    """What became of all files, a portion at a time. What another process does not answer is read here."""
    reader, rest = Reader(settings), iter(wanted)
    with ExitStack() as closing:
        count = count_others() if len(wanted) >= MANY else 0
        processes = [closing.enter_context(Process(begin_reading, settings)) for _ in range(count)]
        while own := list(islice(rest, _AT_ONCE)):
            given = [(process, some) for process in processes if (some := list(islice(rest, _AT_ONCE)))]
            for process, some in given:
                process.give(some)
            yield reader.read_many(own)
            for process, some in given:
                yield process.take() or reader.read_many(some)


def begin_reading(settings: Settings) -> Callable[[Sequence[Wanted]], list[Reading]]:
    """What another process does for us."""
    return Reader(settings).read_many
