"""Slack in memory: a webhook that says "ok" and nothing else, and the Web API that fails with status 200."""

from __future__ import annotations

import html
import re
from datetime import datetime
from typing import Any

from tests.networks.case import NOW
from tests.networks.fake import Fake, Reply, Request

PATH = "/services/T000/B000/slackhooktoken1"
BOT_TOKEN = "xoxb-slack-bot-token-1"
CHANNEL, BOT = "C0123456789", "U0BOT"


class FakeSlack(Fake):
    """`published` is the channel, newest first, texts as Slack gives them back."""

    def __init__(self) -> None:
        super().__init__()
        self.now: datetime = NOW
        self._serial = 0
        self.route("POST", PATH, self.hook)
        for method, path, handler in (
            ("POST", "chat.postMessage", self.post),
            ("POST", "chat.update", self.update),
            ("POST", "chat.delete", self.remove),
            ("GET", "chat.getPermalink", self.permalink),
            ("GET", "conversations.history", self.history),
            ("GET", "conversations.replies", self.replies),
            ("GET", "auth.test", self.who),
        ):
            self.route(method, f"/api/{path}", self._guarded(handler))

    def _guarded(self, handler: Any) -> Any:
        def guarded(request: Request) -> Reply:
            return handler(request) if request.bearer == BOT_TOKEN else no("invalid_auth")

        return guarded

    def hook(self, request: Request) -> Reply:
        body = request.json()
        if not body.get("text"):
            return Reply(400, "no_text")
        if self._refusal(body):
            return Reply(400, self._refusal(body))
        self._keep(body, "UHOOK")
        return Reply(200, "ok")

    def post(self, request: Request) -> Reply:
        body = request.json()
        if body["channel"] != CHANNEL:
            return no("channel_not_found")
        if len(body["text"]) > 40_000:
            return no("msg_too_long")
        if self._refusal(body):
            return no(self._refusal(body))
        message = self._keep(body, BOT)
        return yes(channel=CHANNEL, ts=message["ts"], message={"text": message["text"]})

    def _refusal(self, body: dict[str, Any]) -> str:
        sections = [block["text"]["text"] for block in body.get("blocks", []) if block["type"] == "section"]
        return "invalid_blocks" if any(not 0 < len(text) <= 3000 for text in sections) else ""

    def _keep(self, body: dict[str, Any], user: str) -> dict[str, Any]:
        self._serial += 1
        stamp = f"{int(self.now.timestamp())}.{self._serial:06}"
        message = {"ts": stamp, "user": user, "text": _as_given_back(body["text"]), "body": body}
        if body.get("thread_ts"):
            message["thread_ts"] = body["thread_ts"]
        self.published.insert(0, message)
        return message

    def update(self, request: Request) -> Reply:
        body = request.json()
        if body["channel"] != CHANNEL:
            return no("channel_not_found")
        for message in self.published:
            if message["ts"] == body["ts"]:
                message["text"] = _as_given_back(body["text"])
                return yes(ts=body["ts"], channel=CHANNEL)
        return no("message_not_found")

    def remove(self, request: Request) -> Reply:
        if request.json()["channel"] != CHANNEL:
            return no("channel_not_found")
        left = [message for message in self.published if message["ts"] != request.json()["ts"]]
        if len(left) == len(self.published):
            return no("message_not_found")
        self.published[:] = left
        return yes()

    def permalink(self, request: Request) -> Reply:
        stamp = request.query["message_ts"].replace(".", "")
        return yes(permalink=f"https://foxes.slack.com/archives/{request.query['channel']}/p{stamp}")

    def history(self, request: Request) -> Reply:
        return self._page(request, [message for message in self.published if "thread_ts" not in message])

    def replies(self, request: Request) -> Reply:
        wanted = request.query["ts"]
        return self._page(request, [each for each in self.published if wanted in {each["ts"], each.get("thread_ts")}])

    def _page(self, request: Request, messages: list[dict[str, Any]]) -> Reply:
        oldest = float(request.query.get("oldest", "0"))
        near = [each for each in messages if float(each["ts"]) >= oldest]
        start, limit = int(request.query.get("cursor", "0")), int(request.query["limit"])
        plain = [{key: value for key, value in each.items() if key != "body"} for each in near[start : start + limit]]
        following = str(start + limit) if start + limit < len(near) else ""
        return yes(messages=plain, response_metadata={"next_cursor": following})

    def who(self, request: Request) -> Reply:
        return yes(user="foxbot", user_id=BOT, team="Foxes", url="https://foxes.slack.com/")

    def chatter(self, count: int) -> None:
        """Other people's messages."""
        for _ in range(count):
            self._keep({"text": "hello"}, "U0SOMEBODY")


def yes(**values: object) -> Reply:
    return Reply(200, {"ok": True, **values})


def no(error: str) -> Reply:
    return Reply(200, {"ok": False, "error": error})


def _as_given_back(text: str) -> str:
    """Slack puts links into brackets."""
    assert "<" not in text, "unescaped text could become a mention of everyone"
    return re.sub(r"(https?://[^\s<>]+)", lambda m: f"<{html.unescape(m[0]).replace('&', '&amp;')}>", text)
