"""Bluesky on a fake data server over real HTTP: keys, facets, cards, sessions."""

from __future__ import annotations

from dataclasses import replace

from tests.networks.case import TEXT, Case
from tests.networks.fake import Reply
from tests.networks.fake_bluesky import HANDLE, PASSWORD, FakeBluesky

CASE = Case(
    network="bluesky",
    fake=FakeBluesky,
    options=lambda url: {"handle": HANDLE, "service": url},
    secrets={"app_password": PASSWORD},
    publish="POST /xrpc/com.atproto.repo.putRecord",
    too_long=replace(TEXT, text="x" * 301),
    unauthorised=Reply(401, {"error": "AuthMissing", "message": "Authentication Required"}),
    leaks=("signature-access-1", "signature-refresh-1"),
)
