"""Tumblr and Pinterest in memory: tokens that turn over, a blog, a board."""

from __future__ import annotations

import base64
import json
from datetime import datetime, timedelta
from typing import Any

from syndicate.networks.toolkit.oauth import Session, session_secrets
from tests.networks.case import NOW
from tests.networks.fake import Fake, Reply, Request

CLIENT_ID, CLIENT_SECRET = "oauth-client-1", "oauth-client-secret-1"
REFRESH, ACCESS = "oauth-refresh-token-0", "oauth-access-token-0"
GIVEN = {"client_id": CLIENT_ID, "client_secret": CLIENT_SECRET, "refresh_token": REFRESH}
"""What a person gives."""
LOGGED_IN = {**GIVEN, **session_secrets(Session(ACCESS, REFRESH, NOW + timedelta(minutes=42), NOW), REFRESH)}
"""The same with a session that lives when a fake starts."""


class FakeOAuth(Fake):
    """A refresh token works once; `life` is how long an access token lives."""

    life = timedelta(minutes=42)

    def __init__(self) -> None:
        super().__init__()
        self.now: datetime = NOW
        self.refresh = REFRESH
        self.alive: dict[str, datetime] = {ACCESS: NOW + self.life}
        self.turns = 0

    def guarded(self, handler: Any) -> Any:
        def guarded(request: Request) -> Reply:
            if self.alive.get(request.bearer, self.now) <= self.now:
                return self.unauthorised(request)
            return handler(request)

        return guarded

    def unauthorised(self, request: Request) -> Reply:
        return Reply(401, {"code": 2, "message": f"Authentication failed for {request.bearer}"})

    def token(self, request: Request) -> Reply:
        wanted = base64.b64encode(f"{CLIENT_ID}:{CLIENT_SECRET}".encode()).decode()
        form = request.form()
        if request.headers["authorization"] != f"Basic {wanted}":
            return Reply(401, {"error": "invalid_client"})
        is_code = form["grant_type"] == "authorization_code" and form["code"] == "good-code"
        if not is_code and form.get("refresh_token") != self.refresh:
            return Reply(400, {"error": "invalid_grant", "error_description": f"bad {form.get('refresh_token')}"})
        self.turns += 1
        self.refresh = f"oauth-refresh-token-{self.turns}"
        access = f"oauth-access-token-{self.turns}"
        self.alive[access] = self.now + self.life
        seconds = int(self.life.total_seconds())
        return Reply(200, {"access_token": access, "refresh_token": self.refresh, "expires_in": seconds})

    def expire(self) -> None:
        """Every access token ends now, whatever was promised."""
        self.alive.clear()


class FakeTumblr(FakeOAuth):
    """The blog foxes.tumblr.com, newest first."""

    def __init__(self) -> None:
        super().__init__()
        self._serial = 700
        self.route("POST", "/v2/oauth2/token", self.token)
        blog = "/v2/blog/foxes.tumblr.com"
        for method, path, handler in (
            ("POST", blog + "/posts", self.create),
            ("PUT", blog + "/posts/{id}", self.change),
            ("GET", blog + "/posts", self.listing),
            ("POST", blog + "/post/delete", self.remove),
            ("GET", "/v2/user/info", self.user),
        ):
            self.route(method, path, self.guarded(handler))

    def unauthorised(self, request: Request) -> Reply:
        return Reply(401, {"meta": {"status": 401, "msg": "Unauthorized"}, "errors": [{"title": "Unauthorized"}]})

    def create(self, request: Request) -> Reply:
        body, files = _body(request)
        if any(block["type"] == "text" and len(block["text"]) > 4096 for block in body["content"]):
            errors = [{"title": "Bad Request", "code": 8001, "detail": "Text is too long"}]
            return Reply(400, {"meta": {"status": 400, "msg": "Bad Request"}, "errors": errors})
        self._serial += 1
        post = {
            "id_string": str(self._serial),
            "post_url": f"https://foxes.tumblr.com/post/{self._serial}/slug",
            "timestamp": int(self.now.timestamp()),
            "content": body["content"],
            "body": body,
            "files": files,
        }
        self.published.insert(0, post)
        created = {"id": str(self._serial), "state": body["state"]}
        return Reply(201, {"meta": {"status": 201, "msg": "Created"}, "response": created})

    def change(self, request: Request) -> Reply:
        body, _ = _body(request)
        for post in self.published:
            if post["id_string"] == request.args["id"]:
                post["content"] = body["content"]
                return Reply(200, {"meta": {"status": 200}, "response": {"id": post["id_string"]}})
        return _missing()

    def remove(self, request: Request) -> Reply:
        left = [post for post in self.published if post["id_string"] != request.form()["id"]]
        if len(left) == len(self.published):
            return _missing()
        self.published[:] = left
        return Reply(200, {"meta": {"status": 200}, "response": {}})

    def listing(self, request: Request) -> Reply:
        assert request.query["npf"] == "true", "without it Tumblr lists its old format"
        start, size = int(request.query["offset"]), int(request.query["limit"])
        shown = [
            {name: value for name, value in post.items() if name not in {"body", "files"}}
            for post in self.published[start : start + size]
        ]
        return Reply(200, {"meta": {"status": 200}, "response": {"posts": shown}})

    def user(self, request: Request) -> Reply:
        user = {"name": "fox", "blogs": [{"name": "foxes"}]}
        return Reply(200, {"meta": {"status": 200}, "response": {"user": user}})


def _missing() -> Reply:
    return Reply(404, {"meta": {"status": 404, "msg": "Not Found"}, "errors": [{"title": "Not Found"}]})


def _body(request: Request) -> tuple[dict[str, Any], dict[str, Any]]:
    if not request.headers["content-type"].startswith("multipart/"):
        return request.json(), {}
    parts = request.parts()
    return json.loads(parts["json"].data), {name: part for name, part in parts.items() if name != "json"}


BOARD = "9876543210"


class FakePinterest(FakeOAuth):
    """One board, in no order that anyone promises."""

    life = timedelta(days=30)

    def __init__(self) -> None:
        super().__init__()
        self._serial = 800
        self.route("POST", "/v5/oauth/token", self.token)
        for method, path, handler in (
            ("POST", "/v5/pins", self.create),
            ("PATCH", "/v5/pins/{id}", self.change),
            ("DELETE", "/v5/pins/{id}", self.remove),
            ("GET", f"/v5/boards/{BOARD}/pins", self.listing),
            ("GET", f"/v5/boards/{BOARD}", lambda request: Reply(200, {"id": BOARD, "name": "Foxes"})),
            ("GET", "/v5/user_account", lambda request: Reply(200, {"username": "fox"})),
        ):
            self.route(method, path, self.guarded(handler))

    def create(self, request: Request) -> Reply:
        body = request.json()
        if body["board_id"] != BOARD:
            return Reply(404, {"code": 40, "message": "Board not found."})
        for name, limit in (("title", 100), ("description", 800), ("alt_text", 500), ("link", 2048)):
            if len(body.get(name, "")) > limit:
                return Reply(400, {"code": 1, "message": f"'{name}' is too long"})
        self._serial += 1
        pin = {"id": str(self._serial), "created_at": self.now.isoformat().replace("+00:00", ""), **body}
        self.published.append(pin)
        return Reply(201, pin)

    def change(self, request: Request) -> Reply:
        for pin in self.published:
            if pin["id"] == request.args["id"]:
                pin.update(request.json())
                return Reply(200, pin)
        return Reply(404, {"code": 50, "message": "Pin not found."})

    def remove(self, request: Request) -> Reply:
        left = [pin for pin in self.published if pin["id"] != request.args["id"]]
        if len(left) == len(self.published):
            return Reply(404, {"code": 50, "message": "Pin not found."})
        self.published[:] = left
        return Reply(200, b"")

    def listing(self, request: Request) -> Reply:
        start, size = int(request.query.get("bookmark", "0")), int(request.query["page_size"])
        shown = self.published[start : start + size]
        more = str(start + size) if len(self.published) > start + size else None
        return Reply(200, {"items": shown, "bookmark": more})
