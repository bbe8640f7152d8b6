"""Templates: the site's own file where there is one, else ours.

Ours come with the package: as `syndicate/_templates` in a wheel, as `templates/` beside it in a repository.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path, PurePosixPath

from syndicate.errors import ConfigError
from syndicate.folders import walk

FOLDER = "templates"
KINDS = ("cards", "messages", "pages")


def read_template(root: str, name: str) -> str:
    """The text of a template such as "messages/default.txt"; `root` is the site's folder.

    Raises ConfigError where neither the site nor we have it, or it is not UTF-8.
    """
    path = PurePosixPath(name)
    if path.is_absolute() or ".." in path.parts or "\\" in name:
        raise ConfigError("is not the name of a template", where=name, hint="name a file below templates/")
    own = Path(root, FOLDER, *path.parts)
    found = own if own.is_file() else _find_ours(path)
    if found is None:
        raise ConfigError("there is no such template", where=name, hint=f"put one at {FOLDER}/{name}")
    try:
        return found.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError("the template cannot be read as UTF-8 text", where=str(found)) from error


def is_own(root: str, name: str) -> bool:
    """Whether the site has a template of its own."""
    return Path(root, FOLDER, name).is_file()


def fingerprint_templates(root: str) -> str:
    """Changes when a template does, the site's or ours; reads none of them."""
    places = [place / kind for place in (Path(root, FOLDER), Path(str(_ours()))) for kind in KINDS]
    found = [entry for place in places for entry in walk(place) if entry.is_file()]
    return "\n".join(f"{entry.path} {entry.stat().st_ctime_ns}" for entry in found)


def _find_ours(path: PurePosixPath) -> Traversable | None:
    found = _ours().joinpath(*path.parts)
    return found if found.is_file() else None


@cache
def _ours() -> Traversable:
    packaged = files("syndicate").joinpath("_templates")
    return packaged if packaged.is_dir() else Path(__file__).resolve().parent.parent / FOLDER


def read_starter() -> Iterator[tuple[str, bytes]]:
    """The files of the sample site, by POSIX path."""
    for name in sorted(_list_names(_ours().joinpath("starter"))):
        yield name, _ours().joinpath("starter", *PurePosixPath(name).parts).read_bytes()


def _list_names(folder: Traversable) -> Iterator[str]:
    if not folder.is_dir():
        return
    for found in folder.iterdir():
        if found.name.startswith("."):
            continue
        if found.is_dir():
            yield from (f"{found.name}/{name}" for name in _list_names(found))
        else:
            yield found.name
