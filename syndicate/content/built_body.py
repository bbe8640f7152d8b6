"""The body of a post as its built page shows it: shortcodes, MDX, maths and footnotes as the author sees them."""

from __future__ import annotations

import re
from pathlib import Path

from syndicate.containment import contain
from syndicate.content.built import normalise_title
from syndicate.text.markdown import clean_html

_MAX_BYTES = 5_000_000
# What a page has for browsers alone, or around its text.
_DROPPED = "script|style|template|nav|form|button|input|dialog|noscript[not(.//img)]|*[@aria-hidden='true']|*[@hidden]"
_AROUND = "header|footer|aside"


def read_body(page: str, selector: str, title: str, permalink: str) -> str:
    """Safe HTML from the first element that the selector finds, "" where there is none or the page cannot be read."""
    found: list[str] = []
    with contain(lambda _: None):  # a page is the work of a program: ours is as good
        data = Path(page).read_bytes()
        if len(data) <= _MAX_BYTES:
            found.append(clean_html(_take(data, selector, title), permalink))
    return found[0] if found else ""


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
    steps = (_step_to_xpath(step) for step in selector.split())
    return "".join(f"//{step}" for step in steps)


def _step_to_xpath(step: str) -> str:
    tag = re.match(r"[A-Za-z][\w-]*", step)
    tests = [
        f"@id='{name}'" if sign == "#" else f"contains(concat(' ',normalize-space(@class),' '),' {name} ')"
        for sign, name in re.findall(r"([.#])([\w-]+)", step)
    ]
    return (tag[0].lower() if tag else "*") + "".join(f"[{test}]" for test in tests)
