"""A personal data server in memory: sessions that expire, blobs, records by key, swaps as the reference server does."""

from __future__ import annotations

import base64
import hashlib
import json
from datetime import datetime, timedelta
from typing import Any

from pyuegc import EGC

from tests.networks.case import NOW
from tests.networks.fake import Fake, Reply, Request

PASSWORD = "abcd-efgh-ijkl-mnop"
HANDLE = "fox.example"
DID = "did:plc:fox"
PEOPLE = {"owl.example.com": "did:plc:owl"}


class FakeBluesky(Fake):
    """`published` holds the posts; `records` everything by (collection, rkey)."""

    def __init__(self) -> None:
        super().__init__()
        self.now = NOW
        self.records: dict[tuple[str, str], dict[str, Any]] = {}
        self.blobs: set[str] = set()
        self.access: set[str] = set()
        self.refresh: set[str] = set()
        self.logins = 0
        self.tokens = 0
        self.active = True
        for method, name, handler in (
            ("POST", "com.atproto.server.createSession", self.create_session),
            ("POST", "com.atproto.server.refreshSession", self.refresh_session),
            ("GET", "com.atproto.server.getSession", self.get_session),
            ("GET", "com.atproto.identity.resolveHandle", self.resolve),
            ("POST", "com.atproto.repo.uploadBlob", self.upload),
            ("POST", "com.atproto.repo.putRecord", self.put),
            ("GET", "com.atproto.repo.getRecord", self.get),
            ("GET", "com.atproto.repo.listRecords", self.listing),
            ("POST", "com.atproto.repo.deleteRecord", self.remove),
        ):
            self.route(method, f"/xrpc/{name}", handler)

    @property
    def posts(self) -> dict[str, dict[str, Any]]:
        return {rkey: item for (collection, rkey), item in self.records.items() if collection == "app.bsky.feed.post"}

    def expire_token(self) -> None:
        """Every access token dies now; refresh tokens live on."""
        self.access.clear()

    def pass_by(self, time: timedelta) -> None:
        self.now += time

    def create_session(self, request: Request) -> Reply:
        self.logins += 1
        if request.json() != {"identifier": HANDLE, "password": PASSWORD}:
            return _no(401, "AuthenticationRequired", "Invalid identifier or password")
        return Reply(200, self._pair())

    def refresh_session(self, request: Request) -> Reply:
        if request.bearer not in self.refresh or request.body:
            return _no(400, "ExpiredToken", "Token has been revoked")
        return Reply(200, self._pair())

    def _pair(self) -> dict[str, Any]:
        self.tokens += 1
        access = _jwt(f"access-{self.tokens}", self.now + timedelta(hours=2))
        refresh = _jwt(f"refresh-{self.tokens}", self.now + timedelta(days=90))
        self.access.add(access)
        self.refresh.add(refresh)
        return {"did": DID, "handle": HANDLE, "accessJwt": access, "refreshJwt": refresh, "active": True}

    def _refused(self, request: Request) -> Reply | None:
        if not request.bearer:
            return _no(401, "AuthMissing", "Authentication Required")
        return None if request.bearer in self.access else _no(400, "ExpiredToken", "Token has expired")

    def get_session(self, request: Request) -> Reply:
        state = {"active": True} if self.active else {"active": False, "status": "suspended"}
        return self._refused(request) or Reply(200, {"did": DID, "handle": HANDLE, **state})

    def resolve(self, request: Request) -> Reply:
        did = PEOPLE.get(request.query["handle"])
        return Reply(200, {"did": did}) if did else _no(400, "InvalidRequest", "Unable to resolve handle")

    def upload(self, request: Request) -> Reply:
        link = "bafkrei" + hashlib.sha256(request.body).hexdigest()
        blob = {"$type": "blob", "ref": {"$link": link}, "mimeType": request.headers["content-type"]}
        refused = self._refused(request)
        if not refused:
            self.blobs.add(link)
        return refused or Reply(200, {"blob": {**blob, "size": len(request.body)}})

    def put(self, request: Request) -> Reply:
        body = request.json()
        place = (body["collection"], body["rkey"])
        refusal = self._refused(request) or self._invalid(body["record"])
        if refusal:
            return refusal
        known = self.records.get(place)
        cid = "bafyrei" + hashlib.sha256(json.dumps(body["record"], sort_keys=True).encode()).hexdigest()
        uri = f"at://{DID}/{body['collection']}/{body['rkey']}"
        if known and known["cid"] == cid:
            return Reply(200, {"uri": uri, "cid": cid, "validationStatus": "valid"})
        if known and "swapRecord" in body:
            return _no(400, "InvalidSwap", f"Record was at {known['cid']}")
        self.records[place] = {"uri": uri, "cid": cid, "value": body["record"]}
        self.published[:] = self.posts.values()
        return Reply(200, {"uri": uri, "cid": cid, "commit": {"cid": cid, "rev": "3l"}, "validationStatus": "valid"})

    def _invalid(self, record: dict[str, Any]) -> Reply | None:
        text = record.get("text", "")
        if len(EGC(text)) > 300 or len(text.encode()) > 3000:
            return _no(400, "InvalidRequest", "Invalid app.bsky.feed.post record: grapheme too big (maximum 300)")
        if any(link not in self.blobs for link in _links(record)):
            return _no(400, "BlobNotFound", "Could not find blob")
        return None

    def get(self, request: Request) -> Reply:
        record = self.records.get((request.query["collection"], request.query["rkey"]))
        where = f"at://{DID}/{request.query['collection']}/{request.query['rkey']}"
        return Reply(200, record) if record else _no(400, "RecordNotFound", f"Could not locate record: {where}")

    def listing(self, request: Request) -> Reply:
        newest = sorted(self.posts.items(), reverse=True)
        older = [(rkey, item) for rkey, item in newest if rkey < request.query.get("cursor", "~")]
        page = older[: int(request.query["limit"])]
        return Reply(200, {"records": [item for _, item in page], **({"cursor": page[-1][0]} if page else {})})

    def remove(self, request: Request) -> Reply:
        refusal = self._refused(request)
        if not refusal:
            self.records.pop((request.json()["collection"], request.json()["rkey"]), None)
            self.published[:] = self.posts.values()
        return refusal or Reply(200, {})


def _links(value: object) -> list[str]:
    """The references of all blobs in a record."""
    if isinstance(value, dict):
        own = [value["ref"]["$link"]] if value.get("$type") == "blob" else []
        return own + [link for item in value.values() for link in _links(item)]
    return [link for item in value for link in _links(item)] if isinstance(value, list) else []


def _no(status: int, name: str, message: str) -> Reply:
    return Reply(status, {"error": name, "message": message})


def _jwt(name: str, ends_at: datetime) -> str:
    claims = json.dumps({"sub": DID, "jti": name, "exp": int(ends_at.timestamp())}).encode()
    return f"head-{name}.{base64.urlsafe_b64encode(claims).decode().rstrip('=')}.signature-{name}"
