"""Formulas in Markdown: kept as they stand, where Markdown or MDX would take their signs for its own.

`$…$`, `$$…$$`, `\\(…\\)` and `\\[…\\]`, outside code. Money is no formula, nor is an escaped bracket: what stands
between must have a sign of mathematics in it, and between single dollars begin and end without a space, no digit after.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from syndicate.text.code import map_prose

_EDGE = "\U0010fffc"
_MARK = re.compile(f"{_EDGE}(\\d+){_EDGE}")
_OPENING = re.compile(r"(?<![\\$])\$\$?(?!\$)|(?<!\\)\\{1,2}[(\[]")
_CLOSING = {"(": ")", "[": "]"}
_SIGNS = re.compile(r"[\\^_{=]")
_MOST = 5_000
"""Characters of a formula."""


def set_apart(markdown: str) -> tuple[str, list[str]]:
    """The Markdown with a mark for each formula, and the formulas."""
    formulas: list[str] = []
    if "$" not in markdown and "\\(" not in markdown and "\\[" not in markdown:
        return markdown, formulas
    return map_prose(markdown.replace(_EDGE, ""), lambda text: _replace(text, formulas)), formulas


def put_back(text: str, formulas: list[str], change: Callable[[str], str] = str) -> str:
    """The text with its formulas, each as `change` writes it."""
    return _MARK.sub(lambda found: change(formulas[int(found[1])]), text) if formulas else text


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
    if not _SIGNS.search(inside):
        return 0
    if sign == "$" and ("\n\n" in inside or inside != inside.strip() or text[end + 1 : end + 2].isdigit()):
        return 0
    return end + len(closing)
