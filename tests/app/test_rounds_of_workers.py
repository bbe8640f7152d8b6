"""A worker's rounds on the real app, handed out by a real PostgreSQL: from the file to the hub."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from syndicate.app.rounds import Rounds
from syndicate.cluster import make_tasks, prepare_tables, queue_of
from tests.app.late import LateApp, wait_for_accounts, write
from tests.app.web import MINUTE, FakeWeb
from tests.store.conftest import numbers as numbers  # noqa: PLC0414 - as below
from tests.store.conftest import postgres as postgres  # noqa: PLC0414 - a fixture of the store's tests

pytestmark = pytest.mark.slow
ALL = ("publish", "deliver", "ping", "amend", "look_after")


@pytest.fixture
def app(postgres: str, tmp_path: Path, web: FakeWeb, numbers: Iterator[int]) -> Iterator[LateApp]:
    """One site with a hub and the local timeline, its state on PostgreSQL."""
    (tmp_path / "content" / "posts").mkdir(parents=True)
    config = tmp_path / "syndicate.toml"
    config.write_text(
        f'[site]\nname = "workers-{next(numbers)}"\ntitle = "Notes"\nurl = "{web.url}"\nallow_private = true\n'
        f'[feeds]\nformats = ["rss"]\nhubs = ["{web.hub("a")}"]\n'
        f'[cards]\nfetch = false\n[storage]\ndatabase = "{postgres}"\n'
        '[accounts.timeline]\nnetwork = "local"\non = ["new"]\n'
    )
    prepare_tables(postgres)
    with LateApp(config) as app:
        yield app


def run(postgres: str, app: LateApp, *names: str) -> None:
    """These rounds, one after the other, as a worker does them."""
    site = app.settings.site.name
    for name in names:
        with psycopg.connect(postgres) as connection:
            connection.execute("DELETE FROM procrastinate_jobs")
        tasks = make_tasks(postgres, site, Rounds(app))
        with tasks.open():
            tasks.configure_task(name).defer(timestamp=0)
        tasks.periodic_registry.periodic_tasks.clear()  # no ticks of the true clock
        tasks.run_worker(
            queues=[queue_of(site)],
            wait=False,
            install_signal_handlers=False,
            listen_notify=False,
            delete_jobs="always",
            concurrency=1,
        )
        wait_for_accounts()


def test_workers_do_what_the_daemon_does(
    postgres: str, app: LateApp, web: FakeWeb, caplog: pytest.LogCaptureFixture
) -> None:
    """A new post is published, sent to its account once, and its feed is told to the hub once the world sees it."""
    caplog.set_level("INFO", "syndicate")
    write(app, "old")
    run(postgres, app, *ALL)
    write(app, "fresh")
    run(postgres, app, *ALL, "publish")
    feeds = app.config.parent / "feeds"
    assert (feeds / "timeline.html").read_text().count("Read fresh") == 1
    web.pages["/feeds/rss.xml"] = (feeds / "rss.xml").read_bytes()
    app.late -= MINUTE
    run(postgres, app, "ping", "ping")
    assert web.told == [("a", "/feeds/rss.xml")]
    assert "fresh → timeline: sent" in caplog.text
    assert f"{web.hub('a')} was told about" in caplog.text
    assert "unexpected" not in caplog.text


def test_a_dead_hub_stops_no_round(postgres: str, app: LateApp, web: FakeWeb, caplog: pytest.LogCaptureFixture) -> None:
    """It is said, and posts go on to be published and sent."""
    caplog.set_level("INFO", "syndicate")
    web.deaf["a"] = 500
    write(app, "old")
    run(postgres, app, *ALL)
    web.pages["/feeds/rss.xml"] = (app.config.parent / "feeds" / "rss.xml").read_bytes()
    app.late -= MINUTE
    write(app, "fresh")
    run(postgres, app, "ping", *ALL)
    assert f"{web.hub('a')} was not told about {web.url}/feeds/rss.xml: it answered 500" in caplog.text
    assert "fresh → timeline: sent" in caplog.text


def test_a_changed_configuration_is_taken_up(
    postgres: str, app: LateApp, web: FakeWeb, caplog: pytest.LogCaptureFixture
) -> None:
    """Before the next publication, without a new start."""
    caplog.set_level("INFO", "syndicate")
    write(app, "old")
    run(postgres, app, "publish")
    app.config.write_text(app.config.read_text().replace("Notes", "Better notes"))
    run(postgres, app, "publish")
    assert "took up the changed syndicate.toml" in caplog.text
    assert "Better notes" in (app.config.parent / "feeds" / "rss.xml").read_text()
