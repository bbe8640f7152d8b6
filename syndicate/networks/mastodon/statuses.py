"""What a server is sent as a status, and what its answers say. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any
from urllib.parse import quote

from syndicate.model import Message, Receipt
from syndicate.networks.base import Profile, Recent
from syndicate.networks.toolkit.answers import pick, pick_instant, pick_list, pick_text
from syndicate.networks.toolkit.readback import REPLIES_TO, Is, links_of_html, name_of, text_of_html
from syndicate.text.cleaning import normalize, plain_line


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
