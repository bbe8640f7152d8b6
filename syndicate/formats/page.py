"""The page for people: what can be subscribed to, and the latest posts."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from functools import lru_cache
from urllib.parse import quote
from zoneinfo import ZoneInfo

from syndicate.formats.clean import clean
from syndicate.model import Feed, Site
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
