"""What `max_cost` stops beside messages: lists and removals that cost money, over real HTTP."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from syndicate.app.app import App
from syndicate.errors import UsageError
from tests.app.test_following import Website
from tests.networks.fake_x import FakeX
from tests.networks.test_x import KEYS

SITE = """
[site]
title = "Notes"
url = "{pages}"
allow_private = true
[cards]
fetch = false
[accounts.x]
network = "x"
api = "{url}"
max_cost = "{most}"
link = "none"
on_delete = "delete"
"""


@pytest.fixture
def fake() -> Iterator[FakeX]:
    with FakeX() as fake:
        fake.now = datetime.now(UTC)
        yield fake


def open_site(root: Path, fake: FakeX, most: str, pages: str = "https://blog.example") -> App:
    (root / "content" / "posts").mkdir(parents=True, exist_ok=True)
    (root / "syndicate.toml").write_text(SITE.format(url=fake.url, most=most, pages=pages))
    return App(root / "syndicate.toml", clock=lambda: fake.now)


def spent(app: App) -> float:
    return sum(cost for _, cost in app._site.store.read_usage("x", app.now()).costs)


def test_who_we_are_counts(tmp_path: Path, fake: FakeX) -> None:
    """A login asks for it once, and so does a look at the accounts."""
    with open_site(tmp_path, fake, "5") as app:
        app.store_login("x", KEYS)
        app.list_accounts(online=True)
        assert spent(app) == pytest.approx(2 * 0.005)


def test_a_check_that_the_limit_does_not_cover_is_not_made(tmp_path: Path, fake: FakeX) -> None:
    """`accounts --online` and `doctor --online` ask X for nothing then, and say what there is to do."""
    with open_site(tmp_path, fake, "0.001") as app:
        app._site.accounts.vault(app._site.accounts.get("x")).put(KEYS)
        (row,) = app.list_accounts(online=True)
        assert (row.state, "max_cost" in row.note, fake.requests) == ("refused", True, [])


def test_a_list_that_the_limit_does_not_cover_is_not_read(tmp_path: Path, fake: FakeX) -> None:
    """Half a dollar is more than a third of one: `adopt` says so and asks X for nothing; with more it reads."""
    with open_site(tmp_path, fake, "0.30") as app:
        app.store_login("x", KEYS)
        asked = len(fake.requests)
        with pytest.raises(UsageError, match="and `max_cost` leaves too little"):
            app.adopt("x")
        assert len(fake.requests) == asked
    with open_site(tmp_path, fake, "1") as app:
        assert app.adopt("x") == ()
        assert len(fake.sent("/tweets")) == 1


def test_a_removal_waits_for_money(tmp_path: Path, fake: FakeX, monkeypatch: pytest.MonkeyPatch) -> None:
    """A cent more than is left: the post stays until there is room, and nothing is asked of X."""
    for name, secret in KEYS.items():
        monkeypatch.setenv(f"SYNDICATE_X_{name.upper()}", secret)
    with Website() as website:
        with open_site(tmp_path, fake, "0.02", website.url) as app:
            posts = tmp_path / "content" / "posts"
            for number in range(10):
                (posts / f"p{number}.md").write_text(
                    f"---\ntitle: P{number}\nsocialShare: Read {number}.\n---\n\n{number}\n"
                )
            app.publish()
            app.post(app.plan_post("p1", to=(), at="", text="", again=False))
            (posts / "p1.md").unlink()
            website.gone.add("p1")
            app.publish()
            fake.now += timedelta(hours=2)
            (line,) = app.amend(app.list_amendments())
            assert "and `max_cost` leaves too little" in line
            assert len(fake.published) == 1
        with open_site(tmp_path, fake, "0.03", website.url) as app:
            assert app.amend(app.list_amendments()) == ("p1 on x: removed",)
            assert spent(app) == pytest.approx(0.015 + 0.010)
