"""A Nostr relay over a real websocket: checks ids and signatures, keeps events by id, refuses and drops on demand."""

from __future__ import annotations

import json
import threading
from typing import Any

from coincurve import PublicKeyXOnly
from websockets.sync.server import ServerConnection, serve

from syndicate.networks.nostr.event import Draft


class FakeRelay:
    """`events` by id. `refusal` is said to every event; `drops` is "before" or "after" keeping it, once."""

    def __init__(self) -> None:
        self.events: dict[str, dict[str, Any]] = {}
        self.offers = 0
        self.refusal = ""
        self.drops = ""
        self.chatter: list[str] = []
        self.chatters_for_ever = False
        self.is_closed_to_readers = False
        self.changed: dict[str, str] = {}
        self._pause = threading.Event()
        self._server = serve(self._talk, "127.0.0.1", 0)
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)

    def __enter__(self) -> FakeRelay:
        self._thread.start()
        return self

    def __exit__(self, *exc: object) -> None:
        self._server.shutdown()
        self._thread.join()

    @property
    def url(self) -> str:
        return f"ws://127.0.0.1:{self._server.socket.getsockname()[1]}"

    def _talk(self, socket: ServerConnection) -> None:
        for frame in socket:
            while self.chatters_for_ever:  # until the other side has had enough
                socket.send('["NOTICE","and another thing"]')
                self._pause.wait(0.02)
            for noise in self.chatter:
                socket.send(noise)
            kind, *rest = json.loads(frame)
            if kind == "EVENT" and not self._take(socket, rest[0]):
                return
            if kind == "REQ":
                self._show(socket, *rest)

    def _take(self, socket: ServerConnection, event: dict[str, Any]) -> bool:
        """Whether the conversation goes on."""
        self.offers += 1
        drops, self.drops = self.drops, ""
        if drops == "before":
            return False
        refusal = self.refusal or _wrong(event)
        answer = [
            "OK",
            event["id"],
            not refusal,
            refusal or ("duplicate: have it" if event["id"] in self.events else ""),
        ]
        if not refusal:
            self.events[event["id"]] = event
        if drops == "after":
            return False
        socket.send(json.dumps(answer))
        return True

    def _show(self, socket: ServerConnection, name: str, wanted: dict[str, Any]) -> None:
        if self.is_closed_to_readers:
            socket.send(json.dumps(["CLOSED", name, "auth-required: pay first"]))
            return
        for event in self.events.values():
            if _fits(event, wanted):
                socket.send(json.dumps(["EVENT", name, event | self.changed]))
        socket.send(json.dumps(["EOSE", name]))


def _wrong(event: dict[str, Any]) -> str:
    tags = tuple(tuple(tag) for tag in event["tags"])
    draft = Draft(event["pubkey"], event["created_at"], event["kind"], tags, event["content"])
    if draft.id != event["id"]:
        return "invalid: the id is not the hash"
    signature, message = bytes.fromhex(event["sig"]), bytes.fromhex(event["id"])
    is_signed = PublicKeyXOnly(bytes.fromhex(event["pubkey"])).verify(signature, message)
    return "" if is_signed else "invalid: bad signature"


def _fits(event: dict[str, Any], wanted: dict[str, Any]) -> bool:
    return (
        event["id"] in wanted.get("ids", [event["id"]])
        and event["pubkey"] in wanted.get("authors", [event["pubkey"]])
        and event["kind"] in wanted.get("kinds", [event["kind"]])
        and event["created_at"] >= wanted.get("since", 0)
    )
