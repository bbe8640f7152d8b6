"""Conditional requests: RFC 9110 section 13, for files that know their ETag and date. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

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
