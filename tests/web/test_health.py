"""`/healthz` and `/metrics`, over HTTP."""

from __future__ import annotations

import urllib.error
import urllib.request
from collections.abc import Mapping

import pytest

from syndicate.app.rounds import Pulse
from syndicate.web.asgi import Health, make_health_app
from tests.web.serving import serving


def ask(health: Health, path: str, headers: Mapping[str, str] | None = None) -> tuple[int, str]:
    with serving(make_health_app(health)) as address:
        try:
            with urllib.request.urlopen(urllib.request.Request(address + path, headers=dict(headers or {}))) as answer:
                return answer.status, answer.read().decode()
        except urllib.error.HTTPError as error:
            return error.code, error.read().decode()


def health(*troubles: str, token: str = "") -> Health:
    return Health(lambda: troubles, lambda: (b"syndicate_deliveries 1\n", "text/plain"), token)


def test_a_loop_that_stands_still_turns_the_page_red() -> None:
    """By a clock that a test may put on: two loops, of which one is heard of."""
    now = [0.0]
    pulse = Pulse({"publish": 60, "deliver": 60}, clock=lambda: now[0])
    asked = Health(pulse.list_still, lambda: (b"", "text/plain"))
    now[0] = 59
    assert ask(asked, "/healthz") == (200, "ok\n")
    pulse.beat("deliver")
    now[0] = 61
    assert ask(asked, "/healthz") == (503, "publish has stood still for 61 s\n")


@pytest.mark.parametrize(
    ("headers", "token", "status"),
    [
        ({}, "", 200),
        ({"X-Forwarded-For": "203.0.113.7"}, "", 403),
        ({"Via": "1.1 caddy"}, "", 403),
        ({"Host": "rebound.example"}, "", 403),
        ({}, "s3cret", 403),
        ({"Authorization": "Bearer s3cret", "X-Forwarded-For": "203.0.113.7"}, "s3cret", 200),
        ({"Authorization": "Bearer other"}, "s3cret", 403),
    ],
)
def test_the_metrics_are_for_this_machine_or_for_a_token(headers: dict[str, str], token: str, status: int) -> None:
    """A proxy on this machine passes on what strangers ask."""
    assert ask(health(token=token), "/metrics", headers)[0] == status
