"""HTML: pages for people, their list for readers (OPML 2.0), the local timeline, and the tags of a post's own page."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from email.utils import format_datetime
from functools import lru_cache
from html import escape
from typing import Any
from urllib.parse import quote, urlsplit
from zoneinfo import ZoneInfo

import orjson

from syndicate.formats.assembly import clean, clean_line, clean_title, clean_url, to_utc
from syndicate.model import FEED_FORMATS, Account, CardRef, Entry, Feed, Identified, Site, fingerprint
from syndicate.text.hashtags import find_hashtags
from syndicate.text.links import find_http_addresses

# ruff: noqa: PLC0415 - Jinja is slow to load, and most edits change no page

VERSION = "page-2"
"""Count it up whenever the same template shows something else."""
_NEVER = datetime(1970, 1, 1, tzinfo=UTC)
GENERATOR = '<meta name="generator" content="syndicate">'


def render_page(template: str, feeds: Sequence[Feed], site: Site, *, where: str = "pages/index.html") -> bytes:
    """feeds/index.html from a template's text. The template sees `site`, `feeds` (archives left out) and `latest`.

    Raises ConfigError with the template's line where it is broken.
    """
    listed, latest = _list_shown(feeds)
    site = replace(site, description=clean_title(site.description))
    types = {name: one.media_type for name, one in FEED_FORMATS.items()}
    values = {"site": site, "feeds": listed, "latest": latest, "archives": len(feeds) - len(listed), "types": types}
    return clean(sign_page(_compile(template, where, site.timezone)(values))).encode()


def fingerprint_page(template: str, feeds: Sequence[Feed], site: Site) -> str:
    """What the page is made of where the template is ours, which shows of texts and of their changes nothing."""
    listed, latest = _list_shown(feeds)
    heads = [replace(one, entries=(), updated_at=_NEVER, previous={}, digest="") for one in listed]
    entries = [replace(one, html="", markdown="", updated_at=_NEVER, digest="") for one in latest]
    return fingerprint(VERSION, template, site, heads, entries, len(feeds) - len(listed))


def _list_shown(feeds: Sequence[Feed]) -> tuple[list[Feed], list[Entry]]:
    listed = [feed for feed in feeds if not feed.is_archive]
    return listed, list(listed[0].entries[:12]) if listed else []


@lru_cache(maxsize=4)
def _compile(template: str, where: str, timezone: str) -> Callable[[Mapping[str, object]], str]:
    """Kept: a daemon draws the same pages again and again, and compiling takes ten times as long as filling."""
    from syndicate.text.sandbox import compile_html_template

    zone = ZoneInfo(timezone)
    # A day without a language, the one the author wrote: 2025-03-18.
    filters: dict[str, Callable[..., str]] = {
        "day": lambda at: at.astimezone(zone).date().isoformat(),
        "address": quote,
        "moment": lambda at: f"{at.astimezone(zone):%Y-%m-%d %H:%M}",
        "machine": lambda at: at.isoformat(timespec="seconds"),
        "bare": lambda url: url.partition("://")[2].removeprefix("www.").rstrip("/"),
    }
    return compile_html_template(template, where=where, filters=filters)


def sign_page(page: str) -> str:
    """The page with the mark by which we know it as ours again; a template of the site's own may lack it."""
    if GENERATOR in page:
        return page
    head = re.search(r"<head(\s[^>]*)?>\n?", page, re.IGNORECASE)
    at = head.end() if head else len(page)
    return f"{page[:at]}{GENERATOR}\n{page[at:]}"


# --- OPML ---


def render_opml(feeds: Sequence[Feed], site: Site) -> bytes:
    """One outline per feed (archives left out), in the order given. Bytes depend on nothing but the feeds."""
    listed = [feed for feed in feeds if not feed.is_archive]
    changed_at = max((feed.updated_at for feed in listed), default=None)
    lines = [
        '<?xml version="1.0" encoding="UTF-8"?>',
        '<opml version="2.0">',
        "<head>",
        f"<title>{escape(clean_title(site.title), quote=False)}</title>",
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
    given = (f'{name}="{_quote(value)}"' for name, value in attributes.items() if value)
    return f"<outline {' '.join(given)}/>"


def _quote(value: str) -> str:
    """For an attribute; the standard library's own way there loads a client of HTTP."""
    return escape(value, quote=False).replace('"', "&quot;")


# --- the page of the local network: its messages as a social timeline ---

YEARS = range(1970, 9000)
"""Moments that can be shown in every time zone."""


@dataclass(frozen=True, slots=True)
class Piece:
    """A stretch of a message's text; `href` where it is a link, `is_tag` where it is a hashtag."""

    text: str
    href: str = ""
    is_tag: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class TimelineEntry:
    """One message as the page shows it. `picture` is a path below the publish root, so it works from a disk too."""

    id: str
    text: str
    posted_at: datetime
    link: str = ""
    title: str = ""
    summary: str = ""
    picture: str = ""
    alt: str = ""
    width: int = 0
    height: int = 0
    is_card: bool = False
    warning: str = ""
    reply_to: str = ""
    language: str = ""

    @property
    def host(self) -> str:
        """Where the link leads, for a reader."""
        return self.link.partition("://")[2].partition("/")[0].rpartition("@")[2].removeprefix("www.")

    @property
    def pieces(self) -> tuple[Piece, ...]:
        """The text with its links and hashtags marked."""
        return tuple(_split(self.text))


def parse_timeline(data: bytes) -> tuple[TimelineEntry, ...]:
    """The messages in a timeline.json, newest first, the parts of a thread in reading order under their first.

    What cannot be read as a message is left out; a file that is not a timeline gives none.
    """
    try:
        items = orjson.loads(data)["items"]
    except (ValueError, TypeError, KeyError):
        return ()
    entries = [_parse_entry(item) for item in items if isinstance(item, dict)] if isinstance(items, list) else []
    return tuple(_in_threads([entry for entry in entries if entry]))


def _parse_entry(item: Mapping[str, Any]) -> TimelineEntry | None:
    own = item.get("_syndicate")
    own = own if isinstance(own, dict) else {}
    picture = own.get("picture")
    picture = picture if isinstance(picture, dict) else {}
    try:
        posted_at = datetime.fromisoformat(str(item.get("date_published")))
    except ValueError:
        return None
    if not item.get("id") or posted_at.tzinfo is None or posted_at.year not in YEARS:
        return None
    return TimelineEntry(
        id=str(item["id"]),
        text=str(item.get("content_text", "")),
        posted_at=posted_at.astimezone(UTC),
        link=_web_address(item.get("external_url")),
        title=str(item.get("title") or ""),
        summary=str(item.get("summary") or ""),
        picture=_path_below(picture.get("path")),
        alt=str(picture.get("alt") or ""),
        width=_size(picture.get("width")),
        height=_size(picture.get("height")),
        is_card=own.get("is_card") is True,
        warning=str(own.get("warning") or ""),
        reply_to=str(own.get("reply_to") or ""),
        language=str(item.get("language") or ""),
    )


def _web_address(value: object) -> str:
    address = str(value or "")
    return address if address.startswith(("https://", "http://")) else ""


def _path_below(value: object) -> str:
    """A relative path, "" for anything that would lead elsewhere."""
    path = str(value or "")
    return "" if path.startswith("/") or ":" in path or ".." in path.split("/") else path


def _size(value: object) -> int:
    return value if isinstance(value, int) and value > 0 else 0


def _in_threads(entries: Sequence[TimelineEntry]) -> Iterator[TimelineEntry]:
    known = {entry.id for entry in entries}
    answers: dict[str, list[TimelineEntry]] = {}
    for entry in sorted(entries, key=lambda entry: entry.posted_at):
        answers.setdefault(entry.reply_to if entry.reply_to in known else "", []).append(entry)
    waiting = answers.pop("", [])
    while waiting:
        entry = waiting.pop()
        yield entry
        waiting += reversed(answers.pop(entry.id, []))
    for circle in answers.values():
        yield from circle


def _split(text: str) -> Iterator[Piece]:
    marks = [(link.start, link.end, link.url, False) for link in find_http_addresses(text)]
    marks += [(tag.start, tag.end, "", True) for tag in find_hashtags(text) if not _is_inside(tag.start, marks)]
    at = 0
    for start, end, href, is_tag in sorted(marks):
        yield Piece(text[at:start])
        yield Piece(text[start:end], href, is_tag)
        at = end
    yield Piece(text[at:])


def _is_inside(place: int, marks: Sequence[tuple[int, int, str, bool]]) -> bool:
    return any(start <= place < end for start, end, _, _ in marks)


def render_timeline(entries: Sequence[TimelineEntry], site: Site, template: str) -> bytes:
    """timeline.html from a template's text; it sees `site` and `entries`. Times are in the site's zone.

    Raises ConfigError with the template's line where it is broken.
    """
    page = _compile(template, "pages/timeline.html", site.timezone)({"site": site, "entries": entries})
    return sign_page(page).encode("utf-8", "replace")


# --- HTML tags for a page's head: what link previews, search engines and feed readers look for ---
# Open Graph (ogp.me), the article vocabulary, Twitter cards, and `link rel=alternate` (WHATWG HTML, "alternate").

META_VERSION = "meta-3"
"""Part of the stamp: count up whenever the rendering changes."""
_LOCALES = {"en": "en_US", "ja": "ja_JP", "zh": "zh_CN", "ko": "ko_KR", "ar": "ar_AR", "sv": "sv_SE", "da": "da_DK"}


def render_own(one: Identified, card: CardRef | None, site: Site, accounts: Sequence[Account] = ()) -> bytes:
    """What says something of the post itself."""
    post = one.post
    lines = [
        f'<link rel="canonical" href="{_quote_line(clean_url(post.permalink))}">',
        *_list_translations(one, site),
        *_named("description", post.summary),
        *_named("author", ", ".join(author.name for author in post.authors or site.authors)),
        *_property("og:type", "article"),
        *_property("og:site_name", clean_title(site.title)),
        *_property("og:title", post.title),
        *_property("og:description", post.summary),
        *_property("og:url", clean_url(post.permalink)),
        *_property("og:locale", to_locale(post.language or site.language)),
        *_property("article:published_time", to_utc(one.known.published_at).isoformat()),
        *_property("article:modified_time", to_utc(one.known.updated_at).isoformat()),
        *(line for author in post.authors for line in _property("article:author", clean_url(author.url))),
        *(line for category in post.categories[:1] for line in _property("article:section", category.name)),
        *(line for tag in _tags(one) for line in _property("article:tag", tag)),
        *_picture(card),
        *_named("twitter:card", "summary_large_image" if card else "summary"),
        *_named("twitter:title", post.title),
        *_named("twitter:description", post.summary),
        *_list_profiles(accounts),
    ]
    return ("\n".join(lines) + "\n").encode()


def _list_profiles(accounts: Iterable[Account]) -> Iterable[str]:
    """Where the author is: `fediverse:creator` for a server that shows it, and rel="me" for each."""
    profiles = [account for account in accounts if account.enabled and account.profile]
    for account in profiles:
        parts, server = urlsplit(account.profile), urlsplit(account.options.get("instance", ""))
        if server.hostname and parts.hostname == server.hostname and parts.path.startswith("/@"):
            yield from _named("fediverse:creator", f"{parts.path.strip('/')}@{parts.hostname}")
    for profile in dict.fromkeys(account.profile for account in profiles):
        yield f'<link rel="me" href="{_quote_line(clean_url(profile))}">'


def _list_translations(one: Identified, site: Site) -> Iterable[str]:
    """The post in each language, its own one, too, as search engines ask for it."""
    own = (one.post.language or site.language, one.post.permalink)
    for language, url in sorted((own, *one.translations)) if one.translations else ():
        yield f'<link rel="alternate" hreflang="{_quote_line(language)}" href="{_quote_line(clean_url(url))}">'


def render_alternates(feeds: Sequence[Feed]) -> bytes:
    """`link rel=alternate` tags that let readers find the feeds; archives are found from within."""
    lines = [
        f'<link rel="alternate" type="{FEED_FORMATS[form].media_type}" '
        f'title="{_quote_line(clean_title(feed.title))}" href="{_quote_line(clean_url(url))}">'
        for feed in feeds
        if not feed.is_archive
        for form, url in feed.urls.items()
    ]
    return "".join(f"{line}\n" for line in lines).encode()


def to_locale(language: str) -> str:
    """Open Graph wants language_TERRITORY; a bare language gets its usual territory, else nothing."""
    primary, _, rest = language.replace("_", "-").partition("-")
    territory = next((part.upper() for part in rest.split("-") if len(part) == 2), "")
    if territory:
        return f"{primary.lower()}_{territory}"
    return _LOCALES.get(primary.lower(), f"{primary.lower()}_{primary.upper()}" if len(primary) == 2 else "")


def _picture(card: CardRef | None) -> Iterable[str]:
    if card is None:
        return
    for one in filter(None, (card, card.square)):  # who takes one picture takes the first
        yield from _property("og:image", one.url)
        yield from _property("og:image:type", one.media_type)
        yield from _property("og:image:width", str(one.width))
        yield from _property("og:image:height", str(one.height))
        yield from _property("og:image:alt", one.alt)
    yield from _named("twitter:image", card.url)
    yield from _named("twitter:image:alt", card.alt)


def _tags(one: Identified) -> Iterable[str]:
    return dict.fromkeys([*(category.name for category in one.post.categories), *one.post.keywords])


def _property(name: str, value: str) -> Iterable[str]:
    return [f'<meta property="{name}" content="{_quote_line(value)}">'] if value else []


def _named(name: str, value: str) -> Iterable[str]:
    return [f'<meta name="{name}" content="{_quote_line(value)}">'] if value else []


def _quote_line(value: str) -> str:
    return escape(clean_line(value), quote=True)
