"""Golden cases: a folder per shape of post, with the Markdown beside every rendering.

python -m tests.formats.golden      write the renderings anew; read the difference before you commit it
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from functools import cache
from pathlib import Path

from syndicate.formats.jsonfeed import render as render_json
from syndicate.formats.xml_feeds import render_atom, render_rss
from syndicate.model import (
    Author,
    CardRef,
    ContentRules,
    FeedRules,
    Identified,
    KnownPost,
    PictureFacts,
    Settings,
    Site,
    Storage,
)
from syndicate.planning.feeds import plan_feeds
from tests.content.golden import read_snapshot
from tests.formats.samples import render_meta

CASES = Path(__file__).parent / "cases"
NOW = datetime(2025, 6, 1, tzinfo=UTC)
FIRST_SEEN = datetime(2025, 3, 9, 7, 0, tzinfo=UTC)
HARBOUR = "https://blog.example/images/harbour.jpg"


def list_cases() -> list[str]:
    return sorted(folder.name for folder in CASES.iterdir() if folder.is_dir())


@cache
def render_case(name: str) -> Mapping[str, bytes]:
    """Every rendering of a case by file name."""
    settings = _settings()
    one = _identify(name, settings)
    card = CardRef(
        path=f"cards/{one.post.slug}.3fa9c1.jpg",
        url=f"https://blog.example/feeds/cards/{one.post.slug}.3fa9c1.jpg",
        stable_url=f"https://blog.example/feeds/cards/{one.post.slug}.jpg",
        media_type="image/jpeg",
        width=1200,
        height=630,
        size=91_234,
        alt=one.post.title,
    )
    pictures = {HARBOUR: PictureFacts("image/jpeg", 54_321, 1600, 1000)}
    (feed,) = plan_feeds([one], settings, {one.id: card}, NOW, pictures=pictures)
    return {
        "rss.xml": render_rss(feed),
        "atom.xml": render_atom(feed),
        "feed.json": render_json(feed),
        "meta.html": render_meta(one, card, [feed], settings.site),
    }


def _settings() -> Settings:
    return Settings(
        root=str(CASES.parent),
        site=Site(
            title="A blog",
            url="https://blog.example",
            description="Words about boats",
            timezone="Europe/Stockholm",
            content=CASES.name,
            authors=(Author("Ann Lind", "https://blog.example/ann"),),
        ),
        storage=Storage(database="", publish_to="", cache=""),
        content=ContentRules(),
        feeds=FeedRules(by=(), flags=(), hubs=("https://hub.example/",)),
    )


def _identify(name: str, settings: Settings) -> Identified:
    """The post of a case with the place in the ledger that it would have."""
    (post,) = (post for post in read_snapshot(settings).posts if post.source == f"{name}/post.md")
    published_at = post.published_at or FIRST_SEEN
    known = KnownPost(
        id=f"urn:uuid:00000000-0000-4000-8000-{list_cases().index(name):012d}",
        source=post.source,
        slug=post.slug,
        permalink=post.permalink,
        title=post.title,
        digest=post.digest,
        published_at=published_at,
        updated_at=post.updated_at or published_at,
        first_seen_at=FIRST_SEEN,
    )
    return Identified(post=post, known=known, is_new=False, is_changed=False)


if __name__ == "__main__":
    for case in list_cases():
        for file, data in render_case(case).items():
            (CASES / case / file).write_bytes(data)
