"""A vault in memory that remembers each write, so that a test can see what was stored before what was called."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager


class MemoryVault:
    """Secrets in a dict. `on_put` may raise, to play a process that dies at the write."""

    def __init__(self, secrets: Mapping[str, str] | None = None) -> None:
        self.secrets = dict(secrets or {})
        self.writes: list[dict[str, str]] = []
        self._lock = threading.Lock()  # as the real one: who takes it twice waits for ever

    def get(self, name: str) -> str:
        return self.secrets.get(name, "")

    def put(self, values: Mapping[str, str]) -> None:
        self.writes.append(dict(values))
        self.secrets.update(values)

    @contextmanager
    def lock(self) -> Iterator[None]:
        with self._lock:
            yield
