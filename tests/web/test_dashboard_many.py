"""Many posts at once on the dashboard: one item, answered with one button, on a real blog."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import httpx
import pytest

from syndicate.app.app import App
from syndicate.cli.daemon import _make_web
from syndicate.web.dashboard.sessions import make_ticket
from tests.journeys.blog import CONFIG, Blog
from tests.web.desk import Page, find_token
from tests.web.serving import serving

MANY = 7
SECOND = '[accounts.second]\nnetwork = "local"\nfolder = "{folder}"\n'


@pytest.fixture
def app(tmp_path: Path) -> Iterator[App]:
    """Seven new posts at once on two accounts."""
    blog = Blog(tmp_path, CONFIG + SECOND.format(folder=tmp_path / "second"))
    blog.write("before")
    blog.run("publish")
    for number in range(MANY):
        blog.write(f"new-{number}", date=f"{datetime.now(UTC):%Y-%m-%dT%H:00:00Z}", body=f"Text {number} " * 9)
    blog.run("publish")
    with App(tmp_path / "syndicate.toml") as app:
        yield app


def count(app: App, account: str) -> Counter[str]:
    rows = app.list_deliveries(account=account, everything=True)
    return Counter(row.state.value for row in rows if row.slug != "before")


@pytest.mark.parametrize(("action", "said", "state"), [("release", "Released", "due"), ("skip", "Skipped", "skipped")])
def test_one_button_answers_for_all_of_an_account(app: App, action: str, said: str, state: str) -> None:
    """The other account's question stays; what is no answer changes nothing."""
    with (
        serving(_make_web(app, "127.0.0.1")) as address,
        httpx.Client(base_url=address, headers={"Origin": address}, follow_redirects=True, timeout=60) as client,
    ):
        client.get(f"/dashboard/enter?key={make_ticket(app)}")
        page = Page(text := client.get("/dashboard/needs").text)
        forms = [form for form in page.forms if form["action"] == "/dashboard/many"]
        assert [("account=timeline" in form["fields"], "action=skip" in form["fields"]) for form in forms] == [
            (True, True),
            (False, True),
        ]
        answer = {"token": find_token(text), "account": "timeline", "action": action, "back": "/needs"}
        assert "There is no such action" in client.post("/dashboard/many", data=answer | {"action": "cancel"}).text
        shown = client.post("/dashboard/many", data=answer).text
    assert f"{said} {MANY} messages on timeline." in shown
    assert len([form for form in Page(shown).forms if form["action"] == "/dashboard/many"]) == 1
    assert (count(app, "timeline"), count(app, "second")) == ({state: MANY}, {"held": MANY})


def test_no_action_promises_what_cannot_go_out(app: App) -> None:
    """Neither for a post that is gone, nor an account that is no more, nor for words about what was cancelled."""
    root = Path(app.settings.root)
    one, two = (app.list_deliveries(account=name, slug="new-1")[0].id for name in ("timeline", "second"))
    three = app.list_deliveries(account="timeline", slug="new-2")[0].id
    with (
        serving(_make_web(app, "127.0.0.1")) as address,
        httpx.Client(base_url=address, headers={"Origin": address}, follow_redirects=True, timeout=60) as client,
    ):
        client.get(f"/dashboard/enter?key={make_ticket(app)}")
        token = find_token(client.get("/dashboard/needs").text)

        def act(action: str, number: int, **more: str) -> str:
            fields = {"token": token, "action": action, "number": str(number), "back": f"/message/{number}"}
            return Page(client.post("/dashboard/act", data=fields | more).text).words

        app.change_deliveries("cancel", (one,))
        assert "are kept. It stays cancelled." in act("edit", one, value="My own words.")
        (root / "content" / "posts" / "new-2.md").unlink()
        app.publish()
        assert "is gone: its message comes back with it" in act("release", three)
        settings = root / "syndicate.toml"
        settings.write_text(settings.read_text().partition("[accounts.second]")[0])
        app.reload()
        app.change_deliveries("release", (four := app.list_deliveries(account="second", slug="new-3")[0].id,))
        app.change_deliveries("hold", (four,))
        page = client.get(f"/dashboard/message/{four}").text
        said = act("release", two)
    assert "Its account is not in syndicate.toml any more: give it back its name" in Page(page).words
    assert "It waits: the account is not in syndicate.toml" in said
    assert "It goes out" not in said
