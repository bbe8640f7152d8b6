"""A blog whose app stays open in this process, with a clock that the test moves and an output that counts."""

from __future__ import annotations

import sqlite3
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from datetime import UTC, datetime, timedelta
from io import BytesIO
from pathlib import Path
from typing import Any

from PIL import Image

from syndicate.app.app import App
from syndicate.app.site import OpenSite
from syndicate.config.read import read_settings
from syndicate.model import Artefact
from syndicate.output.folder import FolderOutput
from tests.journeys.blog import CONFIG, Blog

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)


class House(Blog):
    """A blog with a clock of its own."""

    def __init__(self, root: Path, config: str = CONFIG, now: datetime = NOW) -> None:
        super().__init__(root, config)
        self.now = now

    @property
    def config(self) -> Path:
        return self.root / "syndicate.toml"

    def open(self) -> App:
        return App(self.config, lambda: self.now)

    @contextmanager
    def wired(self) -> Iterator[OpenSite]:
        """The rooms by themselves."""
        site = OpenSite(read_settings(self.config), lambda: self.now)
        try:
            yield site
        finally:
            site.close()
            site.close_store()

    def wait(self, **span: float) -> None:
        self.now += timedelta(**span)

    def lose_cache(self) -> None:
        for path in self.root.glob(".syndicate/cache*"):
            path.unlink()

    def lose_manifest(self) -> None:
        """What was published is known no more; the rest of the state stays."""
        with closing(sqlite3.connect(self.root / ".syndicate" / "state.db")) as connection, connection:
            connection.execute("DELETE FROM published_files")
            connection.execute("DELETE FROM publications")

    def begin_turn(self) -> None:
        with self.wired() as site:
            site.forget_publication()

    def files(self) -> dict[str, bytes]:
        """Everything that is published, but for the packed forms."""
        paths = [path for path in self.feeds.rglob("*") if path.is_file() and path.suffix not in {".gz", ".br", ".zst"}]
        return {path.relative_to(self.feeds).as_posix(): path.read_bytes() for path in paths if path.name[0] != "."}


def make_picture(width: int = 640, height: int = 360) -> bytes:
    """A PNG that a card can be drawn from."""
    data = BytesIO()
    Image.linear_gradient("L").resize((width, height)).convert("RGB").save(data, "PNG")
    return data.getvalue()


class Counting(FolderOutput):
    """A folder that counts what is done to it, and does what the test wants just before it writes."""

    def __init__(self, root: str | Path, before_write: Callable[[Sequence[Artefact]], Any] = lambda some: None) -> None:
        super().__init__(root)
        self.calls: Counter[str] = Counter()
        self._before_write = before_write

    def read_many(self, paths: Iterable[str]) -> Mapping[str, bytes]:
        wanted = list(paths)
        self.calls.update(f"read {path}" for path in wanted)
        return super().read_many(wanted)

    def write(self, artefacts: Sequence[Artefact]) -> tuple[str, ...]:
        self._before_write(artefacts)
        self.calls.update(f"write {one.path}" for one in artefacts)
        return super().write(artefacts)
