"""Which page of the built site is which post: told by the address, else by title and day. Pure."""

from __future__ import annotations

import csv
import re
import shutil
import subprocess
from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from hashlib import sha256
from itertools import count, islice
from pathlib import Path
from urllib.parse import unquote, urlsplit
from zoneinfo import ZoneInfo

from syndicate.content.built import Page, key_of, normalise_title
from syndicate.content.permalinks import Named, fill_permalink, fill_words, make_slug, name_by_address, quote_path
from syndicate.errors import ContentError, UsageError
from syndicate.model import KnownPost, Post, Problem, Site
from syndicate.processes import ask_program


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
        title=post.title,
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


# --- Each post its own place ---
# One post at an address, and a name for each that no other post has. The address is the key. Posts that share a
# slug and not an address are all published: the one that was known first keeps the slug as its name, others are
# named by the path of their address. What the ledger gave to a post stays with it while its file is there, also
# while that file cannot be read.

_NEVER = datetime.max.replace(tzinfo=UTC)


def settle_places(
    posts: Iterable[Post], list_known: Callable[[], Iterable[KnownPost]], unreadable: Collection[str] = ()
) -> tuple[list[Post], list[Problem]]:
    """The posts that may stay, by source, each with a name of its own, and a Problem for each that may not.

    `unreadable` names files, and folders ending in "/", that are there and gave no post.
    """
    posts = sorted(posts, key=lambda post: post.source)
    is_apart = _are_apart(posts)
    if is_apart and not unreadable:
        return posts, []
    rows = _Rows(list_known(), {post.source for post in posts}, unreadable)
    if is_apart and not _is_held(posts, rows.unreadable):
        return posts, []
    kept, problems = _settle_addresses(posts, rows)
    return sorted(_name_apart(kept, rows), key=lambda post: post.source), problems


def _are_apart(posts: Collection[Post]) -> bool:
    """Whether there is nothing to settle, which is nearly always so."""
    addresses, slugs = {post.permalink for post in posts}, {post.slug.casefold() for post in posts}
    return len(addresses) == len(slugs) == len(posts)


def _is_held(posts: Iterable[Post], rows: Iterable[KnownPost]) -> bool:
    """Whether a post asks for what belongs to one of these."""
    wanted = {place for post in posts for place in (post.permalink, post.slug.casefold())}
    return any(row.permalink in wanted or row.slug.casefold() in wanted for row in rows)


class _Rows:
    """What is known of posts: the rows of files that are here, that cannot be read now, and that are lost."""

    def __init__(self, known: Iterable[KnownPost], here: Collection[str], unreadable: Collection[str]) -> None:
        known = sorted(known, key=lambda row: row.gone_at is None)
        closed = tuple(name for name in unreadable if name.endswith("/"))
        self._by_source = {row.source: row for row in known}
        self._by_permalink: dict[str, list[KnownPost]] = defaultdict(list)
        self._lost: dict[str, list[KnownPost]] = defaultdict(list)
        self._moved: dict[str, KnownPost] = {}
        self.unreadable: list[KnownPost] = []
        for row in known:
            if row.gone_at is not None:
                continue
            self._by_permalink[row.permalink].append(row)
            if row.source in here:
                continue
            if row.source in unreadable or row.source.startswith(closed):
                self.unreadable.append(row)
            else:
                self._lost[row.permalink].append(row)
                self._moved[row.source_digest] = row

    def find(self, post: Post) -> tuple[int, KnownPost | None]:
        """The row of a post, and how well it proves that the post was at its address before: 0 for surely."""
        at_place, lost = self._by_permalink.get(post.permalink, ()), self._lost.get(post.permalink, ())
        own = self._by_source.get(post.source)
        is_known = own is not None and own.gone_at is None
        moved = self._moved.get(post.source_digest) if post.sketch else None
        heir_of = () if is_known else lost  # its file was renamed and edited
        found = (
            next((row for row in at_place if row.source == post.source), None),
            next((row for row in lost if row is moved), None),
            next((row for row in heir_of if row.title == post.title), None),
            next(iter(heir_of), None),
            own if is_known else moved,
            own,
        )
        return next(((rank, row) for rank, row in enumerate(found) if row), (len(found), None))


# --- one address: whoever had it keeps it, else the one that was known first, else the older post ---

_AT_PLACE = 3
"""Up to this rank of `_Rows.find` a post was at its address before."""


def _settle_addresses(posts: Iterable[Post], rows: _Rows) -> tuple[list[Post], list[Problem]]:
    found = {post.source: rows.find(post) for post in posts}
    kept: list[Post] = []
    problems: list[Problem] = []
    taken: dict[str, Post | KnownPost] = {place: row for row in rows.unreadable for place in _list_places(row)}

    def order(post: Post) -> tuple[object, ...]:
        rank, row = found[post.source]
        return post.is_draft, rank, row.first_seen_at if row else _NEVER, *_age(post)

    for post in sorted(posts, key=order):
        other = next((taken[place] for place in _list_places(post) if place in taken), None)
        is_own = found[post.source][0] == 0 and isinstance(other, KnownPost)
        if other and not is_own:
            problems.append(_tell_clash(post, _name_owner(other, found)))
            continue
        kept.append(post)
        taken |= dict.fromkeys(_list_places(post), post)
    return kept, problems


def _list_places(one: Post | KnownPost) -> tuple[str, str]:
    """An address as it is, and for servers and disks that do not tell case apart."""
    return one.permalink, f"{one.slug} {one.permalink}".casefold()


def _name_owner(other: Post | KnownPost, found: Mapping[str, tuple[int, KnownPost | None]]) -> str:
    if isinstance(other, KnownPost):
        return f"belongs to {other.source}, which cannot be read now"
    if found[other.source][0] <= _AT_PLACE:
        return f"already belongs to {other.source}, which was there before"
    return f"is also that of {other.source}"


def _tell_clash(post: Post, owner: str) -> Problem:
    message = f'the permalink "{post.permalink}" {owner}, so this post is left out'
    return Problem(post.source, message, key="permalink", hint="give one of them another permalink")


def _age(post: Post) -> tuple[datetime, str]:
    return post.published_at or _NEVER, post.source


# --- one name: whoever has it keeps it, else whoever was known first; the others are named by their addresses ---


def _name_apart(posts: Collection[Post], rows: _Rows) -> Iterator[Post]:
    found = {post.source: rows.find(post)[1] for post in posts}

    def order(post: Post) -> tuple[object, ...]:
        row = found[post.source]
        first_sight = (row.first_seen_at, row.slug != post.slug) if row else (_NEVER, True)
        return *first_sight, post.is_draft, *_age(post)

    posts = sorted(posts, key=order)
    counts = Counter(post.slug.casefold() for post in posts)
    given: dict[str, str] = {}
    for post in posts:
        row = found[post.source]
        if row and row.slug in islice(_list_names(post), 3):
            given.setdefault(row.slug.casefold(), post.source)
    for row in rows.unreadable:
        given.setdefault(row.slug.casefold(), row.source)
    for post in posts:
        slug = post.slug
        name = next(name for name in _list_names(post) if _may_have(post, name.casefold(), given, counts))
        given[name.casefold()] = post.source
        if name == slug and counts[slug.casefold()] == 1:
            yield post
        else:
            yield replace(post, slug=name, shared_slug=slug)


def _may_have(post: Post, name: str, given: Mapping[str, str], counts: Collection[str]) -> bool:
    if name in given:
        return given[name] == post.source
    return name == post.slug.casefold() or name not in counts


def _list_names(post: Post) -> Iterator[str]:
    """What a post may be called, the best first."""
    yield post.slug
    name = name_by_address(post.permalink)
    if name:
        yield name
    for number in count():
        digest = sha256(f"{post.permalink}{'#' * number}".encode()).hexdigest()[:8]
        yield f"{name or 'post'}-{digest}"


# --- What a site's generator lists when it is asked ---
# It runs, so only a person's word makes it.

_PATIENCE = 300
_SETTINGS = ("hugo.toml", "hugo.yaml", "hugo.yml", "hugo.json", "config.toml", "config.yaml", "config", "content")


def list_addresses(folder: Path) -> Mapping[str, str]:
    """Files below the folder → their addresses, as `hugo list all` has them. Raises UsageError where it cannot be had.

    No other generator has such a listing; the built site tells as much.
    """
    hugo = shutil.which("hugo")
    if not hugo or not any((folder / name).exists() for name in _SETTINGS):
        raise UsageError("no generator here lists its addresses", hint="only `hugo list all` is known; build the site")
    try:
        done = ask_program([hugo, "list", "all", "--source", str(folder)], _PATIENCE)
    except subprocess.TimeoutExpired as error:
        raise UsageError(f"hugo did not answer within {_PATIENCE} seconds") from error
    if done.returncode:
        said = (done.stderr or done.stdout).decode(errors="replace").strip().rpartition("\n")[2][:300]
        raise UsageError(f"hugo cannot list this site: {said}", hint="hugo list all")
    return parse_listing(done.stdout.decode(errors="replace"))


def parse_listing(text: str) -> dict[str, str]:
    """The pages of Hugo's list; what it warns of before it is not part of it."""
    lines = text.splitlines()
    start = next((at for at, line in enumerate(lines) if line.startswith("path,")), len(lines))
    rows = csv.DictReader(lines[start:])
    return {row["path"]: row["permalink"] for row in rows if row.get("kind") == "page" and row.get("permalink")}
