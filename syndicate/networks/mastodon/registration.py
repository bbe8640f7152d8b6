"""The login of a Mastodon account: register an application, let the person allow it, trade the code for a token.

Facts: docs.joinmastodon.org/methods/apps and /methods/oauth. The token lasts until somebody revokes it.
"""

from __future__ import annotations

from collections.abc import Mapping

from syndicate.errors import Unauthorised
from syndicate.http import Client
from syndicate.networks.base import AskAgain, LoginPage
from syndicate.networks.mastodon.servers import parse_server
from syndicate.networks.toolkit.answers import error_of, pick_list, pick_text, words_of
from syndicate.networks.toolkit.oauth import make_login_page, make_verifier

SCOPES = "read:accounts read:statuses write:statuses write:media"
"""All that is needed, and no more."""
BROAD_SCOPES = "read write"
"""For servers that give tokens for the four, and then refuse them (Takahē)."""
OUT_OF_BAND = "urn:ietf:wg:oauth:2.0:oob"
"""Where there is no page to return to: the server shows the code to copy."""


def choose_scopes(http: Client, base: str, *, account: str) -> str:
    """The four scopes, unless the server is known to refuse them or states that it knows only broad ones."""
    nodeinfo = http.call("GET", f"{base}/nodeinfo/2.0", where=account)
    if parse_server(nodeinfo.json() if nodeinfo.is_success else None, None).dialect.wants_broad_scopes:
        return BROAD_SCOPES
    stated = http.call("GET", f"{base}/.well-known/oauth-authorization-server", where=account)
    known = pick_list(stated.json(), "scopes_supported") if stated.is_success else []
    knows_only_broad = {"read", "write"} <= set(map(str, known)) and not set(SCOPES.split()) <= set(map(str, known))
    return BROAD_SCOPES if knows_only_broad else SCOPES


def begin_login(http: Client, base: str, redirect: str, *, scopes: str, account: str) -> LoginPage:
    """The page where the person allows us to post. A form, since several servers refuse lists in JSON."""
    target = redirect or OUT_OF_BAND
    form = {"client_name": "syndicate", "redirect_uris": target, "scopes": scopes}
    response = http.call("POST", f"{base}/api/v1/apps", form=form, where=account)
    app = response.json()
    client = pick_text(app, "client_id")
    if not response.is_success or not client:
        raise error_of(response, account=account, publishes=False)
    memory = {"client_id": client, "client_secret": pick_text(app, "client_secret"), "scope": scopes}
    note = f'This server takes no narrower permission than "{scopes}".' if scopes == BROAD_SCOPES else ""
    url, verifier = f"{base}/oauth/authorize", make_verifier()
    return make_login_page(url, client, target, scopes, verifier=verifier, memory=memory, note=note)


def finish_login(http: Client, base: str, page: LoginPage, code: str, *, account: str) -> Mapping[str, str]:
    """The token for the code that the person brought back.

    Raises AskAgain where the server gives a token for narrow scopes and then refuses it for them.
    """
    memory = page.memory or {}
    form = {"grant_type": "authorization_code", "code": code.strip(), **memory}
    response = http.call("POST", f"{base}/oauth/token", form=form, where=account)
    token = pick_text(response.json(), "access_token")
    if not response.is_success or not token:
        said = words_of(response, (code, *memory.values()))
        raise Unauthorised(f"the code was refused: {said}", where=account)
    if memory.get("scope") != BROAD_SCOPES and _is_out_of_scope(http, base, token, account=account):
        said = "the server refuses a token with narrow permissions; it is asked for broader ones"
        raise AskAgain(said, answers={"scopes": BROAD_SCOPES}, where=account)
    return {"access_token": token}


def _is_out_of_scope(http: Client, base: str, token: str, *, account: str) -> bool:
    headers = {"Authorization": f"Bearer {token}"}
    response = http.call("GET", f"{base}/api/v1/accounts/verify_credentials", headers=headers, where=account)
    return response.status == 403 or (response.status == 401 and "scope" in words_of(response).lower())
