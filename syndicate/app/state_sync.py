"""A state that lives in a branch or a bucket, joined with the rooms: opened, and asked for tokens."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from syndicate.app.accounts import STATE_KEY
from syndicate.store.backup import back_up
from syndicate.store.remote.base import open_remote
from syndicate.store.remote.lines import Sealer
from syndicate.store.remote.sync import StateSync

if TYPE_CHECKING:
    from syndicate.app.site import Wiring
    from syndicate.store.store import Store


def open_sync(wiring: Wiring, store: Store) -> StateSync:
    """The hold on the state of [storage] state. Nothing is asked of it yet."""
    from syndicate.app.state import path_of_state  # noqa: PLC0415 - it imports us

    storage = wiring.settings.storage
    database = path_of_state(wiring)
    return StateSync(
        open_remote(storage.state, Path(wiring.settings.root), wiring.state_folder),
        store,
        Sealer(read_key(os.environ)),
        lock=wiring.own_file("state", ".lock"),
        name=wiring.process.name,
        clock=wiring.clock,
        keep_other=lambda: back_up(database, database.with_name(f"{database.name}.before")),
    )


def read_key(environ: Mapping[str, str]) -> str:
    """The key of what is not public; "" for none."""
    return environ.get(STATE_KEY, "").strip()


def open_box(wiring: Wiring) -> StateBox | None:
    """Where the tokens travel, None without a key."""
    key, store = read_key(os.environ), wiring.store
    return StateBox(store, wiring.sync, Sealer(key)) if key and wiring.sync else None


class StateBox:
    """Tokens that travel with the state: a `vault.Box`. A new one is in its place before it is used."""

    def __init__(self, store: Store, sync: StateSync, sealer: Sealer) -> None:
        self._store = store
        self._sync = sync
        self._sealer = sealer

    def read(self) -> Mapping[str, str]:
        return {name: self._sealer.open(words, name=name) for name, words in self._store.list_secrets().items()}

    def update(self, entries: Mapping[str, str]) -> None:
        salt = self._store.read_state().identity
        sealed = {name: self._sealer.seal(value, name=name, salt=salt) for name, value in entries.items()}
        with self._sync.holding():
            self._store.keep_secrets(sealed)
            self._sync.make_durable()

    @contextmanager
    def locked(self, name: str) -> Iterator[None]:  # noqa: ARG002 - the whole state is held
        """Nobody else renews a token: another run could spend the same one."""
        with self._sync.holding():
            yield
