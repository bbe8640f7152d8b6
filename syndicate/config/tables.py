"""The shape of syndicate.toml. The docstring under a key is its help in docs, errors and editors."""

from __future__ import annotations

import sys
from datetime import timedelta
from functools import cache
from itertools import pairwise
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, field_validator

from syndicate.config.values import (
    ACCOUNT_NAME,
    AccountName,
    Address,
    CardSize,
    Colour,
    Duration,
    ElementName,
    IndexNowKey,
    InsidePath,
    Language,
    OccasionWord,
    OneOrMore,
    OptionalAddress,
    OptionalLanguage,
    OptionalTimezone,
    OptionalUrl,
    Permalink,
    Quiet,
    Selector,
    SiteName,
    Size,
    Slots,
    StateAddress,
    Timezone,
    Url,
    Words,
    as_people,
)
from syndicate.model import FeedFormatName


class Section(BaseModel):
    model_config = ConfigDict(defer_build=True, extra="forbid", frozen=True)

    @field_validator("*", mode="before")
    @classmethod
    def _refuse_nul(cls, value: Any) -> Any:
        """No path, address or name may hold it, and what is asked of the system with one is a ValueError there."""
        for text in value if isinstance(value, list) else (value,):
            if isinstance(text, str) and "\0" in text:
                raise ValueError("holds a NUL character")
        return value


class AuthorTable(Section):
    name: str
    url: OptionalUrl = ""
    email: str = ""
    avatar: OptionalUrl = ""
    """Address of a picture of the person."""


Person = str | AuthorTable
Authors = Annotated[
    tuple[AuthorTable, ...], BeforeValidator(as_people, json_schema_input_type=Person | tuple[Person, ...])
]


class SiteTable(Section):
    title: str = Field(min_length=1)
    """The name of the blog, as feeds and cards show it."""
    url: Url
    """Where the pages live."""
    name: SiteName = "default"
    """Key of this site when several share one database."""
    description: str = ""
    """One sentence; the subtitle of the feeds."""
    language: Language = "en"
    """Language of posts that name none (BCP 47)."""
    timezone: Timezone = "UTC"
    """Zone of dates without one, and of the schedule."""
    author: Authors = ()
    """A name, a table with name, url and email, or a list of them."""
    permalink: Permalink = "/blog/{slug}/"
    """Below `url`: {slug}, {name}, {title}, {path}, {folders}, {year}, {month}, {day}, {category}, {categories} …"""
    permalinks: dict[InsidePath, Permalink] = Field(default_factory=dict)
    """Folder below the content folder = permalink of its posts, where it is not the site's."""
    generator: Literal["", "hugo", "jekyll", "eleventy", "astro", "docusaurus", "zola", "pelican", "nuxt"] = ""
    """Whose rules fill these words and tell which files are posts."""
    built: InsidePath = ""
    """Folder of the built site ("public", "_site"), whose pages tell their own addresses; empty for none."""
    content: InsidePath = "content/posts"
    """Folder of the posts, below the folder of syndicate.toml."""
    static: Words = ("static", "public", "assets")
    """Folders served from the root of the site; local images are looked up there."""
    icon: str = ""
    """Address or path of a square icon for the feeds."""
    copyright: str = ""
    """Copyright line of the feeds."""
    feeds_url: OptionalUrl = ""
    """Public address of the published folder; empty means `url` + "/feeds"."""
    allow_private: bool = False
    """Whether images and pages may be fetched from private addresses (previews, tests)."""


class ContentTable(Section):
    labels: Words = ("Social Snippet", "Social Share", "Excerpt", "Summary", "TL;DR")
    """Labels left by writing tools ("Social Snippet: …") that are removed before a text."""
    include: Words = ("**/*.md", "**/*.markdown", "**/*.mdx")
    """Which files are posts."""
    ignore: Words = ()
    """Which of them are not."""
    body: Selector = ""
    """What of the built page is the body in feeds ("article", "main", ".post-content"); empty for the Markdown."""
    repair: bool = True
    """Mend UTF-8 that was decoded twice ("cafÃ©" for "café")."""
    write_back: bool = False
    """Whether the links to sent copies are written into the posts' front matter as `syndication:`."""


class FeedsTable(Section):
    formats: Annotated[tuple[FeedFormatName, ...], OneOrMore] = ("rss", "atom", "json")
    """Formats to publish."""
    items: int = Field(default=50, ge=1, le=1000)
    """Most entries in a feed."""
    max_bytes: Size = 512_000
    """Most bytes of a feed; older entries move to the archives."""
    archives: bool = True
    """Whether older entries are published as RFC 5005 archives."""
    archive_items: int = Field(default=50, ge=1, le=1000)
    """Entries in an archive document; changing it later writes new archives. Beyond four times `max_bytes` the longest
    show their summaries alone."""
    by: Annotated[tuple[Literal["category", "author", "language"], ...], OneOrMore] = ("category",)
    """Further feeds for each of these."""
    flags: Words = ("featured", "trending")
    """Front-matter flags with a feed of their own."""
    by_min_posts: int = Field(default=3, ge=1)
    """Least posts for a category, author or language to have a feed."""
    hubs: Annotated[tuple[Address, ...], OneOrMore] = ()
    """WebSub hubs to name and to ping."""
    extra: dict[ElementName, str | dict[str, str]] = Field(default_factory=dict)
    """Elements of your own in the head of RSS and Atom: "webfeeds:accentColor" = "2ee5ac"."""
    full_content: bool = True
    """Whole posts, or only their summaries."""
    source_markdown: bool = False
    """Whether the Markdown travels in the RSS feed too (source:markdown)."""
    retired: Words = ()
    """Feed folders that answer 410 Gone."""
    renamed: dict[str, str] = Field(default_factory=dict)
    """Old feed folder = new feed folder, answered by a permanent redirect."""
    indexnow_key: IndexNowKey = ""
    """Key for IndexNow pings; empty for none."""


class CardsTable(Section):
    layout: str = "auto"
    """auto, one of cover, side, split, framed, emblem, band, type, poster, quote, or a file in templates/cards."""
    theme: Literal["auto", "light", "dark"] = "auto"
    """Colours: auto follows the photo."""
    font: Literal["Inter", "Source Serif 4"] | str = "Inter"
    """Type family of the title."""
    fonts: Annotated[tuple[InsidePath, ...], OneOrMore] = ()
    """Further font files of yours."""
    logo: str = ""
    """Path of a logo (PNG, WebP or JPEG), below the site's folder."""
    logo_dark: str = ""
    """Path of the same logo for dark grounds."""
    accent: Colour = ""
    """Accent colour, "#rrggbb"."""
    format: Literal["jpeg", "png"] = "jpeg"
    """Format of photo cards; flat cards may become PNG where that is smaller."""
    sizes: Annotated[tuple[CardSize, ...], OneOrMore] = ("1200x630",)
    """Sizes to draw; the first is the share card."""
    square: bool = False
    """A second, square card in the page's tags, for WhatsApp and Signal."""
    max_bytes: Size = 280_000
    """Most bytes of a card."""
    keep: Duration = timedelta(days=30)
    """How long replaced card files stay, since networks cache by address."""
    fetch: bool = True
    """Whether remote images may be fetched."""

    @field_validator("sizes")
    @classmethod
    def _check_sizes(cls, sizes: tuple[str, ...]) -> tuple[str, ...]:
        for size in sizes:
            width, _, height = size.partition("x")
            if not (width.isdecimal() and height.isdecimal() and 200 <= int(width) <= 4000 >= int(height) >= 200):
                raise ValueError(f'"{size}" is not a size; write for example "1200x630"')
        if not sizes:
            raise ValueError("needs one size at least")
        return sizes


class ScheduleTable(Section):
    slots: Slots | None = None
    """When messages go out: cron ("0 9 * * mon-fri") or words ("mon-fri 09:00"); none means at once."""
    timezone: OptionalTimezone | None = None
    """Zone of the slots; the site's when empty."""
    quiet: Quiet | None = None
    """Hours in which nothing goes out, "22:00-07:00"."""
    gap: Duration | None = None
    """Least time between two messages of an account."""
    delay: Duration | None = None
    """Least time between publication and the message."""
    grace: Duration | None = None
    """How late a slot may still be served."""
    missed: Literal["hold", "next", "skip"] | None = None
    """What happens to a message whose slot was missed."""
    per_day: int | None = Field(default=None, ge=0)
    """Most messages of an account in a day, 0 for any number."""
    ready_within: Duration | None = None
    """How long to wait for the page to be live."""
    not_ready: Literal["hold", "skip", "send"] | None = None
    """What happens to a message whose page did not come up."""
    old_after: Duration | None = None
    """A post first seen later than this after its date is old, not news."""
    most_at_once: int | None = Field(default=None, ge=0)
    """More new posts than this within an hour wait for you, 0 for any number."""


class AccountTable(ScheduleTable):
    model_config = ConfigDict(extra="allow", frozen=True)

    network: str
    """The network this account lives on."""
    on: Annotated[tuple[OccasionWord, ...], OneOrMore] = ("new",)
    """What is announced: "new" posts, "evergreen" ones again, and posts that get a flag: "featured", "trending" …"""
    only: Words = ()
    """Only posts of these categories."""
    exclude: Words = Field(default=(), alias="except")
    """No posts of these categories."""
    template: str = ""
    """Name of a text in templates/messages."""
    link: Literal["text", "card", "reply", "none"] = "text"
    """Where the link goes."""
    media: Literal["", "card", "image", "none"] = ""
    """Share card as link card, as attached image, or not at all; empty is what suits the network."""
    thread: bool = False
    """Long texts become a thread instead of being shortened."""
    approve: bool = False
    """Hold every message until `syndicate queue release`."""
    hashtags: int = Field(default=3, ge=0, le=30)
    """Most hashtags made from keywords and categories."""
    utm: dict[str, str] = Field(default_factory=dict)
    """UTM parameters for the link: source, medium, campaign …"""
    language: OptionalLanguage = ""
    """Language of the messages; the post's when empty."""
    visibility: str = ""
    """Visibility, where the network has one."""
    warning: str = ""
    """Content warning, where the network has one."""
    on_edit: Literal["keep", "edit"] = "keep"
    """Whether published messages follow an edited post, where the network can."""
    on_delete: Literal["keep", "delete"] = "keep"
    """Whether published messages are removed with their post."""
    evergreen_after: Duration = timedelta(days=180)
    """Age from which a post may be announced again (on = "evergreen")."""
    profile: OptionalAddress = ""
    """Address of your profile there, for rel="me" and fediverse:creator in your pages."""
    counts: bool | None = None
    """Count likes, boosts, replies and quotes: true also where reading costs money, false never."""
    enabled: bool = True
    """Turn the account off without losing its history."""


class StorageTable(Section):
    database: str = "sqlite:///.syndicate/state.db"
    """The state database: SQLite, or postgresql://…"""
    state: StateAddress = ""
    """Where the state lives if this machine's disk does not last: "git:BRANCH" or "s3://bucket/prefix"."""
    publish_to: str = "feeds"
    """Folder for what is published, or s3://bucket/prefix."""


class NoticesTable(Section):
    command: str = ""
    """Command to run when an account breaks; the text arrives on standard input."""
    webhook: OptionalAddress = ""
    """Address that gets a JSON POST."""
    email: str = ""
    """Address that gets a mail: through this machine's mail server, or the one in SYNDICATE_SMTP_URL."""
    heartbeat: OptionalAddress = ""
    """Address that is fetched every five minutes while all is well: a monitor calls you when that ends."""


class ConfigFile(Section):
    site: SiteTable
    fields: dict[str, str] = Field(default_factory=dict)
    """Our field name = your front-matter name, where they differ."""
    content: ContentTable = ContentTable()
    feeds: FeedsTable = FeedsTable()
    cards: CardsTable = CardsTable()
    schedule: ScheduleTable = ScheduleTable()
    storage: StorageTable = StorageTable()
    notices: NoticesTable = NoticesTable()
    accounts: dict[AccountName, AccountTable] = Field(default_factory=dict)


# --- JSON Schema of syndicate.toml, for editors ---
# It takes what the program takes and shows values as people write them.

_UNITS = (("w", 604_800), ("d", 86_400), ("h", 3_600), ("m", 60), ("s", 1))


def make_json_schema() -> dict[str, Any]:
    """What every configuration may hold. Accounts take further keys, which `app.accounts` adds."""
    schema = ConfigFile.model_json_schema(by_alias=True)
    tables: list[type[BaseModel]] = [ConfigFile, *_list_tables(ConfigFile)]
    for model in tables:
        told = read_help(model)
        properties = schema["$defs"].get(model.__name__, schema)["properties"]
        for name, field in model.model_fields.items():
            key = field.alias or name
            help_ = {"description": told[name]} if name in told else {}
            properties[key] = _as_written(properties[key] | help_, field.default)
    for table in schema["properties"].values():
        table.pop("default", None)
    schema["properties"]["accounts"]["propertyNames"] = {"pattern": f"^{ACCOUNT_NAME}$"}
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", "title": "syndicate.toml"} | schema


def read_help(table: type[BaseModel]) -> dict[str, str]:
    """The docstrings under the keys of a table. Pydantic would read them at every start, for 50 ms."""
    told = _read_help()
    models = [one.__name__ for one in reversed(table.__mro__) if one.__module__ == __name__]
    return {key: text for model in models for key, text in told[model].items()}


@cache
def _read_help() -> dict[str, dict[str, str]]:
    """Of every table in this file."""
    import ast  # noqa: PLC0415 - with the next one only for who shows them
    import inspect  # noqa: PLC0415

    found: dict[str, dict[str, str]] = {}
    classes = (one for one in ast.parse(inspect.getsource(sys.modules[__name__])).body if isinstance(one, ast.ClassDef))
    for table in classes:
        told = found.setdefault(table.name, {})
        for key, text in pairwise(ast.iter_child_nodes(table)):
            if isinstance(key, ast.AnnAssign) and isinstance(text, ast.Expr) and isinstance(text.value, ast.Constant):
                told[ast.unparse(key.target)] = inspect.cleandoc(str(text.value.value))
    return found


def _list_tables(model: type[BaseModel]) -> list[type[BaseModel]]:
    from syndicate.config.read import find_table  # noqa: PLC0415 - it reads the same models

    tables = (find_table(field.annotation) for field in model.model_fields.values())
    return [*dict.fromkeys(table for table in tables if table), AuthorTable]


def _as_written(key: dict[str, Any], default: object) -> dict[str, Any]:
    """One key: TOML has no null, one word may stand for a list of one, and a length of time is not ISO 8601."""
    if "anyOf" in key:
        choices = [choice for choice in key["anyOf"] if choice != {"type": "null"}]
        key = {**key, "anyOf": choices} if len(choices) > 1 else {**_without(key, "anyOf"), **choices[0]}
    if key.get("type") == "array":
        listed = {name: key[name] for name in ("type", "items", "minItems") if name in key}
        key = {**_without(key, *listed), "anyOf": [listed["items"], listed]}
    if isinstance(default, timedelta):
        key = {**key, "default": write_duration(default)}
    return _without(key, "default") if key.get("default", "") is None else key


def _without(key: dict[str, Any], *names: str) -> dict[str, Any]:
    return {name: value for name, value in key.items() if name not in names}


def write_duration(span: timedelta) -> str:
    """ "2h", "1d 12h": as `parse_duration` reads it."""
    left, parts = int(span.total_seconds()), []
    for unit, size in _UNITS[1:]:
        number, left = divmod(left, size)
        parts += [f"{number}{unit}"] if number else []
    return " ".join(parts) or "0s"
