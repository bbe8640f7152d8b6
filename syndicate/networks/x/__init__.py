"""X (API v2). Facts: docs.x.com. Every post costs money and there is no idempotency key.

An equal text is refused for some hours, which proves that a post exists but does not name it; our own posts are
listed to find it. X shortens links to t.co, so what is read back is unwrapped first.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from secrets import token_hex
from typing import Unpack
from urllib.parse import quote

from syndicate.errors import (
    Duplicate,
    NetworkError,
    NotReady,
    PaymentRequired,
    Rejected,
    Unauthorised,
    Unavailable,
    Uncertain,
)
from syndicate.http import Client, Response
from syndicate.model import Account, Attachment, Limits, Message, NetworkFacts, Reactions, Receipt
from syndicate.networks.base import Description, LoginField, LoginPage, Look, Option, Profile, Recent, Secret, Vault
from syndicate.networks.toolkit import (
    Api,
    Parts,
    Refusal,
    pick,
    pick_count,
    pick_list,
    pick_text,
    pick_wait,
    read_dollars,
    refuse_misfits,
    refuse_private,
    refuse_warning,
)
from syndicate.networks.toolkit.oauth import AppLogin, Forbidden, Keys, Provider, build_header, take_pasted
from syndicate.networks.toolkit.readback import (
    CLOCK_SKEW,
    Listing,
    Page,
    choose_copy,
    find_in,
    number_of,
    read_listing,
    read_page,
    with_numbered_reply,
)
from syndicate.networks.x.tweets import (
    FIELDS,
    LISTED,
    build_post,
    is_listing,
    parse_problem,
    parse_receipt,
    parse_recent,
    retry_at_of_x,
)
from syndicate.text.counting import Counter

API = "https://api.x.com"
AUTHORISE = "https://x.com/i/oauth2/authorize"
SCOPES = "tweet.read tweet.write users.read media.write offline.access"
LIFE = timedelta(hours=2)
KEY_NAMES = ("api_key", "api_secret", "access_token", "access_token_secret")
LIMITS = Limits(
    characters=280,
    counter=Counter.WEIGHTED,
    per_link=23,
    alt=1000,
    image_bytes=5_000_000,
    image_types=("image/jpeg", "image/png", "image/webp", "image/gif"),
)
MEDIA_LIVES = timedelta(hours=20)
"""Uploads expire after a day."""
AT_ONCE, ADOPTED = 5, 100
"""How many posts are read at once to find one (X gives no fewer), and to adopt an account: each costs PRICE_READ."""
PRICE, PRICE_WITH_LINK = 0.015, 0.20
"""US dollars for a post, and for one with a link, as X's price list had them in autumn 2026."""
PRICE_READ, PRICE_DELETE = 0.005, 0.010
"""US dollars for each post that is read, and for a post that is deleted."""
_FURTHER_PRICES = {"price_read": PRICE_READ, "price_delete": PRICE_DELETE}
REPLY_SETTINGS = ("following", "mentionedUsers", "subscribers", "verified")

FACTS = NetworkFacts(
    network="x", limits=LIMITS, media="none", can_thread=True, cost=PRICE, cost_with_link=PRICE_WITH_LINK
)


def facts_of(account: Account) -> NetworkFacts:
    """What the account's plan allows and costs: X tells neither, so the person does."""
    for name, usual in _FURTHER_PRICES.items():
        read_dollars(account, name, usual)
    return replace(
        FACTS,
        limits=limits_of(account),
        cost=read_dollars(account, "price", PRICE),
        cost_with_link=read_dollars(account, "price_with_link", PRICE_WITH_LINK),
    )


def limits_of(account: Account) -> Limits:
    """The usual limits, or longer posts where the account's plan has them."""
    longest = account.options.get("max_length", "")
    return replace(LIMITS, characters=int(longest)) if longest.isdecimal() else LIMITS


DESCRIPTION = Description(
    name="x",
    title="X",
    look=Look(link=25),
    options=(
        Option("max_length", "weighted characters of a post, where your account may write longer ones", default="280"),
        Option("reply_settings", "who may reply; everyone where empty", choices=REPLY_SETTINGS),
        Option("made_with_ai", "label the posts as made with AI", choices=("yes", "no")),
        Option("max_cost", "most US dollars to spend in 30 days; nothing is sent beyond it"),
        Option("price", "US dollars that X charges for a post", default=str(PRICE)),
        Option("price_with_link", "US dollars that X charges for a post with a link", default=str(PRICE_WITH_LINK)),
        Option("price_read", "US dollars that X charges for each post that is read", default=str(PRICE_READ)),
        Option("price_delete", "US dollars that X charges for deleting a post", default=str(PRICE_DELETE)),
        Option("api", "address of the API", default=API),
    ),
    secrets=(
        Secret("api_key", "developer console → your app → API key (OAuth 1.0a)", required=False),
        Secret("api_secret", "developer console → your app → API key secret", required=False),
        Secret("access_token", "developer console → your app → access token", required=False),
        Secret("access_token_secret", "developer console → your app → access token secret", required=False),
        Secret(
            "client_id", "developer console → your app → OAuth 2.0 client id, instead of the four keys", required=False
        ),
        Secret("client_secret", "OAuth 2.0 client secret, for a confidential app", required=False),
        Secret("refresh_token", "comes from `syndicate login`", required=False),
    ),
    facts=FACTS,
    facts_by=facts_of,
    note="X charges for every post, far more for one that carries a link, and for reading and deleting.",
)


class X(AppLogin):
    """One account on X, called with OAuth 1.0a keys that never expire or with an OAuth 2.0 token that turns over."""

    login_fields = (
        LoginField("client_id", "OAuth 2.0 client id", help="leave empty to paste four OAuth 1.0a keys instead"),
        LoginField("client_secret", "OAuth 2.0 client secret", secret=True, help="empty for a public app"),
        LoginField("redirect_uri", "Redirect address as registered in the app", help="only with a client id"),
        *(LoginField(name, name.replace("_", " "), secret=True) for name in KEY_NAMES),
    )

    def __init__(self, account: Account, vault: Vault, http: Client) -> None:
        self._base = (account.options.get("api") or API).rstrip("/")
        app = Provider(AUTHORISE, f"{self._base}/2/oauth2/token", SCOPES, is_public=True, token_lives=LIFE)
        super().__init__(account, vault, http, app)
        self.limits = limits_of(account)
        self._price_read, self._price_delete = (read_dollars(account, *price) for price in _FURTHER_PRICES.items())
        self._user, self._fields, self._spent = "", FIELDS[0], 0.0

    def prepare(self, message: Message, *, key: str) -> Message:
        """Upload the image, wait where X wants to process it, then say what it shows."""
        self._refuse_misfits(message)
        image = message.image
        if image is None:
            return message
        if "media" not in message.prepared or self._is_stale(message):
            return self._upload(message, image)
        if "media_busy" in message.prepared:
            return self._ask_for_media(message)
        if image.alt and "media_alt" not in message.prepared:
            return self._describe(message, image.alt)
        return message

    def _refuse_misfits(self, message: Message) -> None:
        refuse_misfits(message, self.limits, account=self._name)
        refuse_private(message, account=self._name)
        refuse_warning(message, account=self._name)

    def _is_stale(self, message: Message) -> bool:
        return self._http.now() - datetime.fromisoformat(message.prepared["media_at"]) > MEDIA_LIVES

    def _upload(self, message: Message, image: Attachment) -> Message:
        name = image.path.rpartition("/")[2]
        files = {"media": (name, image.data, image.media_type)}
        response = self._call("POST", "/2/media/upload", files=files, form={"media_category": "tweet_image"})
        media = pick(response.json(), "data")
        if not pick_text(media, "id"):
            raise Unavailable("the upload's answer cannot be read", where=self._name)
        busy = {"media_busy": "yes"} if pick(media, "processing_info") else {}
        uploaded = {"media": pick_text(media, "id"), "media_at": response.received_at.isoformat(), **busy}
        kept = {name: value for name, value in message.prepared.items() if not name.startswith("media")}
        return replace(message, prepared={**kept, **uploaded})

    def _ask_for_media(self, message: Message) -> Message:
        params = {"command": "STATUS", "media_id": message.prepared["media"]}
        response = self._call("GET", "/2/media/upload", params=params)
        progress = pick(response.json(), "data", "processing_info")
        if pick(progress, "state") == "failed":
            raise Rejected("X could not process the image", where=self._name)
        if progress and pick(progress, "state") != "succeeded":
            retry_at = pick_wait(response, "data", "processing_info", "check_after_secs")
            raise NotReady("the image is still being processed", retry_at=retry_at, where=self._name)
        kept = {name: value for name, value in message.prepared.items() if name != "media_busy"}
        return replace(message, prepared=kept)

    def _describe(self, message: Message, alt: str) -> Message:
        body = {"id": message.prepared["media"], "metadata": {"alt_text": {"text": alt}}}
        self._call("POST", "/2/media/metadata", json=body)
        return replace(message, prepared={**message.prepared, "media_alt": "yes"})

    def send(self, message: Message, *, key: str) -> Receipt:
        self._refuse_misfits(message)
        body = build_post(with_numbered_reply(message, account=self._name), self._options)
        receipt = parse_receipt(self._call("POST", "/2/tweets", publishes=True, json=body).json())
        if receipt is None:
            raise Uncertain("X accepted the post but its answer cannot be read", where=self._name)
        return receipt

    def find(self, message: Message, *, key: str, since: datetime) -> Receipt | None:
        message = with_numbered_reply(message, account=self._name)
        same_words = replace(message, link="")

        def is_found(posts: Sequence[Recent]) -> bool:
            return choose_copy(posts, same_words, since=since) is not None

        return find_in(self._read_own(since, is_found), message, since=since, account=self._name)

    def list_recent(self) -> tuple[Recent, ...]:
        return self._read_own(None, lambda _: False).posts

    def _read_own(self, since: datetime | None, is_enough: Callable[[Sequence[Recent]], bool]) -> Listing:
        """Our posts back to `since`, else one long page. Each costs money, so nothing is read after what is enough."""
        path = f"/2/users/{quote(self._user_id(), safe='')}/tweets"
        params = {"max_results": str(AT_ONCE if since else ADOPTED)}
        if since:
            params["start_time"] = (since - CLOCK_SKEW).astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")

        def fetch(cursor: str) -> Page:
            here = {**params, "pagination_token": cursor} if cursor else params
            answer = self._list(path, here)
            if not is_listing(answer):
                raise Unavailable("the list of posts cannot be read", where=self._name)
            listed = pick_list(answer, "data")
            self._spent += len(listed) * self._price_read
            following = pick_text(answer, "meta", "next_token")
            page = read_page(listed, parse=parse_recent, each=LISTED, following=following, account=self._name)
            posts = page.posts
            goes_on = since is not None and posts and posts[-1].published_at >= since and not is_enough(posts)
            return page if goes_on else replace(page, following="")

        return read_listing(fetch)

    def _list(self, path: str, params: Mapping[str, str]) -> object:
        """One page; where X does not know the fields by this name, once more by the other."""
        response = self._call("GET", path, passes=400, params={**params, **self._fields})
        if response.status == 400:
            self._fields = next(other for other in FIELDS if other != self._fields)
            response = self._call("GET", path, params={**params, **self._fields})
        answer: object = response.json()
        return answer

    @property
    def cost_of_list(self) -> float:
        return (1 + ADOPTED) * self._price_read

    @property
    def cost_of_check(self) -> float:
        return self._price_read

    @property
    def cost_of_delete(self) -> float:
        return self._price_delete

    def take_spent(self) -> float:
        spent, self._spent = self._spent, 0.0
        return spent

    def _user_id(self) -> str:
        if not self._user:
            self._user = pick_text(self._whoami(), "id")
        return self._user

    def _whoami(self) -> object:
        user = pick(self._call("GET", "/2/users/me").json(), "data")
        self._spent += self._price_read
        if not pick_text(user, "id"):
            raise Unavailable("X does not say who we are", where=self._name)
        return user

    def verify(self) -> Profile:
        name = pick_text(self._whoami(), "username")
        return Profile(f"@{name}", f"https://x.com/{name}", ("post", "read back", "delete"))

    def count(self, receipt: Receipt) -> Reactions | None:
        """One read, which costs money."""
        number = quote(number_of(receipt, account=self._name), safe="")
        response = self._call("GET", f"/2/tweets/{number}", params={"tweet.fields": "public_metrics"})
        metrics = pick(response.json(), "data", "public_metrics")
        self._spent += self._price_read
        names = ("like_count", "retweet_count", "reply_count", "quote_count")
        return Reactions(*(pick_count(metrics, name) for name in names)) if metrics else None

    def delete(self, receipt: Receipt) -> None:
        number = number_of(receipt, account=self._name)
        response = self._call("DELETE", f"/2/tweets/{quote(number, safe='')}", passes=404)
        self._spent += self._price_delete if response.is_success else 0.0

    def begin_login(self, answers: Mapping[str, str], *, redirect: str) -> LoginPage | None:
        """With a client id OAuth 2.0 in a browser, without one the four pasted keys are enough."""
        return super().begin_login(answers, redirect=redirect) if answers.get("client_id") else None

    def finish_login(self, answers: Mapping[str, str], page: LoginPage | None, code: str) -> Mapping[str, str]:
        """The code lives thirty seconds."""
        return super().finish_login(answers, page, code) if page else take_pasted(answers, KEY_NAMES)

    def _call(
        self, method: str, path: str, *, publishes: bool = False, passes: int = 0, **parts: Unpack[Parts]
    ) -> Response:
        """One call; where the token died in the meantime (surely nothing happened) once more with a fresh one.

        Returns successes, and answers of the status `passes`.
        """

        def call(api: Api) -> Response:
            response = api.call(method, self._base + path, publishes=publishes, **parts)
            if response.is_success or response.status == passes:
                return response
            raise api.failure(response, publishes=publishes)

        keys = self._find_keys()
        if keys is None:
            return self._use(call)
        now, query = int(self._http.now().timestamp()), parts.get("params") or {}
        signed = build_header(keys, method, self._base + path, query, nonce=token_hex(16), timestamp=now)
        secrets = tuple(map(self._vault.get, KEY_NAMES))
        return call(Api(self._http, self._name, {"Authorization": signed}, secrets, self.parse_failure))

    def _find_keys(self) -> Keys | None:
        """The four keys, None where there is a token instead. Raises Unauthorised where there is neither."""
        found = [self._vault.get(name) for name in KEY_NAMES]
        if all(found):
            return Keys(*found)
        if self._vault.get("client_id") and self._vault.get("refresh_token"):
            return None
        missing = ", ".join(name for name, value in zip(KEY_NAMES, found, strict=True) if not value)
        raise Unauthorised(f"no credentials ({missing})", where=self._name)

    def parse_failure(self, refusal: Refusal) -> NetworkError:
        status, said = refusal.status, f"{refusal.status}: {refusal.said}"
        problem = parse_problem(refusal.response)
        if status == 403 and "duplicate content" in said:
            return refusal.to(Duplicate, said)
        if status == 403 and problem in {"client-forbidden", "oauth1-permissions"}:
            hint = "give the app Read and Write permission, then make a new access token"
            return refusal.to(Forbidden, said, hint=hint)
        if problem == "usage-capped":
            return refusal.to(PaymentRequired, said, hint="raise the limit in the developer console")
        if status == 401 and self._vault.get("api_key"):
            ask = "are the four keys right, and is this machine's clock? X refuses signatures of another time"
            return refusal.to(Unauthorised, said, hint=f"{ask}; else run: syndicate login {self._name}")
        return refusal.wait(retry_at_of_x(refusal.response), said) if status == 429 else refusal.by_status()


def open_network(account: Account, vault: Vault, http: Client) -> X:
    """The account whose keys or tokens the vault holds."""
    return X(account, vault, http)
