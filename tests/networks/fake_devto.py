"""A Forem site in memory: articles whose canonical address is unique."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from tests.networks.case import NOW
from tests.networks.fake import Fake, Reply, Request

KEY = "devto-api-key-1"


class FakeForem(Fake):
    """`published` holds drafts too, newest first."""

    def __init__(self) -> None:
        super().__init__()
        self.now: datetime = NOW
        self._serial = 100
        for method, path, handler in (
            ("POST", "/api/articles", self.create),
            ("PUT", "/api/articles/{id}", self.change),
            ("GET", "/api/articles/me/all", self.listing),
            ("GET", "/api/users/me", lambda request: Reply(200, {"username": "fox", "name": "Fox"})),
        ):
            self.route(method, path, self._guarded(handler))

    def _guarded(self, handler: Any) -> Any:
        def guarded(request: Request) -> Reply:
            if request.headers.get("api-key") != KEY:
                return Reply(401, {"error": "unauthorized", "status": 401})
            assert request.headers["accept"] == "application/vnd.forem.api-v1+json"
            return handler(request)

        return guarded

    def create(self, request: Request) -> Reply:
        article = request.json()["article"]
        canonical = article.get("canonical_url")
        if canonical and any(each["canonical_url"] == canonical for each in self.published):
            said = "Validation failed: Canonical url has already been taken. Email support@dev.to for further details."
            return Reply(422, {"error": said, "status": 422})
        if len(article.get("tags", [])) > 4 or not all(tag.isalnum() for tag in article.get("tags", [])):
            return Reply(422, {"error": "Validation failed: Tag list exceed the maximum of 4 tags", "status": 422})
        self._serial += 1
        kept = {
            "id": self._serial,
            "title": article["title"],
            "url": f"https://dev.to/fox/article-{self._serial}",
            "canonical_url": canonical or f"https://dev.to/fox/article-{self._serial}",
            "published_at": self.now.isoformat().replace("+00:00", "Z") if article["published"] else None,
            "article": article,
        }
        self.published.insert(0, kept)
        return Reply(201, kept)

    def change(self, request: Request) -> Reply:
        for kept in self.published:
            if str(kept["id"]) == request.args["id"]:
                kept["article"].update(request.json()["article"])
                if not kept["article"]["published"]:
                    kept["published_at"] = None
                return Reply(200, kept)
        return Reply(404, {"error": "not found", "status": 404})

    def listing(self, request: Request) -> Reply:
        size, page = int(request.query["per_page"]), int(request.query["page"])
        shown = self.published[size * (page - 1) : size * page]
        return Reply(200, [{name: value for name, value in each.items() if name != "article"} for each in shown])
