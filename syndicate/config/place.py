"""Where a syndicate.toml is, and what the folder that it publishes to must not hold. Loads nothing that parses one."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from syndicate.errors import ConfigError
from syndicate.model import Settings

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
