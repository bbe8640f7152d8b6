"""LinkedIn on a fake that wants its headers and cuts unescaped text."""

from __future__ import annotations

from dataclasses import replace

from tests.networks.case import TEXT, Case
from tests.networks.fake import Reply
from tests.networks.fake_linkedin import TOKEN, FakeLinkedIn

CASE = Case(
    network="linkedin",
    fake=FakeLinkedIn,
    options=lambda url: {"api": url, "oauth": url},
    secrets={"access_token": TOKEN},
    publish="POST /rest/posts",
    too_long=replace(TEXT, text="x" * 2901),
    unauthorised=Reply(401, {"status": 401, "code": "EXPIRED_ACCESS_TOKEN", "message": "The token has expired"}),
    leaks=("linkedin-upload-secret",),
)
