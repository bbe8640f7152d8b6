"""What X is sent, and what its answers say. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime

from syndicate.http import Response
from syndicate.model import Message, Receipt
from syndicate.networks.base import Recent
from syndicate.networks.toolkit import parse_moment, pick, pick_instant, pick_list, pick_text, retry_at_of
from syndicate.networks.toolkit.readback import REPLIES_TO, Is
from syndicate.text import normalize, plain_line

FIELDS = (
    {"tweet.fields": "created_at,entities,referenced_tweets"},
    {"post.fields": "created_at,entities,referenced_posts"},
)
"""What is asked of listed posts, as X's guides have it and as its newest documents do."""
_OWN_MEDIA = re.compile(r"https://(?:x|twitter)\.com/[^/]+/status/\d+/(?:photo|video)/\d+")
"""Where X's link to a post's own picture leads."""


def build_post(message: Message, options: Mapping[str, str]) -> dict[str, object]:
    """The body of POST /2/tweets. Fields that X does not know are refused, so only what is needed is sent."""
    media = message.prepared.get("media", "")
    optional: dict[str, object] = {
        "media": {"media_ids": [media]} if media else None,
        "reply": {"in_reply_to_tweet_id": message.reply_to.remote_id} if message.reply_to else None,
        "reply_settings": options.get("reply_settings"),
        "made_with_ai": options.get("made_with_ai") == "yes",
    }
    filled = {name: value for name, value in optional.items() if value}
    return {"text": normalize("NFC", message.text), **filled}


def parse_receipt(answer: object) -> Receipt | None:
    """The receipt in {"data": {"id": …}}; the address works without the account's name."""
    number = pick(answer, "data", "id")
    return Receipt(number, f"https://x.com/i/status/{number}") if isinstance(number, str) else None


def parse_recent(item: object) -> Recent | None:
    """A listed post, its t.co links replaced by what they stand for; X writes &, < and > as HTML does."""
    number, published_at = plain_line(pick_text(item, "id")), pick_instant(item, "created_at")
    if published_at is None or not number:
        return None
    text = _unescape(pick_text(item, "text"))
    links: list[str] = []
    for url in pick_list(item, "entities", "urls"):
        short, target = pick_text(url, "url"), pick_text(url, "expanded_url")
        is_picture = _OWN_MEDIA.match(target) is not None
        text = text.replace(short, "" if is_picture else target) if short else text
        links += [] if is_picture else filter(None, [target, pick_text(url, "unwound_url")])
    referenced = pick_list(item, "referenced_tweets") or pick_list(item, "referenced_posts")
    answered = (ref for ref in referenced if pick(ref, "type") == "replied_to")
    receipt = Receipt(number, f"https://x.com/i/status/{number}", {REPLIES_TO: pick_text(next(answered, None), "id")})
    return Recent(receipt, text, tuple(links), published_at)


def _unescape(text: str) -> str:
    """These three and no more: `&copy` in an address is not a copyright sign."""
    return text.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")


LISTED = {"id": Is.NAME, "created_at": Is.MOMENT, "text": Is.TEXT}


def is_listing(answer: object) -> bool:
    """Whether an answer lists posts, or says that there are none: X also sends errors alone with a 200."""
    return isinstance(pick(answer, "data"), list) or pick(answer, "meta", "result_count") == 0


def parse_problem(response: Response) -> str:
    """The last part of an RFC 7807 type, such as "client-forbidden"; "" where there is none."""
    return pick_text(response.json(), "type").rstrip("/").rpartition("/")[2]


def retry_at_of_x(response: Response) -> datetime | None:
    """When the window (or, where that is used up, the day) ends."""
    headers = response.headers
    for scope in ("x-user-limit-24hour", "x-app-limit-24hour"):
        if headers.get(f"{scope}-remaining") == "0":
            return parse_moment(headers.get(f"{scope}-reset", ""), response.received_at)
    return retry_at_of(response)
