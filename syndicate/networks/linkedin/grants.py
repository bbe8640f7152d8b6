"""The login of a LinkedIn account (OAuth 2.0 authorisation code). Facts: learn.microsoft.com/linkedin/shared."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from urllib.parse import urlencode

from syndicate.errors import Unauthorised, UsageError
from syndicate.http import Client, Response
from syndicate.networks.base import LoginPage, Vault
from syndicate.networks.toolkit.answers import error_of, words_of
from syndicate.networks.toolkit.oauth import make_state

OAUTH = "https://www.linkedin.com"
SCOPES = "openid profile w_member_social"
TOKEN_LIVES = timedelta(days=60)


def begin_login(oauth: str, answers: Mapping[str, str], redirect: str) -> LoginPage:
    """The page where the member allows us to post. LinkedIn returns only to an address that the app registered."""
    target = answers.get("redirect_uri") or redirect
    if not (answers.get("client_id") and answers.get("client_secret") and target):
        raise UsageError("give the app's client id, client secret and redirect address, or an access token")
    state = make_state()
    query = {
        "response_type": "code",
        "client_id": answers["client_id"],
        "redirect_uri": target,
        "state": state,
        "scope": SCOPES,
    }
    return LoginPage(f"{oauth}/oauth/v2/authorization?{urlencode(query)}", state, {"redirect_uri": target})


def finish_login(
    http: Client, oauth: str, answers: Mapping[str, str], page: LoginPage, code: str, *, account: str
) -> Mapping[str, str]:
    """Trade the code for a token of sixty days."""
    client = {name: answers.get(name, "") for name in ("client_id", "client_secret")}
    form = {"grant_type": "authorization_code", "code": code.strip(), **client, **(page.memory or {})}
    response = http.call("POST", f"{oauth}/oauth/v2/accessToken", form=form, where=account)
    return {**client, **_parse_grant(response, (code, client["client_secret"]), account)}


def refresh(http: Client, oauth: str, vault: Vault, *, account: str) -> Mapping[str, str]:
    """A fresh token, for the few apps that have a refresh token."""
    form = {
        "grant_type": "refresh_token",
        **{name: vault.get(name) for name in ("refresh_token", "client_id", "client_secret")},
    }
    response = http.call("POST", f"{oauth}/oauth/v2/accessToken", form=form, where=account)
    return _parse_grant(response, (form["refresh_token"], form["client_secret"]), account)


def _parse_grant(response: Response, secrets: tuple[str, ...], account: str) -> dict[str, str]:
    """The token and its end. Only a refusal is one: an outage or a limit says nothing about the login."""
    grant = response.json()
    if response.status in {408, 429} or response.status >= 500:
        raise error_of(response, account=account, publishes=False, secrets=secrets)
    if not response.is_success or not isinstance(grant, dict) or not grant.get("access_token"):
        said = words_of(response, secrets)
        raise Unauthorised(f"the login is refused: {said}", where=account)
    seconds = grant.get("expires_in")
    ends_at = response.received_at + (timedelta(seconds=seconds) if isinstance(seconds, int) else TOKEN_LIVES)
    further = {"refresh_token": str(grant["refresh_token"])} if grant.get("refresh_token") else {}
    return {"access_token": str(grant["access_token"]), "expires_at": ends_at.isoformat(), **further}
