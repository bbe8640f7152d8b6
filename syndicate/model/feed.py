"""What a feed says, before any format: pure values that `formats/` turns into bytes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from hashlib import blake2b
from typing import Literal, NamedTuple

from syndicate.model.post import Author, Category, Picture, Problem

FeedFormatName = Literal["rss", "atom", "json"]


@dataclass(frozen=True, slots=True)
class FeedFormat:
    """A format of feeds: a line here, and a `module` or `module:NAME` with `VERSION` and `render(feed, …) -> bytes`."""

    file: str
    """What its document is called in each folder of a feed."""
    media_type: str
    also_served_as: tuple[str, ...]
    """Media types under which readers take it, too."""
    module: str


EXTRA_NAMESPACES: Mapping[str, str] = {
    "cc": "http://backend.userland.com/creativeCommonsRssModule",
    "creativeCommons": "http://backend.userland.com/creativeCommonsRssModule",
    "googleplay": "http://www.google.com/schemas/play-podcasts/1.0",
    "itunes": "http://www.itunes.com/dtds/podcast-1.0.dtd",
    "podcast": "https://podcastindex.org/namespace/1.0",
    "rawvoice": "http://www.rawvoice.com/rawvoiceRssModule/",
    "spotify": "http://www.spotify.com/ns/rss",
    "sy": "http://purl.org/rss/1.0/modules/syndication/",
    "webfeeds": "http://webfeeds.org/rss/1.0",
}
"""What a site may add to the head of its feeds (`[feeds.extra]`)."""

_XML = ("application/xml", "text/xml")
FEED_FORMATS: Mapping[str, FeedFormat] = {
    "rss": FeedFormat("rss.xml", "application/rss+xml", _XML, "syndicate.formats.xml_feeds:RSS"),
    "atom": FeedFormat("atom.xml", "application/atom+xml", _XML, "syndicate.formats.xml_feeds:ATOM"),
    "json": FeedFormat("feed.json", "application/feed+json", ("application/json",), "syndicate.formats.jsonfeed"),
}
"""By name, as the settings list them and as archives end: "archive/3.rss"."""
FEED_FILES: Mapping[str, str] = {one.file: name for name, one in FEED_FORMATS.items()}
"""File name → format."""


def find_feed_format(path: str) -> FeedFormat | None:
    """The format of a published feed or archive by its path, None for any other file."""
    folder, _, name = path.rpartition("/")
    form = name.rpartition(".")[2] if folder == "archive" else FEED_FILES.get(name, "")
    return FEED_FORMATS.get(form)


TIMELINE, TIMELINE_PAGE = "timeline.json", "timeline.html"
"""The messages of accounts on the network `local`, and the page that shows them."""
SYNDICATION = "syndication.json"
"""The posts and their published copies."""


@dataclass(frozen=True, slots=True)
class CardRef:
    """A drawn share card as others link to it. `url` is absolute and changes with the bytes."""

    path: str
    """Path below the publish root, e.g. "cards/hello.3fa9c1.jpg"."""
    url: str
    stable_url: str
    media_type: str
    width: int
    height: int
    size: int
    """Bytes."""
    alt: str
    square: CardRef | None = None
    """The same card for places that cut to a square, where the site wants one."""


@dataclass(frozen=True, slots=True)
class PictureFacts:
    """What is known of a lead image's file: pixels and bytes, 0 where unknown."""

    media_type: str = ""
    length: int = 0
    width: int = 0
    height: int = 0


@dataclass(frozen=True, slots=True)
class SyndicationLink:
    """A copy of a post on a network: the account that published it, and the public URL."""

    account: str
    network: str
    url: str


@dataclass(frozen=True, slots=True)
class Enclosure:
    """A file that travels with an entry; a picture only where its length is known."""

    url: str
    media_type: str
    length: int
    title: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One post inside a feed. `id` never changes; `updated_at` moves only with the content."""

    id: str
    url: str
    title: str
    summary: str
    html: str
    published_at: datetime
    updated_at: datetime
    is_note: bool = False
    """Whether the title is only its first words: formats that can do without leave it out."""
    authors: tuple[Author, ...] = ()
    language: str = ""
    translations: tuple[tuple[str, str], ...] = ()
    """Language and address of the same post in others."""
    categories: tuple[Category, ...] = ()
    tags: tuple[str, ...] = ()
    picture: Picture | None = None
    picture_type: str = ""
    """Media type and bytes of the picture where known."""
    picture_length: int = 0
    picture_width: int = 0
    picture_height: int = 0
    card: CardRef | None = None
    enclosures: tuple[Enclosure, ...] = ()
    external_url: str = ""
    generated_by: str = ""
    markdown: str = ""
    """The source, filled only where the site wants `source:markdown`."""
    source: str = ""
    """The file of the post, for whoever tells of a problem."""
    digest: str = ""
    """Equal digests render to equal bytes; the key of the entry cache."""
    is_short: bool = False
    """Whether its text was left away because it would fill half of a feed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Feed:
    """One list of entries with everything its formats need. URLs are absolute.

    `urls` maps the name of a format to the place of this document in that format;
    `previous`, `next` and `current` do the same for RFC 5005 archives.
    """

    name: str
    """Folder below the publish root, empty for the site's own feed: "featured", "category/go"."""
    title: str
    home_url: str
    urls: Mapping[str, str]
    updated_at: datetime
    entries: Sequence[Entry]
    """Newest first. Planning hands over a sequence that makes its entries when they are asked for."""
    description: str = ""
    language: str = ""
    authors: tuple[Author, ...] = ()
    icon_url: str = ""
    hubs: tuple[str, ...] = ()
    id: str = ""
    """Stable identity of the feed itself (Atom `id`)."""
    copyright: str = ""
    extra: Mapping[str, str | Mapping[str, str]] = field(default_factory=dict)
    """Elements of the site's own: by name, with text, or with attributes or children."""
    previous: Mapping[str, str] = field(default_factory=dict)
    next: Mapping[str, str] = field(default_factory=dict)
    current: Mapping[str, str] = field(default_factory=dict)
    is_archive: bool = False
    paths: Mapping[str, str] = field(default_factory=dict)
    """Format name → path below the publish root."""
    digest: str = ""
    """Equal digests render to equal documents; "" where unknown (then it is always rendered)."""


@dataclass(frozen=True, slots=True)
class SeenEntry:
    """An entry as it was published: what a reader remembers of it."""

    id: str
    url: str
    updated: str
    """As written in the document, "" where the format does not tell."""


@dataclass(frozen=True, slots=True)
class SeenFeed:
    """A published document, read back. `path` is below the publish root."""

    path: str
    entries: tuple[SeenEntry, ...]


@dataclass(frozen=True, slots=True)
class Artefact:
    """A file to publish: `path` is below the publish root, POSIX. The media type is for object stores."""

    path: str
    media_type: str
    data: bytes
    modified_at: datetime | None = None
    """Newest visible change, for Last-Modified; None means the moment of writing."""
    problems: tuple[Problem, ...] = ()
    """Posts that are left out of it, each with the reason."""
    fingerprint: str = ""
    """What it was made of: with an equal one it need not be made again. "" where nobody can say."""


def fingerprint(*parts: object) -> str:
    """What something is made of, in 24 characters: equal parts, equal fingerprint."""
    text = "\0".join(map(str, parts))
    return blake2b(text.encode("utf-8", "surrogatepass"), digest_size=12).hexdigest()


ON_DISK = "disk "
"""How the version of a file begins that lies on this machine's disk: no other machine will see the same."""


class PublishedFile(NamedTuple):
    """A line of the manifest: a file of ours, what it was made of, and how it looked when it was written."""

    path: str
    digest: str
    """Of its bytes; "" for a file that only its name shows to be ours."""
    earlier: str = ""
    """Of the bytes there before: after a kill between remembering and writing, either are ours."""
    fingerprint: str = ""
    size: int = 0
    version: str = ""
    """As a listing shows it; "" until it is surely written."""
    post_id: str = ""
    """Whose card it is, "" for any other file."""
    card: str = ""
    """What there is to say of that card, as JSON."""
    unneeded_since: datetime | None = None
