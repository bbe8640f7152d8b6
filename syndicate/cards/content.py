"""What a card says, made from a post and its site: plain words, no pixels."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from syndicate.cards.dates import format_date, format_minutes
from syndicate.model import Post, Site

SHORT_POST = 280
"""A post whose whole body is no longer than this many characters is a note, and is shown as a quotation."""

RIGHT_TO_LEFT = frozenset({"ar", "arc", "ckb", "dv", "fa", "he", "iw", "ks", "ps", "sd", "syr", "ug", "ur", "yi"})


@dataclass(frozen=True, slots=True, kw_only=True)
class CardContent:
    """The words of one card. Every field but `title` may be empty; all text is one line."""

    title: str
    category: str = ""
    author: str = ""
    date: str = ""
    reading: str = ""
    site: str = ""
    summary: str = ""
    host: str = ""
    """Where a link post points, without "www."."""
    language: str = "en"
    direction: str = "ltr"
    """"ltr" or "rtl": which way the whole grid runs."""
    seed: str = ""
    """What makes the card's chance: the slug."""
    alt: str = ""
    source: str = ""
    """The post's file, so that a warning can name it."""
    has_picture: bool = False
    picture_alt: str = ""
    focus: tuple[float, float] | None = None
    is_short: bool = False
    """A note or a link post: the text itself is the post."""


def make_content(post: Post, site: Site) -> CardContent:
    """The words of a post's card: pure, and equal posts give equal words."""
    language = post.language or site.language or "en"
    picture = post.picture
    authors = post.authors or site.authors
    return CardContent(
        title=_one_line(post.title),
        category=_one_line(post.categories[0].name) if post.categories else "",
        author=_one_line(authors[0].name) if authors else "",
        date=_date(post, site, language),
        reading=format_minutes(post.reading_minutes, language),
        site=_one_line(site.title),
        summary=_one_line(post.summary),
        host=_host(post.external_url),
        language=language,
        direction=find_direction(language, post.title),
        seed=post.slug,
        alt=_alt(post, site),
        source=post.source,
        has_picture=picture is not None,
        picture_alt=picture.alt if picture else "",
        focus=picture.focus if picture else None,
        is_short=bool(post.external_url) or _is_note(post),
    )


def find_direction(language: str, title: str) -> str:
    """ "rtl" or "ltr": the title's first letter decides (UAX 9, rule P2), else the language."""
    for character in title:
        kind = unicodedata.bidirectional(character)
        if kind in {"R", "AL"}:
            return "rtl"
        if kind == "L":
            return "ltr"
    return "rtl" if language.lower().split("-")[0] in RIGHT_TO_LEFT else "ltr"


def _date(post: Post, site: Site, language: str) -> str:
    if post.published_at is None:
        return ""
    return format_date(post.published_at.astimezone(ZoneInfo(site.timezone)).date(), language)


def _alt(post: Post, site: Site) -> str:
    """What the card shows, for people who do not see it: its words, then the picture behind them."""
    words = f"{_one_line(post.title)} · {_one_line(site.title)}" if site.title else _one_line(post.title)
    seen = _one_line(post.picture.alt) if post.picture else ""
    return f"{words}. {seen}" if seen and seen != _one_line(post.title) else words


def _host(url: str) -> str:
    try:
        return (urlsplit(url).hostname or "").removeprefix("www.")
    except ValueError:
        return ""


def _is_note(post: Post) -> bool:
    return 0 < post.length <= SHORT_POST and post.picture is None


def _one_line(text: str) -> str:
    """Without line breaks, tabs and runs of spaces; a no-break space stays what it is."""
    return re.sub(r"[ \t\r\n]+", " ", text).strip()
