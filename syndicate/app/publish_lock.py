"""One publication at a time on this machine, whoever runs it: the daemon, a person, cron."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from syndicate.errors import StateError


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
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)  # closing is what lets go
