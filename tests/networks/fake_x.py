"""X in memory: checks OAuth 1.0a signatures for real, turns refresh tokens over, shortens links, counts the money."""

from __future__ import annotations

import base64
import hashlib
import hmac
import html
import re
from datetime import timedelta
from typing import Any
from urllib.parse import quote, unquote

from tests.networks.case import NOW
from tests.networks.fake import Fake, Reply, Request

KEYS = {
    "api_key": "x-api-key-1",
    "api_secret": "x-api-secret-1",
    "access_token": "370773112-x-token-1",
    "access_token_secret": "x-token-secret-1",
}
CLIENT = "x-client-id"
CLIENT_SECRET = "x-client-secret-1"
FIRST_REFRESH = "x-refresh-token-0"
DUPLICATE = "You are not allowed to create a Tweet with duplicate content."


class FakeX(Fake):
    """`credit` is how many posts may still be made; `polls` how often an upload is still in progress."""

    def __init__(self) -> None:
        super().__init__()
        self.now = NOW
        self.credit = 1000
        self.polls = 0
        self.fields = "tweet.fields"
        self.posts_read = 0
        self.media: dict[str, dict[str, Any]] = {}
        self.bearers: set[str] = set()
        self.refresh = FIRST_REFRESH
        self.turns = 0
        self._next = 1886036117001699500
        self.route("POST", "/2/tweets", self.signed(self.post))
        self.route("DELETE", "/2/tweets/{id}", self.signed(self.remove))
        self.route("GET", "/2/users/me", self.signed(self.whoami))
        self.route("GET", "/2/users/{id}/tweets", self.signed(self.listing))
        self.route("POST", "/2/media/upload", self.signed(self.upload))
        self.route("GET", "/2/media/upload", self.signed(self.ask_media))
        self.route("POST", "/2/media/metadata", self.signed(self.describe))
        self.route("POST", "/2/oauth2/token", self.token)

    def expire_token(self) -> None:
        self.bearers.clear()

    def signed(self, handler: Any) -> Any:
        def guarded(request: Request) -> Reply:
            return handler(request) if self._is_signed(request) else _problem(401, "Unauthorized", "Unauthorized")

        return guarded

    def _is_signed(self, request: Request) -> bool:
        header = request.headers.get("authorization", "")
        if header.startswith("Bearer "):
            return request.bearer in self.bearers
        sent = {name: unquote(value) for name, value in re.findall(r'(\w+)="([^"]*)"', header)}
        signature = sent.pop("oauth_signature", "")
        is_ours = sent.get("oauth_consumer_key") == KEYS["api_key"] and sent.get("oauth_token") == KEYS["access_token"]
        is_now = abs(int(sent.get("oauth_timestamp", "0")) - self.now.timestamp()) < 300
        return is_ours and is_now and signature == self._signature(request, sent)

    def _signature(self, request: Request, oauth: dict[str, str]) -> str:
        pairs = sorted((quote(k, safe="~"), quote(v, safe="~")) for k, v in {**request.query, **oauth}.items())
        parameters = quote("&".join(f"{k}={v}" for k, v in pairs), safe="~")
        base = f"{request.method}&{quote(self.url + request.path, safe='~')}&{parameters}"
        key = f"{KEYS['api_secret']}&{KEYS['access_token_secret']}"
        return base64.b64encode(hmac.new(key.encode(), base.encode(), hashlib.sha1).digest()).decode()

    def token(self, request: Request) -> Reply:
        form = request.form()
        expected = "Basic " + base64.b64encode(f"{CLIENT}:{CLIENT_SECRET}".encode()).decode()
        if request.headers.get("authorization", expected) != expected:
            return Reply(401, {"error": "unauthorized_client"})
        is_code = (
            form.get("grant_type") == "authorization_code" and form.get("code") == "good" and "code_verifier" in form
        )
        if not is_code and form.get("refresh_token") != self.refresh:
            said = "Value passed for the token was invalid."
            return Reply(400, {"error": "invalid_request", "error_description": said})
        self.turns += 1
        self.refresh = f"x-refresh-token-{self.turns}"
        bearer = f"x-bearer-token-{self.turns}"
        self.bearers = {bearer}
        return Reply(
            200, {"token_type": "bearer", "expires_in": 7200, "access_token": bearer, "refresh_token": self.refresh}
        )

    def post(self, request: Request) -> Reply:
        body = request.json()
        if any(body["text"] == post["typed"] for post in self.published):
            return _problem(403, "Forbidden", DUPLICATE)
        if self.credit <= 0:
            return _problem(402, "CreditsDepleted", "No credits", "https://api.x.com/2/problems/credits")
        if any(media not in self.media for media in body.get("media", {}).get("media_ids", [])):
            return _problem(400, "Invalid Request", "Your media IDs are invalid.")
        self.credit -= 1
        post = self._store(body)
        return Reply(201, {"data": {"id": post["id"], "text": post["text"], "edit_history_tweet_ids": [post["id"]]}})

    def _store(self, body: dict[str, Any]) -> dict[str, Any]:
        self._next += 1
        links = re.findall(r"https?://\S+", body["text"])
        text = html.escape(body["text"], quote=False)
        urls = []
        for number, link in enumerate(links):
            short = f"https://t.co/{self._next}x{number}"
            text = text.replace(html.escape(link, quote=False), short)
            urls.append({"url": short, "expanded_url": link})
        if body.get("media"):
            text += " https://t.co/picture"
            urls.append(
                {"url": "https://t.co/picture", "expanded_url": f"https://x.com/fox/status/{self._next}/photo/1"}
            )
        post: dict[str, Any] = {
            "id": str(self._next),
            "text": text,
            "typed": body["text"],
            "created_at": self.now.isoformat().replace("+00:00", ".000Z"),
            "body": body,
        }
        if urls:
            post["entities"] = {"urls": urls}
        if body.get("reply"):
            post["referenced_tweets"] = [{"type": "replied_to", "id": body["reply"]["in_reply_to_tweet_id"]}]
        self.published.insert(0, post)
        return post

    def remove(self, request: Request) -> Reply:
        self.published[:] = [post for post in self.published if post["id"] != request.args["id"]]
        return Reply(200, {"data": {"deleted": True}})

    def whoami(self, request: Request) -> Reply:
        return Reply(200, {"data": {"id": "370773112", "name": "Fox", "username": "fox"}})

    def listing(self, request: Request) -> Reply:
        fields = {name for name in request.query if name.endswith(".fields")}
        if fields != {self.fields}:
            return _problem(400, "Invalid Request", f"The query parameter [{fields}] is not one of [{self.fields}]")
        posts = [post for post in self.published if post["created_at"] >= request.query.get("start_time", "")]
        start = int(request.query.get("pagination_token", "0"))
        end = start + int(request.query["max_results"])
        assert 5 <= end - start <= 100, "X takes no fewer and no more"
        page, meta = posts[start:end], {"result_count": len(posts[start:end])}
        if self.fields == "post.fields":
            page = [_renamed(post) for post in page]
        self.posts_read += len(page)
        more = {"next_token": str(end)} if end < len(posts) else {}
        return Reply(200, {"meta": {**meta, **more}, **({"data": page} if page else {})})

    def upload(self, request: Request) -> Reply:
        parts = request.parts()
        media_id = str(1880028106020515840 + len(self.media))
        self.media[media_id] = {"data": parts["media"].data, "category": parts["media_category"].data.decode()}
        busy = {"processing_info": {"state": "pending", "check_after_secs": 2}} if self.polls else {}
        return Reply(200, {"data": {"id": media_id, "media_key": f"3_{media_id}", "expires_after_secs": 86400, **busy}})

    def ask_media(self, request: Request) -> Reply:
        self.polls -= 1
        state = "in_progress" if self.polls > 0 else "succeeded"
        info = {"processing_info": {"state": state, "check_after_secs": 2}}
        return Reply(200, {"data": {"id": request.query["media_id"], **info}})

    def describe(self, request: Request) -> Reply:
        body = request.json()
        self.media[body["id"]]["alt"] = body["metadata"]["alt_text"]["text"]
        return Reply(200, {"data": {"id": body["id"]}})

    def pass_by(self, time: timedelta) -> None:
        self.now += time


def _renamed(post: dict[str, Any]) -> dict[str, Any]:
    """As the newest documents name it."""
    return {name.replace("referenced_tweets", "referenced_posts"): value for name, value in post.items()}


def _problem(status: int, title: str, detail: str, kind: str = "about:blank") -> Reply:
    return Reply(status, {"title": title, "detail": detail, "type": kind, "status": status})
