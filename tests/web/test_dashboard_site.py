"""Pages about the site, a new message, counting, and an account's login, on a real blog with a fake Mastodon."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest

from syndicate.app.app import App
from syndicate.app.rounds import take_up_settings
from syndicate.cli.daemon import _make_web
from syndicate.model import State
from syndicate.web.dashboard.sessions import make_ticket
from tests.journeys.blog import CONFIG, Blog
from tests.networks.fake_mastodon import TOKEN, FakeMastodon
from tests.web.desk import Page, find_token
from tests.web.serving import serving

MORE = """
slots = ["mon-fri 09:00"]

[accounts.toot]
network = "mastodon"
instance = "{url}"
[accounts.x]
network = "x"
"""


@pytest.fixture(scope="module")
def mastodon() -> Iterator[FakeMastodon]:
    with FakeMastodon() as fake:
        yield fake


@pytest.fixture(scope="module")
def app(tmp_path_factory: pytest.TempPathFactory, mastodon: FakeMastodon) -> Iterator[App]:
    """Two posts of before, one that cannot be read."""
    config = CONFIG.replace("[cards]", "allow_private = true\n[cards]")
    blog = Blog(tmp_path_factory.mktemp("blog"), config + MORE.format(url=mastodon.url))
    blog.write("one", title="The First", body="Hay, a Needle, hay.")
    blog.write("two")
    blog.write("three")
    (blog.posts / "broken.md").write_text('---\ntitle: "open\n---\n', encoding="utf-8")
    blog.run("publish", code=1)
    with App(blog.root / "syndicate.toml") as app:
        yield app


@pytest.fixture(scope="module")
def client(app: App) -> Iterator[httpx.Client]:
    with (
        serving(_make_web(app, "127.0.0.1")) as address,
        httpx.Client(
            base_url=f"{address}/dashboard", headers={"Origin": address}, follow_redirects=True, timeout=60
        ) as client,
    ):
        client.get(f"/enter?key={make_ticket(app)}")
        yield client


def send(client: httpx.Client, path: str, **form: object) -> httpx.Response:
    return client.post(path, data={"token": find_token(client.get("/new").text), **form})


def test_every_page_says_that_the_settings_are_broken(app: App, client: httpx.Client) -> None:
    """With line and key, until the file is mended; what was set before goes on."""
    before = app.config.read_text(encoding="utf-8")
    app.config.write_text(before.replace("timezone", "timezoen"), encoding="utf-8")
    take_up_settings(app)
    for path in ("/week", "/needs", "/posts", "/accounts", "/new"):
        said = Page(client.get(path).text).words
        assert "Keeping the previous settings: " in said
        assert "line 5, site.timezoen: there is no such key" in said
    app.config.write_text(before, encoding="utf-8")
    take_up_settings(app)
    assert "previous settings" not in client.get("/week").text


def test_a_paused_account_needs_a_person_on_every_page(app: App, client: httpx.Client) -> None:
    """It counts beside "Needs you" until it goes on."""
    needing = re.compile(r'id="needing"> <b>1</b>')
    assert not needing.search(client.get("/posts").text)
    app._site.store.pause_account("toot", "No credit is left.", app.now())
    assert needing.search(client.get("/posts").text)
    app.resume_account("toot")


def test_posts_show_cards_and_problems(client: httpx.Client) -> None:
    """Each with its card and messages; what cannot be read stands above with file and line; search narrows them."""
    page = Page(client.get("/posts").text)
    assert "broken.md:2" in page.words
    assert {"/dashboard/post/one", "/dashboard/post/two"} <= set(page.find_all("a", "href"))
    assert all(
        client.get(f"http://{client.base_url.netloc.decode()}{src}").status_code == 200
        for src in page.find_all("img", "src")
    )
    assert "/dashboard/post/two" not in client.get("/posts?q=first").text


def test_search_reads_bodies_titles_and_messages(client: httpx.Client) -> None:
    """Every word must be somewhere: in the body, the title or the message, in any case."""
    for words, places in [
        ("NEEDLE", {"one"}),
        ("needle first", {"one"}),
        ("needle two", set()),
        ("read", {"one", "two", "three"}),
    ]:
        for view in ("posts", "list?state=skipped&"):
            page = Page(client.get(f"/{view}{'' if '?' in view else '?'}q={words}").text)
            found = {href.rpartition("/")[2] for href in page.find_all("a", "href") if "/post/" in href}
            assert found == places, (view, words)


def test_feeds_show_whether_readers_can_use_them(app: App, client: httpx.Client) -> None:
    """Valid as published; a file that somebody broke is named with what is wrong."""
    page = Page(client.get("/feeds").text)
    assert page.words.count("valid") >= 3
    assert "broken" not in page.words
    path = Path(app.settings.storage.publish_to) / "rss.xml"
    whole = path.read_bytes()
    path.write_bytes(whole.replace(b"<title>", b"<titel>", 1).replace(b"</title>", b"</titel>", 1))
    assert "Has no title" in Page(client.get("/feeds").text).words
    path.write_bytes(whole)


def test_a_new_message_goes_to_its_accounts(app: App, client: httpx.Client) -> None:
    """Own words at each account's next slot or at a time; a mistake keeps what was typed and stores nothing."""
    mine = {"post": "one", "value": "My own words.", "to": ["timeline", "x"], "back": "/new?post=one"}
    refused = send(client, "/new", **mine | {"value": "w" * 600, "when": "slot"})
    assert "The text is too long for timeline" in refused.text
    assert "w" * 600 in refused.text
    assert "Choose at least one account" in send(client, "/new", **mine | {"to": [], "when": "now"}).text
    assert "Say when: choose a time" in send(client, "/new", **mine | {"when": "time", "at": ""}).text
    assert app.list_deliveries(slug="one") == ()
    written = send(client, "/new", **mine | {"when": "time", "at": "2199-01-01T09:30"})
    assert "Written: timeline Tue 1 Jan 2199 09:30, x Tue 1 Jan 2199 09:30." in Page(written.text).words
    rows = app.list_deliveries(slug="one")
    assert {(one.account, one.text.partition("\n")[0], one.state) for one in rows} == {
        ("timeline", "My own words.", State.PLANNED),
        ("x", "My own words.", State.PLANNED),
    }
    send(client, "/new", post="two", value="", to=["timeline"], when="slot")
    assert re.match(
        r"(Mon|Tue|Wed|Thu|Fri) \d+ 09:00", f"{app.list_deliveries(slug='two')[0].due_at.astimezone():%a %d} 09:00"
    )


def test_texts_are_counted_as_each_network_counts(app: App, client: httpx.Client) -> None:
    """Of a message by its number, of a new one for the accounts that are chosen, its link with it."""
    text = "👍🏽 https://example.com/a/very/long/address/that/goes/on"

    def measure(**asked: object) -> list[dict]:
        headers = {"X-Syndicate-Token": find_token(client.get("/new").text)}
        return client.post("/api/v1/measure", json=asked, headers=headers).raise_for_status().json()["counts"]

    one = measure(post="two", to=["x", "toot"], text=text)
    assert [(each["account"], each["count"], each["limit"]) for each in one] == [("x", 26, 280), ("toot", 25, 500)]
    assert measure(post="two", to=["x"], text="w" * 300)[0]["excess"]
    number = next(one.id for one in app.list_deliveries(slug="one", account="x", everything=True))
    assert measure(delivery=number, text="Words")[0]["count"] == 5


def test_a_form_that_is_sent_twice_writes_one_message(app: App, client: httpx.Client) -> None:
    """Also where another message about the post was wanted; other words, or the next form, write another one."""
    page = Page(client.get("/new").text)
    once = next(given["value"] for tag, given in page.tags if given.get("name") == "once")
    words = {"post": "two", "value": "Once.", "to": ["x"], "when": "slot", "again": "yes", "once": once}
    said = [Page(send(client, "/new", **words).text).words for _ in range(2)]
    assert ("Written: x" in said[0], "This was written already" in said[1]) == (True, True)
    assert [row.text.startswith("Once.") for row in app.list_deliveries(slug="two", account="x")] == [True]
    assert "Written: x" in Page(send(client, "/new", **words | {"value": "Twice."}).text).words
    assert [row.text[:5] for row in app.list_deliveries(slug="two", account="x")] == ["Once.", "Twice"]


def test_what_somebody_else_changed_meanwhile_is_not_overwritten(app: App, client: httpx.Client) -> None:
    """Neither another person's words nor a new text of the post; who has seen them may."""
    number = next(one.id for one in app.list_deliveries(slug="one", account="x", everything=True))

    def read() -> str:
        page = Page(client.get(f"/message/{number}").text)
        return next(given["value"] for tag, given in page.tags if given.get("name") == "was")

    mine = {"action": "edit", "number": number, "back": f"/message/{number}"}
    seen = read()
    assert "are kept" in send(client, "/act", **mine, value="Theirs.", was=seen).text
    refused = send(client, "/act", **mine, value="Mine.", was=seen)
    assert "Somebody changed this message meanwhile" in refused.text
    assert "Mine." in refused.text
    assert app._site.store.get_delivery(number).text == "Theirs."
    send(client, "/act", **mine, value="Mine.", was=read())
    assert app._site.store.get_delivery(number).text == "Mine."


def test_history_has_every_attempt(client: httpx.Client) -> None:
    """With account, post and state, newest first, and by account."""
    number = re.findall(r"/message/(\d+)", client.get("/list?account=x&state=skipped").text)[0]
    send(client, "/act", action="release", number=number)
    send(client, "/act", action="skip", number=number)
    send(client, "/act", action="hold", number=number)
    lines = re.findall(r"(hold|release): by hand", client.get("/history").text)
    assert lines[:2] == ["hold", "release"]
    assert "by hand" not in client.get("/history?account=toot").text


def test_an_account_logs_in_from_the_browser(app: App, client: httpx.Client, mastodon: FakeMastodon) -> None:
    """The network's questions, its page, the way back without a session, and the code only from our own page."""
    assert "no credentials" in Page(client.get("/accounts").text).words
    begun = send(client, "/accounts/toot/login", **{"answer-access_token": ""})
    place = next(href for href in Page(begun.text).find_all("a", "href") if "/oauth/authorize" in href)
    asked = {name: values[0] for name, values in parse_qs(urlsplit(place).query).items()}
    assert asked["redirect_uri"] == f"{client.base_url}back"
    stranger = httpx.get(asked["redirect_uri"], params={"code": "x", "state": "guessed"})
    assert stranger.status_code == 404
    back = httpx.get(asked["redirect_uri"], params={"code": "good-code", "state": asked["state"]})
    way = next(href for href in Page(back.text).find_all("a", "href") if "good-code" in href)
    assert httpx.get(f"http://{client.base_url.netloc.decode()}{way}").headers["location"] == "/dashboard/login"
    last = Page(client.get(way.removeprefix("/dashboard")).text)
    key = parse_qs(urlsplit(way).query)["key"][0]
    assert f"key={key}" in last.forms[-1]["fields"]
    done = send(client, "/accounts/toot/login", key=key, code="good-code")
    assert "toot is @fox@127.0.0.1" in Page(done.text).words
    assert app._site.accounts.vault(app._site.accounts.get("toot")).get("access_token") == TOKEN
    again = send(client, "/accounts/toot/login", key=key, code="good-code")
    assert "toot is" not in again.text  # a login is finished once


def test_a_typed_token_is_enough(client: httpx.Client, mastodon: FakeMastodon) -> None:
    """Without a page to open, and a wrong one keeps the one of before."""
    wrong = send(client, "/accounts/toot/login", **{"answer-access_token": "wrong"})
    assert 'role="alert"' in wrong.text
    assert "wrong" not in Page(wrong.text).forms[-1]["fields"]
    assert "toot is @fox" in send(client, "/accounts/toot/login", **{"answer-access_token": TOKEN}).text


@pytest.mark.slow
def test_open_pages_hear_of_a_change(app: App, client: httpx.Client) -> None:
    """An event when a message, an account or a post changed; who asks again hears what was missed."""
    with client.stream("GET", "/events") as stream:
        lines = stream.iter_lines()
        assert stream.headers["content-type"].startswith("text/event-stream")
        before = next(line for line in lines if line.startswith("id: "))
        app._site.store.pause_account("x", "no", datetime.now(UTC))
        assert next(line for line in lines if line.startswith("event")) == "event: change"
    with client.stream("GET", "/events", headers={"Last-Event-ID": before.removeprefix("id: ")}) as stream:
        assert "event: change" in (next(lines) for lines in [stream.iter_lines()] for _ in range(4))
