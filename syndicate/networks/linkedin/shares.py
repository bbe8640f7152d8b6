"""What LinkedIn is sent as a post, and what its answers say. Pure."""

from __future__ import annotations

import re
from datetime import datetime, timedelta

from syndicate.http import Response
from syndicate.model import Message, Receipt
from syndicate.networks.toolkit.answers import pick_text
from syndicate.text.cleaning import normalize
from syndicate.text.counting import cut
from syndicate.text.hashtags import find_hashtags
from syndicate.text.links import find_http_addresses

# --- LinkedIn's "little text format", in which a post's text is written ---

_RESERVED = re.compile(r"[\\|{}@\[\]()<>#*_~]")
_BRACKETS = str.maketrans({"(": "%28", ")": "%29", "[": "%5B", "]": "%5D", "{": "%7B", "}": "%7D"})


def escape(text: str) -> str:
    """Any text as commentary."""
    kept = [(link.start, link.end, link.url.translate(_BRACKETS)) for link in find_http_addresses(text)]
    tags = (tag for tag in find_hashtags(text) if not any(start <= tag.start < end for start, end, _ in kept))
    kept += [(tag.start, tag.end, "#" + _escape_plain(tag.name)) for tag in tags]
    parts, at = [], 0
    for start, end, written in sorted(kept):
        parts += [_escape_plain(text[at:start]), written]
        at = end
    return "".join((*parts, _escape_plain(text[at:])))


def _escape_plain(text: str) -> str:
    return _RESERVED.sub(r"\\\g<0>", text)


MAX_TITLE = 200
MAX_DESCRIPTION = 300
URN = re.compile(r"urn:li:(?:share|ugcPost):\d+")
_REVOKED = {"REVOKED_ACCESS_TOKEN", "65601"}
_PICTURE = re.compile(r"image|media|asset|thumbnail", re.IGNORECASE)
_BUSY = re.compile(
    r"not (?:yet )?(?:ready|available|processed)|still |try again|waiting_upload|processing\b", re.IGNORECASE
)


def build_post(message: Message, *, author: str, visibility: str) -> dict[str, object]:
    """The body of POST /rest/posts."""
    content = build_content(message)
    return {
        "author": author,
        "commentary": escape(normalize("NFC", message.text)),
        "visibility": visibility,
        "distribution": {
            "feedDistribution": "MAIN_FEED",
            "targetEntities": [],
            "thirdPartyDistributionChannels": [],
        },
        **({"content": content} if content else {}),
        "lifecycleState": "PUBLISHED",
        "isReshareDisabledByAuthor": False,
    }


def build_content(message: Message) -> dict[str, object] | None:
    """An image, else a card for the link (LinkedIn makes none by itself), else nothing."""
    uploaded = message.prepared.get("image", "")
    if message.image and uploaded:
        return {"media": {"id": uploaded, "altText": message.image.alt}}
    if not message.link:
        return None
    thumbnail = {"thumbnail": uploaded} if uploaded else {}
    alt = {"thumbnailAltText": message.card.alt} if uploaded and message.card and message.card.alt else {}
    article = {
        "source": message.link,
        "title": cut(message.title or message.link, MAX_TITLE),
        "description": cut(message.summary, MAX_DESCRIPTION),
        **thumbnail,
        **alt,
    }
    return {"article": article}


def parse_receipt(response: Response) -> Receipt | None:
    """The id stands in a header; the body of a 201 is empty."""
    found = URN.fullmatch(response.headers.get("x-restli-id", ""))
    return Receipt(found.group(), permalink_of(found.group())) if found else None


def permalink_of(urn: str) -> str:
    return f"https://www.linkedin.com/feed/update/{urn}/"


def is_picture_busy(said: str) -> bool:
    """Whether a refusal means that the picture is still processed. LinkedIn has no code for that, only words."""
    return bool(_PICTURE.search(said) and _BUSY.search(said))


def is_called_revoked(response: Response) -> bool:
    """Error 65601, by its name or by its number."""
    names = {pick_text(response.json(), name) for name in ("code", "serviceErrorCode")}
    return response.status == 401 and bool(names & _REVOKED)


def next_midnight(now: datetime) -> datetime:
    """Daily limits start anew at 00:00 UTC; a little later, so that clocks need not agree."""
    return now.replace(hour=0, minute=5, second=0, microsecond=0) + timedelta(days=1)
