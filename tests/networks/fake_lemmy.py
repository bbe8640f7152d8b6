"""A Lemmy server (0.19) in memory: sessions that end, one community, other people's posts."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from tests.networks.case import NOW
from tests.networks.fake import Fake, Reply, Request

USER, EMAIL, PASSWORD = "fox", "reynard@mail.example", "lemmy-password-1"
COMMUNITY = 77


class FakeLemmy(Fake):
    """`jwts` are the sessions that live; each login makes another."""

    def __init__(self) -> None:
        super().__init__()
        self.now: datetime = NOW
        self.jwts: list[str] = []
        self.logins = 0
        self._serial = 500
        self.route("POST", "/api/v3/user/login", self.login)
        self.route("GET", "/api/v3/site", self.site)
        for method, path, handler in (
            ("POST", "/api/v3/post", self.create),
            ("PUT", "/api/v3/post", self.change),
            ("POST", "/api/v3/post/delete", self.remove),
            ("GET", "/api/v3/post/list", self.listing),
            ("GET", "/api/v3/community", self.community),
        ):
            self.route(method, path, self._guarded(handler))

    def _guarded(self, handler: Any) -> Any:
        def guarded(request: Request) -> Reply:
            return handler(request) if request.bearer in self.jwts else Reply(401, {"error": "not_logged_in"})

        return guarded

    def login(self, request: Request) -> Reply:
        body = request.json()
        if body["username_or_email"] not in {USER, EMAIL} or body["password"] != PASSWORD:
            return Reply(401, {"error": "incorrect_login"})
        self.logins += 1
        self.jwts.append(f"lemmy-session-{self.logins}")
        return Reply(200, {"jwt": self.jwts[-1], "registration_created": False, "verify_email_sent": False})

    def expire(self) -> None:
        """Every session ends."""
        self.jwts.clear()

    def community(self, request: Request) -> Reply:
        if request.query["name"] != "foxes@lemmy.example":
            return Reply(404, {"error": "couldnt_find_community"})
        return Reply(200, {"community_view": {"community": {"id": COMMUNITY, "name": "foxes"}}})

    def create(self, request: Request) -> Reply:
        body = request.json()
        if not 3 <= len(body["name"]) <= 200:
            return Reply(400, {"error": "invalid_post_title"})
        view = self._view(body, USER)
        self.published.insert(0, view)
        return Reply(200, {"post_view": view})

    def _view(self, body: dict[str, Any], creator: str) -> dict[str, Any]:
        self._serial += 1
        post = {
            "id": self._serial,
            "ap_id": f"https://lemmy.example/post/{self._serial}",
            "published": self.now.isoformat().replace("+00:00", "Z"),
            "deleted": False,
            **{name: body[name] for name in ("name", "url", "body") if name in body},
        }
        return {"post": post, "creator": {"name": creator, "local": True}, "body": body}

    def change(self, request: Request) -> Reply:
        for view in self.published:
            if view["post"]["id"] == request.json()["post_id"]:
                view["post"]["body"] = request.json()["body"]
                return Reply(200, {"post_view": view})
        return Reply(404, {"error": "couldnt_find_post"})

    def remove(self, request: Request) -> Reply:
        for view in self.published:
            if view["post"]["id"] == request.json()["post_id"]:
                view["post"]["deleted"] = True
                return Reply(200, {"post_view": view})
        return Reply(404, {"error": "couldnt_find_post"})

    def listing(self, request: Request) -> Reply:
        assert (request.query["community_id"], request.query["sort"]) == (str(COMMUNITY), "New")
        size, page = int(request.query["limit"]), int(request.query["page"])
        return Reply(200, {"posts": self.published[size * (page - 1) : size * page]})

    def site(self, request: Request) -> Reply:
        person = {"name": USER, "actor_id": "https://lemmy.example/u/fox"}
        mine = {"my_user": {"local_user_view": {"person": person}}} if request.bearer in self.jwts else {}
        return Reply(200, {"site_view": {"site": {"name": "Foxes"}}, **mine})

    def chatter(self, count: int) -> None:
        """Other people's posts."""
        for number in range(count):
            self.published.insert(0, self._view({"name": f"Other {number}", "body": "hello"}, "somebody"))
