"""Liquid, Nunjucks and Hugo tags in order: what can be looked up is shown, what cannot is left out and noted.

Branches whose condition is known are chosen; of others the first one stays. Loops are left out whole: what they would
say stands in no text of the author.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field

from syndicate.text.generator_code import MARK, UNKNOWN, GeneratorCode, to_text

_TAG = re.compile(
    r"\{\{(?P<hugo>[<%])(?P<shortcode>(?:[^{}]|\}(?!\})){0,2000}?)[>%]\}\}"
    r"|\{%[-~]?(?P<tag>[^{}]{0,1000}?(?:\{[^{}]{0,300}\}[^{}]{0,300}){0,3})[-~]?%\}"
    r"|<?\{\{[-~]?(?P<output>[^{}]{0,500}(?:\{[^{}]{0,300}\}[^{}]{0,300}){0,3})[-~]?\}\}\}?>?"
    r"|\{#(?=[\s-])[^{}]{0,1000}#\}"
)
_BRANCHES = frozenset({"if", "unless", "case", "ifchanged", "if-async"})
_BLOCKS = _BRANCHES | {"for", "tablerow", "each", "asyncEach", "capture"}
_SILENT = frozenset({
    "assign", "set", "capture", "comment", "raw", "break", "continue", "cycle", "increment", "decrement", "liquid",
    "extends", "import", "from", "macro", "block", "layout", "toc",
})  # fmt: skip
_CONDITION = re.compile(r"""\s*(.+?)\s*(==|!=|<>|contains)\s*(.+?)\s*\Z""")
_MAX_DEPTH = 20
_EDGES = " \t\n-~"

Replace = Callable[[str, str], str | None]
"""What a tag becomes that is neither logic nor a value: from its inside and the whole of it; None to leave it out."""


def _name_of(token: re.Match[str]) -> str:
    return next(iter((token["tag"] or "").strip(_EDGES).split(None, 1)), "")


@dataclass(slots=True)
class _Reader:
    """Goes through the tokens of one text."""

    tokens: list[re.Match[str] | str]
    code: GeneratorCode
    replace: Replace
    at: int = 0
    last: dict[str, int] = field(default_factory=dict)
    """Where each tag stands the last time."""

    def __post_init__(self) -> None:
        for at, token in enumerate(self.tokens):
            if not isinstance(token, str) and (name := _name_of(token)).startswith("end"):
                self.last[name] = at

    def read(self, ends: frozenset[str] = frozenset(), depth: int = 0) -> tuple[str, str]:
        """The text up to a tag named in `ends`, and the inside of that tag; "" at the end of the text."""
        kept: list[str] = []
        while self.at < len(self.tokens):
            token = self.tokens[self.at]
            self.at += 1
            if isinstance(token, str):
                kept.append(token)
                continue
            inside, name = (token["tag"] or "").strip(_EDGES), _name_of(token)
            if name in ends:
                return "".join(kept), inside
            kept.append(self._replace(token, inside, name, depth))
        return "".join(kept), ""

    def _replace(self, token: re.Match[str], inside: str, name: str, depth: int) -> str:
        if token["output"] is not None:
            return self._show(token)
        if token["hugo"]:
            return self._leave(token, self.replace(token["shortcode"].strip(_EDGES), token[0]))
        if not inside or name.startswith(("end", "else", "elsif", "elif", "when")):
            return ""
        if name in {"assign", "set"}:
            return self._assign(inside)
        if depth < _MAX_DEPTH and self.last.get(f"end{name}", -1) >= self.at and name in _BLOCKS:
            return self._read_block(token, name, inside, depth)
        return "" if name in _SILENT else self._leave(token, self.replace(inside, token[0]))

    def _read_block(self, token: re.Match[str], name: str, inside: str, depth: int) -> str:
        if name in _BRANCHES:
            return self._branch(name, inside, depth)
        before = len(self.code.pieces)
        text, _ = self.read(frozenset({f"end{name}"}), depth + 1)
        if name == "capture":
            self.code.assigned[inside.partition(" ")[2].strip("\"' ")] = UNKNOWN if MARK in text else text.strip()
            return ""
        del self.code.pieces[before:]
        return self.code.leave_out(token[0])

    def _show(self, token: re.Match[str]) -> str:
        """A value; the angle brackets of a link stay where there is one."""
        whole, words = token[0], token["output"].strip()
        shown = self.code.show(words, whole.strip("<>"))
        is_link = whole.startswith("<") and whole.endswith(">")
        if is_link:
            return shown if shown == MARK else f"<{shown}>"
        return f"{'<' if whole.startswith('<') else ''}{shown}{'>' if whole.endswith('>') else ''}"

    def _leave(self, token: re.Match[str], shown: str | None) -> str:
        return self.code.leave_out(token[0]) if shown is None else shown

    def _assign(self, inside: str) -> str:
        name, _, expression = inside.partition(" ")[2].partition("=")
        self.code.assigned[name.strip()] = self.code.evaluate(expression.strip())
        return ""

    def _branch(self, name: str, inside: str, depth: int) -> str:
        """The first branch whose condition holds, or may hold: an unknown one is noted."""
        end, chosen, condition = f"end{name}", "", inside.partition(" ")[2]
        holds = self._judge(condition, is_negative=name == "unless") if name != "case" else False
        if holds is None:
            self.code.leave_out(f"{{% {inside} %}}", is_missed=False)
        is_done = False
        while True:
            before = len(self.code.pieces)
            text, closing = self.read(frozenset({end, "else", "elsif", "elif", "elseif", "when"}), depth + 1)
            if holds is not False and not is_done:
                chosen, is_done = text, True
            else:
                del self.code.pieces[before:]
            if not closing or closing == end:
                return chosen
            word, _, rest = closing.partition(" ")
            if word == "when":
                holds = self._judge(f"{condition} == {rest}", is_negative=False)
            else:
                holds = True if word == "else" else self._judge(rest, is_negative=False)

    def _judge(self, condition: str, *, is_negative: bool) -> bool | None:
        """Whether it holds; None where that cannot be told."""
        if re.search(r"\s(?:and|or)\s", condition):
            return None
        compared = _CONDITION.match(condition)
        if compared is None:
            value = self.code.evaluate(condition)
            truth = None if value is UNKNOWN else value not in (None, False)
        else:
            left, right = self.code.evaluate(compared[1]), self.code.evaluate(compared[3])
            truth = None if UNKNOWN in (left, right) else _compare(left, compared[2], right)
        return truth if truth is None or not is_negative else not truth


def _compare(left: object, sign: str, right: object) -> bool:
    if sign == "contains":
        return right in left if isinstance(left, list) else (to_text(right) or "") in (to_text(left) or "")
    is_equal = left == right or (to_text(left) == to_text(right) and to_text(left) is not None)
    return is_equal if sign == "==" else not is_equal


def render_tags(text: str, code: GeneratorCode, replace: Replace) -> str:
    """The text with each tag shown, chosen or left out."""
    tokens: list[re.Match[str] | str] = []
    at = 0
    for found in _TAG.finditer(text):
        tokens += [text[at : found.start()], found]
        at = found.end()
    return _Reader([*tokens, text[at:]], code, replace).read()[0] if tokens else text
