"""Hubs beside everything else: nobody who publishes or sends waits for one."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from syndicate.app.rounds import Rounds
from tests.app.late import LateApp, wait_for_accounts, write
from tests.app.web import MINUTE, FakeWeb
from tests.networks.fake import Handler, Reply, Request

pytestmark = pytest.mark.slow
PATIENCE = 60
"""Seconds after which something counts as never happening."""


@pytest.fixture
def app(tmp_path: Path, web: FakeWeb) -> Iterator[LateApp]:
    """One site with one hub and the local timeline; its first post is published."""
    (tmp_path / "content" / "posts").mkdir(parents=True)
    config = tmp_path / "syndicate.toml"
    config.write_text(
        f'[site]\ntitle = "Notes"\nurl = "{web.url}"\nallow_private = true\n'
        f'[feeds]\nformats = ["rss"]\nhubs = ["{web.hub("a")}"]\n[cards]\nfetch = false\n'
        '[accounts.timeline]\nnetwork = "local"\non = ["new"]\n'
    )
    with LateApp(config) as app:
        write(app, "old")
        yield app


def test_publishing_and_sending_do_not_wait_for_a_hub(app: LateApp, web: FakeWeb) -> None:
    """While a hub keeps its ping round waiting, a post is published and sent, and syndicate.toml taken up."""
    asked, done = threading.Event(), threading.Event()

    def wait(request: Request, handle: Handler) -> Reply:
        asked.set()
        assert done.wait(PATIENCE)
        return handle(request)

    web.fail(wait, on="POST /hubs/a")
    rounds = Rounds(app)
    rounds.publish_round()
    web.pages["/feeds/rss.xml"] = (app.config.parent / "feeds" / "rss.xml").read_bytes()
    rounds.ping_round()
    app.late -= MINUTE
    pinging = threading.Thread(target=rounds.ping_round)
    pinging.start()
    assert asked.wait(PATIENCE)
    write(app, "fresh")
    app.config.write_text(app.config.read_text().replace("Notes", "Better notes"))
    sent: list[str] = []
    published, told = rounds.publish_round(), list(web.told)
    rounds.deliver_round(sent.append)
    wait_for_accounts()
    done.set()
    pinging.join()
    assert "took up the changed syndicate.toml" in published
    assert "1 new post" in published
    assert "fresh → timeline: sent" in sent[0]
    assert told == []
    assert web.told == [("a", "/feeds/rss.xml")]
    assert rounds.ping_round() == ""
