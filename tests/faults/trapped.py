"""The real command line in a process of its own, with a trap. Only its imports were made before.

A step is what leaves a trace outside the process: a statement that writes, the beginning and the commit of a
transaction, a file opened for writing, renamed or removed, a folder made, a lock, a connection. All are seen through
the doors that Python and SQLAlchemy have for it, so that not a line of the program is another one. Each step is named
in a file; before the `die_at`-th (counted from 0, -1 for none) the process dies by SIGKILL.
"""

from __future__ import annotations

import os
import signal
import sys
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sqlalchemy import Engine, event

from syndicate.cli import main

SEEN: Mapping[str, str] = {
    "os.rename": "rename a file",
    "os.remove": "remove a file",
    "os.link": "link a file",
    "os.mkdir": "make a folder",
    "socket.connect": "connect",
    "fcntl.flock": "lock",
}
WRITES = os.O_WRONLY | os.O_RDWR | os.O_CREAT
READS = ("SELECT", "PRAGMA")
NO_TRACE = ("__pycache__", "/dev/null")
"""Bytecode and such: Python's own, and different from run to run."""


@dataclass(frozen=True, slots=True)
class Orders:
    """What is typed, with which environment; where steps and words go; at which step to die."""

    words: tuple[str, ...]
    environment: Mapping[str, str]
    steps: Path
    said: Path
    die_at: int


def run_trapped(orders: Orders) -> None:
    """`syndicate WORDS` from its first line to its exit code, or to its death."""
    os.environ.update(orders.environment)
    said = os.open(orders.said, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    for stream in (1, 2):
        os.dup2(said, stream)
    Trap(orders.die_at, orders.steps).set_up()
    sys.argv = ["syndicate", *orders.words]
    main()


class Trap:
    """Counts steps in all threads of the process."""

    def __init__(self, at: int, log: Path) -> None:
        self._at = at
        self._log = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        self._steps = 0
        self._lock = threading.Lock()

    def set_up(self) -> None:
        sys.addaudithook(self._hear)
        event.listen(Engine, "begin", lambda _connection: self.step("begin"))
        event.listen(Engine, "commit", lambda _connection: self.step("commit"))
        event.listen(Engine, "before_cursor_execute", self._write)

    def step(self, name: str) -> None:
        with self._lock:
            os.write(self._log, f"{name}\n".encode())
            if self._steps == self._at:
                os.kill(os.getpid(), signal.SIGKILL)
            self._steps += 1

    def _hear(self, name: str, values: tuple[Any, ...]) -> None:
        if name not in SEEN and name != "open":
            return
        if any(path in str(value) for path in NO_TRACE for value in values):
            return
        if name in SEEN:
            self.step(SEEN[name])
        elif isinstance(values[2], int) and values[2] & WRITES:
            self.step("open a file to write")

    def _write(self, _connection: Any, _cursor: Any, statement: str, *_more: Any) -> None:
        words = statement.split()
        if words[0] not in READS:
            self.step(" ".join(words[:3] if words[0] == "INSERT" else words[:2]).lower())
