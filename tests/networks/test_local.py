"""The local timeline: a file on disk that keeps every message once."""

from __future__ import annotations

from tests.networks.case import Case

CASE = Case(network="local", options=lambda url: {"folder": "unused"})
