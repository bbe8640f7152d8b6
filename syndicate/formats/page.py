"""What leads to the feeds: a page for people with the latest posts, and a list for readers (OPML 2.0, opml.org)."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from email.utils import format_datetime
from functools import lru_cache
from urllib.parse import quote
from xml.sax.saxutils import escape, quoteattr
from zoneinfo import ZoneInfo

from syndicate.formats.clean import clean, clean_title, clean_url
from syndicate.model import FEED_FORMATS, Feed, Site
from syndicate.text.sandbox import compile_html_template

GENERATOR = '<meta name="generator" content="syndicate">'


def render_page(template: str, feeds: Sequence[Feed], site: Site, *, where: str = "pages/index.html") -> bytes:
    """feeds/index.html from a template's text. The template sees `site`, `feeds` (archives left out) and `latest`.

    Raises ConfigError with the template's line where it is broken.
    """
    listed = [feed for feed in feeds if not feed.is_archive]
    latest = list(listed[0].entries[:12]) if listed else []
    values = {"site": site, "feeds": listed, "latest": latest, "archives": len(feeds) - len(listed)}
    return clean(sign_page(_compile(template, where, site.timezone)(values))).encode()


@lru_cache(maxsize=4)
def _compile(template: str, where: str, timezone: str) -> Callable[[Mapping[str, object]], str]:
    """Kept: a daemon draws the same page after each edit, and compiling takes ten times as long as filling."""
    zone = ZoneInfo(timezone)
    filters: dict[str, Callable[..., str]] = {"day": lambda at: _to_day(at, zone), "address": quote}
    return compile_html_template(template, where=where, filters=filters)


def sign_page(page: str) -> str:
    """The page with the mark by which we know it as ours again; a template of the site's own may lack it."""
    if GENERATOR in page:
        return page
    head = re.search(r"<head(\s[^>]*)?>\n?", page, re.IGNORECASE)
    at = head.end() if head else len(page)
    return f"{page[:at]}{GENERATOR}\n{page[at:]}"


def _to_day(moment: datetime, zone: ZoneInfo) -> str:
    """A date without a language, the one the author wrote: 2025-03-18."""
    return moment.astimezone(zone).date().isoformat()


# --- OPML ---


def render_opml(feeds: Sequence[Feed], site: Site) -> bytes:
    """One outline per feed (archives left out), in the order given. Bytes depend on nothing but the feeds."""
    listed = [feed for feed in feeds if not feed.is_archive]
    changed_at = max((feed.updated_at for feed in listed), default=None)
    lines = [
        '<?xml version="1.0" encoding="UTF-8"?>',
        '<opml version="2.0">',
        "<head>",
        f"<title>{escape(clean_title(site.title))}</title>",
        f"<dateModified>{format_datetime(changed_at)}</dateModified>" if changed_at else "",
        "</head>",
        "<body>",
        *map(_render_outline, listed),
        "</body>",
        "</opml>",
    ]
    return ("\n".join(line for line in lines if line) + "\n").encode()


def _render_outline(feed: Feed) -> str:
    """An outline of type "rss", which readers take for every format; RSS first where it is published."""
    form = next(name for name in FEED_FORMATS if name in feed.urls)
    attributes = {
        "type": "rss",
        "text": clean_title(feed.title),
        "title": clean_title(feed.title),
        "xmlUrl": clean_url(feed.urls[form]),
        "htmlUrl": clean_url(feed.home_url),
        "language": feed.language,
        "description": clean_title(feed.description),
    }
    return "<outline " + " ".join(f"{name}={quoteattr(value)}" for name, value in attributes.items() if value) + "/>"
