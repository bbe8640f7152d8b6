"""X on a fake that checks signatures: keys, tokens that turn over, money, duplicates."""

from __future__ import annotations

from dataclasses import replace

from tests.networks.case import TEXT, Case
from tests.networks.fake import Reply
from tests.networks.fake_x import KEYS, FakeX

CASE = Case(
    network="x",
    fake=FakeX,
    options=lambda url: {"api": url},
    secrets=KEYS,
    publish="POST /2/tweets",
    too_long=replace(TEXT, text="日" * 141, link=""),
    unauthorised=Reply(401, {"title": "Unauthorized", "type": "about:blank", "status": 401, "detail": "Unauthorized"}),
)
