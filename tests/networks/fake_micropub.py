"""A site that takes Micropub: some list their posts, some take uploads, some do neither."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from tests.networks.case import NOW
from tests.networks.fake import Fake, Reply, Request

TOKEN = "micropub-token-1"


class FakeSite(Fake):
    """`lists` is q=source without an address; `created` is 201 or 202."""

    def __init__(self, *, lists: bool = True, uploads: bool = True, created: int = 201) -> None:
        super().__init__()
        self.lists = lists
        self.uploads = uploads
        self.created = created
        self.now: datetime = NOW
        self.files: list[Any] = []
        self._serial = 0
        self.route("POST", "/micropub", self._guarded(self.act))
        self.route("GET", "/micropub", self._guarded(self.query))
        self.route("POST", "/media", self._guarded(self.upload))
        self.route("GET", "/", self.home)

    def _guarded(self, handler: Any) -> Any:
        def guarded(request: Request) -> Reply:
            if request.bearer != TOKEN:
                return Reply(401, {"error": "unauthorized", "error_description": "The token is not valid."})
            return handler(request)

        return guarded

    def home(self, request: Request) -> Reply:
        page = '<html><head><link rel="webmention" href="/wm"><link rel="micropub other" href="/micropub?x=1">'
        return Reply(200, page)

    def act(self, request: Request) -> Reply:
        body = request.json()
        if "action" in body:
            return self._change(body)
        if not body["properties"].get("content"):
            return Reply(400, {"error": "invalid_request", "error_description": "An entry needs content."})
        self._serial += 1
        url = f"{self.url}/notes/{self._serial}"
        properties = {**body["properties"], "url": [url], "published": [self.now.isoformat()]}
        self.published.insert(0, {"type": body["type"], "properties": properties})
        return Reply(self.created, b"", {"Location": f"/notes/{self._serial}"})

    def _change(self, body: dict[str, Any]) -> Reply:
        for entry in self.published:
            if entry["properties"]["url"] == [body["url"]]:
                if body["action"] == "delete":
                    self.published.remove(entry)
                    return Reply(200, b"")
                entry["properties"].update(body["replace"])
                return Reply(204)
        return Reply(404, {"error": "invalid_request", "error_description": "no such post"})

    def query(self, request: Request) -> Reply:
        if request.query["q"] == "config":
            media = {"media-endpoint": f"{self.url}/media"} if self.uploads else {}
            return Reply(200, {**media, "destination": [{"uid": "https://fox.example/", "name": "Fox's notes"}]})
        if not self.lists:
            return Reply(400, {"error": "invalid_request", "error_description": "url is required"})
        return Reply(200, {"items": self.published})

    def upload(self, request: Request) -> Reply:
        self.files.append(request.parts()["file"])
        return Reply(201, b"", {"Location": f"{self.url}/media/{len(self.files)}.png"})
