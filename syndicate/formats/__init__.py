"""Feeds, and the files beside them, as bytes. Pure: a format is a function from `Feed` to bytes."""

from syndicate.formats.atom import render as render_atom
from syndicate.formats.documents import Document, list_documents, list_meta
from syndicate.formats.jsonfeed import render as render_json
from syndicate.formats.meta import render_alternates, render_meta
from syndicate.formats.opml import render_opml
from syndicate.formats.page import render_page
from syndicate.formats.published import parse_feed
from syndicate.formats.rss import render as render_rss
from syndicate.formats.syndication import render_syndication

__all__ = [
    "Document",
    "list_documents",
    "list_meta",
    "parse_feed",
    "render_alternates",
    "render_atom",
    "render_json",
    "render_meta",
    "render_opml",
    "render_page",
    "render_rss",
    "render_syndication",
]
