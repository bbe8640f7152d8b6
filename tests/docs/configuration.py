"""The table of docs/configuration.md, as the schema says it."""

from __future__ import annotations

import json
import typing
from datetime import timedelta

from pydantic.fields import FieldInfo
from pydantic_core import PydanticUndefined

from syndicate.config.tables import AccountTable, ConfigFile, ScheduleTable, read_help
from syndicate.model import ScheduleRules

HEAD = ["| key | default | meaning |", "|---|---|---|"]


def render_table() -> list[str]:
    """Its lines: a heading per table of syndicate.toml, a row per key."""
    tables = {
        name: field.annotation
        for name, field in ConfigFile.model_fields.items()
        if hasattr(field.annotation, "model_fields")
    }
    lines = [*HEAD]
    for name, model in [*tables.items(), ("accounts.NAME", AccountTable)]:
        inherited = set(ScheduleTable.model_fields) if model is AccountTable else set()
        lines.append(f"| **[{name}]** |  |  |")
        told = read_help(model)
        lines += [_row(key, field, told[key]) for key, field in model.model_fields.items() if key not in inherited]
    told = read_help(ConfigFile)
    return [*lines, "| **top level** |  |  |", _row("fields", ConfigFile.model_fields["fields"], told["fields"])]


def _row(key: str, field: FieldInfo, told: str) -> str:
    choices = [json.dumps(choice) for choice in _choices(field.annotation) if choice]
    words = f" {_how_many(field.annotation)} {', '.join(f'`{choice}`' for choice in choices)}." if choices else ""
    return f"| `{field.alias or key}` | {_default(key, field)} | {told}{words} |"


def _how_many(kind: object) -> str:
    if typing.get_origin(kind) is tuple:
        return "Any of"
    return "Such as" if str in typing.get_args(kind) else "One of"


def _choices(kind: object) -> tuple[object, ...]:
    """The words that a Literal allows, also inside a tuple or beside None."""
    if typing.get_origin(kind) is typing.Literal:
        return typing.get_args(kind)
    return tuple(choice for part in typing.get_args(kind) for choice in _choices(part))


def _default(key: str, field: FieldInfo) -> str:
    if field.is_required():
        return "required"
    value = field.get_default(call_default_factory=True) if field.default_factory else field.default
    if value is None:
        value = getattr(ScheduleRules(), key, None)
    if value is None:
        return "not set"
    assert value is not PydanticUndefined
    return "the site's" if key == "timezone" and not value else f"`{_write(value)}`"


def _write(value: object) -> str:
    """As it would stand in the file."""
    if isinstance(value, timedelta):
        hours = int(value.total_seconds() // 3600)
        return f'"{hours // 24}d"' if hours and hours % 24 == 0 else f'"{hours}h"' if hours else "0"
    return json.dumps(value, ensure_ascii=False)
