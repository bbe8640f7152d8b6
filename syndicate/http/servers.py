"""Which servers are asked: where strangers' content may make us connect to, and who did not answer lately."""

from __future__ import annotations

# ruff: noqa: PLC0415 - see at the client
import ipaddress
import socket
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from syndicate.errors import FetchError, HostAway, HostRefused

if TYPE_CHECKING:
    import httpx
import threading
import time
from dataclasses import dataclass
from datetime import datetime, timedelta

import orjson

from syndicate.model import Cache

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


# --- which servers did not answer, or take their time: each costs little in a look, and is asked again later ---
# A silent one costs one attempt, a slow one a minute of waiting, all of them together a few minutes. Who was silent or
# slow is kept in the cache, since the next look may come with the next edit, seconds later.

RETRY_AT_FIRST, RETRY_AT_LAST = timedelta(minutes=10), timedelta(days=1)
QUICK = timedelta(seconds=3)
"""What an answer may take without being called slow."""
PATIENCE, PATIENCE_FOR_ONE = timedelta(minutes=4), timedelta(minutes=1)
"""Waiting beyond that, or in vain, in one look and by all its threads together: for all servers, and for one of them.
Then what is left waits for the next look."""
LOOK = timedelta(minutes=10)
"""The longest look at servers that are quick, but many or asked often."""
SLOW = "its server answers too slowly"
_KIND = "server"


@dataclass(frozen=True, slots=True)
class Silent:
    """A server that is not asked now. Without `next_at` it is asked in the next look."""

    reason: str
    failures: int = 0
    next_at: datetime | None = None


class Waits:
    """How long the servers of one look let us wait. Threads share it."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._lost: dict[str, float] = {}
        self._all = 0.0
        self._ends = time.monotonic() + LOOK.total_seconds()

    def note(self, server: str, seconds: float) -> None:
        """An answer, or none, took so long."""
        slow = max(0.0, seconds - QUICK.total_seconds())
        with self._lock:
            self._lost[server] = self._lost.get(server, 0.0) + slow
            self._all += slow

    def tell_why_over(self, server: str) -> str:
        """Why not to ask a server once more in this look, "" where it may be asked."""
        if self.is_slow(server):
            return SLOW
        with self._lock:
            is_over = self._all > PATIENCE.total_seconds() or time.monotonic() > self._ends
        return "other servers let us wait too long" if is_over else ""

    def is_slow(self, server: str) -> bool:
        with self._lock:
            return self._lost.get(server, 0.0) > PATIENCE_FOR_ONE.total_seconds()


class Servers:
    """What is known of servers in one look. Threads share it."""

    def __init__(self, cache: Cache, now: datetime) -> None:
        self._cache = cache
        self._now = now
        self._lock = threading.Lock()
        self._known = {server: _parse(data) for server, data in cache.get_all(_KIND).items()}
        self._silent = {server: known for server, known in self._known.items() if _is_ahead(known.next_at, now)}
        self._waits = Waits()

    def find_silent(self, server: str) -> Silent | None:
        """Why not to ask a server now."""
        with self._lock:
            if server in self._silent:
                return self._silent[server]
        why = self._waits.tell_why_over(server)
        return Silent(why, 1, self._now + RETRY_AT_FIRST) if why else None

    def list_silent(self) -> frozenset[str]:
        """Those where no redirect may lead now."""
        with self._lock:
            return frozenset(self._silent)

    def note_silence(self, error: HostAway, seconds: float) -> None:
        """It did not answer, which took so long."""
        with self._lock:
            if error.server in self._silent:
                return
            self._waits.note(error.server, seconds)
            if isinstance(error, HostRefused):
                self._silent[error.server] = Silent(f"{error.message}; {error.hint}")
                return
            self._silence(error.server, error.message)

    def _silence(self, server: str, why: str) -> None:
        failures = 1 + (self._known[server].failures if server in self._known else 0)
        wait = min(RETRY_AT_FIRST * 2 ** min(failures - 1, 10), RETRY_AT_LAST)
        self._silent[server] = Silent(why, failures, self._now + wait)
        self._cache.put_many(_KIND, {server: _dump(self._silent[server])})

    def note_failure(self, server: str, seconds: float) -> None:
        """It did answer, but not as it should, and took so long."""
        self._waits.note(server, seconds)

    def note_answer(self, server: str, seconds: float) -> None:
        """It is there, and took so long; one that takes too long in all rests like one that is silent."""
        self._waits.note(server, seconds)
        with self._lock:
            if self._waits.is_slow(server):
                self._silence(server, SLOW)
            elif self._known.pop(server, None):
                self._cache.drop(_KIND, [server])


def _is_ahead(moment: datetime | None, now: datetime) -> bool:
    """Whether a wait is not over; one beyond the longest comes from a clock that was ahead."""
    return moment is not None and now < moment <= now + RETRY_AT_LAST


def _dump(known: Silent) -> bytes:
    return orjson.dumps([known.reason, known.failures, known.next_at])


def _parse(data: bytes) -> Silent:
    """What cannot be read is as good as an answer."""
    try:
        reason, failures, next_at = orjson.loads(data)
        return Silent(str(reason), int(failures), datetime.fromisoformat(next_at))
    except (ValueError, TypeError):
        return Silent("")
