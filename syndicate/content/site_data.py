"""What a generator calls by the name of the site: syndicate.toml, its own settings, and its folder of data.

Read when a post first asks for it. A digest of the files' stats tells when posts have to be read anew. Links are not
followed: what a post shows of these values is public, and a contributor's link may lead to a secret.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from functools import cached_property
from itertools import islice
from pathlib import Path
from urllib.parse import urlsplit

from syndicate.containment import contain
from syndicate.folders import walk
from syndicate.model import Settings
from syndicate.text.values import parse_data

_SETTINGS = (
    "_config.yml", "_config.yaml", "_config.toml", "hugo.toml", "hugo.yaml", "hugo.yml", "hugo.json", "config.toml",
    "config.yaml", "config.yml",
)  # fmt: skip
_FOLDERS = ("_data", "data")
_ENDINGS = frozenset({".yml", ".yaml", ".json", ".toml"})
_MAX_BYTES = 2_000_000
_MOST_FILES = 500


class SiteData(Mapping[str, object]):
    """The values by name, each file read once and only when it is asked for."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._root = Path(settings.root)

    def __getitem__(self, name: str) -> object:
        if name.lower() == "data":
            return self._data
        return self._own[name] if name in self._own else self._theirs[name]

    def __iter__(self) -> Iterator[str]:
        return iter({**self._theirs, **self._own})

    def __len__(self) -> int:
        return len({**self._theirs, **self._own})

    @cached_property
    def _own(self) -> Mapping[str, object]:
        site = self._settings.site
        path = urlsplit(site.url).path
        author = site.authors[0].name if site.authors else None
        own = {"title": site.title, "description": site.description or None, "author": author}
        own = {name: value for name, value in own.items() if value is not None}
        own |= {"url": site.url.removesuffix(path), "baseurl": path, "lang": site.language, "language": site.language}
        return own

    @cached_property
    def _theirs(self) -> Mapping[str, object]:
        found = next((value for name in _SETTINGS if (value := _read(self._root, name)) is not None), None)
        values = found if isinstance(found, Mapping) else {}
        params = values.get("params")
        return {**values, **params} if isinstance(params, Mapping) else values

    @cached_property
    def _data(self) -> _Folder:
        return _Folder(self._root, _FOLDERS)


class _Folder(Mapping[str, object]):
    """Files and folders of data by their names without ending."""

    def __init__(self, root: Path, places: Iterable[str]) -> None:
        self._root = root
        self._places = tuple(places)
        self._known: dict[str, object] = {}

    def __getitem__(self, name: str) -> object:
        if "/" in name or name.startswith("."):
            raise KeyError(name)
        if name not in self._known:
            self._known[name] = self._find(name)
        return self._known[name]

    def _find(self, name: str) -> object:
        files = (f"{place}/{name}{ending}" for place in self._places for ending in sorted(_ENDINGS))
        value = next((value for file in files if (value := _read(self._root, file)) is not None), None)
        folders = [f"{place}/{name}" for place in self._places if _is_folder(self._root, f"{place}/{name}")]
        return _Folder(self._root, folders) if value is None and folders else value

    def __iter__(self) -> Iterator[str]:
        return iter(())  # nobody lists them

    def __len__(self) -> int:
        return 0


def _read(root: Path, name: str) -> object:
    """What a file holds, None where it is not there or cannot be read: what it says is not known then."""
    found: list[object] = []
    with contain(lambda _: None):
        file = root / name
        if file.is_file() and not _leads_away(root, name) and file.stat().st_size <= _MAX_BYTES:
            found.append(parse_data(file.read_text(encoding="utf-8-sig"), file.suffix))
    return found[0] if found else None


def _is_folder(root: Path, name: str) -> bool:
    found: list[bool] = []
    with contain(lambda _: None):  # a name may be longer than any file's
        found.append((root / name).is_dir() and not _leads_away(root, name))
    return any(found)


def _leads_away(root: Path, name: str) -> bool:
    return (root / name).resolve() != root.resolve() / name


def fingerprint_data(settings: Settings) -> str:
    """Another text whenever one of the files is another one."""
    root = Path(settings.root)
    files = [root / name for name in _SETTINGS]
    files += [Path(entry) for name in _FOLDERS for entry in islice(walk(root / name), _MOST_FILES)]
    return "\n".join(_fingerprint_file(file) for file in files if file.suffix in _ENDINGS)


def _fingerprint_file(file: Path) -> str:
    try:
        stat = file.stat()
    except OSError:
        return ""
    return f"{file.name} {stat.st_mtime_ns} {stat.st_size}"
