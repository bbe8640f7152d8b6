"""LinkedIn in memory: wants its headers, cuts text at unescaped signs, refuses equal posts by name."""

from __future__ import annotations

import re
from typing import Any

from tests.networks.fake import Fake, Reply, Request

TOKEN = "linkedin-access-token-1"
CLIENT_SECRET = "linkedin-client-secret-1"
RETIRED = {"202501"}
_UNESCAPED = re.compile(r"(?<!\\)(?:\\\\)*[|{}@\[\]()<>*_~]")


class FakeLinkedIn(Fake):
    """`readable_images` is whether the token may ask for an image's state; a member's may not."""

    def __init__(self, *, readable_images: bool = False) -> None:
        super().__init__()
        self.readable_images = readable_images
        self.image_status = "AVAILABLE"
        self.images: dict[str, bytes] = {}
        self.gone: set[str] = set()
        self._next = 7341000000000000000
        self.route("POST", "/rest/posts", self.guarded(self.post))
        self.route("POST", "/rest/posts/{urn}", self.guarded(self.change))
        self.route("DELETE", "/rest/posts/{urn}", self.guarded(self.remove))
        self.route("POST", "/rest/images", self.guarded(self.begin_upload))
        self.route("PUT", "/dms-uploads/{id}", self.upload)
        self.route("GET", "/rest/images/{urn}", self.guarded(self.ask_image))
        self.route("GET", "/v2/userinfo", self.whoami)
        self.route("POST", "/oauth/v2/accessToken", self.token)

    def guarded(self, handler: Any) -> Any:
        def checked(request: Request) -> Reply:
            return self._refusal(request) or handler(request)

        return checked

    def _refusal(self, request: Request) -> Reply | None:
        version = request.headers.get("linkedin-version", "")
        if request.bearer != TOKEN:
            return Reply(401, {"status": 401, "code": "INVALID_ACCESS_TOKEN", "message": "Invalid access token"})
        if not version:
            return Reply(400, {"status": 400, "code": "VERSION_MISSING", "message": "A version must be present"})
        if version in RETIRED:
            return Reply(426, {"status": 426, "code": "NONEXISTENT_VERSION", "message": f"{version} is not active"})
        if request.headers.get("x-restli-protocol-version") != "2.0.0":
            return Reply(400, {"status": 400, "message": "X-RestLi-Protocol-Version is missing"})
        return None

    def post(self, request: Request) -> Reply:
        body = request.json()
        shown = _as_shown(body["commentary"])
        if len(shown.encode("utf-16-le")) // 2 > 3000:
            return Reply(422, {"status": 422, "message": "ERROR :: /commentary :: is too long"})
        for known in self.published:
            if known["text"] == shown:
                return _duplicate(known["id"])
        self._next += 1
        urn = f"urn:li:share:{self._next}"
        self.published.append({"id": urn, "text": shown, "body": body})
        return Reply(201, b"", {"x-restli-id": urn, "Location": f"/posts/{urn.replace(':', '%3A')}"})

    def change(self, request: Request) -> Reply:
        if request.headers.get("x-restli-method") != "PARTIAL_UPDATE":
            return Reply(400, {"status": 400, "message": "method is missing"})
        for post in self.published:
            if post["id"] == request.args["urn"]:
                post["text"] = _as_shown(request.json()["patch"]["$set"]["commentary"])
                return Reply(204)
        return Reply(404, {"status": 404, "message": "Not found"})

    def remove(self, request: Request) -> Reply:
        self.published[:] = [post for post in self.published if post["id"] != request.args["urn"]]
        return Reply(204)

    def begin_upload(self, request: Request) -> Reply:
        urn = f"urn:li:image:D{len(self.images)}"
        self.images[urn] = b""
        url = f"{self.url}/dms-uploads/{urn}?sig=linkedin-upload-secret"
        return Reply(200, {"value": {"uploadUrlExpiresAt": 1750389188127, "uploadUrl": url, "image": urn}})

    def upload(self, request: Request) -> Reply:
        self.images[request.args["id"]] = request.body
        return Reply(201)

    def ask_image(self, request: Request) -> Reply:
        if not self.readable_images:
            return Reply(403, {"status": 403, "code": "ACCESS_DENIED", "message": "Not enough permissions"})
        return Reply(200, {"id": request.args["urn"], "status": self.image_status})

    def whoami(self, request: Request) -> Reply:
        if request.bearer != TOKEN:
            return Reply(401, {"status": 401, "code": "INVALID_ACCESS_TOKEN", "message": "Invalid access token"})
        return Reply(200, {"sub": "AbC123", "name": "Fox"})

    def token(self, request: Request) -> Reply:
        form = request.form()
        is_code = form["grant_type"] == "authorization_code" and form.get("code") == "good"
        is_refresh = form["grant_type"] == "refresh_token" and form.get("refresh_token") == "linkedin-refresh-1"
        if not (is_code or is_refresh) or form["client_secret"] != CLIENT_SECRET:
            return Reply(401, {"error": "invalid_client", "error_description": "Client authentication failed"})
        return Reply(200, {"access_token": TOKEN, "expires_in": 5184000, "scope": "w_member_social"})


def _as_shown(commentary: str) -> str:
    """What a reader sees: everything after the first unescaped sign is lost, backslashes are taken away."""
    links = r"https?://\S+"
    parts = re.split(f"({links})", commentary)
    shown = ""
    for number, part in enumerate(parts):
        if number % 2:
            shown += part
            continue
        cut = _UNESCAPED.search(part)
        shown += re.sub(r"\\(.)", r"\1", part[: cut.start()] if cut else part)
        if cut:
            break
    return shown


def _duplicate(urn: str) -> Reply:
    error = {"description": "Duplicate post is detected", "code": "DUPLICATE_POST"}
    message = f"Content is a duplicate of {urn}"
    return Reply(422, {"message": message, "errorDetails": {"inputErrors": [error]}, "status": 422})
