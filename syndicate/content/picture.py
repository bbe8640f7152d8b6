"""The lead image of a post: where it is, what it shows, who made it, where its subject is."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from html import escape, unescape
from itertools import islice
from pathlib import Path
from urllib.parse import unquote

from syndicate.content.addresses import is_http
from syndicate.content.fields import Fields, plain_text, simplify
from syndicate.model import Awaited, Credit, Picture, Settings
from syndicate.text.links import MAX_URL
from syndicate.text.markdown import prune
from syndicate.text.plain import line_to_plain
from syndicate.text.sanitising import absolute_url

# --- where the subject of a picture is, in the ways people write it ---

_ACROSS = {"left": 0.0, "right": 1.0}
_DOWN = {"top": 0.0, "bottom": 1.0}
_MIDDLE = frozenset({"center", "centre", "middle"})


def parse_focus(value: object) -> tuple[float, float]:
    """[0.5, 0.3], {x: 0.5, y: 0.3}, "50% 30%", "top", "right bottom" → x and y from 0 to 1. Raises ValueError."""
    if isinstance(value, Mapping):
        return _share(value.get("x")), _share(value.get("y"))
    if isinstance(value, str):
        value = re.split(r"[\s,]+", value.strip().lower())
        if {*_ACROSS, *_DOWN, *_MIDDLE} >= set(value):
            return _from_words(value)
    if not isinstance(value, list) or not 1 <= len(value) <= 2:
        raise ValueError("not a place in a picture")
    return _share(value[0]), _share(value[1]) if len(value) == 2 else 0.5


def _from_words(words: list[str]) -> tuple[float, float]:
    """Words in either order; what is not said is the middle."""
    x = next((_ACROSS[word] for word in words if word in _ACROSS), 0.5)
    y = next((_DOWN[word] for word in words if word in _DOWN), 0.5)
    return x, y


def _share(part: object) -> float:
    text = str(part)
    number = float(text[:-1]) / 100 if text.endswith("%") else float(text)
    if not 0 <= number <= 1:
        raise ValueError("a share lies between 0 and 1")
    return number


_FIRST_LINK = re.compile(r"\[[^\[\]]*\]\(\s*<?([^)\s>]+)|href=[\"']([^\"']+)|<(https?://[^<>\s]+)>")
# Astro's usual alias for its source folder.
_ALIASED = re.compile(r"^[@~]/")
_SCHEME = re.compile(r"[a-zA-Z][\w+.-]*:")
# Served as the root whenever they are served: "public/a.jpg" is "/a.jpg". "assets/a.jpg" is "/assets/a.jpg" in Jekyll.
_ROOTS = frozenset({"public", "static"})
_IMAGES = (".avif", ".bmp", ".gif", ".heic", ".jpeg", ".jpg", ".png", ".svg", ".tif", ".tiff", ".webp")
_MOST_PICTURES = 2_000
"""Of one text, that are looked for among a generator's sources."""
_MAX_PATH = 1_000
"""Characters: a system looks at each folder of a path anew."""
_ADDRESS_KEYS = ("url", "src", "path", "href", "source", "image", "file", "feature", "teaser")


@dataclass(frozen=True, slots=True)
class Place:
    """What a post's own addresses are relative to."""

    settings: Settings
    permalink: str
    source: str
    file: str
    """The post's file, absolute."""


def read_picture(fields: Fields, place: Place) -> Picture | None:
    """The lead image, None where there is none or where its address cannot be used (a warning says so)."""
    key, value = fields.find("image")
    value = next(iter(value), None) if isinstance(value, list) else value
    details = {simplify(str(name)): item for name, item in value.items()} if isinstance(value, Mapping) else {}
    address = _address(value, details)
    if not address:
        return None
    url, path = locate(address, place)
    if not url or len(url) > MAX_URL:
        fields.warn(key, f'"{address[:100]}" is no address of an image', "write a path or an http address")
        return None
    if not path and not is_http(address):
        words = f'the image "{address[:100]}" is not among the files of the site'
        fields.warn(key, words, awaits=Awaited.FILE)
    alt = line_to_plain(fields.text("imageAlt") or fields.mend(_detail(details, "alt", "description"), key))
    credit = fields.text("imageCredit") or fields.mend(_detail(details, "credit", "attribution"), key)
    focus_key, focus = fields.find("focus")
    at = _focus(fields, focus_key or key, focus or details.get("focus"))
    kind = _read_kind(fields, details)
    return Picture(url, alt, make_credit(credit), at, path, kind, is_public=not is_source(path, place.settings))


_KINDS: Mapping[str, tuple[str, ...]] = {
    "photo": ("photo", "photograph", "illustration", "painting"),
    "text": ("text", "screenshot", "screen", "code", "chart", "graph", "diagram", "scan", "document", "table", "map"),
    "logo": ("logo", "icon", "badge"),
}


def _read_kind(fields: Fields, details: Mapping[str, object]) -> str:
    """What the author says the image is; empty where the pixels shall tell."""
    key, value = fields.find("imageKind")
    word = str(value or details.get("kind") or "").strip().lower()
    kind = next((kind for kind, words in _KINDS.items() if word in words), "")
    if word and word != "auto" and not kind:
        known = ", ".join(words[0] for words in _KINDS.values())
        fields.warn(
            key or "image", f'"{word[:40]}" is not a kind of image', f"write {known}, screenshot, chart or icon"
        )
    return kind


def _address(value: object, details: Mapping[str, object]) -> str:
    found = next((details[name] for name in _ADDRESS_KEYS if details.get(name)), "") if details else value
    return found.strip() if isinstance(found, str) else ""


def _detail(details: Mapping[str, object], *names: str) -> str:
    return next((text for name in names if (text := plain_text(details.get(name)))), "")


def make_credit(text: str) -> Credit | None:
    """ "Photo by [Name](https://…) on Site" → its words and its first link."""
    if not text:
        return None
    link = _FIRST_LINK.search(text)
    url = next((address for address in link.groups() if address), "") if link else ""
    return Credit(line_to_plain(text), url if is_http(url) else "")


def locate(address: str, place: Place) -> tuple[str, str]:
    """The absolute URL of an image, and its file where it is one of the site's; ("", "") for anything else.

    Looked for beside the post, then in the folders the generator serves from the root, then from the site's
    folder itself; never outside of what a site shows (`list_shown`).
    """
    if address.startswith("//") or _SCHEME.match(address):
        return absolute_url(address, place.permalink), ""
    address = _ALIASED.sub("/src/", address)
    if not address.startswith("/"):
        path = find_image(place.settings, os.path.dirname(place.file), address)  # noqa: PTH120 - plain strings
        if path:
            return absolute_url(address, place.permalink), path
    return _locate_from_root(address, place)


def _locate_from_root(address: str, place: Place) -> tuple[str, str]:
    root, site = place.settings.root, place.settings.site
    is_rooted = address.startswith("/")
    for folder, name in _choose_places(address.lstrip("/"), site.static):
        path = find_image(place.settings, f"{root}/{folder}", name)
        if path:
            return absolute_url(name, f"{site.url}/"), path
    return absolute_url(address.lstrip("/"), f"{site.url}/") if is_rooted else absolute_url(
        address, place.permalink
    ), ""


def _choose_places(name: str, static: tuple[str, ...]) -> list[tuple[str, str]]:
    """Folders to look in, with the name to look for there."""
    served = [(folder, name) for folder in static]
    named = [(folder, name[len(folder) + 1 :]) for folder in static if name.startswith(f"{folder}/")]
    surely, perhaps = [pair for pair in named if pair[0] in _ROOTS], [pair for pair in named if pair[0] not in _ROOTS]
    return [*served, *surely, (".", name), *perhaps]


def find_image(settings: Settings, folder: str, address: str) -> str:
    """The real path of an image file, "" where there is none or where it lies outside of what the site shows."""
    name = unquote(address.partition("?")[0].partition("#")[0])
    if "\0" in name or len(name) > _MAX_PATH or not name.lower().endswith(_IMAGES):
        return ""
    try:
        path = Path(folder, name).resolve()
        return str(path) if path.is_file() and any(_is_shown(path, one) for one in list_shown(settings)) else ""
    except (OSError, ValueError, RuntimeError):
        return ""


def list_shown(settings: Settings) -> Iterator[Path]:
    """Real folders whose pictures a post may show: the posts' own, those served from the root, a generator's src."""
    site = settings.site
    declared = (site.content, *site.static)
    yield from (Path(settings.root, folder).resolve() for folder in declared)
    if any(Path(folder).parts[:1] == ("src",) for folder in declared):
        yield Path(settings.root, "src").resolve()


def _is_shown(path: Path, folder: Path) -> bool:
    """What begins with a dot is nobody's page, even where the site's whole folder is served."""
    return path.is_relative_to(folder) and not any(part[0] == "." for part in path.relative_to(folder).parts)


def is_source(path: str, settings: Settings) -> bool:
    """Whether a file is material of the generator (Astro's `src/`), which the site serves elsewhere or not at all."""
    if not path:
        return False
    root = os.path.realpath(settings.root)
    served = (f"{root}/{folder}/" for folder in settings.site.static if folder != ".")
    return path.startswith(f"{root}/src/") and not path.startswith(tuple(os.path.normpath(one) + "/" for one in served))


def _focus(fields: Fields, key: str, value: object) -> tuple[float, float] | None:
    try:
        return None if value is None else parse_focus(value)
    except ValueError:
        fields.warn(key, "the focus should be two numbers from 0 to 1", "write for example focus: [0.5, 0.3]")
        return None


# --- pictures in the text that Astro serves under names of its own ---

_ADDRESSES = re.compile(
    r"!\[[^\]]{0,1000}\]\(\s*<?([^)>\s]+)"  # ![alt](address)
    r"|^[ ]{0,3}\[[^\]\n]{1,200}\]:\s*<?([^>\s]+)"  # [name]: address
    r"|<img\s[^>]{0,1000}?\bsrc\s*=\s*[\"']([^\"']+)",
    re.MULTILINE,
)
_IMAGE = re.compile(r'<img(?:\s+[\w-]+(?:="[^"]*")?)*\s*/?>')
_SRC, _ALT = re.compile(r'\ssrc="([^"]*)"'), re.compile(r'\salt="([^"]*)"')


def show_words_for_unserved(html: str, markdown: str, place: Place) -> str:
    """The HTML with the alt text where a picture's address would lead nowhere."""
    if "<img" not in html or not is_source(place.file, place.settings):
        return html
    unserved = set(_find_unserved(markdown, place))
    if not unserved or not any(Path(place.settings.root).glob("astro.config.*")):
        return html

    def replace(found: re.Match[str]) -> str:
        src, alt = _SRC.search(found[0]), _ALT.search(found[0])
        if src is None or unescape(src[1]) not in unserved:
            return found[0]
        return f"<em>{escape(unescape(alt[1]), quote=False)}</em>" if alt and alt[1].strip() else ""

    return prune(_IMAGE.sub(replace, html))


def _find_unserved(markdown: str, place: Place) -> Iterator[str]:
    """Their addresses as the HTML has them; each is looked for on the disk once."""
    written = dict.fromkeys(next(filter(None, found.groups())) for found in _ADDRESSES.finditer(markdown))
    for address in map(unescape, islice(written, _MOST_PICTURES)):
        _, path = locate(address, place)
        if path and is_source(path, place.settings):
            yield absolute_url(address, place.permalink)
