"""Everything wrong with a configuration, said at once: line, key, what to do."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, get_args

from pydantic import BaseModel, ValidationError

from syndicate.config.tables import AccountTable, ConfigFile
from syndicate.errors import ConfigError

_PLAIN = {
    "missing": "is missing",
    "bool_parsing": "must be true or false",
    "bool_type": "must be true or false",
    "dict_type": "must be a table",
    "greater_than_equal": "must be {ge} or more",
    "int_from_float": "must be a whole number",
    "int_parsing": "must be a whole number",
    "int_type": "must be a whole number",
    "less_than_equal": "must be {le} or less",
    "literal_error": "must be {expected}",
    "model_type": "must be a table",
    "string_too_short": "must not be empty",
    "string_type": "must be text in quotes",
    "tuple_type": "must be a list",
}
"""What people are told where Pydantic speaks of its types."""


@dataclass(frozen=True, slots=True)
class Mistake:
    """Something wrong: the keys that lead to it, and what to do."""

    keys: tuple[str, ...]
    sentence: str


def make_config_error(error: ValidationError, text: str, path: str, more: Iterable[Mistake] = ()) -> ConfigError:
    """One ConfigError that lists every problem, each with its line."""
    return make_mistakes_error(list(dict.fromkeys((*map(_read_detail, error.errors()), *more))), text, path)


def locate_mistakes(path: str, mistakes: Sequence[Mistake]) -> ConfigError:
    """The same for what only others can judge: which networks and options there are."""
    try:
        text = Path(path).read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError):  # it was read a moment ago; without it there are no lines
        text = ""
    return make_mistakes_error(mistakes, text, path)


def make_mistakes_error(mistakes: Sequence[Mistake], text: str, path: str) -> ConfigError:
    """The same for mistakes that were found otherwise."""
    found = sorted((find_line(text, one.keys), f"{'.'.join(one.keys)}: {one.sentence}") for one in mistakes)
    lines = [f"line {line}, {sentence}" if line else sentence for line, sentence in found]
    return ConfigError("\n  ".join([_headline(len(lines)), *lines]), where=path)


def _headline(number: int) -> str:
    return "one thing is wrong" if number == 1 else f"{number} things are wrong"


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
        return plain.format(**detail.get("ctx", {})).replace("'", '"')
    message: str = detail["msg"].removeprefix("Value error, ")
    return message[0].lower() + message[1:]


def _nearest(keys: list[str]) -> str:
    near = difflib.get_close_matches(keys[-1], _known_keys(keys[:-1]), 1)
    return f"; did you mean {near[0]}?" if near else ""


def list_account_keys() -> list[str]:
    """What every account takes, whatever its network."""
    return _list_keys(AccountTable)


def _known_keys(parents: list[str]) -> list[str]:
    model: type[BaseModel] = ConfigFile
    for key in parents:
        field = model.model_fields.get(key)
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
