"""From the file to `Settings`: paths made absolute, account rules laid over the site's."""

from __future__ import annotations

import difflib
import hashlib
import os
import re
import tomllib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime
from html import unescape
from pathlib import Path
from typing import Any, get_args

from pydantic import BaseModel, ValidationError

from syndicate.config import CONFIG_NAME, Mistake, find_exposed
from syndicate.config.tables import AccountTable, ConfigFile, ScheduleTable
from syndicate.errors import ConfigError
from syndicate.model import (
    SQUARE,
    Account,
    Author,
    CardRules,
    ContentRules,
    FeedRules,
    Notices,
    ScheduleRules,
    Settings,
    Site,
    Storage,
    shout,
    variable_of,
)

# --- Everything wrong with a configuration, said at once: line, key, what to do ---

_PLAIN = {
    "missing": "is missing",
    "bool_parsing": "must be true or false",
    "bool_type": "must be true or false",
    "dict_type": "must be a table: [{table}.NAME]",
    "greater_than_equal": "must be {ge} or more",
    "int_from_float": "must be a whole number",
    "int_parsing": "must be a whole number",
    "int_type": "must be a whole number",
    "less_than_equal": "must be {le} or less",
    "literal_error": "must be {expected}",
    "model_type": "must be a table: [{table}]",
    "string_too_short": "must not be empty",
    "string_type": "must be text in quotes",
    "tuple_type": "must be a list",
}
"""What people are told where Pydantic speaks of its types."""


def locate_mistakes(path: str, mistakes: Sequence[Mistake]) -> ConfigError:
    """One ConfigError for what only others can judge: which networks and options there are."""
    try:
        text = Path(path).read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError):  # it was read a moment ago; without it there are no lines
        text = ""
    return make_mistakes_error(mistakes, text, path)


def make_mistakes_error(mistakes: Sequence[Mistake], text: str, path: str) -> ConfigError:
    """One ConfigError that lists every problem, each with its line."""
    found = sorted((find_line(text, one.keys), f"{'.'.join(one.keys)}: {one.sentence}") for one in mistakes)
    lines = [f"line {line}, {sentence}" if line else sentence for line, sentence in found]
    headline = "one thing is wrong" if len(lines) == 1 else f"{len(lines)} things are wrong"
    return ConfigError("\n  ".join([headline, *lines]), where=path)


def _read_detail(detail: Any) -> Mistake:
    keys = [str(key) for key in detail["loc"] if isinstance(key, str) and not _is_union_branch(key)]
    return Mistake(tuple(keys), _sentence(detail, keys))


def _is_union_branch(key: str) -> bool:
    """Pydantic puts the name of the tried type into the path; people did not write that."""
    return bool(re.search(r"[\[\]()]|Table$|^str$", key))


def _sentence(detail: Any, keys: list[str]) -> str:
    if detail["type"] == "extra_forbidden":
        return f"there is no such key{_nearest(keys)}"
    if plain := _PLAIN.get(detail["type"]):
        return plain.format(**{"table": ".".join(keys), **detail.get("ctx", {})}).replace("'", '"')
    message: str = detail["msg"].removeprefix("Value error, ")
    return message[0].lower() + message[1:]


def _nearest(keys: list[str]) -> str:
    for name in _list_keys(ConfigFile):
        if keys[-1] in _known_keys([name]):
            return f"; it belongs in [{name}.NAME]" if name == "accounts" else f"; it belongs in [{name}]"
    known = _known_keys(keys[:-1])
    if near := difflib.get_close_matches(keys[-1], known, 1):
        return f"; did you mean {near[0]}?"
    holder = f"[{'.'.join(keys[:-1])}]" if keys[:-1] else "the file"
    return f"; {holder} has {', '.join(known)}" if known else ""


def list_account_keys() -> list[str]:
    """What every account takes, whatever its network."""
    return _list_keys(AccountTable)


def _known_keys(parents: list[str]) -> list[str]:
    model: type[BaseModel] = ConfigFile
    for key in parents:
        field = next((one for name, one in model.model_fields.items() if key == (one.alias or name)), None)
        inner = find_table(field.annotation) if field else None
        if inner is None:
            return []
        model = inner
    return _list_keys(model)


def find_table(kind: object) -> type[BaseModel] | None:
    """The table that a key holds, alone or in a list."""
    if isinstance(kind, type) and issubclass(kind, BaseModel):
        return kind
    return next((table for part in get_args(kind) if (table := find_table(part))), None)


def _list_keys(model: type[BaseModel]) -> list[str]:
    return [field.alias or name for name, field in model.model_fields.items()]


def find_line(text: str, keys: Sequence[str]) -> int:
    """The 1-based line of a key in TOML text, of what holds it where the key is not there, else 0."""
    table, best, depth = "", 0, 0
    for number, line in enumerate(text.splitlines(), 1):
        header = re.match(r"\s*\[+\s*([^\]]+?)\s*\]+", line)
        table = header[1].replace('"', "") if header else table
        found = re.match(r"\s*\"?([\w.-]+)\"?\s*=", line)
        here = [part for part in [*table.split("."), *(found[1].split(".") if found else [])] if part]
        if here == list(keys):
            return number
        if (header or found) and len(here) > depth and here == list(keys)[: len(here)]:
            best, depth = number, len(here)
    return best


def _make_cards(rules: CardRules) -> CardRules:
    """The square card is one more size that is drawn."""
    wants_more = rules.square and SQUARE not in rules.sizes
    return replace(rules, sizes=(*rules.sizes, SQUARE)) if wants_more else rules


_SCHEDULE_KEYS = set(ScheduleTable.model_fields)


Judge = Callable[[Account], Iterable[Mistake]]
"""What only networks know: what is wrong with an account."""


def read_settings(path: Path, judge: Judge = lambda _account: ()) -> Settings:
    """Read and check a syndicate.toml. Raises ConfigError that lists everything wrong with it.

    `judge` is asked only where something is wrong anyway, so that all of it is said at once.
    """
    try:
        text = path.read_text(encoding="utf-8-sig")
    except OSError as error:
        raise ConfigError(f"cannot be read: {error.strerror or error}", where=str(path)) from error
    except UnicodeDecodeError as error:
        raise ConfigError("is not UTF-8 text", where=str(path), hint="save it as UTF-8") from error
    return make_settings(text, root=path.parent.resolve(), name=str(path), judge=judge)


def make_settings(
    text: str,
    *,
    root: Path,
    name: str = CONFIG_NAME,
    environ: Mapping[str, str] = os.environ,
    judge: Judge = lambda _account: (),
) -> Settings:
    """Turn the text of a syndicate.toml into Settings; relative paths start at `root`."""
    try:
        tables = tomllib.loads(text)
    except ValueError as error:  # also for numbers of very many digits
        raise ConfigError(f"is not valid TOML: {error}", where=name) from error
    except RecursionError as error:
        raise ConfigError("is nested too deeply", where=name) from error
    try:
        file: Any = ConfigFile.model_validate(tables)
    except ValidationError as error:
        found = (*map(_read_detail, error.errors()), *_judge_each(tables, judge))
        raise make_mistakes_error(list(dict.fromkeys(found)), text, name) from error
    site = _make_site(file.site)
    schedule = _lay_over(ScheduleRules(timezone=site.timezone), file.schedule)
    settings = Settings(
        root=str(root),
        site=site,
        storage=_make_storage(file.storage, root),
        content=ContentRules(fields=file.fields, **_plain(file.content, "write_back")),
        feeds=FeedRules(**_plain(file.feeds)),
        cards=_make_cards(CardRules(**_plain(file.cards))),
        schedule=schedule,
        accounts=tuple(_make_account(key, table, schedule) for key, table in file.accounts.items()),
        notices=Notices(**_plain(file.notices)),
        write_back=file.content.write_back,
        allow_private=file.site.allow_private,
        digest=hashlib.sha256(text.encode()).hexdigest(),
        file=name,
    )
    mistakes = (
        *find_exposed(settings, environ),
        *_find_namesakes(file.accounts),
        *_find_two_states(settings.storage),
        *dict.fromkeys(_find_never(settings.accounts, tables)),
    )
    if mistakes:
        raise make_mistakes_error(mistakes, text, name)
    return settings


def _judge_each(tables: Mapping[str, Any], judge: Judge) -> Iterator[Mistake]:
    """What is wrong with the accounts that can be read by themselves."""
    accounts = tables.get("accounts")
    for name, table in accounts.items() if isinstance(accounts, dict) else ():
        with suppress(ValidationError):
            yield from judge(_make_account(name, AccountTable.model_validate(table), ScheduleRules()))


def _find_namesakes(names: Iterable[str]) -> Iterator[Mistake]:
    """Accounts whose secrets would stand in the same environment variables."""
    first: dict[str, str] = {}
    for name in names:
        other = first.setdefault(shout(name), name)
        if other != name:
            variables = variable_of(name, "…").rstrip("_") + "_…"
            sentence = f'shares its secrets\' variables {variables} with "{other}"; give one of them another name'
            yield Mistake(("accounts", name), sentence)


_SOME_DAY = datetime(2024, 1, 1, tzinfo=UTC)


def _find_never(accounts: Iterable[Account], tables: Mapping[str, Any]) -> Iterator[Mistake]:
    """Accounts that could never speak: all their slots lie in the quiet hours."""
    for account in accounts:
        rules = account.schedule
        if not (rules.slots and rules.quiet):
            continue
        from syndicate.planning.schedule import next_slot  # noqa: PLC0415 - APScheduler, as for every slot

        try:
            next_slot(rules, _SOME_DAY, (), _SOME_DAY)
        except ConfigError:
            own = tables["accounts"][account.name]
            is_own = not own.keys().isdisjoint(("slots", "quiet"))
            key = "quiet" if is_own and "slots" not in own else "slots"
            sentence = f"no message could ever go out, since every slot lies in the quiet hours {rules.quiet}"
            yield Mistake(
                ("accounts", account.name, key) if is_own else ("schedule", key),
                f"{sentence}; move a slot or the quiet hours",
            )


def _plain(table: Any, *without: str) -> dict[str, Any]:
    return {name: getattr(table, name) for name in type(table).model_fields if name not in without}


def _make_site(table: Any) -> Site:
    authors = tuple(Author(**_plain(one)) for one in table.authors)
    own = {folder.strip("/"): pattern for folder, pattern in table.permalinks.items()}
    more = {"authors": authors, "permalinks": own, "feeds_url": table.feeds_url or f"{table.url}/feeds"}
    more |= {"title": unescape(table.title), "description": unescape(table.description)}  # WordPress writes entities
    return Site(**_plain(table, "allow_private") | more)


def _lay_over(below: ScheduleRules, table: Any) -> ScheduleRules:
    """The rules of `table` where it has them, else those of `below`."""
    names = ScheduleRules.__dataclass_fields__
    given = {name: getattr(table, name) for name in names if getattr(table, name) is not None}
    return ScheduleRules(**{name: getattr(below, name) for name in names} | given)


def _make_account(name: str, table: Any, schedule: ScheduleRules) -> Account:
    own = {key: value for key, value in _plain(table).items() if key not in _SCHEDULE_KEYS}
    options = {key: _option_text(value) for key, value in (table.model_extra or {}).items()}
    return Account(name=name, **own, schedule=_lay_over(schedule, table), options=options)


def _option_text(value: object) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return ",".join(map(str, value)) if isinstance(value, list) else str(value)


def _make_storage(table: Any, root: Path) -> Storage:
    database = re.sub(r"^sqlite:///(?!/)", f"sqlite:///{root}/", table.database)
    publish_to = table.publish_to if "://" in table.publish_to else str(root / table.publish_to)
    cache = str(root / ".syndicate" / "cache.db")
    return Storage(database=database, publish_to=publish_to, cache=cache, state=table.state)


def _find_two_states(storage: Storage) -> Iterator[Mistake]:
    """A state is in one place."""
    if storage.state and not storage.database.startswith("sqlite"):
        yield Mistake(("storage", "state"), "is for SQLite: a PostgreSQL outlives its machines anyway; leave one out")
