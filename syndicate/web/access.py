"""An access log that `syndicate stats` reads: the "combined" format with the validators asked for and given."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from datetime import UTC, datetime
from ipaddress import ip_address

from starlette.requests import Request
from starlette.responses import Response

log = logging.getLogger("syndicate.access")
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")

_MOST_SIGNS = 1000
"""Of one value: what a stranger sends must not fill the log."""


def note(request: Request, answer: Response) -> None:
    """Log one request at level INFO."""
    if not log.isEnabledFor(logging.INFO):
        return
    size = 0 if request.method == "HEAD" else int(answer.headers.get("content-length", 0))
    target = request.url.path + (f"?{request.url.query}" if request.url.query else "")
    log.info(
        "%s",
        format_line(
            address=_to_address(request.client.host if request.client else ""),
            at=datetime.now(UTC),
            request=f"{request.method} {target} HTTP/{request.scope.get('http_version', '1.1')}",
            status=answer.status_code,
            size=size,
            asked=request.headers,
            given=answer.headers,
        ),
    )


def format_line(
    *,
    address: str,
    at: datetime,
    request: str,
    status: int,
    size: int,
    asked: Mapping[str, str],
    given: Mapping[str, str],
) -> str:
    """One line, without its end. Header names are lower case; quotes and controls in values are escaped."""
    day = f"{at:%d}/{_MONTHS[at.month - 1]}/{at:%Y:%H:%M:%S} +0000"
    told = [asked.get("referer"), asked.get("user-agent"), asked.get("if-none-match"), asked.get("if-modified-since")]
    told += [given.get("etag"), given.get("last-modified")]
    quoted = " ".join(_quote(value or "-") for value in told)
    return f"{address} - - [{day}] {_quote(request)} {status} {size} {quoted}"


def _to_address(host: str) -> str:
    """The visitor's address, "-" for anything else: a proxy passes on what it was told."""
    try:
        return str(ip_address(host))
    except ValueError:
        return "-"


def _quote(value: str) -> str:
    escaped = value[:_MOST_SIGNS].replace("\\", "\\\\").replace('"', '\\"')
    return '"' + "".join(sign if sign.isprintable() else f"\\x{ord(sign):02x}" for sign in escaped) + '"'
