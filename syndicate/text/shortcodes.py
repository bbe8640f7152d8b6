"""Template marks that a site generator would have replaced, taken out of Markdown before it is rendered.

What we decided, for Hugo shortcodes and Liquid (Jekyll, Eleventy, dev.to):

* pictures become Markdown pictures; films, posts and gists become plain links to them;
* `highlight` becomes a code block; comments go; `raw` keeps its inside as it stands;
* `ref`, `relref`, `link`, `post_url` become the address of the post that they name, nothing where there is none;
* what else is written for some programs alone: `text.dialects`;
* values and conditions are looked up (`text.generator_code`); what cannot be is left out and noted, a value, a loop
  or a tag of its own with a mark in its place;
* any other tag goes and what stands between a pair stays.

Nothing inside code is touched, but for Liquid's `raw` around it.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from html import escape

from syndicate.text.dialects import SIGNS, drop_dialect, replace_tag
from syndicate.text.generator_code import MARK, UNKNOWN, GeneratorCode, holds_any, to_text
from syndicate.text.markdown import map_prose, split_code

# --- Liquid, Nunjucks and Hugo tags in order ---
# What can be looked up is shown, what cannot is left out and noted. Branches whose condition is known are chosen;
# of others the first one stays. Loops are left out whole: what they would say stands in no text of the author.

_TAG = re.compile(
    r"\{\{(?P<hugo>[<%])(?P<shortcode>(?:[^{}]|\}(?!\})){0,2000}?)[>%]\}\}"
    r"|\{%[-~]?(?P<tag>[^{}]{0,1000}?(?:\{[^{}]{0,300}\}[^{}]{0,300}){0,3})[-~]?%\}"
    r"|<?\{\{[-~]?(?P<output>[^{}]{0,4000}(?:\{[^{}]{0,300}\}[^{}]{0,300}){0,3})[-~]?\}\}\}?>?"
    r"|(?:(?<![^\n])[ \t]{0,20})?\{#(?=[\s-])[^{}]{0,1000}#\}(?:(?<=#\})[ \t]{0,20}\n)?"
    r"|(?P<open>\{(?:\{[-~]?[ \t]*\w{1,50}\.|%[-~]?[ \t]*[a-z_]{1,50}[ \t])[^{}\n]{1,300}$)",  # never closed
    re.MULTILINE,
)
_BRANCHES = frozenset({"if", "unless", "case", "ifchanged", "if-async"})
_BLOCKS = _BRANCHES | {"for", "tablerow", "each", "asyncEach", "capture"}
_SILENT = frozenset({
    "assign", "set", "capture", "comment", "raw", "break", "continue", "cycle", "increment", "decrement", "liquid",
    "extends", "import", "from", "macro", "block", "layout", "toc",
})  # fmt: skip
_CALL = re.compile(r"(\w+)\((.*)\)", re.DOTALL)
"""How Zola writes a shortcode."""
_COMPARES = re.compile(r"==|!=|<>|contains")
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
        if token["hugo"] or token["open"]:
            is_closed = token["open"] is None
            return self._leave(token, self.replace(token["shortcode"].strip(_EDGES), token[0]) if is_closed else None)
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
        called = _CALL.fullmatch(words)
        if called and (made := self.replace(f"{called[1]} {called[2]}", whole)):
            return made
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
        condition = condition.strip()
        sign = _COMPARES.search(condition, 1)
        if sign is None:
            value = self.code.evaluate(condition)
            truth = None if value is UNKNOWN else value not in (None, False)
        else:
            left, right = (self.code.evaluate(side) for side in (condition[: sign.start()], condition[sign.end() :]))
            truth = None if UNKNOWN in (left, right) else _compare(left, sign[0], right)
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


_Pair = tuple[re.Pattern[str], re.Pattern[str]]
_HIGHLIGHT: _Pair = (
    re.compile(r"\{(?:\{[<%]|%-?)[ \t]*highlight[ \t]++([\w+#-]*+)[^{}]*+\}\}?"),
    re.compile(r"\{(?:\{[<%]|%-?)[ \t]*(?:/[ \t]*|end)highlight[ \t]*(?:[>%]\}\}|-?%\})"),
)
_COMMENT: _Pair = (re.compile(r"\{%-?[ \t]*comment[ \t]*-?%\}"), re.compile(r"\{%-?[ \t]*endcomment[ \t]*-?%\}"))
_RAW: _Pair = (re.compile(r"\{%-?[ \t]*raw[ \t]*-?%\}"), re.compile(r"\{%-?[ \t]*endraw[ \t]*-?%\}"))
_RAW_LINE = re.compile(r"\{%-?[ \t]*(?:end)?raw[ \t]*-?%\}(?:(?<=\n.{9})\n)?")
_CLOSED = re.compile(r"\{(?:\{[<%][ \t]*/|%-?[ \t]*end)[ \t]*([\w./-]+)")
_PAGE_ADDRESS = re.compile(r"\{\{-?\s*(?:page\.url|base_?url)\s*(?:\|[^{}]*)?-?\}\}", re.IGNORECASE)
_TEASER_END = re.compile(r"\s*(?:more|truncate)\b", re.IGNORECASE)
_NAMES_OF_PAGES = frozenset({"ref", "relref", "link", "post_url"})
_PAGE = re.compile(r"""(?:[^"']*\bpath\s*=\s*)?(?:"([^"]*)"|'([^']*)'|(.*))""", re.DOTALL)
_HOST = re.compile(r"(?:\{\{-?\s{0,9}site\.(?:url|baseurl)\s{0,9}-?\}\}){1,2}(?=\{%-?\s{0,9}(?:link|post_url)\s)")
"""What authors write before the path that a tag of Jekyll's becomes; of ours comes the whole address."""
_BRACE = "\U0010fffb"
"""Stands for a brace that is text, while tags are looked for."""


def drop_shortcodes(markdown: str, code: GeneratorCode | None = None, *, is_liquid: bool = False) -> str:
    """The Markdown without template marks, as the table above says; `code` knows values and takes the notes.

    `is_liquid` where the site's generator reads Liquid in code, too, so that `raw` stands around it.
    """
    if not holds_any(markdown, ("{%", "{{", *SIGNS)):
        return markdown
    if "highlight" in markdown or "raw" in markdown or "comment" in markdown:
        if is_liquid:
            pieces = split_code(markdown)
            markdown = "".join(_RAW_LINE.sub("", piece) if is_code else piece for piece, is_code in pieces)
        markdown = map_prose(markdown, _replace_blocks)
    known = code or GeneratorCode()
    return map_prose(markdown, lambda text: _drop(text, known))


def show_code_in_html(markup: str) -> str:
    """A post in HTML with elements of code for what `highlight` stands around."""

    def show(_language: str, code: str) -> str:
        return f"<pre><code>{escape(_RAW_LINE.sub('', code).strip(), quote=False)}</code></pre>"

    return _replace_pairs(markup, _HIGHLIGHT, show) if "highlight" in markup else markup


def fill_text(text: str, code: GeneratorCode) -> str:
    """A text of the front matter with its values shown and without tags; `code` spans stay as they are."""
    if "{{" not in text and "{%" not in text:
        return text
    pieces = re.split(r"(`[^`\n]+`)", text)
    return "".join(piece if at % 2 else _fill(piece, code) for at, piece in enumerate(pieces))


def _fill(text: str, code: GeneratorCode) -> str:
    text = _replace_pairs(text, _RAW, lambda _, literal: literal.replace("{", _BRACE))
    return render_tags(text, code, lambda _inside, _written: None).replace(_BRACE, "{")


def _replace_blocks(text: str) -> str:
    """Code, comments and literal text that tags stand around."""

    def show_code(language: str, code: str) -> str:
        code = _RAW_LINE.sub("", code).strip("\n")
        return f"\n```{language}\n{code}\n```\n"

    text = _replace_pairs(text, _HIGHLIGHT, show_code)
    text = _replace_pairs(text, _COMMENT, lambda _, __: "")
    return _replace_pairs(text, _RAW, lambda _, literal: literal.replace("{", "&#123;"))


def _drop(text: str, code: GeneratorCode) -> str:
    text = _HOST.sub("", _PAGE_ADDRESS.sub("", _drop_comments(text)))
    closed = frozenset(_CLOSED.findall(text))
    text = render_tags(text, code, lambda inside, written: _replace_tag(inside, written, code, closed))
    return drop_dialect(text, code)


def _drop_comments(text: str) -> str:
    """The text without HTML comments, which may hold tags, but for the mark of a teaser's end.

    One with lines of its own leaves an empty one: an empty line would end the HTML that it stands in.
    """
    kept, at = [], 0
    start = text.find("<!--")
    while start >= 0 and (end := text.find("-->", start + 4)) >= 0:
        end += 3
        if not _TEASER_END.match(text, start + 4):
            before = f"\n{text[max(start - 20, 0) : start]}".rpartition("\n")[2]
            behind = text[end : end + 40].lstrip(" \t")
            is_alone = not before.strip() and behind[:1] == "\n" and behind[1:].lstrip(" \t")[:1] not in {"", "\n"}
            kept += [text[at:start], "<!---->" if is_alone else ""]
            at = end
        start = text.find("<!--", end)
    return "".join([*kept, text[at:]])


def _replace_tag(body: str, written: str, code: GeneratorCode, closed: frozenset[str]) -> str | None:
    """A tag that is not logic: a shortcode, or the literal text of one that its author escaped with a comment."""
    body = body.removesuffix("/").strip()
    if body.startswith("/*"):
        closing = {"<": "&gt;", "%": "%"}[written[2]]
        return f"&#123;&#123;{written[2].replace('<', '&lt;')} {body.strip('/* ')} {closing}&#125;&#125;"
    name = body.split(None, 1)[0] if body else ""
    if not name or name.startswith("/"):
        return ""
    if name in _NAMES_OF_PAGES:
        page = _PAGE.match(body.removeprefix(name).strip())
        return code.find_page(name, page[page.lastindex or 0].strip()) if page else ""
    if name == "param":
        return to_text(code.look_up(body.partition(" ")[2].strip("\"' ")))
    if name in closed:
        return code.leave_out(written, is_missed=False)
    return replace_tag(body) or None


def _replace_pairs(text: str, pair: _Pair, change: Callable[[str, str], str]) -> str:
    """The text with each opening tag, its inside and its closing tag replaced; `change` gets argument and inside."""
    opening, closing = pair
    kept, at = [], 0
    while (start := opening.search(text, at)) and (end := closing.search(text, start.end())):
        argument = start[1] if opening.groups else ""
        kept += [text[at : start.start()], change(argument, text[start.end() : end.start()])]
        at = end.end()
    return "".join([*kept, text[at:]])
