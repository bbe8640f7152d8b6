"""Every value of every network's good answers, replaced one at a time by each of the values that break a reader.

A good run of each network is written down first; then an input is a number that names one place in it (a value in the
JSON of one answer, one of its headers, its status, or the whole body) and one wrong thing to put there.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from functools import cache
from typing import Any

import httpx
from hypothesis import strategies as st

from syndicate.http import Client
from tests.fuzz import address_guard
from tests.fuzz.answers import Judge, list_places, read_body, replace_at, use
from tests.fuzz.target import Check, Target
from tests.networks.case import NOW, Case
from tests.networks.fake import Fake, Handler, Reply, Request
from tests.networks.test_contract import ONLINE
from tests.networks.vault import MemoryVault

_RAW = "@raw@"
"""Stands for what no value of Python is written as."""
WRONG: Mapping[str, Callable[[Any], Any]] = {
    "null": lambda _old: None,
    "true": lambda _old: True,
    "zero": lambda _old: 0,
    "negative": lambda _old: -1,
    "a fraction": lambda _old: -0.5,
    "too large for 64 bits": lambda _old: 2**64,
    "400 digits": lambda _old: 10**400,
    "6,000 digits": lambda _old: f"{_RAW}{'9' * 6000}",
    "6,000 digits in a text": lambda _old: "9" * 6000,
    "NaN": lambda _old: float("nan"),
    "1e999": lambda _old: f"{_RAW}1e999",
    "empty": lambda _old: "",
    "a megabyte": lambda _old: "a" * 1_000_000,
    "a megabyte of tags": lambda _old: "<a " * 333_000,
    "marks without end": lambda _old: "https://a" + "\u0301\u0316" * 100_000,
    "controls": lambda old: f"\x1b]0;x\x07\x00\u202e\u2028{old}\x9b31m",
    "half a character": lambda _old: f'{_RAW}"\\ud800"',
    "javascript": lambda _old: "javascript:alert(1)",
    "no address": lambda _old: "http://[",
    "another place": lambda _old: "https://me:secret@evil.example/\x1b",
    "a path upwards": lambda _old: "../../../etc?x#y",
    "year 1": lambda _old: "0001-01-01T00:00:00+14:00",
    "year 9999": lambda _old: "9999-12-31T23:59:59-14:00",
    "a list": lambda old: [old],
    "an empty list": lambda _old: [],
    "an object": lambda old: {"id": old, "message": old},
    "an empty object": lambda _old: {},
    "10,000 levels": lambda _old: f"{_RAW}{'[' * 10_000}{']' * 10_000}",
    "twice": lambda old: f'{_RAW}0, "id": null, "url": "javascript:x", "uri": {json.dumps(old)}',
}
STATUSES = (200, 201, 202, 204, 205, 206, 301, 308, 400, 401, 402, 403, 404, 408, 409, 410, 418, 429, 500, 503, 599)
HEADERS: Sequence[tuple[str, str]] = (
    ("Retry-After", "9" * 4000),
    ("Retry-After", "-1"),
    ("X-RateLimit-Reset", "1e308"),
    ("Location", "javascript:alert(1)"),
    ("Location", "http://["),
    ("Location", "https://a" + "\u0301\u0316" * 20_000),
    ("Content-Encoding", "br"),
    ("Content-Encoding", "gzip"),
    ("Content-Type", "text/html"),
    ("x-restli-id", "\t"),
)
WHOLE = (b"", b"\xff\xfe", b"null", b"[" * 100_000, b'{"a":' * 100_000, b"<![<" * 1000, b"[]", b"{}", b"1" * 6000)


@dataclass(frozen=True, slots=True)
class Change:
    """One wrong thing in the answer to one of the requests, counted from 0."""

    number: int
    place: tuple[Any, ...]
    what: str

    def apply(self, reply: Reply) -> Reply:
        kind, *place = self.place
        if kind == "status":
            return Reply(int(self.what), reply.body, reply.headers)
        if kind == "header":
            name, value = HEADERS[int(self.what)]
            return Reply(reply.status, reply.body, {**reply.headers, name: value})
        if kind == "whole":
            return Reply(reply.status, WHOLE[int(self.what)], reply.headers)
        body = replace_at(read_body(reply.body), tuple(place), WRONG[self.what])
        return Reply(reply.status, _write(body), reply.headers)


def _write(body: Any) -> bytes:
    """The body as JSON; what is marked as raw stands in it as it is."""
    text = json.dumps(body)
    start, *pieces = text.split(f'"{_RAW}')
    for piece in pieces:
        end = next(at for at, sign in enumerate(piece) if sign == '"' and (at == 0 or piece[at - 1] != "\\"))
        start += json.loads(f'"{piece[:end]}"') + piece[end + 1 :]
    return start.encode()


@dataclass(frozen=True, slots=True)
class Plot:
    """A change in the run of one case."""

    case: int
    is_illustrated: bool
    change: Change

    def __repr__(self) -> str:
        case = ONLINE[self.case]
        return f"{case.label or case.network}, {self.is_illustrated=}: {self.change}"


@cache
def list_plots() -> Sequence[Plot]:
    """Every change of every answer in a good run; of lists, the first and the last item."""
    found: list[Plot] = []
    with open_client() as http:
        for number, case in enumerate(ONLINE):
            for is_illustrated in (False, True):
                found += [Plot(number, is_illustrated, one) for one in _list_changes(case, http, is_illustrated)]
    return found


def _list_changes(case: Case, http: Client, is_illustrated: bool) -> Iterator[Change]:
    replies: list[Reply] = []

    def listen(request: Request, handle: Handler) -> Reply:
        reply = handle(request)
        replies.append(reply)
        return reply

    with case.fake() as fake, address_guard.allow(fake.url):
        fake.fail(listen, times=1000)
        _run(case, fake, http, is_illustrated, [])
    for number, reply in enumerate(replies):
        yield from (Change(number, ("status",), str(code)) for code in STATUSES)
        yield from (Change(number, ("header",), str(at)) for at in range(len(HEADERS)))
        yield from (Change(number, ("whole",), str(at)) for at in range(len(WHOLE)))
        for place in list_places(read_body(reply.body)):
            yield from (Change(number, ("value", *place), what) for what in WRONG)


def _run(case: Case, fake: Fake, http: Client, is_illustrated: bool, done: list[str]) -> None:
    network = case.open(fake.url, http, MemoryVault(case.secrets))
    use(Judge(case, fake.url, done), network, case.illustrated if is_illustrated else case.message)


def check_plot(plot: Plot, http: Client) -> None:
    """An answer of the agreed kind, or an error of our tree; and no second call because of a lie."""
    case, done, heard = ONLINE[plot.case], list[str](), 0

    def lie(request: Request, handle: Handler) -> Reply:
        nonlocal heard
        published = len(fake.published)
        reply = handle(request)
        heard += 1
        if heard - 1 != plot.change.number:
            return reply
        changed = plot.change.apply(reply)
        if len(fake.published) > published:
            done.append("one value" if changed.status < 300 else "refused")
        return changed

    with case.fake() as fake, address_guard.allow(fake.url):
        address_guard.asked.clear()
        fake.fail(lie, times=10_000)
        _run(case, fake, http, plot.is_illustrated, done)


@contextmanager
def open_client() -> Iterator[Client]:
    patience = timedelta(seconds=20)
    with Client(allow_private=True, clock=lambda: NOW, timeout=httpx.Timeout(20), patience=patience) as http:
        yield http


@contextmanager
def open_leaves() -> Iterator[Check]:
    with open_client() as http:
        yield lambda number: check_plot(list_plots()[number % len(list_plots())], http)


LEAVES = Target(name="leaves", inputs=st.integers(0, 2**31), open=open_leaves, longest=60)
