"""Markdown that only some programs read, as Markdown that all read: notes, tabs, attributes, wiki links, MDX.

"!!! note", "??? note", '=== "Tab"', "/// note"   Python-Markdown (MkDocs, Pelican, Nikola)
"{: .wide}"                                       kramdown (Jekyll), Python-Markdown
"{.wide}"                                         markdown-it-attrs (Eleventy), Pandoc (Quarto), Goldmark (Hugo)
":::note", "::card{a=b}", ":badge[new]{.red}"     Docusaurus, Nuxt, VitePress, Starlight
"[[Page|shown]]", "![[a.png]]", "> [!info] Title" Obsidian and other vaults, as are "%%comment%%", "==marked==", "^id"
"[caption width=3]…[/caption]", "[gallery]"       WordPress, as its exporters leave them
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from html import escape
from typing import NamedTuple

from syndicate.text.generator_code import UNKNOWN, GeneratorCode, holds_any, to_text
from syndicate.text.markdown import map_prose, split_code, split_fences

# --- Blocks that are told by a line before them and by their indentation ---

_NOTE = re.compile(r"[ \t]*(?P<sign>!!!|\?\?\?\+?|===[+!]?)(?P<rest>.*)\Z")
_SLASHES = re.compile(r" {0,3}/{3,}[ \t]*(?P<kind>[a-z][\w-]*)[ \t]*(?:\|[ \t]*(?P<title>.*))?\Z")
_KINDS = re.compile(r"[\w-]+(?: +[\w-]+)*\Z")
_FENCE = re.compile(r"\s*(`{3,}|~{3,})")
_ITEM = re.compile(r" {0,3}(?:[-*+]|\d{1,9}[.)])[ \t]")
_MOST_LEVELS = 8


def open_notes(markdown: str, levels: int = _MOST_LEVELS) -> str:
    """Notes as quotations, tabs as plain text below their titles: what they hold is no indented code."""
    if not holds_any(markdown, ("!!!", "???", "===", "///")):
        return markdown
    return "\n".join(_open(markdown.split("\n"), levels))


def _open(lines: Sequence[str], levels: int) -> Iterator[str]:
    at, fence, is_in_list, slashes = 0, "", False, 0
    while at < len(lines):
        line = lines[at]
        indent = _count_indent(line)
        head = None if fence or not levels or (indent >= 4 and not is_in_list) else _read_head(line)
        if head and (end := _find_end(lines, at, indent + 4, head)):
            inside = open_notes("\n".join(_dedent(lines[at + 1 : end], indent + 4)), levels - 1)
            yield from (f"{line[: len(line) - len(line.lstrip())]}{one}".rstrip() for one in _show(head, inside))
            at = end
            continue
        found = _FENCE.match(line) if fence or indent < 4 or is_in_list else None
        if found:
            closes = fence and line.strip().startswith(fence)
            fence = "" if closes else fence or found[1]
        elif line.strip() and indent < 4:
            is_in_list = _ITEM.match(line) is not None or (is_in_list and line[0] == " ")
        slash = None if fence else _SLASHES.match(line)
        is_end = not fence and slashes and line.strip().strip("/") == "" and line.strip().startswith("///")
        slashes += bool(slash) - bool(is_end)
        yield _show_title(slash) if slash else "" if is_end else line
        at += 1


class _Head(NamedTuple):
    """`title` is None where only the kind is written."""

    is_tab: bool
    kind: str
    title: str | None


def _read_head(line: str) -> _Head | None:
    found = _NOTE.match(line)
    if found is None:
        return None
    kind, quote, rest = found["rest"].partition('"')
    kind, rest, is_tab = kind.strip(), rest.rstrip(), found["sign"][0] == "="
    if quote and rest.endswith('"') and (not kind or (_KINDS.match(kind) and not is_tab)):
        return _Head(is_tab, kind, rest[:-1].strip())
    return _Head(is_tab, kind, None) if not quote and not is_tab and _KINDS.match(kind) else None


def _find_end(lines: Sequence[str], at: int, indent: int, head: _Head) -> int:
    """The line behind the block, 0 where there is none: three exclamation marks of a person's."""
    end = at + 1
    for number in range(at + 1, len(lines)):
        if lines[number].strip():
            if _count_indent(lines[number]) < indent:
                break
            end = number + 1
    return end if head.title is not None or end > at + 1 else 0


def _count_indent(line: str) -> int:
    return len(line) - len(line.lstrip()) + 3 * line[: len(line) - len(line.lstrip())].count("\t")


def _dedent(lines: Sequence[str], width: int) -> Iterator[str]:
    for line in lines:
        spread = line.expandtabs(4) if line.startswith((" ", "\t")) else line
        yield spread[width:] if not spread[:width].strip() else spread.lstrip()


def _show(head: _Head, inside: str) -> Iterator[str]:
    """With an empty line before and behind; a tab is no quotation."""
    title = head.kind.partition(" ")[0].capitalize() if head.title is None else head.title
    lines = [*([f"**{title}**", ""] if title else []), *inside.strip("\n").split("\n")]
    yield ""
    yield from (line if head.is_tab else f"> {line}" for line in lines)
    yield ""


def _show_title(slash: re.Match[str]) -> str:
    return f"\n**{slash['title'].strip()}**\n" if slash["title"] else ""


# --- Marks within a text ---

_NAME = r"[A-Za-z_][\w:-]{0,60}(?:[./][\w-]{1,60}){0,3}"  # no dot at its end: "{.raises.}" is Nim
_PAIR = rf"""{_NAME}=(?:"[^"{{}}\n]{{0,200}}"|'[^'{{}}\n]{{0,200}}'|[^\s{{}}"']{{1,200}})"""
_PART = rf"(?:[.#]{_NAME}|{_PAIR})"
_PARTS = rf"\{{:?[ \t]*{_PART}(?:[ \t]+{_PART}){{0,20}}[ \t]*\}}"
_KRAMDOWN = re.compile(r"(?:^[*+-] TOC\n)?\{:(?:[^{}\n]|\n(?!\n)){0,500}\}", re.MULTILINE | re.IGNORECASE)
# Behind a picture, a link, a span or code, for which \0 stands; or at the end of a line, with a class or a name.
_ATTRIBUTES = re.compile(
    rf"(?<=[)\]\0*]){_PARTS}|[ \t]{{0,8}}(?=\{{[^{{}}\n]{{0,500}}?(?<=[ \t{{])[.#]){_PARTS}[ \t]*$", re.MULTILINE
)
_CONTENTS = re.compile(r"^[ \t]*\[{1,2}_?toc_?\]{1,2}[ \t]*$", re.MULTILINE | re.IGNORECASE)
_CONTAINER = re.compile(
    r"^[ \t]{0,8}(?::{3,}.*|::(?:[a-z][\w-]{0,60})?(?:\[[^\[\]\n]{0,300}\])?(?P<values>\{[^{}\n]{0,500}\})?[ \t]*)$",
    re.MULTILINE,
)
_DIRECTIVE = re.compile(r"(?<![\w:/\\]):{1,2}[a-z][\w-]{0,60}(?:\[(?P<label>[^\[\]\n]{0,300})\])?\{[^{}\n]{0,500}\}")
_SNIPPET = re.compile(r'^[ \t]*-+8<-+(?:[ \t]+"[^"\n]*"|[ \t]*\n(?:.*\n){1,20}?[ \t]*-+8<-+)[ \t]*$', re.MULTILINE)
_SYMBOL = re.compile(r":(?:material|fontawesome|octicons|simple)-[a-z0-9-]{1,80}:(?:\{[^{}\n]{0,200}\})?[ \t]?")
_EMBEDDED = re.compile(r"!\[\[([^\[\]|\n]{1,300})(?:\|[^\[\]\n]{0,200})?\]\]")
# With a capital, a space or a path: "[[nodiscard]]" is C++.
_WIKI = re.compile(
    r"(?<![^\W_])(?<![\[!])\[\[(?=[^\W\d_][^\[\]\n]{0,300}(?:[\s|/#\w]| \([^()\[\]\n]{1,99}\)|\|[^|\[\]\n]{1,300})\]\])"
    r"(?=[^\[\]\n]{0,300}?[A-Z\s|/#])"
    r"(?P<page>[^\[\]|\n]{1,300})(?:\|(?P<shown>[^\[\]\n]{1,300}))?\]\](?!\(|\[(?!\^))"
)
_CALLOUT = re.compile(
    r"^(?P<quote>[ \t]{0,3}(?:>[ \t]?)+)\[!(?P<kind>[\w-]{1,40})\](?P<fold>[+-]?)(?P<title>[^\n]*)$", re.MULTILINE
)
_PRIVATE = re.compile(r"(?<![\w%])%%(?!%)(?:[^%]|%(?!%)){1,5000}%%(?![\w%])")
_MARKED = re.compile(r"(?<![=\w])==(?=[^\s=])([^=\n]{1,300})(?<!\s)==(?![=\w])")
_BLOCK_ID = re.compile(r"[ \t]\^[a-z0-9]{6}[ \t]*$", re.MULTILINE)
# Some exporters put backslashes before brackets. "[video](…)", "[audio][1]" and "[embed]: …" are Markdown.
_WORDPRESS = re.compile(
    r"\\?\[(?:/(?:caption|embed|audio|video|playlist|gallery)|embed"
    r"|(?:caption|gallery|playlist|audio|video|embed|contact-form(?:-7)?)\s(?=[^\[\]]{0,1000}=)[^\[\]]{1,1000}?)\\?\](?!\(|\[(?!/)|:)"
    r"|^\\?\[gallery\\?\][ \t]*$",
    re.MULTILINE,
)
_ALERTS = frozenset({"note", "tip", "important", "warning", "caution"})
"""Those that are rendered as GitHub does."""
_LONGEST_TITLE = 80
_PICTURE_FILE = re.compile(r"\S.*\.(?:avif|gif|jpe?g|png|svg|webp)\Z", re.IGNORECASE)

SIGNS = (
    "{:", "){", "]{", "`{", "{.", "{ .", "{#", "{ #", "::", ":material-", ":octicons-", ":fontawesome-", ":simple-",
    "toc]", "TOC]", "8<-", "[[", "[!", "[caption", "[gallery", "[embed", "[playlist", "[audio", "[video",
    "[contact-form", "%%", "==", " ^",
)  # fmt: skip
"""A text without any of these has none of these marks."""


def drop_dialect(text: str, code: GeneratorCode) -> str:
    """Prose without such marks; `code` takes the notes of what would have shown something."""
    text = _MARKED.sub(r"<mark>\1</mark>", _BLOCK_ID.sub("", _PRIVATE.sub("", _WORDPRESS.sub("", text))))
    text = _CONTENTS.sub("", _SNIPPET.sub(lambda found: code.leave_out(found[0]), text))
    text = _WIKI.sub(_show_page, _EMBEDDED.sub(lambda found: _embed(found, code), _CALLOUT.sub(_show_callout, text)))
    text = _CONTAINER.sub(lambda found: _drop_container(found, code), _SYMBOL.sub("", text))
    text = _DIRECTIVE.sub(lambda found: found["label"] or code.leave_out(found[0]), text)
    return _ATTRIBUTES.sub("", _KRAMDOWN.sub("", text))


def _drop_container(found: re.Match[str], code: GeneratorCode) -> str:
    return code.leave_out(found[0], is_missed=False) if found["values"] else ""


def _show_page(found: re.Match[str]) -> str:
    return (found["shown"] or found["page"].partition("#")[0].rpartition("/")[2] or found["page"]).strip()


def _embed(found: re.Match[str], code: GeneratorCode) -> str:
    name = found[1].strip()
    return f"![](<{name}>)" if _PICTURE_FILE.match(name) else code.leave_out(found[0])


def _show_callout(found: re.Match[str]) -> str:
    """Its title in bold; a kind that GitHub knows stays, where it has no title of its own."""
    title, kind = found["title"].strip(), found["kind"]
    if kind.lower() in _ALERTS and not title:
        return f"{found['quote']}[!{kind.upper()}]"
    if len(title) > _LONGEST_TITLE:
        return f"{found['quote']}**{kind.capitalize()}**\n{found['quote']}\n{found['quote']}{title}"
    return f"{found['quote']}**{title or kind.capitalize()}**\n{found['quote']}"


# --- Pictures and players, as shortcodes of Hugo, tags of Liquid and components of MDX name them ---

_WORDS = re.compile(r"""([\w-]+)\s*=\s*("[^"]*"|'[^']*'|[^\s"']+)|"([^"]*)"|'([^']*)'|([^\s"'=]+)""")
_IDENTIFIER = re.compile(r"[\w-]{1,40}\Z")
_LINKS = {
    "youtube": "https://www.youtube.com/watch?v={}",
    "vimeo": "https://vimeo.com/{}",
    "instagram": "https://www.instagram.com/p/{}/",
    "gist": "https://gist.github.com/{}/{}",
    "tweet": "https://x.com/{}/status/{}",
    "x": "https://x.com/{}/status/{}",
    "twitter": "https://x.com/{}/status/{}",
}
_SOURCES = ("src", "light_src", "default_src", "image_path", "link", "url", "path", "image")
_PICTURES = frozenset({"figure", "img", "image", "picture", "include", "include_relative", "image_tag"})
_SENTENCE = re.compile(r"\S.{30,}[.!?…:)\"]\s*\Z", re.DOTALL)
_PICTURE_ADDRESS = re.compile(r"\S+\.(?:avif|gif|jpe?g|png|svg|webp)(?:\?\S*)?\Z", re.IGNORECASE)


def replace_tag(body: str) -> str:
    """What one tag becomes, "" for nothing: `body` is what stands between its brackets."""
    name, _, rest = body.partition(" ")
    named, plain = _arguments(rest)
    name = name.lower()
    if name in _LINKS:
        return _address(_LINKS[name], [*plain, *named.values()])
    if name in _PICTURES:
        return _picture(named, plain)
    if name == "embed" and plain and plain[0].startswith(("https://", "http://")):
        return f"<{plain[0]}>"
    if _SENTENCE.match(named.get("text", "")):  # of a note, not of a button
        return named["text"]
    return _picture(named, []) if any(key.endswith("src") for key in named) else ""


def _arguments(text: str) -> tuple[Mapping[str, str], list[str]]:
    named: dict[str, str] = {}
    plain = []
    for key, value, double, single, bare in _WORDS.findall(text):
        if key:
            named[key.lower()] = value.strip("\"'")
        else:
            plain.append(double or single or bare)
    return named, plain


def _address(pattern: str, values: list[str]) -> str:
    """An autolink, or nothing where the values are not plain identifiers."""
    safe = [value for value in values if _IDENTIFIER.match(value)]
    return f"<{pattern.format(*safe)}>" if len(safe) >= pattern.count("{}") else ""


def _picture(named: Mapping[str, str], plain: list[str]) -> str:
    sources = [named[key] for key in _SOURCES if key in named] + plain
    source = next((text for text in sources if _PICTURE_ADDRESS.match(text)), "")
    if not source:
        return ""
    alt = named.get("alt") or named.get("title") or named.get("caption") or ""
    caption = named.get("caption", "")
    return f"![{alt.replace('[', '(').replace(']', ')')}](<{source}>)" + (f"\n*{caption}*" if caption else "")


# --- MDX: the JavaScript goes, the Markdown stays ---

_MODULE = re.compile(
    r"""^(?:import\s*(?:type\s+)?(?:["'{*]|[\w$]+\s*(?:,|\sfrom\b))|export\s+(?:default|const|let|var|function|class|async|\{|\*))"""
    r"[^\n]*(?:\n(?!\s*\n)[^\n]*)*",
    re.MULTILINE,
)
_STRING = re.compile(r"""(["'])(?P<plain>[^"'`\\\n]*)\1|`(?P<template>(?:[^`\\$]|\\.|\$(?!\{))*)`""", re.DOTALL)
_CODE_MARK = re.compile("\0\\d+\0")
_COMMENT = re.compile(r"/\*.*\*/", re.DOTALL)
# A quoted value is bounded, so that a text of opening quotes costs linear time.
_COMPONENT = re.compile(
    r"""<(?P<closing>/?)(?P<name>[A-Z][\w.]{0,99})(?=[\s/>])(?P<rest>(?:[^<>"']|"[^"]{0,500}"|'[^']{0,500}')*)>|</?>"""
)
_CODE_FENCE = re.compile(r"( {0,12})(`{3,}|~{3,})")
_TAG_LINE = re.compile(r" {0,12}</?[A-Z][\w.]{0,99}(?:\s[^<>\n]{0,500})?>[ \t]*\Z")
_IMPORT = re.compile(r"""^import\s[^\n]{1,500}\sfrom\s+["'][^"'\n]{1,300}["'];?[ \t]*$""", re.MULTILINE)
# Browsers know no import in a script that is not called a module.
_SVELTE = re.compile(r"^<script(?: lang=\"\w{1,20}\")?>\s*\n\s*import\s[^\n]{1,500}", re.MULTILINE)
_SCRIPT = re.compile(
    r"^<(?:script|style|svelte:head)\b(?:(?!^<(?:script|style|svelte:head)\b).)*?^</(?:script|style|svelte:head)>",
    re.MULTILINE | re.DOTALL,
)
_ATTRIBUTE = re.compile(r"""<[A-Za-z][^<>]{0,500}=\{(?:[^{%\s]|\{\s*["']?[\w-]{1,50}["']?\s*:)""")

_CODE = re.compile(r"<(?:pre|code|samp|kbd)\s[^<>]{0,500}", re.IGNORECASE)


def is_mdx(markdown: str) -> bool:
    """Whether a file that ends in ".md" is MDX all the same, as Docusaurus takes every file for it, or Svelte's."""
    if not holds_any(markdown, ("import", "={")):
        return False
    prose = "".join(piece for piece, is_code in split_code(markdown) if not is_code)
    if _IMPORT.search(prose) or _SVELTE.search(prose):
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
        mark = _CODE_FENCE.match(line)
        if mark and not fence:
            fence, indent = mark[2], len(mark[1]) if is_behind_tag else 0
        elif mark and mark[2].startswith(fence):
            fence = ""
        is_behind_tag = not (fence or mark) and _TAG_LINE.match(line) is not None
        if is_behind_tag:
            is_text = following.startswith("    ") and not _CODE_FENCE.match(following)
            kept += ["", line.strip()] if is_text else ["", line.strip(), ""]
        else:
            kept.append(line[indent:] if (fence or mark) and not line[:indent].strip() else line)
    return "\n".join(kept)


def _drop(text: str, code: GeneratorCode) -> str:
    text = _drop_expressions(_MODULE.sub("", _SCRIPT.sub("", text)), code)
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
        kept += [text[at:start], _show_value(inside, text[start:end], code, in_tag=text[start - 1 : start] == "=")]
        at = end
    return "".join([*kept, text[at:]])


def _show_value(inside: str, written: str, code: GeneratorCode, *, in_tag: bool) -> str:
    string = _STRING.fullmatch(inside)
    if in_tag or string:
        words = re.sub(r"\\(.)", r"\1", string["plain"] or string["template"] or "") if string else ""
        return f'"{escape(words)}"' if in_tag else escape(words, quote=False).replace("{", "&#123;")
    if inside.startswith("#") and " " not in inside:  # Docusaurus names headings so
        return written
    if _CODE_MARK.fullmatch(inside):  # a string in backticks, which Markdown takes for code
        return inside
    if not inside or _COMMENT.fullmatch(inside) or inside.startswith("..."):
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
