"""One HTTP client for the whole house: time limits, size limits, address guard, user agent, error mapping.

Two doors, because two kinds of address exist. `fetch` takes addresses that came from content (pictures,
permalinks, other people's pages): every hop is resolved and refused where it leads into a private network.
`call` takes addresses that the person configured (a network's API, a hub): no redirects, one call is one
attempt, and a call that publishes turns every unclear ending into `Uncertain`.
"""

from __future__ import annotations

import ipaddress
import logging
import socket
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urljoin

import httpx
import orjson

from syndicate import __version__
from syndicate.errors import FetchError, Unavailable, Uncertain

USER_AGENT = f"syndicate/{__version__} (+https://github.com/syndicate-feeds/syndicate)"
TIMEOUT = httpx.Timeout(connect=10, read=30, write=60, pool=10)
MAX_HOPS = 5
MAX_BODY = 8_000_000

# httpx raises these before a byte of the request has left: the network cannot have acted.
_NOT_SENT = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout, httpx.UnsupportedProtocol)


@dataclass(frozen=True, slots=True)
class Response:
    """An answer read whole. `headers` has lower-case names; `received_at` is aware UTC."""

    status: int
    headers: Mapping[str, str]
    body: bytes
    url: str
    received_at: datetime

    @property
    def is_success(self) -> bool:
        return 200 <= self.status < 300

    @property
    def text(self) -> str:
        return self.body.decode("utf-8", "replace")

    def json(self) -> Any:
        """The parsed body, None where it is not JSON (proxies answer in HTML)."""
        try:
            return orjson.loads(self.body)
        except orjson.JSONDecodeError:
            return None


def utc_now() -> datetime:
    return datetime.now(UTC)


class Client:
    """A connection pool with manners. Close it, or use it as a context manager; threads may share it."""

    def __init__(
        self,
        *,
        allow_private: bool = False,
        clock: Callable[[], datetime] = utc_now,
        timeout: httpx.Timeout = TIMEOUT,
    ) -> None:
        self._allow_private = allow_private
        self._clock = clock
        # httpx logs every URL at INFO, and some networks' addresses are their secrets (Telegram, Discord, Slack).
        logging.getLogger("httpx").disabled = True
        self._client = httpx.Client(
            timeout=timeout,
            follow_redirects=False,
            headers={"User-Agent": USER_AGENT},
            trust_env=True,
        )

    def __enter__(self) -> Client:
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()

    def close(self) -> None:
        self._client.close()

    def now(self) -> datetime:
        """The client's clock, for requests that carry a signed moment; aware UTC."""
        return self._clock()

    def fetch(
        self,
        url: str,
        *,
        method: str = "GET",
        headers: Mapping[str, str] | None = None,
        max_bytes: int = MAX_BODY,
    ) -> Response:
        """GET an address that came from content, following up to five checked redirects.

        Any status is returned, 304 and 404 too. Raises FetchError for a refused address or scheme, a body
        above `max_bytes`, too many redirects, or no answer.
        """
        for _ in range(MAX_HOPS + 1):
            response = self._fetch_once(method, url, dict(headers or {}), max_bytes)
            location = response.headers.get("location", "")
            if response.status not in {301, 302, 303, 307, 308} or not location:
                return response
            url = urljoin(url, location)
        raise FetchError(f"more than {MAX_HOPS} redirects", where=url)

    def _fetch_once(self, method: str, url: str, headers: dict[str, str], max_bytes: int) -> Response:
        target, extra = self._guard(url)
        try:
            with self._client.stream(method, target, headers=headers | extra.headers, extensions=extra.tls) as answer:
                body = _read_capped(answer, max_bytes, url)
                return self._response(answer, body, url)
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            raise FetchError(f"no answer: {_describe(error)}", where=url) from error

    def _guard(self, url: str) -> tuple[httpx.URL, _Pinned]:
        """Resolve once, refuse private addresses, and pin the connection to the address that was checked."""
        parsed = _parse(url)
        if self._allow_private:
            return parsed, _Pinned({}, {})
        address = _resolve_public(parsed.host, parsed.port or (443 if parsed.scheme == "https" else 80), url)
        host = parsed.netloc.decode("ascii").rpartition("@")[2]
        return parsed.copy_with(host=address), _Pinned({"Host": host}, {"sni_hostname": parsed.host})

    def call(
        self,
        method: str,
        url: str,
        *,
        publishes: bool = False,
        headers: Mapping[str, str] | None = None,
        params: Mapping[str, str] | None = None,
        json: object = None,
        form: Mapping[str, str] | None = None,
        files: Mapping[str, tuple[str, bytes, str]] | None = None,
        content: bytes | None = None,
        where: str = "",
    ) -> Response:
        """One request to a configured address; every status is returned, redirects are not followed.

        `publishes` marks the irreversible call. Raises Unavailable where nothing can have happened,
        Uncertain where a publishing call was sent and no whole answer came back.
        """
        body = orjson.dumps(json) if json is not None else content
        kind = {"Content-Type": "application/json"} if json is not None else {}
        try:
            with self._client.stream(
                method,
                url,
                headers=kind | dict(headers or {}),
                params=params,
                content=body,
                data=form,
                files=files,
            ) as answer:
                return self._response(answer, _read_capped(answer, MAX_BODY, where), url)
        except _NOT_SENT as error:
            raise Unavailable(f"cannot be reached: {_describe(error)}", where=where) from error
        except (httpx.HTTPError, FetchError) as error:
            kind_of = Uncertain if publishes else Unavailable
            raise kind_of(f"no whole answer: {_describe(error)}", where=where) from error
        except httpx.InvalidURL as error:
            raise Unavailable("the configured address is not a URL", where=where) from error

    def _response(self, answer: httpx.Response, body: bytes, url: str) -> Response:
        headers = {name.lower(): value for name, value in answer.headers.items()}
        return Response(answer.status_code, headers, body, url, self._clock())


@dataclass(frozen=True, slots=True)
class _Pinned:
    headers: dict[str, str]
    tls: dict[str, str]


def _describe(error: Exception) -> str:
    """The kind of failure without its text: httpx puts whole URLs, and so secrets, into messages."""
    return error.message if isinstance(error, FetchError) else type(error).__name__


def _parse(url: str) -> httpx.URL:
    try:
        parsed = httpx.URL(url)
    except (httpx.InvalidURL, UnicodeError, ValueError) as error:
        raise FetchError("not a URL", where=url[:200]) from error
    if parsed.scheme not in {"http", "https"} or not parsed.host:
        raise FetchError("only http and https addresses are fetched", where=url[:200])
    return parsed


def _resolve_public(host: str, port: int, url: str) -> str:
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        raise FetchError("the host name cannot be resolved", where=url) from error
    addresses = [str(entry[4][0]) for entry in found]
    refused = [address for address in addresses if not is_public(address)]
    if refused or not addresses:
        raise FetchError("the address leads into a private network", where=url)
    return addresses[0]


def is_public(address: str) -> bool:
    """Whether an IP address is one that strangers' content may make us connect to."""
    ip = ipaddress.ip_address(address.partition("%")[0])
    mapped = getattr(ip, "ipv4_mapped", None) or ip
    return mapped.is_global and not mapped.is_multicast and not mapped.is_reserved


def _read_capped(answer: httpx.Response, max_bytes: int, url: str) -> bytes:
    chunks, size = [], 0
    for chunk in answer.iter_bytes():
        size += len(chunk)
        if size > max_bytes:
            raise FetchError(f"the answer is larger than {max_bytes:,} bytes", where=url)
        chunks.append(chunk)
    return b"".join(chunks)
