"""From a post with its identity to an entry of a feed."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import astuple, dataclass, field, replace
from functools import partial
from hashlib import sha256
from typing import Any, overload
from urllib.parse import quote, unquote, urlsplit

from syndicate.errors import contain
from syndicate.model import (
    Author,
    CardRef,
    Enclosure,
    Entry,
    Feed,
    FeedRules,
    Identified,
    Picture,
    PictureFacts,
    Post,
    SeenFeed,
    Site,
)
from syndicate.text.links import split_address

_TYPES = {
    "avif": "image/avif",
    "gif": "image/gif",
    "jpeg": "image/jpeg",
    "jpg": "image/jpeg",
    "png": "image/png",
    "svg": "image/svg+xml",
    "webp": "image/webp",
}
_FORMAT_IN_QUERY = re.compile(r"(?:^|&)(?:fm|format)=(\w+)")

ARCHIVE_SHARE = 4
"""So many times as heavy as a current feed may an archive be."""

Fill = Callable[[Sequence[Post]], Sequence[Post]]
"""Gives posts that were read without their bodies those bodies, in the same order."""


Tell = Callable[[Identified, Exception], object]
"""Hears of a post that cannot become an entry."""


@dataclass(frozen=True, slots=True)
class EntryMaker:
    """Makes each entry once where it can: a post stands in its site's feed and in those of its categories, each
    in three formats. No more than `most` are kept, so that ten thousand bodies are never in memory together."""

    rules: FeedRules
    cards: Mapping[str, CardRef]
    """By post id."""
    pictures: Mapping[str, PictureFacts]
    """By picture URL."""
    authors: tuple[Author, ...] = ()
    """Who wrote a post that names nobody."""
    fill: Fill = tuple
    tell: Tell = lambda _one, _error: None
    most: int = 2_000
    made: dict[str, Entry] = field(default_factory=dict)
    fitted: dict[tuple[str, ...], Sequence[Entry]] = field(default_factory=dict)
    """The entries of the last archive, which is rendered once in each format."""

    def make(self, some: Sequence[Identified]) -> list[Entry]:
        """The entries of posts, in order, with full content unless the site wants summaries only.

        A post of which none can be made is told and left out.
        """
        missing = [one for one in some if one.id not in self.made]
        if missing and len(self.made) + len(missing) > self.most:
            self.made.clear()
            missing = list(some)
        common = f"{self.rules}{self.authors}\n"  # with this, a digest changes whenever a byte of the entry could
        for one, post in self._fill_each(missing):
            with contain(partial(self.tell, one)):
                whole, facts = replace(one, post=post), self.facts_of(post.picture)
                digest = sha256(f"{common}{self.fingerprint_of(one)}".encode("utf-8", "surrogatepass")).hexdigest()
                card, authors = self.cards.get(one.id), post.authors or self.authors
                entry = make_entry(whole, self.rules, card, facts, authors, digest)
                self.made[one.id] = limit_entry(entry, self.rules.max_bytes)
        return [self.made[one.id] for one in some if one.id in self.made]

    def fit(self, some: Sequence[Identified]) -> Sequence[Entry]:
        """The entries of an archive: where they are too heavy together, the heaviest are shortened."""
        ids = tuple(one.id for one in some)
        if ids not in self.fitted:
            self.fitted.clear()
            self.fitted[ids] = shorten_heaviest(self.make(some), ARCHIVE_SHARE * self.rules.max_bytes)
        return self.fitted[ids]

    def _fill_each(self, some: Sequence[Identified]) -> list[tuple[Identified, Post]]:
        """Posts with their bodies, together where that goes well, else one by one: only those that fail are told."""
        found: list[tuple[Identified, Post]] = []
        with contain(lambda _: None):
            found = list(zip(some, self.fill([one.post for one in some]), strict=True)) if some else []
        for one in () if found else some:
            with contain(partial(self.tell, one)):
                found.append((one, self.fill([one.post])[0]))
        return found

    def for_archives(self) -> EntryMaker:
        """The same, keeping one archive at a time, and nothing of the feeds before: each post stands in one."""
        return replace(self, fitted={}, most=self.rules.archive_items)

    def facts_of(self, picture: Picture | None) -> PictureFacts:
        """What is known of the picture; the type is guessed from the address where nobody has seen the file."""
        if picture is None:
            return PictureFacts()
        known = self.pictures.get(picture.url)
        return known or PictureFacts(media_type=guess_picture_type(picture.url))

    def fingerprint_of(self, one: Identified) -> str:
        """What tells one state of a post from another: every post of every archive is asked for it at each publish."""
        known, post = one.known, one.post
        card = self.cards.get(known.id)
        facts = self.pictures.get(post.picture.url) if self.pictures and post.picture else None
        hidden = " hidden" if post.picture and not post.picture.is_public else ""
        place = f"{card.url} {card.alt}" if card else ""
        others = f" {one.translations}" if one.translations else ""
        return f"{one.entry_id} {post.digest} {post.permalink} {known.updated_at} {place} {facts}{hidden}{others}"


class Entries(Sequence[Entry]):
    """The entries of one document, made when somebody reads them: an unchanged archive never asks."""

    __slots__ = ("_maker", "posts")

    def __init__(self, posts: Sequence[Identified], maker: EntryMaker) -> None:
        self.posts = posts
        self._maker = maker

    @overload
    def __getitem__(self, index: int) -> Entry: ...
    @overload
    def __getitem__(self, index: slice) -> Sequence[Entry]: ...
    def __getitem__(self, index: int | slice) -> Entry | Sequence[Entry]:
        if isinstance(index, slice):
            return Entries(self.posts[index], self._maker)
        return self._maker.make([self.posts[index]])[0]

    def __len__(self) -> int:
        return len(self.posts)

    def __iter__(self) -> Iterator[Entry]:
        return iter(self._maker.make(self.posts))

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Sequence) and tuple(self) == tuple(other)

    def __hash__(self) -> int:
        return hash(tuple(self))


class ArchivedEntries(Entries):
    """The entries of an archive, whose set of posts is fixed: where they are too heavy together, the heaviest are
    shortened, so that its documents are bounded, too."""

    __slots__ = ()

    def __getitem__(self, index: Any) -> Any:
        return tuple(self)[index]

    def __iter__(self) -> Iterator[Entry]:
        return iter(self._maker.fit(self.posts))


def make_entry(  # noqa: PLR0917 - what an entry is made of
    one: Identified,
    rules: FeedRules,
    card: CardRef | None,
    facts: PictureFacts,
    authors: tuple[Author, ...],
    digest: str,
) -> Entry:
    """One post as readers get it. The enclosure is made only where the length of its file is known."""
    post = one.post
    picture, facts = _choose_picture(post.picture, card, facts)
    return Entry(
        id=one.entry_id,
        url=post.permalink,
        title=post.title,
        is_note=bool(post.note),
        summary=post.summary,
        html=post.html if rules.full_content else "",
        published_at=one.known.published_at,
        updated_at=max(one.known.updated_at, one.known.published_at),
        authors=authors,
        language=post.language,
        translations=one.translations,
        categories=post.categories,
        tags=_list_tags(one),
        picture=picture,
        picture_type=facts.media_type,
        picture_length=facts.length,
        picture_width=facts.width,
        picture_height=facts.height,
        card=card,
        enclosures=(*(Enclosure(*astuple(file)) for file in post.media), *_enclose(picture, facts)),
        external_url=post.external_url,
        generated_by=post.generated_by,
        markdown=post.markdown if rules.source_markdown else "",
        source=post.source,
        digest=digest,
    )


# --- how much of a document an entry takes, without rendering it ---

ENTRY = 1_000
"""Bytes kept free for one entry's dates and the tags around its texts."""
_MOST_FOR_LETTER = 5
_FRAME_OF_NAME = '<category term="" scheme="" label=""/>'
"""The most that stands around a short text."""
_ESCAPED = re.compile(r'[&<>"\\\n]')


def weigh(entry: Entry) -> int:
    """An upper bound of the entry's bytes in RSS, Atom and JSON."""
    texts = (entry.title, entry.summary, entry.html, entry.markdown)
    types = len(entry.categories) * _weigh_name(f"{entry.url}{_FRAME_OF_NAME}") if entry.categories else 0
    return ENTRY + sum(map(_weigh_text, texts)) + types + _weigh_names([*_list_names(entry)])


def _list_names(entry: Entry) -> Iterator[str]:
    """Everything short, as often as a format says it; that a category's type is part of an address comes on top."""
    yield from (entry.id, entry.url, entry.url, entry.external_url, entry.generated_by, *entry.tags)
    for author in entry.authors:
        yield from (author.name, author.url, author.email)
    for language, url in entry.translations:
        yield from (language, url, url)
    for category in entry.categories:
        yield from (category.name, quote(category.type, errors="replace"))
    for file in entry.enclosures:
        yield from (file.url, file.media_type, file.title)
    if entry.card is not None:
        yield entry.card.url
    if entry.picture is not None:
        yield from (entry.picture.url, entry.picture.url, entry.picture.alt, entry.picture.alt)
    if entry.picture is not None and entry.picture.credit is not None:
        yield from (entry.picture.credit.text, entry.picture.credit.url)


def _weigh_names(texts: Sequence[str]) -> int:
    """All together where no letter is escaped, which is faster."""
    whole = "".join(texts)
    if _ESCAPED.search(whole):
        return sum(map(_weigh_name, texts))
    return len(_FRAME_OF_NAME) * len(texts) + len(whole.encode("utf-8", "replace")) + 2 * whole.count(" ")


def _weigh_name(text: str) -> int:
    return len(_FRAME_OF_NAME) + _weigh_text(text) + 5 * text.count('"') + 2 * text.count(" ")


def _weigh_text(text: str) -> int:
    """UTF-8 plus what escaping adds: & becomes &amp;, < and > four bytes; quotes and line ends cost one in JSON."""
    in_utf8 = len(text.encode("utf-8", "replace"))
    in_xml = 4 * text.count("&") + 3 * text.count("<") + 3 * text.count(">")
    in_json = text.count('"') + text.count("\\") + text.count("\n")
    return in_utf8 + max(in_xml, in_json)


def limit_entry(entry: Entry, max_bytes: int) -> Entry:
    """The entry with its summary alone where its text would fill half of a feed: no post crowds out the others."""
    most = max_bytes // 2
    may_be_heavy = _MOST_FOR_LETTER * (len(entry.html) + len(entry.markdown)) > most
    return shorten_entry(entry) if may_be_heavy and weigh(entry) > most else entry


def shorten_heaviest(entries: Sequence[Entry], max_bytes: int) -> Sequence[Entry]:
    """The entries, as few as possible of them with their summaries alone, so that all weigh no more than that."""
    if _MOST_FOR_LETTER * sum(len(one.html) + len(one.markdown) for one in entries) <= max_bytes // 2:
        return entries
    weights = [weigh(one) for one in entries]
    excess, shortened = sum(weights) - max_bytes, list(entries)
    for at in sorted(range(len(entries)), key=lambda at: (-weights[at], entries[at].id)):
        if excess <= 0:
            break
        shortened[at] = shorten_entry(entries[at])
        excess -= weights[at] - weigh(shortened[at])
    return shortened


def shorten_entry(entry: Entry) -> Entry:
    return replace(entry, html="", markdown="", digest=f"{entry.digest}-short", is_short=True)


def _choose_picture(
    picture: Picture | None, card: CardRef | None, facts: PictureFacts
) -> tuple[Picture | None, PictureFacts]:
    """The post's picture; the card drawn from it where nobody can be sent to the picture itself."""
    if picture is None or picture.is_public:
        return picture, facts
    if card is None:
        return None, PictureFacts()
    shown = replace(picture, url=card.url, alt=picture.alt or card.alt)
    return shown, PictureFacts(card.media_type, card.size, card.width, card.height)


def _list_tags(one: Identified) -> tuple[str, ...]:
    """Category names and keywords, each once whatever its case."""
    names = [*(category.name for category in one.post.categories), *one.post.keywords]
    return tuple({name.casefold(): name for name in reversed(names)}.values())[::-1]


def _enclose(picture: Picture | None, facts: PictureFacts) -> tuple[Enclosure, ...]:
    if picture is None or not facts.length or not facts.media_type:
        return ()
    return (Enclosure(picture.url, facts.media_type, facts.length, picture.alt),)


def guess_picture_type(url: str) -> str:
    """The media type an image address promises: image services say it in the query ("fm=webp"), files in the name."""
    try:
        parts = split_address(url)
    except ValueError:
        return ""
    asked = _FORMAT_IN_QUERY.search(parts.query)
    ending = asked[1] if asked else parts.path.rpartition(".")[2]
    return _TYPES.get(ending.lower(), "")


# --- what the next publication would show to people who subscribed ---

_MANY = 5
"""Fewer entries than this are an edit, not a flood."""


def find_floods(seen: Sequence[SeenFeed], feeds: Sequence[Feed], rules: FeedRules, site: Site) -> tuple[str, ...]:
    """Warnings for a person, one sentence each; empty where subscribers will notice nothing but news.

    `seen` are the documents published now, `feeds` those planned.
    """
    planned = {path: feed for feed in feeds for path in feed.paths.values()}
    return (
        *_find_reborn(seen, planned),
        *_find_updated(seen, planned),
        *_find_lost(seen, planned, rules),
        *_find_moved(feeds, site),
    )


def _find_reborn(seen: Sequence[SeenFeed], planned: dict[str, Feed]) -> Iterator[str]:
    """The same page under another id is a new post to every reader."""
    reborn = set()
    for document in seen:
        ids = {entry.url: entry.id for entry in document.entries}
        entries = planned[document.path].entries if document.path in planned else ()
        reborn |= {entry.url for entry in entries if entry.url in ids and ids[entry.url] != entry.id}
    if reborn:
        yield (
            f"{_count(reborn)} would appear as new to every subscriber, because the id changed: {min(reborn)}. "
            "Was the state database lost or replaced? Restore it, or write the old ids into the posts (id: …)."
        )


def _find_updated(seen: Sequence[SeenFeed], planned: dict[str, Feed]) -> Iterator[str]:
    """Many posts with a new `updated` at once: a template or domain changed, not the posts."""
    before = {entry.id: entry.updated for document in seen for entry in document.entries if entry.updated}
    known = {
        entry.id: entry for document in seen if document.path in planned for entry in planned[document.path].entries
    }
    moved = {
        e.url for i, e in known.items() if i in before and before[i] != e.updated_at.replace(microsecond=0).isoformat()
    }
    if len(moved) >= _MANY and len(moved) * 2 > len(before):
        yield (
            f"{_count(moved)} would be marked as updated at once. "
            "Readers that show updates again will show all of them."
        )


def _find_lost(seen: Sequence[SeenFeed], planned: dict[str, Feed], rules: FeedRules) -> Iterator[str]:
    """An address that people subscribed to and that nobody answers any more."""
    settled = tuple(f"{folder.strip('/')}/" for folder in (*rules.retired, *rules.renamed))
    for document in seen:
        if document.path not in planned and not document.path.startswith(("archive/", *settled)):
            folder = document.path.rpartition("/")[0] or document.path
            yield (
                f"{document.path} would end without a word: its subscribers hear nothing any more. "
                f'Name where it went (feeds.renamed) or that it is over (feeds.retired): "{folder}".'
            )


def _find_moved(feeds: Sequence[Feed], site: Site) -> Iterator[str]:
    """Addresses and pages on different hosts are fine, an insecure feed of a secure site is not."""
    for url in feeds[0].urls.values() if feeds else ():
        if urlsplit(url).scheme == "http" and urlsplit(site.url).scheme == "https":
            yield f"{unquote(url)} is announced without https though the site has it."


def _count(urls: set[str]) -> str:
    return "1 post" if len(urls) == 1 else f"{len(urls)} posts"
