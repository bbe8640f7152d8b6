"""The session of a Bluesky account: made once from the app password, kept in the vault, renewed under its lock.

Logging in is rationed (docs.bsky.app/docs/advanced-guides/rate-limits), so all processes share one session.
An access token lives two hours, a refresh token ninety days; after a renewal the old refresh token still works
for two hours, so a crash before the new pair is stored costs nothing.
"""

from __future__ import annotations

import base64
from collections.abc import Callable
from dataclasses import asdict, dataclass, field, replace
from datetime import UTC, datetime, timedelta
from urllib.parse import urlsplit

import orjson

from syndicate.errors import Unauthorised, Unavailable
from syndicate.http import Client, Response
from syndicate.networks.base import Vault
from syndicate.networks.toolkit import Api, pick_text, words_of

ENTRYWAY = "https://bsky.social"
SESSION = "session"
"""The name of the stored session in the vault."""
EARLY = timedelta(minutes=2)
_EXPIRED = {"ExpiredToken", "InvalidToken", "AuthMissing", "AuthenticationRequired"}


@dataclass(frozen=True, slots=True)
class Session:
    """Who we are, where our repository lives, and the two tokens."""

    identifier: str
    service: str
    did: str
    pds: str
    access: str = field(repr=False)
    refresh: str = field(repr=False)

    def is_ending(self, now: datetime) -> bool:
        """Whether the access token dies too soon to be used."""
        ends_at = parse_expiry(self.access)
        return ends_at is not None and ends_at - now < EARLY


def parse_expiry(token: str) -> datetime | None:
    """The `exp` of a JWT, read without checking the signature; None where there is none."""
    try:
        middle = token.split(".")[1]
        claims = orjson.loads(base64.urlsafe_b64decode(middle + "=" * (-len(middle) % 4)))
        return datetime.fromtimestamp(claims["exp"], UTC)
    except (ValueError, IndexError, KeyError, TypeError, OverflowError, OSError):
        return None


def parse_session(answer: object, identifier: str, service: str) -> Session | None:
    """A session from createSession's or refreshSession's answer, None where a part is missing."""
    if not isinstance(answer, dict):
        return None
    parts = [answer.get(name) for name in ("did", "accessJwt", "refreshJwt")]
    if not all(isinstance(part, str) and part for part in parts):
        return None
    did, access, refresh = map(str, parts)
    return Session(identifier, service, did, _pds_of(answer.get("didDoc"), service), access, refresh)


def _pds_of(document: object, service: str) -> str:
    """The account's own server. Only Bluesky's entryway is believed; a server that a person chose stays chosen."""
    host = urlsplit(service).hostname or ""
    services = document.get("service") if isinstance(document, dict) else None
    if host != "bsky.social" or not isinstance(services, list):
        return service
    ends = (
        item.get("serviceEndpoint") for item in services if isinstance(item, dict) and item.get("id") == "#atproto_pds"
    )
    end = next(ends, None)
    return end.rstrip("/") if isinstance(end, str) and end.startswith("https://") else service


_APPEAL = "its server's moderators closed it: open Bluesky in a browser, which says why and takes an appeal"
_CLOSED = {
    "takedown": _APPEAL,
    "takendown": _APPEAL,
    "suspended": _APPEAL,
    "deactivated": "log in to Bluesky in a browser, which activates it again",
    "notfound": "no such account is on this server: correct `handle` or `service`, or it was deleted",
}
"""How names of errors about an account (also called a repository) end, and what helps."""


def advise_closed(name: str) -> str:
    """What to do about an account that no password opens, by the name of the error; "" for any other error."""
    word = name.lower()
    ends = (hint for end, hint in _CLOSED.items() if word.endswith(end))
    return next(ends, "") if word.startswith(("account", "repo")) else ""


def is_expired(response: Response) -> bool:
    """Whether an answer says that the access token is no longer good. The reference server says so with 400."""
    return response.status in {400, 401} and pick_text(response.json(), "error") in _EXPIRED


@dataclass(frozen=True, slots=True)
class Sessions:
    """Where a network gets its session from."""

    account: str
    identifier: str
    service: str
    vault: Vault = field(repr=False)
    http: Client = field(repr=False)

    def get(self) -> Session:
        """A session that is good for the next call; raises Unauthorised where the password is refused."""
        session = self._stored()
        if session and not session.is_ending(self.http.now()):
            return session
        return self.renew(session)

    def renew(self, spent: Session | None) -> Session:
        """A session newer than `spent`. Whoever holds the lock renews; the others find the result."""
        return self._turn_over(spent, self._refresh)

    def log_in(self, spent: Session) -> Session:
        """A session newer than `spent`, from the password: its successor was refused, too."""
        return self._turn_over(spent, lambda _: None)

    def _turn_over(self, spent: Session | None, refresh: Callable[[Session], Session | None]) -> Session:
        self._password()
        with self.vault.lock():
            stored = self._stored()
            if stored and (spent is None or stored.access != spent.access):
                return stored
            session = (refresh(stored) if stored else None) or self._create()
            self.vault.put({SESSION: orjson.dumps(asdict(session)).decode()})
            return session

    def secrets(self) -> tuple[str, ...]:
        """What must not be shown."""
        stored = self._stored()
        tokens = (stored.access, stored.refresh) if stored else ()
        return (self.vault.get("app_password"), *tokens)

    def _password(self) -> str:
        password = self.vault.get("app_password")
        if not password:
            hint = f"make one under Settings → App passwords, then run: syndicate login {self.account}"
            raise Unauthorised("no app password", where=self.account, hint=hint)
        return password

    def _stored(self) -> Session | None:
        """The kept session, unless it belongs to another login or cannot be read."""
        try:
            session = Session(**orjson.loads(self.vault.get(SESSION) or "null"))
        except (ValueError, TypeError):
            return None
        return session if (session.identifier, session.service) == (self.identifier, self.service) else None

    def _refresh(self, session: Session) -> Session | None:
        """The next pair of tokens, None where the refresh token is spent and the password must be used again."""
        headers = {"Authorization": f"Bearer {session.refresh}"}
        response = self._api().call("POST", "refreshSession", headers=headers)
        if response.status in {400, 401, 403}:
            return None
        return self._read(response, session)

    def _create(self) -> Session:
        password = self._password()
        response = self._api().call("POST", "createSession", json={"identifier": self.identifier, "password": password})
        if response.status in {400, 401, 403}:
            said = words_of(response, (password,))
            closed = advise_closed(pick_text(response.json(), "error"))
            hint = "use an app password (Settings → App passwords), not your own, and the `handle` that you have now"
            hint += f"; run: syndicate login {self.account}"
            raise Unauthorised(f"the login is refused: {said}", where=self.account, hint=closed or hint)
        return self._read(response, None)

    def _api(self) -> Api:
        return Api(self.http, self.account, secrets=self.secrets(), base=f"{self.service}/xrpc/com.atproto.server.")

    def _read(self, response: Response, before: Session | None) -> Session:
        if not response.is_success:
            raise self._api().failure(response)
        session = parse_session(response.json(), self.identifier, self.service)
        if session is None:
            raise Unavailable("the session cannot be read", where=self.account)
        return replace(session, pds=before.pds) if before and session.pds == session.service else session
