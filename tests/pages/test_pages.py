"""A message waits until its link answers with the right page."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from syndicate.http import Client, Response, name_server
from syndicate.http.servers import Waits
from syndicate.pages import check_page, judge_page, parse_page
from tests.networks.fake import Fake, Reply

LINK = "https://notes.example/blog/a/"


def judge(body: str, *, status: int = 200, url: str = LINK, title: str = "A “Title” & more") -> str:
    answer = Response(status, {}, body.encode(), url, datetime(2026, 1, 1, tzinfo=UTC))
    return judge_page(answer, parse_page(body), LINK, title)


@pytest.mark.parametrize(
    "body",
    [
        '<link rel="canonical" href="https://notes.example/blog/a/">',
        '<link rel=canonical href="/blog/a">',
        '<meta property="og:url" content="http://NOTES.example/blog/a/?x=1">',
        "<h1>A “Title”   &amp; more</h1>",
        "<title>a “title” &amp; more – Notes</title>",
        '<link rel="canonical" href="https://other.example/"><meta property="og:url" content="/blog/a/">',
        '<link rel="canonical" href="http://["><meta property="og:url" content="/blog/a/">',
        "<!-- <link rel=canonical href=/draft> --><![<<link rel='canonical' href='/blog/a/'/>",
        '<script>"<link rel=canonical href=/x>"</script><h1>A “Title” &amp; <b>more</b></h1>',
    ],
)
def test_the_right_page_is_live(body):
    """A page that names the link, or holds the title where it names nothing, is the one."""
    assert judge(body) == ""


@pytest.mark.parametrize(
    ("title", "body"),
    [
        ('It\'s "done" -- really...', "<h1>It’s “done” – really…</h1>"),
        ("The <template> element", "<h1>The <template> element</h1>"),
        ("The <template> element", "<h1>The &lt;template&gt; element</h1>"),
        ("Dampfschiff", "<h1>Dampf&shy;schiff</h1>"),
        ("Cafe\u0301", "<h1>Café</h1>"),
        ("🚀!", "<h1>🚀!</h1>"),
    ],
)
def test_a_title_is_known_in_the_form_that_a_generator_gives_it(title, body):
    """With turned quotes, dashes and hyphens, and with a tag that was taken for an element."""
    assert judge(body, title=title) == ""
    assert "does not hold" in judge("<h1>Not found</h1>", title=title)


@pytest.mark.parametrize(
    ("body", "status", "why"),
    [
        ("", 404, "answers 404"),
        ("", 503, "answers 503"),
        ("<h1>Not found</h1>", 200, "does not hold the post's title"),
        ('<link rel="canonical" href="https://notes.example/">', 200, "calls itself https://notes.example/"),
        ("", 200, "does not hold"),
        ('<link rel="canonical" href="http://[">', 200, "calls itself http://["),
        ("<![<", 200, "does not hold"),
    ],
)
def test_another_page_is_not(body, status, why):
    """A missing page, a friendly 200 and the front page do not count as live, and the reason is said."""
    assert why in judge(body, status=status)


@given(st.text())
def test_any_page_can_be_read(text):
    """Whatever a server sends, reading it gives facts and no exception."""
    assert isinstance(parse_page(text).words, str)


class Site(Fake):
    """One page, whose card image is where `image` says."""

    def __init__(self, image: str) -> None:
        super().__init__()
        page = f'<h1>A title</h1><meta property="og:image" content="{image}">'
        self.route("GET", "/", lambda request: Reply(200, page))


@pytest.mark.parametrize("image", ["http://[", "http://xn--/a.jpg", "http://a..b/", "file:///etc/passwd", "//:99999/a"])
def test_a_page_whose_card_image_has_an_impossible_address_is_not_ready(image):
    """The reason is said; the delivery behind it waits, and nobody else's."""
    with Site(image) as site, Client(allow_private=True) as client:
        assert check_page(client, f"{site.url}/", "A title")


@pytest.mark.parametrize("error", [ValueError, AssertionError, RecursionError, MemoryError, UnicodeError, OSError])
def test_whatever_a_look_at_a_page_raises_is_a_reason(error):
    """One page that cannot be looked at stops no other."""

    def resolve(_host, _port):
        raise error

    with Client(resolve=resolve) as client:
        assert check_page(client, LINK, "A title").startswith(LINK)


def test_a_slow_page_is_not_asked_for_again_in_a_round():
    """A minute of waiting for one host is enough; the pages of others are looked at."""
    waits = Waits()
    with Fake() as slow, Fake() as quick, Client(allow_private=True) as client:
        for host in (slow, quick):
            host.route("GET", "/a/", lambda request: Reply(200, b"<h1>Title</h1>"))
        assert check_page(client, f"{slow.url}/a/", "Title", waits) == ""
        waits.note(name_server(slow.url), 64)
        assert "answers too slowly" in check_page(client, f"{slow.url}/a/", "Title", waits)
        assert check_page(client, f"{quick.url}/a/", "Title", waits) == ""
        assert (len(slow.requests), len(quick.requests)) == (1, 1)
