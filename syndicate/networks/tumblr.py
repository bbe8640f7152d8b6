"""Tumblr in its Neue Post Format (API v2). tumblr.com/docs/en/api/v2.

Tokens live 42 minutes and turn over. There is no key, so an unknown outcome is settled by the blog's own posts.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime

import orjson

from syndicate.errors import Blocked, NetworkError, Uncertain
from syndicate.http import Client
from syndicate.model import Account, Attachment, Limits, Message, NetworkFacts, Reactions, Receipt
from syndicate.networks.base import Description, Option, Profile, Recent, Secret, Vault
from syndicate.networks.toolkit import (
    Parts,
    Refusal,
    is_missing,
    pick,
    pick_count,
    pick_instant,
    pick_list,
    pick_text,
    refuse_misfits,
    require_option,
)
from syndicate.networks.toolkit.oauth import AppLogin, Forbidden, Provider
from syndicate.networks.toolkit.readback import (
    CLOCK_SKEW,
    Is,
    Listing,
    Page,
    find_in,
    links_of,
    number_of,
    read_listing,
    read_page,
)
from syndicate.text.counting import Counter

API = "https://api.tumblr.com"
AUTHORISE = "https://www.tumblr.com/oauth2/authorize"
LIMITS = Limits(characters=4096, counter=Counter.CODEPOINTS, alt=4096, images=1, image_bytes=10_000_000)
PAGE = 20

DESCRIPTION = Description(
    name="tumblr",
    title="Tumblr",
    place=("blog",),
    options=(
        Option("blog", 'The blog: "name" or "name.tumblr.com"', required=True),
        Option("api", "Address of the API", default=API),
    ),
    secrets=(
        Secret("client_id", "Your app's OAuth consumer key"),
        Secret("client_secret", "Your app's consumer secret"),
        Secret("refresh_token", "From `syndicate login`"),
    ),
    facts=NetworkFacts(network="tumblr", limits=LIMITS, media="card", edits_alt=True),
    note="250 posts a day.",
)


def build_post(message: Message) -> dict[str, object]:
    """The post as blocks: a picture, the words, the link with its card."""
    blocks = (_build_image(message.image), _build_text(message.text), _build_link(message))
    post: dict[str, object] = {
        "content": [block for block in blocks if block],
        "tags": ",".join(tag.replace(",", " ") for tag in message.tags),
        "state": "published",
        "source_url": message.link,
    }
    return {name: value for name, value in post.items() if value}


def _build_image(image: Attachment | None) -> dict[str, object] | None:
    if image is None:
        return None
    size = {"width": image.width, "height": image.height}
    media = [{"type": image.media_type, "identifier": "card", **size}]
    return {"type": "image", "media": media, "alt_text": image.alt}


def _build_text(text: str) -> dict[str, object] | None:
    return {"type": "text", "text": text} if text else None


def _build_link(message: Message) -> dict[str, object] | None:
    if not message.link:
        return None
    block: dict[str, object] = {"type": "link", "url": message.link}
    block |= {name: value for name, value in (("title", message.title), ("description", message.summary)) if value}
    card = message.card
    if card and card.url:
        size = {"width": card.width, "height": card.height}
        block["poster"] = [{"type": card.media_type, "url": card.url, **size}]
    return block


def build_parts(message: Message, body: Mapping[str, object]) -> Parts:
    """JSON alone, or multipart where a picture goes along."""
    if message.image is None:
        return {"json": body}
    file = ("card", message.image.data, message.image.media_type)
    return {"form": {"json": orjson.dumps(body).decode()}, "files": {"card": file}}


def parse_receipt(answer: object, blog: str, *, where: str) -> Receipt:
    """The post in an answer. Raises Uncertain where there is none to read."""
    number = pick_text(answer, "response", "id_string") or pick_text(answer, "response", "id")
    if not number:
        raise Uncertain("Tumblr accepted the post without a number", where=where)
    return Receipt(number, _permalink(blog, number))


def _permalink(blog: str, number: str) -> str:
    return f"https://{blog}/post/{number}"


LISTED = {"id_string": Is.NAME, "timestamp": Is.MOMENT, "content": Is.LIST}


def parse_recent(post: object, blog: str) -> Recent | None:
    """A listed post, None for one without a date."""
    number, published_at = pick_text(post, "id_string") or pick_text(post, "id"), pick_instant(post, "timestamp")
    if not number or published_at is None:
        return None
    blocks = pick_list(post, "content")
    text = "\n".join(pick_text(block, "text") for block in blocks if pick(block, "type") == "text")
    linked = (pick_text(block, "url") for block in blocks if pick(block, "type") == "link")
    return Recent(Receipt(number, _permalink(blog, number)), text, links_of(text, *linked), published_at)


def parse_failure(refusal: Refusal) -> NetworkError:
    """Tumblr's own words stand in the first of `errors`."""
    if refusal.status == 403:
        return refusal.to(Forbidden, hint="may the account write to this blog?")
    if refusal.status == 404 and refusal.publishes:
        return refusal.to(Blocked, hint="check `blog`")
    return refusal.by_status()


class Tumblr(AppLogin):
    """One blog."""

    limits = LIMITS
    parse_failure = staticmethod(parse_failure)

    def __init__(self, account: Account, vault: Vault, http: Client) -> None:
        self._base = (account.options.get("api") or API).rstrip("/")
        self._blog = blog_of(account.options["blog"])
        provider = Provider(AUTHORISE, f"{self._base}/v2/oauth2/token", "basic write offline_access")
        super().__init__(account, vault, http, provider)

    def send(self, message: Message, *, key: str) -> Receipt:
        refuse_misfits(message, LIMITS, account=self._name)
        parts = build_parts(message, build_post(message))
        response = self._use(lambda api: api.publish("POST", self._url("posts"), **parts))
        return parse_receipt(response.json(), self._blog, where=self._name)

    def find(self, message: Message, *, key: str, since: datetime) -> Receipt | None:
        return find_in(self._list(since), message, since=since, account=self._name)

    def list_recent(self) -> tuple[Recent, ...]:
        """The blog's posts, newest first, up to 200."""
        return self._list(None).posts

    def _list(self, since: datetime | None) -> Listing:
        def fetch(cursor: str) -> Page:
            query = {"npf": "true", "limit": str(PAGE), "offset": cursor or "0"}
            answer = self._get(self._url("posts"), query)
            page = read_page(
                answer,
                "response",
                "posts",
                parse=lambda post: parse_recent(post, self._blog),
                each=LISTED,
                following=str(int(cursor or "0") + PAGE),
                account=self._name,
            )
            # The last one, since a pinned post of any age may stand before all others.
            is_past = since is not None and any(post.published_at < since - CLOCK_SKEW for post in page.posts[-1:])
            is_last = is_past or len(pick_list(answer, "response", "posts")) < PAGE
            return replace(page, following="") if is_last else page

        return read_listing(fetch)

    def edit(self, receipt: Receipt, message: Message, *, key: str) -> Receipt:
        parts = build_parts(message, build_post(message))
        number = number_of(receipt, account=self._name)
        self._use(lambda api: api.ask("PUT", self._url(f"posts/{number}"), **parts))
        return receipt

    def count(self, receipt: Receipt) -> Reactions | None:
        """What is neither like nor reblog among the notes is a reply."""
        query = {"id": number_of(receipt, account=self._name), "mode": "conversation"}
        told = pick(self._get(self._url("notes"), query), "response")
        likes, boosts = pick_count(told, "total_likes"), pick_count(told, "total_reblogs")
        notes = pick_count(told, "total_notes")
        replies = None if notes is None else max(notes - (likes or 0) - (boosts or 0), 0)
        return Reactions(likes, boosts, replies)

    def delete(self, receipt: Receipt) -> None:
        form = {"id": number_of(receipt, account=self._name)}
        self._use(lambda api: api.ask_unless(is_missing, "POST", self._url("post/delete"), form=form))

    def verify(self) -> Profile:
        """Whose login it is, and whether the blog is among theirs."""
        user = pick(self._get(f"{self._base}/v2/user/info"), "response", "user")
        names = {blog_of(pick_text(each, "name")) for each in pick_list(user, "blogs")}
        warnings = () if self._blog in names else (f"{self._blog} is not among your blogs",)
        return Profile(
            name=f"{pick_text(user, 'name')} on {self._blog}",
            url=f"https://{self._blog}/",
            abilities=("post", "read", "edit", "delete"),
            warnings=warnings,
        )

    def _url(self, path: str) -> str:
        return f"{self._base}/v2/blog/{self._blog}/{path}"


def blog_of(name: str) -> str:
    """The blog's host name."""
    return name if "." in name else f"{name}.tumblr.com"


def open_network(account: Account, vault: Vault, http: Client) -> Tumblr:
    """The blog behind an account. Raises ConfigError without its name."""
    require_option(account, "blog")
    return Tumblr(account, vault, http)
