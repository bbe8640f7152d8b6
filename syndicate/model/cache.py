"""What rooms may ask of the disposable cache file. Losing it costs time, never data."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Protocol


class Cache(Protocol):
    """Bytes by (kind, key). Kinds: "post", "entry", "picture", "card", "stamp"."""

    def get(self, kind: str, key: str) -> bytes | None:
        """The stored bytes, None where there are none."""

    def get_many(self, kind: str, keys: Iterable[str]) -> Mapping[str, bytes]:
        """Those of the keys that are stored."""

    def get_all(self, kind: str) -> Mapping[str, bytes]:
        """Everything of one kind."""

    def put_many(self, kind: str, items: Mapping[str, bytes]) -> None:
        """Store or replace, in one transaction."""

    def drop(self, kind: str, keys: Iterable[str]) -> None:
        """Forget some keys."""
