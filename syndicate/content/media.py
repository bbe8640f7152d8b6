"""Sound, film and other files that travel with a post: `audio:`, `video:`, `enclosure:` in its front matter."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from urllib.parse import unquote, urlsplit

from syndicate.content.addresses import is_http
from syndicate.content.fields import Fields, plain_text, simplify
from syndicate.content.picture import Place
from syndicate.model import MediaFile
from syndicate.text.links import MAX_URL
from syndicate.text.sanitising import absolute_url

_KEYS = ("audio", "video", "enclosure", "enclosures", "podcast")
_TYPES = {
    "mp3": "audio/mpeg", "m4a": "audio/mp4", "aac": "audio/aac", "ogg": "audio/ogg", "oga": "audio/ogg",
    "opus": "audio/ogg", "wav": "audio/wav", "flac": "audio/flac", "mp4": "video/mp4", "m4v": "video/mp4",
    "mov": "video/quicktime", "webm": "video/webm", "ogv": "video/ogg", "pdf": "application/pdf",
    "epub": "application/epub+zip", "zip": "application/zip",
}  # fmt: skip
_ADDRESSES = ("url", "src", "file", "href", "path")
_LENGTHS = ("length", "size", "bytes", "filesize")
_MOST = 20
_LARGEST = 10**15


def read_media(fields: Fields, place: Place) -> tuple[MediaFile, ...]:
    """The files in the order of their keys, each address once; a warning where one cannot be used."""
    found: dict[str, MediaFile] = {}
    for key in _KEYS:
        for value in _list_values(fields.at(key)):
            file = _read_file(fields, key, value, place)
            if file and len(found) < _MOST:
                found.setdefault(file.url, file)
    return tuple(found.values())


def _list_values(value: object) -> Iterable[object]:
    return value if isinstance(value, list) else [] if value in (None, "", False, True) else [value]


def _read_file(fields: Fields, key: str, value: object, place: Place) -> MediaFile | None:
    details = {simplify(str(name)): item for name, item in value.items()} if isinstance(value, Mapping) else {}
    written = next(_list_texts(details, _ADDRESSES), "") if details else plain_text(value)
    address = written.split(None, 1)[0] if written.split() else ""  # WordPress writes length and type behind it
    path = _find_file(address, place)
    url = absolute_url(address, place.permalink) if is_http(address) or not path else _serve(address, place)
    kind = next(_list_texts(details, ("type", "mimetype")), "") or _guess(urlsplit(url).path if url else "")
    if not url or len(url) > MAX_URL or "/" not in kind:
        fields.warn(key, f'"{written[:100]}" is no file that can travel with the post', "write an address and a type")
        return None
    title = fields.mend(next(_list_texts(details, ("title", "name")), ""), key)
    return MediaFile(url, kind, _read_length(details) or (path.stat().st_size if path else 0), title)


def _list_texts(details: Mapping[str, object], names: Iterable[str]) -> Iterator[str]:
    return (text for name in names if (text := plain_text(details.get(name)).strip()))


def _read_length(details: Mapping[str, object]) -> int:
    written = next(_list_texts(details, _LENGTHS), "").replace(",", "")
    return min(int(written), _LARGEST) if written.isdecimal() and len(written) < 20 else 0


def _guess(path: str) -> str:
    return _TYPES.get(path.rpartition(".")[2].lower(), "")


def _find_file(address: str, place: Place) -> Path | None:
    """The file of the site that an address names, None where it is none of ours."""
    if not address or "://" in address or address.startswith("//") or "\0" in address:
        return None
    root = Path(place.settings.root).resolve()
    name = unquote(address.partition("?")[0]).lstrip("/")
    folders = [Path(place.file).parent, *(root / folder for folder in place.settings.site.static), root]
    for folder in folders[1:] if address.startswith("/") else folders:
        try:
            file = (folder / name).resolve()
            if file.is_relative_to(root) and file.is_file():
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
