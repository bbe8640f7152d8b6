"""Which bytes and which media type a request gets. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

from syndicate.model import find_feed_format

# Our own table: the system's mime.types differs from machine to machine.
_OTHER_TYPES: Mapping[str, str] = {
    "css": "text/css",
    "gif": "image/gif",
    "html": "text/html",
    "ico": "image/x-icon",
    "jpg": "image/jpeg",
    "js": "text/javascript",
    "json": "application/json",
    "png": "image/png",
    "svg": "image/svg+xml",
    "txt": "text/plain",
    "webp": "image/webp",
    "xml": "application/xml",
}
_CODINGS = ("br", "zstd", "gzip")


def choose_type(path: str, *, is_navigation: bool) -> str:
    """The media type of a published path, with its charset for text.

    A person who opens a feed in a browser gets the same bytes under a type that browsers show instead of saving.
    """
    kind = find_feed_type(path)
    if kind and is_navigation:
        kind = "application/json" if kind.endswith("json") else "application/xml"
    kind = kind or _OTHER_TYPES.get(path.rpartition(".")[2].lower(), "application/octet-stream")
    return f"{kind}; charset=utf-8" if kind.startswith("text/") or kind.endswith("xml") else kind


def find_feed_type(path: str) -> str:
    """The media type of a feed document or OPML file, "" for any other file."""
    if path.rpartition("/")[2] == "opml.xml":
        return "text/x-opml"
    found = find_feed_format(path)
    return found.media_type if found else ""


def choose_coding(accepted: str, there: Mapping[str, object]) -> str:
    """The content coding to send out of those that are there, "" for the plain bytes (RFC 9110 section 12.5.3).

    The client's own preference comes first; among equals the smallest usual result.
    """
    weights = parse_weights(accepted)
    offers = [(weights.get(coding, weights.get("*", 0.0)), coding) for coding in _CODINGS if coding in there]
    best = max(offers, key=lambda offer: offer[0], default=(0.0, ""))
    return best[1] if best[0] > 0 and best[0] >= weights.get("identity", 0.0) else ""


def parse_weights(header: str) -> dict[str, float]:
    """ "gzip;q=0.8, br" → {"gzip": 0.8, "br": 1.0}; a broken weight counts as 0."""
    weights: dict[str, float] = {}
    for part in header.lower().split(","):
        name, _, rest = part.partition(";")
        if name.strip():
            weights[name.strip()] = _parse_weight(rest)
    return weights


def _parse_weight(parameter: str) -> float:
    name, _, value = parameter.partition("=")
    if name.strip() != "q":
        return 1.0
    try:
        return min(max(float(value), 0.0), 1.0)
    except ValueError:
        return 0.0


# --- conditional requests (RFC 9110, section 13) ---

_TAG = re.compile(r'(?:W/)?"([^"]*)"(?:-(?:gzip|br|zstd))?')
_CODING = re.compile(r"(?:-(?:gzip|br|zstd|df))+$")


def decide_status(headers: Mapping[str, str], tag: str, modified_at: datetime) -> int:
    """200, 304 or 412 for a GET or HEAD. `headers` has lower-case names, `tag` is the opaque part without quotes.

    The order is that of section 13.2.2: a list of tags wins over a date of the same kind.
    """
    if "if-match" in headers:
        if not _is_listed(headers["if-match"], tag, weakly=False):
            return 412
    elif _is_after(modified_at, headers.get("if-unmodified-since")):
        return 412
    if "if-none-match" in headers:
        return 304 if _is_listed(headers["if-none-match"], tag, weakly=True) else 200
    since = _parse_date(headers.get("if-modified-since"))
    return 304 if since is not None and modified_at <= since else 200


def _is_listed(value: str, tag: str, *, weakly: bool) -> bool:
    """Whether a list of entity tags names this file in any coding: servers append "-gzip" for compressed bytes."""
    value = value.strip()
    if value == "*":
        return True
    found = [match for match in _TAG.finditer(value) if weakly or not match[0].startswith("W/")]
    names = [match[1] for match in found] or ([] if '"' in value else [value])
    return any(_CODING.sub("", name) == tag for name in names)


def _is_after(moment: datetime, header: str | None) -> bool:
    limit = _parse_date(header)
    return limit is not None and moment > limit


def _parse_date(value: str | None) -> datetime | None:
    """An HTTP date in any of its three forms; None where it is none (then the header is ignored)."""
    if not value:
        return None
    try:
        moment = parsedate_to_datetime(value)
    except (ValueError, IndexError, OverflowError):
        return None
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment
