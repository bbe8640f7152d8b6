"""JSON Schema of syndicate.toml, for editors: it takes what the program takes and shows values as people write them."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from pydantic import BaseModel

from syndicate.config.schema import AuthorTable, ConfigFile
from syndicate.config.values import ACCOUNT_NAME

_UNITS = (("w", 604_800), ("d", 86_400), ("h", 3_600), ("m", 60), ("s", 1))


def make_json_schema() -> dict[str, Any]:
    """What every configuration may hold. Accounts take further keys, which `app.options` adds."""
    schema = ConfigFile.model_json_schema(by_alias=True)
    for model in _list_tables(ConfigFile):
        properties = schema["$defs"][model.__name__]["properties"]
        for name, field in model.model_fields.items():
            key = field.alias or name
            properties[key] = _as_written(properties[key], field.default)
    for table in schema["properties"].values():
        table.pop("default", None)
    schema["properties"]["accounts"]["propertyNames"] = {"pattern": f"^{ACCOUNT_NAME}$"}
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", "title": "syndicate.toml"} | schema


def _list_tables(model: type[BaseModel]) -> list[type[BaseModel]]:
    from syndicate.config.problems import find_table  # noqa: PLC0415 - it reads the same models

    tables = (find_table(field.annotation) for field in model.model_fields.values())
    return [*dict.fromkeys(table for table in tables if table), AuthorTable]


def _as_written(key: dict[str, Any], default: object) -> dict[str, Any]:
    """One key: TOML has no null, one word may stand for a list of one, and a length of time is no ISO 8601."""
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
