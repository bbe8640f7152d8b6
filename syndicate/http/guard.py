"""Which addresses strangers' content may make us connect to, and which one a host name stands for."""

# ruff: noqa: PLC0415 - see at the client

from __future__ import annotations

import ipaddress
import socket
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from syndicate.errors import FetchError, HostAway, HostRefused

if TYPE_CHECKING:
    import httpx

Resolve = Callable[[str, int], Sequence[str]]
"""From a host name and a port to IP addresses; raises OSError or UnicodeError where there are none."""

IP = ipaddress.IPv4Address | ipaddress.IPv6Address
_NAT64 = ipaddress.ip_network("64:ff9b::/96")
_UNICAST = ipaddress.ip_network("2000::/3")
"""All of IPv6 that is routed between networks; what lies outside means something else to somebody."""
_NOT_FOR_US = (
    ipaddress.ip_network("168.63.129.16/32"),  # Azure's own, answers virtual machines with their secrets
    ipaddress.ip_network("192.0.0.0/24"),  # IETF protocols; Oracle's metadata among them
    ipaddress.ip_network("192.88.99.0/24"),  # relays of 6to4, given up (RFC 7526)
)
PRIVATE_HINT = "if it is your own, allow it by allow_private = true under [site]"


def resolve_host(host: str, port: int) -> Sequence[str]:
    """The addresses of a host as the system knows them, in the order to try them."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return tuple(dict.fromkeys(str(entry[4][0]) for entry in found))


def is_public(address: str) -> bool:
    """Whether an IP address is one that strangers' content may make us connect to.

    An IPv6 address that carries an IPv4 one (mapped, 6to4, NAT64) is as public as that one.
    """
    try:
        ip: IP = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return False
    if isinstance(ip, ipaddress.IPv6Address):
        ip = _carried_by(ip)
    if isinstance(ip, ipaddress.IPv6Address) and ip not in _UNICAST:
        return False
    is_odd = ip.is_multicast or ip.is_reserved or any(ip in one for one in _NOT_FOR_US)
    return ip.is_global and not is_odd


def _carried_by(ip: ipaddress.IPv6Address) -> IP:
    if ip in _NAT64:
        return ipaddress.IPv4Address(int(ip) & 0xFFFFFFFF)
    return ip.ipv4_mapped or ip.sixtofour or ip


def parse_address(url: str) -> httpx.URL:
    """An address that may be fetched; raises FetchError for other schemes and for what is not a URL."""
    import httpx

    try:
        parsed = httpx.URL(url)
        has_host = bool(parsed.host)  # decoded only now, and a host like "xn--" cannot be
    except (httpx.InvalidURL, UnicodeError, ValueError):
        raise FetchError("not a URL", where=spell(url)) from None
    if parsed.scheme not in {"http", "https"} or not has_host:
        raise FetchError("only http and https addresses are fetched", where=spell(url))
    return parsed


def find_addresses(parsed: httpx.URL, resolve: Resolve, *, allow_private: bool) -> Sequence[str]:
    """The IP addresses behind a URL; raises HostRefused where one of them is private, HostAway where none is known."""
    where = spell(str(parsed))
    host, default = parsed.raw_host.decode("ascii"), 443 if parsed.scheme == "https" else 80
    try:
        addresses = resolve(host, parsed.port or default)
    except (OSError, ValueError):  # a UnicodeError for a label that is empty or too long is one
        addresses = ()
    if not addresses:
        raise HostAway("the host name cannot be resolved", server=name_server(str(parsed)), where=where)
    if not allow_private and not all(map(is_public, addresses)):
        raise HostRefused(
            "the address leads into a private network", server=name_server(str(parsed)), where=where, hint=PRIVATE_HINT
        )
    return addresses


def name_server(url: str) -> str:
    """Scheme, host and port of a URL, in which addresses of one server are equal; "" where there are none."""
    import httpx

    try:
        parsed = httpx.URL(url)
        host = parsed.raw_host.decode("ascii")
    except (httpx.InvalidURL, ValueError):
        return ""
    return f"{parsed.scheme}://{host}{f':{parsed.port}' if parsed.port else ''}"


def spell(url: str) -> str:
    """A URL for an error: without name and password, and not too long."""
    scheme, mark, rest = url.partition("://")
    host, slash, path = rest.partition("/")
    return f"{scheme}{mark}{host.rpartition('@')[2]}{slash}{path}"[:200]
