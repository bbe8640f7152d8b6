"""Is the page behind a link live? Crawlers cache a failed look for days, so a message waits until it is."""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from hashlib import sha256
from html import unescape
from typing import Any
from urllib.parse import urljoin, urlsplit

from syndicate.errors import FetchError, contain
from syndicate.http import Client, Response, name_server
from syndicate.http.servers import Waits
from syndicate.model import FEED_FORMATS
from syndicate.text import normalize
from syndicate.text.plain import read_head_tags

MAX_PAGE = 4_000_000

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
    if not claims and not _holds(facts.words, title):
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
    claims, images = list[str](), list[str]()
    for tag, given in read_head_tags(text):
        name = given.get("property") or given.get("name", "")
        if tag == "link" and "canonical" in given.get("rel", "").lower().split():
            claims.append(given.get("href", ""))
        if tag == "meta" and name == "og:url" and given.get("content"):
            claims.append(given["content"])
        if tag == "meta" and name == "og:image" and given.get("content"):
            images.append(given["content"])
    return PageFacts(tuple(claims), images[0] if images else "", _ANY_TAG.sub(" ", text))


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


_SILENT = re.compile("['\u2019\u02bc\u00ad\u200b\u2060]")
_SIGNS = re.compile(r"[\W_]+")


def _holds(words: str, title: str) -> bool:
    """Whether the title's words stand there: generators turn quotes and dashes, and may take "<div>" for an element."""
    shown = _plain(words)
    wanted = {_plain(title), _plain(_ANY_TAG.sub(" ", title))} - {""}
    return any(one in shown for one in wanted) if wanted else title in unescape(words)


def _plain(text: str) -> str:
    return _SIGNS.sub(" ", _SILENT.sub("", normalize("NFKC", unescape(text)))).strip().casefold()


# --- `doctor --online` ---
# Fetch the published feeds as a reader would, and judge what comes back. Two requests per document: one plain, one
# with the validators of the first. Judging is pure, so every rule has a test.

_ACCEPT = ", ".join((*(one.media_type for one in FEED_FORMATS.values()), "application/xml;q=0.9", "*/*;q=0.8"))


@dataclass(frozen=True, slots=True)
class Remark:
    """What a reader would notice. `is_problem` marks what keeps readers out; the rest only costs traffic."""

    text: str
    is_problem: bool = False


def probe_feed(client: Client, url: str, form: str, published: bytes | None) -> tuple[Remark, ...]:
    """Everything a reader would notice about one feed document; empty when all is well.

    `form` is one of FEED_FORMATS; `published` are the bytes of the last publication, None where unknown.
    """
    try:
        first = client.fetch(url, headers={"Accept": _ACCEPT, "Origin": "https://reader.invalid"})
        validators = _list_validators(first)
        second = client.fetch(url, headers={"Accept": _ACCEPT} | validators) if validators else None
    except FetchError as error:
        return (Remark(str(error), is_problem=True),)
    return judge(url, form, published, first, second)


def judge(url: str, form: str, published: bytes | None, first: Response, second: Response | None) -> tuple[Remark, ...]:
    """The remarks on a plain answer and a conditional one. Pure."""
    if first.status != 200:
        return (Remark(f"answers {first.status} instead of the feed", is_problem=True),)
    found = [
        _judge_bytes(first, published),
        _judge_type(first, form),
        None if first.url == url else Remark(f"leads on to {first.url}; name that address as feeds_url"),
        _judge_conditional(second),
        *_judge_transport(first),
    ]
    return tuple(remark for remark in found if remark is not None)


def _list_validators(answer: Response) -> dict[str, str]:
    given = {"If-None-Match": answer.headers.get("etag"), "If-Modified-Since": answer.headers.get("last-modified")}
    return {name: value for name, value in given.items() if value}


def _judge_bytes(first: Response, published: bytes | None) -> Remark | None:
    if published is None or sha256(first.body).digest() == sha256(published).digest():
        return None
    return Remark(
        "answers with other bytes than the last publication; is it uploaded, does a cache hold it?", is_problem=True
    )


def _judge_type(first: Response, form: str) -> Remark | None:
    kind = first.headers.get("content-type", "").partition(";")[0].strip().lower()
    known = FEED_FORMATS[form]
    if kind in (known.media_type, *known.also_served_as):
        return None
    says = f'says it is "{kind}"' if kind else "does not say what it is"
    return Remark(f"{says} instead of {known.media_type}; some readers will refuse it", is_problem=kind == "text/html")


def _judge_conditional(second: Response | None) -> Remark | None:
    if second is None:
        return Remark("has neither ETag nor Last-Modified: every reader fetches everything each time")
    if second.status == 304:
        return None
    return Remark(f"answers {second.status} instead of 304 to its own validators: readers fetch everything each time")


def _judge_transport(first: Response) -> tuple[Remark | None, ...]:
    is_packed = first.headers.get("content-encoding", "") in {"gzip", "br", "zstd", "deflate"}
    is_open = first.headers.get("access-control-allow-origin") in {"*", "https://reader.invalid"}
    return (
        None if is_packed or len(first.body) < 1_500 else Remark("is sent uncompressed, about four times too large"),
        None if is_open else Remark("has no Access-Control-Allow-Origin: readers that run in browsers cannot see it"),
        None if "cache-control" in first.headers else Remark("has no Cache-Control: caches guess how old it may get"),
    )
