"""The wiring of now, lent to the threads of one process."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager

from syndicate.app.site import Wiring


class Shared:
    """Lends the wiring to use cases: each keeps the one it began with to its end.

    A wiring that was replaced (syndicate.toml changed) is closed by whoever gives it back last, so that nobody's
    cache or connection is closed under their hands.
    """

    def __init__(self, wiring: Wiring) -> None:
        self.current = wiring
        self._users: Counter[Wiring] = Counter()
        self._lock = threading.Lock()

    @contextmanager
    def borrow(self) -> Iterator[Wiring]:
        with self._lock:
            wiring = self.current
            self._users[wiring] += 1
        try:
            yield wiring
        finally:
            self.give_back(wiring)

    def keep(self, wiring: Wiring) -> None:
        """Borrow it once more, for work that ends in another thread; that gives it back."""
        with self._lock:
            self._users[wiring] += 1

    def replace(self, fresh: Wiring) -> None:
        with self._lock:
            old, self.current = self.current, fresh
            is_idle = old not in self._users
        if is_idle:
            old.close()

    def give_back(self, wiring: Wiring) -> None:
        with self._lock:
            self._users[wiring] -= 1
            if self._users[wiring]:
                return
            del self._users[wiring]  # with it go its settings and posts, once it is replaced
            is_replaced = wiring is not self.current
        if is_replaced:
            wiring.close()
