"""A receiver of signed webhooks that checks signatures by the convention and shows each id once."""

from __future__ import annotations

import base64
import hashlib
import hmac
from typing import Any

from tests.networks.fake import Fake, Reply, Request

SECRET = "whsec_c3luZGljYXRlLXRlc3Qtc2VjcmV0LTAxMjM0NTY3"
NOW_UNIX = 1795510800


class FakeReceiver(Fake):
    """`secret` is what the receiver believes in; ids it has seen are acknowledged and not shown again."""

    def __init__(self, secret: str = SECRET) -> None:
        super().__init__()
        self.secret = secret
        self.now = NOW_UNIX
        self.seen: set[str] = set()
        self.route("POST", "/hook", self.receive)

    def receive(self, request: Request) -> Reply:
        if not self._is_signed(request):
            return Reply(401, {"error": "bad signature"})
        identity = request.headers["webhook-id"]
        if identity not in self.seen:
            self.seen.add(identity)
            event: dict[str, Any] = request.json()
            self.published.append(event)
        return Reply(200, "ok")

    def _is_signed(self, request: Request) -> bool:
        stamp = request.headers["webhook-timestamp"]
        if abs(self.now - int(stamp)) > 300:
            return False
        signed = b".".join([request.headers["webhook-id"].encode(), stamp.encode(), request.body])
        key = base64.b64decode(self.secret.removeprefix("whsec_"))
        wanted = "v1," + base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()
        return wanted in request.headers["webhook-signature"].split(" ")
