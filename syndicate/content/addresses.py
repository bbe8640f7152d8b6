"""Slugs and permalinks: what becomes part of addresses and file names, so it must be safe."""

from __future__ import annotations

import re
import unicodedata
from hashlib import sha256
from urllib.parse import quote, unquote, urlsplit

import regex

from syndicate.model import Site
from syndicate.text.links import MAX_URL

_UNSAFE = regex.compile(r"[^\w.~-]+")  # its \w has the marks of Indic and Thai letters, which `re` has not
_RUNS = re.compile(r"-{2,}")
_DATED = re.compile(r"(\d{4})-(\d{1,2})-(\d{1,2})-(.+)")
_BUNDLE = frozenset({"index", "readme"})
MAX_SLUG = 150
"""UTF-8 bytes: card files are `<slug>.<hash>.jpg`, and file systems allow 255."""


def slugify(text: str) -> str:
    """Letters, digits, "-", "_", "." and "~" of any script, nothing that could lead out of a folder."""
    safe = _UNSAFE.sub("-", unicodedata.normalize("NFC", text).strip())
    return _RUNS.sub("-", safe).strip("-.") or ""


def make_slug(declared: str, source: str, title: str) -> str:
    """The declared slug made safe, else one from the file or folder name, else from the title or the path."""
    slug = slugify(declared) or slugify(undated(source).lower()) or slugify(title.lower())
    return _within(slug or f"post-{sha256(source.encode()).hexdigest()[:8]}")


def _within(slug: str) -> str:
    """Long slugs are cut, with a digest so that two of them stay apart."""
    data = slug.encode()
    if len(data) <= MAX_SLUG:
        return slug
    return f"{data[: MAX_SLUG - 9].decode(errors='ignore').rstrip('-.')}-{sha256(data).hexdigest()[:8]}"


def name_by_address(permalink: str) -> str:
    """What a template of the site's generator can compute, too: the path of the address with "-" for each "/"."""
    path = unquote(urlsplit(permalink).path).strip("/").replace("/", "-")
    return _within(_UNSAFE.sub("-", unicodedata.normalize("NFC", path)).strip("."))


def name_of(source: str) -> str:
    """The file name without its ending; the folder's name for `folder/index.md` (a Hugo page bundle)."""
    folder, _, name = source.rpartition("/")
    stem = name.rpartition(".")[0]
    if stem.lower() in _BUNDLE and folder:
        return folder.rpartition("/")[2]
    return stem


def undated(source: str) -> str:
    """The file name without its ending and without a date before it."""
    stem = name_of(source)
    dated = _DATED.fullmatch(stem)
    return dated[4] if dated else stem


def date_in_name(source: str) -> str:
    """The date of a Jekyll file name ("2025-03-18-hello.md"), "" where there is none."""
    dated = _DATED.fullmatch(name_of(source))
    return f"{dated[1]}-{dated[2]}-{dated[3]}" if dated else ""


def path_of(source: str) -> str:
    """The path below the content folder without ending, bundle folders without "/index"."""
    stem = source.rpartition(".")[0]
    folder, _, name = stem.rpartition("/")
    parts = (folder if name.lower() in _BUNDLE and folder else stem).split("/")
    return "/".join(slugify(part) or "-" for part in parts)


def folders_of(source: str) -> str:
    """The folders between the content folder and a post, as Hugo writes them; "" where there are none."""
    return path_of(source).rpartition("/")[0].lower()


def quote_path(path: str) -> str:
    """As browsers write it: letters of other scripts and signs that mean something else are encoded."""
    return quote(path, safe="/%:@!$&'()*+,;=~-._")


def absolute_permalink(site: Site, declared: str, *, closing: str = "") -> str:
    """A permalink the post declares itself, "" where it is a template or no http address.

    `closing` ends a path that names no file: Hugo's `url: /about` is the page /about/.
    """
    if re.search(r"[{}]|(?:^|/):\w|\s", declared):
        return ""
    if "://" not in declared:
        names_file = declared.endswith("/") or "." in declared.rpartition("/")[2]
        return site.url + quote_path("/" + declared.lstrip("/") + ("" if names_file else closing))
    return declared if is_http(declared) else ""


def is_http(address: str) -> bool:
    """Whether this is an http(s) address with a host, and no longer than networks take one."""
    if len(address) > MAX_URL:
        return False
    try:
        parts = urlsplit(address)
        return parts.scheme in {"http", "https"} and bool(parts.hostname) and (parts.port or 1) > 0
    except ValueError:
        return False
