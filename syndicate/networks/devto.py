"""dev.to and other Forem sites: the whole post as an article that names its original. developers.forem.com/api.

Forem keeps `canonical_url` unique, which makes the post's own address the idempotency key: a second call is refused,
and the article is found by it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime
from urllib.parse import urlsplit

from syndicate.errors import Duplicate, NetworkError, Rejected, Unauthorised, Uncertain
from syndicate.http import Client
from syndicate.model import Account, Limits, Message, NetworkFacts, Reactions, Receipt
from syndicate.networks.base import Description, LoginField, Option, Profile, Recent, Secret, Vault
from syndicate.networks.toolkit import (
    Api,
    Refusal,
    is_missing,
    pick_count,
    pick_instant,
    pick_list,
    pick_text,
    refuse_non_number,
    require_secret,
    shorten,
)
from syndicate.networks.toolkit.oauth import PastedLogin
from syndicate.networks.toolkit.readback import (
    Is,
    Listing,
    Page,
    find_in,
    is_same_link,
    number_of,
    read_listing,
    read_page,
)
from syndicate.text.counting import Counter
from syndicate.text.slugs import name_ascii

API = "https://dev.to"
ACCEPT = "application/vnd.forem.api-v1+json"
# The message's words are not sent; the article's own limit is far above any post.
LIMITS = Limits(characters=100_000, counter=Counter.CODEPOINTS, images=1, hashtags=4)
MOST_TAGS, DESCRIPTION_LENGTH, TITLE_LENGTH = 4, 150, 128
PAGE = 100
_DUPLICATE = re.compile(r"already been (taken|used)", re.IGNORECASE)

DESCRIPTION = Description(
    name="devto",
    title="dev.to",
    place=("api",),
    options=(
        Option("series", "Name of the series that articles belong to"),
        Option("organization", "Number of the organisation to publish under"),
        Option("draft", "Leave articles as drafts for you to publish", "false", choices=("true", "false")),
        Option("api", "Address of another Forem site", default=API),
    ),
    secrets=(Secret("api_key", "A key from Settings, Extensions, DEV Community API Keys"),),
    facts=NetworkFacts(network="devto", limits=LIMITS, media="image", wants_markdown=True, edits_alt=True),
    note="The whole post is published, with its original named as canonical. Teasers are unwelcome there.",
)


def build_article(message: Message, options: Mapping[str, str]) -> dict[str, object]:
    """The body of a creating or changing call."""
    picture = message.image or message.card
    article: dict[str, object] = {
        "title": shorten(message.title, TITLE_LENGTH),
        "body_markdown": message.markdown or message.text,
        "published": options.get("draft") != "true",
        "canonical_url": canonical_of(message.link),
        "main_image": picture.url if picture else "",
        "description": shorten(message.summary, DESCRIPTION_LENGTH),
        "tags": build_tags(message.tags),
        "series": options.get("series", ""),
        "organization_id": int(options.get("organization") or 0),
    }
    return {"article": {name: value for name, value in article.items() if value or name == "published"}}


def build_tags(tags: tuple[str, ...]) -> list[str]:
    """At most four, lower case, letters and digits only, without accents, each once."""
    plain = (name_ascii(tag).replace("-", "") for tag in tags)
    return list(dict.fromkeys(filter(None, plain)))[:MOST_TAGS]


def canonical_of(link: str) -> str:
    """The post's address without the parameters that count visits: they would make it another address."""
    parts = urlsplit(link)
    kept = [pair for pair in parts.query.split("&") if not pair.startswith("utm_")]
    return parts._replace(query="&".join(kept)).geturl()


def parse_receipt(answer: object, *, where: str) -> Receipt:
    """The article in an answer. Raises Uncertain where there is none to read."""
    number = pick_text(answer, "id")
    if not number:
        raise Uncertain("the site accepted the post without a number", where=where)
    return Receipt(number, pick_text(answer, "url"))


LISTED = {"id": Is.NAME, "title": Is.TEXT, "canonical_url": Is.TEXT, "published_at": Is.TEXT}


def parse_recent(article: object, options: Mapping[str, str], now: datetime) -> Recent | None:
    """A listed article. Drafts count, as new, where drafts are what we make."""
    number, is_draft = pick_text(article, "id"), not pick_text(article, "published_at")
    if not number or (is_draft and options.get("draft") != "true"):
        return None
    links = (pick_text(article, "canonical_url"), pick_text(article, "url"))
    published_at = pick_instant(article, "published_at") or now
    return Recent(Receipt(number, links[1]), pick_text(article, "title"), links, published_at)


def parse_failure(refusal: Refusal) -> NetworkError:
    """422 with "already been taken" proves that the article exists."""
    if refusal.status == 422 and _DUPLICATE.search(refusal.said):
        return refusal.to(Duplicate)
    if refusal.status == 403:
        return refusal.to(Unauthorised, hint="is the account allowed to publish?")
    return refusal.by_status()


class DevTo(PastedLogin):
    """One author on one Forem site."""

    limits = LIMITS
    login_fields = (LoginField("api_key", "API key", secret=True, help="Settings, Extensions, Generate API key"),)

    def send(self, message: Message, *, key: str) -> Receipt:
        if not message.title:
            raise Rejected("an article needs a title", where=self._name)
        body = build_article(message, self._options)
        response = self._api().publish("POST", "/articles", json=body)
        return parse_receipt(response.json(), where=self._name)

    def find(self, message: Message, *, key: str, since: datetime) -> Receipt | None:
        """By the canonical address, whenever it was published; by the title where the post has no address."""
        listing, canonical = self._list(), canonical_of(message.link)
        if not canonical:
            return find_in(listing, Message(text=message.title), since=since, account=self._name)
        same = (recent.receipt for recent in listing.posts if is_same_link(recent.links[0], canonical))
        found = next(same, None)
        if found is None and not listing.is_whole:
            raise Uncertain("there are too many articles to look through, or some cannot be read", where=self._name)
        return found

    def list_recent(self) -> tuple[Recent, ...]:
        """The author's own articles, newest first, up to a thousand."""
        return self._list().posts

    def _list(self) -> Listing:
        def fetch(cursor: str) -> Page:
            number = int(cursor or "1")
            query = {"per_page": str(PAGE), "page": str(number)}
            response = self._api().ask("GET", "/articles/me/all", params=query)
            return read_page(
                response.json(),
                parse=lambda each: parse_recent(each, self._options, response.received_at),
                each=LISTED,
                following=str(number + 1) if len(pick_list(response.json())) == PAGE else "",
                account=self._name,
            )

        return read_listing(fetch)

    def edit(self, receipt: Receipt, message: Message, *, key: str) -> Receipt:
        body = build_article(message, self._options)
        return parse_receipt(self._api().ask("PUT", self._article(receipt), json=body).json(), where=self._name)

    def count(self, receipt: Receipt) -> Reactions | None:
        """A draft has nothing to count, and the site shows none."""
        article = self._api().read(self._article(receipt))
        return Reactions(
            likes=pick_count(article, "public_reactions_count"), replies=pick_count(article, "comments_count")
        )

    def delete(self, receipt: Receipt) -> None:
        """Unpublish: Forem's API deletes nothing."""
        body = {"article": {"published": False}}
        self._api().ask_unless(is_missing, "PUT", self._article(receipt), json=body)

    def verify(self) -> Profile:
        me = self._api().read("/users/me")
        name = pick_text(me, "username")
        return Profile(name=f"@{name}", url=f"{self._base}/{name}", abilities=("post", "read", "edit", "unpublish"))

    @property
    def _base(self) -> str:
        return (self._options.get("api") or API).rstrip("/")

    def _article(self, receipt: Receipt) -> str:
        return f"/articles/{number_of(receipt, account=self._name)}"

    def _api(self) -> Api:
        key = require_secret(self._vault, "api_key", self._name)
        headers = {"api-key": key, "Accept": ACCEPT}
        return Api(self._http, self._name, headers, (key,), parse_failure, f"{self._base}/api")


def open_network(account: Account, vault: Vault, http: Client) -> DevTo:
    """The author behind an account."""
    refuse_non_number(account, "organization")
    return DevTo(account, vault, http)
