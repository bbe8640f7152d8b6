"""Logging in to Threads and Instagram: a pasted long-lived token, or the browser with an app of the person's own.

Short token (an hour) → long token (60 days) → renewed again and again.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from syndicate.errors import Unauthorised, UsageError
from syndicate.http import Client
from syndicate.networks.base import LoginField, LoginPage, Vault
from syndicate.networks.meta.graph import parse_expiry, parse_failure
from syndicate.networks.toolkit.answers import pick_text
from syndicate.networks.toolkit.calls import Api, require_secret
from syndicate.networks.toolkit.oauth import Session, make_login_page, read_session, session_secrets

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


@dataclass(frozen=True, slots=True)
class Place:
    """Where one of Meta's networks authorises and gives tokens. `prefix` is that of its grant types ("th", "ig")."""

    title: str
    api: str
    authorise_url: str
    code_url: str
    scopes: str
    prefix: str


class GraphLogin:
    """The login flow, and the token that renews itself. Logging in needs no stored token."""

    login_fields = LOGIN_FIELDS

    def __init__(self, place: Place, account: str, vault: Vault, http: Client) -> None:
        self._place = place
        self._name = account
        self._vault = vault
        self._http = http

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
        return self._secrets_of(api.ask("GET", f"{self._place.api}/access_token", params=query).json())

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
        renewed = self._read_token(
            self._api().ask("GET", f"{self._place.api}/refresh_access_token", params=query).json()
        )
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
