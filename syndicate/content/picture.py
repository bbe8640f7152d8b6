"""The lead image of a post: where it is, what it shows, who made it, where its subject is."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from html import escape, unescape
from itertools import islice
from pathlib import Path
from urllib.parse import unquote, urlsplit

from syndicate.content.body import is_same_picture, render_body
from syndicate.content.fields import Fields, plain_text, simplify
from syndicate.content.permalinks import is_http
from syndicate.model import OWN_PICTURE, Awaited, Credit, MediaFile, Picture, Post, Settings, fingerprint
from syndicate.text.links import MAX_URL, absolute_url
from syndicate.text.markdown import prune
from syndicate.text.plain import line_to_plain

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
_ALIASED = re.compile(r"^[@~]/")  # Astro's usual alias for its source folder
_VAULT_LINK = re.compile(r"\A!?\[\[([^\[\]|]+)(?:\|[^\[\]]*)?\]\]\Z")  # Obsidian's, in a property
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
        fields.warn(key, f'"{address[:100]}" is not the address of an image', "write a path or an http address")
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
    return _VAULT_LINK.sub(r"\1", found.strip()) if isinstance(found, str) else ""


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
    if not address.startswith("/") and (path := _find_beside(address, place)):
        return absolute_url(address, place.permalink), path
    found = _locate_from_root(address, place)
    inner = f"images/{address}"  # as wordpress-export-to-markdown names the cover of a post
    path = "" if found[1] or "/" in address else _find_beside(inner, place)
    return (absolute_url(inner, place.permalink), path) if path else found


def _find_beside(address: str, place: Place) -> str:
    return find_image(place.settings, os.path.dirname(place.file), address)  # noqa: PTH120 - plain strings


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
        if not os.path.isfile(os.path.join(folder, name)):  # noqa: PTH113, PTH118 - mostly there is none
            return ""
        path = Path(folder, name).resolve()
        return str(path) if any(_is_shown(path, one) for one in list_shown(settings)) else ""
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


# --- the pictures that a post has itself, for a person who chooses one of them ---

_MOST_OFFERED = 60


def list_pictures(post: Post, settings: Settings) -> dict[str, Picture]:
    """The lead picture and those of the text, each once with its own alt text, as `Delivery.media` names them.

    `post` has its body. A name lasts as long as the address of its picture below the site's.
    """
    found = {OWN_PICTURE: post.picture} if post.picture else {}
    file = f"{settings.root}/{settings.site.content}/{post.source}"
    place = Place(settings, post.permalink, post.source, file)
    html = render_body(post.markdown, post.source, post.permalink) if "<img" in post.html or "<em" in post.html else ""
    written = _list_written(post.markdown, post.permalink) if html else {}
    for image in islice(_IMAGE.finditer(html), _MOST_PICTURES):
        src, alt = _SRC.search(image[0]), _ALT.search(image[0])
        url = unescape(src[1]) if src else ""
        url, path = locate(written[url], place) if url in written else _locate_url(url, place)
        known = any(_is_same(url, path, one) for one in found.values())
        if known or not is_http(url):
            continue
        name = f"{OWN_PICTURE}-{fingerprint(url.removeprefix(settings.site.url))[:8]}"
        words = line_to_plain(unescape(alt[1])) if alt else ""
        found[name] = Picture(url, words, path=path, is_public=not is_source(path, settings))
        if len(found) == _MOST_OFFERED:
            break
    return found


def _locate_url(url: str, place: Place) -> tuple[str, str]:
    """`locate` for an address that the text has in other letters: beside the post, else below the site's root."""
    for base, root in ((place.permalink.rpartition("/")[0], ""), (place.settings.site.url, "/")):
        if url.startswith(f"{base}/"):
            found = locate(root + url.removeprefix(f"{base}/"), place)
            if found[1]:
                return found
    return url, ""


def _is_same(url: str, path: str, picture: Picture) -> bool:
    return path == picture.path if path and picture.path else is_same_picture(url, picture.url)


def _list_written(markdown: str, permalink: str) -> dict[str, str]:
    """Addresses of pictures as the HTML has them, and as they are written."""
    addresses = (unescape(next(filter(None, found.groups()))) for found in _ADDRESSES.finditer(markdown))
    return {absolute_url(address, permalink): address for address in islice(addresses, _MOST_PICTURES)}


# --- Sound, film and other files that travel with a post ---
# `audio:`, `video:`, `enclosure:` in its front matter.

_KEYS = ("audio", "video", "enclosure", "enclosures", "podcast")
_TYPES = {
    "mp3": "audio/mpeg", "m4a": "audio/mp4", "aac": "audio/aac", "ogg": "audio/ogg", "oga": "audio/ogg",
    "opus": "audio/ogg", "wav": "audio/wav", "flac": "audio/flac", "mp4": "video/mp4", "m4v": "video/mp4",
    "mov": "video/quicktime", "webm": "video/webm", "ogv": "video/ogg", "pdf": "application/pdf",
    "epub": "application/epub+zip", "zip": "application/zip",
}  # fmt: skip
_MEDIA_KEYS = ("url", "src", "file", "href", "path")
_LENGTHS = ("length", "size", "bytes", "filesize")
_MOST = 20
_LARGEST = 10**15


def read_media(fields: Fields, place: Place) -> tuple[MediaFile, ...]:
    """The files in the order of their keys, each address once; a warning where one cannot be used."""
    found: dict[str, MediaFile] = {}
    for key in _KEYS:
        for value in fields.some(_list_values(fields.at(key)), key):
            file = _read_file(fields, key, value, place)
            if file and len(found) < _MOST:
                found.setdefault(file.url, file)
    return tuple(found.values())


def _list_values(value: object) -> list[object]:
    return value if isinstance(value, list) else [] if value in (None, "", False, True) else [value]


def _read_file(fields: Fields, key: str, value: object, place: Place) -> MediaFile | None:
    details = {simplify(str(name)): item for name, item in value.items()} if isinstance(value, Mapping) else {}
    written = next(_list_texts(details, _MEDIA_KEYS), "") if details else plain_text(value)
    address = written.split(None, 1)[0] if written.split() else ""  # WordPress writes length and type behind it
    path = _find_file(address, place)
    url = absolute_url(address, place.permalink) if is_http(address) or not path else _serve(address, place)
    kind = next(_list_texts(details, ("type", "mimetype")), "") or _TYPES.get(
        urlsplit(url).path.rpartition(".")[2].lower(), ""
    )
    if not url or len(url) > MAX_URL or "/" not in kind:
        fields.warn(
            key, f'"{written[:100]}" is not a file that can travel with the post', "write an address and a type"
        )
        return None
    title = fields.mend(next(_list_texts(details, ("title", "name")), ""), key)
    return MediaFile(url, kind, _read_length(details) or (path.stat().st_size if path else 0), title)


def _list_texts(details: Mapping[str, object], names: Iterable[str]) -> Iterator[str]:
    return (text for name in names if (text := plain_text(details.get(name)).strip()))


def _read_length(details: Mapping[str, object]) -> int:
    written = next(_list_texts(details, _LENGTHS), "").replace(",", "")
    return min(int(written), _LARGEST) if written.isdecimal() and len(written) < 20 else 0


def _find_file(address: str, place: Place) -> Path | None:
    """The file of the site that an address names, None where it is none of ours, or hidden, like our own state."""
    if not address or "://" in address or address.startswith("//") or "\0" in address:
        return None
    root = Path(place.settings.root).resolve()
    name = unquote(address.partition("?")[0]).lstrip("/")
    folders = [Path(place.file).parent, *(root / folder for folder in place.settings.site.static), root]
    for folder in folders[1:] if address.startswith("/") else folders:
        try:
            file = (folder / name).resolve()
            is_hidden = file.is_relative_to(root) and any(part[0] == "." for part in file.relative_to(root).parts)
            if file.is_relative_to(root) and not is_hidden and file.is_file():
                return file
        except (OSError, ValueError, RuntimeError):
            continue
    return None


def _serve(address: str, place: Place) -> str:
    """Where the site serves it: beside the post, or from the root without the folder that is served there."""
    if not address.startswith("/") and (Path(place.file).parent / unquote(address)).is_file():
        return absolute_url(address, place.permalink)
    name = address.lstrip("/")
    roots = [folder for folder in ("static", "public") if name.startswith(f"{folder}/")]
    return absolute_url(name.removeprefix(f"{roots[0]}/") if roots else name, f"{place.settings.site.url}/")
