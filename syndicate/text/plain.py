"""Plain text from HTML and from lines of Markdown, and shortening it where a person would."""

from __future__ import annotations

import html
import re
from collections.abc import Iterator, Mapping
from html import unescape

from syndicate.text import clean_text, one_line
from syndicate.text.counting import cut
from syndicate.text.links import absolute_url, find_http_addresses

_HIDDEN = re.compile(r"<(script|style|template)\b.*?(?:</\1\s*>|\Z)", re.IGNORECASE | re.DOTALL)
_HIDDEN_PAIR = re.compile(r"<(script|style|template)\b[^<>]*>(?:(?!<\1).)*?</\1\s*>", re.IGNORECASE | re.DOTALL)
# "The <template> element", "<select multiple>": a tag among words is a word as well, unless it is closed somewhere.
_NAMED_TAG = re.compile(
    r"(?<![^\s(\[\"'“‘«/])<(?!(?:br|hr|wbr|img|p|li)>)([a-z]+[1-6]?)(?: [a-z-]+){0,3}>(?=[\s.,;:!?…)\]\"'”’»/]|\Z)",
    re.IGNORECASE,
)
_CLOSED = re.compile(r"</([a-zA-Z]+[1-6]?)")
_BLOCK = re.compile(
    r"</?(?:p|div|h[1-6]|li|ul|ol|dl|dt|dd|blockquote|pre|table|tr|figure|figcaption|section|article|aside|header"
    r"|footer|details|summary|hr|br)\b[^<>]*>",
    re.IGNORECASE,
)
# Chinese and Japanese have no spaces: a line that ends between their letters goes on.
_BREAK_WITHOUT_SPACE = re.compile(r"(?<=[\u2e80-\u30ff\u3400-\u9fff\uff00-\uff60])\n(?=[\u2e80-\u30ff\u3400-\u9fff])")
_NOTE_MARK = re.compile(r"<sup id=\"fnref[^<>]*>(?:<a [^<>]*>)?[^<>]*(?:</a>)?</sup>")
_TAG = re.compile(r"</?[a-z][^<>]*>|<!--.*?(?:-->|\Z)", re.IGNORECASE | re.DOTALL)
_INLINE_TAG = re.compile(
    r"</?(?:a|abbr|b|bdi|big|cite|code|del|em|font|i|ins|kbd|mark|q|s|small|span|strike|strong|sub|sup|u|wbr)"
    r"(?:\s[^<>]*=[^<>]*)?\s*/?>",
    re.IGNORECASE,
)
_OTHER_TAG = re.compile(
    r"</?(?:article|aside|audio|base|blockquote|body|br|button|center|details|div|embed|figcaption|figure|footer|form"
    r"|h[1-6]|head|header|hr|html|iframe|img|input|label|li|link|main|meta|nav|object|ol|option|p|picture|pre|section"
    r"|select|source|summary|svg|table|tbody|td|textarea|tfoot|th|thead|tr|ul|video)(?:\s[^<>]*)?/?>",
    re.IGNORECASE,
)
_IMAGE = re.compile(r"!\[([^\[\]]*)\]\([^()]*(?:\([^()]*\)[^()]*)*\)")
# "[JS][React] Hooks" begins with labels, and no line holds the address of a reference.
_LINK = re.compile(r"(?<!\])(?!\A\[[^\[\]]*\]\[)\[([^\[\]]*)\](?:\([^()]*(?:\([^()]*\)[^()]*)*\)|\[[^\[\]]*\])")
_AUTOLINK = re.compile(r"<((?:https?://|mailto:)[^<>\s]+)>")
_MARKS = re.compile(r"[*_`\[<&\\~]")
_CODE = re.compile(r"(?<!`)(`++)(.{1,1000}?)(?<!`)\1(?!`)", re.DOTALL)
# "__init__" is a name.
_EMPHASIS = re.compile(
    r"(?<![\w\\*])(?!__[a-z][a-z0-9_]*__(?!\w))"
    r"(\*{1,3}|_{1,3}|~~)(?=[^\s*_])(.{1,300}?)(?<=[^\s*_\\])\1(?![\w*])",
    re.DOTALL,
)
_ESCAPED = re.compile(r"\\([!-/:-@\[-`{-~])")
_PARAGRAPH = re.compile(r"<p>(.*?)</p>", re.DOTALL)
_ASIDE = re.compile(r"<(blockquote|figure|table|aside|details|ul|ol|dl|nav|pre|header|footer)\b|<(div) id=")
_WORDS = re.compile(r"\w")
_BARE_ADDRESS = re.compile(r"https?://\S+")
_DATE = re.compile(
    r"\d{4}-\d\d-\d\d|\d{1,4}[./]\d{1,2}[./]\d{2,4}|\d{4}\s?[年년]\s?\d{1,2}\s?[月월]\s?\d{1,2}\s?[日일]"
    r"|\d{1,2}(?:st|nd|rd|th|\.|º)?\s(?:de\s)?[^\W\d]{3,12}\.?,?\s(?:de\s)?\d{4}|[^\W\d]{3,12}\.?\s(?:\d{1,2}(?:st|nd|rd|th)?,?\s)?\d{4}"
)
_MODULE_LINE = re.compile(r"(?:import|export|require|from)\b.*(?:[\"'{;]|\sfrom\s)")
_LINKED = re.compile(r"<a\b[^<>]*>.*?</a>", re.DOTALL)
_NAMES_BESIDE_A_DATE = 5
_SENTENCE_END = re.compile(r"[.!?…]['\"”’»)\]]*(?=\s)|[。！？｡]['\"”’»」』)）]*|[۔؟।]")


def to_plain(markup: str) -> str:
    """The words of an HTML text, one line for each block, entities resolved, footnote marks left out."""
    text = _NOTE_MARK.sub("", _HIDDEN.sub("", markup))
    text = text if text.isascii() else _BREAK_WITHOUT_SPACE.sub("", text)
    text = _BLOCK.sub("\n", text.replace("\n", " "))
    text = clean_text(html.unescape(_TAG.sub("", text)))
    return "\n".join(line for part in text.split("\n") if (line := part.strip()))


def line_to_plain(markdown: str) -> str:
    """One line of Markdown (a title, an excerpt, a credit) as plain text.

    Inline marks and tags of HTML go; any other "<" stays, so "Vec<T>" keeps its meaning.
    """
    if not _MARKS.search(markdown):
        return one_line(clean_text(markdown))
    text, at = "", 0
    for found in _CODE.finditer(markdown):
        text += _unmark(markdown[at : found.start()]) + found[2].strip()
        at = found.end()
    return one_line(clean_text(text + _unmark(markdown[at:])))


def list_code(markdown: str) -> tuple[str, ...]:
    """The words in backticks of one line of Markdown, as `line_to_plain` leaves them."""
    found = (one_line(clean_text(span[2].strip())) for span in _CODE.finditer(markdown) if "`" in markdown)
    return tuple(words for words in found if words)


def drop_tags(text: str) -> str:
    """A title or name as one line without tags of HTML; any other "<" stays."""
    return one_line(_drop_tags(html.unescape(text)))


def _drop_tags(text: str) -> str:
    text = _HIDDEN_PAIR.sub("", text)
    closed, kept, at = {name.lower() for name in _CLOSED.findall(text)}, "", 0
    for found in _NAMED_TAG.finditer(text):
        if found[1].lower() not in closed:
            kept += _drop_each_tag(text[at : found.start()]) + found[0]
            at = found.end()
    return kept + _drop_each_tag(text[at:])


def _drop_each_tag(text: str) -> str:
    return _OTHER_TAG.sub(" ", _INLINE_TAG.sub("", _HIDDEN.sub("", text)))


def _unmark(text: str) -> str:
    text = _AUTOLINK.sub(r"\1", text)
    text = _drop_tags(_LINK.sub(r"\1", _IMAGE.sub(r"\1", text)))
    for _ in range(3):
        text = _EMPHASIS.sub(r"\2", text)
    return html.unescape(_ESCAPED.sub(r"\1", text))


def first_paragraph(markup: str) -> str:
    """The first paragraph of a rendered post that says something.

    No caption, quotation, list or picture, no line with date and author, no bare address or row of links, no import.
    """
    captions = []
    for found in _PARAGRAPH.finditer(_drop_asides(markup)):
        text = one_line(to_plain(found[1]))
        if not _WORDS.search(_BARE_ADDRESS.sub("", text)) or is_no_sentence(found[1], text):
            continue
        if not _is_caption(found[1]):
            return text
        captions.append(text)
    return captions[0] if captions else ""


def _drop_asides(markup: str) -> str:
    """Without what stands beside the text, each to its first closing tag; one that is never closed stays."""
    kept: list[str] = []
    end, unclosed = 0, set[str]()
    for opening in _ASIDE.finditer(markup):
        name = opening[1] or opening[2]
        if opening.start() < end or name in unclosed:
            continue
        closing = markup.find(f"</{name}>", opening.end())
        if closing < 0:
            unclosed.add(name)
        else:
            kept.append(markup[end : opening.start()])
            end = closing + len(f"</{name}>")
    return "".join((*kept, markup[end:]))


def is_no_sentence(inner: str, text: str) -> bool:
    """Whether a paragraph is a dateline, a row of links or a line of code that lost its fence."""
    if _MODULE_LINE.match(text):
        return True
    if inner.count("<a ") > 1 and not re.search(r"\w{2}", to_plain(_LINKED.sub(" ", inner))):
        return True
    date = _DATE.search(text) if len(text) < 120 else None
    if date is None:
        return False
    rest = text[: date.start()] + text[date.end() :]
    return len(re.findall(r"[^\W\d_]+", rest)) <= _NAMES_BESIDE_A_DATE and not _SENTENCE_END.search(rest + " ")


def _is_caption(inner: str) -> bool:
    inner = inner.strip()
    return "<img" in inner or (inner.startswith("<em>") and inner.endswith("</em>"))


def shorten(text: str, limit: int) -> str:
    """The text within `limit` characters: whole sentences if they fill half of it, else whole words and "…"."""
    if len(text) <= limit:
        return text
    ends = [found.end() for found in _SENTENCE_END.finditer(text, 0, limit + 1) if found.end() <= limit]
    return text[: ends[-1]] if ends and ends[-1] * 2 >= limit else cut(text, limit)


# --- what an author wrote for networks, which show plain text ---
# Only what is markup beyond doubt becomes plain: single marks, escapes, lists, code and a lone tag mean themselves.

_STRONG = re.compile(
    r"(?<![A-Za-z0-9_*\\{^])(\*{2,3})(?=[^\s*])((?:[^*\n]|\*(?!\*)|\n(?!\n)){1,300}?)(?<=[^\s*(\\])\1(?![A-Za-z0-9_*])"
)
_TITLED = r"""(?:\s+(?:"[^"\n]*"|'[^'\n]*'))?\s*"""
_WEB_IMAGE = re.compile(rf"!\[([^\[\]]*)\]\(<?https?://[^\s<>()]*(?:\([^\s<>()]*\)[^\s<>()]*)*>?{_TITLED}\)")
_WEB_LINK = re.compile(
    rf"(?<!\w)\[([^\[\]\n]+)\]\(<?((?:https?:/)?/[^\s<>()]*(?:\([^\s<>()]*\)[^\s<>()]*)*)>?{_TITLED}\)"
)
_ANCHOR = re.compile(
    r"""<a\s[^<>]*?\bhref=["']?((?:https?:/)?/[^\s"'<>]*)["']?[^<>]*>((?:(?!<a\s).)*?)</a\s*>""",
    re.IGNORECASE | re.DOTALL,
)
_BRACKETED = re.compile(r"<(https?://[^<>\s|]+)>")
_PAIR = re.compile(r"<(b|strong|i|em|u|s|small|mark|span)(?:\s[^<>]*)?>([^<>]*)</\1\s*>", re.IGNORECASE)
_PARAGRAPH_TAG = re.compile(r"<p(?:\s[^<>]*)?>|\s*</p\s*>\s*", re.IGNORECASE)
_BREAK = re.compile(r"(?<![ \t])<br\s*/?>[ \t]*\n?|[ \t]*<br\s*/?>(?![ \t])\n?", re.IGNORECASE)
_ENTITY = re.compile(r"&(?:#\d{1,6}|#[xX][0-9a-fA-F]{1,6}|[A-Za-z]{2,24});")


def share_to_plain(text: str, base_url: str) -> str:
    """An author's words for networks without markup: of `[text](url)` stays "text (url)", of "**bold**" the word.

    Lines stay, and so does whatever merely looks like markup: "2**8", "*.md", "snake_case", "a <div>", `code`.
    Relative addresses lead to the site of `base_url`.
    """
    if not _SHARE_MARKS.search(text):
        return text
    plain, at = "", 0
    for found in _CODE.finditer(text):
        plain += _unmark_share(text[at : found.start()], base_url) + found[0]
        at = found.end()
    return plain + _unmark_share(text[at:], base_url)


_SHARE_MARKS = re.compile(r"\*\*|\]\(|<[a-zA-Z]|&[#a-zA-Z]")


def _unmark_share(text: str, base_url: str) -> str:
    def say(words: str, address: str) -> str:
        url = (absolute_url(address, base_url) or address).replace("(", "%28").replace(")", "%29")
        return url if words.strip() in {"", address, address.partition("://")[2]} else f"{words.strip()} ({url})"

    text = _BRACKETED.sub(r"\1", _HIDDEN_PAIR.sub("", text))
    text = _WEB_LINK.sub(lambda found: say(found[1], found[2]), _WEB_IMAGE.sub(r"\1", text))
    text = _ANCHOR.sub(lambda found: say(found[2], found[1]), text)
    if "</p" in text:
        text = _PARAGRAPH_TAG.sub(lambda found: "\n\n" if "/" in found[0] else "", text)
    text = _BREAK.sub("\n", text)
    for _ in range(3):
        text = _PAIR.sub(r"\2", _STRONG.sub(r"\2", text))
    return _ENTITY.sub(lambda found: html.unescape(found[0]), text)


# --- Plain text for places that read Markdown ---
# What is sent there shows as it was written, and hides no address.

BREAKS = "\n"
"""Among the marks of a network: single line breaks and indents vanish there, unless they are written otherwise."""
MARKDOWN = f"\\`*_[]<>&|~!{BREAKS}"
"""CommonMark with tables and strikethrough."""

# What begins a heading, a list, a quote or a rule, at the start of a line; numbers of lists are escaped behind them.
_START = re.compile(r"^([ \t]*)(#{1,6}(?=\s|$)|-#(?=\s)|[-+](?=\s|$)|>|(?:-{2,}|=+)(?=[ \t]*$)|:::)", re.MULTILINE)
_NUMBER = re.compile(r"^([ \t]*[0-9]{1,9})([.)])(?=\s|$)", re.MULTILINE)
# Hashtags and handles have marks of their own in their names ("#snake_case"), which format nothing there.
_NAME = re.compile(r"(?<![\w/])(?:#\w+|@\w[\w.-]*@[\w.-]+\w)")
_SINGLE_BREAK = re.compile(r"(?<=[^\n])\n(?=[^\n])")
_INDENT = re.compile(r"^[ \t]+", re.MULTILINE)


def escape_markdown(text: str, marks: str) -> str:
    """The text with a backslash before whatever would format it; addresses, hashtags and handles stay as they are.

    `marks` are the characters that mean something in the middle of a line. "" is plain text, which needs nothing.
    """
    if not marks:
        return text
    inline = re.compile(f"[{re.escape(marks.replace(BREAKS, ''))}]")
    parts, at = [], 0
    for start, end in _list_kept(text):
        parts += [inline.sub(r"\\\g<0>", text[at:start]), text[start:end]]
        at = end
    escaped = "".join([*parts, inline.sub(r"\\\g<0>", text[at:])])
    escaped = _NUMBER.sub(r"\1\\\2", _START.sub(r"\1\\\2", escaped))
    return _keep_breaks(escaped) if BREAKS in marks else escaped


def _list_kept(text: str) -> list[tuple[int, int]]:
    """Where addresses, hashtags and handles stand, in order, none inside another."""
    links = [(link.start, link.end) for link in find_http_addresses(text)]
    names = [found.span() for found in _NAME.finditer(text)]
    kept: list[tuple[int, int]] = []
    for span in sorted((*links, *names)):
        if not kept or span[0] >= kept[-1][1]:
            kept.append(span)
    return kept


def _keep_breaks(text: str) -> str:
    """Two spaces end a line that is followed by another; an indent is made of spaces that Markdown does not see."""
    indented = _INDENT.sub(lambda found: "\u00a0" * len(found[0].expandtabs(4)), text)
    return _SINGLE_BREAK.sub("  \n", indented)


# --- What a page says of itself in `<link>` and `<meta>`, in time that grows with its length, whatever it holds ---

_HEAD_TAG = re.compile(r"<(link|meta)\b([^<>]{0,4000})>", re.IGNORECASE)
_ATTRIBUTE = re.compile(r"""(?<![^\s"'/])([^\s"'=/]+)\s*=\s*(?:"([^"]*)"|'([^']*)'|([^\s"']+))""")


def read_head_tags(text: str) -> Iterator[tuple[str, Mapping[str, str]]]:
    """The link and meta tags with their attributes; of two equal attributes the first one counts."""
    shown = _without(_without(_without(text, "<!--", "-->"), "<script", "</script"), "<style", "</style")
    for tag in _HEAD_TAG.finditer(shown):
        given: dict[str, str] = {}
        for one in _ATTRIBUTE.finditer(tag[2]):
            given.setdefault(one[1].lower(), unescape(one[2] or one[3] or one[4] or "").strip())
        yield tag[1].lower(), given


def _without(text: str, start: str, end: str) -> str:
    """The text without everything from each `start` to the `end` after it; without an end up to its own."""
    lower, kept, at = text.lower(), list[str](), 0
    if len(lower) != len(text):  # a few letters grow when they become small
        lower = text
    while (found := lower.find(start, at)) >= 0:
        kept.append(text[at:found])
        at = lower.find(end, found + len(start))
        if at < 0:
            return "".join(kept)
        at += len(end)
    return "".join((*kept, text[at:]))
