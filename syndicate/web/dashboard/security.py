"""Who may see and change the dashboard. A hostile page may be open in the next tab, a hostile site behind the name.

Four walls, each enough against most: only known names in Host (a rebound DNS name is none of them), forms only from
our own pages (Origin and Sec-Fetch-Site), a token of the session in every form, and a login as soon as anybody else
than this machine can ask. Pure decisions; `dashboard.py` asks them.
"""

from __future__ import annotations

import hmac
import ipaddress
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from hashlib import sha256
from urllib.parse import urlsplit

from syndicate.model import Settings, Site

_HOST = re.compile(r"(?:\[(?P<number>[0-9A-Fa-f:.]+)\]|(?P<name>[A-Za-z0-9._-]+))(?::[0-9]{1,5})?")
_PROXY_MARKS = ("forwarded", "x-forwarded-for", "x-forwarded-host", "x-real-ip", "via")


@dataclass(frozen=True, slots=True)
class Door:
    """How the dashboard is reached. Without a password it answers this machine alone."""

    names: frozenset[str]
    """Host names it answers to, beside those of this machine."""
    password: str = field(repr=False)
    key: bytes = field(repr=False)
    """Random, new at each start: what the tokens of those are made with who are not logged in."""
    cookie: str = "syndicate"
    """Name of the session's cookie. Browsers keep one for all ports of a machine, which may serve several sites."""

    def make_token(self, session: str) -> str:
        """What a form of this session must carry: the same after a restart, so that no open page loses its words."""
        return hmac.new(session.encode() or self.key, b"form", sha256).hexdigest()

    def fits(self, password: str) -> bool:
        """Whether this is the password, in the same time however wrong it is."""
        given, own = (sha256(word.encode()).digest() for word in (password, self.password))
        return bool(self.password) and hmac.compare_digest(given, own)


def name_cookie(settings: Settings) -> str:
    return f"syndicate-{sha256(f'{settings.root} {settings.site.name}'.encode()).hexdigest()[:8]}"


def list_names(site: Site, listening: str) -> frozenset[str]:
    """The site's own host names, and the one it listens on."""
    urls = (urlsplit(site.url), urlsplit(site.feeds_url))
    return frozenset(name for name in (*(url.hostname for url in urls), listening.lower()) if name)


def is_loopback(host: str) -> bool:
    """Whether only this machine reaches what listens there."""
    address = _parse_address(host)
    return host.lower() == "localhost" or (address is not None and address.is_loopback)


def is_local(host: str) -> bool:
    """Whether a Host header names this machine by one of its own addresses."""
    return is_loopback(_parse_host(host))


def find_refusal(method: str, headers: Mapping[str, str], door: Door) -> str:
    """Why a request may not come in, "" when it may. `headers` has lower-case names."""
    host = headers.get("host", "")
    if not _is_known(host, door):
        return "This name does not belong to the dashboard."
    if not door.password and any(mark in headers for mark in _PROXY_MARKS):
        return "Behind a proxy the dashboard needs a password: set SYNDICATE_DASHBOARD_PASSWORD."
    if method in {"GET", "HEAD"}:
        return "" if _is_visit(headers) else "Another site may not read this."
    return "" if _is_own_form(headers, host) else "This form did not come from the dashboard."


def _is_known(host: str, door: Door) -> bool:
    """A name that belongs to us. A number is not a name that could be rebound, so with a password any will do."""
    name = _parse_host(host)
    if is_loopback(name):
        return True
    return bool(door.password) and (name in door.names or _parse_address(name) is not None)


def _is_visit(headers: Mapping[str, str]) -> bool:
    """Not loaded by another site into its own page (W3C Fetch Metadata); a link from elsewhere may lead here."""
    if headers.get("sec-fetch-site", "none") in {"same-origin", "none"}:
        return True
    return headers.get("sec-fetch-mode") == "navigate" and headers.get("sec-fetch-dest") == "document"


def _is_own_form(headers: Mapping[str, str], host: str) -> bool:
    """Every browser says where a form comes from; who says nothing is refused."""
    is_told = "origin" in headers or "sec-fetch-site" in headers
    scheme, _, origin = headers.get("origin", f"http://{host}").lower().partition("://")
    is_same = scheme in {"http", "https"} and origin == host.lower()
    return is_told and is_same and headers.get("sec-fetch-site", "same-origin") == "same-origin"


def _parse_host(host: str) -> str:
    """The name in a Host header without its port, "" where it is not one name with at most a port (RFC 9110, 7.2)."""
    found = _HOST.fullmatch(host)
    return (found["number"] or found["name"]).lower() if found else ""


def _parse_address(name: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    try:
        return ipaddress.ip_address(name)
    except ValueError:
        return None


def make_headers(nonce: str) -> dict[str, str]:
    """Headers of every page: nothing but its own pictures, our style sheet and our script, in nobody's frame or cache.

    The referrer is told to ourselves alone; "no-referrer" would turn the Origin of our own forms into "null"
    (WHATWG Fetch, appending a request Origin header).
    """
    policy = (
        "default-src 'none'; img-src 'self'; style-src 'nonce-{0}'; script-src 'nonce-{0}'; connect-src 'self'; "
        "form-action 'self'; frame-ancestors 'none'; base-uri 'none'; "
        "require-trusted-types-for 'script'; trusted-types desk"
    )
    return {
        "Content-Security-Policy": policy.format(nonce),
        "Cache-Control": "no-store",
        "Referrer-Policy": "same-origin",
        "X-Content-Type-Options": "nosniff",
        "X-Frame-Options": "DENY",
        "Cross-Origin-Opener-Policy": "same-origin",
        "Cross-Origin-Resource-Policy": "same-origin",
    }
