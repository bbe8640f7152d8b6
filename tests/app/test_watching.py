"""What operators read: metrics of a real blog, the heartbeat, a schema that went on without us."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from prometheus_client.parser import text_string_to_metric_families
from sqlalchemy import text

from syndicate.app.app import App
from syndicate.app.metrics import list_state_troubles
from syndicate.app.rounds import Rounds
from syndicate.errors import StateError, Unavailable
from tests.app.late import LateApp, wait_for_accounts, write
from tests.app.web import MINUTE, FakeWeb


@pytest.fixture
def app(tmp_path: Path, web: FakeWeb) -> Iterator[LateApp]:
    (tmp_path / "content" / "posts").mkdir(parents=True)
    config = tmp_path / "syndicate.toml"
    config.write_text(
        f'[site]\ntitle = "Notes"\nurl = "{web.url}"\nallow_private = true\n[cards]\nfetch = false\n'
        f'[notices]\nheartbeat = "{web.url}/beat"\n[accounts.timeline]\nnetwork = "local"\nlink = "none"\n'
    )
    with LateApp(config) as app:
        yield app


def read_metrics(app: App) -> dict[tuple[str, str], float]:
    """By name and state or account."""
    with app.using() as site:
        figures, media_type = app.metrics.render(site, app.now())
    assert media_type.startswith("text/plain")
    families = text_string_to_metric_families(figures.decode())
    samples = [sample for family in families for sample in family.samples]
    return {(one.name, one.labels.get("state") or one.labels.get("account", "")): one.value for one in samples}


def test_the_metrics_follow_a_message_from_due_to_sent(app: LateApp) -> None:
    """One post, one account: a message that is sent stands under sent alone."""
    app.publish()
    write(app, "hello")
    app.publish()
    assert app.deliver_due()
    found = read_metrics(app)
    assert found["syndicate_deliveries", "sent"] == 1
    assert ("syndicate_deliveries", "due") not in found
    assert found["syndicate_account_paused", "timeline"] == 0


def test_a_heartbeat_that_nobody_takes_is_trouble(app: LateApp, web: FakeWeb) -> None:
    """A monitor that answers 404 watches over nothing."""
    with pytest.raises(Unavailable, match="heartbeat"):
        Rounds(app).heartbeat_round()


def test_nothing_is_published_or_sent_by_a_newer_schema(app: LateApp) -> None:
    """The machine that was not updated says so, and does nothing."""
    app.publish()
    write(app, "hello")
    app.publish()
    with app._site.store._database.writing() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    for attempt in (app.publish, app.deliver_due):
        with pytest.raises(StateError, match="a newer syndicate"):
            attempt()
    with app.using() as site:
        assert list_state_troubles(site) != ()


def test_a_quiet_round_sees_all_but_posts(app: LateApp) -> None:
    """Where the watcher vouches for the posts, settings are looked at all the same; the next round sees everything."""
    rounds = Rounds(app)
    rounds.publish_round()
    write(app, "hello")
    assert not rounds.publish_round(is_quiet=True)
    app.config.write_text(app.config.read_text().replace("Notes", "Words"))
    assert "took up the changed syndicate.toml" in rounds.publish_round(is_quiet=True)
    rounds.publish_round()
    feed = (app.config.parent / "feeds" / "feed.json").read_text()
    assert "Words" in feed
    assert "hello" in feed


def test_a_calm_outbox_wakes_by_the_clock_and_by_anybody(app: LateApp) -> None:
    """A message goes out in the first round in which it is due, also where another process planned it or moved it."""
    late = [2 * MINUTE]
    with App(app.config, lambda: datetime.now(UTC) - late[0]) as daemon:
        rounds = Rounds(daemon)
        rounds.publish_round()

        def count_sent() -> int:
            rounds.deliver_round(lambda _line: None)
            wait_for_accounts()
            return len(app.list_deliveries(everything=True)) - len(app.list_deliveries())

        assert [count_sent(), count_sent()] == [0, 0]
        write(app, "hello")
        app.publish()
        assert [count_sent(), count_sent()] == [1, 1]
        write(app, "later")
        app.publish()
        (later,) = (row.id for row in app.list_deliveries())
        app.change_deliveries("move", (later,), f"{app.now() + MINUTE:%Y-%m-%d %H:%M:%S}")
        assert [count_sent(), count_sent()] == [1, 1]
        late[0] = timedelta()
        assert count_sent() == 2
