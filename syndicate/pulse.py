"""Whether loops that should never end are still going round: what `/healthz` and the heartbeat ask."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping


class Pulse:
    """Loops by name, each with the most seconds that may pass between two signs of life. Threads may share it."""

    def __init__(self, patience: Mapping[str, float], *, clock: Callable[[], float] = time.monotonic) -> None:
        self._patience = patience
        self._clock = clock
        self._lock = threading.Lock()
        self._seen = dict.fromkeys(patience, clock())

    def beat(self, name: str) -> None:
        """The loop is there; one that nobody expects is ignored."""
        with self._lock:
            if name in self._seen:
                self._seen[name] = self._clock()

    def list_still(self) -> tuple[str, ...]:
        """A sentence for each loop that stands still."""
        now = self._clock()
        with self._lock:
            silent = {name: now - seen for name, seen in self._seen.items()}
        return tuple(
            f"{name} has stood still for {seconds:.0f} s"
            for name, seconds in silent.items()
            if seconds > self._patience[name]
        )
