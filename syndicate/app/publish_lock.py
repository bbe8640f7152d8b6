"""One publication at a time on this machine, whoever runs it: the daemon, a person, cron."""

from __future__ import annotations

import fcntl
import logging
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from syndicate.errors import StateError

log = logging.getLogger("syndicate")

PATIENCE, PAUSE = 1.0, 0.05
"""Seconds after which a wait is told, and between two tries until then."""


@contextmanager
def take_turn(path: Path) -> Iterator[None]:
    """Wait until nobody else is at it. The operating system ends the turn of a process that dies.

    Raises StateError where the file cannot be had.
    """
    try:
        handle = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    except OSError as error:
        hint = "free space, or check who owns the folder"
        raise StateError(f"cannot be opened: {error.strerror}", where=str(path), hint=hint) from error
    try:
        _wait(handle)
        yield
    finally:
        os.close(handle)  # closing is what lets go


def _wait(handle: int) -> None:
    """Have the turn; who waits longer than a moment is told, since a publication of many cards takes minutes."""
    ends = time.monotonic() + PATIENCE
    while time.monotonic() < ends:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            time.sleep(PAUSE)
        else:
            return
    log.warning("another syndicate is publishing here: waiting until it is done")
    fcntl.flock(handle, fcntl.LOCK_EX)
