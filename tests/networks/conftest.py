"""Fixtures for networks on fakes: clients that may talk to loopback and live at a fixed moment."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

import httpx
import pytest

from syndicate.http import Client
from tests.networks.case import NOW
from tests.networks.fake import Fake
from tests.networks.vault import MemoryVault

PATIENT = httpx.Timeout(10)
IMPATIENT = httpx.Timeout(10, read=0.2)


class Clock:
    """A moment that a test moves by hand."""

    def __init__(self, now: datetime) -> None:
        self.now = now

    def __call__(self) -> datetime:
        return self.now

    def pass_by(self, time: timedelta) -> None:
        self.now += time


@pytest.fixture(scope="session")
def shared_clock() -> Clock:
    return Clock(NOW)


@pytest.fixture(scope="session")
def shared_http(shared_clock: Clock) -> Iterator[Client]:
    with Client(allow_private=True, clock=shared_clock, timeout=PATIENT) as client:
        yield client


@pytest.fixture(scope="session")
def shared_hasty(shared_clock: Clock) -> Iterator[Client]:
    with Client(allow_private=True, clock=shared_clock, timeout=IMPATIENT) as client:
        yield client


@pytest.fixture
def clock(shared_clock: Clock) -> Clock:
    """The clients' clock, set to NOW for every test."""
    shared_clock.now = NOW
    return shared_clock


@pytest.fixture
def http(clock: Clock, shared_http: Client) -> Client:
    return shared_http


@pytest.fixture
def hasty(clock: Clock, shared_hasty: Client) -> Client:
    """For faults that never answer: gives up reading after a fifth of a second."""
    return shared_hasty


@pytest.fixture
def fake(request: pytest.FixtureRequest) -> Iterator[Fake]:
    """The server of the network that the file's `CASE` is about."""
    with request.module.CASE.fake() as fake:
        yield fake


@pytest.fixture
def vault(request: pytest.FixtureRequest) -> MemoryVault:
    """What a person has logged in with there."""
    return MemoryVault(request.module.CASE.secrets)
