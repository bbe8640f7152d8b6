"""A message waits until its link answers with the right page."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from syndicate.http import Response
from syndicate.pages import judge_page, parse_page

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
    ],
)
def test_the_right_page_is_live(body):
    """A page that names the link, or holds the title where it names nothing, is the one."""
    assert judge(body) == ""


@pytest.mark.parametrize(
    ("body", "status", "why"),
    [
        ("", 404, "answers 404"),
        ("", 503, "answers 503"),
        ("<h1>Not found</h1>", 200, "does not hold the post's title"),
        ('<link rel="canonical" href="https://notes.example/">', 200, "calls itself https://notes.example/"),
        ("", 200, "does not hold"),
    ],
)
def test_another_page_is_not(body, status, why):
    """A missing page, a friendly 200 and the front page do not count as live, and the reason is said."""
    assert why in judge(body, status=status)


@given(st.text())
def test_any_page_can_be_read(text):
    """Whatever a server sends, reading it gives facts and no exception."""
    assert isinstance(parse_page(text).words, str)
