"""Logging in to Threads: a pasted long-lived token, or the browser with an app of the person's own.

networks.md, section 5 (Auth). Short token (an hour) → long token (60 days) → renewed by `Threads.renew`.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from urllib.parse import urlencode

from syndicate.errors import Unauthorised, UsageError
from syndicate.http import Client
from syndicate.networks.base import LoginField, LoginPage
from syndicate.networks.calls import Api
from syndicate.networks.graph import parse_expiry, parse_failure
from syndicate.networks.pkce import make_state
from syndicate.networks.sessions import Session, session_secrets
from syndicate.networks.shapes import pick_text

AUTHORIZE = "https://threads.net/oauth/authorize"
SCOPES = "threads_basic,threads_content_publish,threads_delete"
TOKEN_LIFE = timedelta(days=60)


class ThreadsLogin:
    """The login flow; it needs no stored token."""

    login_fields = (
        LoginField(
            "token",
            "Token from the app's User Token Generator (leave empty to use the browser)",
            secret=True,
            help="developers.facebook.com, your app, Use cases, Access the Threads API, Settings",
        ),
        LoginField("app_id", "Threads app id", help="not the app's Facebook id; only for the browser"),
        LoginField("app_secret", "Threads app secret", secret=True, help="only for the browser"),
        LoginField("redirect_uri", "Redirect address (https) as registered in the app", help="only for the browser"),
    )

    def __init__(self, base: str, account: str, http: Client) -> None:
        self._base = base.rstrip("/")
        self._name = account
        self._http = http

    def begin_login(self, answers: Mapping[str, str], *, redirect: str) -> LoginPage | None:
        """The page to open, None where a token was pasted. Meta takes https redirects only."""
        if answers.get("token"):
            return None
        target = redirect if redirect.startswith("https://") else answers.get("redirect_uri", "")
        if not (answers.get("app_id") and answers.get("app_secret") and target.startswith("https://")):
            raise UsageError("give a token, or app id, app secret and an https redirect address")
        state = make_state()
        query = {
            "client_id": answers["app_id"],
            "redirect_uri": target,
            "scope": SCOPES,
            "response_type": "code",
            "state": state,
        }
        return LoginPage(f"{AUTHORIZE}?{urlencode(query)}", state, {"redirect_uri": target})

    def finish_login(self, answers: Mapping[str, str], page: LoginPage | None, code: str) -> Mapping[str, str]:
        """The long-lived token and its end. A pasted token is taken to be fresh."""
        if page is None:
            return self._secrets_of({"access_token": answers["token"].strip()})
        api = Api(self._http, self._name, secrets=(answers["app_secret"],), parse_failure=parse_failure)
        form = {
            "client_id": answers["app_id"],
            "client_secret": answers["app_secret"],
            "grant_type": "authorization_code",
            "redirect_uri": (page.memory or {}).get("redirect_uri", ""),
            "code": code.partition("#")[0],
        }
        short = pick_text(api.ask("POST", f"{self._base}/oauth/access_token", form=form).json(), "access_token")
        query = {
            "grant_type": "th_exchange_token",
            "client_secret": answers["app_secret"],
            "access_token": short,
        }
        return self._secrets_of(api.ask("GET", f"{self._base}/access_token", params=query).json())

    def _secrets_of(self, answer: object) -> dict[str, str]:
        session = self._read_token(answer)
        return {"access_token": session.access, **session_secrets(session, session.access)}

    def _read_token(self, answer: object) -> Session:
        """The token in an answer. Raises Unauthorised where there is none."""
        token, now = pick_text(answer, "access_token"), self._http.now()
        if not token:
            raise Unauthorised("Threads gave no token", where=self._name)
        return Session(token, expires_at=parse_expiry(answer, now) or now + TOKEN_LIFE, renewed_at=now)
