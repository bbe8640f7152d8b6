"""Mastodon and the servers that speak its API. Facts: docs.joinmastodon.org (methods and entities).

The instance states its limits and its software; only software known to keep the Idempotency-Key is trusted with
a second call. Every read of the account's own posts is `readback.choose_copy`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import quote, urlsplit

from syndicate.errors import (
    ConfigError,
    NetworkError,
    NotReady,
    RateLimited,
    Rejected,
    Unauthorised,
    Unavailable,
    Uncertain,
)
from syndicate.http import Client, Response
from syndicate.model import Account, Attachment, Limits, Message, NetworkFacts, Reactions, Receipt
from syndicate.networks.base import Description, LoginField, LoginPage, Look, Option, Profile, Recent, Secret, Vault
from syndicate.networks.mastodon.servers import (
    KEY_WINDOW,
    LISTED,
    Server,
    begin_login,
    build_edit,
    build_status,
    choose_scopes,
    finish_login,
    has_alt,
    parse_profile,
    parse_receipt,
    parse_recent,
    parse_server,
    path_of,
    without_media,
)
from syndicate.networks.toolkit import (
    Api,
    Refusal,
    pick_count,
    pick_text,
    refuse_misfits,
    require_secret,
    retry_at_of,
    with_prepared,
    words_of,
)
from syndicate.networks.toolkit.oauth import PastedLogin
from syndicate.networks.toolkit.readback import Listing, Page, find_in, read_listing, read_page, with_named_reply
from syndicate.text.counting import Counter

LIMITS = Limits(characters=500, counter=Counter.MASTODON, per_link=23, image_bytes=16_777_216)
MEDIA_LIVES = timedelta(hours=12)
"""Uploads that no post uses are purged after about a day; older ones are sent again."""
PROCESSED_WITHIN = timedelta(hours=1)
"""Seconds as a rule. Some servers lose the work on a picture when they are started again: it is uploaded once more."""
PAGE = 40
VISIBILITIES = ("public", "unlisted", "private", "direct")

DESCRIPTION = Description(
    name="mastodon",
    title="Mastodon",
    place=("instance",),
    look=Look(link=30),
    options=(
        Option("instance", "address of your server, such as https://mastodon.social", required=True),
        Option("visibility", "who sees the posts; your account's own default where empty", choices=VISIBILITIES),
        Option("content_type", "for servers that offer it (GoToSocial, Pleroma): text/plain or text/markdown"),
    ),
    secrets=(Secret("access_token", "Preferences → Development → your application → access token"),),
    facts=NetworkFacts(
        network="mastodon", limits=LIMITS, media="none", can_thread=True, warns=True, edits_alt=True, keeps_picture=True
    ),
    note="Also GoToSocial, Pixelfed, Takahē, Pleroma, Akkoma and Hollo; limits are read from the server.",
)


class Mastodon(PastedLogin):
    """One login on one server. What the server says of itself is asked once and kept for this object's life."""

    limits = LIMITS
    login_fields = (
        LoginField("access_token", "Access token", secret=True, help="leave empty to log in with the browser"),
    )

    def __init__(self, account: Account, vault: Vault, http: Client, base: str) -> None:
        super().__init__(account, vault, http)
        self.base = base
        self._server: Server | None = None

    def prepare(self, message: Message, *, key: str) -> Message:
        """See whether the server takes it, upload the image, then wait until the server has processed it."""
        self._api()
        self._refuse_misfits(message)
        if message.image is None or message.prepared.get("media_ready"):
            return message if not self._is_stale(message, MEDIA_LIVES) else without_media(message)
        if "media" not in message.prepared:
            return self._upload(message, message.image)
        return self._ask_for_media(message)

    def _is_stale(self, message: Message, lives: timedelta) -> bool:
        uploaded = message.prepared.get("media_at")
        return uploaded is not None and self._http.now() - datetime.fromisoformat(uploaded) > lives

    def _upload(self, message: Message, image: Attachment) -> Message:
        name = image.path.rpartition("/")[2]
        response = self._api().ask(
            "POST",
            "/api/v2/media",
            files={"file": (name, image.data, image.media_type)},
            form={"description": image.alt} if image.alt else None,
        )
        media = response.json()
        if not pick_text(media, "id"):
            raise Unavailable("the upload's answer cannot be read", where=self._name)
        ready = {"media_ready": "yes"} if response.status != 202 and pick_text(media, "url") else {}
        return with_prepared(message, media=pick_text(media, "id"), media_at=response.received_at.isoformat(), **ready)

    def _ask_for_media(self, message: Message) -> Message:
        media = quote(message.prepared["media"], safe="")
        response = self._api().call("GET", f"/api/v1/media/{media}")
        is_lost = response.status == 206 and self._is_stale(message, PROCESSED_WITHIN)
        if response.status == 206 and not is_lost:
            raise self._not_ready(message, response)
        if response.status == 404 or is_lost:
            return without_media(message)
        if not response.is_success:
            raise self._api().failure(response)
        return with_prepared(message, media_ready="yes")

    def _not_ready(self, message: Message, response: Response) -> NotReady:
        """Waits grow with the age of the upload, so that asking again doubles by itself."""
        now = response.received_at
        age = now - datetime.fromisoformat(message.prepared.get("media_at", now.isoformat()))
        wait = min(max(age, timedelta(seconds=1)), timedelta(minutes=1))
        return NotReady("the image is still being processed", retry_at=now + wait, where=self._name)

    def send(self, message: Message, *, key: str) -> Receipt:
        self._api()
        self._refuse_misfits(message)
        response = self._api().call(
            "POST",
            "/api/v1/statuses",
            publishes=True,
            headers={"Idempotency-Key": key},
            json=build_status(self._escaped(with_named_reply(message)), self._options),
        )
        if not response.is_success:
            raise self._send_error(response, message)
        receipt = parse_receipt(response.json())
        if receipt is None:
            raise Uncertain("the server accepted the post but its answer cannot be read", where=self._name)
        return receipt

    def _refuse_misfits(self, message: Message) -> None:
        """A content warning counts with the text."""
        server = self._read_server()
        whole = replace(message, text=message.warning + message.text)
        refuse_misfits(whole, server.limits, account=self._name)
        if server.dialect.needs_image and message.image is None:
            hint = f'set media = "image" in [accounts.{self._name}]'
            raise Rejected(f"{server.software} takes only posts with an image", where=self._name, hint=hint)

    def _escaped(self, message: Message) -> Message:
        """As this server wants it: some read every text as Markdown."""
        return replace(message, text=self._read_server().limits.escape(message.text))

    def _send_error(self, response: Response, message: Message) -> NetworkError:
        said = words_of(response).lower()
        if response.status == 422 and "finished processing" in said:
            return self._not_ready(message, response)
        if response.status in {400, 422} and ("idempotency key" in said or "already attached" in said):
            return Uncertain("the server has seen this post before", where=self._name)
        if response.status == 503 and isinstance(response.json(), dict):
            return self._busy(response)
        return self._api().failure(response, publishes=True)

    def _busy(self, response: Response) -> NetworkError:
        """A 503 in the server's own words means that it did nothing; a throttled GoToSocial adds when to come back."""
        said = f"503: {words_of(response, self._secrets())}"
        retry_at = retry_at_of(response)
        if retry_at is not None:
            return RateLimited(said, retry_at=retry_at, where=self._name)
        return Unavailable(said, where=self._name)

    def find(self, message: Message, *, key: str, since: datetime) -> Receipt | None:
        return find_in(self._read_own(since), with_named_reply(message), since=since, account=self._name)

    def resend_until(self, intent_at: datetime) -> datetime:
        """One hour on servers that keep the key, no time at all on others or where the server does not tell."""
        try:
            keeps_key = self._read_server().dialect.keeps_key
        except NetworkError:
            keeps_key = False
        return intent_at + KEY_WINDOW if keeps_key else intent_at

    def read_limits(self) -> Limits:
        self._server = None
        return self._read_server().limits

    def _read_server(self) -> Server:
        if self._server is None:
            nodeinfo = self._public("/nodeinfo/2.0")
            instance = self._public("/api/v2/instance") or self._public("/api/v1/instance")
            self._server = parse_server(nodeinfo, instance)
            self.limits = self._server.limits
        return self._server

    def _public(self, path: str) -> object:
        """What a page for everybody says, None where this server has no such page."""
        api = Api(self._http, self._name, secrets=self._secrets(), parse_failure=self._parse_failure, base=self.base)
        response = api.call("GET", path)
        if response.status in {429, 500, 502, 503, 504}:
            raise api.failure(response)
        return response.json() if response.is_success else None

    def list_recent(self) -> tuple[Recent, ...]:
        return self._read_own(None).posts

    def _read_own(self, since: datetime | None) -> Listing:
        path = f"/api/v1/accounts/{quote(self._whoami()['id'], safe='')}/statuses"
        params = {"limit": str(PAGE), "exclude_reblogs": "true"}

        def fetch(cursor: str) -> Page:
            here = {**params, "max_id": cursor} if cursor else params
            statuses, account = self._api().ask("GET", path, params=here).json(), self._name
            following = pick_text(statuses, -1, "id")
            page = read_page(statuses, parse=parse_recent, each=LISTED, following=following, account=account)
            is_past = since is not None and page.posts and page.posts[-1].published_at < since
            return replace(page, following="") if is_past or len(statuses) < PAGE else page

        return read_listing(fetch)

    def verify(self) -> Profile:
        me, host = self._whoami(), urlsplit(self.base).hostname or self.base
        return parse_profile(me, self._read_server().domain or host)

    def _whoami(self) -> Mapping[str, Any]:
        response = self._api().call("GET", "/api/v1/accounts/verify_credentials")
        if response.status in {400, 403, 422}:
            said = words_of(response, self._secrets())
            raise Unauthorised(f"the token is refused: {said}", where=self._name)
        if not response.is_success:
            raise self._api().failure(response)
        account = response.json()
        if not isinstance(account, dict) or not isinstance(account.get("id"), str):
            raise Unavailable("the server's answer cannot be read", where=self._name)
        return account

    def edit(self, receipt: Receipt, message: Message, *, key: str) -> Receipt:
        """Change the words, the warning and the alt text; the picture stays the one it is."""
        path = path_of(receipt)
        known = receipt if "media" in receipt.ref else parse_receipt(self._api().ask("GET", path).json())
        if known is None:
            raise Unavailable("the status to edit cannot be read", where=self._name)
        media = [one for one in known.ref["media"].split(",") if one]
        status = self._api().ask("PUT", path, json=build_edit(self._escaped(message), self._options, media)).json()
        changed = parse_receipt(status) or receipt
        if (
            message.image is None
            or has_alt(status, message.image.alt)
            or self._describe(media, message.image.alt, path)
        ):
            return changed
        return replace(changed, remark="the server keeps the picture's alt text of before")

    def _describe(self, media: list[str], alt: str, path: str) -> bool:
        """Change the alt text at the picture itself, as Hollo wants it; returns whether the status then shows it."""
        for one in media:
            self._api().call("PUT", f"/api/v1/media/{quote(one, safe='')}", json={"description": alt})
        return has_alt(self._api().call("GET", path).json(), alt)

    def count(self, receipt: Receipt) -> Reactions | None:
        """Quotes are counted by Mastodon 4.5 and later alone."""
        response = self._api().call("GET", path_of(receipt))
        if response.status in {404, 410}:
            return None
        if not response.is_success:
            raise self._api().failure(response)
        names = ("favourites_count", "reblogs_count", "replies_count", "quotes_count")
        return Reactions(*(pick_count(response.json(), name) for name in names))

    def delete(self, receipt: Receipt) -> None:
        path = path_of(receipt)
        response = self._api().call("DELETE", path)
        if response.is_success or response.status == 410:
            return
        if response.status != 404:
            raise self._api().failure(response)
        if self._api().call("GET", path).is_success:
            raise Rejected("this server cannot delete posts", where=self._name, hint=f"delete {receipt.url} by hand")

    def begin_login(self, answers: Mapping[str, str], *, redirect: str) -> LoginPage | None:
        if answers.get("access_token"):
            return None
        scopes = answers.get("scopes") or choose_scopes(self._http, self.base, account=self._name)
        return begin_login(self._http, self.base, redirect, scopes=scopes, account=self._name)

    def finish_login(self, answers: Mapping[str, str], page: LoginPage | None, code: str) -> Mapping[str, str]:
        if page is None:
            return super().finish_login(answers, page, code)
        return finish_login(self._http, self.base, page, code, account=self._name)

    def _api(self) -> Api:
        token = require_secret(self._vault, "access_token", self._name)
        headers = {"Authorization": f"Bearer {token}"}
        return Api(self._http, self._name, headers, (token,), self._parse_failure, self.base)

    def _parse_failure(self, refusal: Refusal) -> NetworkError:
        error, response = refusal.by_status(), refusal.response
        is_broken = response.status == 403 and self._software() != "pixelfed"
        is_silent = response.status == 422 and not response.body.strip()
        if response.status == 400 and not isinstance(response.json(), dict):
            self._whoami()  # some servers say so, in plain text, that the token is dead
        return refusal.to(Unauthorised, error.message) if is_broken or is_silent else error

    def _secrets(self) -> tuple[str, ...]:
        return (self._vault.get("access_token"),)

    def _software(self) -> str:
        return self._server.software if self._server else ""


def open_network(account: Account, vault: Vault, http: Client) -> Mastodon:
    """The account on the server that its option `instance` names; "https://" may be left out."""
    instance = account.options.get("instance", "").strip().rstrip("/")
    if not instance:
        raise ConfigError("the server is missing", where=f"accounts.{account.name}.instance")
    base = instance if "://" in instance else f"https://{instance}"
    return Mastodon(account, vault, http, base)
