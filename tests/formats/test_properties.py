"""Whatever a post says, its feeds are well-formed, valid, and say the same in every format."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from html import unescape

from hypothesis import given
from hypothesis import strategies as st

from syndicate.formats.assembly import choose_title, clean
from syndicate.formats.jsonfeed import render as render_json
from syndicate.formats.xml_feeds import render_atom, render_rss
from syndicate.model import Author, Category, Credit, Enclosure, Entry, Picture
from tests.formats.reading import check_atom, check_json, check_rss, read_atom, read_json, read_rss
from tests.formats.samples import FEED, entry, feed

# Every code point, forbidden ones and lone surrogates included, and the pieces that break naive templates.
ANY_TEXT = st.text(st.characters(codec=None)) | st.lists(
    st.sampled_from(
        ["]]>", "<![CDATA[", "&", "<", "\x00", "\r\n", "\ufffe", "\ud800", "</item>", "<entry>", "\U0001ffff"]
    )
).map("".join)
ADDRESSES = (ANY_TEXT | st.just("/images/写真.jpg")).map("https://i.example/".__add__)
MAILS = st.sampled_from(["a@b.example", "a@", "@b", "a b@c.example", "a@b@c", "<a@b.example>"])
MOMENTS = st.timedeltas(timedelta(0), timedelta(days=40_000)).map(datetime(1990, 1, 1, tzinfo=UTC).__add__)


@st.composite
def entries(draw: st.DrawFn) -> Entry:
    published_at = draw(MOMENTS)
    return entry(
        id=f"tag:blog.example,2025:{draw(st.integers(0, 10**9))}",
        title=draw(ANY_TEXT),
        summary=draw(ANY_TEXT),
        html=draw(ANY_TEXT),
        published_at=published_at,
        updated_at=published_at + timedelta(seconds=draw(st.integers(0, 10**8))),
        authors=tuple(draw(st.lists(st.builds(Author, ANY_TEXT, ADDRESSES, ANY_TEXT | MAILS), max_size=2))),
        enclosures=tuple(draw(st.lists(st.builds(Enclosure, ADDRESSES, st.just("image/png"), st.just(9)), max_size=1))),
        categories=tuple(map(Category, draw(st.lists(ANY_TEXT, max_size=2)))),
        tags=tuple(draw(st.lists(ANY_TEXT, max_size=2))),
        language=draw(ANY_TEXT | st.sampled_from(["", "ar", "zh-Hant-TW"])),
        picture=draw(st.none() | st.builds(Picture, ADDRESSES, ANY_TEXT, st.builds(Credit, ANY_TEXT))),
        generated_by=draw(ANY_TEXT),
        markdown=draw(ANY_TEXT),
        digest="",
    )


@given(st.lists(entries(), max_size=4, unique_by=lambda one: one.id))
def test_any_text_becomes_valid_feeds_that_agree(some: list[Entry]) -> None:
    """RSS, Atom and JSON are valid for any text and parse back to the same ids, titles, texts and dates."""
    site = replace(FEED, entries=some)
    rss, atom, json = render_rss(site), render_atom(site), render_json(site)
    check_rss(rss)
    check_atom(atom)
    check_json(json)
    wanted = [(one.id, one.url, choose_title(one), clean(one.html)) for one in some]
    for seen in (read_rss(rss), read_atom(atom), read_json(json)):
        assert [(one.id, one.url, one.title, one.html) for one in seen] == wanted
    summaries = [clean(one.summary) or choose_title(one) for one in some]
    assert [unescape(one.summary) for one in read_rss(rss)] == summaries
    assert [one.summary for one in read_atom(atom)] == summaries
    dates = [one.published_at.replace(microsecond=0) for one in some]
    for seen in (read_rss(rss), read_atom(atom), read_json(json)):
        assert [one.published_at for one in seen] == dates


@given(entries(), st.integers(-14 * 60, 14 * 60))
def test_the_same_instant_in_another_zone_is_the_same_bytes(one: Entry, minutes: int) -> None:
    """Instants are written in UTC, whatever zone they came in."""
    zone = timezone(timedelta(minutes=minutes))
    moved = replace(one, published_at=one.published_at.astimezone(zone), updated_at=one.updated_at.astimezone(zone))
    for render in (render_rss, render_atom, render_json):
        assert render(feed(one)) == render(feed(moved))


@given(ANY_TEXT)
def test_cleaning_takes_exactly_what_xml_forbids(text: str) -> None:
    """Clean text holds no forbidden character, loses no other one, and is clean already."""
    made = clean(text)
    kept = [sign for sign in text.replace("\r\n", "\n").replace("\r", "\n") if is_allowed(sign)]
    assert made == "".join(kept)
    assert clean(made) == made


def is_allowed(sign: str) -> bool:
    """XML 1.0 productions 2 and the advice of section 2.2, spelt out again."""
    code = ord(sign)
    if sign in "\t\n\x85":
        return True
    if code < 0x20 or 0x7F <= code < 0xA0 or 0xD800 <= code < 0xE000 or 0xFDD0 <= code < 0xFDF0:
        return False
    return code & 0xFFFE != 0xFFFE


@given(ANY_TEXT, ANY_TEXT, st.lists(st.builds(Author, ANY_TEXT, ADDRESSES, ANY_TEXT | MAILS), max_size=2))
def test_any_words_of_the_site_become_valid_feeds(title: str, description: str, authors: list[Author]) -> None:
    """What stands at the head of a feed is as free as what stands in its entries."""
    site = replace(FEED, title=f"A {title}", description=description, copyright=title, authors=tuple(authors))
    check_rss(render_rss(site))
    check_atom(render_atom(site))
    check_json(render_json(site))
