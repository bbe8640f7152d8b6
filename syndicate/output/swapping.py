"""Files put in place: written beside, flushed to the disk together, then swapped one by one.

A crash leaves old files or new ones, never half of one, and hidden rests that a later publication clears away.
"""

from __future__ import annotations

import ctypes
import errno
import os
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from threading import get_ident

from syndicate.errors import StateError
from syndicate.output.files import TEMPORARY, remove_siblings

# --- written files reach the disk: one by one, or all of a file system together ---

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


_HINTS = {
    errno.EROFS: "mount it so that it may be written, or name another folder in [storage] publish_to",
    errno.EACCES: "check its owner",
    errno.EPERM: "check its owner",
    errno.ENOSPC: "free space",
    errno.EDQUOT: "free space",
    errno.EIO: "check the disk",
}


@dataclass(frozen=True, slots=True)
class Fresh:
    """Bytes for a place, and the modification time they shall carry."""

    place: Path
    data: bytes
    modified: float | None
    has_siblings: bool
    """Whether compressed forms may stand beside it, which the new bytes make stale."""


def replace_files(files: Sequence[Fresh]) -> None:
    """Put all of them there. Raises StateError where one cannot be written; those before it may be in place then."""
    waiting: list[Path] = []
    try:
        for one in files:
            waiting.append(_beside(one.place, len(waiting)))
            with telling(one.place):
                _write(waiting[-1], one)
        if files:
            with telling(files[0].place):
                flush(waiting)
        for one, beside in zip(files, waiting, strict=True):
            with telling(one.place):
                _swap(beside, one)
    except BaseException:
        for beside in waiting:
            beside.unlink(missing_ok=True)
        raise


@contextmanager
def telling(place: Path) -> Iterator[None]:
    """Trouble with the disk in a person's words."""
    try:
        yield
    except OSError as error:
        what = error.strerror or type(error).__name__
        hint = _HINTS.get(error.errno or 0, "")
        raise StateError(f"cannot be read or written: {what}", where=str(place), hint=hint) from error


def _beside(place: Path, number: int) -> Path:
    """A hidden name of this thread's own, so that its next write takes a rest away."""
    return place.with_name(f"{TEMPORARY}{os.getpid()}-{get_ident()}-{number}")


def _write(beside: Path, one: Fresh) -> None:
    handle = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW, 0o644)  # through nobody's link
    with os.fdopen(handle, "wb") as file:
        file.write(one.data)
        file.flush()
        os.fchmod(handle, 0o644)


def _swap(beside: Path, one: Fresh) -> None:
    """It gets its time only now: one from years ago would look like a rest to another process that clears them."""
    if one.modified is not None:
        os.utime(beside, (one.modified, one.modified))
    if one.has_siblings:
        remove_siblings(one.place)
    beside.replace(one.place)
