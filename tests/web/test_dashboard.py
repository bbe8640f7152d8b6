"""The dashboard on a real blog: pages, and every action to the state it leads to."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import quote, unquote

import httpx
import pytest
from sqlalchemy import delete, insert, select

from syndicate.app.app import App
from syndicate.app.deliver import Composer
from syndicate.app.queue import preview_waiting
from syndicate.cli.daemon import _make_web
from syndicate.model import Decision, Delivery, Plan, PlannedChange, Reason, State
from syndicate.planning.deliveries.manual import ManualPlan
from syndicate.store.schema import accounts, attempts, deliveries
from syndicate.web.dashboard.sessions import make_ticket
from tests.journeys.blog import CONFIG, Blog
from tests.web.desk import Page, find_token
from tests.web.serving import serving

MORE = """
slots = ["mon-fri 09:00"]
quiet = "22:00-07:00"
most_at_once = 0

[accounts.second]
network = "local"
folder = "{folder}"
approve = true
slots = ["sat 11:00"]
most_at_once = 0
"""
POSTS = ("one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten")


@pytest.fixture(scope="module")
def app(tmp_path_factory: pytest.TempPathFactory) -> Iterator[App]:
    """Ten posts, each planned on one account and waiting for approval on the other, and a broken one."""
    root = tmp_path_factory.mktemp("blog")
    blog = Blog(root, CONFIG + MORE.format(folder=root / "second"))
    blog.write("before")
    blog.run("publish")
    for slug in POSTS:
        blog.write(slug, imageAlt="none")
    blog.write("evil <b> & co", title="A <b>bold</b> title")
    (blog.posts / "broken.md").write_text('---\ntitle: "open\n---\n', encoding="utf-8")
    blog.run("publish", code=1)
    with App(root / "syndicate.toml") as app:
        yield app


@pytest.fixture(autouse=True)
def as_it_was(app: App) -> Iterator[None]:
    """Each test finds the outbox as it was published, in whatever order and company they run."""
    database, tables = app._site.store._database, (attempts, deliveries, accounts)
    with database.writing() as connection:
        rows = {table: [dict(row) for row in connection.execute(select(table)).mappings()] for table in tables}
    yield
    with database.writing() as connection:
        for table in tables:
            connection.execute(delete(table))
        for table in reversed(tables):
            if rows[table]:
                connection.execute(insert(table), rows[table])


@pytest.fixture(scope="module")
def client(app: App) -> Iterator[httpx.Client]:
    with (
        serving(_make_web(app, "127.0.0.1")) as address,
        httpx.Client(base_url=address, headers={"Origin": address}, follow_redirects=True, timeout=60) as client,
    ):
        client.get(f"/dashboard/enter?key={make_ticket(app)}")
        client.headers["X-Token"] = find_token(client.get("/dashboard/").text)  # kept for the forms; nobody reads it
        yield client


def find(app: App, slug: str, account: str = "timeline") -> Delivery:
    (found,) = app.list_deliveries(account=account, slug=slug, everything=True)
    return found


def bring(app: App, number: int, state: State) -> None:
    """Take the delivery where a test wants it, on the ways the delivery takes."""
    store, now, lease = app._site.store, datetime.now(UTC), timedelta(minutes=5)
    if state is State.MISSED:
        change = PlannedChange(delivery_id=number, state=state, due_at=now, reason=Reason.MISSED)
        store.apply(Plan(now=now, changes=(change,)), now)
    elif state in {State.UNCERTAIN, State.FAILED, State.SENDING}:
        store.retry(number, now)
        one = store.claim("test", now, lease, only=(number,))
        one = store.keep_message(one, Composer(app._site).compose(one), now, lease)
        one = store.intend(one, now, lease)
        if state is not State.SENDING:
            store.record(
                one,
                "send",
                Decision(state=state, outcome="x", reason=Reason.OWN_WORDS, detail="the answer was cut"),
                now,
            )
    elif state is State.HELD:
        store.hold(number, now)
    elif state is State.CANCELLED:
        store.cancel(number, now)


def act(client: httpx.Client, number: int, action: str, value: str = "", **more: str) -> httpx.Response:
    """Press a button; the answer is the page it leads to."""
    form = {"token": client.headers["X-Token"], "number": str(number), "action": action, "value": value, "force": "yes"}
    return client.post("/dashboard/act", data=form | more)


@pytest.mark.parametrize(
    ("slug", "before", "action", "value", "after", "words"),
    [
        ("one", State.PLANNED, "hold", "", State.HELD, "Held one on timeline"),
        ("one", State.HELD, "release", "", State.PLANNED, "Released one on timeline. It goes out on"),
        ("one", State.PLANNED, "cancel", "", State.CANCELLED, "it will not be sent"),
        ("one", State.CANCELLED, "release", "", State.PLANNED, "Released one"),
        ("two", State.PLANNED, "retry", "", State.DUE, "It goes out with the next round. The daemon is not running"),
        ("three", State.UNCERTAIN, "settle_sent", "https://a.example/@me/1", State.SENT, "Noted that three"),
        ("four", State.UNCERTAIN, "settle_not_sent", "", State.DUE, "was not sent. It goes out"),
        ("five", State.FAILED, "retry", "", State.DUE, "Another try for five"),
        ("six", State.FAILED, "settle_sent", "https://a.example/@me/2", State.SENT, "Noted that six"),
        ("seven", State.MISSED, "release", "", State.DUE, "Released seven"),
    ],
)
def test_an_action_does_what_its_button_says(
    app: App, client: httpx.Client, slug: str, before: State, action: str, value: str, after: State, words: str
) -> None:
    """Each state has its buttons, each button its outcome, and the page says it once."""
    number = find(app, slug).id
    bring(app, number, before)
    answer = act(client, number, action, value)
    assert [hop.status_code for hop in answer.history] == [303]
    assert words in Page(answer.text).words
    assert find(app, slug).state is after


def test_a_message_is_moved_in_the_site_s_zone(app: App, client: httpx.Client) -> None:
    """A time field has no zone: it is the site's; what lies behind is refused and changes nothing."""
    number = find(app, "eight").id
    assert "Moved eight on timeline to Tue 1 Jan 2199 09:30" in act(client, number, "move", "2199-01-01T09:30").text
    assert find(app, "eight").due_at == datetime(2199, 1, 1, 8, 30, tzinfo=UTC)
    answer = act(client, number, "move", "2020-01-01T09:30")
    assert "lies in the past" in answer.text
    assert find(app, "eight").due_at == datetime(2199, 1, 1, 8, 30, tzinfo=UTC)


def test_a_text_is_edited_and_given_back(app: App, client: httpx.Client) -> None:
    """Own words are kept with their line ends and counted; none goes back to composing."""
    number = find(app, "nine").id
    act(client, number, "edit", "Mine.\r\n\r\nAll <b>mine</b>, café.")
    assert find(app, "nine").text == "Mine.\n\nAll <b>mine</b>, café."
    page = client.get(f"/dashboard/message/{number}").text
    assert "Mine.\n\nAll &lt;b&gt;mine&lt;/b&gt;, café." in page
    assert f"{len(find(app, 'nine').text)} of 500" in page
    picture = {"media": "image", "alt": "A mill at night."}
    refused = act(client, number, "edit", "x" * 600, back=f"/message/{number}", **picture).text
    assert "The text is too long for timeline" in refused
    assert "x" * 600 in refused  # what was typed is still there to be shortened
    assert "A mill at night." in refused
    assert 'value="image" id="with-image" checked' in refused
    assert find(app, "nine").text.startswith("Mine.")
    assert "composed from the post again" in act(client, number, "edit", "").text
    assert find(app, "nine").text == ""


def test_a_picture_and_its_alt_text_are_chosen(app: App, client: httpx.Client) -> None:
    """For this message alone; what is as it was composed is nobody's own, and all of it can be given back."""
    number = find(app, "ten").id
    page = client.get(f"/dashboard/message/{number}").text
    assert "Read ten." in re.findall(r"<blockquote[^>]*>(.*?)</blockquote>", page, re.DOTALL)[0]
    with app.using() as site:
        text = preview_waiting(site, ManualPlan())
    composed = next(row.message for row in text if row.slug == "ten" and row.account == "timeline")
    assert composed is not None
    assert composed.card is not None
    same = act(client, number, "edit", composed.text, alt="A cliff at dawn", media="")
    assert "Your words for ten on timeline are kept." in same.text
    assert (find(app, "ten").text, find(app, "ten").alt, find(app, "ten").media) == ("", "A cliff at dawn", "")
    act(client, number, "edit", composed.text, alt=composed.card.alt, media="image")
    assert (find(app, "ten").text, find(app, "ten").alt, find(app, "ten").media) == ("", "", "image")
    picture = Page(client.get(f"/dashboard/message/{number}").text)
    assert "attached" in picture.find_all("img", "class")
    assert "takes no such picture" in act(client, number, "edit", "", media="video").text
    assert "composed from the post again" in act(client, number, "edit", "").text
    assert not find(app, "ten").is_own


def test_what_went_on_meanwhile_is_said(app: App, client: httpx.Client) -> None:
    """A button of an old page on a delivery that is elsewhere now changes nothing."""
    number = find(app, "ten").id
    bring(app, number, State.SENDING)
    for action in ("hold", "cancel", "retry", "move", "edit", "release"):
        assert 'role="alert"' in act(client, number, action, "tomorrow 09:00").text
        assert find(app, "ten").state is State.SENDING
    assert "There is no delivery 999" in act(client, 999, "hold").text


def test_an_action_comes_back_to_its_page(app: App, client: httpx.Client) -> None:
    """With the outcome, and the next message of the page in focus."""
    number, after = find(app, "evil-b-co").id, find(app, "eight").id
    answer = act(client, number, "hold", back="/post/evil-b-co?show=1", order=f"{number}:planned {after}:planned")
    assert answer.url.path == "/dashboard/post/evil-b-co"
    assert answer.url.params["show"] == "1"
    assert "Held evil-b-co" in answer.text
    answer = act(client, number, "hold", back="/list?state=planned", order=f"{number}:planned {after}:planned")
    assert re.findall(r'id="c(\d+)"[^>]* autofocus', answer.text) == [str(after)]


def test_the_page_of_a_post_stays_in_every_script(app: App, client: httpx.Client) -> None:
    """Also where its address, or what was searched for, is long and of another script."""
    for path, name in (("/dashboard/list", "日本語" * 60), ("/dashboard/week", "*'(x)")):
        page = client.get(path, params={"q": name}).text
        (back,) = Page(page).find_all("body", "data-place")
        answer = act(client, find(app, "eight").id, "hold", back=back)
        assert (answer.url.path, answer.url.params["q"]) == (path, name)
    back = f"/post/{quote('日本語の記事' * 20)}"
    answer = client.post("/dashboard/resume", data={"token": client.headers["X-Token"], "account": "x", "back": back})
    assert unquote(answer.url.path) == f"/dashboard/post/{'日本語の記事' * 20}"


def test_sent_and_needs_you_have_states_of_their_own(app: App, client: httpx.Client) -> None:
    """A filter of the list does not show held messages as sent ones."""
    listed = Page(client.get("/dashboard/list?state=held&account=second").text)
    assert {"/dashboard/sent?account=second", "/dashboard/needs?account=second"} < set(listed.find_all("a", "href"))
    assert "0 messages sent" in client.get("/dashboard/sent?state=held").text


def test_no_word_of_an_alt_text_is_left_out(app: App, client: httpx.Client) -> None:
    """One that the network would not take is refused, and stays in the form."""
    number = find(app, "ten").id
    alt = "Line one\nline two\n\n" + "word " * 400
    refused = act(client, number, "edit", "Mine", alt=alt, back=f"/message/{number}").text
    assert "The alt text is too long for timeline: 2,0" in refused
    assert alt.strip() in refused
    act(client, number, "edit", "", alt="Line one\nline two", media="image")
    assert find(app, "ten").alt == "Line one\nline two"


def test_words_are_found_however_their_letters_are_written(app: App, client: httpx.Client) -> None:
    """Composed or not, in any case, with Turkish dots."""
    number = find(app, "nine").id
    act(client, number, "edit", "Café İstanbul")
    for words in ("cafe\u0301", "CAFÉ", "istanbul", "İSTANBUL", "ｃａｆé"):
        assert f'id="c{number}"' in client.get("/dashboard/list", params={"q": words}).text, words


def test_many_messages_are_acted_on_at_once(app: App, client: httpx.Client) -> None:
    """What is chosen is done, what is refused is said, and nothing chosen is an error."""
    numbers = [find(app, slug, "second").id for slug in ("one", "two")]
    form = {"token": client.headers["X-Token"], "back": "/list"}
    answer = client.post("/dashboard/act", data=form | {"action": "release", "number": [*map(str, numbers), "999"]})
    assert "Released 2 messages. 1 was refused: There is no delivery 999" in Page(answer.text).words
    assert {find(app, slug, "second").state for slug in ("one", "two")} == {State.PLANNED}
    before = [find(app, slug, "second").due_at for slug in ("one", "two")]
    moved = client.post(
        "/dashboard/act", data=form | {"action": "move", "by": "1 hour", "number": [*map(str, numbers)]}
    )
    assert "Moved 2 messages." in moved.text
    assert [find(app, slug, "second").due_at for slug in ("one", "two")] == [at + timedelta(hours=1) for at in before]
    assert "Choose a message first" in client.post("/dashboard/act", data=form | {"action": "hold"}).text


def test_a_refused_move_names_its_rule(app: App, client: httpx.Client) -> None:
    """Quiet hours stop it, the page says so, and the person may move it all the same."""
    number = find(app, "eight").id
    before = find(app, "eight").due_at
    form = {"token": client.headers["X-Token"], "action": "move", "number": str(number), "back": "/list"}
    answer = client.post("/dashboard/act", data=form | {"value": "2198-01-02T23:30"})
    assert (
        "The message about eight on timeline stays where it is: 23:30 is in the quiet hours, 22:00-07:00."
        in answer.text
    )
    assert find(app, "eight").due_at == before
    again = next(one for one in Page(answer.text).forms if "force=yes" in one["fields"])
    assert "value=2198-01-02T23:30" in again["fields"]
    client.post("/dashboard/act", data=form | {"value": "2198-01-02T23:30", "force": "yes"})
    assert find(app, "eight").due_at == datetime(2198, 1, 2, 22, 30, tzinfo=UTC)


def test_a_paused_account_goes_on(app: App, client: httpx.Client) -> None:
    """It is shown with its reason among what needs you, and its button lets it go on."""
    app._site.store.pause_account("second", "the token was revoked", datetime.now(UTC))
    page = client.get("/dashboard/needs").text
    assert "The token was revoked" in page
    form = {"token": find_token(page), "account": "second", "back": "/needs"}
    assert "second goes on." in client.post("/dashboard/resume", data=form).text
    assert "revoked" not in client.get("/dashboard/needs").text
    assert "There is no account" in client.post("/dashboard/resume", data=form | {"account": "x"}).text


def settle(app: App, client: httpx.Client, slug: str, url: str) -> None:
    """Let nobody know what became of a message, and then say it."""
    bring(app, find(app, slug).id, State.UNCERTAIN)
    act(client, find(app, slug).id, "settle_sent", url)


def test_views_show_their_messages(app: App, client: httpx.Client) -> None:
    """Each view its own, with texts, counts, pictures and times; filters and search narrow them."""
    settle(app, client, "three", "https://a.example/@me/1")
    needs, waiting = (Page(client.get(f"/dashboard/{view}").text) for view in ("needs", "list"))
    assert "Waits for approval" in needs.words
    assert "Waits for approval" in waiting.words
    assert re.search(r"\d+ of 500", waiting.words)
    assert "https://a.example/@me/1" in Page(client.get("/dashboard/sent").text).find_all("a", "href")
    found = Page(client.get("/dashboard/list?q=READ+nine&account=second").text)
    assert "1 message to come" in found.words
    assert {href for href in found.find_all("a", "href") if "/post/" in href} == {"/dashboard/post/nine"}
    picture, alt = found.find_all("img", "src")[-1], found.find_all("img", "alt")[-1]
    assert alt
    assert client.get(picture).headers["content-type"].startswith("image/")
    assert "No message fits these filters" in client.get("/dashboard/list?q=nowhere").text


def test_free_slots_are_shown(app: App, client: httpx.Client) -> None:
    """A slot that nothing fills is a way to a new message for its accounts; one that is taken is none."""
    page = Page(client.get("/dashboard/week?from=2197-06-05").text)  # a Monday
    free = [href for href in page.find_all("a", "href") if "/new?at=" in href]
    assert free == [f"/dashboard/new?at=2197-06-{day:02}T09:00&to=timeline" for day in (5, 6, 7, 8, 9)] + [
        "/dashboard/new?at=2197-06-10T11:00&to=second"
    ]
    month = client.get("/dashboard/month?from=2197-06-01").text
    assert month.count("1 free") == 30  # five whole weeks: each working day, and each Saturday
    act(client, find(app, "seven", "second").id, "move", "2197-06-10T11:00")
    page = client.get("/dashboard/week?from=2197-06-05").text
    assert "to=second" not in page
    assert 'data-numbers="' in page


def test_the_page_needs_nothing_from_elsewhere(client: httpx.Client) -> None:
    """One script and one style sheet of ours, no inline style; every form that changes something has a token."""
    for path in ("/dashboard/week", "/dashboard/needs", "/dashboard/post/one", "/dashboard/message/1"):
        page = Page(client.get(path).text)
        ours = [*page.find_all("script", "src"), *page.find_all("link", "href")]
        assert [one.partition("?")[0] for one in ours] == ["/dashboard/desk.js", "/dashboard/desk.css"]
        assert not [given for _, given in page.tags if "style" in given]
        posts = [form for form in page.forms if form["method"] == "post"]
        assert all("token=" in form["fields"] and form["action"].startswith("/dashboard/") for form in posts)
        assert {form["method"] for form in page.forms} <= {"post", "get"}


def test_the_page_can_be_used_without_eyes(client: httpx.Client) -> None:
    """One h1, a language, a name for every field and button, no doubled id."""
    for path in ("week", "month", "list", "needs", "message/1"):
        page = Page(client.get(f"/dashboard/{path}").text)
        names = [tag for tag, _ in page.tags]
        assert names.count("h1") == 1
        assert page.find_all("html", "lang") == ["en"]
        ids = [given["id"] for _, given in page.tags if "id" in given]
        assert len(ids) == len(set(ids))
        fields = [given for tag, given in page.tags if tag in {"input", "textarea", "select"}]
        labels = set(page.find_all("label", "for"))
        named = [one for one in fields if one.get("type") not in {"hidden", "radio"}]  # these stand in their labels
        assert all("aria-label" in one or one["id"] in labels for one in named)


def test_a_post_has_its_story(app: App, client: httpx.Client) -> None:
    """Its messages, and the trail of each; an unknown slug is 404 with the nearest one."""
    settle(app, client, "three", "https://a.example/@me/1")
    page = Page(client.get("/dashboard/post/three").text)
    assert "settled by you: it was sent" in page.words
    assert "intent" in page.words
    answer = client.get("/dashboard/post/thre")
    assert client.get(f"/dashboard/message/{'9' * 30}").status_code == 404
    assert (answer.status_code, answer.text) == (404, 'No post has the slug "thre": did you mean "three"?\n')
    seen = client.get("/dashboard/post/thre", headers={"Sec-Fetch-Mode": "navigate", "Sec-Fetch-Site": "none"})
    assert seen.status_code == 404
    assert "did you mean" in seen.text
    assert 'href="/dashboard/posts"' in seen.text


def test_feeds_are_served_beside_it(app: App, client: httpx.Client, tmp_path: Path) -> None:
    """The dashboard takes nothing away; without a password others get the feeds alone."""
    assert client.get("/feeds/rss.xml").status_code == 200
    assert client.get("/dashboard").url.path == "/dashboard/"
    with serving(_make_web(app, "0.0.0.0")) as address:
        assert httpx.get(f"{address}/feeds/rss.xml").status_code == 200
        assert httpx.get(f"{address}/dashboard/").status_code == 404


def test_a_running_daemon_is_seen(app: App, client: httpx.Client) -> None:
    """Whether anything will be sent at all is said at the top."""
    assert "The daemon is not running" in client.get("/dashboard/").text
    with app._site.store.lock_daemon():
        assert "Daemon running" in Page(client.get("/dashboard/").text).words
