"""The site of now, lent to the threads of one process."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager

from syndicate.app.site import OpenSite


class Shared:
    """Lends the site to use cases: each keeps the one it began with to its end.

    A site that was replaced (syndicate.toml changed) is closed by whoever gives it back last, so that nobody's
    cache or connection is closed under their hands.
    """

    def __init__(self, site: OpenSite) -> None:
        self.current = site
        self._users: Counter[OpenSite] = Counter()
        self._lock = threading.Lock()

    @contextmanager
    def borrow(self) -> Iterator[OpenSite]:
        with self._lock:
            site = self.current
            self._users[site] += 1
        try:
            yield site
        finally:
            self.give_back(site)

    def keep(self, site: OpenSite) -> None:
        """Borrow it once more, for work that ends in another thread; that gives it back."""
        with self._lock:
            self._users[site] += 1

    def replace(self, fresh: OpenSite) -> None:
        with self._lock:
            old, self.current = self.current, fresh
            is_idle = old not in self._users
        if is_idle:
            old.close()

    def give_back(self, site: OpenSite) -> None:
        with self._lock:
            self._users[site] -= 1
            if self._users[site]:
                return
            del self._users[site]  # with it go its settings and posts, once it is replaced
            is_replaced = site is not self.current
        if is_replaced:
            site.close()
