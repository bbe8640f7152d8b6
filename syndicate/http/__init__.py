"""One HTTP client for the whole house: time limits, size limits, address guard, user agent, error mapping.

Two doors, because two kinds of address exist. `fetch` takes addresses that came from content (pictures,
permalinks, other people's pages): every hop is resolved and refused where it leads into a private network.
`call` takes addresses that the person configured (a network's API, a hub): no redirects, one call is one
attempt, and a call that publishes turns every unclear ending into `Uncertain`.
"""

# ruff: noqa: PLC0415 - httpx takes a tenth of a second to load, and who only looks at accounts asks nobody

from __future__ import annotations

import logging
import os
import sys
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from functools import cache, cached_property
from http.cookiejar import CookieJar, DefaultCookiePolicy
from typing import TYPE_CHECKING, Any
from urllib.parse import urljoin

import orjson

from syndicate import __version__
from syndicate.errors import ConfigError, FetchError, HostAway, NetworkError, Unavailable, Uncertain, as_trouble
from syndicate.http.exchange import (
    ENCODINGS,
    MAX_BODY,
    Budget,
    DeadlinePassed,
    Exchange,
    Response,
    describe,
    is_unsendable,
    is_unsent,
    read_body,
)
from syndicate.http.servers import Resolve, find_addresses, is_public, name_server, parse_address, resolve_host, spell
from syndicate.text.links import split_address

if TYPE_CHECKING:
    import ssl

    import httpx

__all__ = ["MAX_BODY", "USER_AGENT", "Client", "Response", "is_public", "name_server", "utc_now"]

# httpx's own command line, which it loads where it finds Click and Rich: a sixth of a second that nobody asked for.
sys.modules.setdefault("httpx._main", None)  # type: ignore[arg-type]

USER_AGENT = f"syndicate/{__version__} (+https://github.com/syndicate-feeds/syndicate)"
TIMEOUT = {"connect": 10, "read": 30, "write": 60, "pool": 10}
PATIENCE = timedelta(seconds=30)
"""For a whole exchange, from looking up the name, over all redirects, to the last byte of the answer."""
UPLOAD_PATIENCE = timedelta(seconds=120)
"""For a whole exchange that sends a file."""
MAX_HOPS = 5
_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_PERSONAL = frozenset({"authorization", "cookie", "proxy-authorization"})


def utc_now() -> datetime:
    return datetime.now(UTC)


def _say_nothing(_record: logging.LogRecord) -> bool:
    return False


@cache
def _trust(*_from: str | None) -> ssl.SSLContext:
    """The certificates that httpx trusts. Reading them takes longer than a call, and clients come and go."""
    import httpx

    return httpx.create_ssl_context()


@dataclass(frozen=True, slots=True)
class _Asked:
    """What is asked for at each hop of a fetch."""

    exchange: Exchange
    method: str
    headers: Mapping[str, str]
    max_bytes: int
    away: Collection[str]


class Client:
    """A door to the net with manners. Close it, or use it as a context manager; threads may share it then."""

    def __init__(
        self,
        *,
        allow_private: bool = False,
        clock: Callable[[], datetime] = utc_now,
        timeout: httpx.Timeout | None = None,
        patience: timedelta = PATIENCE,
        resolve: Resolve = resolve_host,
    ) -> None:
        self._allow_private = allow_private
        self._clock = clock
        self._patience = patience
        self._resolve = resolve
        self._timeout = timeout

    @cached_property
    def _client(self) -> httpx.Client:
        """Made by whoever enters the client, else by the first request."""
        import httpx

        # httpx logs every URL at INFO, and some networks' addresses are their secrets (Telegram, Discord, Slack). A
        # filter stays when another library sets up logging and enables every logger again (uvicorn does).
        logging.getLogger("httpx").addFilter(_say_nothing)
        # Two accounts on one server share this client: a cookie set for one must not speak for the other.
        no_cookies = CookieJar(DefaultCookiePolicy(allowed_domains=()))
        # A kept connection may be closed by the server at the moment we write to it, and the outcome would be unknown
        # for nothing. So every call has a connection of its own: one more handshake, one doubt less.
        return httpx.Client(
            timeout=self._timeout or httpx.Timeout(**TIMEOUT),
            limits=httpx.Limits(max_connections=None, max_keepalive_connections=0),
            follow_redirects=False,
            headers={"User-Agent": USER_AGENT, "Accept-Encoding": ENCODINGS},
            cookies=no_cookies,
            trust_env=True,
            verify=_trust(os.environ.get("SSL_CERT_FILE"), os.environ.get("SSL_CERT_DIR")),
        )

    def __enter__(self) -> Client:
        assert self._client
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()

    def close(self) -> None:
        if "_client" in vars(self):
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
        away: Collection[str] = (),
    ) -> Response:
        """GET an address that came from content, following up to five checked redirects.

        Any status is returned, 304 and 404 too. Raises FetchError for a refused address or scheme, a body
        above `max_bytes`, too many redirects, or anything else that goes wrong; its kind HostAway where the whole
        server did not answer. `away` names servers that are not asked now, as HostAway named them.
        """
        exchange, hops = Exchange(self._patience), [url]
        asked = _Asked(exchange, method, dict(headers or {}), max_bytes, away)
        try:
            return exchange.run(lambda: self._follow(asked, hops))
        except DeadlinePassed:
            raise _away("the answer takes too long", hops[-1]) from None
        except FetchError:
            raise
        except BaseException as error:
            if as_trouble(error) is None:
                raise
            raise FetchError(f"no answer: {describe(error)}", where=spell(hops[-1])) from None

    def _follow(self, asked: _Asked, hops: list[str]) -> Response:
        """The answer at the end of all redirects; `hops` grows by each, so that the one who waits knows the last."""
        for _ in range(MAX_HOPS + 1):
            url = hops[-1]
            response = self._fetch_once(asked, url)
            location = response.headers.get("location", "")
            if response.status not in _REDIRECTS or not location:
                return response
            hops.append(_join(url, location))
            if name_server(url) != name_server(hops[-1]):
                asked = replace(asked, headers=_without_personal(asked.headers))
        raise FetchError(f"more than {MAX_HOPS} redirects", where=spell(hops[-1]))

    def _fetch_once(self, asked: _Asked, url: str) -> Response:
        """Resolve once, refuse private addresses, and connect to one of the very addresses that were checked."""
        import httpx

        parsed = parse_address(url)
        if name_server(url) in asked.away:
            raise _away("its server did not answer before", url)
        failure: httpx.HTTPError | None = None
        for address in find_addresses(parsed, self._resolve, allow_private=self._allow_private):
            try:
                return self._fetch_from(asked, parsed, address)
            except (httpx.ConnectError, httpx.ConnectTimeout) as error:
                failure = error
            except FetchError as error:
                raise type(error)(error.message, where=spell(url)) from None
            except httpx.HTTPError as error:
                if asked.exchange.has_answered and not isinstance(error, httpx.TimeoutException):
                    raise
                failure = error
                break
        raise _away(f"no answer: {describe(failure)}", url) from None

    def _fetch_from(self, asked: _Asked, parsed: httpx.URL, address: str) -> Response:
        """No connection is shared, since hosts on one address must not share a TLS session checked for another."""
        host = parsed.netloc.decode("ascii").rpartition("@")[2]
        pinned = {**asked.headers, "Host": host}
        target = parsed.copy_with(host=address)
        extensions = {"sni_hostname": parsed.raw_host.decode("ascii"), "trace": asked.exchange.trace}
        with self._client.stream(asked.method, target, headers=pinned, extensions=extensions) as answer:
            return self._read(answer, asked.max_bytes, str(parsed))

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
        Uncertain where a publishing call was sent and no whole answer came back, ConfigError for an address or
        a credential that cannot be put into a request. No error names the address: it may be a secret itself.
        """
        kind = {"Content-Type": "application/json"} if json is not None else {}
        exchange = Exchange(UPLOAD_PATIENCE if files or content else self._patience)

        def ask() -> Response:
            body = orjson.dumps(json) if json is not None else content
            parts: dict[str, Any] = {"params": params, "content": body, "data": form, "files": files}
            extensions = {"trace": exchange.trace}
            every = kind | dict(headers or {})
            with self._client.stream(method, url, headers=every, extensions=extensions, **parts) as answer:
                return self._read(answer, MAX_BODY, url)

        try:
            return exchange.run(ask)
        except BaseException as error:
            if as_trouble(error) is None:
                raise
            if is_unsendable(error) and not exchange.has_answered:  # else the answer cannot be read
                raise ConfigError("the address or a credential cannot be sent as it is written", where=where) from None
            if is_unsent(error):
                raise Unavailable(f"cannot be reached: {describe(error)}", where=where) from None
            raise _unanswered(error, publishes=publishes and exchange.has_sent, where=where) from None

    def _read(self, answer: httpx.Response, max_bytes: int, url: str) -> Response:
        body = read_body(answer, Budget(max_bytes))
        headers = {name.lower(): value for name, value in answer.headers.items()}
        return Response(answer.status_code, headers, body, url, self._clock())


def _away(words: str, url: str) -> HostAway:
    return HostAway(words, server=name_server(url), where=spell(url))


def _unanswered(error: BaseException, *, publishes: bool, where: str) -> NetworkError:
    kind = Uncertain if publishes else Unavailable
    return kind(f"no whole answer: {describe(error)}", where=where)


def _join(url: str, location: str) -> str:
    try:
        split_address(location)
        return urljoin(url, location)
    except ValueError:
        raise FetchError("redirects to something that is not a URL", where=spell(url)) from None


def _without_personal(headers: Mapping[str, str]) -> dict[str, str]:
    return {name: value for name, value in headers.items() if name.lower() not in _PERSONAL}
