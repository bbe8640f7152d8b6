"""OPML 2.0 (opml.org/spec2): every feed of the site in one file that readers import."""

from __future__ import annotations

from collections.abc import Sequence
from email.utils import format_datetime
from xml.sax.saxutils import escape, quoteattr

from syndicate.formats.clean import clean_title, clean_url
from syndicate.model import FEED_FORMATS, Feed, Site


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
