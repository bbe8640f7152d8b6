"""A Mastodon server in memory, written from the API's documentation, with its compatible cousins as moods."""

from __future__ import annotations

import html
import re
from datetime import UTC, datetime, timedelta
from typing import Any

import pyromark

from tests.networks.case import NOW
from tests.networks.fake import Fake, Reply, Request

TOKEN = "mastodon-access-token-1"
APP_SECRET = "mastodon-client-secret-1"


class FakeMastodon(Fake):
    """`software` sets the mood; `polls` is how often an upload must be asked for before it is ready."""

    def __init__(self, software: str = "mastodon", *, max_characters: int = 500, polls: int = 0) -> None:
        super().__init__()
        self.software = software
        self.max_characters = max_characters
        self.polls = polls
        self.media: dict[str, dict[str, Any]] = {}
        self.by_key: dict[str, tuple[datetime, dict[str, Any]]] = {}
        self.now = NOW
        self.verifiers: dict[str, str] = {}
        self.is_bot = True
        self.acct, self.domain = "fox", "127.0.0.1"
        self.refuses_narrow = software == "takahe"
        self.granted = "read write"
        self.states_scopes: list[str] | None = None
        self._next = 113930274098239510
        self.route("GET", "/nodeinfo/2.0", self.nodeinfo)
        self.route("GET", "/api/v2/instance", self.instance)
        self.route("POST", "/api/v2/media", self.upload)
        self.route("GET", "/api/v1/media/{id}", self.ask_media)
        self.route("PUT", "/api/v1/media/{id}", self.describe_media)
        self.route("POST", "/api/v1/statuses", self.post)
        self.route("PUT", "/api/v1/statuses/{id}", self.edit)
        self.route("GET", "/api/v1/statuses/{id}", self.show)
        self.route("DELETE", "/api/v1/statuses/{id}", self.remove)
        self.route("GET", "/api/v1/accounts/verify_credentials", self.whoami)
        self.route("GET", "/api/v1/accounts/{id}/statuses", self.listing)
        self.route("POST", "/api/v1/apps", self.register)
        self.route("POST", "/oauth/token", self.token)
        self.route("GET", "/.well-known/oauth-authorization-server", self.discover)

    def pass_by(self, time: timedelta) -> None:
        """Let the server's clock run."""
        self.now += time

    def nodeinfo(self, request: Request) -> Reply:
        return Reply(200, {"version": "2.0", "software": {"name": self.software, "version": "4.5.1"}})

    def instance(self, request: Request) -> Reply:
        statuses = {
            "max_characters": self.max_characters,
            "max_media_attachments": 4,
            "characters_reserved_per_url": 23,
        }
        media = {"supported_mime_types": ["image/jpeg", "image/png", "video/mp4"], "image_size_limit": 2_000_000}
        configuration = {"statuses": statuses, "media_attachments": media}
        return Reply(200, {"domain": self.domain, "version": "4.5.1", "configuration": configuration})

    def whoami(self, request: Request) -> Reply:
        if request.bearer != TOKEN:
            return Reply(401, {"error": "The access token is invalid"})
        if self.refuses_narrow and ":" in self.granted:
            return Reply(403, {"error": "out_of_scope_for_token"})
        me = {"id": "42", "username": "fox", "acct": self.acct, "url": f"{self.url}/@fox", "bot": self.is_bot}
        return Reply(200, me)

    def upload(self, request: Request) -> Reply:
        part = request.parts()["file"]
        media_id = str(len(self.media) + 22348641)
        described = request.parts().get("description")
        self.media[media_id] = {
            "polls": self.polls,
            "alt": described.data.decode() if described else "",
            "type": part.media_type,
            "data": part.data,
        }
        ready = self.polls == 0
        url = f"{self.url}/m/{media_id}" if ready else None
        return Reply(200 if ready else 202, {"id": media_id, "type": "image", "url": url})

    def ask_media(self, request: Request) -> Reply:
        media = self.media.get(request.args["id"])
        if media is None:
            return Reply(404, {"error": "Record not found"})
        media["polls"] -= 1
        if media["polls"] > 0:
            return Reply(206, {"id": request.args["id"], "url": None})
        return Reply(200, {"id": request.args["id"], "url": f"{self.url}/m/{request.args['id']}"})

    def post(self, request: Request) -> Reply:
        if request.bearer != TOKEN:
            return Reply(401, {"error": "The access token is invalid"})
        key = request.headers.get("idempotency-key", "")
        kept = self.by_key.get(key)
        if kept and self.now - kept[0] < timedelta(hours=1):
            if self.software == "pixelfed":
                return Reply(400, {"error": "Duplicate idempotency key."})
            if self.software in {"mastodon", "hollo"}:
                return Reply(200, kept[1])
        refusal = self._refusal(request.json())
        if refusal:
            return refusal
        status = self._store(request.json())
        if key:
            self.by_key[key] = (self.now, status)
        return Reply(200, status)

    def _refusal(self, body: dict[str, Any]) -> Reply | None:
        if len(re.sub(r"https?://\S+", "x" * 23, body["status"])) > self.max_characters:
            return Reply(422, {"error": f"Validation failed: Text character limit of {self.max_characters} exceeded"})
        for media_id in body.get("media_ids", []):
            if media_id not in self.media:
                return Reply(404, {"error": "Record not found"})
            if self.media[media_id]["polls"] > 0:
                said = "Cannot attach files that have not finished processing. Try again in a moment!"
                return Reply(422, {"error": said})
        return None

    def _store(self, body: dict[str, Any]) -> dict[str, Any]:
        self._next += 1
        status = {
            "id": str(self._next),
            "created_at": self.now.astimezone(UTC).isoformat().replace("+00:00", "Z"),
            "in_reply_to_id": body.get("in_reply_to_id"),
            "uri": f"{self.url}/users/fox/statuses/{self._next}",
            "url": f"{self.url}/@fox/{self._next}",
            "content": self._render(body["status"]),
            "card": None,
            "media_ids": body.get("media_ids", []),
            "body": body,
        }
        self.published.insert(0, self._shown(status))
        return status

    def edit(self, request: Request) -> Reply:
        for status in self.published:
            if status["id"] == request.args["id"]:
                body = request.json()
                if self.software not in {"hollo", "snac"}:  # these two ignore the alt texts of an edit
                    for described in body.get("media_attributes", []):
                        self.media[described["id"]]["alt"] = described["description"]
                status["content"] = self._render(body["status"])
                status["media_ids"] = body.get("media_ids", [])
                status["edits"] = [*status.get("edits", []), body]
                return Reply(200, self._shown(status))
        return Reply(404, {"error": "Record not found"})

    def describe_media(self, request: Request) -> Reply:
        """Mastodon refuses this for what is attached; Hollo takes it, snac has no such page."""
        if self.software != "hollo":
            return Reply(404, {"error": "Record not found"})
        self.media[request.args["id"]]["alt"] = request.json()["description"]
        return Reply(200, {"id": request.args["id"]})

    def _shown(self, status: dict[str, Any]) -> dict[str, Any]:
        """A status with its pictures as they are described now."""
        pictures = [
            {"id": media_id, "type": "image", "description": self.media[media_id]["alt"]}
            for media_id in status["media_ids"]
        ]
        status["media_attachments"] = pictures
        return status

    def _render(self, text: str) -> str:
        """Hollo reads Markdown, and makes links of addresses in what comes of it."""
        return _as_links(pyromark.html(text)) if self.software == "hollo" else _as_html(text)

    def show(self, request: Request) -> Reply:
        found = [status for status in self.published if status["id"] == request.args["id"]]
        return Reply(200, self._shown(found[0])) if found else Reply(404, {"error": "Record not found"})

    def remove(self, request: Request) -> Reply:
        for status in self.published:
            if status["id"] == request.args["id"]:
                self.published.remove(status)
                return Reply(200, status)
        return Reply(404, {"error": "Record not found"})

    def listing(self, request: Request) -> Reply:
        before = request.query.get("max_id", "9" * 30)
        older = [status for status in self.published if (len(status["id"]), status["id"]) < (len(before), before)]
        return Reply(200, older[: int(request.query["limit"])])

    def register(self, request: Request) -> Reply:
        form = request.form()
        if not {"client_name", "redirect_uris", "scopes"} <= set(form):
            return Reply(422, {"error": "Validation failed"})
        return Reply(200, {"id": "1", "client_id": "cid", "client_secret": APP_SECRET})

    def token(self, request: Request) -> Reply:
        form = request.form()
        if form.get("code") != "good-code" or form.get("client_secret") != APP_SECRET or not form.get("code_verifier"):
            return Reply(400, {"error": "invalid_grant", "error_description": "The code good-code-not is invalid"})
        self.granted = form["scope"]
        return Reply(200, {"access_token": TOKEN, "token_type": "Bearer", "scope": form["scope"]})

    def discover(self, request: Request) -> Reply:
        """Since Mastodon 4.3; older servers and most cousins have no such page."""
        if self.states_scopes is None:
            return Reply(404, {"error": "Record not found"})
        return Reply(200, {"issuer": self.url, "scopes_supported": self.states_scopes})


def _as_html(text: str) -> str:
    """Like Mastodon: paragraphs, and links whose scheme and tail are hidden by style."""
    linked = _as_links(html.escape(text, quote=False))
    return "".join(f"<p>{part}</p>" for part in linked.split("\n\n")).replace("\n", "<br />")


def _as_links(shown: str) -> str:
    return re.sub(
        r"https?://([^\s<]+)",
        lambda m: f'<a href="{m[0]}" rel="nofollow"><span class="invisible">https://</span><span>{m[1]}</span></a>',
        shown,
    )
