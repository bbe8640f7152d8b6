"""Logins that networks share: OAuth 2.0 with PKCE, OAuth 1.0a signatures, tokens that are pasted.

X, Tumblr and Pinterest give a short-lived token, and a refresh token that is replaced by each use.

A refresh token works once, so the answer to a renewal is stored before anything else happens, and the vault's lock
lets one process at a time renew. RFC 6749.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import secrets
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TypeVar
from urllib.parse import quote, urlencode

import orjson

from syndicate.errors import Rejected, Unauthorised, Unavailable, UsageError
from syndicate.http import Client
from syndicate.model import Account
from syndicate.networks.base import LoginField, LoginPage, Vault
from syndicate.networks.toolkit import Api, ParsesFailure, Refusal, pick, pick_instant, pick_text, require_secret

# --- Proof Key for Code Exchange (RFC 7636) and the state of an authorisation request ---


def make_verifier() -> str:
    """A new secret for one login; 43 characters of the allowed alphabet."""
    return secrets.token_urlsafe(32)


def challenge_of(verifier: str) -> str:
    """The S256 challenge that is shown in the open."""
    digest = hashlib.sha256(verifier.encode("ascii")).digest()
    return base64.urlsafe_b64encode(digest).rstrip(b"=").decode("ascii")


def make_login_page(
    url: str,
    client_id: str,
    redirect: str,
    scope: str,
    *,
    verifier: str = "",
    memory: Mapping[str, str] | None = None,
    note: str = "",
) -> LoginPage:
    """The page where the person allows us to post. A verifier is shown by its challenge, and remembered."""
    state = secrets.token_urlsafe(16)
    query = {"client_id": client_id, "redirect_uri": redirect, "response_type": "code", "scope": scope, "state": state}
    proof = {"code_challenge": challenge_of(verifier), "code_challenge_method": "S256"} if verifier else {}
    kept = {"redirect_uri": redirect, **({"code_verifier": verifier} if verifier else {}), **(memory or {})}
    return LoginPage(f"{url}?{urlencode(query | proof)}", state, kept, note)


T = TypeVar("T")

EARLY = timedelta(minutes=2)
"""A token is renewed before its end, not at it."""
LOGIN_FIELDS = (
    LoginField("client_id", "Client id", help="of your own app on the network's developer pages"),
    LoginField("client_secret", "Client secret", secret=True, help="of the same app"),
    LoginField("redirect_uri", "Redirect address as registered in the app", help="any page; log in with --paste"),
)


@dataclass(frozen=True, slots=True)
class Provider:
    """Where a network authorises and gives tokens, and what is asked for."""

    authorise_url: str
    token_url: str
    scope: str
    extra: Mapping[str, str] = field(default_factory=dict)
    """Further fields of the token request."""
    instead: str = ""
    """What a person may give in place of an app, as the end of a sentence."""
    is_public: bool = False
    """Whether an app may have no secret: it proves itself by PKCE and names itself in every request."""
    token_lives: timedelta | None = None
    """How long a token lives whose answer does not say so; None for as long as it likes."""


@dataclass(frozen=True, slots=True)
class TurningToken:
    """The token of one account, renewed when it must be."""

    account: str
    provider: Provider
    vault: Vault = field(repr=False)
    http: Client = field(repr=False)

    def use(self, call: Callable[[str], T]) -> T:
        """A call with a living token, once more with a new one where the network refuses it."""
        session = self.session()
        is_due = session is None or (session.expires_at and session.expires_at - self.http.now() < EARLY)
        spent = session.access if session else ""
        return call_again(call, self._renewed(spent) if is_due else spent, self._renewed)

    def session(self) -> Session | None:
        """The kept session that began with the refresh token a person gave."""
        return read_session(self.vault, require_secret(self.vault, "refresh_token", self.account))

    def secrets(self) -> tuple[str, ...]:
        """Everything that must never be shown."""
        session = read_session(self.vault, self.vault.get("refresh_token"))
        own = (session.access, session.refresh) if session else ()
        return (self.vault.get("client_secret"), self.vault.get("refresh_token"), *own)

    def _renewed(self, spent: str) -> str:
        with self.vault.lock():
            session = self.session()
            return session.access if session and session.access != spent else self.turn_over().access

    def turn_over(self) -> Session:
        """New tokens, stored. To be called under the vault's lock."""
        given, session = require_secret(self.vault, "refresh_token", self.account), self.session()
        refresh = session.refresh if session else given
        answer = self._ask({"grant_type": "refresh_token", "refresh_token": refresh})
        renewed = self._read(answer, refresh)
        self.vault.put(session_secrets(renewed, given))
        return renewed

    def _ask(self, form: Mapping[str, str]) -> object:
        client_id = require_secret(self.vault, "client_id", self.account)
        is_public, find = self.provider.is_public, self.vault.get
        client_secret = (
            find("client_secret") if is_public else require_secret(self.vault, "client_secret", self.account)
        )
        return ask_for_token(self.http, self.provider, form, (client_id, client_secret), account=self.account)

    def _read(self, answer: object, refresh_before: str) -> Session:
        session = parse_token(answer, self.provider, self.http, refresh_before)
        if session is None:
            raise Unavailable("the new token cannot be read", where=self.account)
        return session


def ask_for_token(
    http: Client, provider: Provider, form: Mapping[str, str], client: tuple[str, str], *, account: str
) -> object:
    """The token endpoint's answer. Raises Unauthorised where the code or the refresh token is refused.

    An app with a secret proves itself in a Basic header (RFC 6749 section 2.3.1).
    """
    basic = base64.b64encode(":".join(client).encode()).decode()
    refresh, code = form.get("refresh_token", ""), form.get("code", "")
    given = (client[1], refresh, code, form.get("code_verifier", ""), basic)
    api = Api(http, account, {"Authorization": f"Basic {basic}"} if client[1] else {}, given)
    named = {"client_id": client[0]} if provider.is_public else {}
    try:
        answer: object = api.ask("POST", provider.token_url, form={**form, **provider.extra, **named}).json()
    except (Rejected, Unauthorised) as error:
        said = f"the {'refresh token' if refresh else 'code'} is refused: {error.message}"
        raise Unauthorised(said, where=account) from None
    return answer


def parse_token(answer: object, provider: Provider, http: Client, refresh_before: str) -> Session | None:
    """The session in a token answer; a network that keeps the refresh token leaves it out. None without a token."""
    access, seconds, now = pick_text(answer, "access_token"), pick(answer, "expires_in"), http.now()
    if not access:
        return None
    lives = timedelta(seconds=seconds) if isinstance(seconds, int) and 0 < seconds < 10**9 else provider.token_lives
    refresh = pick_text(answer, "refresh_token") or refresh_before
    return Session(access, refresh, now + lives if lives else None, now)


def begin_login(provider: Provider, answers: Mapping[str, str], redirect: str) -> LoginPage:
    """The page where the person allows us to post, at the network's own site."""
    target, has_secret = answers.get("redirect_uri") or redirect, provider.is_public or answers.get("client_secret")
    if not (answers.get("client_id") and has_secret and target):
        asked = (
            "client id and redirect address" if provider.is_public else "client id, client secret and redirect address"
        )
        raise UsageError(f"give the app's {asked}, as registered there{provider.instead}")
    verifier = make_verifier() if provider.is_public else ""
    return make_login_page(provider.authorise_url, answers["client_id"], target, provider.scope, verifier=verifier)


def finish_login(
    http: Client, provider: Provider, answers: Mapping[str, str], page: LoginPage | None, code: str, *, account: str
) -> dict[str, str]:
    """Trade the code for the secrets to store."""
    client = (answers["client_id"], answers.get("client_secret", ""))
    form = {"grant_type": "authorization_code", "code": code.strip(), **((page.memory if page else None) or {})}
    session = parse_token(ask_for_token(http, provider, form, client, account=account), provider, http, "")
    if session is None or not session.refresh:
        raise Unauthorised("the network gave no refresh token", where=account)
    kept = session_secrets(session, session.refresh)
    return {"client_id": client[0], "client_secret": client[1], "refresh_token": session.refresh, **kept}


# --- OAuth 1.0a request signatures with HMAC-SHA1 (RFC 5849). Pure: nonce and time are given ---


@dataclass(frozen=True, slots=True)
class Keys:
    """The four parts of an OAuth 1.0a login."""

    consumer_key: str = field(repr=False)
    consumer_secret: str = field(repr=False)
    token: str = field(repr=False)
    token_secret: str = field(repr=False)


def build_header(keys: Keys, method: str, url: str, params: Mapping[str, str], *, nonce: str, timestamp: int) -> str:
    """The Authorization header of one request.

    `url` has no query; `params` are the query's and, for a form, the body's: JSON and multipart bodies stay unsigned.
    """
    oauth = {
        "oauth_consumer_key": keys.consumer_key,
        "oauth_nonce": nonce,
        "oauth_signature_method": "HMAC-SHA1",
        "oauth_timestamp": str(timestamp),
        "oauth_token": keys.token,
        "oauth_version": "1.0",
    }
    signature = sign(keys, method, url, {**params, **oauth})
    signed = sorted({**oauth, "oauth_signature": signature}.items())
    return "OAuth " + ", ".join(f'{encode(name)}="{encode(value)}"' for name, value in signed)


def sign(keys: Keys, method: str, url: str, params: Mapping[str, str]) -> str:
    """The signature over a request and all its parameters (RFC 5849 section 3.4), base64."""
    pairs = sorted((encode(name), encode(value)) for name, value in params.items())
    joined = "&".join(f"{name}={value}" for name, value in pairs)
    base = "&".join((method.upper(), encode(url), encode(joined)))
    key = f"{encode(keys.consumer_secret)}&{encode(keys.token_secret)}"
    return base64.b64encode(hmac.digest(key.encode(), base.encode(), hashlib.sha1)).decode()


def encode(text: str) -> str:
    """Percent-encoding that leaves only the unreserved characters (RFC 5849 section 3.6)."""
    return quote(text, safe="-._~")


# --- logins without a browser: what the network's own pages show is pasted here ---


class PastedLogin:
    """A network whose secrets are the answers to its login; an empty answer keeps what is stored."""

    login_fields: tuple[LoginField, ...] = ()

    def __init__(self, account: Account, vault: Vault, http: Client) -> None:
        self._name = account.name
        self._options = account.options
        self._vault = vault
        self._http = http

    def begin_login(self, answers: Mapping[str, str], *, redirect: str) -> LoginPage | None:
        return None

    def finish_login(self, answers: Mapping[str, str], page: LoginPage | None, code: str) -> Mapping[str, str]:
        """The secrets to store. Raises UsageError where nothing was given."""
        return take_pasted(answers, [field.name for field in self.login_fields])


class AppLogin(PastedLogin):
    """A network that gives its tokens to an app of the person's own. Its class says who the provider is."""

    login_fields: tuple[LoginField, ...] = LOGIN_FIELDS
    parse_failure: ParsesFailure = staticmethod(Refusal.by_status)

    def __init__(self, account: Account, vault: Vault, http: Client, provider: Provider) -> None:
        super().__init__(account, vault, http)
        self._provider = provider
        self._token = TurningToken(account.name, provider, vault, http)

    def begin_login(self, answers: Mapping[str, str], *, redirect: str) -> LoginPage | None:
        return begin_login(self._provider, answers, redirect)

    def finish_login(self, answers: Mapping[str, str], page: LoginPage | None, code: str) -> Mapping[str, str]:
        return finish_login(self._http, self._provider, answers, page, code, account=self._name)

    def _use(self, call: Callable[[Api], T]) -> T:
        """A call with a living token."""

        def with_token(token: str) -> T:
            headers, secrets_ = {"Authorization": f"Bearer {token}"}, (token, *self._token.secrets())
            return call(Api(self._http, self._name, headers, secrets_, self.parse_failure))

        return self._token.use(with_token)

    def _get(self, url: str, query: Mapping[str, str] | None = None) -> object:
        return self._use(lambda api: api.read(url, query))


def take_pasted(answers: Mapping[str, str], names: Iterable[str]) -> dict[str, str]:
    """Those of the answers that were given, to store as secrets. Raises UsageError where none was."""
    given = {name: value for name in names if (value := answers.get(name, "").strip())}
    if not given:
        raise UsageError("nothing was given to log in with")
    return given


# --- tokens that turn over, kept apart from what a person gave ---


class Forbidden(Unauthorised):
    """The token is alive and lacks a right: a new one would not help."""


NAME = "session"


@dataclass(frozen=True, slots=True)
class Session:
    """The token to use now, and what renews it. Its repr shows neither."""

    access: str = field(repr=False)
    refresh: str = field(default="", repr=False)
    expires_at: datetime | None = None
    renewed_at: datetime | None = None


def read_session(vault: Vault, given: str) -> Session | None:
    """The kept session that began with the given secret, None where there is none."""
    try:
        kept = orjson.loads(vault.get(NAME) or "null")
    except orjson.JSONDecodeError:
        return None
    if not pick_text(kept, "access") or pick_text(kept, "origin") != _digest(given):
        return None
    return Session(
        pick_text(kept, "access"),
        pick_text(kept, "refresh"),
        pick_instant(kept, "expires_at"),
        pick_instant(kept, "renewed_at"),
    )


def session_secrets(session: Session, given: str) -> dict[str, str]:
    """The session as the vault keeps it."""
    kept = {
        "origin": _digest(given),
        "access": session.access,
        "refresh": session.refresh,
        "expires_at": session.expires_at,
        "renewed_at": session.renewed_at,
    }
    return {NAME: orjson.dumps(kept).decode()}


def _digest(given: str) -> str:
    return hashlib.sha256(given.encode()).hexdigest()


def call_again(call: Callable[[str], T], token: str, renew: Callable[[str], str]) -> T:
    """A call with a token, and where that is refused, which proves that nothing was done, once with a new one.

    `renew` is given the refused token, so that the token which another process has fetched meanwhile is used.
    """
    try:
        return call(token)
    except Forbidden:
        raise
    except Unauthorised:
        fresh = renew(token)
    return call(fresh)
