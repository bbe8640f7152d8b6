"""The real store behind a door that may fail: at each call the process may die before or after, or the disk be full."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, cast

from syndicate.errors import StateError
from syndicate.store.store import Store
from tests.faults.world import World


class _Door:
    def __init__(self, store: Store, world: World) -> None:
        self._store = store
        self._world = world

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._store, name)
        return self._guard(name, found) if callable(found) else found

    def _guard(self, name: str, method: Callable[..., Any]) -> Callable[..., Any]:
        def call(*values: Any, **named: Any) -> Any:
            self._world.step(f"before {name}")
            if self._world.happens(0.004):
                self._world.count("disk full")
                self._world.tell(f"disk full at {name}")
                raise StateError("the disk is full")
            result = method(*values, **named)
            self._world.step(f"after {name}")
            return result

        return call


def guard(store: Store, world: World) -> Store:
    """The same store, as this world lets it be used."""
    return cast(Store, _Door(store, world))
