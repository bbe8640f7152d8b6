"""Which of an account's own posts is the lost one: words, links, moments and places in a thread."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from syndicate.errors import Uncertain
from syndicate.model import Message, Receipt
from syndicate.networks import slack
from syndicate.networks.base import Recent
from syndicate.networks.toolkit import pick_instant
from syndicate.networks.toolkit.readback import (
    REPLIES_TO,
    Is,
    Page,
    can_read,
    choose_copy,
    find_in,
    is_same_link,
    links_of_html,
    read_listing,
    text_of_html,
)
from tests.networks.case import LINK, NOW, TEXT


def listed(name: str, text: str = TEXT.text, *links: str, at: datetime = NOW, answers: str = "") -> Recent:
    return Recent(Receipt(name, f"https://net.example/{name}", {REPLIES_TO: answers}), text, links, at)


def chosen(message: Message, *recent: Recent) -> str:
    found = choose_copy(recent, message, since=NOW)
    return found.remote_id if found else ""


def test_the_same_words_win_over_the_same_link() -> None:
    """Two posts link to the page; ours is the one that says what we said."""
    assert chosen(TEXT, listed("link", "Other words", LINK), listed("words")) == "words"
    assert chosen(TEXT, listed("link", "Other words", LINK), listed("none", "x")) == "link"


def test_spacing_and_normalisation_do_not_count() -> None:
    """Servers change both."""
    message = replace(TEXT, text="caf\u00e9  au\nlait", link="")
    assert chosen(message, listed("ours", "cafe\u0301 au lait ")) == "ours"


@pytest.mark.parametrize(("minutes", "name"), [(0, "ours"), (-2, "ours"), (-3, ""), (600, "ours")])
def test_only_what_came_since_counts(minutes: int, name: str) -> None:
    """Less two minutes, for servers whose clocks are behind."""
    assert chosen(TEXT, listed("ours", at=NOW + timedelta(minutes=minutes))) == name


def test_a_part_of_a_thread_has_its_place() -> None:
    """The first answers nobody, the second answers the first."""
    part = replace(TEXT, reply_to=Receipt("first", "u"))
    thread = (listed("second", answers="first"), listed("first"))
    assert chosen(part, *thread) == "second"
    assert chosen(TEXT, *thread) == "first"
    assert chosen(replace(part, reply_to=Receipt("other", "u")), *thread) == ""


def test_a_message_without_a_link_is_not_found_by_one() -> None:
    """An empty link is not the same as no link."""
    assert chosen(replace(TEXT, text="ours", link=""), listed("x", "theirs", "")) == ""


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("https://a.example/b", "https://A.EXAMPLE/b/", True),
        ("http://a.example/b", "https://a.example/b", True),
        ("https://a.example/b?x=1", "https://a.example/b/?x=1#top", True),
        ("https://a.example/b", "https://a.example/B", False),
        ("https://a.example/b?x=1", "https://a.example/b?x=2", False),
        ("https://a.example/b", "https://b.example/b", False),
        ("http://[bad", "http://[bad", True),
        ("http://[bad", "https://a.example/", False),
    ],
)
def test_links_are_compared_as_addresses(one: str, other: str, same: bool) -> None:
    """Scheme, case of the host, a trailing slash and the fragment do not count."""
    assert is_same_link(one, other) is same


def test_html_becomes_words_and_links() -> None:
    """Hidden and shortened link texts are whole again, entities are characters."""
    content = (
        '<p>Fish &amp; <b>chips</b><br>two</p><p><a class="u" href="https://a.example/b?c=d&amp;e=f" rel="nofollow">'
        '<span class="invisible">https://</span><span class="ellipsis">a.example/b?c=d&amp;e</span>'
        "<span class=\"invisible\">=f</span></a> <A HREF='https://b.example/'>b</A></p>"
    )
    assert text_of_html(content) == "Fish & chips\ntwo\nhttps://a.example/b?c=d&e=f b"
    assert links_of_html(content) == ("https://a.example/b?c=d&e=f", "https://b.example/")


@given(st.text(st.sampled_from("<a href='\">/p&;b r\n")), st.text(max_size=30))
def test_no_html_or_date_breaks_the_reading(content: str, date: str) -> None:
    """Whatever a server sends."""
    text_of_html(content)
    links_of_html(content)
    found = pick_instant(date)
    assert found is None or found.utcoffset() == timedelta(0)


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("2026-11-24T09:00:00Z", NOW),
        ("2026-11-24T10:00:00+01:00", NOW),
        ("2026-11-24 09:00:00", NOW),
        (None, None),
        ("yesterday", None),
        ("0001-01-01T00:00:00+14:00", None),
    ],
)
def test_moments_are_aware(text: object, moment: datetime | None) -> None:
    """A missing zone means UTC; nonsense means nothing."""
    assert pick_instant(text) == moment
    assert NOW.tzinfo is UTC


@pytest.mark.parametrize("piece", ["<a ", "<", "<br", "<p ", "<a href= ", "<a href='", "&#769;&#790;"])
def test_html_that_is_never_closed_is_read_once(piece: str) -> None:
    """No tag's beginning looks at all the rest: a list of eight megabytes would hold every account for hours."""
    content = piece * 200_000
    assert links_of_html(content) in {(), ("",)}
    assert len(text_of_html(content)) <= len(content)
    assert slack.parse_text("<http://a|" * 200_000) == "<http://a|" * 200_000


def test_a_list_with_a_post_that_cannot_be_read_proves_no_absence() -> None:
    """What is found in it is found; what is not may be the one that cannot be read."""
    seen = Recent(Receipt("1", ""), "here", (), NOW)
    each = {"id": Is.NAME, "author.at": Is.MOMENT, "text": Is.TEXT}
    good = {"id": 1, "author": {"at": "2026-11-24T09:00:00Z"}, "text": None}
    assert can_read([good], each)
    changes = ({"id": "\u202e"}, {"id": True}, {"author": None}, {"text": ["a"]})
    for bad in (None, [], *({**good, **one} for one in changes)):
        listing = read_listing(lambda _cursor, bad=bad: Page([seen], "", can_read([good, bad], each)))
        assert find_in(listing, Message(text="here"), since=NOW, account="mine") == seen.receipt
        with pytest.raises(Uncertain):
            find_in(listing, Message(text="elsewhere"), since=NOW, account="mine")
