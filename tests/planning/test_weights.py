"""Feeds stay within their bytes, in every format, without rendering to find out."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from syndicate.formats.jsonfeed import render as render_json
from syndicate.formats.xml_feeds import render_atom, render_rss
from syndicate.model import Author, Category, Credit, Picture
from syndicate.planning.feeds import plan_feeds
from tests.formats.samples import CARD, NOW, post, settings

HEAVY = st.lists(
    st.sampled_from(["<p>&amp;</p>", '"', "\\", "\n", "&", "é", "漢字", "\U0001f600", "plain words "]), max_size=200
)


@given(
    st.lists(st.tuples(HEAVY.map("".join), HEAVY.map("".join), HEAVY.map("".join)), min_size=1, max_size=8),
    st.integers(20_000, 60_000),
)
def test_documents_stay_within_their_bytes(texts: list[tuple[str, str, str]], limit: int) -> None:
    """Whatever the posts are made of, RSS, Atom and JSON are at most as large as allowed."""
    some = [
        post(
            number,
            html=html * 20,
            summary=summary,
            title=title or "x",
            markdown=html,
            authors=(Author(title),),
            categories=(Category(title, summary), Category(summary, title)),
            keywords=(summary,),
            picture=Picture("https://images.example/a", title, Credit(summary)),
            generated_by=title,
            external_url="https://else.example/" + "a" * 500,
        )
        for number, (html, summary, title) in enumerate(texts)
    ]
    rules = settings(max_bytes=limit, source_markdown=True, archives=False, by=())
    (feed,) = plan_feeds(some, rules, {one.id: CARD for one in some}, NOW)
    assert feed.entries
    if len(feed.entries) > 1 or feed.entries[0].html:
        assert all(len(render(feed)) <= limit for render in (render_rss, render_atom, render_json))


@pytest.mark.parametrize(("size", "shown"), [(1_000, 10), (40_000, 4), (90_000, 2)])
def test_as_many_as_fit(size: int, shown: int) -> None:
    """The room is used: no entry more than needed is left out."""
    some = [post(number, html="x" * size) for number in range(10)]
    (feed,) = plan_feeds(some, settings(max_bytes=200_000, archives=False), {}, NOW)
    assert len(feed.entries) == shown


@pytest.mark.parametrize("heavy", range(4))
def test_a_post_too_long_for_a_feed_stands_there_with_its_summary(heavy: int) -> None:
    """Wherever it stands, the others stay whole; the digest tells the short form from the long one."""
    some = [post(n, html="x" * (110_000 if n == heavy else 9_000), summary=f"{n} in short.") for n in range(4)]
    (feed,) = plan_feeds(some, settings(max_bytes=200_000, archives=False), {}, NOW)
    assert {entry.summary[0]: bool(entry.html) for entry in feed.entries} == {str(n): n != heavy for n in range(4)}
    (whole,) = plan_feeds(some, settings(max_bytes=512_000, archives=False), {}, NOW)
    digests = zip(feed.entries, whole.entries, strict=True)
    assert all(short.digest != long.digest and long.html for short, long in digests)
    assert [entry.is_short for entry in feed.entries] == [not entry.html for entry in feed.entries]


def test_archives_are_bounded_too() -> None:
    """No entry of an archive is longer than half of a feed."""
    some = [post(n, html="x" * 300_000) for n in range(12)]
    feeds = plan_feeds(some, settings(max_bytes=200_000, items=1, archive_items=5), {}, NOW)
    archived = [entry for feed in feeds if feed.is_archive for entry in feed.entries]
    assert len(archived) >= 10
    assert not any(entry.html for entry in archived)
