"""Answers of every wrong shape: whatever a server or a proxy says, a network ends in one of the house's errors."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress

import pytest

from syndicate.errors import NetworkError, Uncertain
from syndicate.http import Client
from syndicate.networks.base import Finds, Lists, Verifies
from tests.networks.case import NOW, Case, deliver
from tests.networks.fake import Fake, Handler, Reply, Request, status
from tests.networks.test_contract import ONLINE

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
