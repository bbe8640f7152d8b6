"""The manifest of published files: what each was made of, whose it is, and what nobody needs any more.

It lies in the state database and travels with it. A line is written before its file is, so that a kill in between
leaves a file that is known either way. Where lines are lost, files show that they are ours, and become lines again
when they are written next. What a generator or the author put into the published folder is never touched.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass, field, replace
from datetime import datetime, timedelta
from functools import cached_property
from hashlib import blake2b
from types import MappingProxyType
from typing import Protocol
from urllib.parse import quote

import orjson

from syndicate.errors import StateError
from syndicate.model import SQUARE, Artefact, CardRef, CardRules, Problem, PublishedFile, Settings
from syndicate.output import FileStat, Output
from syndicate.publish import Site


@dataclass(frozen=True, slots=True, kw_only=True)
class Card:
    """One card of one post in one size. It names no address: those move with the site."""

    post_id: str
    slug: str
    frame: str
    """Its size as the settings say it: "1200x630"."""
    fingerprint: str
    """What it was made of: an equal one needs no second thought, and "" is like none."""
    key: str
    """What shapes the picture: with an equal key another fingerprint needs no other picture."""
    path: str
    """Changes with the bytes."""
    media_type: str
    width: int
    height: int
    length: int
    """Bytes."""
    alt: str
    warnings: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        return name_of(self.post_id, self.frame)

    @property
    def stable_path(self) -> str:
        """The path without the hash of the bytes: "cards/a.1f2e3d.jpg" → "cards/a.jpg"."""
        start, _, ending = self.path.rpartition(".")
        return f"{start.rpartition('.')[0]}.{ending}"

    @property
    def paths(self) -> tuple[str, str]:
        return self.path, self.stable_path

    def make_ref(self, root: str) -> CardRef:
        """The card as others link to it; `root` is the public address of the published folder."""
        return CardRef(
            path=self.path,
            url=f"{root}/{quote(self.path)}",
            stable_url=f"{root}/{quote(self.stable_path)}",
            media_type=self.media_type,
            width=self.width,
            height=self.height,
            size=self.length,
            alt=self.alt,
        )

    def render(self) -> str:
        """As the manifest keeps it, beside the fingerprint."""
        return orjson.dumps({name: value for name, value in asdict(self).items() if name != "fingerprint"}).decode()


def parse_card(text: str, made_of: str) -> Card | None:
    """None for what another version wrote."""
    try:
        raw: Mapping[str, object] = orjson.loads(text)
        alike = {name: sys.intern(str(raw[name])) for name in ("frame", "media_type")}  # of ten thousand cards
        return Card(**{**raw, **alike, "fingerprint": made_of, "warnings": tuple(raw["warnings"])})  # type: ignore[arg-type]
    except (ValueError, TypeError, KeyError):
        return None


def name_of(post_id: str, frame: str) -> str:
    """How the card of a post in a size is called."""
    return f"{post_id} {frame}"


def refer_cards(cards: Iterable[Card], rules: CardRules, make_ref: Callable[[Card], CardRef]) -> Mapping[str, CardRef]:
    """The share card of each post, by post id, with its square one."""
    found = tuple(cards)
    main = rules.sizes[0]
    is_square = rules.square and main != SQUARE
    squares = {card.post_id: make_ref(card) for card in found if is_square and card.frame == SQUARE}
    mains = {card.post_id: make_ref(card) for card in found if card.frame == main}
    return {post: replace(ref, square=squares[post]) if post in squares else ref for post, ref in mains.items()}


REST_AGE = timedelta(hours=1)
"""After so long what was left half written is being written by nobody."""
_TAKE_AWAY = "name another folder in [storage] publish_to, or take this file away, and publish again"


class Lines(Protocol):
    """Where the lines are kept: a part of the store."""

    def list_published(self) -> Iterable[PublishedFile]: ...
    def find_published(self, paths: Sequence[str]) -> dict[str, PublishedFile]: ...
    def find_cards(self, post_id: str) -> dict[str, PublishedFile]: ...
    def keep_published(self, files: Iterable[PublishedFile]) -> None: ...
    def forget_published(self, paths: Collection[str]) -> None: ...


@dataclass(slots=True)
class _Seen:
    """What there is, told briefly: there may be fifty thousand files."""

    sizes: dict[str, int]
    """Of every file that is there, whoever wrote it."""
    made_of: dict[str, str] = field(default_factory=dict)
    """Fingerprints of our files; "" for one that is not there as we wrote it."""
    cards: dict[str, Card] = field(default_factory=dict)
    unneeded: dict[str, datetime] = field(default_factory=dict)


class Manifest:
    """The published files of one publication; `place` is their folder in a person's words.

    A file is current while it was made of the same, and nobody replaced it since: a deploy script, an old branch, a
    backup. Ours is what is not there yet, what still is as we wrote it, and what shows that we did; never a link or a
    folder in place of a file.
    """

    def __init__(
        self, output: Output, store: Lines, place: str, *, only: Mapping[str, PublishedFile] | None = None
    ) -> None:
        """Of all files, or `only` of those whose lines are given."""
        self._output = output
        self._only = only
        self._store = store
        self._place = place
        self._refused: dict[str, Problem] = {}

    # --- what there is: read by the first who asks, and kept up to date by what is written here ----------------

    @cached_property
    def _seen(self) -> _Seen:
        listed = self._output.list_files() if self._only is None else self._output.stat_files(self._only)
        seen = _Seen({path: stat.size for path, stat in listed.items()})
        for line in self._store.list_published() if self._only is None else self._only.values():
            seen.made_of[line.path] = line.fingerprint if listed.get(line.path) == line[4:6] else ""
            if line.unneeded_since:
                seen.unneeded[line.path] = line.unneeded_since
            if card := parse_card(line.card, line.fingerprint) if line.card else None:
                seen.cards[card.name] = card
        return seen

    @property
    def cards(self) -> dict[str, Card]:
        """Every card that was drawn, by name; a record that another version wrote counts as none."""
        return self._seen.cards

    @property
    def paths(self) -> Collection[str]:
        """Every file that is there, whoever wrote it."""
        return self._seen.sizes.keys()

    def has_lost(self, needed: Iterable[str]) -> bool:
        """Whether one of these files went while we worked: a generator that builds the site anew clears its folder."""
        there = [path for path in needed if path in self._seen.sizes]
        is_cheap = bool(self._output.fingerprint([""]))
        return is_cheap and len(self._output.stat_files(there)) < len(there)

    @property
    def problems(self) -> tuple[Problem, ...]:
        """One for each file that was left as it is."""
        return tuple(problem for _, problem in sorted(self._refused.items()))

    def is_current(self, path: str, fingerprint: str) -> bool:
        """Whether the file is there as it was made of this; never where the fingerprint is empty."""
        return bool(fingerprint) and self._seen.made_of.get(path) == fingerprint

    def has_card(self, card: Card) -> bool:
        """Whether both its files are there and ours: their size is enough, since its name changes with the bytes."""
        seen = self._seen
        return all(path in seen.made_of and seen.sizes.get(path) == card.length for path in card.paths)

    def find_card(self, post_id: str, frame: str) -> Card | None:
        """One card, without reading the whole manifest."""
        lines = self._store.find_cards(post_id).values()
        cards = [card for line in lines if (card := parse_card(line.card, line.fingerprint)) and card.frame == frame]
        return cards[-1] if cards else None

    def is_ours(self, path: str, data: bytes) -> bool:
        """Whether a published file with these bytes is ours; while the state cannot be asked, it must show that."""
        line = None
        with suppress(StateError):
            line = self._store.find_published([path]).get(path)
        return self._is_ours(path, data, line)

    # --- writing ---------------------------------------------------------------------------------------------------

    def write(self, artefacts: Sequence[Artefact], cards: Iterable[Card] = ()) -> tuple[str, ...]:
        """Write what is ours to write, and remember it; returns the paths whose bytes changed.

        `cards` are those among the artefacts, under the name that changes with the bytes.
        """
        paths = [one.path for one in artefacts]
        lines, blocked = self._store.find_published(paths), self._output.find_blocked(paths)
        there = self._output.read_many([path for path in paths if path not in blocked and self._may_be(path)])
        mine = [one for one in artefacts if self._may_write(one, lines.get(one.path), there.get(one.path), blocked)]
        meant = [_intend(one, lines.get(one.path), there.get(one.path)) for one in mine]
        del there  # what lists all posts weighs several megabytes
        self._keep([line for line in meant if line != lines.get(line.path)])
        written = self._output.write(mine)
        self._record(mine, {line.path: line for line in meant}, {card.path: card for card in cards})
        return written

    def _may_write(
        self, one: Artefact, line: PublishedFile | None, there: bytes | None, blocked: Collection[str]
    ) -> bool:
        if one.path in blocked:
            self._refuse(one.path, "cannot be written: a folder or a link is in its place, or a file on the way")
        elif there not in (None, one.data) and not self._is_ours(one.path, there or b"", line):
            self._refuse(one.path, "was not written by syndicate, so it stays as it is")
        return one.path not in self._refused

    def _refuse(self, path: str, why: str) -> None:
        self._refused[path] = Problem(f"{self._place}/{path}", why, hint=_TAKE_AWAY)

    def _record(
        self, written: Sequence[Artefact], meant: Mapping[str, PublishedFile], cards: Mapping[str, Card]
    ) -> None:
        """What was written, what it was made of, and how it looks now."""
        stats = self._output.stat_files([one.path for one in written])
        lines = [
            meant[one.path]._replace(fingerprint=one.fingerprint, size=stat.size, version=stat.version)
            for one in written
            if (stat := stats.get(one.path))
        ]
        lines = [_name_card(line, cards[line.path]) if line.path in cards else line for line in lines]
        before = [self.cards[card.name].path for card in cards.values() if card.name in self.cards]
        replaced = self._store.find_published([path for path in before if path not in stats]).values()
        news = [line for line in lines if line != meant[line.path]]
        self._keep([*news, *map(_name_none, replaced)], stats)
        if cards:
            self.cards.update({card.name: card for card in cards.values() if card.path in stats})

    def _keep(self, lines: Sequence[PublishedFile], stats: Mapping[str, FileStat] = MappingProxyType({})) -> None:
        """Remember lines; `stats` are the files as they were just written."""
        self._store.keep_published(lines)
        if "_seen" not in vars(self):  # who only writes never reads it all
            return
        self._seen.sizes.update({path: stat.size for path, stat in stats.items()})
        for line in lines:
            self._seen.made_of[line.path] = line.fingerprint if stats.get(line.path) == line[4:6] else ""

    def renew_cards(self, cards: Sequence[Card]) -> None:
        """They are right as they are, though they would be made of something else now."""
        lines = self._store.find_published([card.path for card in cards])
        self._keep([_name_card(lines[card.path], card) for card in cards])
        self.cards.update({card.name: card for card in cards})

    def forget_cards(self, names: Collection[str]) -> None:
        """Have these drawn anew."""
        cards = [card for name in names if (card := self.cards.pop(name, None))]
        self._keep([_name_none(line) for line in self._store.find_published([card.path for card in cards]).values()])

    # --- taking away -----------------------------------------------------------------------------------------------

    def sweep(self, needed: Collection[str], keep: timedelta, now: datetime) -> tuple[str, ...]:
        """Remove files of vanished posts and feeds at once, and replaced cards after `keep`: networks cache by address.

        Returns the paths removed; `needed` is what must stay.
        """
        seen = self._seen
        ours = (seen.made_of.keys() & seen.sizes.keys()) | set(filter(_is_named_card, seen.sizes))
        unneeded = ours - set(needed)
        cards = {path for path in unneeded if path.startswith("cards/")}
        since = self._mark_unneeded(cards, now)
        doomed = (unneeded - cards) | {path for path in cards if now - since[path] >= keep}
        removed = self._remove(sorted(doomed))
        self._store.forget_published(doomed)  # also what somebody else wrote in its place, and so is left alone
        for path in doomed:
            seen.made_of.pop(path, None)
            seen.sizes.pop(path, None)
        self._output.clear_rests(now - REST_AGE)
        return removed

    def _mark_unneeded(self, cards: Collection[str], now: datetime) -> Mapping[str, datetime]:
        """Since when each card is not needed; one that is needed again begins anew, as does one of a later clock."""
        before = self._seen.unneeded
        found = {path: at if (at := before.get(path)) and at <= now else now for path in cards}
        changed = [path for path in {*before, *found} if before.get(path) != found.get(path)]
        lines = self._store.find_published(changed)
        self._store.keep_published(
            [lines.get(path, PublishedFile(path, ""))._replace(unneeded_since=found.get(path)) for path in changed]
        )
        self._seen.unneeded = found
        return found

    def _remove(self, paths: Sequence[str]) -> tuple[str, ...]:
        """Only what is ours; one file in memory at a time."""
        lines = self._store.find_published(paths)
        found = ((path, self._output.read(path)) for path in paths)
        return self._output.remove(
            [path for path, data in found if data is not None and self._is_ours(path, data, lines.get(path))]
        )

    # --- whose it is -----------------------------------------------------------------------------------------------

    def _may_be(self, path: str) -> bool:
        """Whether a file may be there; a look costs a request in a bucket that was listed a moment ago."""
        return "_seen" not in vars(self) or self._output.may_hold(path, self.paths)

    def _is_ours(self, path: str, data: bytes, line: PublishedFile | None) -> bool:
        is_as_written = line is not None and digest_bytes(data) in (line.digest, line.earlier)
        return is_as_written or shows_us(path, data) or self._is_card(path, data)

    def _is_card(self, path: str, data: bytes) -> bool:
        """A card names its own bytes; under its other name it is a copy of one that does."""
        from syndicate.cards import path_by_digest  # noqa: PLC0415 - a plan asks for cards, and needs no Pillow

        found = CARD.fullmatch(path)
        if found is None:
            return False
        named = path_by_digest(found["name"], data, found["ending"])
        return named == path or (not found["digest"] and bool(self._output.stat_files([named])))


def open_manifest(site: Site) -> Manifest:
    """The published files, for one publication."""
    return Manifest(site.output, site.store, name_place(site.settings))


def name_place(settings: Settings) -> str:
    """The published folder in a person's words."""
    return settings.storage.publish_to.removeprefix(f"{settings.root}/").rstrip("/")


def digest_bytes(data: bytes) -> str:
    return blake2b(data, digest_size=16).hexdigest()


def _intend(one: Artefact, line: PublishedFile | None, there: bytes | None) -> PublishedFile:
    """The line before the file is written: either the bytes that are there or those that come are ours."""
    digest = digest_bytes(one.data)
    if line is not None and there == one.data and line.digest == digest:
        return line
    return PublishedFile(one.path, digest, "" if there is None else digest_bytes(there))


def _name_card(line: PublishedFile, card: Card) -> PublishedFile:
    return line._replace(post_id=card.post_id, card=card.render(), fingerprint=card.fingerprint)


def _name_none(line: PublishedFile) -> PublishedFile:
    return line._replace(post_id="", card="", fingerprint="")


# --- how files show that they are ours -----------------------------------------------------------------------------

CARD = re.compile(r"cards/(?P<name>[^/]+?)(?:\.(?P<digest>[0-9a-f]{10}))?\.(?P<ending>jpg|png)")

# Each feed told as one program tells it, and all of them from one address: a reader's list names many.
_OPML = (
    rb'\A<\?xml .*\n<opml version="2\.0">\n<head>\n<title>.*\n(?:<dateModified>.*\n)?</head>\n<body>\n'
    rb'<outline type="rss" text=(.*) title=\1 xmlUrl="(.*)/(?:rss\.xml|atom\.xml|feed\.json)".*\n'
    rb'(?:<outline type="rss" text=(.*) title=\3 xmlUrl="\2/.*\n)*</body>\n</opml>\n\Z'
)
# How each of our files shows who wrote it, for the day on which the memory of having written it is lost. A post may
# quote our marks: only what stands before the first entry counts.
_MARKS = {
    r".*\.(xml|rss|atom)": rb"\A(?s:(?!<(?:item|entry)\b).)*?<generator>syndicate</generator>",
    r".*\.json": rb'\A\{"version":"https://jsonfeed\.org/version/1\.1",.*"items":\[\n(?s:.*)\n\]\}\n\Z',
    r"syndication\.json": rb'\A\{(\}|\n  ".*": \{\n    "card": )',
    r"opml\.xml": _OPML,
    r"meta/[^/]+\.html": rb'\A<link rel="(canonical|alternate)" [^>\n]*>\n(<(link|meta) [^>\n]*>\n)*\Z',
    r"[^/]+\.html": rb'<meta name="generator" content="syndicate">',
}


def shows_us(path: str, data: bytes) -> bool:
    return any(re.fullmatch(name, path) and re.search(mark, data) for name, mark in _MARKS.items())


def _is_named_card(path: str) -> bool:
    """Ours by its name, even where its line was lost: a card names its own bytes."""
    found = CARD.fullmatch(path)
    return found is not None and bool(found["digest"])
