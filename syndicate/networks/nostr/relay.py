"""One conversation with one Nostr relay over a websocket (NIP-01). The extra `nostr` brings the libraries."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from importlib import import_module
from types import ModuleType
from typing import Any

import orjson

from syndicate.errors import ConfigError
from syndicate.networks.toolkit.answers import pick, pick_text

PATIENCE = 10.0
"""Seconds for opening, and for a whole answer: a relay may chatter for ever without giving one."""
MOST_FRAMES = 1000
MAX_FRAME = 1_000_000
MAX_TALK = 8_000_000
"""Bytes of all frames of one conversation."""


class Verdict(StrEnum):
    """What a relay did with an event."""

    ACCEPTED = "accepted"
    REFUSED = "refused"
    UNREACHED = "unreached"  # nothing was sent
    UNCLEAR = "unclear"  # sent, and no answer came back


@dataclass(frozen=True, slots=True)
class Answer:
    """One relay's verdict in its own words."""

    relay: str
    verdict: Verdict
    words: str = ""


def load_extra(name: str) -> ModuleType:
    """A library of the extra. Raises ConfigError naming the extra where it is not installed."""
    try:
        return import_module(name)
    except ImportError as error:
        hint = 'pip install "syndicate-feeds[nostr]"'
        raise ConfigError(f"Nostr needs the library {name.partition('.')[0]}", hint=hint) from error


def publish_event(relay: str, event: Mapping[str, object], *, patience: float = PATIENCE) -> Answer:
    """Offer an event to a relay and wait for its verdict. Never raises for what the relay does."""
    try:
        with _connect(relay) as socket:
            return _offer(socket, relay, event, patience)
    except (OSError, _errors()) as error:
        return Answer(relay, Verdict.UNREACHED, type(error).__name__)


def _offer(socket: Any, relay: str, event: Mapping[str, object], patience: float) -> Answer:
    try:
        socket.send(orjson.dumps(["EVENT", event]).decode())
        for frame in _frames(socket, patience):
            if pick(frame, 0) == "OK" and pick(frame, 1) == event["id"]:
                return _parse_verdict(relay, frame)
    except (OSError, TimeoutError, _errors()) as error:
        return Answer(relay, Verdict.UNCLEAR, type(error).__name__)
    return Answer(relay, Verdict.UNCLEAR, "no verdict")


def _parse_verdict(relay: str, frame: object) -> Answer:
    """What the relay has already is taken, whether it says so with yes or with no."""
    words = pick_text(frame, 3)[:300]
    is_taken = pick(frame, 2) is True or words.startswith("duplicate:")
    return Answer(relay, Verdict.ACCEPTED if is_taken else Verdict.REFUSED, words)


def list_events(relay: str, wanted: Mapping[str, object]) -> list[object] | None:
    """The stored events that fit a filter, None where the relay does not answer to the end."""
    try:
        with _connect(relay) as socket:
            socket.send(orjson.dumps(["REQ", "syndicate", wanted]).decode())
            return _collect(socket)
    except (OSError, TimeoutError, _errors()):
        return None


def _collect(socket: Any) -> list[object] | None:
    events: list[object] = []
    for frame in _frames(socket, PATIENCE):
        kind = pick(frame, 0)
        if kind == "EVENT" and pick(frame, 1) == "syndicate":
            events.append(pick(frame, 2))
        if kind == "EOSE":
            return events
        if kind == "CLOSED":
            return None
    return None


def _frames(socket: Any, patience: float) -> Iterator[object]:
    """What the relay says, as JSON; other chatter (NOTICE, AUTH, garbage) passes by, without end it is cut."""
    ends, heard = time.monotonic() + patience, 0
    for _ in range(MOST_FRAMES):
        frame = socket.recv(timeout=max(0.0, ends - time.monotonic()))
        heard += len(frame)
        if heard > MAX_TALK:
            return
        with contextlib.suppress(orjson.JSONDecodeError):
            yield orjson.loads(frame)


def _connect(relay: str) -> Any:
    client = load_extra("websockets.sync.client")
    return client.connect(relay, open_timeout=PATIENCE, close_timeout=1, max_size=MAX_FRAME, compression=None)


def _errors() -> type[Exception]:
    found: type[Exception] = load_extra("websockets.exceptions").WebSocketException
    return found
