"""Which addresses strangers' content may make us connect to, and which one a host name stands for."""

from __future__ import annotations

import ipaddress
import socket
from collections.abc import Callable, Sequence

import httpx

from syndicate.errors import FetchError

Resolve = Callable[[str, int], Sequence[str]]
"""From a host name and a port to IP addresses; raises OSError or UnicodeError where there are none."""

IP = ipaddress.IPv4Address | ipaddress.IPv6Address
_NAT64 = ipaddress.ip_network("64:ff9b::/96")


def resolve_host(host: str, port: int) -> Sequence[str]:
    """The addresses of a host as the system knows them, in the order to try them."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return tuple(dict.fromkeys(str(entry[4][0]) for entry in found))


def is_public(address: str) -> bool:
    """Whether an IP address is one that strangers' content may make us connect to.

    An IPv6 address that carries an IPv4 one (mapped, 6to4, NAT64) is as public as that one.
    """
    ip = ipaddress.ip_address(address.partition("%")[0])
    if isinstance(ip, ipaddress.IPv6Address):
        ip = _carried_by(ip)
    is_odd = ip.is_multicast or ip.is_reserved or getattr(ip, "is_site_local", False)
    return ip.is_global and not is_odd


def _carried_by(ip: ipaddress.IPv6Address) -> IP:
    if ip in _NAT64:
        return ipaddress.IPv4Address(int(ip) & 0xFFFFFFFF)
    return ip.ipv4_mapped or ip.sixtofour or ip


def parse_address(url: str) -> httpx.URL:
    """An address that may be fetched; raises FetchError for other schemes and for what is no URL."""
    try:
        parsed = httpx.URL(url)
    except (httpx.InvalidURL, UnicodeError, ValueError):
        raise FetchError("not a URL", where=spell(url)) from None
    if parsed.scheme not in {"http", "https"} or not parsed.host:
        raise FetchError("only http and https addresses are fetched", where=spell(url))
    return parsed


def find_addresses(parsed: httpx.URL, resolve: Resolve, *, allow_private: bool) -> Sequence[str]:
    """The IP addresses behind a URL; raises FetchError where one of them is private, or none is known."""
    where = spell(str(parsed))
    try:
        addresses = resolve(parsed.host, parsed.port or (443 if parsed.scheme == "https" else 80))
    except (OSError, UnicodeError):
        addresses = ()
    if not addresses:
        raise FetchError("the host name cannot be resolved", where=where)
    if not allow_private and not all(map(is_public, addresses)):
        raise FetchError("the address leads into a private network", where=where)
    return addresses


def spell(url: str) -> str:
    """A URL for an error: without name and password, and not too long."""
    scheme, mark, rest = url.partition("://")
    host, slash, path = rest.partition("/")
    return f"{scheme}{mark}{host.rpartition('@')[2]}{slash}{path}"[:200]
