"""syndicate.toml: where it is, what the folder that it publishes to must not hold, and the settings as they were last.

Here is what loads nothing that parses one; `read` checks the file as a whole and turns it into `model.Settings`.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, fields, is_dataclass
from datetime import timedelta
from pathlib import Path

import orjson

from syndicate import __version__
from syndicate.errors import ConfigError
from syndicate.folders import open_file, replace_file
from syndicate.model import (
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
)

CONFIG_NAME = "syndicate.toml"


@dataclass(frozen=True, slots=True)
class Mistake:
    """Something wrong: the keys that lead to it, and what to do."""

    keys: tuple[str, ...]
    sentence: str


def find_config(start: Path) -> Path:
    """The nearest syndicate.toml, from `start` upwards. Raises ConfigError where there is none."""
    for folder in (start, *start.parents):
        if (folder / CONFIG_NAME).is_file():
            return folder / CONFIG_NAME
    raise ConfigError(f"no {CONFIG_NAME} here or above", where=str(start), hint="`syndicate init` writes one")


# --- what must never lie in the published folder, since everybody may read what is there ---

_KEYS = ("storage", "publish_to")


def find_exposed(settings: Settings, environ: Mapping[str, str]) -> tuple[Mistake, ...]:
    """One mistake where the published folder is, or holds, a place of which the world must see nothing."""
    if "://" in settings.storage.publish_to:
        return ()
    folder = settings.storage.publish_to
    held = list(dict.fromkeys(what for what, place in _list_private(settings, environ) if _holds(folder, place)))
    if not held:
        return ()
    hint = 'name a folder of its own, such as "feeds"'
    return (Mistake(_KEYS, f"everybody could read {' and '.join(held)}, which this folder holds; {hint}"),)


def _list_private(settings: Settings, environ: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    """Each private place with its name in a sentence."""
    yield "the configuration", str(Path(settings.root, Path(settings.file).name))
    yield "the configuration", f"{settings.root}/syndicate.toml"
    yield "the posts' files", f"{settings.root}/{settings.site.content}"
    yield "the state", str(Path(settings.storage.cache).parent)
    if settings.storage.database.startswith("sqlite"):
        yield "the state database", settings.storage.database.partition(":///")[2].partition("?")[0]
    for name, value in environ.items():
        if name.startswith("SYNDICATE_") and name.endswith("_FILE") and value:
            yield f"the file of {name}", value


def _holds(folder: str, place: str) -> bool:
    """Whether a place is a folder or lies in it: as it is written, behind links, and by another name of the folder."""
    written = Path(os.path.abspath(place)).is_relative_to(os.path.abspath(folder))  # noqa: PTH100 - keeps links
    real = Path(os.path.realpath(place))  # where resolve() fails at a circle of links
    return (
        written
        or real.is_relative_to(os.path.realpath(folder))
        or any(_is_same(one, folder) for one in (real, *real.parents))
    )


def _is_same(one: Path, other: str) -> bool:
    try:
        return one.samefile(other)
    except OSError:
        return False


# --- the settings as they were read last, beside the state ---
# Reading them anew takes longer than looking whether anything changed. They are of use only while file and program are
# the same; losing them costs time and nothing else.

_TYPES = (Account, Author, CardRules, ContentRules, FeedRules, Notices, ScheduleRules, Settings, Site, Storage)
_BY_NAME: Mapping[str, type] = {kind.__name__: kind for kind in _TYPES}
_NAME = "settings.json"


def keep_settings(settings: Settings) -> None:
    """Remember them, where their folder is there and they can be told again exactly."""
    path = Path(settings.storage.cache).with_name(_NAME)
    try:
        data = orjson.dumps({"version": __version__, "settings": _to_plain(settings)})
    except TypeError:  # a date, a number too large
        return
    if _from_plain(orjson.loads(data)["settings"]) != settings:
        return
    with suppress(OSError):  # a full disk, a folder that may not be written
        if _read(path) != data:
            replace_file(path, data)


def recall_settings(config: Path, environ: Mapping[str, str] = os.environ) -> Settings | None:
    """What `read_settings` would give for this file; None where only that can tell."""
    try:
        kept = orjson.loads(_read(config.parent.resolve() / ".syndicate" / _NAME))
        if kept["version"] != __version__:
            return None
        settings = _from_plain(kept["settings"])
        digest = hashlib.sha256(config.read_text(encoding="utf-8-sig").encode()).hexdigest()
    except (OSError, ValueError, KeyError, TypeError):
        return None
    if not isinstance(settings, Settings) or settings.digest != digest:
        return None
    is_same = settings.file == str(config) and settings.root == str(config.parent.resolve())
    return settings if is_same and not find_exposed(settings, environ) else None


def _read(path: Path) -> bytes:
    """Nothing where no such file is."""
    with suppress(OSError), open_file(path) as file:
        return file.read()
    return b""


def _to_plain(value: object) -> object:
    """Values that JSON can hold; whatever is more than a scalar or a list says its type."""
    if is_dataclass(value) and not isinstance(value, type):
        rows = {one.name: _to_plain(getattr(value, one.name)) for one in fields(value)}
        return {"type": type(value).__name__, **rows}
    if isinstance(value, timedelta):
        return {"type": "timedelta", "seconds": value.total_seconds()}
    if isinstance(value, Mapping):
        return {"type": "table", "rows": [[key, _to_plain(inner)] for key, inner in value.items()]}
    return [_to_plain(inner) for inner in value] if isinstance(value, tuple) else value


def _from_plain(value: object) -> object:
    """The same values again. Raises KeyError or TypeError for what was not kept here."""
    if isinstance(value, list):
        return tuple(map(_from_plain, value))
    if not isinstance(value, dict):
        return value
    kind, rest = value["type"], {key: inner for key, inner in value.items() if key != "type"}
    if kind == "timedelta":
        return timedelta(seconds=rest["seconds"])
    if kind == "table":
        return {key: _from_plain(inner) for key, inner in rest["rows"]}
    return _BY_NAME[kind](**{key: _from_plain(inner) for key, inner in rest.items()})
