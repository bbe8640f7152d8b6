"""Is the page behind a link live? Crawlers cache a failed look for days, so a message waits until it is."""

from __future__ import annotations

from dataclasses import dataclass, field
from html import unescape
from html.parser import HTMLParser
from urllib.parse import urljoin, urlsplit

from syndicate.errors import FetchError
from syndicate.http import Client, Response

MAX_PAGE = 4_000_000


def check_page(client: Client, link: str, title: str) -> str:
    """ "" where `link` answers 200 with the page of that title and its card image answers too, else why not."""
    try:
        answer = client.fetch(link, headers={"Accept": "text/html"}, max_bytes=MAX_PAGE)
        facts = parse_page(answer.text) if answer.status == 200 else PageFacts()
        return judge_page(answer, facts, link, title) or _check_image(client, answer.url, facts.image)
    except FetchError as error:
        return f"{error.where or link}: {error.message}"


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
    claims = [_same(urljoin(answer.url, claim)) for claim in facts.claims]
    if claims and _same(link) not in claims:
        return f"the page calls itself {facts.claims[0]}"
    if not claims and _plain(title) not in _plain(facts.words):
        return "the page answers, but does not hold the post's title"
    return ""


def _check_image(client: Client, page_url: str, image: str) -> str:
    if not image:
        return ""
    answer = client.fetch(urljoin(page_url, image), method="HEAD")
    if answer.status in {405, 501}:  # a host that knows no HEAD
        return ""
    is_image = answer.headers.get("content-type", "").startswith("image/")
    return "" if answer.status == 200 and is_image else f"its card image answers {answer.status}"


def parse_page(text: str) -> PageFacts:
    """The facts of an HTML page; never raises, whatever the page holds."""
    parser = _Parser()
    parser.feed(text)
    return PageFacts(tuple(parser.claims), parser.image, " ".join(parser.words))


class _Parser(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.claims: list[str] = []
        self.image = ""
        self.words: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if tag == "link" and "canonical" in given.get("rel", "").lower().split():
            self.claims.append(given.get("href", ""))
        if tag == "meta":
            self._note_meta(given.get("property") or given.get("name", ""), given.get("content", ""))

    def _note_meta(self, name: str, value: str) -> None:
        if name == "og:url" and value:
            self.claims.append(value)
        if name == "og:image" and not self.image:
            self.image = value

    def handle_data(self, data: str) -> None:
        self.words.append(data)


def _same(url: str) -> str:
    """Two addresses of one page compare equal: without scheme, query, fragment and last slash."""
    parts = urlsplit(url)
    return f"{parts.netloc.lower()}{parts.path.rstrip('/').removesuffix('/index.html')}"


def _plain(text: str) -> str:
    return " ".join(unescape(text).split()).casefold()
