"""The site, its accounts and its rules as `config/` reads them from syndicate.toml: plain values."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Protocol
from urllib.parse import urlsplit

from syndicate.model.feed import FEED_FORMATS
from syndicate.model.post import Author


@dataclass(frozen=True, slots=True, kw_only=True)
class Site:
    """Who publishes, and where the pages live."""

    title: str
    url: str
    """Absolute, without a trailing slash."""
    name: str = "default"
    """Key of the site in the state database; several sites may share one."""
    description: str = ""
    language: str = "en"
    timezone: str = "UTC"
    authors: tuple[Author, ...] = ()
    permalink: str = "/blog/{slug}/"
    """Pattern with words between braces (`text.slugs`)."""
    permalinks: Mapping[str, str] = field(default_factory=dict)
    """Folder below the content folder → its own pattern."""
    generator: str = ""
    """Whose rules fill the words of patterns: "hugo", "jekyll" …"""
    built: str = ""
    """Folder with the pages as the generator built them, below the site's folder; "" for none."""
    content: str = "content/posts"
    static: tuple[str, ...] = ("static", "public", "assets")
    """Folders that the generator serves from the root; local images are looked up there."""
    icon: str = ""
    copyright: str = ""
    feeds_url: str = ""
    """Public URL of the publish root, without trailing slash; empty means <url>/feeds."""

    def list_doubts(self) -> tuple[str, ...]:
        """What a person has to answer before anything leads anywhere: names that nobody can have (RFC 2606)."""
        host = (urlsplit(self.url).hostname or "").rstrip(".")
        if not re.search(r"(?:^|\.)(?:example(?:\.(?:com|net|org))?|invalid)$", host):
            return ()
        return (f"{host} is an example and nobody's site: feeds and messages lead nowhere until [site] url is yours",)


@dataclass(frozen=True, slots=True, kw_only=True)
class ContentRules:
    """How posts are read."""

    fields: Mapping[str, str] = field(default_factory=dict)
    """Our field name → the author's front-matter name."""
    labels: tuple[str, ...] = ("Social Snippet", "Social Share", "Excerpt", "Summary", "TL;DR")
    """Labels that a generator left before a text ("Social Snippet: …") and that no reader wants."""
    ignore: tuple[str, ...] = ()
    """Glob patterns below the content folder."""
    repair: bool = True
    include: tuple[str, ...] = ("**/*.md", "**/*.markdown", "**/*.mdx")
    body: str = ""
    """Selector of what is the body in the built page, "" where the Markdown is rendered."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FeedRules:
    """Which feeds there are and how large they get."""

    formats: tuple[str, ...] = tuple(FEED_FORMATS)
    items: int = 50
    max_bytes: int = 512_000
    archives: bool = True
    archive_items: int = 50
    by: tuple[str, ...] = ("category",)
    """"category", "author", "language"."""
    flags: tuple[str, ...] = ("featured", "trending")
    by_min_posts: int = 3
    hubs: tuple[str, ...] = ()
    extra: Mapping[str, str | Mapping[str, str]] = field(default_factory=dict)
    """Elements of the site's own in the head of each feed."""
    full_content: bool = True
    source_markdown: bool = False
    retired: tuple[str, ...] = ()
    """Feed folders that answer 410."""
    renamed: Mapping[str, str] = field(default_factory=dict)
    """Old feed folder → new one, answered with 301."""
    indexnow_key: str = ""


SQUARE = "1200x1200"
"""The size of the second card for messengers."""

OWN_PICTURE = "photo"
"""What a person says who wants a post's own picture to go with a message, and not its card: its lead picture. Those of
its text have a name behind that: "photo-1f2e3d4c"."""


def is_own_picture(media: str) -> bool:
    """Whether a person's choice is one of the post's own pictures."""
    return media == OWN_PICTURE or media.startswith(f"{OWN_PICTURE}-")


@dataclass(frozen=True, slots=True, kw_only=True)
class CardRules:
    """How share cards look."""

    layout: str = "auto"
    """"auto", the name of one of ours, or of a file in the site's templates/cards."""
    theme: str = "auto"
    """"auto" (from the photo), "light", "dark"."""
    font: str = "Inter"
    fonts: tuple[str, ...] = ()
    """Further font files, by path below the site's root."""
    logo: str = ""
    logo_dark: str = ""
    """The logo for dark grounds."""
    accent: str = ""
    format: str = "jpeg"
    sizes: tuple[str, ...] = ("1200x630",)
    square: bool = False
    """Whether a second, square card stands in the page's tags, for messengers that cut the first to its middle."""
    max_bytes: int = 280_000
    keep: timedelta = timedelta(days=30)
    fetch: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class ScheduleRules:
    """When things may go out, for the site or for one account."""

    slots: tuple[str, ...] = ()
    """Cron expressions or words ("mon-fri 09:00"); empty means as soon as it may."""
    timezone: str = ""
    quiet: str = ""
    """"22:00-07:00", empty for none."""
    gap: timedelta = timedelta(0)
    """Least time between two messages of one account."""
    delay: timedelta = timedelta(0)
    """Least time between publication and the message."""
    grace: timedelta = timedelta(hours=6)
    """How late a slot may be served; after that the delivery is missed."""
    missed: str = "hold"
    """What happens to a missed delivery: "hold" (a person releases it), "next" (next slot), "skip"."""
    per_day: int = 0
    """Most messages a day, 0 for no limit."""
    ready_within: timedelta = timedelta(hours=24)
    """How long to wait for the page to be live."""
    not_ready: str = "hold"
    """After that: "hold", "skip" or "send"."""
    old_after: timedelta = timedelta(days=7)
    """How long after its date a post may first be seen and still be news."""
    most_at_once: int = 5
    """More posts than this that are new or newly featured within an hour wait for a person, 0 for any number."""


def variable_of(account: str, name: str) -> str:
    """The environment variable of a secret: SYNDICATE_MY_BLOG_TOKEN for account "my-blog", secret "token"."""
    return "_".join(("SYNDICATE", shout(account), shout(name)))


def shout(word: str) -> str:
    """ "my-blog" → "MY_BLOG"."""
    return re.sub(r"[^A-Z0-9]+", "_", word.upper()).strip("_")


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """One login on one network."""

    name: str
    network: str
    on: tuple[str, ...] = ("new",)
    """Occasions: "new", "evergreen", and flags of posts: "featured", or any other key that is true."""
    only: tuple[str, ...] = ()
    """Category names; empty means all."""
    exclude: tuple[str, ...] = ()
    template: str = ""
    """Name of a file in templates/messages; empty means the network's own or "default"."""
    link: str = "text"
    """"text" (in the text), "card" (only as a card), "reply" (as a reply), "none"."""
    media: str = ""
    """"card", "image", "none"; empty means what suits the network."""
    thread: bool = False
    approve: bool = False
    hashtags: int = 3
    utm: Mapping[str, str] = field(default_factory=dict)
    language: str = ""
    visibility: str = ""
    warning: str = ""
    on_edit: str = "keep"
    """"keep", "edit" (where the network can), "repost" never."""
    on_delete: str = "keep"
    """"keep" or "delete"."""
    evergreen_after: timedelta = timedelta(days=180)
    profile: str = ""
    """Address of the profile there."""
    counts: bool | None = None
    """Whether likes and the like are counted; None: where reading costs nothing."""
    enabled: bool = True
    schedule: ScheduleRules = field(default_factory=ScheduleRules)
    """The account's own rules laid over the site's: complete."""
    options: Mapping[str, str] = field(default_factory=dict)
    """The network's own settings ("instance", "service", "chat"), checked against its description."""

    @property
    def flags(self) -> tuple[str, ...]:
        """The flags that it announces beside "featured", whose rows every post has from the start."""
        return tuple(word for word in self.on if word not in {"new", "featured", "evergreen"})

    @property
    def follows_posts(self) -> bool:
        """Whether what it sent changes with its post."""
        return (self.on_edit, self.on_delete) != ("keep", "keep")


@dataclass(frozen=True, slots=True, kw_only=True)
class Storage:
    """Where state and output live."""

    database: str
    """SQLAlchemy URL, absolute."""
    publish_to: str
    """Absolute folder or "s3://bucket/prefix"."""
    cache: str
    """Absolute path of the disposable cache file."""
    state: str = ""
    """"git:BRANCH" or "s3://bucket/prefix", where the database is only a working copy of it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Notices:
    """Whom to tell when an account breaks or a delivery keeps failing."""

    command: str = ""
    webhook: str = ""
    email: str = ""
    heartbeat: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """syndicate.toml as values. `root` is the folder it stands in, absolute."""

    root: str
    site: Site
    storage: Storage
    content: ContentRules = field(default_factory=ContentRules)
    feeds: FeedRules = field(default_factory=FeedRules)
    cards: CardRules = field(default_factory=CardRules)
    schedule: ScheduleRules = field(default_factory=ScheduleRules)
    accounts: tuple[Account, ...] = ()
    notices: Notices = field(default_factory=Notices)
    write_back: bool = False
    allow_private: bool = False
    """Whether addresses that come from content may lead into private networks (previews, tests)."""
    digest: str = ""
    """Changes when anything in the file does."""
    file: str = ""
    """The file itself, as a person named it."""


# --- the disposable cache file: losing it costs time, never data ---


class Cache(Protocol):
    """Bytes by (kind, key). Kinds: "post", "entry", "picture", "feed"."""

    def get(self, kind: str, key: str) -> bytes | None:
        """The stored bytes, None where there are none."""

    def get_many(self, kind: str, keys: Iterable[str]) -> Mapping[str, bytes]:
        """Those of the keys that are stored."""

    def get_all(self, kind: str) -> Mapping[str, bytes]:
        """Everything of one kind."""

    def put_many(self, kind: str, items: Mapping[str, bytes]) -> None:
        """Store or replace, in one transaction."""

    def drop(self, kind: str, keys: Iterable[str]) -> None:
        """Forget some keys."""
