"""Which page of the built site is which post: told by the address, else by title and day. Pure."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from urllib.parse import unquote, urlsplit
from zoneinfo import ZoneInfo

from syndicate.content.addresses import make_slug, quote_path
from syndicate.content.built import Page, key_of, normalise_title
from syndicate.content.permalinks import Named, fill_words
from syndicate.model import Post, Site


@dataclass(frozen=True, slots=True)
class Match:
    """The page of a post, and the address that the site serves it at."""

    page: Page
    address: str


def match_pages(posts: Sequence[Post], pages: Sequence[Page], site_url: str) -> Mapping[str, Match]:
    """By source. A title counts only where it tells one page and one post; a draft has no page."""
    prefix = urlsplit(site_url).path.rstrip("/")
    by_key = {_key(page, prefix): page for page in pages}
    found: dict[str, Page] = {}
    for post in posts:
        page = by_key.get(key_of(post.by_rule or post.permalink))
        if page:
            found[post.source] = page
    used = {page.file or page.address for page in found.values()}
    rest = [post for post in posts if post.source not in found and not post.is_draft]
    free = [page for page in pages if (page.file or page.address) not in used and page.titles]
    found |= _match_titles(rest, free)
    rules = {post.source: post.by_rule or post.permalink for post in posts}
    return {source: Match(page, _address(page, rules[source], site_url)) for source, page in found.items()}


def _key(page: Page, prefix: str) -> str:
    return key_of(page.address) if page.address else key_of(prefix + page.path)


def _match_titles(posts: Iterable[Post], pages: Iterable[Page]) -> dict[str, Page]:
    """First by title and day, then what is left by title alone."""
    posts, pages, found = list(posts), list(pages), {}
    for by_day in (True, False):
        pages_of: dict[tuple[str, str], list[Page]] = defaultdict(list)
        for page in pages:
            for title in page.titles if page.day or not by_day else ():
                pages_of[title, page.day if by_day else ""].append(page)
        posts_of: dict[tuple[str, str], list[Post]] = defaultdict(list)
        for post in posts:
            posts_of[normalise_title(post.title), _day(post) if by_day else ""].append(post)
        for key, named in posts_of.items():
            if len(named) == 1 and len(pages_of[key]) == 1 and key[0] and (key[1] or not by_day):
                found[named[0].source] = pages_of[key][0]
        taken = {id(page) for page in found.values()}
        posts = [post for post in posts if post.source not in found]
        pages = [page for page in pages if id(page) not in taken]
    return found


def _day(post: Post) -> str:
    return post.published_at.date().isoformat() if post.published_at else ""


def _address(page: Page, by_rule: str, site_url: str) -> str:
    """What the page says; else the rule's where it leads to the file as it lies, else the file's place."""
    if page.address:  # templates write spaces and letters as they are, we as browsers send them
        return by_rule if unquote(page.address) == unquote(by_rule) else quote_address(page.address)
    is_same = key_of(by_rule) == key_of(urlsplit(site_url).path.rstrip("/") + page.path)
    return (
        by_rule
        if is_same and page.file.endswith("index.html") == by_rule.endswith("/")
        else site_url + quote_path(page.path)
    )


def quote_address(address: str) -> str:
    parts = urlsplit(address)
    return f"{parts.scheme}://{parts.netloc}{quote_path(unquote(parts.path))}"


# --- the pattern that an address follows ---


def derive_pattern(site: Site, post: Post, address: str) -> str:
    """The pattern by which this post has this address, "" where no word of ours is in it."""
    path = unquote(urlsplit(address).path).removeprefix(urlsplit(site.url).path.rstrip("/"))
    zone = ZoneInfo(site.timezone)
    declared = "" if post.slug == make_slug("", post.source, post.title) else post.slug
    words = fill_words(
        site,
        Named(
            post.source,
            post.slug,
            declared=declared,
            title=post.title,
            dated_at=post.published_at.astimezone(zone) if post.published_at else None,
            categories=[category.name for category in post.categories],
        ),
    )
    end = re.search(r"(?:/index\.html|\.html?|/)?\Z", path)
    stem, ending = path[: end.start()] if end else path, end[0] if end else ""
    naming = [name for name in ("path", "slug", "undated", "name", "title") if "/" in words[name] or name != "path"]
    for name in naming:
        value = unquote(words[name])
        if value and f"/{stem}".endswith(f"/{value}"):
            return _name_dates(stem[: len(stem) - len(value)], words) + f"{{{name}}}{ending}"
    return ""


def _name_dates(start: str, words: Mapping[str, str]) -> str:
    """Year, month and day, each only behind the one before it, and the category."""
    wanted, parts = ["year", "month", "day"], []
    day = "-".join(words.get(name, "") for name in wanted)
    for part in start.split("/"):
        if part and wanted and part == words.get(wanted[0]):
            parts.append(f"{{{wanted.pop(0)}}}")
        else:
            known = {words.get("category"): "{category}", day: "{year}-{month}-{day}"}
            parts.append(known.get(part, part))
    return "/".join(parts)
