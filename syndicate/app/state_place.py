"""A state that lives in a branch or a bucket, joined with the rooms: read, held for changes, and asked for tokens."""

from __future__ import annotations

import logging
import os
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager, nullcontext, suppress
from datetime import timedelta
from pathlib import Path
from shutil import disk_usage
from stat import S_IWUSR
from typing import TYPE_CHECKING

from syndicate.errors import ConfigError, StateError

if TYPE_CHECKING:
    from syndicate.app.site import OpenSite
    from syndicate.deliver.account_worker import Durability
    from syndicate.store.remote import Sealer
    from syndicate.store.remote.sync import StateSync
    from syndicate.store.store import Store

# Most sites keep their state on this disk, and need none of the rooms below.
# ruff: noqa: PLC0415

log = logging.getLogger("syndicate")


class StatePlace:
    """Where the state of one site lives: on this disk, or elsewhere with a working copy here."""

    def __init__(self, site: OpenSite) -> None:
        self._site = site
        self._address = site.settings.storage.state
        self._sync: StateSync | None = None
        self.only_looks = False
        """Whatever changes stays here, and nothing is sent; the state may be one that we may not read."""
        self.forgets_sealed = False
        """What was sealed with a lost key is given up."""
        self.waits = True
        """Another run that holds the state is waited for; a page in a browser rather says so."""

    @property
    def is_elsewhere(self) -> bool:
        return bool(self._address)

    def take_over(self, before: StatePlace) -> None:
        """Go on with the hold on the state that another site had."""
        self._sync, self.only_looks = before._sync, before.only_looks

    def read(self, store: Store) -> None:
        """Have the state of now in the working copy. Raises StateError or ConfigError where it cannot be had."""
        if not self.is_elsewhere:
            return
        self._sync = self._open(store)
        try:
            self._sync.refresh()
        except (StateError, ConfigError) as error:
            if not self.only_looks:
                raise
            log.warning("the state cannot be read here, so all looks as if nothing was ever sent: %s", error)
            self._sync = None
        if self.forgets_sealed:
            _forget_sealed(store)

    def refresh(self) -> None:
        """Look again at a state that others change, too."""
        if self._sync:
            self._sync.refresh()

    def changing(self) -> AbstractContextManager[None]:
        """Held while the state is changed; one that lives elsewhere is read before and put back after."""
        return self._get_sync().changing() if self.is_elsewhere and not self.only_looks else nullcontext()

    @property
    def durable(self) -> Durability:
        """What makes an intent outlive this machine. Raises StateError where nothing may be sent."""
        from syndicate.deliver.account_worker import OwnDisk

        if self.is_elsewhere and self.only_looks:
            raise StateError("nothing is sent from a pull request", where=self._address)
        return self._get_sync() if self.is_elsewhere else OwnDisk()

    def open_box(self) -> StateBox | None:
        """Where tokens are kept that travel with the state; None where they do not."""
        if not self.is_elsewhere:
            return None
        from syndicate.store.remote import Sealer

        key, store = read_key(os.environ), self._site.store
        return StateBox(store, self._sync, Sealer(key)) if key and self._sync else None

    def _get_sync(self) -> StateSync:
        assert self._site.store  # opening it reads the state
        if self._sync is None:
            raise StateError("could not be read, so nothing may be changed", where=self._address)
        return self._sync

    def _open(self, store: Store) -> StateSync:
        from syndicate.app.state import path_of_state
        from syndicate.store.file import back_up
        from syndicate.store.remote import ForgetfulSealer, Sealer, open_remote
        from syndicate.store.remote.sync import PATIENCE, StateSync

        site, database = self._site, path_of_state(self._site)
        return StateSync(
            open_remote(self._address, Path(site.settings.root), site.state_folder),
            store,
            (ForgetfulSealer if self.forgets_sealed else Sealer)(read_key(os.environ)),
            lock=site.own_file("state", ".lock"),
            name=site.process.name,
            clock=site.clock,
            patience=PATIENCE if self.waits else timedelta(0),
            keep_other=lambda: back_up(database, database.with_name(f"{database.name}.before")),
        )


def read_key(environ: Mapping[str, str]) -> str:
    """The key of what is not public; "" for none."""
    from syndicate.store.remote import KEY

    return environ.get(KEY, "").strip()


def _forget_sealed(store: Store) -> None:
    """Drop the tokens that the key of now does not open."""
    from syndicate.store.remote import ForgetfulSealer

    sealer = ForgetfulSealer(read_key(os.environ))
    store.forget_secrets(name for name, words in store.list_secrets().items() if not sealer.open(words, name=name))


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


# --- whether it can be written ---

LEAST_ROOM = 2**20
"""Bytes without which the state cannot be written."""


def look_at_disk(folder: Path) -> str:
    """Why nothing can be written there, "" where it can: a full disk, one that became read-only, locked files."""
    if os.statvfs(folder).f_flag & os.ST_RDONLY:
        return f"the disk is read-only: nothing is published or sent before {folder} can be written to"
    for place in (folder, *folder.glob("state.db*")):
        with suppress(FileNotFoundError):  # those beside the state come and go
            if not place.stat().st_mode & S_IWUSR:
                return f"nothing is published or sent before its owner may write to {place} (chmod u+w)"
    return tell_disk(disk_usage(folder).free)


def tell_disk(free: int) -> str:
    """That nothing can be written any more, "" where there is room."""
    return "the disk is full: nothing is published or sent before there is room" if free < LEAST_ROOM else ""
