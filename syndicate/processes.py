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
from collections.abc import Callable
from contextlib import suppress
from typing import Generic, Self, TypeVar

# What comes through these pipes was written by ourselves.
# ruff: noqa: S301

MOST = 3
"""Other processes at most: each weighs as much as we do."""

Given = TypeVar("Given")
Question = TypeVar("Question")
Answer = TypeVar("Answer")


def count_cores() -> int:
    """Cores beside the one that we keep busy ourselves, as far as others may be used."""
    return min((os.cpu_count() or 1) - 1, MOST)


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
        if self._other:
            self._other.kill()  # it keeps nothing
            self._other.communicate()

    def give(self, question: Question) -> None:
        """Let it begin; `take` its answer before the next question."""
        self._send(question)

    def take(self) -> Answer | None:
        """The answer; None where there is none."""
        if self._other is None or self._other.stdout is None:
            return None
        try:
            answer: Answer = pickle.load(self._other.stdout)
        except (OSError, EOFError, pickle.UnpicklingError):
            return None
        return answer

    def _send(self, what: object) -> None:
        if self._other and self._other.stdin:
            with suppress(OSError):
                pickle.dump(what, self._other.stdin)
                self._other.stdin.flush()


def _start() -> subprocess.Popen[bytes] | None:
    command = [sys.executable, "-P", "-c", f"from {__name__} import answer_questions; answer_questions()"]
    quiet = subprocess.DEVNULL
    try:
        return subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=quiet)  # noqa: S603
    except (OSError, ValueError):
        return None


def answer_questions() -> None:
    """The life of such a process: until nobody asks any more."""
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
