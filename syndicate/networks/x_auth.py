"""The two ways to sign a request to X: OAuth 1.0a keys that never expire, or an OAuth 2.0 token that turns over.

An OAuth 2.0 refresh token can be used once. So the answer to a renewal is stored before anything else happens,
and the vault's lock lets one process at a time renew. A refresh token given by a person (environment, login)
starts a new line of tokens; the kept session remembers which one it began with.
"""

from __future__ import annotations

import base64
import hashlib
import secrets
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from datetime import datetime, timedelta
from typing import Protocol
from urllib.parse import urlencode

import orjson

from syndicate.errors import Unauthorised, Unavailable
from syndicate.http import Client, Response
from syndicate.networks.answers import error_of, words_of
from syndicate.networks.base import LoginPage, Vault
from syndicate.networks.oauth1 import Keys, build_header
from syndicate.networks.pkce import challenge_of, make_state, make_verifier
from syndicate.networks.readback import parse_instant

AUTHORISE = "https://x.com/i/oauth2/authorize"
SCOPES = "tweet.read tweet.write users.read media.write offline.access"
SESSION = "session"
EARLY = timedelta(minutes=2)
LIFE = timedelta(hours=2)
KEY_NAMES = ("api_key", "api_secret", "access_token", "access_token_secret")


class Signer(Protocol):
    """Signs requests; `renew` says whether a refused request is worth another try with a fresh token."""

    def header(self, method: str, url: str, params: Mapping[str, str]) -> str: ...

    def renew(self, refused: str) -> bool: ...

    def secrets(self) -> tuple[str, ...]: ...


@dataclass(frozen=True, slots=True)
class KeySigner:
    """OAuth 1.0a: every request carries its own signature."""

    keys: Keys
    http: Client = field(repr=False)

    def header(self, method: str, url: str, params: Mapping[str, str]) -> str:
        timestamp = int(self.http.now().timestamp())
        return build_header(self.keys, method, url, params, nonce=secrets.token_hex(16), timestamp=timestamp)

    def renew(self, refused: str) -> bool:
        """Keys do not expire: a refusal is final."""
        return False

    def secrets(self) -> tuple[str, ...]:
        keys = self.keys
        return (keys.consumer_key, keys.consumer_secret, keys.token, keys.token_secret)


@dataclass(frozen=True, slots=True)
class Tokens:
    """A pair of tokens, and a digest of the refresh token that a person gave."""

    origin: str
    access: str = field(repr=False)
    refresh: str = field(repr=False)
    expires_at: str


@dataclass(frozen=True, slots=True)
class TokenSigner:
    """OAuth 2.0: a bearer token of two hours, renewed with a refresh token that can be used once."""

    account: str
    api: str
    vault: Vault = field(repr=False)
    http: Client = field(repr=False)

    def header(self, method: str, url: str, params: Mapping[str, str]) -> str:
        tokens = self._stored()
        ends_at = parse_instant(tokens.expires_at) if tokens else None
        if tokens is None or ends_at is None or ends_at - self.http.now() < EARLY:
            tokens = self._turn_over(tokens)
        return f"Bearer {tokens.access}"

    def renew(self, refused: str) -> bool:
        tokens = self._stored()
        is_spent = tokens is not None and refused == f"Bearer {tokens.access}"
        self._turn_over(tokens if is_spent else None)
        return True

    def secrets(self) -> tuple[str, ...]:
        tokens = self._stored()
        own = (tokens.access, tokens.refresh) if tokens else ()
        return (self.vault.get("client_secret"), self.vault.get("refresh_token"), *own)

    def _turn_over(self, spent: Tokens | None) -> Tokens:
        """Tokens newer than the spent ones; another process may have fetched them already."""
        with self.vault.lock():
            stored = self._stored()
            if stored and stored != spent:
                return stored
            response = self._refresh(stored.refresh if stored else self.vault.get("refresh_token"))
            tokens = parse_tokens(response, _digest(self.vault.get("refresh_token")))
            if tokens is None:
                raise Unavailable("the new token cannot be read", where=self.account)
            self.vault.put({SESSION: orjson.dumps(asdict(tokens)).decode()})
            return tokens

    def _refresh(self, refresh: str) -> Response:
        form = {"grant_type": "refresh_token", "refresh_token": refresh, "client_id": self.vault.get("client_id")}
        response = ask_for_tokens(self.http, self.api, form, self.vault.get("client_secret"), account=self.account)
        if response.status in {400, 401, 403}:
            said = words_of(response, (refresh, self.vault.get("client_secret")))
            hint = f"run: syndicate login {self.account}"
            raise Unauthorised(f"the refresh token is refused: {said}", where=self.account, hint=hint)
        if not response.is_success:
            raise error_of(response, account=self.account, publishes=False, secrets=(refresh,))
        return response

    def _stored(self) -> Tokens | None:
        """The kept session, unless a person has given another refresh token since."""
        try:
            tokens = Tokens(**orjson.loads(self.vault.get(SESSION) or "null"))
        except (ValueError, TypeError):
            return None
        return tokens if tokens.origin == _digest(self.vault.get("refresh_token")) else None


def open_signer(account: str, api: str, vault: Vault, http: Client) -> Signer:
    """Whichever way the account's secrets allow; raises Unauthorised where they allow none."""
    found = [vault.get(name) for name in KEY_NAMES]
    if all(found):
        return KeySigner(Keys(*found), http)
    if vault.get("client_id") and vault.get("refresh_token"):
        return TokenSigner(account, api, vault, http)
    missing = ", ".join(name for name, value in zip(KEY_NAMES, found, strict=True) if not value)
    raise Unauthorised(f"no credentials ({missing})", where=account, hint=f"run: syndicate login {account}")


def ask_for_tokens(http: Client, api: str, form: Mapping[str, str], secret: str, *, account: str) -> Response:
    """The token endpoint. A confidential client proves itself in a Basic header (RFC 6749 section 2.3.1)."""
    basic = base64.b64encode(f"{form['client_id']}:{secret}".encode()).decode()
    headers = {"Authorization": f"Basic {basic}"} if secret else {}
    return http.call("POST", f"{api}/2/oauth2/token", form=form, headers=headers, where=account)


def parse_tokens(response: Response, origin: str) -> Tokens | None:
    """Tokens and the moment they end, None where the answer holds none."""
    grant = response.json()
    if not isinstance(grant, dict) or not grant.get("access_token") or not grant.get("refresh_token"):
        return None
    ends_at = _end_of(grant, response.received_at)
    return Tokens(origin, str(grant["access_token"]), str(grant["refresh_token"]), ends_at.isoformat())


def _end_of(grant: Mapping[str, object], now: datetime) -> datetime:
    seconds = grant.get("expires_in")
    return now + (timedelta(seconds=seconds) if isinstance(seconds, int) else LIFE)


def begin_login(client_id: str, client_secret: str, redirect: str) -> LoginPage:
    """The page where the person allows us to post, with PKCE."""
    verifier, state = make_verifier(), make_state()
    query = {
        "response_type": "code",
        "client_id": client_id,
        "redirect_uri": redirect,
        "scope": SCOPES,
        "state": state,
        "code_challenge": challenge_of(verifier),
        "code_challenge_method": "S256",
    }
    memory = {
        "client_id": client_id,
        "client_secret": client_secret,
        "redirect_uri": redirect,
        "code_verifier": verifier,
    }
    return LoginPage(f"{AUTHORISE}?{urlencode(query)}", state, memory)


def finish_login(http: Client, api: str, page: LoginPage, code: str, *, account: str) -> Mapping[str, str]:
    """Trade the code (it lives thirty seconds) for the secrets to store."""
    memory = dict(page.memory or {})
    secret = memory.pop("client_secret", "")
    form = {"grant_type": "authorization_code", "code": code.strip(), **memory}
    response = ask_for_tokens(http, api, form, secret, account=account)
    grant = response.json()
    given = str(grant.get("refresh_token", "")) if isinstance(grant, dict) else ""
    tokens = parse_tokens(response, _digest(given))
    if not response.is_success or tokens is None:
        said = words_of(response, (code, secret, *memory.values()))
        raise Unauthorised(f"the code was refused: {said}", where=account, hint=f"run: syndicate login {account}")
    session = orjson.dumps(asdict(tokens)).decode()
    return {"client_id": memory["client_id"], "client_secret": secret, "refresh_token": given, SESSION: session}


def _digest(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
