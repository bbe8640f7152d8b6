"""LinkedIn (Posts API, versioned REST). Facts: learn.microsoft.com/linkedin (posts, images, versioning).

There is no key and no way to list a member's own posts, but an equal post is refused and the refusal names the
one that exists. So one more call settles an unknown outcome. A token lasts sixty days and is made again by hand.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from urllib.parse import quote, unquote

from syndicate.errors import (
    Blocked,
    Duplicate,
    NetworkError,
    NotReady,
    RateLimited,
    Rejected,
    Unauthorised,
    Unavailable,
    Uncertain,
)
from syndicate.http import Client, Response
from syndicate.model import Account, Attachment, Limits, Message, NetworkFacts, Receipt
from syndicate.networks.base import Description, LoginField, LoginPage, Look, Option, Profile, Secret, Vault
from syndicate.networks.toolkit import (
    Api,
    Refusal,
    error_of,
    is_missing,
    pick,
    pick_instant,
    pick_text,
    refuse_misfits,
    refuse_warning,
    require_secret,
    retry_at_of,
    with_prepared,
    words_of,
)
from syndicate.networks.toolkit.oauth import PastedLogin, Provider, begin_login, take_pasted
from syndicate.text import normalize
from syndicate.text.counting import Counter, cut
from syndicate.text.hashtags import find_hashtags
from syndicate.text.links import find_http_addresses

API = "https://api.linkedin.com"
OAUTH = "https://www.linkedin.com"
SCOPES = "openid profile w_member_social"
TOKEN_LIVES = timedelta(days=60)
VERSION = "202607"
VERSION_LIVES = timedelta(days=300)
LIMITS = Limits(
    characters=2900,
    counter=Counter.UTF16,
    alt=4086,
    image_bytes=8_000_000,
    image_types=("image/jpeg", "image/png", "image/gif"),
)
IMAGE_WAIT = timedelta(seconds=10)
TOKEN_SPREADS = timedelta(seconds=10)
"""Until all of LinkedIn knows a new token; before, some of it calls the token revoked."""
TOKEN_IS_NEW = timedelta(minutes=5)
DUPLICATES_KNOWN = timedelta(hours=1)
"""LinkedIn knows an equal post for hours; this is the part of it that we rely on."""
VISIBILITIES = {
    **dict.fromkeys(("", "public", "unlisted"), "PUBLIC"),
    **dict.fromkeys(("private", "connections"), "CONNECTIONS"),
    "logged_in": "LOGGED_IN",
}

DESCRIPTION = Description(
    name="linkedin",
    title="LinkedIn",
    look=Look(fold=210, more="…more"),
    options=(
        Option("author", "urn:li:organization:… for a company page; yourself where empty"),
        Option("visibility", "who sees the posts", default="public", choices=("public", "connections")),
        Option("version", "LinkedIn-Version header, YYYYMM; each lives about a year", default=VERSION),
        Option("api", "address of the API", default=API),
        Option("oauth", "address of the login pages", default=OAUTH),
    ),
    secrets=(
        Secret("access_token", "developer portal → your app → OAuth tools, scopes openid profile w_member_social"),
        Secret("expires_at", "when that token dies (ISO 8601); `syndicate login` fills it in", required=False),
        Secret("client_id", "developer portal → your app → Auth", required=False),
        Secret("client_secret", "developer portal → your app → Auth", required=False),
        Secret("refresh_token", "only approved partners get one", required=False),
    ),
    facts=NetworkFacts(network="linkedin", limits=LIMITS, media="card"),
    note="The token dies after sixty days and has to be made again; `accounts` counts the days.",
)


class LinkedIn(PastedLogin):
    """One member (or one of their pages)."""

    limits = LIMITS
    login_fields = (
        LoginField("access_token", "Access token", secret=True, help="leave empty to log in with the browser"),
        LoginField("client_id", "Client id", help="developer portal → your app → Auth"),
        LoginField("client_secret", "Client secret", secret=True),
        LoginField("redirect_uri", "Redirect address as registered in the app"),
    )

    def __init__(self, account: Account, vault: Vault, http: Client) -> None:
        super().__init__(account, vault, http)
        self._author = ""

    def prepare(self, message: Message, *, key: str) -> Message:
        """Upload the picture, then give LinkedIn the seconds it needs to process it."""
        self._refuse_misfits(message)
        picture = message.image or message.card
        if picture is None or not picture.data or "image_ready" in message.prepared:
            return message
        if "image" not in message.prepared:
            return self._upload(message, picture)
        return self._ask_for_image(message)

    def _refuse_misfits(self, message: Message) -> None:
        refuse_misfits(message, self.limits, account=self._name)
        refuse_warning(message, account=self._name)
        if message.visibility.lower() not in VISIBILITIES:
            raise Rejected(f'LinkedIn has no visibility "{message.visibility}"', where=self._name)

    def _upload(self, message: Message, picture: Attachment) -> Message:
        request = {"initializeUploadRequest": {"owner": self._whose()}}
        response = self._api().ask("POST", "/rest/images", params={"action": "initializeUpload"}, json=request)
        url, image = (pick_text(response.json(), "value", name) for name in ("uploadUrl", "image"))
        if not url or not image:
            raise Unavailable("the upload cannot be begun: the answer cannot be read", where=self._name)
        self._put_bytes(url, picture)
        return with_prepared(message, image=image, image_at=response.received_at.isoformat())

    def _put_bytes(self, url: str, picture: Attachment) -> None:
        """The address is whole, and takes the token alone."""
        api = replace(self._api(), base="", headers={"Authorization": self._bearer()})
        api.ask("PUT", url, headers={"Content-Type": picture.media_type}, content=picture.data)

    def _ask_for_image(self, message: Message) -> Message:
        """A member's token may not read images (403): then waiting is all there is."""
        response = self._api().call("GET", f"/rest/images/{quote(message.prepared['image'], safe='')}")
        status = pick_text(response.json(), "status") if response.is_success else ""
        if status == "PROCESSING_FAILED":
            raise Rejected("LinkedIn could not process the image", where=self._name)
        ready_at = datetime.fromisoformat(message.prepared["image_at"]) + IMAGE_WAIT
        if status in {"WAITING_UPLOAD", "PROCESSING"}:
            ready_at = max(ready_at, response.received_at + IMAGE_WAIT)
        if response.status == 404:
            kept = {name: value for name, value in message.prepared.items() if not name.startswith("image")}
            return replace(message, prepared=kept)
        if status != "AVAILABLE" and ready_at > response.received_at:
            raise NotReady("the image is still being processed", retry_at=ready_at, where=self._name)
        return with_prepared(message, image_ready="yes")

    def send(self, message: Message, *, key: str) -> Receipt:
        self._refuse_misfits(message)
        visibility = VISIBILITIES[(message.visibility or self._options.get("visibility", "")).lower()]
        body = build_post(message, author=self._whose(), visibility=visibility)
        response = self._api().call("POST", "/rest/posts", publishes=True, json=body)
        if not response.is_success:
            raise self._send_error(response, message)
        receipt = parse_receipt(response)
        if receipt is None:
            raise Uncertain("LinkedIn accepted the post but did not name it", where=self._name)
        return receipt

    def _send_error(self, response: Response, message: Message) -> NetworkError:
        said = f"{response.status}: {words_of(response, self._secrets())}"
        if response.status in {409, 422} and "duplicate" in response.text.lower():
            urn = URN.search(response.text)
            remote_id = urn.group() if urn else ""
            return Duplicate(said, remote_id=remote_id, url=remote_id and permalink_of(remote_id), where=self._name)
        if response.status in {400, 422} and "image" in message.prepared and is_picture_busy(said):
            return NotReady(said, retry_at=response.received_at + IMAGE_WAIT, where=self._name)
        return self._api().failure(response, publishes=True)

    def resend_until(self, intent_at: datetime) -> datetime:
        """While LinkedIn surely remembers the first post it refuses a second one, and the refusal names the first."""
        return intent_at + DUPLICATES_KNOWN

    def edit(self, receipt: Receipt, message: Message, *, key: str) -> Receipt:
        """Only the text can change."""
        body = {"patch": {"$set": {"commentary": escape(normalize("NFC", message.text))}}}
        self._api().ask("POST", self._path_of(receipt), headers={"X-RestLi-Method": "PARTIAL_UPDATE"}, json=body)
        return receipt

    def delete(self, receipt: Receipt) -> None:
        headers = {"X-RestLi-Method": "DELETE"}
        self._api().ask_unless(is_missing, "DELETE", self._path_of(receipt), headers=headers)

    def _path_of(self, receipt: Receipt) -> str:
        """The post's path, also where a person gave its address. LinkedIn calls any other name deleted."""
        urn = URN.search(unquote(receipt.remote_id))
        if urn is None:
            hint = "the post was settled by hand with an address that does not say its share or ugcPost"
            raise Rejected("the earlier post cannot be named to LinkedIn", where=self._name, hint=hint)
        return f"/rest/posts/{quote(urn.group(), safe='')}"

    def verify(self) -> Profile:
        try:
            me = self._me()
        except NotReady as error:  # right after a login
            return Profile("", expires_at=self.expires_at(), warnings=(error.message,))
        name = pick_text(me, "name") or pick_text(me, "sub")
        return Profile(name, "", ("post", "edit", "delete"), self.expires_at(), self._advice())

    def _advice(self) -> tuple[str, ...]:
        version = self._options.get("version") or VERSION
        since = pick_instant(f"{version[:4]}-{version[4:6]}-01")
        if since is None or self._http.now() - since > VERSION_LIVES:
            return (f"LinkedIn-Version {version} is old: set a newer one in [accounts.{self._name}] version",)
        return ()

    def expires_at(self) -> datetime | None:
        return pick_instant(self._vault.get("expires_at"))

    def renews_alone(self) -> bool:
        return bool(self._vault.get("refresh_token"))

    def renew(self) -> datetime | None:
        """A fresh token where LinkedIn gave us the right to ask for one; else the day when this one ends."""
        if not self._vault.get("refresh_token"):
            return self.expires_at()
        given = {name: self._vault.get(name) for name in ("refresh_token", "client_id", "client_secret")}
        self._vault.put(self._ask_for_token({"grant_type": "refresh_token", **given}))
        return self.expires_at()

    def begin_login(self, answers: Mapping[str, str], *, redirect: str) -> LoginPage | None:
        """LinkedIn returns only to an address that the app registered."""
        if answers.get("access_token"):
            return None
        pages = f"{self._oauth()}/oauth/v2"
        app = Provider(f"{pages}/authorization", f"{pages}/accessToken", SCOPES, instead=", or an access token")
        return begin_login(app, answers, redirect)

    def finish_login(self, answers: Mapping[str, str], page: LoginPage | None, code: str) -> Mapping[str, str]:
        """A pasted token was made just now, so its sixty days begin today."""
        if page is None:
            token = take_pasted(answers, ("access_token",))
            return {**token, "expires_at": (self._http.now() + TOKEN_LIVES).isoformat()}
        client = {name: answers.get(name, "") for name in ("client_id", "client_secret")}
        form = {"grant_type": "authorization_code", "code": code.strip(), **client, **(page.memory or {})}
        return {**client, **self._ask_for_token(form)}

    def _ask_for_token(self, form: Mapping[str, str]) -> dict[str, str]:
        """The token and its end. Only a refusal is one: an outage or a limit says nothing about the login."""
        response = self._http.call("POST", f"{self._oauth()}/oauth/v2/accessToken", form=form, where=self._name)
        secrets = tuple(form.get(name, "") for name in ("code", "refresh_token", "client_secret"))
        if response.status in {408, 429} or response.status >= 500:
            raise error_of(response, account=self._name, publishes=False, secrets=secrets)
        grant = response.json()
        token, refresh_token = (pick_text(grant, name) for name in ("access_token", "refresh_token"))
        if not response.is_success or not token:
            raise Unauthorised(f"the login is refused: {words_of(response, secrets)}", where=self._name)
        seconds = pick(grant, "expires_in")
        ends_at = response.received_at + (timedelta(seconds=seconds) if isinstance(seconds, int) else TOKEN_LIVES)
        further = {"refresh_token": refresh_token} if refresh_token else {}
        return {"access_token": token, "expires_at": ends_at.isoformat(), **further}

    def _oauth(self) -> str:
        return (self._options.get("oauth") or OAUTH).rstrip("/")

    def _whose(self) -> str:
        """The author's URN: a page by option, else the member behind the token (asked once)."""
        if not self._author:
            self._author = self._options.get("author") or f"urn:li:person:{pick_text(self._me(), 'sub')}"
        return self._author

    def _me(self) -> object:
        me: object = replace(self._api(), headers={"Authorization": self._bearer()}).ask("GET", "/v2/userinfo").json()
        if not pick_text(me, "sub"):
            raise Unavailable("LinkedIn does not say who we are", where=self._name)
        return me

    def _secrets(self) -> tuple[str, ...]:
        return tuple(self._vault.get(name) for name in ("access_token", "client_secret", "refresh_token"))

    def _api(self) -> Api:
        base = (self._options.get("api") or API).rstrip("/")
        version = {"LinkedIn-Version": (self._options.get("version") or VERSION), "X-Restli-Protocol-Version": "2.0.0"}
        headers = {"Authorization": self._bearer(), **version}
        return Api(self._http, self._name, headers, self._secrets(), self._parse_failure, base)

    def _bearer(self) -> str:
        return f"Bearer {require_secret(self._vault, 'access_token', self._name)}"

    def _parse_failure(self, refusal: Refusal) -> NetworkError:
        error, response = refusal.by_status(), refusal.response
        if is_called_revoked(response) and self._is_token_new(response.received_at):
            retry_at = response.received_at + TOKEN_SPREADS
            return NotReady("LinkedIn does not know the new token everywhere yet", retry_at=retry_at, where=self._name)
        if response.status == 403:
            return refusal.to(Unauthorised, error.message, hint="check the app's products and the author")
        if response.status == 426:
            hint = f'set a newer version in [accounts.{self._name}], such as version = "{VERSION}"'
            return refusal.to(Blocked, error.message, hint=hint)
        if isinstance(error, RateLimited):
            return refusal.wait(retry_at_of(response) or next_midnight(response.received_at), error.message)
        return error

    def _is_token_new(self, now: datetime) -> bool:
        ends_at = self.expires_at()
        return ends_at is not None and ends_at - now > TOKEN_LIVES - TOKEN_IS_NEW


def open_network(account: Account, vault: Vault, http: Client) -> LinkedIn:
    """The member whose token the vault holds."""
    return LinkedIn(account, vault, http)


# --- What LinkedIn is sent as a post, in its "little text format", and what its answers say. Pure ---

_RESERVED = re.compile(r"[\\|{}@\[\]()<>#*_~]")
_BRACKETS = str.maketrans({"(": "%28", ")": "%29", "[": "%5B", "]": "%5D", "{": "%7B", "}": "%7D"})


def escape(text: str) -> str:
    """Any text as commentary."""
    kept = [(link.start, link.end, link.url.translate(_BRACKETS)) for link in find_http_addresses(text)]
    tags = (tag for tag in find_hashtags(text) if not any(start <= tag.start < end for start, end, _ in kept))
    kept += [(tag.start, tag.end, "#" + _escape_plain(tag.name)) for tag in tags]
    parts, at = [], 0
    for start, end, written in sorted(kept):
        parts += [_escape_plain(text[at:start]), written]
        at = end
    return "".join((*parts, _escape_plain(text[at:])))


def _escape_plain(text: str) -> str:
    return _RESERVED.sub(r"\\\g<0>", text)


MAX_TITLE = 200
MAX_DESCRIPTION = 300
URN = re.compile(r"urn:li:(?:share|ugcPost):\d+")
_REVOKED = {"REVOKED_ACCESS_TOKEN", "65601"}
_PICTURE = re.compile(r"image|media|asset|thumbnail", re.IGNORECASE)
_BUSY = re.compile(
    r"not (?:yet )?(?:ready|available|processed)|still |try again|waiting_upload|processing\b", re.IGNORECASE
)


def build_post(message: Message, *, author: str, visibility: str) -> dict[str, object]:
    """The body of POST /rest/posts."""
    content = build_content(message)
    return {
        "author": author,
        "commentary": escape(normalize("NFC", message.text)),
        "visibility": visibility,
        "distribution": {"feedDistribution": "MAIN_FEED", "targetEntities": [], "thirdPartyDistributionChannels": []},
        **({"content": content} if content else {}),
        "lifecycleState": "PUBLISHED",
        "isReshareDisabledByAuthor": False,
    }


def build_content(message: Message) -> dict[str, object] | None:
    """An image, else a card for the link (LinkedIn makes none by itself), else nothing."""
    uploaded = message.prepared.get("image", "")
    if message.image and uploaded:
        return {"media": {"id": uploaded, "altText": message.image.alt}}
    if not message.link:
        return None
    thumbnail = {"thumbnail": uploaded} if uploaded else {}
    alt = {"thumbnailAltText": message.card.alt} if uploaded and message.card and message.card.alt else {}
    title, summary = cut(message.title or message.link, MAX_TITLE), cut(message.summary, MAX_DESCRIPTION)
    return {"article": {"source": message.link, "title": title, "description": summary, **thumbnail, **alt}}


def parse_receipt(response: Response) -> Receipt | None:
    """The id stands in a header; the body of a 201 is empty."""
    found = URN.fullmatch(response.headers.get("x-restli-id", ""))
    return Receipt(found.group(), permalink_of(found.group())) if found else None


def permalink_of(urn: str) -> str:
    return f"https://www.linkedin.com/feed/update/{urn}/"


def is_picture_busy(said: str) -> bool:
    """Whether a refusal means that the picture is still processed. LinkedIn has no code for that, only words."""
    return bool(_PICTURE.search(said) and _BUSY.search(said))


def is_called_revoked(response: Response) -> bool:
    """Error 65601, by its name or by its number."""
    names = {pick_text(response.json(), name) for name in ("code", "serviceErrorCode")}
    return response.status == 401 and bool(names & _REVOKED)


def next_midnight(now: datetime) -> datetime:
    """Daily limits start anew at 00:00 UTC; a little later, so that clocks need not agree."""
    return now.replace(hour=0, minute=5, second=0, microsecond=0) + timedelta(days=1)
