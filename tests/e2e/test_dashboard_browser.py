"""The dashboard in Debian's Chromium: every view at two widths, in both themes, with and without its script."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from syndicate.app.app import App
from syndicate.cli.daemon import _make_web
from syndicate.model import Reactions, State
from syndicate.web.dashboard.sessions import make_ticket
from tests.journeys.blog import CONFIG, Blog
from tests.web.serving import serving
from tests.web.test_dashboard_tickets import find_address, running

playwright = pytest.importorskip("playwright.sync_api")
axe = pytest.importorskip("axe_playwright_python.sync_playwright")

CHROMIUM = shutil.which("chromium")
pytestmark = [pytest.mark.e2e, pytest.mark.skipif(not CHROMIUM, reason="needs Debian's chromium")]

MORE = """
slots = ["mon-fri 09:00", "sat 11:00"]
most_at_once = 0

[accounts.second]
network = "local"
folder = "{folder}"
approve = true
most_at_once = 0
[accounts.toot]
network = "mastodon"
instance = "https://social.example"
most_at_once = 0
[accounts.x]
network = "x"
most_at_once = 0
"""
LISTS = ("week", "month", "list", "needs", "sent")
OTHERS = (
    "posts",
    "accounts",
    "accounts/toot/login",
    "feeds",
    "counted",
    "counted?by=likes",
    "history",
    "history?account=x",
)
VIEWS = (*LISTS, "list?q=nothing-of-that-kind", *OTHERS, "new", "new?post=six-years-of-rust&to=toot")
PICTURES = Path(__file__).parents[2] / "docs" / "dashboard"
TITLES = (
    "Six years of Rust",
    "A garden that waters itself",
    "What the tide left",
    "The price of a free font",
    "Notes for a slower winter",
    "Letters to a lighthouse keeper who never answers",
)
ODD = (
    "🌱🌻 An emoji 👩🏽‍🚀 garden 🏳️‍🌈",
    "خريطة المدينة القديمة وحكايات أهلها في الأزقة الضيقة",
    "Donaudampfschifffahrtselektrizitätenhauptbetriebswerkbauunterbeamtengesellschaft" * 4,
)
"""Titles, and words of messages."""
CUT = """[...document.querySelectorAll("main *, header *")].filter((one) => {
  const { overflowX, textOverflow } = getComputedStyle(one);
  const isCut = one.scrollWidth > one.clientWidth + 1 && one.clientWidth > 1 && overflowX === "hidden";
  return isCut && textOverflow !== "ellipsis" && !one.matches("input, select, textarea");
}).map((one) => one.outerHTML.slice(0, 80))"""
"""What is wider than the place that it has, and does not say so."""


@dataclass(frozen=True)
class Desk:
    """A served site."""

    app: App
    address: str

    def open(self, browser, *, width: int = 1280, scheme: str = "light", script: bool = True, ours: bool = True):
        """A page of a browser that is logged in; without `ours` it may run scripts, but gets none of us."""
        context = browser.new_context(
            viewport={"width": width, "height": 900}, color_scheme=scheme, java_script_enabled=script, bypass_csp=True
        )
        page = context.new_page()
        if not ours:
            page.route("**/desk.js*", lambda route: route.abort())
        page.goto(f"{self.address}/dashboard/enter?key={make_ticket(self.app)}")
        return page


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    """Posts on four accounts, one of which waits for approval, one sent, one refused, a broken post, and odd titles."""
    root = tmp_path_factory.mktemp("blog")
    trial = CONFIG.replace('"Notes"', '"The Slow Notebook"').replace("[cards]", "allow_private = true\n[cards]")
    blog = Blog(root, trial + MORE.format(folder=root / "second"))
    blog.write("before")
    blog.run("publish")
    day = datetime.now(UTC) - timedelta(days=1)
    for number, title in enumerate(TITLES):
        slug = title.lower().replace(" ", "-")
        blog.write(slug, title=title, date=f"{day - timedelta(hours=number):%Y-%m-%dT%H:%M:%SZ}", tags=["rust"])
    for number, title in enumerate(ODD):
        date = f"{day - timedelta(hours=20 + number):%Y-%m-%dT%H:%M:%SZ}"
        blog.write(f"odd-{number}", title=title, date=date, excerpt=title, tags=["rust", title])
    (blog.posts / "broken.md").write_text('---\ntitle: "open\n---\n', encoding="utf-8")
    blog.run("publish", code=1)
    with App(root / "syndicate.toml") as app, serving(_make_web(app, "127.0.0.1")) as address:
        first = app.list_deliveries(account="timeline")[0]
        app.change_deliveries("retry", (first.id,))
        app.deliver_due(only=(first.id,))
        for number, words in enumerate(ODD):
            for one in app.list_deliveries(slug=f"odd-{number}"):
                app._site.store.set_text(one.id, f"{words} https://example.com/{'long/' * 60}", app.now(), alt=words)
        for hours, number in enumerate((1, 4, 9)):
            at = app.now() + timedelta(hours=hours)
            app._site.store.record_count(first.id, Reactions(number, number // 2, None, 0), at)
        yield Desk(app, address)


@pytest.fixture(scope="module")
def browser() -> Iterator[object]:
    with playwright.sync_playwright() as started:
        chromium = started.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield chromium
        chromium.close()


@pytest.mark.parametrize("script", [True, False])
@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [390, 1280])
def test_every_view_fits_and_is_for_everyone(desk: Desk, browser, width: int, scheme: str, script: bool) -> None:
    """No violation that axe finds, no horizontal scroll, nothing cut, no error; axe itself needs a script to run."""
    page = desk.open(browser, width=width, scheme=scheme, script=script)
    judged = page if script else desk.open(browser, width=width, scheme=scheme, ours=False)
    errors: list[str] = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    odd = [f"message/{desk.app.list_deliveries(slug=f'odd-{number}')[0].id}" for number in range(len(ODD))]
    number = desk.app.list_deliveries(account="second")[0].id
    for view in (*VIEWS, f"message/{number}", "post/six-years-of-rust", "post/odd-2", *odd):
        assert page.goto(f"{desk.address}/dashboard/{view}").status == 200
        room, used = page.evaluate("[document.documentElement.clientWidth, document.documentElement.scrollWidth]")
        assert used <= room, view
        assert page.evaluate(CUT) == [], view
        if not script:
            judged.goto(f"{desk.address}/dashboard/{view}")
            assert judged.evaluate("document.documentElement.className") == "", "our script runs"
        assert axe.Axe().run(judged).response["violations"] == [], view
    assert errors == []


@pytest.mark.parametrize("script", [True, False])
def test_many_are_held_and_the_page_goes_on(desk: Desk, browser, script: bool) -> None:
    """With and without the script: what is chosen is done, it is said, and the next one has the focus."""
    page = desk.open(browser, script=script)
    page.goto(f"{desk.address}/dashboard/list?account=x")
    first, second, third = (one.id for one in desk.app.list_deliveries(account="x")[:3])
    page.check(f"#c{first}")
    page.check(f"#c{second}")
    if script:
        assert page.inner_text("#number") == "2 chosen"
    page.click("#chosen button[value=hold]")
    page.wait_for_selector("#note p:text-is('Held 2 messages.')")
    page.wait_for_function(f"document.activeElement.id === 'c{third}'")
    assert {desk.app.list_deliveries(account="x")[place].state for place in (0, 1)} == {State.HELD}
    page.check(f"#c{first}")
    page.check(f"#c{second}")
    page.click("#chosen button[value=release]")
    page.wait_for_selector("#note p:text-is('Released 2 messages.')")


def test_tabs_that_nobody_sees_keep_no_connection(desk: Desk, browser) -> None:
    """A browser has six for a server; a tab that is looked at again shows what is now."""
    page = desk.open(browser)
    page.context.add_init_script("Object.defineProperty(document, 'hidden', { get: () => window.isHidden ?? false })")
    tabs = [page.context.new_page() for _ in range(9)]
    for tab in tabs:
        tab.goto(f"{desk.address}/dashboard/list?account=x")
        tab.evaluate("window.isHidden = true; document.dispatchEvent(new Event('visibilitychange'))")
    first = desk.app.list_deliveries(account="x")[0].id
    desk.app.change_deliveries("hold", (first,))
    tabs[0].evaluate("window.isHidden = false; document.dispatchEvent(new Event('visibilitychange'))")
    tabs[0].wait_for_selector(f"#d{first} .badge.held")
    desk.app.change_deliveries("release", (first,))
    page.context.close()


def test_a_page_says_when_it_hears_nothing(desk: Desk, browser) -> None:
    """Nobody reads "running" of a dashboard that is gone; what is written then is not lost."""
    number = desk.app.list_deliveries(account="second")[0].id
    page = desk.open(browser)
    before = page.inner_text("#running")
    page.route("**/events", lambda route: route.abort())
    page.route("**/act", lambda route: route.abort())
    page.goto(f"{desk.address}/dashboard/message/{number}")
    page.fill("#text", "Typed meanwhile.")
    page.wait_for_selector("#running:has-text('does not answer')")
    page.click("button:text-is('Keep this')")
    page.wait_for_selector("#note p:has-text('did not answer')")
    assert page.input_value("#text") == "Typed meanwhile."
    page.unroute_all()
    page.wait_for_selector(f"#running:has-text('{before}')", timeout=90_000)
    page.context.close()


@pytest.mark.parametrize(
    "answer",
    [
        lambda route: None,
        lambda route: route.abort(),
        lambda route: route.fulfill(status=503, body="Not yet."),
    ],
    ids=["hangs", "breaks off", "is broken"],
)
def test_a_page_that_heard_nothing_goes_on(desk: Desk, browser, answer) -> None:
    """After events that hang, and whatever becomes of the page that is asked for then, it tells how it stands."""
    page = desk.open(browser)
    page.goto(f"{desk.address}/dashboard/list")
    before = page.inner_text("#running")
    page.route("**/events", lambda route: None, times=1)
    page.goto(f"{desk.address}/dashboard/list")
    page.route("**/dashboard/list", answer, times=1)
    page.wait_for_selector("#running:has-text('does not answer')")
    page.wait_for_selector(f"#running:has-text('{before}')", timeout=120_000)
    page.context.close()


def test_keys_are_enough(desk: Desk, browser) -> None:
    """From the top of the page to a message, its box, and back to a button, with Tab, Space and Enter alone."""
    page = desk.open(browser)
    page.goto(f"{desk.address}/dashboard/list?account=x")
    press_until(page, "Tab", "document.activeElement.name === 'number'")
    page.keyboard.press("Space")
    press_until(page, "Shift+Tab", "document.activeElement.value === 'hold'")
    page.keyboard.press("Enter")
    page.wait_for_selector("#note p:has-text('Held ')")
    page.wait_for_function("document.activeElement.name === 'number'")
    page.keyboard.press("Escape")
    assert page.locator("#note").count() == 0


def test_a_message_is_written_with_keys_alone(desk: Desk, browser) -> None:
    """From the list to the form, through every field, to the outbox."""
    page = desk.open(browser)
    page.goto(f"{desk.address}/dashboard/list")
    press_until(page, "Tab", "document.activeElement.textContent === 'New message'")
    with page.expect_navigation():
        page.keyboard.press("Enter")
    press_until(page, "Tab", "document.activeElement.id === 'post'")
    page.keyboard.type("A garden")
    press_until(page, "Tab", "document.activeElement.value === 'second'")
    page.keyboard.press("Space")
    press_until(page, "Tab", "document.activeElement.id === 'text'")
    page.keyboard.type("With keys alone.")
    page.wait_for_selector("#look .said:has-text('With keys alone.')")
    press_until(page, "Tab", "document.activeElement.name === 'again'")
    page.keyboard.press("Space")
    press_until(page, "Tab", "document.activeElement.textContent === 'Put it into the outbox'")
    with page.expect_navigation():
        page.keyboard.press("Enter")
    assert page.inner_text("#note p").startswith("Written: second")


def test_the_page_stays_where_it_was(desk: Desk, browser) -> None:
    """Far down a long list: after an action it is scrolled as before, and the next message is in sight."""
    page = desk.open(browser, width=390)
    page.goto(f"{desk.address}/dashboard/list")
    boxes = page.locator("#rows input[name=number]")
    boxes.nth(boxes.count() - 3).check()
    page.evaluate("scrollBy(0, 40)")
    before = page.evaluate("scrollY")
    page.click("#chosen button[value=hold]")
    page.wait_for_selector("#note")
    page.wait_for_function("document.activeElement.name === 'number'")
    assert before > 1000
    page.wait_for_function(f"Math.abs(scrollY - {before}) < 200")
    assert page.evaluate("document.activeElement.getBoundingClientRect().bottom <= innerHeight")


def press_until(page, key: str, condition: str) -> None:
    for _ in range(80):
        page.keyboard.press(key)
        if page.evaluate(condition):
            return
    raise AssertionError(f"{key} never leads to {condition}")


def test_a_post_is_dragged_to_another_day(desk: Desk, browser) -> None:
    """All its messages of that moment move, the page stays; where a rule speaks against it, the person overrules it."""
    page = desk.open(browser)
    first, number = (one.id for one in desk.app.list_deliveries(account="timeline")[-2:])
    for one, days in ((first, 2), (number, 4)):
        at = datetime.now(UTC) + timedelta(days=days)
        desk.app.change_deliveries("move", (one,), f"{at:%Y-%m-%d}T10:10")
    page.goto(f"{desk.address}/dashboard/week")
    page.evaluate("window.isSame = true")
    before = desk.app._site.store.get_delivery(number).due_at
    with page.expect_response("**/api/v1/deliveries/many"):
        page.locator(f"#m{number}").drag_to(page.locator(f"#m{first}"))
    page.wait_for_selector("#note.wrong p:has-text('stays where it is: ')")
    assert desk.app._site.store.get_delivery(number).due_at == before
    assert page.evaluate("document.activeElement.textContent") == "Move it all the same"
    page.keyboard.press("Enter")
    page.wait_for_selector("#note:not(.wrong) p:has-text('Moved ')")
    assert desk.app._site.store.get_delivery(number).due_at != before
    page.wait_for_function("document.activeElement.matches('.chip')")
    assert page.evaluate("window.isSame")


def test_an_action_without_an_answer_is_not_repeated(desk: Desk, browser) -> None:
    """It may have been carried out, and a move by a day would be two; who is logged out is told so, and what was chosen
    stays chosen."""
    page = desk.open(browser)
    page.goto(f"{desk.address}/dashboard/list?account=x")
    number, posted = desk.app.list_deliveries(account="x")[0].id, []
    page.route("**/api/v1/deliveries/many", lambda route: route.abort())
    page.on("request", lambda request: posted.append(request.url) if request.method == "POST" else None)
    page.check(f"#c{number}")
    page.click("#chosen button[value=hold]")
    page.wait_for_selector("#note.wrong p:has-text('did not answer')")
    assert len(posted) == 1
    page.unroute("**/api/v1/deliveries/many")
    page.context.clear_cookies()
    page.click("#chosen button[value=hold]")
    page.wait_for_selector("#note.wrong p:has-text('You are logged out')")
    assert page.is_checked(f"#c{number}")
    assert desk.app._site.store.get_delivery(number).state is State.PLANNED


def test_an_open_message_follows_what_others_do_to_it(desk: Desk, browser) -> None:
    """Its state, reason and buttons; what is typed stays, and overrules no words that nobody has seen here."""
    page = desk.open(browser)
    number = desk.app.list_deliveries(account="second", slug="notes-for-a-slower-winter")[0].id
    page.goto(f"{desk.address}/dashboard/message/{number}")
    page.fill("#text", "Typed here.")
    page.evaluate("document.activeElement.blur()")
    desk.app._site.store.set_text(number, "From another tab.", desk.app.now())
    desk.app.change_deliveries("cancel", (number,))
    page.wait_for_selector("#facts .badge.cancelled")
    page.wait_for_selector("#facts .reason:has-text('cancelled by you')")
    page.wait_for_selector("#doing button[value=hold]", state="detached")
    assert page.input_value("#text") == "Typed here."
    page.click("button:text-is('Keep this')")
    page.wait_for_selector("#note.wrong")
    assert desk.app._site.store.get_delivery(number).text == "From another tab."
    assert page.input_value("#text") == "Typed here."
    page.context.close()


def test_words_are_counted_while_they_are_typed(desk: Desk, browser) -> None:
    """In the network's own counting: a link weighs 23 on X."""
    page = desk.open(browser)
    number = desk.app.list_deliveries(account="x")[0].id
    page.goto(f"{desk.address}/dashboard/message/{number}")
    page.fill("#text", "Look: https://example.com/a/very/long/address/that/goes/on/and/on")
    page.wait_for_function("document.querySelector('[data-size]').textContent === '29 of 280'")


def test_an_open_page_follows_the_daemon(tmp_path: Path, browser) -> None:
    """What a running daemon sends is shown as sent without a reload, and what is chosen stays chosen."""
    blog = Blog(tmp_path)
    blog.write("before")
    blog.run("publish")
    blog.write("one", date=f"{datetime.now(UTC) - timedelta(hours=1):%Y-%m-%dT%H:%M:%SZ}")
    blog.write("two", date=f"{datetime.now(UTC) - timedelta(hours=2):%Y-%m-%dT%H:%M:%SZ}")
    blog.run("publish")
    with App(tmp_path / "syndicate.toml") as app:
        held = {one.slug: one.id for one in app.list_deliveries()}
        app.change_deliveries("hold", tuple(held.values()))
    with running(tmp_path) as lines:
        page = browser.new_context(viewport={"width": 1280, "height": 900}).new_page()
        page.goto(find_address(lines))
        page.goto(page.url.replace("/dashboard/", "/dashboard/list?state="))
        other = page.context.new_page()
        other.goto(page.url)
        other.check(f"#c{held['two']}")
        page.click(f"button[value='release:{held['one']}']")
        other.wait_for_selector(f"#d{held['one']}", state="detached")
        assert other.is_checked(f"#c{held['two']}")
        other.goto(page.url.replace("/list", "/sent"))
        assert "1 message sent" in other.inner_text("h1")
        page.context.close()


PLANNED = """
[site]
title = "The Slow Notebook"
url = "https://notes.example"
timezone = "Europe/Berlin"
author = "Ada"
allow_private = true
[cards]
fetch = false
[schedule]
slots = ["mon-sun 09:00", "mon-fri 17:30"]
most_at_once = 0
[accounts.timeline]
network = "local"
slots = ["sat 11:00"]
[accounts.bluesky]
network = "bluesky"
handle = "ada.example"
[accounts.mastodon]
network = "mastodon"
instance = "https://social.example"
[accounts.linkedin]
network = "linkedin"
slots = ["mon-fri 12:00"]
approve = true
[accounts.x]
network = "x"
slots = ["mon-fri 12:30"]
"""
SAID = "{}: what I learned on the way, and what I would do again."


@pytest.mark.parametrize(
    ("name", "width", "scheme"), [("week", 1280, "light"), ("message", 1280, "dark"), ("phone", 390, "light")]
)
def test_the_pictures_of_the_docs_are_these(tmp_path: Path, browser, name: str, width: int, scheme: str) -> None:
    """A planned week, as docs/dashboard.md shows it; a picture that was taken away is made anew."""
    blog = Blog(tmp_path, PLANNED)
    blog.write("before")
    blog.run("publish")
    for number, title in enumerate(TITLES):
        slug, day = title.lower().replace(" ", "-"), datetime.now(UTC) - timedelta(hours=number + 1)
        date, said = f"{day:%Y-%m-%dT%H:%M:%SZ}", SAID.format(title)
        blog.write(slug, title=title, date=date, tags=["rust"], excerpt=said, socialShare=said)
    blog.run("publish")
    with (
        App(tmp_path / "syndicate.toml") as app,
        app.lock_daemon(),
        serving(_make_web(app, "127.0.0.1")) as address,
    ):
        page = Desk(app, address).open(browser, width=width, scheme=scheme)
        message = app.list_deliveries(account="bluesky")[0].id
        page.goto(f"{address}/dashboard/{f'message/{message}' if name == 'message' else 'week'}")
        page.wait_for_function("[...document.images].every((one) => one.complete || one.loading === 'lazy')")
        shot = page.screenshot(type="jpeg", quality=60, clip={"x": 0, "y": 0, "width": width, "height": 800})
    path = PICTURES / f"{name}.jpg"
    if not path.exists():
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(shot)
    assert len(shot) < 120_000
