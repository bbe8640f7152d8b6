"""Takes the JavaScript out of MDX and leaves the Markdown."""

from __future__ import annotations

import re

from syndicate.text.code import map_prose

_MODULE = re.compile(
    r"""^(?:import\s*(?:type\s+)?(?:["'{*]|[\w$]+\s*(?:,|\sfrom\b))|export\s+(?:default|const|let|var|function|class|async|\{|\*))"""
    r"[^\n]*(?:\n(?!\s*\n)[^\n]*)*",
    re.MULTILINE,
)
_STRING = re.compile(r"""(["'`])([^"'`\\{}]*)\1""")
# A quoted value is bounded, so that a text of opening quotes costs linear time.
_COMPONENT = re.compile(r"""</?[A-Z][\w.]{0,99}(?=[\s/>])(?:[^<>"']|"[^"]{0,500}"|'[^']{0,500}')*>|</?>""")


def drop_mdx(markdown: str) -> str:
    """The Markdown without imports, exports, JSX components and expressions; what components enclose stays."""
    return map_prose(markdown, _drop)


def _drop(text: str) -> str:
    return _COMPONENT.sub("", _drop_expressions(_MODULE.sub("", text)))


def _drop_expressions(text: str) -> str:
    """The text without balanced `{…}`: a lone string keeps its words, an attribute's value becomes empty."""
    kept, at = [], 0
    for start, end in _expressions(text):
        string = _STRING.fullmatch(text[start + 1 : end - 1].strip())
        words = string[2] if string else ""
        kept += [text[at:start], f'"{words}"' if text[start - 1 : start] == "=" else words]
        at = end
    return "".join([*kept, text[at:]])


def _expressions(text: str) -> list[tuple[int, int]]:
    """Start and end of every outermost pair of braces that are not escaped."""
    opened: list[int] = []
    pairs: list[tuple[int, int]] = []
    for found in re.finditer(r"\\.|[{}]", text, re.DOTALL):
        if found[0] == "{":
            opened.append(found.start())
        elif found[0] == "}" and opened:
            start = opened.pop()
            while pairs and pairs[-1][0] > start:
                pairs.pop()
            pairs.append((start, found.end()))
    return pairs
