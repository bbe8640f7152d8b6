"""The Bot API in memory: one bot, one channel, Telegram's own words for every refusal."""

from __future__ import annotations

import json
from typing import Any

from tests.networks.fake import Fake, Reply, Request

TOKEN = "123456:AAtelegram-bot-token"
CHANNEL = -1001234567890


class FakeTelegram(Fake):
    """`username` empty makes the channel private; `can_post` is the bot's right."""

    def __init__(self, username: str = "foxes", *, can_post: bool = True) -> None:
        super().__init__()
        self.chat = {"id": CHANNEL, "type": "channel", "title": "Foxes", "username": username}
        self.can_post = can_post
        self.moved_to = 0
        self.methods = {
            "sendMessage": self.send_message,
            "sendPhoto": self.send_photo,
            "editMessageText": self.edit_text,
            "editMessageCaption": self.edit_caption,
            "deleteMessage": self.delete,
            "getMe": lambda body: {"id": 7, "is_bot": True, "first_name": "Fox", "username": "fox_bot"},
            "getChat": lambda body: self.chat,
            "getChatMember": self.member,
        }
        self.route("POST", "/bot{token}/{method}", self.call)

    def call(self, request: Request) -> Reply:
        if ":" not in request.args["token"]:
            return refusal(404, "Not Found")
        if request.args["token"] != TOKEN:
            return refusal(401, "Unauthorized")
        body = self._body(request)
        if self.moved_to and str(body.get("chat_id")) != str(self.moved_to):
            said = "Bad Request: group chat was upgraded to a supergroup chat"
            return refusal(400, said, {"migrate_to_chat_id": self.moved_to})
        result = self.methods[request.args["method"]](body)
        return result if isinstance(result, Reply) else Reply(200, {"ok": True, "result": result})

    def _body(self, request: Request) -> dict[str, Any]:
        if not request.headers["content-type"].startswith("multipart/"):
            return request.json()
        parts = request.parts()
        body: dict[str, Any] = {name: part.data.decode() for name, part in parts.items() if not part.filename}
        return body | {name: part for name, part in parts.items() if part.filename}

    def member(self, body: dict[str, Any]) -> Any:
        if body.get("user_id") != 7:
            return refusal(400, "Bad Request: invalid user_id specified")
        return {"status": "administrator", "can_post_messages": self.can_post}

    def send_message(self, body: dict[str, Any]) -> Any:
        if not body.get("text"):
            return refusal(400, "Bad Request: message text is empty")
        if units(body["text"]) > 4096:
            return refusal(400, "Bad Request: message is too long")
        return self._keep(body, {"text": body["text"]})

    def send_photo(self, body: dict[str, Any]) -> Any:
        if units(body.get("caption", "")) > 1024:
            return refusal(400, "Bad Request: message caption is too long")
        return self._keep(body, {"photo": [{"file_id": "A"}], "caption": body.get("caption", "")})

    def _keep(self, body: dict[str, Any], shown: dict[str, Any]) -> Any:
        if str(body["chat_id"]) not in {f"@{self.chat['username']}", str(CHANNEL), str(self.moved_to)}:
            return refusal(400, "Bad Request: chat not found")
        number = len(self.published) + 57
        chat = {name: value for name, value in self.chat.items() if value}
        message = {"message_id": number, "date": 1764000000, "chat": chat, **shown}
        self.published.append(message | {"body": body})
        return message

    def edit_text(self, body: dict[str, Any]) -> Any:
        return self._edit(body, "text")

    def edit_caption(self, body: dict[str, Any]) -> Any:
        return self._edit(body, "caption")

    def _edit(self, body: dict[str, Any], field: str) -> Any:
        for message in self.published:
            if message["message_id"] == body["message_id"]:
                if message[field] == body[field]:
                    return refusal(400, "Bad Request: message is not modified: specified new message content …")
                message[field] = body[field]
                return {name: value for name, value in message.items() if name != "body"}
        return refusal(400, "Bad Request: message to edit not found")

    def delete(self, body: dict[str, Any]) -> Any:
        left = [message for message in self.published if message["message_id"] != body["message_id"]]
        if len(left) == len(self.published):
            return refusal(400, "Bad Request: message to delete not found")
        self.published[:] = left
        return True


def refusal(code: int, description: str, parameters: dict[str, int] | None = None) -> Reply:
    body = {"ok": False, "error_code": code, "description": description}
    return Reply(code, body | ({"parameters": parameters} if parameters else {}))


def units(text: str) -> int:
    return len(text.encode("utf-16-le")) // 2


def nested(body: dict[str, Any], name: str) -> Any:
    """A nested value of a form, which comes as JSON in text."""
    return json.loads(body[name])
