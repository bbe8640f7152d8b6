"""What every published file has to keep: valid feeds, and markup that HTML5 itself takes for harmless."""

from __future__ import annotations

import json
import re
import warnings
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from urllib.parse import urlsplit

import html5lib
from lxml import etree

from syndicate.templates import read_template
from tests.formats.reading import check_atom, check_json, check_rss, read_atom, read_json, read_rss
from tests.fuzz.target import find_controls

_FORBIDDEN = frozenset(
    {"script", "style", "form", "input", "button", "select", "textarea", "object", "embed", "applet", "base", "link", "meta", "svg", "math", "template",
     "noscript", "title", "frame", "frameset", "framed-player", "plaintext", "xmp", "noembed", "noframes", "dialog", "portal", "html", "head", "body"}
)  # fmt: skip
_ADDRESSES = frozenset(
    {"href", "src", "poster", "cite", "action", "formaction", "data", "background", "ping", "longdesc"}
)
_SCHEMES = frozenset({"http", "https", "mailto", "tel", "xmpp"})


_FOLDERS = 6
"""Folders of categories that are looked at, of perhaps thousands that are made alike."""


def judge_folder(folder: Path) -> None:
    """Every feed of the folder is valid and safe; every other file holds no letter that steers."""
    beside = sorted((folder / "category").glob("*")) if (folder / "category").exists() else []
    left = set(beside[_FOLDERS:])
    for path in sorted(folder.rglob("*")):
        if (
            path.suffix in {".xml", ".json", ".html", ".rss", ".atom"}
            and path.is_file()
            and not left & set(path.parents)
        ):
            data = path.read_bytes()
            controls = set(find_controls(data.decode("utf-8"))) - {"\r", "\x85", "\u2028", "\u2029"}
            assert not controls, f"{path.relative_to(folder)} holds control characters"
            _judge_file(path, data)


def _judge_file(path: Path, data: bytes) -> None:
    if path.name == "rss.xml" or path.name.endswith(".rss"):
        check_rss(data)
        _judge_entries(read_rss(data))
    elif path.name == "atom.xml" or path.name.endswith(".atom"):
        check_atom(data)
        _judge_entries(read_atom(data))
    elif path.suffix == ".xml":
        etree.fromstring(data)
    elif path.name.endswith("feed.json"):
        check_json(data)
        _judge_entries(read_json(data))
    elif path.suffix == ".json":
        json.loads(data)
    else:
        judge_page(data.decode())


def _judge_entries(entries: list) -> None:  # type: ignore[type-arg]
    assert len({one.id for one in entries}) == len(entries), "two entries with one id"
    for one in entries:
        assert one.id, "an entry without an id"
        assert one.title.strip() or one.html or one.summary, "an entry that says nothing"
        assert urlsplit(one.url).scheme in {"http", "https"}, f"an entry's address {one.url!r}"
        assert not find_controls(one.title), f"control characters in a title: {one.title!r}"
        judge_html(one.html)


def judge_page(text: str) -> None:
    """A page of ours: no script runs on it, whatever a post says."""
    for name, attributes in _walk_page(_without_own_scripts(text)):
        assert name != "script", f"a script on a page: {attributes}"
        assert not [one for one in attributes if one.startswith("on")], f"an event handler: {attributes}"
        for key, value in attributes.items():
            if key in _ADDRESSES:
                assert not _scheme(value) or _scheme(value) in _SCHEMES, f"{name} {key}={value!r} on a page"


@cache
def _own_scripts() -> tuple[str, ...]:
    return tuple(re.findall(r"<script>.*?</script>", read_template("/nowhere", "pages/index.html"), re.DOTALL))


def _without_own_scripts(text: str) -> str:
    for script in _own_scripts():
        text = text.replace(script, "")
    return text


def judge_html(markup: str) -> None:
    for name, attributes in _walk(markup):
        assert name not in _FORBIDDEN, f"<{name}> in an entry"
        for key, value in attributes.items():
            assert not key.startswith("on"), f"{name} {key}"
            assert key not in {"srcdoc", "action", "formaction", "ping", "is", "xlink:href"}, f"{name} {key}"
            if key in _ADDRESSES:
                assert _scheme(value) in _SCHEMES, f"{name} {key}={value!r}"
            if key == "srcset":
                for one in value.split(","):
                    assert not one.strip() or one.strip().startswith(("http://", "https://")) or "," in value, (
                        f"srcset {value!r}"
                    )
            if key == "style":
                assert re.fullmatch(r"\s*(text-align:\s*[\w-]+;?\s*)?", value), f"style {value!r}"


def _scheme(url: str) -> str:
    """As a browser reads it: controls and spaces at the ends, tabs and line ends anywhere do not count."""
    found = re.match(
        r"([a-z][a-z0-9+.-]*):", re.sub(r"[\t\n\r]", "", url).strip("".join(map(chr, range(33)))), re.IGNORECASE
    )
    return found[1].lower() if found else ""


def _walk(markup: str) -> Iterator[tuple[str, dict[str, str]]]:
    yield from _elements(_parse(html5lib.parseFragment, markup))


def _walk_page(text: str) -> Iterator[tuple[str, dict[str, str]]]:
    yield from _elements(_parse(html5lib.parse, text))


def _parse(parse, markup: str):  # type: ignore[no-untyped-def]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return parse(markup, treebuilder="etree", namespaceHTMLElements=False)


def _elements(root) -> Iterator[tuple[str, dict[str, str]]]:  # type: ignore[no-untyped-def]
    for element in root.iter():
        if isinstance(element.tag, str) and element.tag != "DOCUMENT_FRAGMENT":
            name = element.tag.rpartition("}")[2].lower()
            yield name, {str(key).rpartition("}")[2].lower(): value for key, value in element.attrib.items()}
