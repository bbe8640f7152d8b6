"""What must be true of a site after a killed command: each message once, nothing waits, feeds and state whole."""

from __future__ import annotations

import shutil
import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing
from pathlib import Path

from syndicate.model import Delivery, State
from tests.faults.site import BLIND, Site

FEEDS = ("rss.xml", "atom.xml", "feed.json", "index.html")


def judge_site(site: Site, slug: str, asked: Sequence[str], *, wanted: bool) -> list[str]:
    """Every broken promise in words; `asked`: the accounts for which a person had to look."""
    copies = {account: site.town.count(account, slug) for account in site.town.accounts}
    return [
        *(
            judge_messages(copies, site.list_rows(slug), asked)
            if wanted
            else judge_silence(copies, site.list_rows(slug))
        ),
        *judge_state(site.root / ".syndicate" / "state.db"),
        *([] if (site.root / ".syndicate" / ".gitignore").read_bytes() else ["state: a repository would take it in"]),
        *judge_feeds(site, slug),
    ]


def judge_messages(copies: Mapping[str, int], rows: Sequence[Delivery], asked: Sequence[str]) -> Iterator[str]:
    """One copy and one row that says so on each account; what came before the beginning may stay skipped."""
    for account, number in copies.items():
        states = [row.state.value for row in rows if row.account == account and row.state is not State.SKIPPED]
        if number > 1:
            yield f"duplicate: {number} copies on {account}, which is {states}"
        if number == 0:
            yield f"lost: no copy on {account}, which is {states}"
        if states != [State.SENT.value]:
            yield f"untrue: {account} has {number} copies and is {states}"
    if set(asked) - {BLIND}:
        yield f"asked: a person had to look at {asked}, though its network shows everything"


def judge_silence(copies: Mapping[str, int], rows: Sequence[Delivery]) -> Iterator[str]:
    """Nothing went out, nothing waits, and each account knows that it is skipped."""
    if any(copies.values()):
        yield f"flood: {copies} copies of what was there before the beginning"
    if [(row.account, row.state) for row in rows] != [(account, State.SKIPPED) for account in copies]:
        yield f"flood: {[(row.account, row.state.value) for row in rows]}"


def judge_state(path: Path) -> Iterator[str]:
    """The database says of itself that it is whole."""
    said, strays = [], []
    try:
        with closing(sqlite3.connect(path)) as database:
            said = [row[0] for row in database.execute("PRAGMA integrity_check")]
            strays = database.execute("PRAGMA foreign_key_check").fetchall()
    except sqlite3.Error as error:
        said = [str(error)]
    if said != ["ok"] or strays:
        yield f"state: {said} {strays}"


def judge_feeds(site: Site, slug: str) -> Iterator[str]:
    """The post is in every feed, nothing half written lies about, and a new build makes the same bytes."""
    found = _read(site.root / "feeds")
    yield from (f"feeds: {name} lacks {slug}" for name in FEEDS if slug.encode() not in found.get(name, b""))
    yield from (f"feeds: {name} was left behind" for name in found if Path(name).name.startswith("."))
    fresh = site.copy(site.root.with_name(f"{site.root.name}-again"))
    shutil.rmtree(fresh.root / "feeds")
    with fresh.open() as app:
        app.publish()
    expected = _read(fresh.root / "feeds")
    shutil.rmtree(fresh.root)
    yield from (
        f"feeds: {name} differs from a new build" for name in found | expected if found.get(name) != expected.get(name)
    )


def _read(folder: Path) -> dict[str, bytes]:
    paths = (path for path in folder.rglob("*") if path.is_file())
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in paths}
