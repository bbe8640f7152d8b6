"""Answers of networks that changed, broke or mean harm: the fakes' own ones, mutated, and quite other ones."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from operator import methodcaller
from typing import Any
from urllib.parse import urlsplit

import httpx
from hypothesis import strategies as st

from syndicate.errors import ConfigError, FetchError, NetworkError, SyndicateError, Unavailable, Uncertain
from syndicate.http import Client
from syndicate.model import Reactions, Receipt
from syndicate.networks.base import (
    Counts,
    Deletes,
    Edits,
    Finds,
    Lists,
    LoginPage,
    LogsIn,
    Profile,
    ReadsLimits,
    Renews,
    Verifies,
)
from tests.fuzz import address_guard
from tests.fuzz.target import Check, Target, find_steering
from tests.fuzz.words import addresses, lines
from tests.networks.case import NOW, Case
from tests.networks.fake import CUT, RESET, Fake, Handler, Reply, Request
from tests.networks.test_contract import ONLINE
from tests.networks.vault import MemoryVault

_SECRETS_SHOWN = 12
"""Shorter secrets may be words of their own."""


@dataclass(frozen=True, slots=True)
class Lie:
    """How one answer is changed; `at` picks the request and the places in its JSON."""

    kind: str
    at: int
    value: Any
    status: int
    header: tuple[str, str]


_values = st.recursive(
    st.one_of(
        st.none(),
        st.booleans(),
        st.integers(),
        st.floats(),
        addresses,
        lines,
        st.sampled_from((2**63, -1, 10**400, "", "a" * 9000)),
    ),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3),
        st.dictionaries(st.sampled_from(("id", "url", "uri", "data", "error", "code")), inner, max_size=3),
    ),
    max_leaves=4,
)
_headers = st.one_of(
    st.sampled_from(
        (("Retry-After", "9" * 30), ("Retry-After", "x"), ("X-RateLimit-Reset", "-1e308"), ("Location", "http://["), ("Location", "javascript:x"),
         ("x-restli-id", "\t"), ("Content-Type", "text/html"), ("Content-Encoding", "gzip"), ("X-RateLimit-Reset", "9999-12-31T23:59:59-14:00"))
    ),
    addresses.filter(lambda url: url.isascii() and url.isprintable()).map(lambda url: ("Location", url)),
)  # fmt: skip
_lies = st.builds(
    Lie,
    st.sampled_from(
        (
            "one value",
            "one value",
            "one value",
            "all values",
            "whole",
            "raw",
            "status",
            "header",
            "without",
            "cut",
            "reset",
            "true",
        )
    ),
    st.integers(0, 10**6),
    _values,
    st.sampled_from(
        (
            200,
            200,
            200,
            201,
            202,
            204,
            206,
            301,
            307,
            400,
            401,
            402,
            403,
            404,
            408,
            409,
            410,
            413,
            418,
            422,
            425,
            429,
            500,
            502,
            503,
            599,
        )
    ),
    _headers,
)


def list_places(body: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    items = body.items() if isinstance(body, dict) else enumerate(body) if isinstance(body, list) else ()
    for key, value in items:
        yield (*path, key)
        yield from list_places(value, (*path, key))


def _change(body: Any, lie: Lie) -> Any:
    """The body with the value at one place replaced, or without it; at every place for "all values"."""
    places = list(list_places(body))
    if not places:
        return lie.value
    if lie.kind == "all values":
        return _replace_all(body, lie.value)
    place = places[lie.at % len(places)]
    if lie.kind == "without":
        return replace_at(body, place, None)
    return replace_at(body, place, lambda _old: lie.value)


def replace_at(body: Any, place: tuple[Any, ...], change: Callable[[Any], Any] | None) -> Any:
    """A copy of the body with the value at a place changed, or without it."""
    body = inner = copy.deepcopy(body)
    *path, last = place
    for key in path:
        inner = inner[key]
    if change is None:
        del inner[last]
    else:
        inner[last] = change(inner[last])
    return body


def _replace_all(body: Any, value: Any) -> Any:
    if isinstance(body, dict):
        return {key: _replace_all(one, value) for key, one in body.items()}
    return [_replace_all(one, value) for one in body] if isinstance(body, list) else value


def _tell(lie: Lie, fake: Fake, done: list[str]) -> Any:
    """The fault that lies so: the work is done, what is said about it is not true. `done` hears what was published."""

    def fault(request: Request, handle: Handler) -> Any:
        published = len(fake.published)
        reply = handle(request)
        if len(fake.published) > published:
            is_good = lie.kind in {"one value", "all values", "without", "whole", "true"} or lie.status < 300
            done.append(lie.kind if is_good else "refused")
        if lie.kind == "true":
            return reply
        if lie.kind in {"cut", "reset"}:
            return CUT if lie.kind == "cut" else RESET
        if lie.kind == "raw":
            return Reply(lie.status, str(lie.value).encode("utf-8", "replace"))
        if lie.kind == "header":
            return Reply(lie.status, reply.body, {**reply.headers, lie.header[0]: lie.header[1]})
        if lie.kind == "status":
            return Reply(lie.status, reply.body, reply.headers)
        body = lie.value if lie.kind == "whole" else _change(read_body(reply.body), lie)
        return Reply(reply.status, json.dumps(body, default=str).encode("utf-8", "replace"), reply.headers)

    return fault


def read_body(body: Any) -> Any:
    if isinstance(body, bytes | str):
        try:
            return json.loads(body)
        except ValueError:
            return None
    return body


class Judge:
    """One call of a network: an answer of the agreed kind, or an error of our tree that shows no secret."""

    def __init__(self, case: Case, url: str, done: list[str]) -> None:
        self._case, self.url, self._done = case, url, done
        self._error: Exception | None = None
        self.secrets = dict(case.secrets)

    def send(self, call: Any) -> Any:
        """The irreversible call: a message that was published may not go out again."""
        self._done.clear()
        found = self.run(Receipt, call)
        if self._error is not None:
            self._judge_loss(self._error)
        return found

    def run(self, kind: Any, call: Any) -> Any:
        self._error = None
        try:
            found = call()
        except (NetworkError, ConfigError, FetchError) as error:
            self._error = error
            self._judge_error(error)
            return None
        assert isinstance(found, kind), f"{type(found).__name__} where {kind} was agreed"
        for one in found if isinstance(found, tuple) else (found,):
            self._judge_receipt(getattr(one, "receipt", one))
        return found

    def _judge_error(self, error: SyndicateError) -> None:
        shown = str(error)
        assert not find_steering(shown), f"control characters in an error: {find_steering(shown)!r}"
        assert len(error.message) <= 600, "an error longer than a sentence"
        for secret in (*self._case.secrets.values(), *self._case.leaks):
            assert len(secret) < _SECRETS_SHOWN or secret not in shown, f"a secret in an error: {shown}"
        retry_at = getattr(error, "retry_at", None)
        assert retry_at is None or (retry_at.utcoffset() == timedelta(0) and retry_at >= NOW), f"a retry at {retry_at}"

    def _judge_loss(self, error: Exception) -> None:
        if set(self._done) & {"cut", "reset", "raw", "header"}:
            assert isinstance(error, Uncertain), f"{type(error).__name__} though it was published: {error}"
        if self._done and "refused" not in self._done:
            assert not isinstance(error, Unavailable | ConfigError), f"{type(error).__name__} though published: {error}"

    def _judge_receipt(self, found: Any) -> None:
        if not isinstance(found, Receipt | Profile):
            return
        words = [
            getattr(found, "remote_id", ""),
            getattr(found, "remark", ""),
            getattr(found, "name", ""),
            *getattr(found, "ref", {}).values(),
        ]
        assert all(isinstance(word, str) for word in words), "a receipt of no words"
        assert not find_steering("".join(words)), "control characters in a receipt"
        assert isinstance(found, Profile) or found.remote_id, "a receipt without an id"
        url = urlsplit(found.url)
        assert not found.url or (url.scheme in {"http", "https"} and url.hostname), f"a receipt's address {found.url!r}"
        assert not find_steering(found.url), "control characters in an address"


def use(judge: Judge, network: Any, message: Any) -> None:
    """Everything that deliveries ever ask of a network, in their order."""
    prepare = getattr(network, "prepare", None)
    for _ in range(6):
        further = judge.run(type(message), lambda: prepare(message, key="key-1")) if prepare else message  # noqa: B023
        if further is None:
            return
        if further == message:
            break
        message = further
    receipt = judge.send(lambda: network.send(message, key="key-1")) or Receipt("1", "https://example.com/1")
    since = NOW - timedelta(hours=1)
    for ability, kind, ask in (
        (Finds, (Receipt, type(None)), methodcaller("find", message, key="key-1", since=since)),
        (Verifies, Profile, methodcaller("verify")),
        (ReadsLimits, object, methodcaller("read_limits")),
        (Renews, object, methodcaller("expires_at")),
        (Lists, tuple, methodcaller("list_recent")),
        (Edits, Receipt, methodcaller("edit", receipt, message, key="key-2")),
        (Counts, (Reactions, type(None)), methodcaller("count", receipt)),
        (Deletes, object, methodcaller("delete", receipt)),
        (Renews, (datetime, type(None)), methodcaller("renew")),
    ):
        if isinstance(network, ability):
            judge.run(kind, partial(ask, network))
    if isinstance(network, LogsIn):
        _log_in(judge, network)


def _log_in(judge: Judge, network: LogsIn) -> None:
    """With everything that any login asks for, and the codes that the fakes know."""
    answers = {field.name: "good" for field in network.login_fields} | judge.secrets | {"site": judge.url}
    page = judge.run((LoginPage, type(None)), lambda: network.begin_login(answers, redirect="http://127.0.0.1:9/"))
    for code in ("good-code", "good"):
        judge.run(Mapping, lambda: network.finish_login(answers, page, code))  # noqa: B023


@contextmanager
def open_networks() -> Iterator[Check]:
    with (
        Client(allow_private=True, clock=lambda: NOW, timeout=httpx.Timeout(5), patience=timedelta(seconds=5)) as http,
        ExitStack() as stack,
    ):

        def check(given: tuple[int, bool, list[Lie]]) -> None:
            """Whatever the network says, a call ends as agreed; a lie costs at most this one delivery."""
            number, is_illustrated, lies = given
            case = ONLINE[number % len(ONLINE)]
            with case.fake() as fake, address_guard.allow(fake.url):
                address_guard.asked.clear()
                done: list[str] = []
                for lie in lies:
                    fake.fail(_tell(lie, fake, done), times=1 + lie.at % 3)
                network = case.open(fake.url, http, MemoryVault(case.secrets))
                use(Judge(case, fake.url, done), network, case.illustrated if is_illustrated else case.message)

        yield check
        stack.close()


ANSWERS = Target(
    name="answers",
    inputs=st.tuples(st.integers(0, len(ONLINE) - 1), st.booleans(), st.lists(_lies, min_size=1, max_size=8)),
    open=open_networks,
    longest=60,
)
