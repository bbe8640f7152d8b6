"""Is the page behind a link live? Crawlers cache a failed look for days, so a message waits until it is."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import partial
from html import unescape
from typing import Any
from urllib.parse import urljoin, urlsplit

from syndicate.containment import contain
from syndicate.errors import FetchError
from syndicate.http import Client, Response, name_server
from syndicate.http.servers import Waits

MAX_PAGE = 4_000_000

_TAG = re.compile(r"<(link|meta)\b([^<>]{0,4000})>", re.IGNORECASE)
_ATTRIBUTE = re.compile(r"""(?<![^\s"'/])([^\s"'=/]+)\s*=\s*(?:"([^"]*)"|'([^']*)'|([^\s"']+))""")
_ANY_TAG = re.compile(r"<[^<>]*>")


Fetch = Callable[..., Response]
"""`Client.fetch`, in time."""


def check_page(client: Client, link: str, title: str, waits: Waits | None = None) -> str:
    """ "" where `link` answers 200 with the page of that title and its card image answers too, else why not.

    `waits` is what servers may take in one round: beyond it they are not asked.
    """
    found: list[str] = []
    fetch = client.fetch if waits is None else partial(_fetch_in_time, client, waits)
    with contain(lambda error: found.append(_tell(error, link))):
        found.append(_check(fetch, link, title))
    return found[0]


def _fetch_in_time(client: Client, waits: Waits, url: str, **parts: Any) -> Response:
    if why := waits.tell_why_over(name_server(url)):
        raise FetchError(f"not asked now: {why}", where=url)
    begun = time.monotonic()
    try:
        return client.fetch(url, **parts)
    finally:
        waits.note(name_server(url), time.monotonic() - begun)


def _check(fetch: Fetch, link: str, title: str) -> str:
    answer = fetch(link, headers={"Accept": "text/html"}, max_bytes=MAX_PAGE)
    facts = parse_page(answer.text) if answer.status == 200 else PageFacts()
    return judge_page(answer, facts, link, title) or _check_image(fetch, answer.url, facts.image)


def _tell(error: Exception, link: str) -> str:
    if isinstance(error, FetchError):
        return f"{error.where or link}: {error.message}{error.hint and f' ({error.hint})'}"
    return f"{link}: the page cannot be checked ({type(error).__name__})"


def find_sign_of_life(client: Client, link: str) -> str:
    """Why a page may still be there, "" where its address answers 404 or 410: the only proof that it is gone."""
    try:
        answer = client.fetch(link, headers={"Accept": "text/html"}, max_bytes=MAX_PAGE)
    except FetchError as error:
        return f"nobody knows whether its page is gone: {error.message}"
    return "" if answer.status in {404, 410} else f"its page still answers {answer.status}"


@dataclass(frozen=True, slots=True)
class PageFacts:
    """What a page says of itself: addresses it claims, its card image, and its words."""

    claims: tuple[str, ...] = ()
    """rel=canonical and og:url, as written."""
    image: str = ""
    """og:image."""
    words: str = field(default="", repr=False)


def judge_page(answer: Response, facts: PageFacts, link: str, title: str) -> str:
    """Why an answer is not the page we mean, "" when it is. Pure.

    A page that names itself must name the link; one that does not must hold the post's title. So a friendly 200 for
    a missing page, or the front page after a redirect, does not count as live.
    """
    if answer.status != 200:
        return f"the page answers {answer.status}"
    claims = [_same(_join(answer.url, claim)) for claim in facts.claims]
    if claims and _same(link) not in claims:
        return f"the page calls itself {facts.claims[0][:200]}"
    if not claims and _plain(title) not in _plain(facts.words):
        return "the page answers, but does not hold the post's title"
    return ""


def _check_image(fetch: Fetch, page_url: str, image: str) -> str:
    if not image:
        return ""
    answer = fetch(_join(page_url, image), method="HEAD")
    if answer.status in {405, 501}:  # a host that knows no HEAD
        return ""
    is_image = answer.headers.get("content-type", "").startswith("image/")
    return "" if answer.status == 200 and is_image else f"its card image answers {answer.status}"


def parse_page(text: str) -> PageFacts:
    """The facts of an HTML page, in time that grows with its length, whatever it holds."""
    shown = _without(_without(_without(text, "<!--", "-->"), "<script", "</script"), "<style", "</style")
    claims, images = list[str](), list[str]()
    for tag, given in _read_tags(shown):
        name = given.get("property") or given.get("name", "")
        if tag == "link" and "canonical" in given.get("rel", "").lower().split():
            claims.append(given.get("href", ""))
        if tag == "meta" and name == "og:url" and given.get("content"):
            claims.append(given["content"])
        if tag == "meta" and name == "og:image" and given.get("content"):
            images.append(given["content"])
    return PageFacts(tuple(claims), images[0] if images else "", _ANY_TAG.sub(" ", text))


def _read_tags(text: str) -> Iterator[tuple[str, Mapping[str, str]]]:
    """The link and meta tags with their attributes; of two equal attributes the first one counts."""
    for tag in _TAG.finditer(text):
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


def _join(base: str, url: str) -> str:
    """The whole address; one that cannot be read stays as it is, and equals none."""
    try:
        return urljoin(base, url)
    except ValueError:
        return url


def _same(url: str) -> str:
    """Two addresses of one page compare equal: without scheme, query, fragment and last slash."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return url
    return f"{parts.netloc.lower()}{parts.path.rstrip('/').removesuffix('/index.html')}"


def _plain(text: str) -> str:
    return " ".join(unescape(text).split()).casefold()
