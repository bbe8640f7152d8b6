"""Layout files: TOML with sandboxed Jinja expressions, checked and compiled once.

A string that holds `{{ … }}` is a template; `show` and every number or share may also be an expression in
quotes ("0.5 if wide else 0.4"). A file's boxes are named, and a box names its children.
"""

from __future__ import annotations

import difflib
import re
import tomllib
from collections.abc import Callable, Iterable, Mapping
from functools import lru_cache
from io import BytesIO
from typing import Any

from jinja2 import StrictUndefined, TemplateError, Undefined
from PIL import Image, ImageFile, JpegImagePlugin, PngImagePlugin, WebPImagePlugin

from syndicate.cards import digest_design
from syndicate.cards.colour import parse_colour
from syndicate.cards.design import MAX_SIZE, MAX_SIZES, BoxSpec, Design, Expression, Layout, Level
from syndicate.cards.pixels import MAX_PIXELS, find_format, keep_freed_memory, read_webp_size
from syndicate.errors import ConfigError
from syndicate.model import CardRules
from syndicate.text.sandbox import compile_text, compile_value

# --- the site's logo, decoded once with the design ---

MOST_PIXELS = MAX_PIXELS // 10

_OPENERS: Mapping[str, Callable[[BytesIO], ImageFile.ImageFile]] = {
    "png": PngImagePlugin.PngImageFile,
    "jpeg": JpegImagePlugin.JpegImageFile,
    "webp": WebPImagePlugin.WebPImageFile,
}


def parse_logo(data: bytes, where: str = "cards.logo") -> Image.Image | None:
    """The logo as RGBA, None where there is none. Raises ConfigError for what is no PNG, JPEG or WebP."""
    if not data:
        return None
    name = find_format(data)
    if name not in _OPENERS:
        raise ConfigError("the logo is not a PNG, JPEG or WebP", where=where, hint="export it as PNG")
    width, height = read_webp_size(data) if name == "webp" else (1, 1)
    try:
        with _OPENERS[name](BytesIO(data)) as image:
            if max(image.width * image.height, width * height) > MOST_PIXELS:
                raise ConfigError("the logo is far too large", where=where, hint="512 pixels are plenty")
            return _trim(image.convert("RGBA"))
    except (OSError, SyntaxError, ValueError) as error:
        raise ConfigError("the logo's file is damaged", where=where) from error


def _trim(logo: Image.Image) -> Image.Image:
    """Without the empty room around it, which would make it small and out of line."""
    seen = logo.getchannel("A").point([255 if alpha > 8 else 0 for alpha in range(256)]).getbbox()
    return logo.crop(seen) if seen else logo


ROOT = "card"
MAX_DEPTH, MAX_BOXES = 12, 100

_SIZING = frozenset({"kind", "show", "width", "height", "most", "grow", "align", "fill", "radius"})
_CONTAINER = _SIZING | {"children", "gap", "padding", "justify"}
_TEXT = _SIZING | {"text", "level", "colour", "lines", "sizes", "weight", "padding"}
KEYS: Mapping[str, frozenset[str]] = {
    "layers": _CONTAINER,
    "row": _CONTAINER,
    "column": _CONTAINER,
    "image": _SIZING | {"fit", "frame", "shadow"},
    "pattern": _SIZING,
    "rect": _SIZING,
    "spacer": _SIZING,
    "logo": _SIZING,
    "avatar": _SIZING | {"text", "level", "colour"},
    "scrim": _SIZING | {"side", "fade", "strength", "under"},
    "text": _TEXT,
    "badge": _TEXT,
}
PLAIN = frozenset({"kind", "children", "under"})
"""Properties that are never expressions."""
WORDS = frozenset({"align", "justify", "colour", "fill", "side", "level", "fit", "frame"})
"""Properties that are words unless they hold `{{`."""
CHOICES: Mapping[str, frozenset[str]] = {
    "align": frozenset({"start", "centre", "end", "stretch"}),
    "justify": frozenset({"start", "centre", "end", "between"}),
    "side": frozenset({"top", "bottom", "start", "end", "all"}),
    "fit": frozenset({"fill", "whole"}),
    "frame": frozenset({"none", "sheet", "window"}),
}
LEVEL_KEYS = frozenset({"family", "weight", "sizes", "lines", "more_lines", "leading", "tracking", "balance"})


def parse_design(rules: CardRules, files: Mapping[str, str], *, logo: bytes = b"", logo_dark: bytes = b"") -> Design:
    """All layouts of a site compiled. `files` maps a layout's name to its TOML; `logo` is an image's bytes.

    Raises ConfigError for a broken file, an unknown layout or theme, or a colour that is none.
    """
    keep_freed_memory()
    layouts = {name: parse_layout(text, name) for name, text in sorted(files.items())}
    if rules.layout != "auto" and rules.layout not in layouts:
        raise ConfigError(
            f'no layout is called "{rules.layout}"', where="cards.layout", hint=_nearest(rules.layout, layouts)
        )
    if rules.theme not in {"auto", "light", "dark"}:
        raise ConfigError(f'no theme is called "{rules.theme}"', where="cards.theme", hint="use auto, light or dark")
    accent = parse_colour(rules.accent) if rules.accent else None
    if rules.accent and accent is None:
        raise ConfigError(f'"{rules.accent}" is not a colour', where="cards.accent", hint='write it as "#c2410c"')
    return Design(
        layouts=layouts,
        layout=rules.layout,
        theme=rules.theme,
        font=rules.font,
        accent=accent,
        format=rules.format,
        max_bytes=rules.max_bytes,
        logo=parse_logo(logo),
        logo_dark=parse_logo(logo_dark, "cards.logo_dark"),
        digest=digest_design(rules, files, logo, logo_dark),
    )


@lru_cache(maxsize=32)
def parse_layout(text: str, name: str) -> Layout:
    """One layout file compiled, the same text only once. Raises ConfigError naming file, key and a near known one."""
    where = f"templates/cards/{name}.toml"
    try:
        table = tomllib.loads(text)
    except (ValueError, RecursionError) as error:
        raise ConfigError(f"not TOML: {error}", where=where) from error
    _check_keys(table, frozenset({"picture", "levels", "boxes"}), where)
    boxes = _table(table.get("boxes"), f"{where}: boxes")
    levels = _table(table.get("levels", {}), f"{where}: levels")
    return Layout(
        name=name,
        root=_Reader(boxes, where).read(ROOT, ()),
        levels={key: _level(value, f"{where}: levels.{key}") for key, value in levels.items()},
        picture=bool(table.get("picture", False)),
    )


class _Reader:
    """Follows the names of children from the root and compiles what it meets."""

    def __init__(self, boxes: Mapping[str, Any], where: str) -> None:
        self._boxes = boxes
        self._where = where
        self._count = 0

    def read(self, name: str, above: tuple[str, ...]) -> BoxSpec:
        where = f"{self._where}: boxes.{name}"
        if name in above or len(above) > MAX_DEPTH:
            raise ConfigError("a box may not stand inside itself", where=where)
        self._count += 1
        if self._count > MAX_BOXES:
            raise ConfigError(f"a layout may have {MAX_BOXES} boxes, each time that one is named counted", where=where)
        if name not in self._boxes:
            raise ConfigError("this box is named but not described", where=where, hint=_nearest(name, self._boxes))
        table = _table(self._boxes[name], where)
        kind = str(table.get("kind", ""))
        if kind not in KEYS:
            raise ConfigError(f'no box is of kind "{kind}"', where=where, hint=_nearest(kind, KEYS))
        _check_keys(table, KEYS[kind], where)
        children = tuple(self.read(str(child), (*above, name)) for child in table.get("children", ()))
        properties = {key: self._compile(key, value, where) for key, value in table.items() if key not in PLAIN}
        if "under" in table:
            properties["under"] = tuple(map(str, table["under"]))
        return BoxSpec(name, kind, properties, children)

    def _compile(self, key: str, value: object, where: str) -> object:
        if key in CHOICES and isinstance(value, str) and "{{" not in value and value not in CHOICES[key]:
            raise ConfigError(f'{key} cannot be "{value}"', where=where, hint=_nearest(value, CHOICES[key]))
        if not isinstance(value, str) or (key in WORDS and "{{" not in value):
            return value
        try:
            return self._template(value) if "{{" in value or key == "text" else self._expression(value)
        except TemplateError as error:
            raise ConfigError(f"{key} is not an expression: {error}", where=where) from error

    def _expression(self, source: str) -> object:
        if source.endswith("%") and source[:-1].strip().replace(".", "", 1).isdigit():
            return -float(source[:-1]) / 100
        return _guarded(_look_up(source) if _NAME.fullmatch(source) else _kept(compile_value(source), source), source)

    def _template(self, source: str) -> Expression:
        name = _ONLY_A_NAME.fullmatch(source)
        fill = _look_up(name[1]) if name else _kept(compile_text(source), source)
        return _guarded(lambda words: re.sub(r"[ \t\r\n]+", " ", str(fill(words))).strip(), source)


_NAME = re.compile(r"(?!true$|false$|none$)[a-z_]+")
_ONLY_A_NAME = re.compile(r"\{\{ (?!(?:true|false|none) )([a-z_]+) \}\}")


def _look_up(name: str) -> Expression:
    """Most boxes name one value: no template is needed for that."""
    return lambda words: words.get(name, StrictUndefined(name=name))


KEPT = 64
"""Values of an expression that are kept: the cards of a site ask for few of them."""


def _kept(expression: Expression, source: str) -> Expression:
    """The same, worked out once for the values that it names."""
    names = tuple(sorted(set(_WORD.findall(source))))
    known: dict[tuple[object, ...], object] = {}

    def evaluate(words: Mapping[str, object]) -> object:
        key = tuple(words.get(name) for name in names)
        value = known.get(key)
        if value is None:
            value = expression(words)
            if len(known) >= KEPT:
                known.clear()
            known[key] = value
        return value

    return evaluate


_WORD = re.compile(r"[a-z_]+")


def _guarded(expression: Expression, source: str) -> Expression:
    def evaluate(words: Mapping[str, object]) -> object:
        try:
            value = expression(words)
        except (TemplateError, TypeError, ValueError, ArithmeticError, AttributeError) as error:
            raise ConfigError(f"{source!r} does not work out: {error}", where="templates/cards") from error
        if isinstance(value, Undefined):
            raise ConfigError(f"{source!r} does not work out: it names nothing", where="templates/cards")
        return value

    return evaluate


def _level(value: object, where: str) -> Level:
    table = _table(value, where)
    _check_keys(table, LEVEL_KEYS, where)
    sizes = table.get("sizes", (28,))
    if (
        not isinstance(sizes, list | tuple)
        or not all(isinstance(size, int) and 0 < size <= MAX_SIZE for size in sizes)
        or not 0 < len(sizes) <= MAX_SIZES
    ):
        words = f"sizes must be a list of at most {MAX_SIZES} whole pixels, none larger than {MAX_SIZE:,}"
        raise ConfigError(words, where=where)
    try:
        return Level(
            family=str(table.get("family", "sans")),
            weight=int(table.get("weight", 500)),
            sizes=tuple(sorted(sizes, reverse=True)),
            lines=int(table.get("lines", 1)),
            more_lines=tuple((int(size), int(lines)) for size, lines in table.get("more_lines", ())),
            leading=float(table.get("leading", 1.2)),
            tracking=float(table.get("tracking", 0)),
            balance=bool(table.get("balance", False)),
        )
    except (TypeError, ValueError) as error:
        raise ConfigError(
            "weight, lines, leading and tracking are numbers, more_lines pairs of them", where=where
        ) from error


def _table(value: object, where: str) -> Mapping[str, Any]:
    if not isinstance(value, dict):
        raise ConfigError("this must be a table", where=where)
    return value


def _check_keys(table: Mapping[str, object], known: frozenset[str], where: str) -> None:
    for key in table:
        if key not in known:
            raise ConfigError(f'"{key}" is not known here', where=where, hint=_nearest(key, known))


def _nearest(word: str, known: Iterable[str]) -> str:
    names = sorted(known)
    close = difflib.get_close_matches(word, names, n=1)
    return f'did you mean "{close[0]}"?' if close else "known: " + ", ".join(names)
