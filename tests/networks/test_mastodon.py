"""Mastodon on a fake server over real HTTP: the flows, the faults, and the cousins that behave otherwise."""

from __future__ import annotations

from dataclasses import replace

from tests.networks.case import TEXT, Case
from tests.networks.fake_mastodon import TOKEN, FakeMastodon

CASE = Case(
    network="mastodon",
    fake=FakeMastodon,
    options=lambda url: {"instance": url},
    secrets={"access_token": TOKEN},
    publish="POST /api/v1/statuses",
    too_long=replace(TEXT, text="x" * 501, link=""),
)
