"""What cannot be read, or asked, is named by `status` and `doctor` and costs itself: the rest is told and sent."""

from __future__ import annotations

import shutil
import sqlite3
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, cast

import pytest

from syndicate.app.doctor import examine
from syndicate.app.status import read_status
from syndicate.store.schema import metadata
from tests.containment.troubles import TROUBLES, name_of
from tests.publish.house import House


@pytest.fixture
def blog(tmp_path: Path) -> House:
    """One with two messages that are due."""
    blog = House(tmp_path / "blog", now=datetime.now(UTC))
    blog.write("old")
    with blog.open() as app:
        app.publish()
        blog.write("first")
        blog.write("second")
        app.publish()
        assert len(app.list_deliveries()) == 2
    return blog


def spoil(blog: House, table: str, column: str, value: object) -> None:
    """In the row of the first of the two posts, or in the only one."""
    which = {"deliveries": "slug = 'first'", "posts": "slug = 'first'"}.get(table, "true")
    with closing(sqlite3.connect(blog.root / ".syndicate" / "state.db")) as raw, raw:
        raw.execute(f"UPDATE {table} SET {column} = ? WHERE {which}", (value,))


def check_others_go_on(blog: House, told: str) -> None:
    blog.write("third")
    with blog.open() as app:
        with app.using() as site:
            assert [line for line in read_status(site, blog.now).damaged if told in line]
            assert [finding for finding in examine(site, blog.now, online=False) if told in finding.text]
        sent = set[str]()
        for _ in range(2):
            app.publish()
            sent |= {row.slug for row in app.deliver_due()}
            blog.wait(days=2)
    assert {"second", "third"} <= sent
    assert told.startswith("posts") or "first" not in sent


@pytest.mark.parametrize(("table", "column"), [("deliveries", "due_at"), ("posts", "published_at")])
def test_a_row_that_cannot_be_read_is_named_and_the_others_go_on(blog: House, table: str, column: str) -> None:
    """The others are published and sent; a message whose row it is, is not."""
    spoil(blog, table, column, -(2**62))
    check_others_go_on(blog, f"{table} ")


@pytest.mark.slow
@pytest.mark.parametrize("table", ["deliveries", "posts"])
def test_no_value_of_a_row_stops_the_others(blog: House, table: str) -> None:
    """Whichever column holds what no column may."""
    shutil.copytree(blog.root, blog.root.with_name("before"))
    for column in metadata.tables[table].columns:
        if column.name in {"id", "site"}:
            continue
        shutil.rmtree(blog.root)
        shutil.copytree(blog.root.with_name("before"), blog.root)
        spoil(blog, table, column.name, b"\xff")
        check_others_go_on(blog, f"{table} ")


class Troubled:
    """What it stands for, but that one method of it raises."""

    def __init__(self, real: object, name: str, trouble: BaseException, **parts: object) -> None:
        self.__dict__ |= {"real": real, "name": name, "trouble": trouble, **parts}

    def __getattr__(self, name: str) -> Any:
        return self.fail if name == self.name else getattr(self.real, name)

    def fail(self, *_: object, **__: object) -> None:
        raise self.trouble


@pytest.mark.parametrize("trouble", TROUBLES, ids=name_of)
def test_status_tells_the_rest_beside_what_cannot_be_asked(blog: House, trouble: BaseException) -> None:
    """Messages, times and accounts in turn."""
    with blog.wired() as site:
        whole = read_status(site, blog.now)
        for name in ("list_deliveries", "count_by_account", "list_accounts", "list_leased"):
            store = Troubled(site.store, name, trouble)
            told = read_status(cast("Any", Troubled(site, "", trouble, store=store)), blog.now)
            assert (bool(told.damaged), told.posts) == (True, whole.posts)


def test_doctor_says_when_nothing_can_be_published(blog: House) -> None:
    """A file stands where the published folder would be."""
    with blog.open() as app, app.using() as site:
        place = Path(site.settings.storage.publish_to)
        plan = app.make_plan()
        assert ("ok", f"publishes to {place}") in [(one.level, one.text) for one in examine(site, plan, online=False)]
        shutil.rmtree(place)
        place.write_text("in the way")
        found = [one for one in examine(site, plan, online=False) if "may write into" in one.text]
        assert [(one.level, one.where) for one in found] == [("problem", str(place))]
