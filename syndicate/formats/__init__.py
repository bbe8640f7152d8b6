"""Feeds, and the files beside them, as bytes, and read back. Pure: a format is a function from `Feed` to bytes."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from importlib import import_module
from io import BytesIO
from typing import Any

import orjson

from syndicate.errors import contain
from syndicate.formats.assembly import Clean, Cleaner, clean_line
from syndicate.formats.page import META_VERSION, render_alternates, render_own
from syndicate.model import (
    FEED_FORMATS,
    Account,
    Artefact,
    Cache,
    CardRef,
    Entry,
    Feed,
    Identified,
    Problem,
    SeenEntry,
    SeenFeed,
    Site,
    SyndicationLink,
    fingerprint,
    make_problem,
)

HTML = "text/html; charset=utf-8"
_ALTERNATES = re.compile(r"_+alternates", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Document:
    """A file that can be made. `path` is below the publish root; equal fingerprints, equal bytes, "" where unknown."""

    path: str
    fingerprint: str
    make: Callable[[Cache | None], Artefact] = field(compare=False, repr=False)


def list_documents(feeds: Sequence[Feed]) -> tuple[Document, ...]:
    """Each feed in each of its formats, none rendered yet."""
    clean = Cleaner()
    return tuple(
        Document(
            path,
            fingerprint(_module(form).VERSION, feed.digest) if feed.digest else "",
            partial(_make_feed, feed, form, clean),
        )
        for feed in feeds
        for form, path in feed.paths.items()
    )


def list_meta(
    public: Sequence[Identified],
    cards: Mapping[str, CardRef],
    feeds: Sequence[Feed],
    site: Site,
    accounts: Sequence[Account] = (),
) -> tuple[Document, ...]:
    """meta/<slug>.html of each post, none rendered yet. `cards` is by post id."""
    own = tuple(feed for feed in feeds if not feed.name)
    profiles = [(account.profile, account.enabled) for account in accounts if account.profile]
    alternates = render_alternates(own)
    common = fingerprint(META_VERSION, site, alternates, profiles)
    documents = []
    for one in public:
        card = cards.get(one.id)
        shown = (one.post.digest, one.known.updated_at, one.post.permalink, one.translations, card)
        made_of = fingerprint(common, *shown)
        path = _meta_path(one.post.slug)
        documents.append(Document(path, made_of, partial(_make_meta, path, one, card, alternates, site, accounts)))
    return tuple(documents)


def _meta_path(slug: str) -> str:
    """meta/<slug>.html; a post called as our own file there, or that with more underscores, has one more."""
    return f"meta/{'_' if _ALTERNATES.fullmatch(slug) else ''}{slug}.html"


def _make_feed(feed: Feed, form: str, clean: Clean, cache: Cache | None) -> Artefact:
    """Entries of archives are not kept: each stands in one, which is rendered when one of its posts changes."""
    problems: list[Problem] = []
    kept = None if feed.is_archive else cache
    data = _module(form).render(
        feed, kept, lambda entry, error: problems.append(_leave_out(entry, form, error)), clean=clean
    )
    return Artefact(feed.paths[form], FEED_FORMATS[form].media_type, data, feed.updated_at, tuple(problems))


def _module(form: str) -> Any:
    module, _, name = FEED_FORMATS[form].module.partition(":")
    return getattr(import_module(module), name) if name else import_module(module)


def _leave_out(entry: Entry, form: str, error: Exception) -> Problem:
    found = make_problem(entry.source or entry.url, error)
    return replace(found, message=f"the post is left out of feeds ({form}): {found.message}")


def _make_meta(  # noqa: PLR0917 - what a page is made of
    path: str,
    one: Identified,
    card: CardRef | None,
    alternates: bytes,
    site: Site,
    accounts: Sequence[Account],
    *_: object,
) -> Artefact:
    return Artefact(path, HTML, render_own(one, card, site, accounts) + alternates, one.known.updated_at)


# --- syndication.json: what a site generator needs about each post: its card, and where its copies are ---


def render_syndication(
    identified: Sequence[Identified],
    cards: Mapping[str, CardRef],
    copies: Mapping[str, Sequence[SyndicationLink]],
    tell: Callable[[Identified, Exception], object],
) -> bytes:
    """A JSON object from slug to facts, sorted by slug; `cards` and `copies` are by post id.

    `tell` hears of a post that cannot be described; the others stand there.
    Copies the author already wrote down in the post come last, with an empty account.
    """
    data = BytesIO()  # as it goes: the facts of ten thousand posts weigh 10 MB
    for slug, one in sorted({one.post.slug: one for one in identified}.items()):
        with contain(partial(tell, one)):
            facts = {slug: _describe(one, cards.get(one.id), copies.get(one.id, ()))}
            rendered = orjson.dumps(facts, option=orjson.OPT_SORT_KEYS | orjson.OPT_INDENT_2)
            data.write((b"," if data.tell() else b"{") + rendered[1:-2])
    data.write(b"\n}\n" if data.tell() else b"{}\n")
    return data.getvalue()


def edit_syndication(data: bytes, edited: Sequence[Identified], cards: Mapping[str, CardRef]) -> bytes:
    """The same object with the edited posts as they are now; their copies stay. Raises KeyError, TypeError or
    ValueError where they do not stand in it."""
    posts = orjson.loads(data)
    for one in edited:
        facts = _describe(one, cards.get(one.id), ())
        posts[one.post.slug] = {**facts, "copies": posts[one.post.slug]["copies"]}
    return orjson.dumps(posts, option=orjson.OPT_SORT_KEYS | orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE)


@dataclass(frozen=True, slots=True)
class PublishedCopy:
    """A copy that syndication.json lists."""

    post_id: str
    slug: str
    account: str
    network: str
    url: str


def parse_syndication(data: bytes) -> tuple[frozenset[str], tuple[PublishedCopy, ...]]:
    """The ids of all posts in a syndication.json, and the copies that we sent. Empty where it is somebody else's."""
    try:
        posts = orjson.loads(data)
    except ValueError:
        return frozenset(), ()
    found = posts.items() if isinstance(posts, dict) else ()
    ours = [(slug, post) for slug, post in found if isinstance(post, dict) and isinstance(post.get("id"), str)]
    copies = [
        PublishedCopy(post["id"], slug, str(copy["account"]), str(copy.get("network", "")), str(copy.get("url", "")))
        for slug, post in ours
        for copy in _list_of(post.get("copies"))
        if isinstance(copy, dict) and copy.get("account")
    ]
    return frozenset(post["id"] for _, post in ours), tuple(copies)


def _list_of(value: object) -> list[Any]:
    return value if isinstance(value, list) else []


def _describe(one: Identified, card: CardRef | None, copies: Sequence[SyndicationLink]) -> Mapping[str, object]:
    ours = sorted(copies, key=lambda copy: (copy.account, copy.url))
    listed = {copy.url for copy in ours}
    written = [SyndicationLink("", "", url) for url in one.post.syndication if url not in listed]
    return {
        "id": one.id,
        "permalink": one.post.permalink,
        "title": clean_line(one.post.title),
        "card": _describe_card(card) if card else None,
        "copies": [{"account": c.account, "network": c.network, "url": c.url} for c in [*ours, *written]],
    }


def _describe_card(card: CardRef) -> Mapping[str, object]:
    return {
        "url": card.url,
        "stable_url": card.stable_url,
        "path": card.path,
        "type": card.media_type,
        "width": card.width,
        "height": card.height,
        "bytes": card.size,
        "alt": clean_line(card.alt),
    }


# --- A published feed read back: what readers have seen of us so far ---


def _parse_tree(data: bytes) -> Any:
    """What was published may be anybody's by now: no entities, no network."""
    from lxml import etree  # noqa: PLC0415 - most who render nothing read nothing back

    return etree.fromstring(data, etree.XMLParser(resolve_entities=False, no_network=True, remove_pis=True))


def parse_feed(path: str, data: bytes) -> SeenFeed | None:
    """The entries of an RSS, Atom or JSON document, None for bytes that are none of these."""
    entries = _parse_json(data) if data.lstrip()[:1] == b"{" else _parse_xml(data)
    return None if entries is None else SeenFeed(path, tuple(entries))


def _parse_json(data: bytes) -> list[SeenEntry] | None:
    try:
        items = orjson.loads(data)["items"]
        return [SeenEntry(str(i["id"]), str(i.get("url", "")), str(i.get("date_modified", ""))) for i in items]
    except (orjson.JSONDecodeError, KeyError, TypeError, AttributeError):
        return None


def _parse_xml(data: bytes) -> list[SeenEntry] | None:
    """By local names: RSS has items with guid and link, Atom has entries with id and link elements."""
    try:
        root = _parse_tree(data)
    except (SyntaxError, ValueError):  # lxml's XMLSyntaxError is a SyntaxError
        return None
    if _local(root) not in {"rss", "feed"}:
        return None
    return [_read_entry(child) for child in root.iter() if _local(child) in {"item", "entry"}]


def _read_entry(element: Any) -> SeenEntry:
    texts = {_local(child): child.text or "" for child in element}
    return SeenEntry(
        id=texts.get("guid") or texts.get("id", ""),
        url=next(_list_links(element), ""),
        updated=texts.get("updated", ""),
    )


def _list_links(element: Any) -> Iterator[str]:
    for child in element:
        if _local(child) == "link" and child.get("rel", "alternate") == "alternate":
            yield child.get("href") or child.text or ""


def _local(element: Any) -> str:
    return str(element.tag).rpartition("}")[2]


# --- whether a published feed is what readers expect ---


def find_trouble(data: bytes) -> str:
    """What is wrong with a feed document, "" where readers can use it: RSS 2.0, RFC 4287, JSON Feed 1.1."""
    seen = parse_feed("", data)
    if seen is None:
        return "cannot be read as RSS, Atom or JSON"
    missing = _list_missing(data)
    if missing:
        return f"has no {' and no '.join(missing)}"
    ids = [entry.id for entry in seen.entries]
    if not all(ids):
        return "has an entry without an id"
    return "has an id twice" if len(set(ids)) < len(ids) else ""


def find_updated(data: bytes) -> str:
    """When a feed says that it changed last, as it writes it; "" where it does not."""
    if data.lstrip()[:1] == b"{":
        seen = parse_feed("", data)
        return max((entry.updated for entry in seen.entries), default="") if seen else ""
    head = _read_head(data)
    return head.get("updated") or head.get("lastBuildDate") or head.get("pubDate") or ""


def _list_missing(data: bytes) -> list[str]:
    if data.lstrip()[:1] == b"{":
        known = orjson.loads(data)
        is_known = str(known.get("version", "")).startswith("https://jsonfeed.org/version/1")
        return [*([] if is_known else ["version"]), *([] if known.get("title") else ["title"])]
    head = _read_head(data)
    wanted = ("id", "title", "updated") if "updated" in head or "id" in head else ("title", "link", "description")
    return [name for name in wanted if name not in head]


def _read_head(data: bytes) -> dict[str, str]:
    """What stands before the entries, by local names."""
    try:
        root = _parse_tree(data)
    except (SyntaxError, ValueError):
        return {}
    places = [child for child in root if _local(child) == "channel"] or [root]
    return {_local(child): child.text or "" for child in places[0] if _local(child) not in {"item", "entry"}}
