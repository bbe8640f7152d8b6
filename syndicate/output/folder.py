"""Publishing into a local folder: readers see the old file or the new one, never half of either."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from pathlib import Path
from tempfile import NamedTemporaryFile

from syndicate.errors import StateError, UsageError
from syndicate.model import Artefact
from syndicate.output.base import check_path

_TEMPORARY = ".syndicate-"


class FolderOutput:
    """Files below `root`. The modification time of a file is its artefact's, so static servers tell it truly."""

    def __init__(self, root: str | Path) -> None:
        self.root = Path(root)

    def read(self, path: str) -> bytes | None:
        try:
            return self._place(path).read_bytes()
        except (FileNotFoundError, IsADirectoryError, NotADirectoryError):
            return None
        except OSError as error:
            raise StateError(f"cannot be read: {error.strerror}", where=path) from error

    def write(self, artefacts: Sequence[Artefact]) -> tuple[str, ...]:
        return tuple(artefact.path for artefact in artefacts if self._write_one(artefact))

    def remove(self, paths: Sequence[str]) -> tuple[str, ...]:
        return tuple(path for path in paths if self._remove_one(path))

    def list_paths(self) -> frozenset[str]:
        return frozenset(_walk(self.root, ""))

    def _write_one(self, artefact: Artefact) -> bool:
        place = self._place(artefact.path)
        if self.read(artefact.path) == artefact.data:
            return False
        try:
            place.parent.mkdir(parents=True, exist_ok=True)
            _replace(place, artefact.data, _choose_mtime(place, artefact))
        except OSError as error:
            raise StateError(
                f"cannot be written: {error.strerror}", where=str(place), hint="free space, or check its owner"
            ) from error
        return True

    def _remove_one(self, path: str) -> bool:
        place = self._place(path)
        try:
            place.unlink()
        except (FileNotFoundError, NotADirectoryError):
            return False
        except OSError as error:
            raise StateError(f"cannot be removed: {error.strerror}", where=str(place)) from error
        _prune(place.parent, self.root)
        return True

    def _place(self, path: str) -> Path:
        """Where the path lies; refused where a link on the way leads out of the root."""
        place = self.root / check_path(path)
        if not place.parent.resolve().is_relative_to(self.root.resolve()):
            raise UsageError("leads out of the publish folder through a link", where=path)
        return place


def _replace(place: Path, data: bytes, modified: float | None) -> None:
    """Write beside the place, flush to the disk, then swap. A crash leaves the old file and a hidden rest."""
    with NamedTemporaryFile(dir=place.parent, prefix=_TEMPORARY, delete=False) as file:
        try:
            file.write(data)
            file.flush()
            os.fchmod(file.fileno(), 0o644)
            os.fsync(file.fileno())
            if modified is not None:
                os.utime(file.fileno(), (modified, modified))
            Path(file.name).replace(place)
        except BaseException:
            Path(file.name).unlink(missing_ok=True)
            raise


def _choose_mtime(place: Path, artefact: Artefact) -> float | None:
    """The artefact's own moment, but always later than the bytes it replaces.

    So If-Modified-Since and servers that make an ETag of time and size (nginx) notice every change, also one that
    takes the newest post away.
    """
    if artefact.modified_at is None:
        return None
    wanted = float(int(artefact.modified_at.timestamp()))
    try:
        before = place.stat().st_mtime
    except OSError:
        return wanted
    return wanted if wanted > before else float(int(before) + 1)


def _prune(folder: Path, root: Path) -> None:
    """Remove folders that became empty, never the root."""
    while folder != root:
        try:
            folder.rmdir()
        except OSError:
            return
        folder = folder.parent


def _walk(folder: Path, prefix: str) -> Iterator[str]:
    try:
        entries = list(os.scandir(folder))
    except OSError:
        return
    for entry in entries:
        if entry.name.startswith("."):
            continue
        if entry.is_dir(follow_symlinks=False):
            yield from _walk(Path(entry.path), f"{prefix}{entry.name}/")
        elif entry.is_file(follow_symlinks=False):
            yield prefix + entry.name
