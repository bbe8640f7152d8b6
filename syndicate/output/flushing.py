"""Written files reach the disk: each by itself, or all of a file system together where many wait."""

from __future__ import annotations

import ctypes
import os
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

MANY = 64
"""From here on one flush for all is much cheaper. Below it would make an edit wait for what other programs write."""
_AT_ONCE = 4
"""Files flushed at the same time: the disk serves several as fast as one."""


def flush(places: Sequence[Path]) -> None:
    """Returns when the bytes of these files are safe from a power cut."""
    if len(places) >= MANY and _flush_together(places):
        return
    with ThreadPoolExecutor(_AT_ONCE, thread_name_prefix="flush") as pool:
        list(pool.map(lambda place: _with_handle(place, os.fsync), places))


def _flush_together(places: Sequence[Path]) -> bool:
    """Whether the system can do that: Linux has a call for it that Python does not offer."""
    syncfs = getattr(ctypes.CDLL(None, use_errno=True), "syncfs", None)
    if syncfs is None:
        return False
    disks = {place.stat().st_dev: place for place in places}
    return all(_with_handle(place, syncfs) == 0 for place in disks.values())


def _with_handle(place: Path, action: Callable[[int], object]) -> object:
    handle = os.open(place, os.O_RDONLY | os.O_NOFOLLOW)
    try:
        return action(handle)
    finally:
        os.close(handle)
