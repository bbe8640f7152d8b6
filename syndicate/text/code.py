"""Where code stands in Markdown: nothing may be mended, removed or stripped there."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

import pyromark

from syndicate.text.generator_code import holds_any
from syndicate.text.links import join_spans
from syndicate.text.markdown import DIALECT

_HTML_CODE = re.compile(rb"<(/?)(pre|code|samp|kbd)\b[^<>]*>", re.IGNORECASE)
# Cleaned text holds no NUL, so nothing an author wrote can look like a mark.
_MARK = re.compile("\0(\\d+)\0")


def map_prose(
    markdown: str, change: Callable[[str], str], split: Callable[[str], list[tuple[str, bool]]] | None = None
) -> str:
    """The Markdown after `change`, which sees every piece of code as one opaque mark and so cannot touch it.

    `split` says what code is, where that is not `split_code`.
    """
    pieces = (split or split_code)(markdown.replace("\0", ""))
    code = [piece for piece, is_code in pieces if is_code]
    if not code:
        return change(markdown)
    numbers = iter(range(len(code)))
    changed = change("".join(f"\0{next(numbers)}\0" if is_code else piece for piece, is_code in pieces))
    return _MARK.sub(lambda found: code[int(found[1])], changed)


def split_code(markdown: str) -> list[tuple[str, bool]]:
    """The text in pieces that join to the same text; True marks code spans, code blocks and HTML code."""
    return _split(markdown, [*_markdown_code(markdown), *_html_code(markdown.encode())])


def split_fences(markdown: str) -> list[tuple[str, bool]]:
    """The same for MDX, where HTML code is an element like others, and braces in it are expressions."""
    return _split(markdown, list(_markdown_code(markdown)))


def _split(markdown: str, ranges: list[tuple[int, int]]) -> list[tuple[str, bool]]:
    data = markdown.encode()
    pieces, at = [], 0
    for start, end in join_spans(ranges):
        pieces.append((data[at:start].decode(), False))
        pieces.append((data[start:end].decode(), True))
        at = end
    pieces.append((data[at:].decode(), False))
    return [piece for piece in pieces if piece[0]]


def _markdown_code(markdown: str) -> Iterator[tuple[int, int]]:
    """Byte ranges of code spans and code blocks, fences included."""
    for event, place in pyromark.events_with_range(markdown, options=DIALECT):
        match event:
            case {"Start": {"CodeBlock": _}} | {"Code": _}:
                yield place["start"], place["end"]


def _html_code(data: bytes) -> Iterator[tuple[int, int]]:
    """Byte ranges of code in raw HTML, outermost elements only."""
    start, element = 0, b""
    for found in _HTML_CODE.finditer(data):
        closing, name = found[1], found[2].lower()
        if not closing and not element:
            start, element = found.start(), name
        elif closing and name == element:
            yield start, found.end()
            element = b""


# --- Formulas in Markdown ---
# Kept as they stand, where Markdown or MDX would take their signs for its own. `$…$`, `$$…$$`, `\(…\)` and `\[…\]`,
# outside code. Money is not a formula, nor is an escaped bracket: what stands between must have a sign of mathematics
# in it, and between single dollars begin and end without a space, no digit after.

_EDGE = "\U0010fffc"
_FORMULA = re.compile(f"{_EDGE}(\\d+){_EDGE}")
_OPENING = re.compile(r"(?<![\\$])\$\$?(?!\$)|(?<!\\)\\{1,2}[(\[]")
_CLOSING = {"(": ")", "[": "]"}
_SIGNS = re.compile(r"[\\^_{=]")
_NO_FORMULA = re.compile(r"^[ \t]*(?::::|#{1,6}[ \t])", re.MULTILINE)
"""A heading or a container between two signs: each belongs to a formula of its own."""
_MOST = 5_000
"""Characters of a formula."""


def set_apart(markdown: str) -> tuple[str, list[str]]:
    """The Markdown with a mark for each formula, and the formulas."""
    formulas: list[str] = []
    if not holds_any(markdown, ("$", "\\(", "\\[")):
        return markdown, formulas
    return map_prose(markdown.replace(_EDGE, ""), lambda text: _replace(text, formulas)), formulas


def put_back(text: str, formulas: list[str], change: Callable[[str], str] = str) -> str:
    """The text with its formulas, each as `change` writes it."""
    return _FORMULA.sub(lambda found: change(formulas[int(found[1])]), text) if formulas else text


def _replace(text: str, formulas: list[str]) -> str:
    kept, at = [], 0
    opening = _OPENING.search(text)
    while opening:
        end = _find_end(text, opening)
        if end:
            kept += [text[at : opening.start()], f"{_EDGE}{len(formulas)}{_EDGE}"]
            formulas.append(text[opening.start() : end])
            at = end
        opening = _OPENING.search(text, end or opening.end())
    return "".join([*kept, text[at:]])


def _find_end(text: str, opening: re.Match[str]) -> int:
    """Where the formula ends, 0 where what opens is none."""
    sign, start = opening[0], opening.end()
    closing = sign[:-1] + _CLOSING[sign[-1]] if sign[0] == "\\" else sign
    end = text.find(closing, start, start + _MOST)
    inside = text[start:end] if end >= 0 else ""
    if not _SIGNS.search(inside) or _NO_FORMULA.search(inside):
        return 0
    if sign == "$" and ("\n\n" in inside or inside != inside.strip() or text[end + 1 : end + 2].isdigit()):
        return 0
    return end + len(closing)
