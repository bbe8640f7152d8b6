"""The login of a Mastodon account: register an application, let the person allow it, trade the code for a token.

Facts: docs.joinmastodon.org/methods/apps and /methods/oauth. The token lasts until somebody revokes it.
"""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import urlencode

from syndicate.errors import Unauthorised
from syndicate.http import Client
from syndicate.networks.answers import error_of, words_of
from syndicate.networks.base import LoginPage
from syndicate.networks.pkce import challenge_of, make_state, make_verifier

SCOPES = "read:accounts read:statuses write:statuses write:media"
OUT_OF_BAND = "urn:ietf:wg:oauth:2.0:oob"
"""Where there is no page to return to: the server shows the code to copy."""


def begin_login(http: Client, base: str, redirect: str, *, account: str) -> LoginPage:
    """The page where the person allows us to post. A form, since several servers refuse lists in JSON."""
    target = redirect or OUT_OF_BAND
    form = {"client_name": "syndicate", "redirect_uris": target, "scopes": SCOPES}
    response = http.call("POST", f"{base}/api/v1/apps", form=form, where=account)
    app = response.json()
    if not response.is_success or not isinstance(app, dict) or not app.get("client_id"):
        raise error_of(response, account=account, publishes=False)
    verifier, state = make_verifier(), make_state()
    memory = {
        "client_id": str(app["client_id"]),
        "client_secret": str(app.get("client_secret", "")),
        "redirect_uri": target,
        "code_verifier": verifier,
    }
    query = {
        "response_type": "code",
        "client_id": memory["client_id"],
        "redirect_uri": target,
        "scope": SCOPES,
        "state": state,
        "code_challenge": challenge_of(verifier),
        "code_challenge_method": "S256",
    }
    return LoginPage(f"{base}/oauth/authorize?{urlencode(query)}", state, memory)


def finish_login(http: Client, base: str, page: LoginPage, code: str, *, account: str) -> Mapping[str, str]:
    """The token for the code that the person brought back."""
    memory = page.memory or {}
    form = {"grant_type": "authorization_code", "code": code.strip(), "scope": SCOPES, **memory}
    response = http.call("POST", f"{base}/oauth/token", form=form, where=account)
    grant = response.json()
    if not response.is_success or not isinstance(grant, dict) or not grant.get("access_token"):
        said = words_of(response, (code, *memory.values()))
        raise Unauthorised(f"the code was refused: {said}", where=account, hint=f"run: syndicate login {account}")
    return {"access_token": str(grant["access_token"])}
