"""A Matrix homeserver in memory: one room, transaction ids remembered, edits and redactions as events."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any

from tests.networks.case import NOW
from tests.networks.fake import Fake, Reply, Request

TOKEN, PASSWORD = "syt_matrix-token-1", "matrix-password-1"
ME, ROOM, ALIAS = "@fox:example.org", "!room:example.org", "#news:example.org"


class FakeMatrix(Fake):
    """`published` is the room's timeline of ours, newest first. `forgets` is a server that no longer tells ids."""

    def __init__(self, *, encrypted: bool = False, joined: bool = True) -> None:
        super().__init__()
        self.encrypted = encrypted
        self.joined = joined
        self.is_public, self.exists = True, True
        self.forgets = False
        self.now: datetime = NOW
        self.media: list[Request] = []
        self.by_txn: dict[str, str] = {}
        self.others: list[dict[str, Any]] = []
        self._serial = 0
        room = "/_matrix/client/v3/rooms/{room}"
        for method, path, handler in (
            ("GET", "/_matrix/client/v3/account/whoami", lambda request: Reply(200, {"user_id": ME})),
            ("GET", "/_matrix/client/v3/directory/room/{alias}", self.alias),
            ("GET", room + "/state/m.room.encryption", self.encryption),
            ("POST", "/_matrix/client/v3/join/{room}", self.join),
            ("PUT", room + "/send/m.room.message/{txn}", self.send),
            ("PUT", room + "/redact/{event}/{txn}", self.redact),
            ("GET", room + "/messages", self.messages),
            ("POST", "/_matrix/media/v3/upload", self.upload),
        ):
            self.route(method, path, self._guarded(handler))
        self.route("POST", "/_matrix/client/v3/login", self.login)

    def _guarded(self, handler: Any) -> Any:
        def guarded(request: Request) -> Reply:
            if request.bearer != TOKEN:
                return Reply(401, {"errcode": "M_UNKNOWN_TOKEN", "error": f"Invalid token {request.bearer}"})
            return handler(request)

        return guarded

    def alias(self, request: Request) -> Reply:
        if request.args["alias"] != ALIAS:
            return Reply(404, {"errcode": "M_NOT_FOUND", "error": "Room alias not found"})
        return Reply(200, {"room_id": ROOM, "servers": ["example.org"]})

    def encryption(self, request: Request) -> Reply:
        if not self.joined:
            return Reply(403, {"errcode": "M_FORBIDDEN", "error": "You are not in this room"})
        if self.encrypted:
            return Reply(200, {"algorithm": "m.megolm.v1.aes-sha2"})
        return Reply(404, {"errcode": "M_NOT_FOUND", "error": "Event not found"})

    def join(self, request: Request) -> Reply:
        if not self.exists:
            return Reply(404, {"errcode": "M_UNKNOWN", "error": "Can't join remote room because no servers are in it"})
        if not self.is_public:
            return Reply(403, {"errcode": "M_FORBIDDEN", "error": "You are not invited to this room."})
        self.joined = True
        return Reply(200, {"room_id": ROOM})

    def send(self, request: Request) -> Reply:
        if len(request.body) > 65_536:
            return Reply(413, {"errcode": "M_TOO_LARGE", "error": "event too large"})
        txn = request.args["txn"]
        if txn not in self.by_txn:
            self._serial += 1
            self.by_txn[txn] = f"$event{self._serial}:example.org"
            event = {
                "event_id": self.by_txn[txn],
                "sender": ME,
                "type": "m.room.message",
                "origin_server_ts": int(self.now.timestamp() * 1000),
                "content": request.json(),
                "unsigned": {"transaction_id": txn},
            }
            self._apply(event)
        return Reply(200, {"event_id": self.by_txn[txn]})

    def _apply(self, event: dict[str, Any]) -> None:
        self.published.insert(0, event)

    def redact(self, request: Request) -> Reply:
        for event in self.published:
            if event["event_id"] == request.args["event"]:
                event["content"] = {}
                return Reply(200, {"event_id": "$redaction"})
        return Reply(404, {"errcode": "M_NOT_FOUND", "error": "no such event"})

    def messages(self, request: Request) -> Reply:
        wanted = json.loads(request.query["filter"])
        mine = [event for event in self.published if event["sender"] in wanted["senders"]]
        start, limit = int(request.query.get("from", "0")), int(request.query["limit"])
        shown = [_without_id(event) if self.forgets else event for event in mine[start : start + limit]]
        more = {"end": str(start + limit)} if len(mine) > start + limit else {}
        return Reply(200, {"chunk": shown, "start": str(start), **more})

    def upload(self, request: Request) -> Reply:
        self.media.append(request)
        return Reply(200, {"content_uri": f"mxc://example.org/{len(self.media)}"})

    def login(self, request: Request) -> Reply:
        body = request.json()
        who = {"type": "m.id.user", "user": "fox"}
        if (body["type"], body["identifier"], body["password"]) != ("m.login.password", who, PASSWORD):
            return Reply(403, {"errcode": "M_FORBIDDEN", "error": f"Invalid username or password {body['password']}"})
        return Reply(200, {"access_token": TOKEN, "device_id": body["device_id"], "user_id": ME})


def _without_id(event: dict[str, Any]) -> dict[str, Any]:
    return {**event, "unsigned": {}}
