"""Work shared with other processes: threads of one keep only one core busy with Python.

Each is this module, run by the same interpreter, with a pipe in and a pipe out, and ends when we do, however we end.
Whoever asks must be able to do the work as well: where a process cannot be had, dies, or fails, there is no answer.
"""

from __future__ import annotations

import os
import pickle
import signal
import subprocess
import sys
from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import Generic, Self, TypeVar

from syndicate import __version__

# What comes through these pipes was written by ourselves.
# ruff: noqa: S301

MOST = 3
"""Other processes at most: each weighs as much as we do."""

Given = TypeVar("Given")
Question = TypeVar("Question")
Answer = TypeVar("Answer")


_HARMLESS = frozenset({
    "PATH", "HOME", "USER", "LOGNAME", "SHELL", "LANG", "LANGUAGE", "TZ", "TMPDIR", "SSL_CERT_FILE", "SSL_CERT_DIR",
    "DISPLAY", "WAYLAND_DISPLAY", "DBUS_SESSION_BUS_ADDRESS",
})  # fmt: skip


def clean_environment(environ: Mapping[str, str]) -> dict[str, str]:
    """What another program may know of our environment: where things are and who we are, no secret."""
    return {name: value for name, value in environ.items() if name in _HARMLESS or name.startswith(("LC_", "XDG_"))}


def count_cores() -> int:
    """Cores that we may use: a container or `taskset` may leave us few of many."""
    affinity = getattr(os, "sched_getaffinity", None)  # Linux
    return len(affinity(0)) if affinity else os.cpu_count() or 1


def count_others() -> int:
    """Other processes that are worth while: we keep one core busy ourselves."""
    return min(count_cores() - 1, MOST)


class Process(Generic[Given, Question, Answer]):
    """Another process that calls `begin(given)` and then answers questions, one at a time, with what that returned.

    `begin` is named in a module. Use it as a context manager.
    """

    def __init__(self, begin: Callable[[Given], Callable[[Question], Answer]], given: Given) -> None:
        self._other = _start()
        self._send((begin, given))

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc: object) -> None:
        self._end()

    def give(self, question: Question) -> None:
        """Let it begin; `take` its answer before the next question."""
        self._send(question)

    def take(self) -> Answer | None:
        """The answer; None where there is none."""
        if self._other is None or self._other.stdout is None:
            return None
        try:
            answer: Answer = pickle.load(self._other.stdout)
        except Exception:  # noqa: BLE001 - half an answer may come to anything, and the next would begin with its rest
            self._end()
            return None
        return answer

    def _send(self, what: object) -> None:
        if self._other and self._other.stdin:
            try:
                pickle.dump(what, self._other.stdin)
                self._other.stdin.flush()
            except OSError:
                self._end()

    def _end(self) -> None:
        other, self._other = self._other, None
        if other:
            other.kill()  # it keeps nothing
            other.communicate()


def _start() -> subprocess.Popen[bytes] | None:
    script = f"from {__name__} import answer_questions; answer_questions({__version__!r})"
    command = [sys.executable, "-P", "-c", script]
    quiet = subprocess.DEVNULL
    try:
        return subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=quiet)  # noqa: S603
    except (OSError, ValueError):
        return None


def answer_questions(version: str) -> None:
    """The life of such a process: until nobody asks any more. `version` is that of the one who asks.

    Another one would read our values wrongly: a package may be exchanged under a running daemon.
    """
    if version != __version__:
        return
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the one that asked ends, and so do we
    answers = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # whatever else prints must not come between
    with suppress(EOFError, BrokenPipeError):
        begin, given = pickle.load(sys.stdin.buffer)
        work = begin(given)
        while True:
            pickle.dump(_try(work, pickle.load(sys.stdin.buffer)), answers)
            answers.flush()


def _try(work: Callable[[Question], Answer], question: Question) -> Answer | None:
    """Whoever asked does it again, and so sees what went wrong."""
    try:
        return work(question)
    except Exception:  # noqa: BLE001
        return None
