"""Folders in which anything may lie: folders without end, circles of links, pipes that never speak, devices.

Python's own walks (os.walk, Path.rglob) call themselves for each level and fail at the thousandth; opening a pipe waits
for somebody to write into it, and a device has no end.
"""

from __future__ import annotations

import errno
import os
from collections.abc import Callable, Iterator
from contextlib import suppress
from io import FileIO
from pathlib import Path
from stat import S_ISREG

MAX_DEPTH = 40
"""Folders in one another, from where a walk began; deeper ones are passed over."""


class NotAFile(OSError):
    """A pipe, a socket, a device: nothing that has bytes and an end."""


def open_file(path: str | os.PathLike[str]) -> FileIO:
    """A regular file, open for reading. Raises NotAFile for anything else, OSError where it cannot be opened."""
    try:
        handle = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError as error:
        if error.errno == errno.ENXIO:  # a socket, or a device without a driver
            raise NotAFile(error.errno, "not a file") from error
        raise
    if S_ISREG(os.fstat(handle).st_mode):
        return FileIO(handle)
    os.close(handle)
    raise NotAFile(errno.EINVAL, "not a file")


def replace_file(path: Path, data: bytes, mode: int = 0o600) -> os.stat_result:
    """Written beside, flushed, renamed: whoever reads sees the old file or the new one, whole. Returns its facts."""
    from tempfile import mkstemp  # noqa: PLC0415 - slow to load, and most runs only read

    handle, beside = mkstemp(dir=path.parent, prefix=".syndicate-")
    try:
        with os.fdopen(handle, "wb") as file:
            os.fchmod(handle, mode)
            _hand_over(handle, path if path.exists() else path.parent)
            file.write(data)
            file.flush()
            os.fsync(handle)
            facts = os.fstat(handle)
        Path(beside).replace(path)
    except BaseException:
        with suppress(OSError):
            Path(beside).unlink()
        raise
    return facts


def open_private(path: Path) -> int:
    """A handle to read and write a file for its owner alone, made where there is none. Raises OSError."""
    try:
        handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    _hand_over(handle, path.parent)
    return handle


def _hand_over(handle: int, like: Path) -> None:
    """What root makes belongs to whoever has the folder: `sudo syndicate login` shuts nobody out of their own blog.

    Only for files that were made this moment: behind a name that was there a link may lead anywhere.
    """
    if os.geteuid() == 0:
        with suppress(OSError):
            facts = like.stat()
            os.fchown(handle, facts.st_uid, facts.st_gid)


def walk(folder: str | os.PathLike[str], enters: Callable[[str], bool] = lambda _: True) -> Iterator[os.DirEntry[str]]:
    """What lies in a folder and below it, each folder in order of name; what cannot be read is passed over.

    Folders are entered where `enters` says so by their name, links to folders never.
    """
    waiting = [(os.fspath(folder), 0)]
    while waiting:
        place, depth = waiting.pop()
        below = []
        for entry in _scan(place):
            yield entry
            if depth < MAX_DEPTH and enters(entry.name) and _is_folder(entry):
                below.append((entry.path, depth + 1))
        waiting += reversed(below)


def _is_folder(entry: os.DirEntry[str]) -> bool:
    try:
        return entry.is_dir(follow_symlinks=False)
    except OSError:
        return False


def _scan(folder: str) -> list[os.DirEntry[str]]:
    try:
        with os.scandir(folder) as entries:
            return sorted(entries, key=lambda entry: entry.name)
    except OSError:
        return []
