"""The page for people: what can be subscribed to, and the latest posts."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from datetime import datetime
from urllib.parse import quote
from zoneinfo import ZoneInfo

from syndicate.formats.clean import clean
from syndicate.model import Feed, Site
from syndicate.text.sandbox import render_html_template

GENERATOR = '<meta name="generator" content="syndicate">'


def render_page(template: str, feeds: Sequence[Feed], site: Site, *, where: str = "pages/index.html") -> bytes:
    """feeds/index.html from a template's text. The template sees `site`, `feeds` (archives left out) and `latest`.

    Raises ConfigError with the template's line where it is broken.
    """
    listed = [feed for feed in feeds if not feed.is_archive]
    latest = list(listed[0].entries[:12]) if listed else []
    zone = ZoneInfo(site.timezone)
    values = {"site": site, "feeds": listed, "latest": latest, "archives": len(feeds) - len(listed)}
    filters: dict[str, Callable[..., str]] = {"day": lambda at: _to_day(at, zone), "address": quote}
    page = render_html_template(template, values, where=where, filters=filters)
    return clean(sign_page(page)).encode()


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
