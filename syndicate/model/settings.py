"""The site, its accounts and its rules as `config/` reads them from syndicate.toml: plain values.

What stands under a key of the file is its help, in the documentation and in editors.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Literal, Protocol
from urllib.parse import urlsplit

from syndicate.model.feed import FEED_FORMATS
from syndicate.model.post import Author


@dataclass(frozen=True, slots=True, kw_only=True)
class Habits:
    """How a generator reads posts, where not as others do; `content/permalinks.py` has the words of its addresses."""

    has_bundles: bool = False
    """A folder with an index.md is one post, and all else in it belongs to that."""
    has_values_beside: bool = False
    """A file of values may lie beside a post and be called like it."""
    has_common_names: bool = False
    """Its settings and data are called as those of other programs are: config.toml, data/."""
    takes_any_line: bool = False
    """The value of a line of front matter is all that follows the first colon."""
    parts_tags: bool = False
    """`tags: slow life` are two tags."""
    titles_by_file: bool = False
    """A post without a title is called like its file."""
    groups_by_slug: bool = False
    """Translations of one post share their slug."""
    leads_by_language: bool = False
    """An address that a translation declares without a first slash goes behind its language."""
    closes_paths: Literal["", "directories", "all"] = ""
    """Which of the addresses that posts declare get a slash at their end: those without one, or all."""
    dates_by_file: bool = False
    """A date before the name of a file is the one that addresses are made of."""
    is_utc: Literal["", "times", "addresses"] = ""
    """A whole time that names no zone, or the day in an address, is meant in UTC."""
    keeps_written_day: bool = False
    """The day in an address is the one that the author wrote, in whatever zone."""


_PLAIN = Habits(dates_by_file=True)
_HABITS: Mapping[str, Habits] = {
    "hugo": Habits(
        has_bundles=True,
        has_common_names=True,
        leads_by_language=True,
        closes_paths="directories",
        keeps_written_day=True,
    ),
    "zola": Habits(has_bundles=True, has_common_names=True, closes_paths="all"),
    "jekyll": Habits(parts_tags=True, titles_by_file=True, is_utc="times"),
    "docusaurus": Habits(titles_by_file=True),
    "eleventy": Habits(has_values_beside=True, is_utc="addresses"),
    "pelican": Habits(takes_any_line=True, groups_by_slug=True),
    "astro": _PLAIN,
    "nuxt": Habits(),
    "": _PLAIN,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Site:
    """Who publishes, and where the pages live. No address ends with a slash."""

    title: str
    """The name of the blog, as feeds and cards show it."""
    url: str
    """Where the pages live."""
    name: str = "default"
    """Key of this site when several share one database."""
    description: str = ""
    """One sentence; the subtitle of the feeds."""
    language: str = "en"
    """Language of posts that name none (BCP 47)."""
    timezone: str = "UTC"
    """Zone of dates without one, and of the schedule."""
    authors: tuple[Author, ...] = ()
    """A name, a table with name, url and email, or a list of them."""
    permalink: str = "/blog/{slug}/"
    """Below `url`: {slug}, {name}, {title}, {path}, {folders}, {year}, {month}, {day}, {category}, {categories} …"""
    permalinks: Mapping[str, str] = field(default_factory=dict)
    """Folder below the content folder = permalink of its posts, where it is not the site's."""
    generator: Literal["", "hugo", "jekyll", "eleventy", "astro", "docusaurus", "zola", "pelican", "nuxt"] = ""
    """Whose rules fill these words and tell which files are posts."""
    built: str = ""
    """Folder of the built site ("public", "_site"), whose pages tell their own addresses; empty for none."""
    content: str = "content/posts"
    """Folder of the posts, below the folder of syndicate.toml."""
    static: tuple[str, ...] = ("static", "public", "assets")
    """Folders served from the root of the site; local images are looked up there."""
    icon: str = ""
    """Address or path of a square icon for the feeds."""
    copyright: str = ""
    """Copyright line of the feeds."""
    feeds_url: str = ""
    """Public address of the published folder; empty means `url` + "/feeds"."""

    @property
    def habits(self) -> Habits:
        return _HABITS[self.generator]

    def list_doubts(self) -> tuple[str, ...]:
        """What a person has to answer before anything leads anywhere: names that nobody can have (RFC 2606)."""
        host = (urlsplit(self.url).hostname or "").rstrip(".")
        if not re.search(r"(?:^|\.)(?:example(?:\.(?:com|net|org))?|invalid)$", host):
            return ()
        lost = "feeds and messages lead nowhere until [site] url is yours"
        return (f"the host {host} is an example and nobody's site: {lost}",)


@dataclass(frozen=True, slots=True, kw_only=True)
class ContentRules:
    """How posts are read."""

    fields: Mapping[str, str] = field(default_factory=dict)
    """Our field name = your front-matter name, where they differ."""
    labels: tuple[str, ...] = ("Social Snippet", "Social Share", "Excerpt", "Summary", "TL;DR")
    """Labels left by writing tools ("Social Snippet: …") that are removed before a text."""
    include: tuple[str, ...] = ("**/*.md", "**/*.markdown", "**/*.mdx")
    """Which files are posts."""
    ignore: tuple[str, ...] = ()
    """Which of them are not."""
    body: str = ""
    """What of the built page is the body in feeds ("article", "main", ".post-content"); empty for the Markdown."""
    repair: bool = True
    """Mend UTF-8 that was decoded twice ("cafÃ©" for "café")."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FeedRules:
    """Which feeds there are and how large they get."""

    formats: tuple[str, ...] = tuple(FEED_FORMATS)
    """Formats to publish."""
    items: int = 50
    """Most entries in a feed."""
    max_bytes: int = 512_000
    """Most bytes of a feed; older entries move to the archives."""
    archives: bool = True
    """Whether older entries are published as RFC 5005 archives."""
    archive_items: int = 50
    """Entries in an archive document; changing it later writes new archives. Beyond four times `max_bytes` the longest
    show their summaries alone."""
    by: tuple[str, ...] = ("category",)
    """Further feeds for each of these."""
    flags: tuple[str, ...] = ("featured", "trending")
    """Front-matter flags with a feed of their own."""
    by_min_posts: int = 3
    """Least posts for a category, author or language to have a feed."""
    hubs: tuple[str, ...] = ()
    """WebSub hubs to name and to ping."""
    extra: Mapping[str, str | Mapping[str, str]] = field(default_factory=dict)
    """Elements of your own in the head of RSS and Atom: "webfeeds:accentColor" = "2ee5ac"."""
    full_content: bool = True
    """Whole posts, or only their summaries."""
    source_markdown: bool = False
    """Whether the Markdown travels in the RSS feed too (source:markdown)."""
    retired: tuple[str, ...] = ()
    """Feed folders that answer 410 Gone."""
    renamed: Mapping[str, str] = field(default_factory=dict)
    """Old feed folder = new feed folder, answered by a permanent redirect."""
    indexnow_key: str = ""
    """Key for IndexNow pings; empty for none."""


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
    """auto, one of cover, side, split, framed, emblem, band, type, poster, quote, or a file in templates/cards."""
    theme: Literal["auto", "light", "dark"] = "auto"
    """Colours: auto follows the photo."""
    font: str = "Inter"
    """Type family of the title."""
    fonts: tuple[str, ...] = ()
    """Further font files of yours."""
    logo: str = ""
    """Path of a logo (PNG, WebP or JPEG), below the site's folder."""
    logo_dark: str = ""
    """Path of the same logo for dark grounds."""
    accent: str = ""
    """Accent colour, "#rrggbb"."""
    format: str = "jpeg"
    """Format of photo cards; flat cards may become PNG where that is smaller."""
    sizes: tuple[str, ...] = ("1200x630",)
    """Sizes to draw; the first is the share card."""
    square: bool = False
    """A second, square card in the page's tags, for WhatsApp and Signal."""
    max_bytes: int = 280_000
    """Most bytes of a card."""
    keep: timedelta = timedelta(days=30)
    """How long replaced card files stay, since networks cache by address."""
    fetch: bool = True
    """Whether remote images may be fetched."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ScheduleRules:
    """When things may go out, for the site or for one account."""

    slots: tuple[str, ...] = ()
    """When messages go out: cron ("0 9 * * mon-fri") or words ("mon-fri 09:00"); none means at once."""
    timezone: str = ""
    """Zone of the slots; the site's when empty."""
    quiet: str = ""
    """Hours in which nothing goes out, "22:00-07:00"."""
    gap: timedelta = timedelta(0)
    """Least time between two messages of an account."""
    delay: timedelta = timedelta(0)
    """Least time between publication and the message."""
    grace: timedelta = timedelta(hours=6)
    """How late a slot may still be served."""
    missed: Literal["hold", "next", "skip"] = "hold"
    """What happens to a message whose slot was missed."""
    per_day: int = 0
    """Most messages of an account in a day, 0 for any number."""
    ready_within: timedelta = timedelta(hours=24)
    """How long to wait for the page to be live."""
    not_ready: Literal["hold", "skip", "send"] = "hold"
    """What happens to a message whose page did not come up."""
    old_after: timedelta = timedelta(days=7)
    """A post first seen later than this after its date is old, not news."""
    most_at_once: int = 5
    """More new posts than this within an hour wait for you, 0 for any number."""


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
    """The network this account lives on."""
    on: tuple[str, ...] = ("new",)
    """What is announced: "new" posts, "evergreen" ones again, and posts that get a flag: "featured", "trending" …"""
    only: tuple[str, ...] = ()
    """Only posts of these categories."""
    exclude: tuple[str, ...] = ()
    """No posts of these categories."""
    template: str = ""
    """Name of a text in templates/messages."""
    link: str = "text"
    """Where the link goes."""
    media: str = ""
    """Share card as link card, as attached image, or not at all; empty is what suits the network."""
    thread: bool = False
    """Long texts become a thread instead of being shortened."""
    approve: bool = False
    """Hold every message until `syndicate queue release`."""
    hashtags: int = 3
    """Most hashtags made from keywords and categories."""
    utm: Mapping[str, str] = field(default_factory=dict)
    """UTM parameters for the link: source, medium, campaign …"""
    language: str = ""
    """Language of the messages; the post's when empty."""
    visibility: str = ""
    """Visibility, where the network has one."""
    warning: str = ""
    """Content warning, where the network has one."""
    on_edit: Literal["keep", "edit"] = "keep"
    """Whether published messages follow an edited post, where the network can."""
    on_delete: Literal["keep", "delete"] = "keep"
    """Whether published messages are removed with their post."""
    evergreen_after: timedelta = timedelta(days=180)
    """Age from which a post may be announced again (on = "evergreen")."""
    profile: str = ""
    """Address of your profile there, for rel="me" and fediverse:creator in your pages."""
    counts: bool | None = None
    """Count likes, boosts, replies and quotes: true also where reading costs money, false never."""
    enabled: bool = True
    """Turn the account off without losing its history."""
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
    """Where state and output live; every path is absolute."""

    database: str
    """The state database: SQLite, or postgresql://…"""
    state: str = ""
    """Where the state lives if this machine's disk does not last: "git:BRANCH" or "s3://bucket/prefix"."""
    publish_to: str
    """Folder for what is published, or s3://bucket/prefix."""
    cache: str
    """Absolute path of the disposable cache file."""

    @property
    def file(self) -> str:
        """The path of an SQLite database, "" for any other."""
        return self.database.removeprefix("sqlite:///") if self.database.startswith("sqlite:///") else ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Notices:
    """Whom to tell when an account breaks or a delivery keeps failing."""

    command: str = ""
    """Command to run when an account breaks; the text arrives on standard input."""
    webhook: str = ""
    """Address that gets a JSON POST."""
    email: str = ""
    """Address that gets a mail: through this machine's mail server, or the one in SYNDICATE_SMTP_URL."""
    heartbeat: str = ""
    """Address that is fetched every five minutes while all is well: a monitor calls you when that ends."""


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
    """Whether the links to sent copies are written into the posts' front matter as `syndication:`."""
    allow_private: bool = False
    """Whether images and pages may be fetched from private addresses (previews, tests)."""
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
