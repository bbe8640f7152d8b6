"""Markdown: where code and formulas stand in it, and the safe HTML of it for feed readers."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Final
from urllib.parse import urljoin

import pyromark
from pyromark import Options

from syndicate.text.generator_code import holds_any
from syndicate.text.links import join_spans, split_address, trim_address
from syndicate.text.sanitising import sanitise

# --- what sanitising leaves empty ---

_SHELLS = (
    "p|div|span|section|article|aside|header|footer|nav|figure|figcaption|picture|ul|ol|li|dl|em|strong|b|i|u|s|a"
    "|h[1-6]|blockquote|details|summary|center|table|thead|tbody|tr|audio|small|sup|sub|mark|q|cite"
)
_EMPTY = re.compile(rf"<({_SHELLS})(?:\s[^<>]*)?>(?:\s|&nbsp;|<br>)*</\1>")
_EMPTY_FILM = re.compile(r"<(video|iframe)(?![^<>]*\ssrc=)(?:\s[^<>]*)?>\s*</\1>")
_NO_SOURCE = re.compile(r"<img(?![^<>]*\ssrc(?:set)?=)(?:\s[^<>]*)?>")
_NO_ADDRESS = re.compile(r"<a(?![^<>]*\shref=)(?:\s[^<>]*)?>(.*?)</a>", re.DOTALL)
_MAX_SHELLS = 20
"""Empty shells in one another; each takes a walk through the text."""
_GAP = re.compile(r"\n{3,}")


def prune(markup: str) -> str:
    """Sanitised HTML without elements that show nothing, white space around it trimmed."""
    if "<img" in markup or "<a" in markup:
        markup = _NO_ADDRESS.sub(r"\1", _NO_SOURCE.sub("", markup))
    if "<video" in markup or "<iframe" in markup:
        markup = _EMPTY_FILM.sub("", markup)
    for _ in range(_MAX_SHELLS):
        if (pruned := _EMPTY.sub("", markup)) == markup:
            break
        markup = pruned
    if "\n\n\n" in markup and "<pre" not in markup:
        markup = _GAP.sub("\n\n", markup)
    return markup.strip()


_NOTE_MARK = re.compile(r'<sup class="footnote-reference"><a href="#([^"]*)">(\d+)</a></sup>')
_NOTE = re.compile(
    r'<div class="footnote-definition" id="([^"]*)"><sup class="footnote-definition-label">(\d+)</sup>(\n<p>)?'
)
_REFERENCE = re.compile(rb"\[\^([^\[\]]+)\]")
_NOTE_CLASS: Final = 'class="footnote-definition"'
_TASK = re.compile(r'<input disabled="" type="checkbox"( checked="")?/>\n?')
_ALERT = re.compile(r'<blockquote class="markdown-alert-([a-z]+)">')
_BARE = re.compile(
    r"(<a\b.*?</a>|<pre\b.*?</pre>|<code\b.*?</code>|<[^<>]*>)"
    r"|(?<![\w/])(https?://(?:[A-Za-z0-9-]+\.)+[A-Za-z]{2,}(?::\d{1,4})?(?![\w:@])"
    r"(?:[/?#](?:(?!&(?:quot|lt|gt|nbsp);)[^\s<>\"])*)?)",
    re.DOTALL,
)
_TRAILING = ".,;:!?'*_"


def render_html(markdown: str, base_url: str) -> str:
    """Safe HTML of a post whose page is `base_url` (absolute); raw HTML in the Markdown is made safe too.

    Links to a place in the page become `base_url#place`, so they work in a reader. Raises ContentError for
    hostile nesting.
    """
    return clean_html(_adapt(_render(markdown)), base_url)


def clean_html(markup: str, base_url: str) -> str:
    """Safe HTML of a text that is HTML already, as `render_html` makes it.

    A link to nowhere is plain text: it would lead to the page itself, and a generator's `[x]({% post_url y %})` is one.
    """
    return link_addresses(prune(sanitise(markup.replace('<a href="">', "<a>"), base_url)))


def _render(markdown: str) -> str:
    """Footnotes come behind the text, in the order of their marks, wherever they are written."""
    markup = pyromark.html(markdown, options=DIALECT)
    if _NOTE_CLASS not in markup:
        return markup
    gathered = pyromark.html(_gather_notes(markdown), options=DIALECT)
    is_whole = gathered.count(_NOTE_CLASS) == markup.count(_NOTE_CLASS)  # else a fence or comment is never closed
    return gathered if is_whole else markup


def _gather_notes(markdown: str) -> str:
    raw, notes, pieces, at = markdown.encode(), list[tuple[str, bytes]](), list[bytes](), 0
    for event, place in pyromark.events_with_range(markdown, options=DIALECT):
        opened = event.get("Start") if isinstance(event, dict) else None
        label = opened.get("FootnoteDefinition") if isinstance(opened, dict) else None
        start, end = place["start"], place["end"]
        if label and raw[max(start - 1, 0) : start] in {b"", b"\n"}:  # not one in a quotation or list
            notes.append((label, raw[start:end].strip(b"\n")))
            pieces.append(raw[at:start])
            at = end
    body = b"\n\n".join((*pieces, raw[at:]))
    places = {found[1].decode(): found.start() for found in reversed([*_REFERENCE.finditer(body)])}
    notes.sort(key=lambda note: places.get(note[0], len(body)))
    return b"\n\n".join((body, *([b"* * *"] if notes else []), *(text for _, text in notes))).decode()


def _adapt(markup: str) -> str:
    """What pulldown-cmark writes for browsers with a style sheet, as readers without one can show it.

    Footnotes get the names that Hugo and kramdown give them, so the links lead somewhere on the site as well.
    """
    if "<sup" not in markup and "<input" not in markup and "markdown-alert" not in markup:
        return markup
    markup = _NOTE_MARK.sub(r'<sup id="fnref:\1"><a href="#fn:\1">\2</a></sup>', markup)
    markup = _NOTE.sub(_open_note, markup)
    markup = _TASK.sub(lambda found: "☑ " if found[1] else "☐ ", markup)
    return _ALERT.sub(lambda found: f"<blockquote><p><strong>{found[1].title()}</strong></p>", markup)


def _open_note(found: re.Match[str]) -> str:
    """The number stands in the first line of its note."""
    number = f'<sup><a href="#fnref:{found[1]}">{found[2]}</a></sup>'
    return f'<div id="fn:{found[1]}">' + (f"\n<p>{number} " if found[3] else number)


def link_addresses(markup: str) -> str:
    """Bare http addresses in the text made links, as GitHub and Hugo do."""
    everywhere = markup.count("http://") + markup.count("https://")
    in_attributes = markup.count('="http://') + markup.count('="https://')
    return _BARE.sub(_link, markup) if everywhere > in_attributes else markup


def _link(found: re.Match[str]) -> str:
    address = found[2]
    if not address:
        return found[0]
    url = trim_address(address, _TRAILING)
    return f'<a href="{url}">{url}</a>{address[len(url) :]}'


# --- the Markdown that posts are written in: CommonMark and what GitHub, Hugo and kramdown add ---

# Left out on purpose: smart punctuation (it would change the author's quotes), math (a feed reader shows no
# formulas, and "$5/$10" would become one), wikilinks, super- and subscript ("~" and "^" are common in prose).
DIALECT: Final = (
    Options.ENABLE_TABLES
    | Options.ENABLE_FOOTNOTES
    | Options.ENABLE_STRIKETHROUGH
    | Options.ENABLE_TASKLISTS
    | Options.ENABLE_HEADING_ATTRIBUTES
    | Options.ENABLE_DEFINITION_LIST
    | Options.ENABLE_GFM
)


# --- Markdown whose addresses lead to the author's site, for networks that show it on pages of their own ---

_ATTRIBUTE = re.compile(rb"""\b(?:src|href)\s*=\s*(["'])([^"']*)\1""", re.IGNORECASE)
Spot = tuple[int, int]
"""Where an address stands: its first byte, and the one behind its last."""


def make_absolute(markdown: str, base_url: str) -> str:
    """The Markdown with relative links and pictures made absolute; every other byte stays as it is."""
    return map_addresses(markdown, lambda address: _join(base_url, address))


def map_addresses(markdown: str, change: Callable[[str], str]) -> str:
    """The Markdown with each address of a link or picture after `change`; every other byte stays as it is."""
    raw, pieces, at = markdown.encode(), list[bytes](), 0
    for start, end in sorted(set(_find_addresses(markdown, raw))):
        if start >= at:
            pieces += raw[at:start], change(raw[start:end].decode()).encode()
            at = end
    return b"".join((*pieces, raw[at:])).decode()


def _join(base_url: str, address: str) -> str:
    try:
        return address if split_address(address).scheme else urljoin(base_url, address)
    except ValueError:
        return address


def _find_addresses(markdown: str, raw: bytes) -> Iterator[Spot]:
    """Addresses that are written otherwise than they read (with escapes) are left alone."""
    for event, place in pyromark.events_with_range(markdown, options=DIALECT):
        if isinstance(event, dict):
            yield from _find_in_event(event, raw, place["start"], place["end"])
    for definition in pyromark.reference_definitions(markdown, options=DIALECT).values():
        span = definition["span"]
        yield from _find_behind(b"]:", definition["dest"], raw, span["start"], span["end"])


def _find_in_event(event: Mapping[str, object], raw: bytes, start: int, end: int) -> Iterator[Spot]:
    if "Html" in event or "InlineHtml" in event:
        yield from ((start + found.start(2), start + found.end(2)) for found in _ATTRIBUTE.finditer(raw[start:end]))
    opened = event.get("Start")
    target = opened.get("Link") or opened.get("Image") if isinstance(opened, dict) else None
    if isinstance(target, dict) and target["link_type"] == "Inline":
        yield from _find_behind(b"](", target["dest_url"], raw, start, end)


def _find_behind(mark: bytes, address: str, raw: bytes, start: int, end: int) -> Iterator[Spot]:
    """The address behind the last mark: a picture inside a link has one of its own before it."""
    behind = raw.rfind(mark, start, end)
    found = raw.find(address.encode(), behind, end) if behind >= 0 and address else -1
    if found >= 0:
        yield found, found + len(address.encode())


# --- Where code stands in Markdown: nothing may be mended, removed or stripped there ---

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
_NO_FORMULA = re.compile(r"^[ \t]*(?::::|#{1,6}[ \t])|\A[a-z][\w-]*[ \t]+[a-z][\w-]*=[\"']", re.MULTILINE)
"""A heading or a container between two signs: each belongs to a formula of its own. WordPress's `[caption id="a"]` with
backslashes is none."""
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
