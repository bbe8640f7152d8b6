"""A post as its author wrote it, made safe: what `content/` reads and everything else thinks about."""

from __future__ import annotations

import re
import struct
from base64 import b64decode, b64encode
from binascii import crc32
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from syndicate.errors import ContentError, SyndicateError


@dataclass(frozen=True, slots=True)
class Author:
    """A person named by a post or by the site."""

    name: str
    url: str = ""
    email: str = ""
    avatar: str = ""
    """Address of a picture of the person."""


@dataclass(frozen=True, slots=True)
class Category:
    """A label with the author's own kind of label: `type` is "exact", "general" … or empty."""

    name: str
    type: str = ""


@dataclass(frozen=True, slots=True)
class Credit:
    """Who made a picture: `text` is plain ("Photo by Name on Site"), `url` the first link in it."""

    text: str
    url: str = ""


@dataclass(frozen=True, slots=True)
class Picture:
    """A post's lead image. `url` is absolute; `path` is the local file's absolute path, empty when remote."""

    url: str
    alt: str = ""
    credit: Credit | None = None
    focus: tuple[float, float] | None = None
    """Where the subject is: x and y from 0 (left, top) to 1 (right, bottom)."""
    path: str = ""
    kind: str = ""
    """What the author says it is: "photo", "text" (screen, chart, scan), "logo"; empty where the pixels decide."""
    is_public: bool = True
    """Whether `url` leads to it: a generator gives what lies among its sources an address of its own."""


@dataclass(frozen=True, slots=True)
class MediaFile:
    """A file that travels with a post: sound, film, a document. `length` in bytes, 0 where unknown."""

    url: str
    media_type: str
    length: int = 0
    title: str = ""


@dataclass(frozen=True, slots=True)
class SocialOverride:
    """What a post says for one network or account: `social: {mastodon: {text: …, skip: true}}`."""

    text: str = ""
    skip: bool = False
    options: Mapping[str, str] = field(default_factory=dict)
    code: str = ""
    """Where code of the generator was left out of the text, and which, "" where none was."""
    unclear: str = ""
    """Where something is said that cannot be understood, and what, "" where all can."""


@dataclass(frozen=True, slots=True)
class Repair:
    """A mend made while reading: `kind` is "mojibake", "label", "summary" …; before and after are excerpts."""

    kind: str
    field: str
    before: str
    after: str
    line: int = 0


@dataclass(frozen=True, slots=True)
class LeftOut:
    """Code that only a generator understands, left out of what messages say: `part` is "title", "summary" or
    "socialShare", `place` the file and line, and the code itself. "wish": a socialShare that is not a text."""

    part: str
    place: str


class Awaited(StrEnum):
    """What may come without the post's file being touched, and mend a problem: such a post is read anew each time."""

    NOTHING = ""
    FILE = "file"
    COMMIT = "commit"


@dataclass(frozen=True, slots=True)
class Problem:
    """Something the author should know: a file (below the content folder), a 1-based line (0 unknown), a key."""

    source: str
    message: str
    line: int = 0
    key: str = ""
    hint: str = ""
    awaits: Awaited = Awaited.NOTHING

    @property
    def place(self) -> str:
        """File and line, as editors and terminals understand them."""
        return f"{self.source}:{self.line}" if self.line else self.source

    @property
    def text(self) -> str:
        """What is wrong, and what to do."""
        key = f"{self.key}: " if self.key else ""
        hint = f" ({self.hint})" if self.hint else ""
        return f"{key}{self.message}{hint}"

    def __str__(self) -> str:
        return f"{self.place}: {self.text}"


@dataclass(frozen=True, slots=True)
class Finding:
    """One line of `doctor` or `cards --check`. Levels: "problem", "warning", "repair", "ok"."""

    level: str
    text: str
    where: str = ""


def make_problem(source: str, error: Exception) -> Problem:
    """What went wrong with a thing: ours as it reads, of any other error only its kind, for it may hold a secret."""
    if isinstance(error, ContentError):
        return Problem(error.where or source, error.message, error.line, error.key, error.hint)
    if isinstance(error, SyndicateError):
        return Problem(error.where or source, error.message, hint=error.hint)
    return Problem(source, f"something that nobody foresaw: {type(error).__name__}", hint="please report it")


def unique_problems(problems: Iterable[Problem]) -> tuple[Problem, ...]:
    """Each once, in their order."""
    return tuple(dict.fromkeys(problems))


MANY = 3
"""More problems of one kind than this are one line with their number."""
_VARYING = re.compile(r'"[^"]*"|\{[^}]*\}+|<[^>]*>|[^\s",]+\.(?:md|mdx|markdown|html?)\b|\d[\w:.,+-]*')
_BEHIND_NAME = re.compile(r'("\W{1,5}[\w./-]+)\W.*" left out')


def gather_problems(problems: Iterable[Problem]) -> tuple[Problem, ...]:
    """The problems as a person reads them: each once, many of one kind as one with their number and the first place."""
    kinds: dict[tuple[str, str], list[Problem]] = {}
    for problem in unique_problems(problems):
        kind = _VARYING.sub("…", _BEHIND_NAME.sub(r"\1", problem.message))  # code is of one kind by its name
        kinds.setdefault((problem.key, kind), []).append(problem)
    return tuple(one for some in kinds.values() for one in (some if len(some) <= MANY else [_sum_up(some)]))


def _sum_up(some: Sequence[Problem]) -> Problem:
    first, files = some[0], len({problem.source for problem in some})
    where = f"{files:,} files" if files > 1 else first.source
    times = "" if len(some) == files else f"{len(some):,} times, "
    return Problem(where, f"{times}first in {first.place}: {first.message}", 0, first.key, first.hint)


@dataclass(frozen=True, slots=True, kw_only=True)
class Post:
    """One Markdown file, parsed, repaired and rendered. All text is NFC, without control characters."""

    source: str
    """Path below the content folder, POSIX slashes."""
    slug: str
    """Its name in commands and published files: no other post of the site has it."""
    title: str
    """Plain text, one line; a note is called by its first words."""
    permalink: str
    """Absolute URL, as the built site serves it where that is known."""
    published_at: datetime | None
    """Aware UTC; None when the post names no date (the ledger then uses the moment it was first seen)."""
    updated_at: datetime | None = None
    """What the author declares, else None."""
    summary: str = ""
    """Plain text: excerpt, else description, else the first paragraph, labels removed."""
    markdown: str = ""
    """The repaired body as Markdown."""
    shared_slug: str = ""
    """The slug as its author wrote it, where other posts have it, too, at other addresses."""
    length: int = 0
    """Characters of the body as Markdown; known of a post whose body is not at hand, too."""
    html: str = ""
    """The body as safe HTML: absolute URLs, no scripts, widgets or empty blocks, lead image removed."""
    authors: tuple[Author, ...] = ()
    language: str = ""
    """BCP 47, the site's where the post names none."""
    group: str = ""
    """What the translations of one post have in common."""
    categories: tuple[Category, ...] = ()
    keywords: tuple[str, ...] = ()
    note: str = ""
    """What a post without a title says, in its paragraphs; "" for a post with one."""
    title_code: tuple[str, ...] = ()
    """Words of the title that stood in backticks."""
    picture: Picture | None = None
    media: tuple[MediaFile, ...] = ()
    flags: frozenset[str] = frozenset()
    """Names of the front-matter keys that are true: "featured", "trending" …"""
    is_draft: bool = False
    status: str = ""
    social_share: str = ""
    social: Mapping[str, SocialOverride] = field(default_factory=dict)
    """Overrides by network or account name; the account's wins."""
    declared_id: str = ""
    """`id:` in front matter; wins over every other identity."""
    external_url: str = ""
    """Where a link post points."""
    reading_minutes: int = 0
    generated_by: str = ""
    syndication: tuple[str, ...] = ()
    """Links to copies the author already wrote down."""
    digest: str = ""
    """The content digest: SHA-256 (hex) of everything a reader can see; the same digest means nothing changed for a
    reader. Empty while the body was not rendered."""
    source_digest: str = ""
    """Of the body as its author wrote it: decides who the post is. No program version changes it."""
    fields_digest: str = ""
    """Of the fields that a reader sees, as written: with the source digest the proof that the author edited it."""
    sketch: str = ""
    """Tells how much two bodies share (`make_sketch`); empty for a body without words."""
    by_rule: str = ""
    """The address by the site's pattern, where the built site has another one; else empty."""
    repairs: tuple[Repair, ...] = ()
    left_out: tuple[LeftOut, ...] = ()
    """Code that stood in what its messages say; they are held until a person has seen it."""
    problems: tuple[Problem, ...] = ()
    """Warnings about this post that do not stop it."""


@dataclass(frozen=True, slots=True)
class Snapshot:
    """The content folder at one moment: posts by source, drafts and future posts included."""

    posts: tuple[Post, ...]
    problems: tuple[Problem, ...] = ()
    unreadable: tuple[str, ...] = ()
    """Sources of files, and folders ending in "/", that are there but gave no post."""
    changed_at: datetime | None = field(default=None, compare=False)
    """When the newest of its files was changed: a clock that stands before that is behind."""
    newest: str = field(default="", compare=False)
    """Source of that file."""

    def is_unreadable(self, source: str) -> bool:
        """Whether a file is there but gave no post (broken, half written, locked away): so it is not gone."""
        return any(source == name or (name.endswith("/") and source.startswith(name)) for name in self.unreadable)


# --- how much two texts share ---
# A sketch is a few hundred signs that tell it later, without the text. The text becomes shingles (pairs of neighbouring
# words; one character is a word where a script sets no spaces), each shingle a number, and the sketch keeps the
# smallest numbers. Two texts that share half of their shingles share about half of those. Linear in time, and exact for
# a text of fewer than `SIZE` shingles.

SIZE = 64

_NO_SPACES = re.compile(
    "[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff"  # Thai, Lao, Burmese, Khmer
    "\u3040-\u30ff\u31f0-\u31ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff]"  # Japanese, Chinese
)
_PLAIN = bytes(
    byte if byte > 127 or chr(byte).isalnum() else ord(" ")
    for byte in (ord(chr(byte).lower()) if byte < 128 else byte for byte in range(256))
)


def make_sketch(text: str) -> str:
    """The sketch in Base64, "" for a text without words."""
    if not text.isascii():
        text = _NO_SPACES.sub(r" \g<0>", text)
    words = text.encode("utf-8", "replace").translate(_PLAIN).split()
    shingles = list(map(crc32, words[1:], map(crc32, words)) if len(words) > 1 else map(crc32, words))
    few = (3 * SIZE << 32) // max(len(shingles), 1)  # about three times as many as are wanted lie below
    likely = {number for number in shingles if number < few}
    smallest = sorted(likely if len(likely) >= SIZE else set(shingles))[:SIZE]
    return b64encode(struct.pack(f">{len(smallest)}I", *smallest)).decode()


def read_sketch(sketch: str) -> frozenset[int]:
    """The numbers of a sketch; none where it is not one."""
    try:
        data = b64decode(sketch, validate=True)
        return frozenset(struct.unpack(f">{len(data) // 4}I", data))
    except (ValueError, struct.error):
        return frozenset()


def measure_likeness(one: frozenset[int], other: frozenset[int]) -> float:
    """From 0 to 1: how much of all their shingles two texts share. A text without words is like no other."""
    if not one or not other:
        return 0.0
    shared = one & other
    if len(one) < SIZE and len(other) < SIZE:
        return len(shared) / len(one | other)
    smallest = sorted(one | other)[:SIZE]
    return sum(number in shared for number in smallest) / len(smallest)
