"""Publishing in two steps, as Threads and Instagram do: a container is made and waited for, then published.

The container is harmless and dies by itself after a day. Its state tells afterwards whether the publishing happened,
which settles unknown outcomes: what says PUBLISHED is never published again, whatever a listing shows.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import partial

from syndicate.errors import (
    ConfigError,
    NetworkError,
    NotReady,
    Rejected,
    Spoiled,
    Unauthorised,
    Unavailable,
    Uncertain,
    UsageError,
)
from syndicate.http import Client
from syndicate.model import Account, Limits, Message, Receipt
from syndicate.networks.base import LoginField, LoginPage, Recent, Vault
from syndicate.networks.meta import READY_WAIT, CardFailed, ParsesPost, list_posts, parse_expiry, parse_failure
from syndicate.networks.toolkit import (
    Api,
    pick,
    pick_text,
    refuse_misfits,
    refuse_private,
    refuse_unpublished_image,
    refuse_warning,
    require_secret,
    say,
    with_prepared,
)
from syndicate.networks.toolkit.oauth import PastedLogin, Session, make_login_page, read_session, session_secrets
from syndicate.networks.toolkit.readback import Is, Listing, find_in

LISTED = {"id": Is.NAME, "timestamp": Is.MOMENT, "text": Is.TEXT, "caption": Is.TEXT}
MOST_FAILURES = 2
CONTAINER_LIFE = timedelta(hours=24)
LISTING_LAG = timedelta(hours=1)
TOKEN_LIFE = timedelta(days=60)
RENEW_FROM = timedelta(hours=24)
"""Meta refreshes only tokens that are a day old."""
LOGIN_FIELDS = (
    LoginField(
        "token",
        "Token from the app's token generator (leave empty to use the browser)",
        secret=True,
        help="developers.facebook.com, your app, Use cases, Settings",
    ),
    LoginField("app_id", "App id of this use case", help="not the app's Facebook id; only for the browser"),
    LoginField("app_secret", "App secret of this use case", secret=True, help="only for the browser"),
    LoginField("redirect_uri", "Redirect address (https) as registered in the app", help="log in with --paste"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where one of Meta's networks lets people in and takes posts, and the fields in which it tells how they fare."""

    title: str
    api: str
    authorise_url: str
    code_url: str
    scopes: str
    prefix: str
    """Of the grant types ("th", "ig")."""
    root: str
    """Address that the paths follow."""
    make: str
    publish: str
    quota: str
    state: str
    """The field of a container's state, and the one of what went wrong."""
    said: str


# --- the login: a pasted long-lived token, or the browser with an app of the person's own ---
# Short token (an hour) → long token (60 days) → renewed again and again.


class GraphLogin(PastedLogin):
    """The login flow, and the token that renews itself. Logging in needs no stored token."""

    login_fields = LOGIN_FIELDS

    def __init__(self, account: Account, vault: Vault, http: Client, place: Place) -> None:
        super().__init__(account, vault, http)
        self._place = place

    def begin_login(self, answers: Mapping[str, str], *, redirect: str) -> LoginPage | None:
        """The page to open, None where a token was pasted. Meta takes https redirects only."""
        if answers.get("token"):
            return None
        target = redirect if redirect.startswith("https://") else answers.get("redirect_uri", "")
        if not (answers.get("app_id") and answers.get("app_secret") and target.startswith("https://")):
            raise UsageError("give a token, or app id, app secret and an https redirect address")
        return make_login_page(self._place.authorise_url, answers["app_id"], target, self._place.scopes)

    def finish_login(self, answers: Mapping[str, str], page: LoginPage | None, code: str) -> Mapping[str, str]:
        """The long-lived token and its end. A pasted token is taken to be fresh."""
        if page is None:
            return self._secrets_of({"access_token": answers["token"].strip()})
        given = (answers["app_secret"], code.strip(), code.strip().partition("#")[0])
        api = Api(self._http, self._name, secrets=given, parse_failure=parse_failure)
        form = {
            "client_id": answers["app_id"],
            "client_secret": answers["app_secret"],
            "grant_type": "authorization_code",
            "redirect_uri": (page.memory or {}).get("redirect_uri", ""),
            "code": code.strip().partition("#")[0],
        }
        short = pick_text(api.ask("POST", self._place.code_url, form=form).json(), "access_token")
        query = {
            "grant_type": f"{self._place.prefix}_exchange_token",
            "client_secret": answers["app_secret"],
            "access_token": short,
        }
        api = replace(api, secrets=(*given, short))
        return self._secrets_of(api.read(f"{self._place.api}/access_token", query))

    def expires_at(self) -> datetime | None:
        session = self._session()
        return session.expires_at if session else None

    def renews_alone(self) -> bool:
        return True

    def renew(self) -> datetime | None:
        """Another 60 days for a token that is at least a day old."""
        session = self._session()
        if session and session.renewed_at and self._http.now() - session.renewed_at < RENEW_FROM:
            return session.expires_at
        query = {"grant_type": f"{self._place.prefix}_refresh_token"}
        renewed = self._read_token(self._api().read(f"{self._place.api}/refresh_access_token", query))
        self._vault.put(session_secrets(renewed, self._vault.get("access_token")))
        return renewed.expires_at

    def _api(self) -> Api:
        given, session = require_secret(self._vault, "access_token", self._name), self._session()
        token = session.access if session else given
        return Api(self._http, self._name, {"Authorization": f"Bearer {token}"}, (token, given), parse_failure)

    def _session(self) -> Session | None:
        return read_session(self._vault, self._vault.get("access_token"))

    def _secrets_of(self, answer: object) -> dict[str, str]:
        session = self._read_token(answer)
        return {"access_token": session.access, **session_secrets(session, session.access)}

    def _read_token(self, answer: object) -> Session:
        """The token in an answer. Raises Unauthorised where there is none."""
        token, now = pick_text(answer, "access_token"), self._http.now()
        if not token:
            raise Unauthorised(f"{self._place.title} gave no token", where=self._name)
        return Session(token, expires_at=parse_expiry(answer, now) or now + TOKEN_LIFE, renewed_at=now)


# --- containers ---


class ContainerNetwork(GraphLogin):
    """One account on a network with containers. A network says how a container is built and posts are listed."""

    limits: Limits

    def _build(self, message: Message) -> Mapping[str, str]:
        """The form of a new container."""
        raise NotImplementedError

    def _list(self, message: Message | None, since: datetime | None) -> Listing:
        """Own posts among which a message would stand, or all."""
        raise NotImplementedError

    def prepare(self, message: Message, *, key: str) -> Message:
        """Make the container, then wait until Meta has it ready."""
        container = message.prepared.get("container", "")
        if not container:
            return self._make_container(message)
        if "published" in message.prepared:
            return message
        answer = self._ask_container(container)
        state = pick_text(answer, self._place.state)
        if state == "IN_PROGRESS":
            retry_at = self._http.now() + READY_WAIT
            raise NotReady(f"{self._place.title} still works on it", retry_at=retry_at, where=self._name)
        if state == "PUBLISHED":  # an earlier call that nobody saw succeed did, after all
            return with_prepared(message, published="yes")
        if state in {"ERROR", "EXPIRED"}:
            return self._start_again(message, pick_text(answer, self._place.said) or state.lower())
        return message

    def _make_container(self, message: Message) -> Message:
        refuse_misfits(message, self.limits, account=self._name)
        refuse_warning(message, account=self._name)
        refuse_private(message, account=self._name)
        refuse_unpublished_image(message, account=self._name)
        answer = self._api().ask("POST", self._url(self._place.make), form=self._build(message)).json()
        container = pick_text(answer, "id")
        if not container:
            raise Unavailable(f"{self._place.title} gave no container", where=self._name)
        return with_prepared(message, container=container)

    def _start_again(self, message: Message, said: str) -> Message:
        if failures_of(message) >= MOST_FAILURES:
            hint = "is the page, and the image, public and reachable for Meta?"
            raise Rejected(f"{self._place.title} could not prepare it: {say(said)}", where=self._name, hint=hint)
        return build_without_container(message)

    def send(self, message: Message, *, key: str) -> Receipt:
        """Publish the container."""
        container = message.prepared.get("container", "")
        if not container:
            raise Unavailable("the post is not prepared", where=self._name)
        if "published" in message.prepared:  # there is nothing left to publish, only to find
            since = message.created_at or self._http.now() - CONTAINER_LIFE
            return self.find(message, key=key, since=since) or Receipt(container, "")
        post = self._publish(container, message)
        if not post:
            raise Uncertain(f"{self._place.title} accepted the post without an id", where=self._name)
        return Receipt(post, self._permalink(post))

    def _publish(self, container: str, message: Message) -> str:
        """The irreversible call. A preview that fails spoils the container: the next one goes without."""
        url, form = self._url(self._place.publish), {"creation_id": container}
        try:
            return pick_text(self._api().publish("POST", url, form=form).json(), "id")
        except CardFailed as error:
            prepared = build_without_container(message).prepared
            raise Spoiled(error.message, prepared=prepared, where=self._name, hint=error.hint) from None

    def find(self, message: Message, *, key: str, since: datetime) -> Receipt | None:
        """Ask the container first; where it says PUBLISHED, the post is there even before it is listed."""
        container = message.prepared.get("container", "")
        is_published = bool(container) and self._state(container) == "PUBLISHED"
        try:
            found = find_in(self._list(message, since), message, since=since, account=self._name)
        except NetworkError:
            if not is_published:
                raise
            found = None
        return found or (self._unlisted(message, container) if is_published else None)

    def _unlisted(self, message: Message, container: str) -> Receipt:
        """Surely published, and not in the listing: wait for the listing for an hour, then do without the address."""
        if message.created_at and self._http.now() < message.created_at + LISTING_LAG:
            raise Unavailable("it is published, but not listed yet", where=self._name)
        return Receipt(container, "")

    def list_recent(self) -> tuple[Recent, ...]:
        """The account's own posts, newest first, up to 250."""
        return self._list(None, None).posts

    def _read(self, path: str, fields: str, parse: ParsesPost, since: datetime | None) -> Listing:
        read = partial(self._get, path)
        return list_posts(read, fields, since, parse=parse, each=LISTED, account=self._name)

    def _permalink(self, post: str) -> str:
        """The post's address; one that cannot be had now must not undo the publication."""
        try:
            return pick_text(self._get(post, {"fields": "id,permalink"}), "permalink")
        except (NetworkError, ConfigError):  # the latter where the id is one that no request can hold
            return ""

    def _state(self, container: str) -> str:
        """The container's state, "" where it is gone (a day old)."""
        try:
            return pick_text(self._ask_container(container), self._place.state)
        except Rejected:
            return ""

    def _ask_container(self, container: str) -> object:
        return self._get(container, {"fields": f"{self._place.state},{self._place.said}"})

    def _quota_warnings(self) -> tuple[str, ...]:
        """What to say where the day's posts are used up."""
        quota = pick(self._get(self._place.quota, {"fields": "quota_usage,config"}), "data", 0)
        used, total = pick(quota, "quota_usage"), pick(quota, "config", "quota_total")
        is_full = isinstance(used, int) and isinstance(total, int) and used >= total
        return (f"{used} of {total} posts a day are used",) if is_full else ()

    def _get(self, path: str, query: Mapping[str, str]) -> object:
        return self._api().read(self._url(path), query)

    def _url(self, path: str) -> str:
        return f"{self._place.root}/{path}"


def build_without_container(message: Message) -> Message:
    """The message as it is once a container failed: nothing prepared, one more failure counted."""
    return replace(message, prepared={"failures": str(failures_of(message) + 1)})


def failures_of(message: Message) -> int:
    """How many containers of this message have failed."""
    return int(message.prepared.get("failures", "0"))
