"""The page for people: what can be subscribed to, and the latest posts."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from urllib.parse import quote

from syndicate.formats.clean import clean
from syndicate.model import Feed, Site
from syndicate.text.sandbox import render_html_template


def render_page(template: str, feeds: Sequence[Feed], site: Site, *, where: str = "pages/index.html") -> bytes:
    """feeds/index.html from a template's text. The template sees `site`, `feeds` (archives left out) and `latest`.

    Raises ConfigError with the template's line where it is broken.
    """
    listed = [feed for feed in feeds if not feed.is_archive]
    latest = list(listed[0].entries[:12]) if listed else []
    values = {"site": site, "feeds": listed, "latest": latest, "archives": len(feeds) - len(listed)}
    page = render_html_template(template, values, where=where, filters={"day": _to_day, "address": quote})
    return clean(page).encode()


def _to_day(moment: datetime) -> str:
    """A date without a language: 2025-03-18."""
    return moment.date().isoformat()
