"""How long whoever fetches a published file may keep it."""

from __future__ import annotations

import re

IMMUTABLE = "public, max-age=31536000, immutable"
FRESH = "public, max-age=300, stale-while-revalidate=3600, stale-if-error=86400"
# archive/12.atom is closed; cards/hello.3fa9c1.jpg names its own bytes.
_CLOSED = re.compile(r"archive/\d+\.\w+|cards/.+\.[0-9a-f]{6,64}\.\w+")


def choose_cache_control(path: str) -> str:
    """The Cache-Control of a published path (RFC 9111, RFC 8246, RFC 5861)."""
    return IMMUTABLE if _CLOSED.fullmatch(path) else FRESH
