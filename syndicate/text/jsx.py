"""Takes the JavaScript out of MDX and leaves the Markdown."""

from __future__ import annotations

import re
from html import escape

from syndicate.text.code import map_prose, split_code, split_fences
from syndicate.text.generator_code import UNKNOWN, GeneratorCode, holds_any, to_text
from syndicate.text.shortcodes import replace_tag

_MODULE = re.compile(
    r"""^(?:import\s*(?:type\s+)?(?:["'{*]|[\w$]+\s*(?:,|\sfrom\b))|export\s+(?:default|const|let|var|function|class|async|\{|\*))"""
    r"[^\n]*(?:\n(?!\s*\n)[^\n]*)*",
    re.MULTILINE,
)
_STRING = re.compile(r"""(["'])(?P<plain>[^"'`\\\n]*)\1|`(?P<template>(?:[^`\\$]|\\.|\$(?!\{))*)`""", re.DOTALL)
_MARK = re.compile("\0\\d+\0")
_NOTE = re.compile(r"/\*.*\*/", re.DOTALL)
# A quoted value is bounded, so that a text of opening quotes costs linear time.
_COMPONENT = re.compile(
    r"""<(?P<closing>/?)(?P<name>[A-Z][\w.]{0,99})(?=[\s/>])(?P<rest>(?:[^<>"']|"[^"]{0,500}"|'[^']{0,500}')*)>|</?>"""
)
_FENCE = re.compile(r"( {0,12})(`{3,}|~{3,})")
_TAG_LINE = re.compile(r" {0,12}</?[A-Z][\w.]{0,99}(?:\s[^<>\n]{0,500})?>[ \t]*\Z")
_IMPORT = re.compile(r"""^import\s[^\n]{1,500}\sfrom\s+["'][^"'\n]{1,300}["'];?[ \t]*$""", re.MULTILINE)
_ATTRIBUTE = re.compile(r"""<[A-Za-z][^<>]{0,500}=\{(?:[^{%\s]|\{\s*["']?[\w-]{1,50}["']?\s*:)""")

_CODE = re.compile(r"<(?:pre|code|samp|kbd)\s[^<>]{0,500}", re.IGNORECASE)


def is_mdx(markdown: str) -> bool:
    """Whether a file that ends in ".md" is MDX all the same, as Docusaurus takes every file for it."""
    if not holds_any(markdown, ("import", "={")):
        return False
    prose = "".join(piece for piece, is_code in split_code(markdown) if not is_code)
    if _IMPORT.search(prose):
        return True
    if "{%" in prose or "={" not in markdown:
        return False
    elements = _CODE.findall("".join(piece for piece, is_code in split_fences(markdown) if not is_code))
    return any(_ATTRIBUTE.search(text) for text in (prose, *elements))


def drop_mdx(markdown: str, code: GeneratorCode | None = None) -> str:
    """The Markdown without imports, exports, JSX components and expressions; what components enclose stays.

    `code` knows values and takes the notes of what was left out.
    """
    known = code or GeneratorCode()
    return map_prose(_set_tags_apart(markdown), lambda text: _drop(text, known), split_fences)


def _set_tags_apart(markdown: str) -> str:
    """Empty lines around components that have a line of their own: MDX reads Markdown there, code in fences too."""
    if "```" not in markdown and "~~~" not in markdown:
        return markdown
    kept: list[str] = []
    fence, indent, is_behind_tag = "", 0, False
    lines = markdown.split("\n")
    for line, following in zip(lines, [*lines[1:], ""], strict=True):
        mark = _FENCE.match(line)
        if mark and not fence:
            fence, indent = mark[2], len(mark[1]) if is_behind_tag else 0
        elif mark and mark[2].startswith(fence):
            fence = ""
        is_behind_tag = not (fence or mark) and _TAG_LINE.match(line) is not None
        if is_behind_tag:
            is_text = following.startswith("    ") and not _FENCE.match(following)
            kept += ["", line.strip()] if is_text else ["", line.strip(), ""]
        else:
            kept.append(line[indent:] if (fence or mark) and not line[:indent].strip() else line)
    return "\n".join(kept)


def _drop(text: str, code: GeneratorCode) -> str:
    text = _drop_expressions(_MODULE.sub("", text), code)
    return _COMPONENT.sub(lambda found: _replace_component(found, code), text)


def _replace_component(found: re.Match[str], code: GeneratorCode) -> str:
    """A picture or film becomes Markdown; of any other component that stands alone a mark."""
    name, rest = found["name"], found["rest"] or ""
    if not name or found["closing"]:
        return ""
    if not rest.rstrip().endswith("/"):
        return code.leave_out(f"<{name} …>", is_missed=False)
    return replace_tag(f"{name} {rest.rstrip().removesuffix('/')}") or code.leave_out(f"<{name} …>")


def _drop_expressions(text: str, code: GeneratorCode) -> str:
    """The text without balanced `{…}`: a lone string keeps its words, an attribute's value becomes empty."""
    kept, at = [], 0
    for start, end in _expressions(text):
        inside = text[start + 1 : end - 1].strip()
        kept += [text[at:start], _show(inside, text[start:end], code, in_tag=text[start - 1 : start] == "=")]
        at = end
    return "".join([*kept, text[at:]])


def _show(inside: str, written: str, code: GeneratorCode, *, in_tag: bool) -> str:
    string = _STRING.fullmatch(inside)
    if in_tag or string:
        words = re.sub(r"\\(.)", r"\1", string["plain"] or string["template"] or "") if string else ""
        return f'"{escape(words)}"' if in_tag else escape(words, quote=False).replace("{", "&#123;")
    if inside.startswith("#"):  # Docusaurus names headings so
        return written
    if _MARK.fullmatch(inside):  # a string in backticks, which Markdown takes for code
        return inside
    if not inside or _NOTE.fullmatch(inside) or inside.startswith("..."):
        return ""
    value = code.evaluate(inside) if inside.isascii() else UNKNOWN
    shown = to_text(value)
    return code.leave_out(written) if shown is None else shown


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
