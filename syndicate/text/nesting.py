"""Texts that would make a reader of YAML, TOML or HTML run out of memory, stack or time, found before it reads them.

py-yaml12 limits what stands in brackets and what is indented by itself, but neither compact nesting (`- - - a`), which
overflows its stack and ends the process, nor aliases that multiply. tomllib walks a dotted key anew for each dot.
"""

from __future__ import annotations

import json
import re
import tomllib
from typing import Final

MAX_DEPTH: Final = 32
"""Lists and tables in one another, and keys in one key."""
_MAX_ALIASES = 10
_MAX_WORDS = 200
_ANCHOR = re.compile(
    r"(?<!\w)&([^\s\[\]{},]+)(?P<word>[ \t]+(?=[\w\"'/])[^\n&*:]*+(?::[^\s&*:][^\n&*:]*+)*+$)?", re.MULTILINE
)
"""An anchor and, where it names one, the word or sentence that ends its line."""
_ALIAS = re.compile(r"\*([^\s\[\]{},]+)")
# Every part is possessive: a text of quotes costs linear time.
_TOML_STEP = r"""(?:[\w-]++|"(?:[^"\\\n]|\\.)*+"|'[^'\n]*+')"""
_DEEP_TOML_KEY = re.compile(rf"(?:^|[\[{{,])[ \t]*+(?:{_TOML_STEP}[ \t]*+\.[ \t]*+){{{MAX_DEPTH}}}", re.MULTILINE)
_COMPACT_NESTING = re.compile(r"^[ \t]*(?:[-?:][ \t]+){30}", re.MULTILINE)


def repeats_anchors(yaml: str) -> bool:
    """Whether it repeats anchors so often that aliases of aliases may fill the memory; words hold no others."""
    found = list(_ANCHOR.finditer(yaml)) if "&" in yaml else []
    names = {anchor[1] for anchor in found}
    larger = {anchor[1] for anchor in found if not anchor["word"]}
    aliases = [alias for alias in _ALIAS.findall(yaml) if alias in names] if names else []
    return sum(alias in larger for alias in aliases) > _MAX_ALIASES or len(aliases) > _MAX_WORDS


def find_deep_yaml(yaml: str) -> int | None:
    """Where compact nesting is too deep."""
    found = _COMPACT_NESTING.search(yaml)
    return found.start() if found else None


def find_deep_toml(toml: str) -> int | None:
    """Where a dotted key is too deep."""
    found = _DEEP_TOML_KEY.search(toml)
    return found.start() if found else None


def parse_data(text: str, ending: str) -> object:
    """What a file of TOML, JSON or YAML says, by its ending; None for one made to hurt. Raises as its reader."""
    if ending == ".toml":
        return tomllib.loads(text) if find_deep_toml(text) is None else None
    if ending == ".json":
        return json.loads(text)
    import yaml12  # noqa: PLC0415 - most who ask for markup alone need no YAML

    return None if repeats_anchors(text) or find_deep_yaml(text) is not None else yaml12.parse_yaml(text)


# --- HTML ---

MAX_OPEN: Final = 500
"""Elements in one another, where a text has tags enough for that."""
_USUAL_OPEN = 10
_MAX_WORK = 2_000_000
_SPACE = "\t\n\f\r "
# What a tokenizer sees (HTML, section 13.2.5): comments, what it takes for comments, and tags with their attributes.
# Possessive throughout, and what never ends reaches to the end of the text, so that every character is read once.
_TOKEN = re.compile(
    r"<!--(?:-?>|.*?(?:--!?>|\Z))"
    r"|<(?:[!?]|/(?![a-zA-Z]))[^>]*+(?:>|\Z)"
    rf"|<(?P<end>/?)(?P<name>[a-zA-Z][^{_SPACE}/>]*+)"
    rf"(?:[{_SPACE}/]++|[^{_SPACE}/>][^{_SPACE}/>=]*+(?:[{_SPACE}]*+=[{_SPACE}]*+"
    rf"(?:\"[^\"]*+(?:\"|\Z)|'[^']*+(?:'|\Z)|[^{_SPACE}>\"'][^{_SPACE}>]*+)?+)?+)*+(?:>|\Z)",
    re.DOTALL,
)
_NOTHING = "<!---->"
_RAW = frozenset({"script", "style", "textarea", "title", "xmp", "noembed", "noframes", "noscript", "plaintext"})
_FORMATTING = frozenset(
    {"a", "b", "big", "code", "em", "font", "i", "nobr", "s", "small", "strike", "strong", "tt", "u"}
)
_FOREIGN = frozenset({"svg", "math"})
_BARRIERS = _FOREIGN | {"table", "caption", "object", "applet", "marquee", "template"}
_SPECIAL = _BARRIERS | frozenset({
    "address", "article", "aside", "blockquote", "body", "button", "center", "details", "dialog", "dir", "div", "dl",
    "fieldset", "figcaption", "figure", "footer", "form", "frameset", "h1", "h2", "h3", "h4", "h5", "h6", "head",
    "header", "hgroup", "html", "iframe", "listing", "main", "menu", "nav", "ol", "pre", "search", "section", "select",
    "summary", "ul", "li", "dd", "dt", "p",
})  # fmt: skip
_ENDS_PARAGRAPH = _SPECIAL - _BARRIERS - {"body", "button", "frameset", "head", "html", "iframe", "select"}
VOID: Final = frozenset({
    "area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "param", "source", "track", "wbr",
})  # fmt: skip
# Elements that the next of their kind ends, and what each looks through on its way to that one.
_ENDED_BY_KIND = {"li": frozenset({"li"}), "dd": frozenset({"dd", "dt"}), "dt": frozenset({"dd", "dt"})}
_SEEN_THROUGH = frozenset({"address", "div", "p"})
_ENDS_OF_SCOPE = {"li": frozenset({"ol", "ul"}), "p": frozenset({"button"})}
# Void elements, and those of which a parser holds a few at most in each of the others: they say little about depth.
_FLAT = VOID | frozenset({"td", "th", "tr", "tbody", "thead", "tfoot", "colgroup"})


def flatten_markup(markup: str) -> str | None:
    """HTML that every parser reads alike, without comments and raw text; None where its elements nest too deeply.

    An HTML parser needs quadratic time where much is open, a feed reader its stack. Elements left open are opened
    again in every paragraph that follows, so depth is weighed with the number of tags.
    """
    if markup.count("<") <= MAX_OPEN:
        return markup
    pieces, stack, at, tags = list[str](), list[str](), 0, 0
    while found := _TOKEN.search(markup, at):
        name = (found["name"] or "").lower()
        pieces += markup[at : found.start()], found[0] if name and name not in _RAW else _NOTHING
        at = found.end()
        if name in _RAW and not found["end"]:
            at = _skip_raw(markup, at, name)
        elif name:
            tags += 1
            _follow(stack, name, found["end"], found[0])
            if len(stack) > MAX_OPEN or (len(stack) > _USUAL_OPEN and len(stack) * tags > _MAX_WORK):
                return None
    return "".join((*pieces, markup[at:]))


def _skip_raw(markup: str, at: int, name: str) -> int:
    """Where the text of a raw element ends; without an end tag at the end of all."""
    end = re.compile(rf"</{name}(?=[{_SPACE}/>])", re.IGNORECASE).search(markup, at) if name != "plaintext" else None
    return end.start() if end else len(markup)


def _follow(stack: list[str], name: str, end: str, tag: str) -> None:
    """The open elements after a tag; never fewer than a parser has."""
    is_foreign = not _FOREIGN.isdisjoint(stack)
    if name in _FLAT and not is_foreign:
        return
    if not end and not (is_foreign and tag.endswith("/>")):
        if name == "a":
            _close(stack, name)
        if name in _ENDS_PARAGRAPH:
            _close(stack, "p")
        _end_kind(stack, name)
        stack.append(name)
    elif end:
        _close(stack, name)


def _close(stack: list[str], name: str) -> None:
    """Close the nearest open element of the name, where a parser would; formatting inside it stays open."""
    ends = _SPECIAL
    if name in _SPECIAL or name in _FORMATTING:
        ends = _BARRIERS | _ENDS_OF_SCOPE.get(name, frozenset()) if name != "table" else frozenset()
    for place in range(len(stack) - 1, -1, -1):
        if stack[place] == name:
            above = [one for one in stack[place + 1 :] if one in _FORMATTING]
            stack[place:] = stack[place + 1 :] if name in _FORMATTING | {"form"} else above
            return
        if stack[place] in ends:
            return


def _end_kind(stack: list[str], name: str) -> None:
    """Close what an item of a list ends: the item before it in the same list."""
    for place in range(len(stack) - 1, -1, -1) if name in _ENDED_BY_KIND else ():
        if stack[place] in _ENDED_BY_KIND[name]:
            stack[place:] = [one for one in stack[place + 1 :] if one in _FORMATTING]
            return
        if stack[place] in _SPECIAL - _SEEN_THROUGH:
            return
