"""Publishing into a local folder: readers see the old file or the new one, never half of either.

Beside a text stand its compressed siblings (rss.xml.gz, .br, .zst), which static servers hand out as they are. They
belong to the file: written and removed with it, never listed.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from pathlib import Path
from tempfile import NamedTemporaryFile

from syndicate.errors import StateError, UsageError
from syndicate.model import Artefact
from syndicate.output.base import check_path
from syndicate.output.compress import ENDINGS, compress, is_compressible

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
        changed = self.write_plain(artefacts)
        self.write_siblings(artefacts)
        return changed

    def write_plain(self, artefacts: Sequence[Artefact]) -> tuple[str, ...]:
        """The files without their siblings; siblings of changed files are taken away, so that none is ever stale."""
        return tuple(artefact.path for artefact in artefacts if self._write_one(artefact))

    def write_siblings(self, artefacts: Sequence[Artefact]) -> None:
        """The missing siblings of files just written. Compressing lets go of the interpreter: threads pay."""
        with ThreadPoolExecutor(max_workers=os.cpu_count()) as pool:
            list(pool.map(self._pack_one, artefacts))

    def remove(self, paths: Sequence[str]) -> tuple[str, ...]:
        return tuple(path for path in paths if self._remove_one(path))

    def list_paths(self) -> frozenset[str]:
        found = frozenset(_walk(self.root, ""))
        return frozenset(path for path in found if not _is_sibling(path, found))

    def _write_one(self, artefact: Artefact) -> bool:
        place = self._place(artefact.path)
        if self.read(artefact.path) == artefact.data:
            return False
        with _say(place):
            place.parent.mkdir(parents=True, exist_ok=True)
            modified = _choose_mtime(place, artefact)
            _remove_siblings(place)
            _replace(place, artefact.data, modified)
        return True

    def _pack_one(self, artefact: Artefact) -> None:
        place = self._place(artefact.path)
        if not is_compressible(artefact.path, artefact.media_type, len(artefact.data)):
            return
        with _say(place):
            modified = place.stat().st_mtime
            siblings = [place.with_name(place.name + ending) for ending in ENDINGS.values()]
            if all(_modified(sibling) == modified for sibling in siblings):
                return
            for ending, data in compress(artefact.data).items():
                _replace(place.with_name(place.name + ending), data, modified)

    def _remove_one(self, path: str) -> bool:
        place = self._place(path)
        with _say(place):
            _remove_siblings(place)
            try:
                place.unlink()
            except (FileNotFoundError, NotADirectoryError):
                return False
            _prune(place.parent, self.root)
        return True

    def _place(self, path: str) -> Path:
        """Where the path lies; refused where a link on the way leads out of the root."""
        place = self.root / check_path(path)
        if not place.parent.resolve().is_relative_to(self.root.resolve()):
            raise UsageError("leads out of the publish folder through a link", where=path)
        return place


@contextmanager
def _say(place: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        what = error.strerror or type(error).__name__
        raise StateError(
            f"cannot be published: {what}", where=str(place), hint="free space, or check its owner"
        ) from error


def _remove_siblings(place: Path) -> None:
    for ending in ENDINGS.values():
        with suppress(NotADirectoryError):
            place.with_name(place.name + ending).unlink(missing_ok=True)


def _modified(place: Path) -> float | None:
    try:
        return place.stat().st_mtime
    except FileNotFoundError:
        return None


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
    wanted, before = float(int(artefact.modified_at.timestamp())), _modified(place)
    return wanted if before is None or wanted > before else float(int(before) + 1)


def _is_sibling(path: str, found: frozenset[str]) -> bool:
    base, _, ending = path.rpartition(".")
    return f".{ending}" in ENDINGS.values() and base in found


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
