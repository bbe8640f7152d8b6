"""Many files read by several processes: parsing keeps one core busy, whatever the number of threads.

Each of them is this module, run by the same interpreter, with a pipe in and a pipe out: it ends when we do, however we
end. Where none can be had, or one dies, everything is read here.
"""

from __future__ import annotations

import os
import pickle
import signal
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from itertools import islice

from syndicate.content.reading import Reader, Reading, Wanted
from syndicate.model import Settings

MANY = 1_000
"""Files from which on a second process is worth its start of half a second."""
_AT_ONCE = 100
_MOST = 3

# What comes through these pipes was written by ourselves.
# ruff: noqa: S301

ReadingProcess = subprocess.Popen[bytes]


def read_files(wanted: Sequence[Wanted], settings: Settings) -> Iterator[list[Reading]]:
    """What became of all files, a portion at a time, in order."""
    reader, rest = Reader(settings), iter(wanted)
    with ExitStack() as closing:
        count = min((os.cpu_count() or 1) - 1, _MOST) if len(wanted) >= MANY else 0
        processes = [closing.enter_context(_open_process(settings)) for _ in range(count)]
        while own := list(islice(rest, _AT_ONCE)):
            given = [(process, some) for process in processes if (some := list(islice(rest, _AT_ONCE)))]
            for process, some in given:
                _give(process, some)
            yield reader.read_many(own)
            for process, some in given:
                yield _take(process) or reader.read_many(some)


@contextmanager
def _open_process(settings: Settings) -> Iterator[ReadingProcess | None]:
    try:
        process = subprocess.Popen(  # noqa: S603 - ourselves
            [sys.executable, "-P", "-c", f"from {__name__} import read_for_another; read_for_another()"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
        )
    except (OSError, ValueError):
        yield None
        return
    try:
        _give(process, settings)
        yield process
    finally:
        process.kill()  # it keeps nothing
        process.communicate()


def _give(process: ReadingProcess | None, what: object) -> None:
    if process and process.stdin:
        with suppress(OSError):
            pickle.dump(what, process.stdin)
            process.stdin.flush()


def _take(process: ReadingProcess | None) -> list[Reading]:
    """The answer; nothing where the process is no more."""
    try:
        answer: list[Reading] = pickle.load(process.stdout) if process and process.stdout else []
    except (OSError, EOFError, pickle.UnpicklingError):
        return []
    return answer


def read_for_another() -> None:
    """The life of such a process: files in, readings out, until nobody is there any more."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the one that asked ends, and so do we
    answers = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # whatever else prints must not come between
    with suppress(EOFError, BrokenPipeError):
        reader = Reader(pickle.load(sys.stdin.buffer))
        while True:
            pickle.dump(reader.read_many(pickle.load(sys.stdin.buffer)), answers)
            answers.flush()
