"""Meta's Graph API in memory: one fake for Threads and one for Facebook, with the same tokens and error shape."""

from __future__ import annotations

import hashlib
import hmac
import re
from datetime import datetime, timedelta
from typing import Any

from tests.networks.case import NOW
from tests.networks.fake import Fake, Reply, Request

APP_ID, APP_SECRET = "990001", "graph-app-secret-1"
TOKEN, LONG_TOKEN, NEXT_TOKEN = "THQ-graph-token-1", "THQ-graph-token-long", "THQ-graph-token-next"
SIXTY_DAYS = 5_183_944


def graph_error(status: int, code: int, message: str = "Something", **more: object) -> Reply:
    """An error as Graph shapes it."""
    return Reply(status, {"error": {"message": message, "type": "OAuthException", "code": code, **more}})


class FakeGraph(Fake):
    """What both have: tokens that may die, and usage headers."""

    tokens = (TOKEN, LONG_TOKEN, NEXT_TOKEN)

    def __init__(self) -> None:
        super().__init__()
        self.now: datetime = NOW
        self.dead: set[str] = set()
        self._serial = 18059512493053254

    def guarded(self, handler: Any) -> Any:
        def guarded(request: Request) -> Reply:
            if request.bearer not in self.tokens or request.bearer in self.dead:
                message = f"Error validating access token {request.bearer}: Session has expired"
                return graph_error(400, 190, message, error_subcode=463)
            return handler(request)

        return guarded

    def next_id(self) -> str:
        self._serial += 1
        return str(self._serial)

    def stamp(self) -> str:
        return self.now.strftime("%Y-%m-%dT%H:%M:%S+0000")

    def page(self, request: Request, posts: list[dict[str, Any]], when: str) -> Reply:
        """A listing with cursors; `since` leaves out what is older."""
        since = int(request.query.get("since", "0"))
        near = [post for post in posts if datetime.fromisoformat(post[when]).timestamp() >= since]
        start, limit = int(request.query.get("after", "0")), int(request.query["limit"])
        shown = near[start : start + limit]
        cursors = {"before": str(start), "after": str(start + limit)} if len(near) > start + limit else {}
        return Reply(200, {"data": shown, "paging": {"cursors": cursors}})


class FakeThreads(FakeGraph):
    """`polls` is how often a container must be asked for; `broken` is what Meta cannot fetch; `lag` hides new posts."""

    def __init__(self, *, polls: int = 0, broken: str = "") -> None:
        super().__init__()
        self.polls = polls
        self.broken = broken
        self.lists = True
        self.containers: dict[str, dict[str, Any]] = {}
        self.used = 4
        for method, path, handler in (
            ("POST", "/v1.0/me/threads", self.make),
            ("GET", "/v1.0/me/threads", self.listing),
            ("GET", "/v1.0/me/replies", self.replies),
            ("POST", "/v1.0/me/threads_publish", self.publish),
            ("GET", "/v1.0/me/threads_publishing_limit", self.quota),
            ("GET", "/v1.0/me", lambda request: Reply(200, {"id": "1", "username": "fox", "name": "Fox"})),
            ("GET", "/v1.0/{id}", self.show),
            ("DELETE", "/v1.0/{id}", self.remove),
            ("GET", "/refresh_access_token", self.refresh),
        ):
            self.route(method, path, self.guarded(handler))
        self.route("POST", "/oauth/access_token", self.exchange_code)
        self.route("GET", "/access_token", self.exchange_token)

    def make(self, request: Request) -> Reply:
        form = request.form()
        attached = form.get("link_attachment", "")
        if attached and not attached.startswith("http"):
            return graph_error(400, 100, "Param link_attachment is not a valid URL")
        if len(form.get("text", "")) > 500:
            return graph_error(400, 100, "Param text must be at most 500 characters long")
        links = {*re.findall(r"https?://\S+", form.get("text", "")), *filter(None, [attached])}
        if len(links) > 5:
            return graph_error(400, 100, "THREADS_API__LINK_LIMIT_EXCEEDED")
        container = self.next_id()
        state = "ERROR" if self.broken and self.broken in {attached, form.get("image_url")} else "FINISHED"
        self.containers[container] = {"form": form, "polls": self.polls, "state": state, "made_at": self.now}
        return Reply(200, {"id": container})

    def show(self, request: Request) -> Reply:
        found = self.containers.get(request.args["id"])
        if found is None:
            return self._show_post(request)
        if found["polls"] > 0:
            found["polls"] -= 1
            return Reply(200, {"status": "IN_PROGRESS", "id": request.args["id"]})
        told = {"error_message": "the media could not be fetched"} if found["state"] == "ERROR" else {}
        return Reply(200, {"status": self._state(found), "id": request.args["id"], **told})

    def _state(self, container: dict[str, Any]) -> str:
        is_old = self.now - container["made_at"] >= timedelta(hours=24)
        return "EXPIRED" if is_old and container["state"] != "PUBLISHED" else container["state"]

    def _show_post(self, request: Request) -> Reply:
        for post in self.published:
            if post["id"] == request.args["id"]:
                return Reply(200, post)
        return graph_error(400, 100, f"Unsupported get request. Object '{request.args['id']}' does not exist")

    def publish(self, request: Request) -> Reply:
        container = self.containers[request.form()["creation_id"]]
        if container["polls"] > 0:
            return graph_error(400, 24, "The requested resource does not exist", error_subcode=4279009)
        if self._state(container) != "FINISHED":
            return graph_error(400, 100, "Invalid creation id")
        container["state"] = "PUBLISHED"
        form = container["form"]
        post = {
            "id": self.next_id(),
            "text": form.get("text", ""),
            "timestamp": self.stamp(),
            "permalink": f"https://www.threads.com/@fox/post/D{self._serial}",
            "form": form,
        }
        if "link_attachment" in form:
            post["link_attachment_url"] = form["link_attachment"]
        if "reply_to_id" in form:
            post["replied_to"] = {"id": form["reply_to_id"]}
        self.published.insert(0, post)
        return Reply(200, {"id": post["id"]})

    def listing(self, request: Request) -> Reply:
        posts = [post for post in self.published if "replied_to" not in post] if self.lists else []
        return self.page(request, posts, "timestamp")

    def replies(self, request: Request) -> Reply:
        return self.page(request, [post for post in self.published if "replied_to" in post], "timestamp")

    def quota(self, request: Request) -> Reply:
        config = {"quota_total": 250, "quota_duration": 86400}
        return Reply(200, {"data": [{"quota_usage": self.used, "config": config}]})

    def remove(self, request: Request) -> Reply:
        left = [post for post in self.published if post["id"] != request.args["id"]]
        if len(left) == len(self.published):
            return graph_error(400, 100, f"Unsupported delete request. Object '{request.args['id']}' does not exist")
        self.published[:] = left
        return Reply(200, {"success": True, "deleted_id": request.args["id"]})

    def refresh(self, request: Request) -> Reply:
        if request.query["grant_type"] != "th_refresh_token":
            return graph_error(400, 100, "Unsupported grant type")
        return Reply(200, {"access_token": NEXT_TOKEN, "token_type": "bearer", "expires_in": SIXTY_DAYS})

    def exchange_code(self, request: Request) -> Reply:
        form = request.form()
        if (form["code"], form["client_secret"]) != ("good-code", APP_SECRET):
            return graph_error(400, 100, f"Invalid verification code {form['code']} for {form['client_secret']}")
        return Reply(200, {"access_token": TOKEN, "user_id": 1})

    def exchange_token(self, request: Request) -> Reply:
        query = request.query
        if (query["access_token"], query["client_secret"]) != (TOKEN, APP_SECRET):
            return graph_error(400, 190, "Error validating access token")
        return Reply(200, {"access_token": LONG_TOKEN, "token_type": "bearer", "expires_in": SIXTY_DAYS})


USER = "17841400000000000"


class FakeInstagram(FakeGraph):
    """One professional account; Meta fetches pictures, which may be slow or fail."""

    def __init__(self, *, polls: int = 0, broken: bool = False) -> None:
        super().__init__()
        self.polls = polls
        self.broken = broken
        self.used = 1
        self.containers: dict[str, dict[str, Any]] = {}
        for method, path, handler in (
            ("POST", f"/v25.0/{USER}/media", self.make),
            ("GET", f"/v25.0/{USER}/media", lambda request: self.page(request, self.published, "timestamp")),
            ("POST", f"/v25.0/{USER}/media_publish", self.publish),
            ("GET", f"/v25.0/{USER}/content_publishing_limit", self.quota),
            ("GET", f"/v25.0/{USER}", lambda request: Reply(200, {"id": USER, "username": "fox"})),
            ("GET", "/v25.0/{id}", self.show),
            ("GET", "/refresh_access_token", self.refresh),
        ):
            self.route(method, path, self.guarded(handler))
        self.route("POST", "/oauth/access_token", lambda request: Reply(200, {"access_token": TOKEN, "user_id": 1}))
        self.route("GET", "/access_token", lambda request: Reply(200, {"access_token": LONG_TOKEN, "expires_in": 9}))

    def make(self, request: Request) -> Reply:
        form = request.form()
        if len(form.get("caption", "")) > 2200:
            return graph_error(400, 100, "The caption is too long", error_subcode=2207010)
        container = self.next_id()
        state = "ERROR" if self.broken else "FINISHED"
        self.containers[container] = {"form": form, "polls": self.polls, "state": state}
        return Reply(200, {"id": container})

    def show(self, request: Request) -> Reply:
        found = self.containers.get(request.args["id"])
        if found is None:
            post = next((each for each in self.published if each["id"] == request.args["id"]), None)
            return Reply(200, post) if post else graph_error(400, 100, "Object does not exist")
        if found["polls"] > 0:
            found["polls"] -= 1
            return Reply(200, {"status_code": "IN_PROGRESS"})
        said = {"status": "Error: media could not be fetched"} if found["state"] == "ERROR" else {}
        return Reply(200, {"status_code": found["state"], **said})

    def publish(self, request: Request) -> Reply:
        container = self.containers[request.form()["creation_id"]]
        if container["polls"] > 0:
            return graph_error(400, 9007, "Media ID is not available", error_subcode=2207027)
        container["state"] = "PUBLISHED"
        post = {
            "id": self.next_id(),
            "caption": container["form"].get("caption", ""),
            "timestamp": self.stamp(),
            "permalink": f"https://www.instagram.com/p/D{self._serial}/",
            "form": container["form"],
        }
        self.published.insert(0, post)
        return Reply(200, {"id": post["id"]})

    def quota(self, request: Request) -> Reply:
        return Reply(200, {"data": [{"quota_usage": self.used, "config": {"quota_total": 50}}]})

    def refresh(self, request: Request) -> Reply:
        assert request.query["grant_type"] == "ig_refresh_token"
        return Reply(200, {"access_token": NEXT_TOKEN, "expires_in": SIXTY_DAYS})


PAGE = "10150146071791729"
PAGE_TOKEN, USER_TOKEN, LONG_USER_TOKEN = "EAA-page-token-1", "EAA-user-token-short", "EAA-user-token-long"


class FakeFacebook(FakeGraph):
    """One Page. `wants_proof` is an app that demands appsecret_proof."""

    tokens = (PAGE_TOKEN, USER_TOKEN, LONG_USER_TOKEN)

    def __init__(self, *, wants_proof: bool = False) -> None:
        super().__init__()
        self.wants_proof = wants_proof
        self.photos: dict[str, dict[str, Any]] = {}
        self.scopes = ["pages_manage_posts", "pages_read_engagement"]
        for method, path, handler in (
            ("POST", f"/v25.0/{PAGE}/feed", self.post),
            ("GET", f"/v25.0/{PAGE}/feed", lambda request: self.page(request, self.published, "created_time")),
            ("POST", f"/v25.0/{PAGE}/photos", self.upload),
            ("GET", f"/v25.0/{PAGE}", lambda request: Reply(200, {"id": PAGE, "name": "Foxes", "link": "https://f"})),
            ("GET", "/v25.0/debug_token", self.debug),
            ("GET", "/v25.0/me/accounts", self.accounts),
            ("GET", "/v25.0/{id}", self.show),
            ("POST", "/v25.0/{id}", self.edit),
            ("DELETE", "/v25.0/{id}", self.remove),
        ):
            self.route(method, path, self.guarded(self._proven(handler)))
        self.route("GET", "/v25.0/oauth/access_token", self.exchange)

    def _proven(self, handler: Any) -> Any:
        def proven(request: Request) -> Reply:
            wanted = hmac.new(APP_SECRET.encode(), request.bearer.encode(), hashlib.sha256).hexdigest()
            if self.wants_proof and request.query.get("appsecret_proof") != wanted:
                return graph_error(400, 100, "API calls from the server require an appsecret_proof argument")
            return handler(request)

        return proven

    def post(self, request: Request) -> Reply:
        form = request.form()
        if len(form["message"]) > 63_206:
            return graph_error(400, 100, "Message is too long")
        if self.published and self.published[0]["message"] == form["message"]:
            return graph_error(400, 506, "Duplicate status message")
        number = f"{PAGE}_{self.next_id()}"
        post = {
            "id": number,
            "message": form["message"],
            "created_time": self.stamp(),
            "permalink_url": f"https://www.facebook.com/foxes/posts/{number.split('_')[1]}",
            "attachments": {"data": [{"unshimmed_url": form["link"]}] if "link" in form else []},
            "form": form,
        }
        self.published.insert(0, post)
        wanted = form.get("fields", "id").split(",")
        return Reply(200, {name: value for name, value in post.items() if name in wanted})

    def show(self, request: Request) -> Reply:
        for post in self.published:
            if post["id"] == request.args["id"]:
                return Reply(200, {"id": post["id"]})
        return graph_error(400, 100, f"Unsupported get request. Object '{request.args['id']}' does not exist")

    def upload(self, request: Request) -> Reply:
        photo = self.next_id()
        self.photos[photo] = {name: part.data for name, part in request.parts().items()}
        return Reply(200, {"id": photo})

    def edit(self, request: Request) -> Reply:
        for post in self.published:
            if post["id"] == request.args["id"]:
                post["message"] = request.form()["message"]
                return Reply(200, {"success": True})
        return graph_error(400, 100, "Object does not exist")

    def remove(self, request: Request) -> Reply:
        left = [post for post in self.published if post["id"] != request.args["id"]]
        if len(left) == len(self.published):
            return graph_error(400, 100, f"Unsupported delete request. Object '{request.args['id']}' does not exist")
        self.published[:] = left
        return Reply(200, {"success": True})

    def debug(self, request: Request) -> Reply:
        data = {"is_valid": True, "expires_at": 0, "data_access_expires_at": 1803286800, "scopes": self.scopes}
        return Reply(200, {"data": data})

    def accounts(self, request: Request) -> Reply:
        if request.bearer != LONG_USER_TOKEN:
            return graph_error(400, 190, "Error validating access token")
        return Reply(200, {"data": [{"id": PAGE, "name": "Foxes", "access_token": PAGE_TOKEN}]})

    def exchange(self, request: Request) -> Reply:
        query = request.query
        if (query["client_secret"], query["fb_exchange_token"]) != (APP_SECRET, USER_TOKEN):
            return graph_error(400, 190, f"Invalid token {query['fb_exchange_token']}")
        return Reply(200, {"access_token": LONG_USER_TOKEN, "token_type": "bearer", "expires_in": SIXTY_DAYS})
