"""What is sent to the servers that speak Mastodon's API, what they answer and do differently, and their login."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any
from urllib.parse import quote

from syndicate.errors import Unauthorised
from syndicate.http import Client
from syndicate.model import Limits, Message, Receipt
from syndicate.networks.base import AskAgain, LoginPage, Profile, Recent
from syndicate.networks.toolkit import error_of, pick, pick_instant, pick_list, pick_text, words_of
from syndicate.networks.toolkit.oauth import make_login_page, make_verifier
from syndicate.networks.toolkit.readback import REPLIES_TO, Is, links_of_html, name_of, text_of_html
from syndicate.text import normalize, plain_line
from syndicate.text.counting import Counter
from syndicate.text.plain import MARKDOWN

KEY_WINDOW = timedelta(hours=1)
"""Mastodon keeps an Idempotency-Key for 3600 seconds."""


@dataclass(frozen=True, slots=True)
class Dialect:
    """How one family of servers behaves. The defaults are the careful ones, for software we do not know."""

    counter: Counter = Counter.CODEPOINTS
    discounts_links: bool = False
    keeps_key: bool = False
    """Whether a second call with the same Idempotency-Key returns the first post."""
    needs_image: bool = False
    characters: int = 500
    marks: str = ""
    """What formats a text there, for servers that read it as Markdown."""
    wants_broad_scopes: bool = False
    """Whether it refuses tokens whose scopes are finer than "read write"."""


UNKNOWN = Dialect()
DIALECTS: Mapping[str, Dialect] = {
    "mastodon": Dialect(counter=Counter.MASTODON, discounts_links=True, keeps_key=True),
    "hollo": Dialect(keeps_key=True, characters=10_000, marks=MARKDOWN),
    "pleroma": Dialect(keeps_key=True, characters=5_000),
    "akkoma": Dialect(keeps_key=True, characters=5_000),
    "gotosocial": Dialect(characters=5_000),
    "pixelfed": Dialect(needs_image=True),
    "takahe": Dialect(wants_broad_scopes=True),
}
# Forks that keep Mastodon's own code for statuses.
_FORKS = ("glitch", "hometown", "chuckya", "ecko")


@dataclass(frozen=True, slots=True)
class Server:
    """What an instance says of itself: its software and domain ("" where unknown), and what it accepts."""

    software: str
    limits: Limits
    domain: str = ""
    """What stands behind the @ of its handles: not always the host of its addresses."""

    @property
    def dialect(self) -> Dialect:
        return DIALECTS.get(self.software, UNKNOWN)


def parse_server(nodeinfo: object, instance: object) -> Server:
    """The server behind an instance, from /nodeinfo/2.0 and /api/v2/instance (or v1); both may be missing."""
    told = _software_of_source(pick_text(instance, "source_url")) or _software_of_version(
        pick_text(instance, "version")
    )
    software = _family(pick_text(nodeinfo, "software", "name").lower()) or told
    return Server(software, parse_limits(instance, DIALECTS.get(software, UNKNOWN)), _parse_domain(instance))


def _parse_domain(instance: object) -> str:
    """GoToSocial's account_domain, the second API's domain, the first API's uri; some write an address there."""
    named = (pick_text(instance, name) for name in ("account_domain", "domain", "uri"))
    return next((name.partition("://")[2].strip("/") or name for name in named if name), "")


def _software_of_source(address: str) -> str:
    """Where the server's source is kept names all but Mastodon: many a fork has that word in its address."""
    return next((name for name in DIALECTS if name != "mastodon" and name in address.lower()), "")


def _software_of_version(version: str) -> str:
    """ "2.7.2 (compatible; Pleroma 2.9)" names the software; a bare "4.5.1" is Mastodon's way, "0.17.3" is not."""
    lowered = version.lower()
    named = next((name for name in DIALECTS if name in lowered), "")
    is_bare = lowered[:1] in set("123456789") and "compatible" not in lowered and " " not in lowered
    return named or ("mastodon" if is_bare else "")


def _family(name: str) -> str:
    return "mastodon" if name.startswith(_FORKS) else name.replace("ē", "e")


def parse_limits(instance: object, dialect: Dialect) -> Limits:
    """Limits from an instance's `configuration`; what it leaves out is Mastodon's default."""
    statuses, media = (pick(instance, "configuration", name) for name in ("statuses", "media_attachments"))
    longest = pick(statuses, "max_characters") or pick(instance, "max_toot_chars")
    limits = Limits(
        characters=_number(longest, dialect.characters),
        counter=dialect.counter,
        per_link=_number(pick(statuses, "characters_reserved_per_url"), 23) if dialect.discounts_links else None,
        alt=_number(pick(media, "description_limit"), 1500),
        images=_number(pick(statuses, "max_media_attachments"), 4),
        image_bytes=_number(pick(media, "image_size_limit"), 16_777_216),
        marks=dialect.marks,
    )
    pictures = tuple(str(kind) for kind in pick_list(media, "supported_mime_types") if str(kind).startswith("image/"))
    return replace(limits, image_types=pictures) if pictures else limits


def _number(value: object, default: int) -> int:
    return value if isinstance(value, int) and value > 0 else default


# --- What a server is sent as a status, and what its answers say. Pure ---


def build_status(message: Message, options: Mapping[str, str]) -> dict[str, object]:
    """The body of POST and PUT /api/v1/statuses, as JSON (some servers refuse booleans in forms)."""
    media = message.prepared.get("media", "")
    optional: dict[str, object] = {
        "visibility": message.visibility or options.get("visibility", ""),
        "language": message.language.partition("-")[0].lower(),
        "spoiler_text": message.warning,
        "in_reply_to_id": message.reply_to.remote_id if message.reply_to else "",
        "content_type": options.get("content_type", ""),
        "media_ids": [media] if media else [],
    }
    filled = {name: value for name, value in optional.items() if value}
    return {"status": normalize("NFC", message.text), "sensitive": bool(message.warning), **filled}


def build_edit(message: Message, options: Mapping[str, str], media: list[str]) -> dict[str, object]:
    """The body of PUT: who sees it never changes, a warning may go, and pictures that are not named are removed."""
    body = {name: value for name, value in build_status(message, options).items() if name != "visibility"}
    described = [{"id": one, "description": message.image.alt} for one in media if message.image]
    return {**body, "spoiler_text": message.warning, "media_ids": media, "media_attributes": described}


def has_alt(status: object, alt: str) -> bool:
    """Whether every picture of a status has this alt text."""
    return all(pick_text(picture, "description") == alt for picture in pick_list(status, "media_attachments"))


LISTED = {"id": Is.NAME, "created_at": Is.MOMENT, "content": Is.TEXT}


def parse_receipt(status: object) -> Receipt | None:
    """A Status entity as a receipt, None where it is none."""
    number = plain_line(pick_text(status, "id"))
    if not isinstance(status, dict) or not number:
        return None
    media = (pick_text(item, "id") for item in pick_list(status, "media_attachments"))
    ref = {
        "uri": str(status.get("uri") or ""),
        "media": ",".join(filter(None, media)),
        REPLIES_TO: pick_text(status, "in_reply_to_id"),
    }
    return Receipt(number, str(status.get("url") or status.get("uri") or ""), ref)


def parse_recent(status: object) -> Recent | None:
    """A listed status, None for one without a readable id or time, and for a boost: some servers list those unasked."""
    receipt, published_at = parse_receipt(status), pick_instant(status, "created_at")
    if receipt is None or published_at is None or pick(status, "reblog"):
        return None
    content, in_card = pick_text(status, "content"), pick_text(status, "card", "url")
    return Recent(receipt, text_of_html(content), (*links_of_html(content), *filter(None, [in_card])), published_at)


def parse_profile(account: Mapping[str, Any], domain: str) -> Profile:
    """A handle that holds its domain already is left as it is: one server may serve several."""
    handle = str(account.get("acct") or account.get("username") or "?").removeprefix("@")
    name = f"@{handle}" if "@" in handle else f"@{handle}@{domain}"
    is_bot = account.get("bot", True)
    advice = () if is_bot else ("the account is not marked as automated; many servers ask for that",)
    return Profile(name, str(account.get("url") or ""), ("post", "read back", "edit", "delete"), None, advice)


def path_of(receipt: Receipt) -> str:
    return f"/api/v1/statuses/{quote(name_of(receipt), safe='')}"


def without_media(message: Message) -> Message:
    kept = {name: value for name, value in message.prepared.items() if not name.startswith("media")}
    return replace(message, prepared=kept)


# --- The login of a Mastodon account: register an application, let the person allow it, trade the code for a token ---
# Facts: docs.joinmastodon.org/methods/apps and /methods/oauth. The token lasts until somebody revokes it.

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
