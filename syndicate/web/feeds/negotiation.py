"""Which bytes and which media type a request gets. Pure."""

from __future__ import annotations

from collections.abc import Mapping

FEED_TYPES: Mapping[str, str] = {
    "rss.xml": "application/rss+xml",
    "atom.xml": "application/atom+xml",
    "feed.json": "application/feed+json",
    "opml.xml": "text/x-opml",
}
_ARCHIVE_TYPES: Mapping[str, str] = {
    "rss": "application/rss+xml",
    "atom": "application/atom+xml",
    "json": "application/feed+json",
}
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
    folder, _, name = path.rpartition("/")
    if folder == "archive":
        return _ARCHIVE_TYPES.get(name.rpartition(".")[2], "")
    return FEED_TYPES.get(name, "")


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
