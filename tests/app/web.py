"""A website, its hubs and IndexNow on one loopback server, and a site that publishes for them."""

from __future__ import annotations

import shutil
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

from syndicate.app.hubs import ping_hubs
from syndicate.app.site import OpenSite
from syndicate.config.read import read_settings
from syndicate.model import Artefact, Cache, KnownPost
from tests.networks.fake import Fake, Reply, Request
from tests.store.rows import identified, known, plan

NOW = datetime(2026, 11, 27, 9, 0, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
KEY = "k" * 32


class FakeWeb(Fake):
    """`pages` are what visitors see, by path; `told` what each hub and IndexNow heard; `deaf` ones refuse."""

    def __init__(self) -> None:
        super().__init__()
        self.pages: dict[str, bytes] = {}
        self.told: list[tuple[str, str]] = []
        self.deaf: dict[str, int] = {}
        self.route("POST", "/hubs/{name}", self.hear)
        self.route("POST", "/indexnow", self.hear_pages)

    def hear(self, request: Request) -> Reply:
        name = request.args["name"]
        if name not in self.deaf:
            self.told.append((name, request.form()["hub.url"].removeprefix(self.url)))
        return Reply(self.deaf.get(name, 204))

    def hear_pages(self, request: Request) -> Reply:
        if "indexnow" not in self.deaf:
            self.told += [("indexnow", url.removeprefix(self.url)) for url in request.json()["urlList"]]
        return Reply(self.deaf.get("indexnow", 200))

    def hub(self, name: str) -> str:
        return f"{self.url}/hubs/{name}"

    def _dispatch(self, request: Request) -> Reply:
        page = self.pages.get(request.path) if request.method == "GET" else None
        return super()._dispatch(request) if page is None else Reply(200, page)


class FullCache:
    """A cache on a full disk: what is there can be read, and nothing more is stored."""

    def __init__(self, cache: Cache) -> None:
        self.get, self.get_many, self.get_all = cache.get, cache.get_many, cache.get_all

    def put_many(self, kind: str, items: Mapping[str, bytes]) -> None:
        """Nothing."""

    def drop(self, kind: str, keys: Iterable[str]) -> None:
        """Nothing."""


@dataclass
class Site:
    """A published folder, a state and a cache; `ping` is one round at a moment, `restart` another process."""

    root: Path
    web: FakeWeb
    hubs: Sequence[str] = ()
    key: str = ""
    site: OpenSite = field(init=False)

    def __post_init__(self) -> None:
        self.open()

    def open(self) -> None:
        hubs = ", ".join(f'"{hub}"' for hub in self.hubs)
        path = self.root / "syndicate.toml"
        path.write_text(
            f'[site]\ntitle = "Notes"\nurl = "{self.web.url}"\nallow_private = true\n'
            f'[feeds]\nhubs = [{hubs}]\nindexnow_key = "{self.key}"\n'
        )
        self.site = OpenSite(read_settings(path))

    def close(self) -> None:
        self.site.close()
        self.site.close_store()

    def restart(self) -> None:
        self.close()
        self.open()

    def use_state(self, blank: Path) -> None:
        """An empty state database, copied: making one takes longer."""
        shutil.copy(blank, self.site.state_folder / "state.db")

    def fill_disk(self) -> None:
        vars(self.site)["cache"] = FullCache(self.site.cache)

    def publish(self, text: str, path: str = "rss.xml", *, is_deployed: bool = True) -> None:
        self.site.output.write([Artefact(path, "application/rss+xml", text.encode())])
        if is_deployed:
            self.deploy(path)

    def deploy(self, path: str = "rss.xml") -> None:
        """Visitors see what is in the folder."""
        self.web.pages[f"/feeds/{path}"] = self.site.output.read(path) or b""

    def know(self, *names: str, is_live: bool = True, **changes: object) -> None:
        """Posts in the state; where they are live, their pages, too."""
        rows = [self._row(name, changes) for name in names]
        self.site.store.apply(plan(identified=tuple(identified(row) for row in rows)), NOW)
        if is_live:
            self.web.pages |= {f"/{row.slug}/": f"<title>{row.title}</title>".encode() for row in rows}

    def _row(self, name: str, changes: Mapping[str, object]) -> KnownPost:
        """A row of the ledger, whose page stands below the site under its slug unless `changes` say otherwise."""
        before = next((row for row in self.site.store.read_ledger().posts if row.id == name), known(name, slug=name))
        row = replace(before, **changes)  # type: ignore[arg-type]
        return row if "permalink" in changes else replace(row, permalink=f"{self.web.url}/{row.slug}/")

    def ping(self, at: datetime) -> tuple[str, ...]:
        return ping_hubs(self.site, at, endpoint=f"{self.web.url}/indexnow")

    def ping_through(self, start: datetime, minutes: int) -> None:
        """A round a minute, as the daemon does."""
        for number in range(minutes + 1):
            self.ping(start + number * MINUTE)
