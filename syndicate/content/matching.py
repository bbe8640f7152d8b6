"""Which page of the built site is which post: told by the address, else by title and day. Pure."""

from __future__ import annotations

import csv
import os
import re
from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path
from urllib.parse import unquote, urlsplit
from zoneinfo import ZoneInfo

from syndicate.content.built import Page, key_of, normalise_title
from syndicate.content.permalinks import Named, fill_permalink, fill_words, make_slug, name_by_address, quote_path
from syndicate.errors import ContentError, UsageError
from syndicate.model import KnownPost, Post, Problem, Site
from syndicate.processes import clean_environment


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
# named by the path of their address.

_NEVER = datetime.max.replace(tzinfo=UTC)


def settle_places(
    posts: Iterable[Post], list_known: Callable[[], Iterable[KnownPost]]
) -> tuple[list[Post], list[Problem]]:
    """The posts that may stay, by source, each with a name of its own, and a Problem for each that may not."""
    posts = sorted(posts, key=lambda post: post.source)
    if _are_apart(posts):
        return posts, []
    known = tuple(list_known())
    kept, problems = _settle_addresses(posts, known)
    return sorted(_name_apart(kept, known), key=lambda post: post.source), problems


def _are_apart(posts: Collection[Post]) -> bool:
    """Whether there is nothing to settle, which is nearly always so."""
    addresses, slugs = {post.permalink for post in posts}, {post.slug.casefold() for post in posts}
    return len(addresses) == len(slugs) == len(posts)


# --- one address: whoever had it keeps it, else the older post ---


def _settle_addresses(posts: Iterable[Post], known: Iterable[KnownPost]) -> tuple[list[Post], list[Problem]]:
    present = [row for row in known if row.gone_at is None]
    owners = {place: row for row in present for place in (row.slug.casefold(), row.permalink)}
    kept: list[Post] = []
    problems: list[Problem] = []
    taken: dict[str, Post] = {}
    for post in sorted(posts, key=lambda post: (post.is_draft, _rank(post, owners), *_age(post))):
        exact, alike = post.permalink, f"{post.slug} {post.permalink}".casefold()
        other = taken.get(exact) or taken.get(alike)  # servers and disks that do not tell case apart
        if other:
            owner = f"already belongs to {other.source}, which was there before"
            message = f'the permalink "{post.permalink}" {owner}, so this post is left out'
            problems.append(Problem(post.source, message, key="permalink", hint="give one of them another permalink"))
            continue
        kept.append(post)
        taken |= {exact: post, alike: post}
    return kept, problems


def _rank(post: Post, owners: Mapping[str, KnownPost]) -> int:
    """Whether a post is the one known at its place, moved from there to another file, or somebody else."""
    rows = [row for place in (post.permalink, post.slug.casefold()) if (row := owners.get(place))]
    if any(row.source == post.source for row in rows):
        return 0
    return 1 if any(post.sketch and row.source_digest == post.source_digest for row in rows) else 2


def _age(post: Post) -> tuple[datetime, str]:
    return post.published_at or _NEVER, post.source


# --- one slug: whoever was known first keeps it, the others are named by their addresses ---


def _name_apart(posts: Collection[Post], known: Iterable[KnownPost]) -> Iterator[Post]:
    counts = Counter(post.slug.casefold() for post in posts)
    taken = set(counts)
    rows = _Rows(known)
    owners: set[str] = set()
    for post in sorted(posts, key=lambda post: (*rows.tell_first(post), post.is_draft, *_age(post))):
        slug = post.slug.casefold()
        if counts[slug] == 1:
            yield post
        elif slug not in owners:
            owners.add(slug)
            yield replace(post, shared_slug=post.slug)
        else:
            name = _choose_name(post.permalink, taken)
            taken.add(name.casefold())
            yield replace(post, slug=name, shared_slug=post.slug)


def _choose_name(permalink: str, taken: Collection[str]) -> str:
    name = name_by_address(permalink)
    return name if name and name.casefold() not in taken else f"{name or 'post'}-{_digest(permalink)}"


def _digest(permalink: str) -> str:
    return sha256(permalink.encode()).hexdigest()[:8]


class _Rows:
    """What is known of posts, found by address and by file; of two rows that of a post which is there."""

    def __init__(self, known: Iterable[KnownPost]) -> None:
        ordered = sorted(known, key=lambda row: row.gone_at is None)
        self._by_permalink = {row.permalink: row for row in ordered}
        self._by_source = {row.source: row for row in ordered}

    def tell_first(self, post: Post) -> tuple[datetime, bool]:
        """Sorts by first sight; of posts that were seen together, the one that has its slug as name already."""
        row = self._by_permalink.get(post.permalink) or self._by_source.get(post.source)
        return (row.first_seen_at, row.slug != post.slug) if row else (_NEVER, True)


# --- What a site's generator lists when it is asked ---
# It runs, so only a person's word makes it.

_PATIENCE = 300
_SETTINGS = ("hugo.toml", "hugo.yaml", "hugo.yml", "hugo.json", "config.toml", "config.yaml", "config", "content")


def list_addresses(folder: Path) -> Mapping[str, str]:
    """Files below the folder → their addresses, as `hugo list all` has them. Raises UsageError where it cannot be had.

    No other generator has such a listing; the built site tells as much.
    """
    import shutil  # noqa: PLC0415 - few ask, and a run without news pays for no import
    import subprocess  # noqa: PLC0415

    hugo = shutil.which("hugo")
    if not hugo or not any((folder / name).exists() for name in _SETTINGS):
        raise UsageError("no generator here lists its addresses", hint="only `hugo list all` is known; build the site")
    try:
        done = subprocess.run(  # noqa: S603
            [hugo, "list", "all", "--source", str(folder)],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            check=False,
            timeout=_PATIENCE,
            env=clean_environment(os.environ),
        )
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
