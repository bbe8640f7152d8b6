"""Every action of the dashboard in a browser, against a running daemon, with its effect in the state."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import text

from syndicate.app.app import App
from syndicate.model import Delivery, State
from tests.e2e.test_dashboard_browser import browser, pytestmark  # noqa: F401 - a fixture, and what these tests need
from tests.journeys.blog import CONFIG, Blog
from tests.networks.fake_mastodon import TOKEN, FakeMastodon
from tests.web.test_dashboard_tickets import find_address, running

MORE = """
slots = ["mon-fri 09:00", "mon-fri 17:00"]
most_at_once = 0

[accounts.many]
network = "local"
folder = "{folder}"
[accounts.toot]
network = "mastodon"
instance = "{url}"
slots = ["mon-fri 12:00"]
most_at_once = 0
"""
SLUGS = ("hold", "move", "skip", "cancel", "send", "edit", "sent", "unsent", "failed", "missed", "after", "last")
SAID = {"sent": "uncertain", "unsent": "uncertain", "failed": "failed", "missed": "missed"}


@dataclass(frozen=True)
class Live:
    """A page of the dashboard that a daemon serves, and the state behind both."""

    page: object
    app: App
    root: Path
    has_script: bool

    def open(self, path: str) -> None:
        self.page.goto(f"{self.page.url.partition('/dashboard')[0]}/dashboard/{path}")

    def find(self, slug: str, account: str = "timeline") -> Delivery:
        """The first message of a post there."""
        rows = self.app._site.store.list_deliveries(slug=slug, account=account)
        return min(rows, key=lambda row: row.id)

    def send(self, button: str) -> None:
        """Press it, and go on once its form was answered: the script sends it beside the page."""
        with self.page.expect_response(lambda answer: answer.request.method == "POST"):
            self.page.click(button)

    def choose(self, action: str, *slugs: str) -> str:
        """Choose messages of the list and press a button for them; what the page says then."""
        self.open("list?account=timeline")
        for slug in slugs:
            self.page.check(f"#c{self.find(slug).id}")
        self.send(f"#chosen > button[value={action}]")
        return self.page.inner_text("#note p")

    def press(self, slug: str, button: str) -> str:
        """A button of the message's own page."""
        self.open(f"message/{self.find(slug).id}")
        self.send(f"button:text-is('{button}')")
        return self.page.inner_text("#note p")

    def wait_for(self, slug: str, state: State) -> Delivery:
        """The daemon works meanwhile; the page is left alone, it may still be on its way to what a button answered."""
        return self.wait_for_number(self.find(slug).id, state)

    def wait_for_number(self, number: int, state: State) -> Delivery:
        for _ in range(300):
            row = self.app._site.store.get_delivery(number)
            if row.state is state:
                return row
            self.page.wait_for_timeout(100)
        raise AssertionError(f"{row} is not {state}")


@pytest.fixture(scope="module")
def mastodon() -> Iterator[FakeMastodon]:
    with FakeMastodon() as fake:
        yield fake


@pytest.fixture(scope="module", params=[True, False], ids=["script", "plain"])
def live(tmp_path_factory: pytest.TempPathFactory, mastodon: FakeMastodon, browser, request) -> Iterator[Live]:  # noqa: F811
    """A dozen posts: planned, in every state that needs a person, and seven at once on an account that asks then."""
    root = tmp_path_factory.mktemp("live")
    config = CONFIG.replace("[cards]", "allow_private = true\n[cards]") + MORE
    blog = Blog(root, config.format(folder=root / "many", url=mastodon.url))
    blog.write("before")
    blog.run("publish")
    for number, slug in enumerate(SLUGS):
        day = datetime.now(UTC) - timedelta(hours=1 + number)
        blog.write(slug, date=f"{day:%Y-%m-%dT%H:%M:%SZ}")
    blog.run("publish")
    with App(root / "syndicate.toml") as app:
        with app._site.store._database.writing() as connection:
            for slug, state in SAID.items():
                set_to = text("UPDATE deliveries SET state = :state WHERE slug = :slug AND account = 'timeline'")
                connection.execute(set_to, {"state": state, "slug": slug})
        with running(root) as lines:
            context = browser.new_context(viewport={"width": 1280, "height": 900}, java_script_enabled=request.param)
            page = context.new_page()
            page.goto(find_address(lines))
            yield Live(page, app, root, request.param)
            context.close()


def test_hold_and_release(live: Live) -> None:
    assert live.choose("hold", "hold", "last") == "Held 2 messages."
    assert {live.find(slug).state for slug in ("hold", "last")} == {State.HELD}
    assert live.choose("release", "hold", "last") == "Released 2 messages."
    assert {live.find(slug).state for slug in ("hold", "last")} == {State.PLANNED}


def test_move_by_and_to(live: Live) -> None:
    before = live.find("move").due_at
    live.open("list?account=timeline")
    live.page.check(f"#c{live.find('move').id}")
    live.page.click("#moving summary")
    live.page.select_option("#by", "1 week")
    live.send("#moving button")
    if "stays where it is" in live.page.inner_text("#note p"):
        live.send("#note button")
    assert live.find("move").due_at == before + timedelta(weeks=1)
    live.open(f"message/{live.find('move').id}")
    live.page.fill("#at", "2199-06-03T09:00")
    live.send("button[value=move]")
    assert "Mon 3 Jun 2199 09:00" in live.page.inner_text("#note p")
    assert live.find("move").due_at == datetime(2199, 6, 3, 7, tzinfo=UTC)


def test_cancel_skip_and_bring_back(live: Live) -> None:
    live.press("skip", "Hold")
    assert live.press("skip", "Skip").startswith("Skipped")
    assert live.press("cancel", "Cancel").startswith("Cancelled")
    assert (live.find("skip").state, live.find("cancel").state) == (State.SKIPPED, State.CANCELLED)
    assert live.press("cancel", "Release").startswith("Released")
    assert live.find("cancel").state is State.PLANNED


def test_send_now_and_try_again(live: Live) -> None:
    """The daemon sends at once; the copy stands on the timeline."""
    assert live.choose("retry", "send").startswith("Another try for")
    url = live.wait_for("send", State.SENT).receipt.url
    assert url.rpartition("#")[2] in (live.root / "feeds" / "timeline.json").read_text(encoding="utf-8")
    live.open("needs")
    live.send(f"button[value='retry:{live.find('failed').id}']")
    live.page.wait_for_selector("#note")
    live.wait_for("failed", State.SENT)
    live.open("needs")
    live.send(f"button[value='release:{live.find('missed').id}']")
    live.page.wait_for_selector("#note")
    assert live.find("missed").state in {State.PLANNED, State.DUE, State.SENT}


def test_edit_words_alt_text_and_picture(live: Live) -> None:
    live.open(f"message/{live.find('edit').id}")
    live.page.fill("#text", "My own words.")
    live.page.check("input[name=media][value=image]")
    live.page.fill("#alt", "A card with a title")
    live.page.click("button:text-is('Preview')")
    live.page.wait_for_selector("#look .said:has-text('My own words.')")
    assert not live.find("edit").is_own
    live.send("button:text-is('Keep this')")
    live.page.wait_for_selector("#note p:has-text('are kept')")
    edited = live.find("edit")
    assert (edited.text, edited.media, edited.alt) == ("My own words.", "image", "A card with a title")
    live.send("text=Compose it from the post again")
    live.page.wait_for_selector("#note p:has-text('composed from the post again')")
    assert live.find("edit").text == ""


def test_settle_with_and_without_a_copy(live: Live) -> None:
    live.open(f"message/{live.find('sent').id}")
    live.page.fill("#url", "https://timeline.example/1")
    live.send("button[value=settle_sent]")
    live.page.wait_for_selector("#note p:has-text('was sent')")
    assert (live.find("sent").state, live.find("sent").receipt.url) == (State.SENT, "https://timeline.example/1")
    live.open(f"message/{live.find('unsent').id}")
    live.send("button[value=settle_not_sent]")
    live.wait_for("unsent", State.SENT)


def test_new_message_at_a_time_and_now(live: Live) -> None:
    live.open("new?post=after")
    live.page.check("input[name=to][value=timeline]")
    live.page.fill("#text", "Said by hand.")
    live.page.check("input[name=again]")
    live.page.check("input[name=when][value=now]")
    live.page.click("button:text-is('Preview')")
    live.page.wait_for_selector("#look .said:has-text('Said by hand.')")
    assert len(live.app._site.store.list_deliveries(slug="after", account="timeline")) == 1
    live.send("button:text-is('Put it into the outbox')")
    assert live.page.inner_text("#note p").startswith("Written: timeline")
    number = max(row.id for row in live.app._site.store.list_deliveries(slug="after", account="timeline"))
    assert live.wait_for_number(number, State.SENT).message.text.startswith("Said by hand.")


def test_an_account_logs_in_and_goes_on(live: Live) -> None:
    live.open("accounts/toot/login")
    live.page.fill("#answer-access_token", TOKEN)
    live.send("button.first")
    assert "toot is @fox@127.0.0.1" in live.page.inner_text("#note p")
    live.open(f"message/{live.find('last', 'toot').id}")
    assert "@fox" in live.page.inner_text("#look .author")
    live.app._site.store.pause_account("toot", "a test", datetime.now(UTC))
    live.open("accounts")
    live.send("button:has-text('Let it go on')")
    assert live.page.inner_text("#note p") == "toot goes on."
    assert all(one.paused_at is None for one in live.app._site.store.list_accounts())


def test_a_message_s_own_buttons_leave_the_page_as_it_is(live: Live) -> None:
    """With the script it is neither loaded anew nor scrolled, what is not kept yet stays typed, and the next button has
    the focus; without it they do the same on a new page."""
    live.page.set_viewport_size({"width": 1280, "height": 500})
    live.open(f"message/{live.find('after').id}")
    live.page.fill("#text", "Not kept yet.")
    if live.has_script:
        live.page.evaluate("window.isTheSame = true; scrollTo(0, 90)")
    look = "[window.isTheSame, scrollY, document.activeElement.textContent]"
    for button, said, following in (("Hold", "Held after", "Release"), ("Release", "Released after", "Send now")):
        live.page.locator(f".actions button:text-is('{button}')").dispatch_event("click")
        live.page.wait_for_selector(f"#note p:has-text('{said}')")
        if live.has_script:
            assert live.page.evaluate(look) == [True, 90, following]
            assert live.page.input_value("#text") == "Not kept yet."
    live.page.set_viewport_size({"width": 1280, "height": 900})


def test_many_at_once_are_answered_together(live: Live) -> None:
    live.open("needs")
    live.send("#asking button:has-text('Skip all')")
    assert live.page.inner_text("#note p") == f"Skipped {len(SLUGS)} messages on many."
    states = {live.find(slug, "many").state for slug in SLUGS}
    assert states == {State.SKIPPED}
