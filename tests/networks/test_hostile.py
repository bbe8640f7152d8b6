"""Answers of every wrong shape: whatever a server or a proxy says, a network ends in one of the house's errors."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import suppress
from datetime import timedelta

import pytest

from syndicate.errors import NetworkError, Uncertain
from syndicate.http import Client
from syndicate.networks.base import Finds, Lists, Verifies
from syndicate.networks.discord import parse_failure
from syndicate.networks.toolkit import Refusal
from tests.fuzz.leaves import check_plot, list_plots
from tests.networks.case import NOW, Case, deliver
from tests.networks.fake import Fake, Handler, Reply, Request, status
from tests.networks.test_answers import answer
from tests.networks.test_contract import ONLINE

TRICK = "\x1b]0;x\x07\x9b31m\x00\u202e\u2028" + "long " * 200
"""Moves a terminal's cursor, changes its title, turns the text around, forges a line and fills the screen."""
ADDRESSES = (
    "javascript:alert(1)",
    "data:text/html,x",
    "https://a.example/\x1b[2J",
    "http://[",
    "https://me@evil.example/",
)
SHAPES = [
    b"",
    b"null",
    b"[]",
    b"{}",
    b"17",
    b'"id"',
    b"[[[[[[]]]]]]",
    b'{"id": [], "result": [], "response": [], "data": {}, "post_view": 3, "event_id": {}, "ts": null, "uri": 1.5}',
    b'{"id": {"id": 1}, "result": {"message_id": {}}, "response": {"id": []}, "data": {"id": null}, "ok": true}',
    b'{"id": true, "result": true, "response": true, "data": true, "ok": "yes", "posts": {}, "items": "x"}',
    b'\xff\xfe{"id": "1"}',
    b"<html><body><h1>Welcome to the hotel</h1></body></html>",
]


def _named(case: Case) -> str:
    return case.label or case.network


def _able(ability: type) -> list[Case]:
    with Client() as client:
        return [case for case in ONLINE if isinstance(case.open("http://127.0.0.1:1", client), ability)]


@pytest.fixture
def fake(case: Case) -> Iterator[Fake]:
    with case.fake() as running:
        yield running


def _done_and_mumbled(body: bytes):
    """The work is done; what is said about it has another shape."""

    def fault(request: Request, handle: Handler) -> Reply:
        return Reply(handle(request).status, body)

    return fault


def _poisoned(body: object, address: str) -> object:
    """The same answer with tricks behind every text and another address in the place of each."""
    if isinstance(body, dict):
        return {name: _poisoned(value, address) for name, value in body.items()}
    if isinstance(body, list):
        return [_poisoned(value, address) for value in body]
    if not isinstance(body, str):
        return body
    return address if body.startswith("http") else body + TRICK


def _done_and_poisoned(address: str):
    """The work is done, and everything that is said about it means harm."""

    def fault(request: Request, handle: Handler) -> Reply:
        reply = handle(request)
        headers = {name: address if name == "location" else value for name, value in reply.headers.items()}
        return Reply(reply.status, _poisoned(reply.body, address), headers)

    return fault


def _is_plain(words: str) -> bool:
    return words.replace("\n", "\0").isprintable() and len(words) < 2500


@pytest.mark.parametrize("case", ONLINE, ids=_named)
def test_what_a_network_says_is_plain_words_in_receipts(case: Case, fake: Fake, http: Client) -> None:
    """No control character and no address that is not of the web gets in, whatever the network answers."""
    for number, address in enumerate(ADDRESSES):
        network = case.open(fake.url, http)
        fake.fail(_done_and_poisoned(address), on=case.publish, times=99)
        try:
            receipt = deliver(network, case.message, key=f"key-{number}")
        except NetworkError as error:
            assert _is_plain(str(error))  # noqa: PT017 - both endings are right
        else:
            assert all(map(_is_plain, (receipt.remote_id, receipt.url, *receipt.ref.values())))
            assert receipt.url.startswith("http") or not receipt.url
            assert address not in receipt.url
        fake.heal()


@pytest.mark.parametrize("case", ONLINE, ids=_named)
def test_what_a_network_says_is_plain_words_in_errors(case: Case, fake: Fake, http: Client) -> None:
    """A refusal full of tricks is told in one short line; so is who we are there."""
    network = case.open(fake.url, http)
    words = dict.fromkeys(("error", "message", "error_description", "description", "detail"), f"no {TRICK}")
    for code in (200, 400, 401, 403, 404, 422, 429, 500):
        for body in (words, {"error": words}, {"errors": [words]}, f"no {TRICK}", {"ok": False, **words}):
            fake.fail(status(code, body), on=case.publish, times=9)
            try:
                deliver(network, case.message)
            except NetworkError as error:
                assert _is_plain(str(error))  # noqa: PT017 - a bare webhook takes any 200 for a yes
            fake.heal()
    if isinstance(network, Verifies):
        fake.fail(_done_and_poisoned(ADDRESSES[0]), times=99)
        with suppress(NetworkError):
            profile = network.verify()
            assert _is_plain(profile.name)
            assert profile.url.startswith("http") or not profile.url


@pytest.mark.parametrize("case", [case for case in ONLINE if case.reads_success], ids=_named)
def test_a_success_of_a_wrong_shape_is_uncertain(case: Case, fake: Fake, http: Client) -> None:
    """It may well have published, and says nothing to go by."""
    network = case.open(fake.url, http)
    for number, body in enumerate(SHAPES):
        fake.fail(_done_and_mumbled(body), on=case.publish)
        with pytest.raises(Uncertain):
            deliver(network, case.message, key=f"key-{number}")
        fake.published.clear()


@pytest.mark.parametrize("case", ONLINE, ids=_named)
def test_a_refusal_of_a_wrong_shape_is_still_told(case: Case, fake: Fake, http: Client) -> None:
    """No error code is read where there is none."""
    network = case.open(fake.url, http)
    for code in (400, 401, 429, 500):
        for body in SHAPES:
            fake.fail(status(code, body), on=case.publish, times=9)
            with pytest.raises(NetworkError):
                deliver(network, case.message)
            fake.heal()


@pytest.mark.parametrize("case", _able(Finds), ids=_named)
def test_looking_at_nonsense_finds_nothing(case: Case, fake: Fake, http: Client) -> None:
    """Every reading call answers nonsense: no receipt is made of it, and nothing else is thrown."""
    network = case.open(fake.url, http)
    for body in SHAPES:
        fake.fail(status(200, body), times=99)
        with suppress(NetworkError):
            assert network.find(case.message, key="key-1", since=NOW) is None, body
        fake.heal()


@pytest.mark.parametrize("case", _able(Finds), ids=_named)
def test_nonsense_is_no_proof_of_absence(case: Case, fake: Fake, http: Client) -> None:
    """ "Not there" is said only of a list that could be read: else a proxy's page would make us send again."""
    network = case.open(fake.url, http)
    for body in SHAPES:
        if body.startswith(b"["):
            continue  # some networks list in a bare array: this one is empty
        fake.fail(status(200, body), times=99)
        with pytest.raises(NetworkError):
            network.find(case.message, key="key-1", since=NOW)
        fake.heal()


def _hollow(body: object) -> object:
    """The same answer with nothing in each item of its lists."""
    if isinstance(body, list):
        return [{} for _ in body]
    return {name: _hollow(value) for name, value in body.items()} if isinstance(body, dict) else body


@pytest.mark.parametrize("case", _able(Finds), ids=_named)
def test_a_listed_post_that_cannot_be_read_is_no_proof_of_absence(case: Case, fake: Fake, http: Client) -> None:
    """It may be ours: a server that writes its posts in another way from today on makes us send nothing twice."""
    network, message = case.open(fake.url, http), case.message
    deliver(network, message)

    def fault(request: Request, handle: Handler) -> Reply:
        reply = handle(request)
        return Reply(reply.status, _hollow(reply.body), reply.headers)

    fake.fail(fault, times=99)
    with suppress(NetworkError):
        assert network.find(message, key="key-1", since=NOW - timedelta(hours=1)) is not None


@pytest.mark.slow
def test_one_wrong_value_in_one_answer_costs_at_most_one_delivery(http: Client) -> None:
    """Some of what `make fuzz` tries: each value of each answer of each network replaced by what breaks a reader."""
    for plot in list_plots()[::211]:
        check_plot(plot, http)


@pytest.mark.parametrize("case", _able(Lists), ids=_named)
def test_listing_nonsense_lists_nothing(case: Case, fake: Fake, http: Client) -> None:
    """`adopt` adopts nothing of it."""
    network = case.open(fake.url, http)
    for body in SHAPES:
        fake.fail(status(200, body), times=99)
        with suppress(NetworkError):
            assert network.list_recent() == (), body
        fake.heal()


@pytest.mark.parametrize("case", _able(Verifies), ids=_named)
def test_verifying_nonsense_is_told_or_empty(case: Case, fake: Fake, http: Client) -> None:
    """`doctor --online` shows what there is."""
    network = case.open(fake.url, http)
    for body in SHAPES:
        fake.fail(status(200, body), times=99)
        with suppress(NetworkError):
            assert isinstance(network.verify().name, str), body
        fake.heal()


def test_a_code_that_is_no_number_is_an_answer_like_any_other() -> None:
    """Discord's codes are looked up among known ones, whatever stands in their place."""
    for code in ([], {}, None, "50001", True):
        told = parse_failure(Refusal(answer(404, body=json.dumps({"code": code})), "mine", publishes=True))
        assert isinstance(told, NetworkError)
