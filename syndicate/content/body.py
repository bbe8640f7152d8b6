"""The body of a post: mended, freed of what only a site generator understands, rendered."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable
from html import escape, unescape
from itertools import islice
from pathlib import Path
from urllib.parse import urlsplit

from syndicate.content.built import normalise_title
from syndicate.content.fields import Fields
from syndicate.content.front import Front
from syndicate.content.permalinks import date_in_name
from syndicate.errors import contain
from syndicate.model import Picture, Repair
from syndicate.text import clean_text, one_line
from syndicate.text.dialects import drop_mdx, is_mdx, open_notes
from syndicate.text.generator_code import FILE, MARK, GeneratorCode, Piece, drop_marks, finish, holds_any
from syndicate.text.markdown import clean_html, map_addresses, prune, put_back, render_html, set_apart
from syndicate.text.plain import line_to_plain, to_plain
from syndicate.text.repair import drop_label_paragraph, repair_markdown
from syndicate.text.shortcodes import drop_shortcodes, show_code_in_html

_HEADING = re.compile(r"\s*(?:#[ \t]+(?P<atx>[^\n]*)|(?P<setext>[^\s#>*+-][^\n]*)\n=+[ \t]*)(?:\n|\Z)")
_MORE = re.compile(r"<!--[ \t]*(?:more|truncate)[ \t]*-->|\{/\*[ \t]*truncate[ \t]*\*/\}", re.IGNORECASE)
_HEADING_ID = re.compile(r"\{[#.][^{}]*\}\s*\Z")
_LEAD = re.compile(
    r"\s*<(?P<tag>p|figure)>\s*(?P<link><a [^<>]*>\s*)?(?P<picture><picture>(?:\s*<source[^<>]*>)*\s*)?"
    r"<img(?P<attributes>[^<>]*)>\s*(?(picture)</picture>\s*)(?(link)</a>\s*)"
    r"(?:<br>\s*)?(?:<figcaption>)?(?P<rest>.*?)(?:</figcaption>\s*)?</(?P=tag)>\s*",
    re.DOTALL,
)
_ALT = re.compile(r'<img[^<>]*\salt="([^"]*)"')
_SRC = re.compile(r'\ssrc="([^"]*)"')
_POST = re.compile(r"(?![a-zA-Z][a-zA-Z0-9+.-]*:|//)[^?#]+\.(?:mdx?|markdown)(?:[?#].*)?\Z", re.DOTALL)
"""An address that names the file of a post: no site serves that."""
_LINKED = re.compile(r"""\.(?:mdx?|markdown)(?:[?#)>"']|[ \t]{0,9}(?:$|["'(]))""", re.IGNORECASE | re.MULTILINE)
"""How such an address ends in a link, and hardly ever in a sentence."""
_LOST_LINK = re.compile(rf"(?<!!)\[([^\[\]]*)\]\(<?{MARK}[^()]*\)")
_HTML = (".html", ".htm")
_ANCHOR = re.compile(r"""(<a\b[^<>]*?\shref=["'])([^"'<>]*)""", re.IGNORECASE)
_MAX_REPAIRS, _MAX_PIECES = 50, 500


def mend_body(fields: Fields) -> str:
    """The Markdown without mojibake, each mended line noted."""
    front = fields.front
    mended = repair_markdown(front.body) if fields.rules.repair else front.body
    if mended != front.body:
        fields.repairs += _changed_lines(front, mended)
    return clean_text(mended).replace(MARK, "")


def _changed_lines(front: Front, mended: str) -> Iterable[Repair]:
    pairs = zip(front.body.split("\n"), mended.split("\n"), strict=False)
    changed = [(number, before, after) for number, (before, after) in enumerate(pairs) if before != after]
    for number, before, after in changed[:_MAX_REPAIRS]:
        letters = enumerate(zip(before, after, strict=False))
        at = max(next((n for n, (a, b) in letters if a != b), len(after)) - 30, 0)
        yield Repair("mojibake", "body", before[at : at + 80], after[at : at + 80], front.body_line + number)


def first_heading(markdown: str, mend: Callable[[str], str] = str) -> str:
    """The H1 that the body opens with, mended, as plain text; "" where there is none."""
    found = _HEADING.match(markdown)
    if found is None:
        return ""
    heading = _HEADING_ID.sub("", (found["atx"] or "").rstrip(" \t#") or found["setext"] or "")
    return line_to_plain(mend(heading))


def drop_heading(markdown: str, title: str) -> str:
    """The body without an opening H1 that only repeats the title."""
    found = _HEADING.match(markdown)
    if found and first_heading(markdown).casefold() == title.casefold():
        return markdown[found.end() :].lstrip("\n")
    return markdown


def drop_opening(markdown: str, title: str, fields: Fields, known: tuple[str, ...]) -> str:
    """The body without a label paragraph that a generator left ("Social Snippet: …"), which is noted as a repair, and
    without a heading that only repeats the title."""
    front = fields.front
    cleaned, before, after = drop_label_paragraph(markdown, fields.rules.labels, known)
    if before:
        place = front.body.find(before[:20])
        line = front.body_line + (front.body.count("\n", 0, place) if place > 0 else 0)
        fields.repairs.append(Repair("label", "body", before[:200], after[:200], line))
    return drop_heading(cleaned, title)


def ready_body(markdown: str, source: str, code: GeneratorCode) -> str:
    """Markdown without what only a generator understands; marks stand for what was left out, formulas stay."""
    text, formulas = set_apart(show_code_in_html(markdown) if source.endswith(_HTML) else open_notes(markdown))
    if source.endswith(".mdx") or is_mdx(text):
        text = drop_mdx(text, code)
    is_liquid = bool(date_in_name(source)) or "_posts/" in source
    ready = put_back(drop_shortcodes(text, code, is_liquid=is_liquid), formulas)
    if not (holds_any(ready, (".md", ".markdown")) and _LINKED.search(ready)):
        return ready

    def lead(address: str) -> str:
        return code.find_page(FILE, address) if _POST.match(address) else address

    if source.endswith(_HTML):
        return _ANCHOR.sub(lambda found: found[1] + escape(lead(unescape(found[2]))), ready)
    return map_addresses(ready, lead)


def finish_markdown(ready: str) -> str:
    """The Markdown without marks; of a link whose address is missing, the words."""
    return drop_marks(_LOST_LINK.sub(r"\1", ready))


def render_body(markdown: str, source: str, permalink: str) -> str:
    """Safe HTML, with the marks of what was left out. Raises ContentError for hostile nesting."""
    if source.endswith(_HTML):
        return clean_html(markdown, permalink)
    text, formulas = set_apart(markdown)
    return put_back(render_html(text, permalink), formulas, lambda formula: escape(formula, quote=False))


def finish_body(html: str) -> str:
    """The HTML without marks, and without what is empty now."""
    finished = finish(html)
    return html if finished == html else prune(finished)


def read_teaser(markdown: str, source: str, permalink: str, code: GeneratorCode) -> str:
    """What stands before `<!--more-->` as plain text, "" where there is no such mark."""
    mark = _MORE.search(markdown)
    if mark is None:
        return ""
    html = render_body(ready_body(markdown[: mark.start()], source, code), source, permalink)
    return one_line(to_plain(html))


def read_words(markdown: str, source: str, permalink: str, code: GeneratorCode) -> str:
    """What a note says, paragraph by paragraph, with marks; of pictures alone, their alt texts."""
    html = render_body(ready_body(markdown, source, code), source, permalink)
    words = "\n\n".join(filter(None, map(to_plain, html.split("</p>"))))
    return words or ", ".join(map(unescape, filter(None, _ALT.findall(html))))


def note_pieces(fields: Fields, pieces: Iterable[Piece]) -> None:
    """A repair for each piece of code that was left out of the body, with its line; for the first of very many."""
    front = fields.front
    seen: Counter[str] = Counter()
    for piece in islice(pieces, _MAX_PIECES):
        place = _find_nth(front.body, piece.text.partition("…")[0].rstrip().split("\0")[0], seen[piece.text])
        seen[piece.text] += 1
        line = front.body_line + front.body.count("\n", 0, place) if place >= 0 else 0
        fields.repairs.append(Repair("code", "body", piece.text, "", line))


def _find_nth(text: str, part: str, number: int) -> int:
    """Where a part stands for the nth time; its first words where it is written in several lines."""
    at = -1
    for _ in range(min(number, _MAX_REPAIRS) + 1):
        at = text.find(part, at + 1)
        if at < 0:
            break
    return at if at >= 0 or " " not in part else text.find(part.partition(" ")[0])


def drop_lead(html: str, picture: Picture | None) -> str:
    """The HTML without an opening image that is the post's picture, and without its caption if that is the credit."""
    found = _LEAD.match(html) if picture else None
    if picture is None or found is None:
        return html
    src = _SRC.search(found["attributes"])
    if not src or not is_same_picture(src[1].replace("&amp;", "&"), picture.url):
        return html
    caption = to_plain(found["rest"])
    credit = picture.credit.text if picture.credit else ""
    if not caption or caption.casefold() in {credit.casefold(), picture.alt.casefold()}:
        return html[found.end() :]
    return f"<p>{found['rest'].strip()}</p>\n{html[found.end() :]}"


def is_same_picture(one: str, other: str) -> bool:
    """Whether two addresses show the same image: image services only scale it by their query."""
    if one == other:
        return True
    a, b = urlsplit(one), urlsplit(other)
    scripted = a.path.endswith((".php", ".aspx", ".cgi", "/")) or not a.path
    return not scripted and (a.netloc, a.path) == (b.netloc, b.path)


# --- The body of a post as its built page shows it ---
# Shortcodes, MDX, maths and footnotes as the author sees them.

_MAX_BYTES = 5_000_000
# What a page has for browsers alone, or around its text.
_DROPPED = "script|style|template|nav|form|button|input|dialog|noscript[not(.//img)]|*[@aria-hidden='true']|*[@hidden]"
_AROUND = "header|footer|aside"


def read_body(page: str, selector: str, title: str, permalink: str) -> str:
    """Safe HTML from the first element that the selector finds, "" where there is none or the page cannot be read."""
    with contain(lambda _: None):  # a page is the work of a program: ours is as good
        data = Path(page).read_bytes()
        return clean_html(_take(data, selector, title), permalink) if len(data) <= _MAX_BYTES else ""
    return ""


def _take(data: bytes, selector: str, title: str) -> str:
    from lxml import etree, html  # noqa: PLC0415 - few blogs take their bodies from pages

    parser = html.HTMLParser(encoding="utf-8", remove_comments=True, remove_pis=True)
    matches = html.document_fromstring(data, parser=parser).xpath(to_xpath(selector))
    if not matches:
        return ""
    element = matches[0]
    unwanted = [f".//{name}" for name in _DROPPED.split("|")] + [f"./{name}" for name in _AROUND.split("|")]
    for one in element.xpath("|".join(unwanted)):
        if one.getparent() is not None:
            one.drop_tree()
    for heading in element.xpath(".//h1"):
        if normalise_title(heading.text_content()) == normalise_title(title):
            heading.drop_tree()
    return (element.text or "") + "".join(etree.tostring(child, encoding="unicode", method="html") for child in element)


def to_xpath(selector: str) -> str:
    """ "main .post-content" as XPath: elements, classes and ids, each inside the one before."""
    return "".join(f"//{_step_to_xpath(step)}" for step in selector.split())


def _step_to_xpath(step: str) -> str:
    tag = re.match(r"[A-Za-z][\w-]*", step)
    tests = [
        f"@id='{name}'" if sign == "#" else f"contains(concat(' ',normalize-space(@class),' '),' {name} ')"
        for sign, name in re.findall(r"([.#])([\w-]+)", step)
    ]
    return (tag[0].lower() if tag else "*") + "".join(f"[{test}]" for test in tests)
