"""HTML tags for a page's head: what link previews, search engines and feed readers look for.

Open Graph (ogp.me), the article vocabulary, Twitter cards, and `link rel=alternate` (WHATWG HTML, "alternate").
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from html import escape
from urllib.parse import urlsplit

from syndicate.formats.clean import clean_line, clean_title, clean_url, to_utc
from syndicate.model import FEED_FORMATS, Account, CardRef, Feed, Identified, Site

VERSION = "meta-3"
"""Part of the stamp: count up whenever the rendering changes."""
_LOCALES = {"en": "en_US", "ja": "ja_JP", "zh": "zh_CN", "ko": "ko_KR", "ar": "ar_AR", "sv": "sv_SE", "da": "da_DK"}


def render_own(one: Identified, card: CardRef | None, site: Site, accounts: Sequence[Account] = ()) -> bytes:
    """What says something of the post itself."""
    post = one.post
    lines = [
        f'<link rel="canonical" href="{_quote(clean_url(post.permalink))}">',
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
        yield f'<link rel="me" href="{_quote(clean_url(profile))}">'


def _list_translations(one: Identified, site: Site) -> Iterable[str]:
    """The post in each language, its own one, too, as search engines ask for it."""
    own = (one.post.language or site.language, one.post.permalink)
    for language, url in sorted((own, *one.translations)) if one.translations else ():
        yield f'<link rel="alternate" hreflang="{_quote(language)}" href="{_quote(clean_url(url))}">'


def render_alternates(feeds: Sequence[Feed]) -> bytes:
    """`link rel=alternate` tags that let readers find the feeds; archives are found from within."""
    lines = [
        f'<link rel="alternate" type="{FEED_FORMATS[form].media_type}" '
        f'title="{_quote(clean_title(feed.title))}" href="{_quote(clean_url(url))}">'
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
    return [f'<meta property="{name}" content="{_quote(value)}">'] if value else []


def _named(name: str, value: str) -> Iterable[str]:
    return [f'<meta name="{name}" content="{_quote(value)}">'] if value else []


def _quote(value: str) -> str:
    return escape(clean_line(value), quote=True)
