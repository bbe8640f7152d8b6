"""Pinterest boards (API v5). developers.pinterest.com/docs/api/v5.

A pin is a picture with a link, so a message without a picture is refused. New apps have trial access: their pins are
seen by their owner only, until Pinterest has reviewed the app.
"""

from __future__ import annotations

import base64
from collections.abc import Mapping
from datetime import datetime, timedelta

from syndicate.errors import Blocked, NetworkError, Rejected, Uncertain
from syndicate.http import Client, Response
from syndicate.model import Account, Attachment, Limits, Message, NetworkFacts, Receipt
from syndicate.networks.base import Description, LoginPage, Option, Profile, Recent, Secret, Vault
from syndicate.networks.toolkit.answers import error_of, pick_instant, pick_list, pick_text, words_of
from syndicate.networks.toolkit.calls import Api, refuse_misfits, refuse_non_number, require_option, shorten
from syndicate.networks.toolkit.oauth import LOGIN_FIELDS, Forbidden, Provider, TurningToken, begin_login, finish_login
from syndicate.networks.toolkit.readback import (
    Listing,
    Page,
    can_read,
    find_in,
    is_moment,
    is_name,
    is_text,
    links_of_text,
    number_of,
    read_listing,
    require_list,
)
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
    options=(
        Option("board", "Number of the board", required=True),
        Option("api", "Address of the API", default=API),
    ),
    secrets=(
        Secret("client_id", "Your app's id"),
        Secret("client_secret", "Your app's secret"),
        Secret("refresh_token", "From `syndicate login`"),
    ),
    facts=NetworkFacts(network="pinterest", limits=LIMITS, media="image", edits_alt=True, keeps_picture=True),
    note="Until Pinterest has reviewed your app, only you see its pins.",
)


def build_pin(message: Message, board: str, image: Attachment) -> dict[str, object]:
    """The body of a new pin; Pinterest fetches a published picture itself, else its bytes go along."""
    return {**build_words(message, image), "board_id": board, "media_source": _build_source(image)}


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


LISTED = {"id": is_name, "created_at": is_moment, "description": is_text, "link": is_text}


def parse_recent(answer: object, *, where: str) -> tuple[Recent, ...]:
    """The pins in a page of a board; entries without a date are passed over."""
    pins = []
    for each in pick_list(answer, "items"):
        created_at = pick_instant(each, "created_at")
        if created_at and pick_text(each, "id"):
            text, link = pick_text(each, "description"), pick_text(each, "link")
            links = (*filter(None, [link]), *links_of_text(text))
            pins.append(Recent(parse_receipt(each, where=where), text, links, created_at))
    return tuple(pins)


def parse_failure(response: Response, *, account: str, publishes: bool, secrets: tuple[str, ...]) -> NetworkError:
    """Errors are {"code", "message"}; 403 is about the app's rights."""
    if response.status == 403:
        said = words_of(response, secrets)
        return Forbidden(said, where=account, hint="does the app have the scopes, and does the board belong to you?")
    if response.status == 404 and publishes:
        return Blocked(words_of(response, secrets), where=account, hint="check `board`")
    return error_of(response, account=account, publishes=publishes, secrets=secrets)


class Pinterest:
    """One board."""

    limits = LIMITS
    login_fields = LOGIN_FIELDS

    def __init__(self, account: Account, vault: Vault, http: Client) -> None:
        self._account = account
        self._board = account.options["board"]
        self._http = http
        self._base = f"{(account.options.get('api') or API).rstrip('/')}/v5"
        self._provider = Provider(AUTHORISE, f"{self._base}/oauth/token", SCOPE, {"continuous_refresh": "true"})
        self._token = TurningToken(account.name, self._provider, vault, http)

    def send(self, message: Message, *, key: str) -> Receipt:
        image = message.image or message.card
        refuse_misfits(message, LIMITS, account=self._account.name)
        if image is None:
            raise Rejected("a pin needs a picture", where=self._account.name, hint='set media = "image"')
        if len(message.link) > LINK_LENGTH:
            raise Rejected(f"the link is longer than {LINK_LENGTH} characters", where=self._account.name)
        body = build_pin(message, self._board, image)
        response = self._token.use(lambda token: self._api(token).publish("POST", f"{self._base}/pins", json=body))
        return parse_receipt(response.json(), where=self._account.name)

    def find(self, message: Message, *, key: str, since: datetime) -> Receipt | None:
        return find_in(self._list(), message, since=since, account=self._account.name)

    def list_recent(self, *, since: datetime | None = None) -> tuple[Recent, ...]:
        """The board's pins, newest first, up to 2,500."""
        pins = (pin for pin in self._list().posts if since is None or pin.published_at >= since)
        return tuple(sorted(pins, key=lambda pin: pin.published_at, reverse=True))

    def _list(self) -> Listing:
        """The whole board, for Pinterest promises no order."""

        def fetch(cursor: str) -> Page:
            query = {"page_size": str(PAGE)} | ({"bookmark": cursor} if cursor else {})
            answer = self._ask(f"boards/{self._board}/pins", query)
            found, pins = (
                require_list(answer, "items", account=self._account.name),
                parse_recent(answer, where=self._account.name),
            )
            return Page(pins, pick_text(answer, "bookmark"), can_read(found, LISTED))

        return read_listing(fetch)

    def edit(self, receipt: Receipt, message: Message, *, key: str) -> Receipt:
        """Change the words and the link; a pin's picture never changes."""
        body = build_words(message, message.image or message.card)
        url = f"{self._base}/pins/{number_of(receipt, account=self._account.name)}"
        self._token.use(lambda token: self._api(token).ask("PATCH", url, json=body))
        return receipt

    def delete(self, receipt: Receipt) -> None:
        url = f"{self._base}/pins/{number_of(receipt, account=self._account.name)}"

        def call(token: str) -> None:
            self._api(token).ask_unless(lambda response: response.status == 404, "DELETE", url)

        self._token.use(call)

    def verify(self) -> Profile:
        name = pick_text(self._ask("user_account", {}), "username")
        board = pick_text(self._ask(f"boards/{self._board}", {}), "name")
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

    def begin_login(self, answers: Mapping[str, str], *, redirect: str) -> LoginPage | None:
        return begin_login(self._provider, answers, redirect)

    def finish_login(self, answers: Mapping[str, str], page: LoginPage | None, code: str) -> Mapping[str, str]:
        return finish_login(self._http, self._provider, answers, page, code, account=self._account.name)

    def _ask(self, path: str, query: Mapping[str, str]) -> object:
        url = f"{self._base}/{path}"
        answer: object = self._token.use(lambda token: self._api(token).ask("GET", url, params=query)).json()
        return answer

    def _api(self, token: str) -> Api:
        secrets = (token, *self._token.secrets())
        return Api(self._http, self._account.name, {"Authorization": f"Bearer {token}"}, secrets, parse_failure)


def open_network(account: Account, vault: Vault, http: Client) -> Pinterest:
    """The board behind an account. Raises ConfigError without its number."""
    require_option(account, "board")
    refuse_non_number(account, "board")
    return Pinterest(account, vault, http)
