"""Pinterest boards (API v5). developers.pinterest.com/docs/api/v5.

A pin is a picture with a link, so a message without a picture is refused. New apps have trial access: their pins are
seen by their owner only, until Pinterest has reviewed the app.
"""

from __future__ import annotations

import base64
from datetime import datetime, timedelta

from syndicate.errors import Blocked, NetworkError, Rejected, Uncertain
from syndicate.http import Client
from syndicate.model import Account, Attachment, Limits, Message, NetworkFacts, Receipt
from syndicate.networks.base import Description, Option, Profile, Recent, Secret, Vault
from syndicate.networks.toolkit import (
    Refusal,
    is_missing,
    pick_instant,
    pick_text,
    refuse_misfits,
    refuse_non_number,
    require_option,
    shorten,
)
from syndicate.networks.toolkit.oauth import AppLogin, Forbidden, Provider
from syndicate.networks.toolkit.readback import Is, Listing, Page, find_in, links_of, number_of, read_listing, read_page
from syndicate.text.counting import Counter

API = "https://api.pinterest.com"
AUTHORISE = "https://www.pinterest.com/oauth/"
SCOPE = "boards:read,pins:read,pins:write,user_accounts:read"
LIMITS = Limits(characters=800, counter=Counter.CODEPOINTS, alt=500, images=1, image_bytes=10_000_000)
TITLE_LENGTH, LINK_LENGTH, PAGE = 100, 2048, 250
REFRESH_LIFE = timedelta(days=60)

DESCRIPTION = Description(
    name="pinterest",
    title="Pinterest",
    options=(Option("board", "Number of the board", required=True), Option("api", "Address of the API", default=API)),
    secrets=(
        Secret("client_id", "Your app's id"),
        Secret("client_secret", "Your app's secret"),
        Secret("refresh_token", "From `syndicate login`"),
    ),
    facts=NetworkFacts(network="pinterest", limits=LIMITS, media="image", edits_alt=True, keeps_picture=True),
    note="Until Pinterest has reviewed your app, only you see its pins.",
)


def build_words(message: Message, image: Attachment | None) -> dict[str, object]:
    """What can be changed later: everything but the picture."""
    words = {
        "title": shorten(message.title, TITLE_LENGTH),
        "description": message.text,
        "link": message.link,
        "alt_text": image.alt if image else "",
    }
    return {name: value for name, value in words.items() if value}


def _build_source(image: Attachment) -> dict[str, str]:
    if image.url:
        return {"source_type": "image_url", "url": image.url}
    data = base64.b64encode(image.data).decode()
    return {"source_type": "image_base64", "content_type": image.media_type, "data": data}


def parse_receipt(answer: object, *, where: str) -> Receipt:
    """The pin in an answer. Raises Uncertain where there is none to read."""
    number = pick_text(answer, "id")
    if not number:
        raise Uncertain("Pinterest accepted the post without a number", where=where)
    return Receipt(number, f"https://www.pinterest.com/pin/{number}/")


LISTED = {"id": Is.NAME, "created_at": Is.MOMENT, "description": Is.TEXT, "link": Is.TEXT}


def parse_recent(pin: object) -> Recent | None:
    """A listed pin, None for one without a date."""
    created_at = pick_instant(pin, "created_at")
    if created_at is None or not pick_text(pin, "id"):
        return None
    text = pick_text(pin, "description")
    links = tuple(filter(None, (pick_text(pin, "link"), *links_of(text))))
    return Recent(parse_receipt(pin, where=""), text, links, created_at)


def parse_failure(refusal: Refusal) -> NetworkError:
    """Errors are {"code", "message"}; 403 is about the app's rights."""
    if refusal.status == 403:
        return refusal.to(Forbidden, hint="does the app have the scopes, and does the board belong to you?")
    if refusal.status == 404 and refusal.publishes:
        return refusal.to(Blocked, hint="check `board`")
    return refusal.by_status()


class Pinterest(AppLogin):
    """One board."""

    limits = LIMITS
    parse_failure = staticmethod(parse_failure)

    def __init__(self, account: Account, vault: Vault, http: Client) -> None:
        self._board = account.options["board"]
        self._base = f"{(account.options.get('api') or API).rstrip('/')}/v5"
        provider = Provider(AUTHORISE, f"{self._base}/oauth/token", SCOPE, {"continuous_refresh": "true"})
        super().__init__(account, vault, http, provider)

    def send(self, message: Message, *, key: str) -> Receipt:
        image = message.image or message.card
        refuse_misfits(message, LIMITS, account=self._name)
        if image is None:
            raise Rejected("a pin needs a picture", where=self._name, hint='set media = "image"')
        if len(message.link) > LINK_LENGTH:
            raise Rejected(f"the link is longer than {LINK_LENGTH} characters", where=self._name)
        body = {**build_words(message, image), "board_id": self._board, "media_source": _build_source(image)}
        response = self._use(lambda api: api.publish("POST", f"{self._base}/pins", json=body))
        return parse_receipt(response.json(), where=self._name)

    def find(self, message: Message, *, key: str, since: datetime) -> Receipt | None:
        return find_in(self._list(), message, since=since, account=self._name)

    def list_recent(self) -> tuple[Recent, ...]:
        """The board's pins, newest first, up to 2,500."""
        return tuple(sorted(self._list().posts, key=lambda pin: pin.published_at, reverse=True))

    def _list(self) -> Listing:
        """The whole board, for Pinterest promises no order."""

        def fetch(cursor: str) -> Page:
            query = {"page_size": str(PAGE)} | ({"bookmark": cursor} if cursor else {})
            answer, name = self._get(f"{self._base}/boards/{self._board}/pins", query), self._name
            following = pick_text(answer, "bookmark")
            return read_page(answer, "items", parse=parse_recent, each=LISTED, following=following, account=name)

        return read_listing(fetch)

    def edit(self, receipt: Receipt, message: Message, *, key: str) -> Receipt:
        """Change the words and the link; a pin's picture never changes."""
        body = build_words(message, message.image or message.card)
        self._use(lambda api: api.ask("PATCH", self._pin(receipt), json=body))
        return receipt

    def delete(self, receipt: Receipt) -> None:
        self._use(lambda api: api.ask_unless(is_missing, "DELETE", self._pin(receipt)))

    def _pin(self, receipt: Receipt) -> str:
        return f"{self._base}/pins/{number_of(receipt, account=self._name)}"

    def verify(self) -> Profile:
        name = pick_text(self._get(f"{self._base}/user_account"), "username")
        board = pick_text(self._get(f"{self._base}/boards/{self._board}"), "name")
        return Profile(
            name=f"{name} on {board}",
            url=f"https://www.pinterest.com/{name}/",
            abilities=("post", "read", "edit", "delete"),
            expires_at=self.expires_at(),
        )

    def expires_at(self) -> datetime | None:
        """When the refresh token dies, which every renewal puts off."""
        session = self._token.session()
        return session.renewed_at + REFRESH_LIFE if session and session.renewed_at else None

    def renews_alone(self) -> bool:
        return True

    def renew(self) -> datetime | None:
        self._token.turn_over()
        return self.expires_at()


def open_network(account: Account, vault: Vault, http: Client) -> Pinterest:
    """The board behind an account. Raises ConfigError without its number."""
    require_option(account, "board")
    refuse_non_number(account, "board")
    return Pinterest(account, vault, http)
