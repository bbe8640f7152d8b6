"""The site as its generator built it: pages with the addresses, titles and days that they tell themselves.

walk ─→ changed by stat ─→ heads parsed ─→ sitemap and feed for the form of addresses ─→ pages
"""

from __future__ import annotations

import html
import os
import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path
from typing import Final
from urllib.parse import unquote, urlsplit
from zoneinfo import ZoneInfo

import orjson

from syndicate.content.permalinks import Named, fill_permalink, fill_words, make_slug, quote_path
from syndicate.errors import ContentError
from syndicate.folders import open_file
from syndicate.model import Cache, Post, Settings, Site

KIND: Final = "page"
_HEAD = 200_000
"""Bytes of a page that are looked at: titles and addresses stand at its beginning."""
_MOST = 200_000
"""Pages of a site that are looked at."""
_NO_FOLDER = re.compile(r"\.|_?(?:assets|astro|next|nuxt|pagefind|node_modules)\Z")


@dataclass(frozen=True, slots=True)
class Page:
    """One page of the built site."""

    file: str
    """Below the built folder; "" where only a sitemap or feed tells of it."""
    mtime_ns: int = 0
    address: str = ""
    """What the page calls its own address, else what sitemap or feed say, else ""."""
    titles: tuple[str, ...] = ()
    day: str = ""
    """Of publication: "2025-01-02", "" where the page tells none."""

    @property
    def path(self) -> str:
        """The path that the file is served at: "/a/" for a/index.html."""
        return "/" + self.file.removesuffix("index.html") if self.file else urlsplit(self.address).path


def key_of(address: str) -> str:
    """The path of an address as it is compared: decoded, without its ending and the slash behind it."""
    path = unquote(urlsplit(address).path if "://" in address else address)
    return re.sub(r"(?:/index)?(?:\.html?)?/?\Z", "", path).rstrip("/") or "/"


class BuiltSite:
    """Reads the pages of the built folder; those that did not change are not opened again."""

    def __init__(self, settings: Settings, cache: Cache) -> None:
        self._root = f"{settings.root}/{settings.site.built}"
        self._url = settings.site.url
        self._feeds = urlsplit(settings.site.feeds_url).path.removeprefix(urlsplit(settings.site.url).path).strip("/")
        self._cache, self._key = cache, settings.site.name

    def read(self) -> tuple[Page, ...]:
        """Every page that is one of its own: no redirect, and none that names another as the true one."""
        known = {page.file: page for page in self._load()}
        pages, told = [], _read_told(Path(self._root))
        files = list(islice(self._walk(self._root, "", 0), _MOST))
        for file, mtime_ns in files:
            page = known.get(file)
            pages.append(page if page and page.mtime_ns == mtime_ns else self._parse(file, mtime_ns))
        if pages != list(known.values()):
            rows = [[page.file, page.mtime_ns, page.address, page.titles, page.day] for page in pages]
            self._cache.put_many(KIND, {self._key: orjson.dumps(rows)})
        whole = [self._complete(page, told) for page in pages if page.titles or page.address]
        seen = {key_of(page.path) for page in whole}
        prefix = urlsplit(self._url).path.rstrip("/")
        others = (page for page in told.values() if key_of(page.path.removeprefix(prefix)) not in seen)
        return (*whole, *(replace(page, address=self._own(page.address)) for page in others if self._own(page.address)))

    def _load(self) -> Iterator[Page]:
        try:
            for file, mtime_ns, address, titles, day in orjson.loads(self._cache.get(KIND, self._key) or b"[]"):
                yield Page(file, mtime_ns, address, tuple(titles), day)
        except (ValueError, TypeError):
            return

    def _walk(self, folder: str, prefix: str, depth: int) -> Iterator[tuple[str, int]]:
        """HTML files with their times; not what we publish ourselves, whose pages of tags have the posts' titles."""
        try:
            with os.scandir(folder) as entries:
                found = sorted(entries, key=lambda entry: entry.name)
        except OSError:
            return
        for entry in found:
            name = prefix + entry.name
            if entry.is_dir(follow_symlinks=False):
                if depth < 40 and not _NO_FOLDER.match(entry.name) and name != self._feeds:
                    yield from self._walk(entry.path, f"{name}/", depth + 1)
            elif entry.name.endswith((".html", ".htm")) and entry.is_file(follow_symlinks=False):
                yield name, entry.stat().st_mtime_ns

    def _parse(self, file: str, mtime_ns: int) -> Page:
        try:
            with open_file(f"{self._root}/{file}") as opened:
                text = opened.read(_HEAD).decode("utf-8", "replace")
        except OSError:
            return Page(file)
        return parse_page(text, file, mtime_ns, urlsplit(self._url).hostname or "")

    def _complete(self, page: Page, told: Mapping[str, Page]) -> Page:
        """With its address as the site has it: its own word, else a sitemap's or feed's for that path."""
        prefix = urlsplit(self._url).path.rstrip("/")
        other = told.get(key_of(prefix + page.path))
        address = self._own(page.address) or (self._own(other.address) if other else "")
        titles = tuple(dict.fromkeys((*page.titles, *(other.titles if other else ()))))
        return replace(page, address=address, titles=titles, day=page.day or (other.day if other else ""))

    def _own(self, address: str) -> str:
        """An address on this site; "" for one on another host, where a copy of a post may be the canonical one."""
        own, parts = urlsplit(self._url), urlsplit(address)
        if address.startswith("/") and not address.startswith("//"):
            return f"{own.scheme}://{own.netloc}{address}"
        is_here = (parts.hostname or "").removeprefix("www.") == (own.hostname or "").removeprefix("www.")
        return f"{own.scheme}://{own.netloc}{parts.path}" if is_here and parts.path else ""


def find_site_url(folder: Path) -> str:
    """Where a built site says that it lives: its front page's own address, else where all of its sitemap lies."""
    front = parse_page(_read(folder / "index.html"), "index.html", 0)
    addresses = [front.address, *sorted(_LOC.findall(_read(folder / "sitemap.xml")), key=len)[:1]]
    address = next((one for one in addresses if one.startswith("http")), "")
    return address.removesuffix("index.html").rstrip("/")


# --- one page: what stands in its head ---

_TITLE = re.compile(r"<title\b[^<>]*>([^<]{1,1000})</title>", re.IGNORECASE)
_H1 = re.compile(r"<h1\b[^<>]*>", re.IGNORECASE)
_TIME = re.compile(r"""<time\b[^<>]*?\bdatetime\s*=\s*["']?(\d{4}-\d\d-\d\d)""", re.IGNORECASE)
_PUBLISHED = re.compile(r'"datePublished"\s*:\s*"(\d{4}-\d\d-\d\d)')
_DAYS = ("article:published_time", "date", "dc.date", "datepublished")


def parse_page(text: str, file: str, mtime_ns: int, host: str = "") -> Page:
    """A page without titles and address is none of its own: a redirect, or a page that names another one here.

    One that names a page on another host is a copy, and the post's page here all the same.
    """
    from syndicate.text.plain import read_head_tags  # noqa: PLC0415 - whoever only asks for changes reads no page

    metas: dict[str, str] = {}
    canonical = ""
    for tag, values in read_head_tags(text):
        if tag == "link" and values.get("rel", "").lower() == "canonical":
            canonical = canonical or values.get("href", "")
        name = (values.get("property") or values.get("name") or values.get("http-equiv") or "").lower()
        metas.setdefault(name, values.get("content", ""))
    page = Page(file, mtime_ns)
    if "refresh" in metas:
        return page
    address = next((one for one in (canonical, metas.get("og:url", "")) if _names(one, page)), "")
    if canonical and not address and _is_elsewhere_here(canonical, host):
        return page
    found = [metas.get("og:title", ""), _first_heading(text), *_TITLE.findall(text)[:1]]
    plain = [_TAGS.sub("", html.unescape(one)) for one in found]
    plain += [_BEHIND.split(one.strip())[0] for one in plain]
    titles = [title for title in dict.fromkeys(map(normalise_title, plain)) if title]
    days = [metas.get(name, "")[:10] for name in _DAYS]
    days += [at[1] for pattern in (_PUBLISHED, _TIME) if (at := pattern.search(text))]
    day = next((day for day in days if re.fullmatch(r"\d{4}-\d\d-\d\d", day)), "")
    return replace(page, address=address, titles=tuple(titles), day=day)


def _first_heading(text: str) -> str:
    start = _H1.search(text)
    end = text.find("</h1>", start.end(), start.end() + 2_000) if start else -1
    return text[start.end() : end] if start and end > 0 else ""


_TAGS = re.compile(r"<[^<>]*>")
_BEHIND = re.compile(r"\s+[|\u2013\u2014\u00b7\u2022\u00ab\u00bb-]\s+")
"""What themes put between a title and the name of the site."""


def _is_elsewhere_here(canonical: str, host: str) -> bool:
    parts = urlsplit(canonical)
    same = (parts.hostname or host).removeprefix("www.") == host.removeprefix("www.")
    return same and parts.path not in {"", "/"}


def normalise_title(title: str) -> str:
    """A title as two of them are compared: generators change quotes and dashes, themes add a name behind a sign."""
    return " ".join(re.sub(r"[^\w]+", " ", title.casefold().replace("'", "").replace("\u2019", "")).split())


def _names(address: str, page: Page) -> bool:
    """Whether an address is that of the page: its path ends as the file's place does, below a folder of the site."""
    key = key_of(address)
    own = key_of(page.path)
    return bool(address) and (key == own or (own != "/" and key.endswith(own)))


# --- the sitemap and the feeds of the site ---

_LOC = re.compile(r"<loc>\s*([^<\s]+)\s*</loc>")
_ITEM_START, _ITEM_END = re.compile(r"<(?:item|entry)\b"), re.compile(r"</(?:item|entry)>")
_ITEM_HEAD = 20_000
"""Characters of an entry: its title and link stand before its text."""
_LINK = re.compile(
    r"<link>\s*(?:<!\[CDATA\[)?([^<\s\]]+)|<link\b(?![^<>]*rel=[\"'](?!alternate))[^<>]*href=[\"']([^\"']+)"
)
_NAME = re.compile(r"<title\b[^<>]*>\s*(?:<!\[CDATA\[)?(.*?)(?:\]\]>)?\s*</title>", re.DOTALL)
_ATOM_DAY = re.compile(r"<published>\s*(\d{4}-\d\d-\d\d)")
_MAPS = ("sitemap.xml", "sitemap-index.xml", "sitemap_index.xml", "server-sitemap.xml", "en/sitemap.xml")
_FEEDS = (
    "feed.xml", "index.xml", "rss.xml", "atom.xml", "feed/feed.xml", "rss/index.xml", "blog/rss.xml", "blog/atom.xml",
    "posts/index.xml", "feed/index.xml", "feeds/all.atom.xml", "feed.rss", "feed.atom",
)  # fmt: skip


def _read_told(root: Path) -> dict[str, Page]:
    """Pages by key, as the site's sitemap and feeds tell of them."""
    pages: dict[str, Page] = {}
    maps = [_read(root / name) for name in (*_MAPS, *sorted(path.name for path in root.glob("sitemap-[0-9]*.xml")))]
    places = (found[1] for text in maps for found in _LOC.finditer(text))
    for address in map(html.unescape, islice(places, _MOST)):
        if not address.endswith(".xml"):
            pages.setdefault(key_of(address), Page("", address=address))
    for text in (_read(root / name) for name in _FEEDS):
        for part in _ITEM_END.split(text)[:-1]:
            item = _ITEM_START.split(part)[-1][:_ITEM_HEAD]
            link, name, day = _LINK.search(item), _NAME.search(item), _ATOM_DAY.search(item)
            address = html.unescape((link[1] or link[2]) if link else "")
            title = normalise_title(_TAGS.sub("", html.unescape(html.unescape(name[1])))) if name else ""
            if address and title:
                pages[key_of(address)] = Page("", address=address, titles=(title,), day=day[1] if day else "")
    return pages


def _read(path: Path) -> str:
    try:
        with open_file(path) as file:
            return file.read(50_000_000).decode("utf-8", "replace")
    except OSError:
        return ""


# --- which page is which post: told by the address, else by title and day ---


@dataclass(frozen=True, slots=True)
class Match:
    """The page of a post, and the address that the site serves it at."""

    page: Page
    address: str


def match_pages(posts: Sequence[Post], pages: Sequence[Page], site_url: str) -> Mapping[str, Match]:
    """By source. A title counts only where it tells one page and one post; a draft has no page."""
    prefix = urlsplit(site_url).path.rstrip("/")
    by_key = {key_of(page.address or prefix + page.path): page for page in pages}
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
    words = fill_words(site, _name(site, post))
    end = re.search(r"(?:/index\.html|\.html?|/)?\Z", path)
    stem, ending = path[: end.start()] if end else path, end[0] if end else ""
    naming = [*(["path"] if "/" in words["path"] else []), "slug", "undated", "name", "title", "path"]
    for name in naming:
        value = unquote(words[name])
        if value and f"/{stem}".endswith(f"/{value}"):
            return _name_dates(stem[: len(stem) - len(value)], words) + f"{{{name}}}{ending}"
    return ""


def make_address(site: Site, post: Post, pattern: str) -> str:
    """The address that a pattern gives this post, "" where it needs a date that the post has not."""
    try:
        return fill_permalink(site, _name(site, post), pattern)
    except ContentError:
        return ""


def _name(site: Site, post: Post) -> Named:
    return Named(
        post.source,
        post.slug,
        declared="" if post.slug == make_slug("", post.source, post.title) else post.slug,
        title="" if post.note else post.title,
        dated_at=post.published_at.astimezone(ZoneInfo(site.timezone)) if post.published_at else None,
        categories=[category.name for category in post.categories],
    )


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
