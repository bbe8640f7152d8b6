"""The two ways to sign a request to X: OAuth 1.0a keys that never expire, or an OAuth 2.0 token that turns over.

An OAuth 2.0 refresh token can be used once. So the answer to a renewal is stored before anything else happens,
and the vault's lock lets one process at a time renew. A refresh token given by a person (environment, login)
starts a new line of tokens; the kept session remembers which one it began with.
"""

from __future__ import annotations

import base64
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Protocol
from urllib.parse import urlencode

from syndicate.errors import Unauthorised, Unavailable, UsageError
from syndicate.http import Client, Response
from syndicate.networks.base import LoginPage, Vault
from syndicate.networks.toolkit.answers import error_of, pick, pick_text, words_of
from syndicate.networks.toolkit.oauth import (
    Keys,
    Session,
    build_header,
    challenge_of,
    make_state,
    make_verifier,
    read_session,
    session_secrets,
)

AUTHORISE = "https://x.com/i/oauth2/authorize"
SCOPES = "tweet.read tweet.write users.read media.write offline.access"
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
class TokenSigner:
    """OAuth 2.0: a bearer token of two hours, renewed with a refresh token that can be used once."""

    account: str
    api: str
    vault: Vault = field(repr=False)
    http: Client = field(repr=False)

    def header(self, method: str, url: str, params: Mapping[str, str]) -> str:
        session = self._stored()
        ends_at = session.expires_at if session else None
        if session is None or ends_at is None or ends_at - self.http.now() < EARLY:
            session = self._turn_over(session.access if session else "")
        return f"Bearer {session.access}"

    def renew(self, refused: str) -> bool:
        self._turn_over(refused.removeprefix("Bearer "))
        return True

    def secrets(self) -> tuple[str, ...]:
        session = self._stored()
        own = (session.access, session.refresh) if session else ()
        return (self.vault.get("client_secret"), self.vault.get("refresh_token"), *own)

    def _turn_over(self, spent: str) -> Session:
        """A session newer than the spent token; another process may have fetched it already."""
        with self.vault.lock():
            stored, given = self._stored(), self.vault.get("refresh_token")
            if stored and stored.access != spent:
                return stored
            session = parse_session(self._refresh(stored.refresh if stored else given))
            if session is None:
                raise Unavailable("the new token cannot be read", where=self.account)
            self.vault.put(session_secrets(session, given))
            return session

    def _refresh(self, refresh: str) -> Response:
        form = {"grant_type": "refresh_token", "refresh_token": refresh, "client_id": self.vault.get("client_id")}
        response = ask_for_tokens(self.http, self.api, form, self.vault.get("client_secret"), account=self.account)
        if response.status in {400, 401, 403}:
            said = words_of(response, (refresh, self.vault.get("client_secret")))
            hint = f"run: syndicate login {self.account}"
            raise Unauthorised(f"the refresh token is refused: {said}", where=self.account, hint=hint)
        if not response.is_success:
            raise error_of(
                response, account=self.account, publishes=False, secrets=(refresh, self.vault.get("client_secret"))
            )
        return response

    def _stored(self) -> Session | None:
        """The kept session, unless a person has given another refresh token since."""
        return read_session(self.vault, self.vault.get("refresh_token"))


def open_signer(account: str, api: str, vault: Vault, http: Client) -> Signer:
    """Whichever way the account's secrets allow; raises Unauthorised where they allow none."""
    found = [vault.get(name) for name in KEY_NAMES]
    if all(found):
        return KeySigner(Keys(*found), http)
    if vault.get("client_id") and vault.get("refresh_token"):
        return TokenSigner(account, api, vault, http)
    missing = ", ".join(name for name, value in zip(KEY_NAMES, found, strict=True) if not value)
    raise Unauthorised(f"no credentials ({missing})", where=account)


def ask_for_tokens(http: Client, api: str, form: Mapping[str, str], secret: str, *, account: str) -> Response:
    """The token endpoint. A confidential client proves itself in a Basic header (RFC 6749 section 2.3.1)."""
    basic = base64.b64encode(f"{form['client_id']}:{secret}".encode()).decode()
    headers = {"Authorization": f"Basic {basic}"} if secret else {}
    return http.call("POST", f"{api}/2/oauth2/token", form=form, headers=headers, where=account)


def parse_session(response: Response) -> Session | None:
    """Both tokens and the moment they end, None where the answer lacks one."""
    grant, now = response.json(), response.received_at
    access, refresh, seconds = (
        pick_text(grant, "access_token"),
        pick_text(grant, "refresh_token"),
        pick(grant, "expires_in"),
    )
    life = timedelta(seconds=seconds) if isinstance(seconds, int) and 0 < seconds < 10**9 else LIFE
    return Session(access, refresh, now + life, now) if access and refresh else None


def begin_login(answers: Mapping[str, str], redirect: str) -> LoginPage:
    """The page where the person allows us to post, with PKCE. X returns only to an address that the app registered."""
    target = answers.get("redirect_uri") or redirect
    if not target:
        raise UsageError("give the redirect address as registered in the app")
    verifier, state = make_verifier(), make_state()
    query = {
        "response_type": "code",
        "client_id": answers["client_id"],
        "redirect_uri": target,
        "scope": SCOPES,
        "state": state,
        "code_challenge": challenge_of(verifier),
        "code_challenge_method": "S256",
    }
    return LoginPage(f"{AUTHORISE}?{urlencode(query)}", state, {"redirect_uri": target, "code_verifier": verifier})


def finish_login(
    http: Client, api: str, answers: Mapping[str, str], page: LoginPage, code: str, *, account: str
) -> Mapping[str, str]:
    """Trade the code (it lives thirty seconds) for the secrets to store."""
    client_id, secret = answers["client_id"], answers.get("client_secret", "")
    form = {"grant_type": "authorization_code", "code": code.strip(), "client_id": client_id, **(page.memory or {})}
    response = ask_for_tokens(http, api, form, secret, account=account)
    session = parse_session(response)
    if not response.is_success or session is None:
        said = words_of(response, (code, secret, *form.values()))
        raise Unauthorised(f"the code was refused: {said}", where=account)
    given = {"client_id": client_id, "client_secret": secret, "refresh_token": session.refresh}
    return {**given, **session_secrets(session, session.refresh)}
