"""The shape of syndicate.toml: the keys of `model.Settings`, and what may stand there.

Names, defaults and help (the docstring under a key) are those of the settings. Here stands what a type does not say.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import MISSING, fields
from datetime import timedelta
from functools import cache
from itertools import pairwise
from typing import Annotated, Any, ClassVar, Literal, get_type_hints

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, create_model, field_validator

from syndicate.config import values as shape
from syndicate.model import (
    Account,
    Author,
    CardRules,
    ContentRules,
    FeedFormatName,
    FeedRules,
    Notices,
    ScheduleRules,
    Settings,
    Site,
    Storage,
)


class Section(BaseModel):
    rules: ClassVar[type] = Settings
    """Where its keys are from."""
    model_config = ConfigDict(defer_build=True, extra="forbid", frozen=True)

    @field_validator("*", mode="before")
    @classmethod
    def _refuse_nul(cls, value: Any) -> Any:
        """No path, address or name may hold it, and what is asked of the system with one is a ValueError there."""
        for text in value if isinstance(value, list) else (value,):
            if isinstance(text, str) and "\0" in text:
                raise ValueError("holds a NUL character")
        return value


_SHAPES: Mapping[Any, Any] = {
    tuple[str, ...]: shape.Words,
    timedelta: shape.Duration,
    Mapping[str, str]: dict[str, str],
}


def _make_table(
    name: str, rules: type, /, *without: str, below: type[Section] = Section, is_optional: bool = False, **shapes: Any
) -> type[Section]:
    """A table with the keys of `rules`, in their order, and with further ones: a shape, or a shape and a default."""
    defaults = {one.name: _default_of(one) for one in fields(rules)}
    kinds: dict[str, Any] = {
        key: _SHAPES.get(kind, kind) for key, kind in get_type_hints(rules).items() if key not in without
    }
    keys: dict[str, Any] = {}
    for key, kind in (kinds | shapes).items():
        keys[key] = kind if isinstance(kind, tuple) else (kind | None, None) if is_optional else (kind, defaults[key])
    table: type[Section] = create_model(name, __base__=below, __module__=__name__, **keys)
    table.rules = rules
    return table


def _default_of(key: Any) -> object:
    if key.default_factory is not MISSING:
        return Field(default_factory=key.default_factory)
    return ... if key.default is MISSING else key.default


class AuthorTable(Section):
    name: str
    url: shape.OptionalUrl = ""
    email: str = ""
    avatar: shape.OptionalUrl = ""


AuthorTable.rules = Author
_Person = str | AuthorTable
_Authors = Annotated[
    tuple[AuthorTable, ...], BeforeValidator(shape.as_people, json_schema_input_type=_Person | tuple[_Person, ...])
]
SiteTable = _make_table(
    "SiteTable",
    Site,
    title=Annotated[str, Field(min_length=1)],
    url=shape.Url,
    name=shape.SiteName,
    language=shape.Language,
    timezone=shape.Timezone,
    authors=Annotated[_Authors, Field(alias="author")],
    permalink=shape.Permalink,
    permalinks=dict[shape.InsidePath, shape.Permalink],
    built=shape.InsidePath,
    content=shape.InsidePath,
    feeds_url=shape.OptionalUrl,
    allow_private=(bool, False),
)
ContentTable = _make_table("ContentTable", ContentRules, "fields", body=shape.Selector, write_back=(bool, False))
FeedsTable = _make_table(
    "FeedsTable",
    FeedRules,
    formats=Annotated[tuple[FeedFormatName, ...], shape.OneOrMore],
    items=Annotated[int, Field(ge=1, le=1000)],
    max_bytes=shape.Size,
    archive_items=Annotated[int, Field(ge=1, le=1000)],
    by=Annotated[tuple[Literal["category", "author", "language"], ...], shape.OneOrMore],
    by_min_posts=Annotated[int, Field(ge=1)],
    hubs=Annotated[tuple[shape.Address, ...], shape.OneOrMore],
    extra=dict[shape.ElementName, str | dict[str, str]],
    indexnow_key=shape.IndexNowKey,
)
CardsTable = _make_table(
    "CardsTable",
    CardRules,
    font=Literal["Inter", "Source Serif 4"] | str,
    fonts=Annotated[tuple[shape.InsidePath, ...], shape.OneOrMore],
    accent=shape.Colour,
    format=Literal["jpeg", "png"],
    sizes=shape.CardSizes,
    max_bytes=shape.Size,
)
ScheduleTable = _make_table(
    "ScheduleTable",
    ScheduleRules,
    is_optional=True,
    slots=shape.Slots,
    timezone=shape.OptionalTimezone,
    quiet=shape.Quiet,
    per_day=Annotated[int, Field(ge=0)],
    most_at_once=Annotated[int, Field(ge=0)],
)


class _Open(ScheduleTable):  # type: ignore[misc, valid-type]
    """Takes what only its network knows."""

    model_config = ConfigDict(extra="allow")


AccountTable = _make_table(
    "AccountTable",
    Account,
    "name",
    "schedule",
    "options",
    below=_Open,
    on=Annotated[tuple[shape.OccasionWord, ...], shape.OneOrMore],
    exclude=Annotated[shape.Words, Field(alias="except")],
    link=Literal["text", "card", "reply", "none"],
    media=Literal["", "card", "image", "none"],
    hashtags=Annotated[int, Field(ge=0, le=30)],
    language=shape.OptionalLanguage,
    profile=shape.OptionalAddress,
)
StorageTable = _make_table(
    "StorageTable",
    Storage,
    "cache",
    database=(str, "sqlite:///.syndicate/state.db"),
    state=shape.StateAddress,
    publish_to=(str, "feeds"),
)
NoticesTable = _make_table("NoticesTable", Notices, webhook=shape.OptionalAddress, heartbeat=shape.OptionalAddress)
ConfigFile: type[Section] = create_model(
    "ConfigFile",
    __base__=Section,
    __module__=__name__,
    site=(SiteTable, ...),
    fields=(dict[str, str], Field(default_factory=dict)),
    content=(ContentTable, ContentTable()),
    feeds=(FeedsTable, FeedsTable()),
    cards=(CardsTable, CardsTable()),
    schedule=(ScheduleTable, ScheduleTable()),
    storage=(StorageTable, StorageTable()),
    notices=(NoticesTable, NoticesTable()),
    accounts=(dict[shape.AccountName, AccountTable], Field(default_factory=dict)),  # type: ignore[valid-type]
)


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
    schema["properties"]["accounts"]["propertyNames"] = {"pattern": f"^{shape.ACCOUNT_NAME}$"}
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", "title": "syndicate.toml"} | schema


def read_help(table: type[BaseModel]) -> dict[str, str]:
    """What is said of each key of a table. Pydantic would read it at every start, for 50 ms."""
    rules = [one.rules for one in reversed(table.__mro__) if issubclass(one, Section)]
    return {key: text for one in (ContentRules, *rules) for key, text in _read_docstrings(one).items()}


@cache
def _read_docstrings(rules: type) -> dict[str, str]:
    """Those under the keys of a dataclass."""
    import ast  # noqa: PLC0415 - with the next one only for who shows them
    import inspect  # noqa: PLC0415

    (table,) = ast.parse(inspect.getsource(rules)).body
    return {
        ast.unparse(key.target): " ".join(str(text.value.value).split())
        for key, text in pairwise(ast.iter_child_nodes(table))
        if isinstance(key, ast.AnnAssign) and isinstance(text, ast.Expr) and isinstance(text.value, ast.Constant)
    }


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
