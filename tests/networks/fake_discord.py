"""Discord in memory: one webhook and one bot channel, nonces that are enforced for a while, embed sums that count."""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from typing import Any

from tests.networks.case import NOW
from tests.networks.fake import Fake, Reply, Request

HOOK_ID, HOOK_TOKEN = "111111111111111111", "discord-webhook-token-1"
BOT_TOKEN = "discord-bot-token-1"
GUILD, CHANNEL, BOT_ID = "222222222222222222", "333333333333333333", "444444444444444444"
EPOCH_MS = 1_420_070_400_000
NONCE_KEPT = timedelta(minutes=5)


class FakeDiscord(Fake):
    """`published` is the channel, newest first. `is_forum` makes it one that needs a thread's name."""

    def __init__(self, *, is_forum: bool = False) -> None:
        super().__init__()
        self.is_forum = is_forum
        self.now = NOW
        self.deleted = False
        self.changes_alt = True
        self._serial = 0
        hook = "/webhooks/{id}/{token}"
        self.route("GET", hook, self.show_hook)
        self.route("POST", hook, self.execute)
        self.route("GET", hook + "/messages/{message}", self.show)
        self.route("GET", "/channels/{channel}/messages/{message}", self.show)
        self.route("PATCH", hook + "/messages/{message}", self.edit)
        self.route("DELETE", hook + "/messages/{message}", self.remove)
        self.route("GET", "/users/@me", lambda request: Reply(200, {"id": BOT_ID, "username": "foxbot"}))
        self.route("GET", "/channels/{channel}", self.show_channel)
        self.route("GET", "/channels/{channel}/messages", self.listing)
        self.route("POST", "/channels/{channel}/messages", self.post)
        self.route("PATCH", "/channels/{channel}/messages/{message}", self.edit)
        self.route("DELETE", "/channels/{channel}/messages/{message}", self.remove)

    def _refused(self, request: Request) -> Reply | None:
        if not request.headers.get("user-agent"):
            return Reply(403, "error code: 1010")
        if "token" in request.args and (self.deleted or request.args["id"] != HOOK_ID):
            return Reply(404, {"message": "Unknown Webhook", "code": 10015})
        if "token" in request.args and request.args["token"] != HOOK_TOKEN:
            return Reply(401, {"message": "Invalid Webhook Token", "code": 50027})
        if "token" not in request.args and request.headers.get("authorization") != f"Bot {BOT_TOKEN}":
            return Reply(401, {"message": "401: Unauthorized", "code": 0})
        return None

    def show_hook(self, request: Request) -> Reply:
        hook = {"id": HOOK_ID, "type": 1, "guild_id": GUILD, "channel_id": CHANNEL, "name": "Foxes"}
        return self._refused(request) or Reply(200, hook)

    def show_channel(self, request: Request) -> Reply:
        return self._refused(request) or Reply(200, {"id": CHANNEL, "guild_id": GUILD, "name": "news"})

    def execute(self, request: Request) -> Reply:
        body = read_body(request)
        refused = self._refused(request) or self._invalid(body)
        if refused:
            return refused
        if self.is_forum != bool(body.get("thread_name")):
            code = 220001 if self.is_forum else 220003
            return Reply(400, {"message": "Webhooks posted to forum channels must have a thread_name", "code": code})
        message = self._keep(body, "webhook", request.query.get("thread_id", CHANNEL), request)
        return Reply(200, message) if request.query.get("wait") == "true" else Reply(204)

    def post(self, request: Request) -> Reply:
        body = read_body(request)
        refused = self._refused(request) or self._invalid(body)
        if refused:
            return refused
        for message in self.published:
            is_same = message["nonce"] == body.get("nonce") and body.get("enforce_nonce")
            if is_same and self.now - datetime.fromisoformat(message["timestamp"]) < NONCE_KEPT:
                return Reply(200, message)
        return Reply(200, self._keep(body, BOT_ID, CHANNEL, request))

    def _invalid(self, body: dict[str, Any]) -> Reply | None:
        content, embeds = body.get("content", ""), body.get("embeds", [])
        assert body["allowed_mentions"] == {"parse": []}, "a post's text could ring everyone"
        if len(content.encode("utf-16-le")) // 2 > 2000:
            errors = {"content": {"_errors": [{"code": "BASE_TYPE_MAX_LENGTH"}]}}
            return Reply(400, {"message": "Invalid Form Body", "code": 50035, "errors": errors})
        if sum(len(embed.get("title", "") + embed.get("description", "")) for embed in embeds) > 6000:
            return Reply(400, {"message": "Invalid Form Body", "code": 50035})
        if not content.strip() and not embeds and not body.get("attachments"):
            return Reply(400, {"message": "Cannot send an empty message", "code": 50006})
        return None

    def _keep(self, body: dict[str, Any], author: str, channel: str, request: Request) -> dict[str, Any]:
        self._serial += 1
        milliseconds = int(self.now.timestamp() * 1000) - EPOCH_MS
        message = {
            "id": str((milliseconds << 22) + self._serial),
            "channel_id": channel,
            "content": body.get("content", "").strip(),
            "embeds": body.get("embeds", []),
            "timestamp": self.now.isoformat(),
            "author": {"id": author},
            "nonce": body.get("nonce"),
            "message_reference": body.get("message_reference"),
            "attachments": [
                {"id": f"77{self._serial}", "filename": one["filename"], "description": one["description"]}
                for one in body.get("attachments", [])
                if _is_string(one["id"])
            ],
        }
        self.published.insert(0, message | {"body": body, "file": read_file(request)})
        return message

    def listing(self, request: Request) -> Reply:
        before = int(request.query.get("before", "9" * 20))
        older = [message for message in self.published if int(message["id"]) < before]
        plain = [{name: value for name, value in each.items() if name not in {"body", "file"}} for each in older]
        return self._refused(request) or Reply(200, plain[: int(request.query["limit"])])

    def show(self, request: Request) -> Reply:
        found = [message for message in self.published if message["id"] == request.args["message"]]
        plain = {name: value for each in found for name, value in each.items() if name not in {"body", "file"}}
        return Reply(200, plain) if found else Reply(404, {"message": "Unknown Message", "code": 10008})

    def edit(self, request: Request) -> Reply:
        for message in self.published:
            if message["id"] == request.args["message"]:
                body = read_body(request)
                message["content"] = body["content"]
                kept = {one["id"]: one for one in message["attachments"]}
                for one in body.get("attachments", []) if self.changes_alt else ():
                    kept[one["id"]]["description"] = one["description"]
                plain = {name: value for name, value in message.items() if name not in {"body", "file"}}
                return self._refused(request) or Reply(200, plain)
        return Reply(404, {"message": "Unknown Message", "code": 10008})

    def remove(self, request: Request) -> Reply:
        left = [message for message in self.published if message["id"] != request.args["message"]]
        if len(left) == len(self.published):
            return Reply(404, {"message": "Unknown Message", "code": 10008})
        self.published[:] = left
        return Reply(200, b"")

    def chatter(self, count: int) -> None:
        """Other people's messages, newer than everything before."""
        for _ in range(count):
            self._serial += 1
            milliseconds = int(self.now.timestamp() * 1000) - EPOCH_MS
            self.published.insert(
                0,
                {
                    "id": str((milliseconds << 22) + self._serial),
                    "channel_id": CHANNEL,
                    "content": "hello",
                    "embeds": [],
                    "timestamp": self.now.isoformat(),
                    "author": {"id": "9"},
                    "nonce": None,
                    "message_reference": None,
                },
            )


def _is_string(number: object) -> bool:
    """A snowflake, as the contract has it."""
    assert isinstance(number, str)
    return True


def read_body(request: Request) -> dict[str, Any]:
    if request.headers["content-type"].startswith("multipart/"):
        return json.loads(request.parts()["payload_json"].data)
    return request.json()


def read_file(request: Request) -> Any:
    is_multipart = request.headers["content-type"].startswith("multipart/")
    return request.parts().get("files[0]") if is_multipart else None
