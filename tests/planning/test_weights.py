"""Feeds stay within their bytes, in every format, without rendering to find out."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from syndicate.formats.atom import render as render_atom
from syndicate.formats.jsonfeed import render as render_json
from syndicate.formats.rss import render as render_rss
from syndicate.model import Author, Category, Credit, Picture
from syndicate.planning.feeds.feeds import plan_feeds
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


def test_one_post_too_heavy_for_any_feed_sends_its_summary() -> None:
    """A feed is never empty because its newest post is huge; the digest tells the short form from the long one."""
    some = [post(1), post(2, html="x" * 300_000, summary="In short.")]
    (feed,) = plan_feeds(some, settings(max_bytes=200_000, archives=False), {}, NOW)
    (entry,) = feed.entries
    assert (entry.html, entry.summary) == ("", "In short.")
    (whole,) = plan_feeds(some[1:], settings(archives=False), {}, NOW)
    assert entry.digest != whole.entries[0].digest
