"""When the state moves between its place and the working copy, and who may write it.

One run at a time holds the whole state, and says so with the first thing it writes. What makes it safe is not that
word but comparing: a write names the version it replaces, and the version is read again just before every call. So a
run that was taken for dead, a clock that is off and two runs that began together end the same way: whoever is behind
is refused, and sends nothing. Who takes over settles what the other left: its calls are unknown, and looked for.
"""

from __future__ import annotations

import fcntl
import logging
import os
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path

from syndicate.errors import AlreadyRunning, ConfigError, StateError, StateMoved, survive
from syndicate.folders import open_private
from syndicate.model import State
from syndicate.store.remote import INFO, Copy, Info, RemoteState, Sealer, parse_info
from syndicate.store.schema import HEAD
from syndicate.store.store import Store

log = logging.getLogger("syndicate")

LASTS = timedelta(minutes=10)
"""How long a run that writes nothing more counts as alive."""
PATIENCE = timedelta(minutes=15)
"""How long another run is waited for."""
PAUSE = timedelta(seconds=10)
GLANCE = timedelta(seconds=5)
"""How old a look may be that only shows something: a page asks for many things."""
MOST_TOGETHER = 10
"""Calls that may be open, or unknown after a kill, at one time."""


class StateSync:
    """One process's hold on a state that lives elsewhere. Threads may share it.

    `keep_other` is called before the working copy replaces a state of this machine's own.
    """

    def __init__(
        self,
        remote: RemoteState,
        store: Store,
        sealer: Sealer,
        *,
        lock: Path,
        name: str,
        clock: Callable[[], datetime],
        keep_other: Callable[[], object] = lambda: None,
        glance: timedelta = GLANCE,
        patience: timedelta = PATIENCE,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._remote = remote
        self._store = store
        self._sealer = sealer
        self._lock = lock
        self._name = name
        self._clock = clock
        self._keep_other = keep_other
        self._sleep = sleep
        self._session = threading.RLock()
        self._line = threading.Lock()  # one conversation with the remote at a time
        self._depth = 0
        self._version: str | None = None  # None: not read yet, or not sure
        self._info = Info(schema=HEAD)
        self._files: Mapping[str, bytes] = {}
        self._is_held = False
        self._looked_at, self._glance, self._patience = 0.0, glance, patience
        self._asked = self._covered = 0
        self._counting = threading.Lock()
        self._few = threading.BoundedSemaphore(MOST_TOGETHER)
        self._alone = threading.BoundedSemaphore(1)

    @property
    def where(self) -> str:
        return self._remote.where

    # --- reading --------------------------------------------------------------------------------------------------

    def refresh(self) -> None:
        """Have the state as it is now, to look at; while another process of this machine is at work, as it has it."""
        if self._depth or (
            self._version is not None and time.monotonic() < self._looked_at + self._glance.total_seconds()
        ):
            return
        if not self._session.acquire(blocking=False):
            return  # somebody in this process is about to change it
        try:
            with self._lock_machine(waits=False) as is_ours:
                if is_ours and self._is_behind():
                    self._pull()
                self._looked_at = time.monotonic()
        finally:
            self._session.release()

    def _is_behind(self) -> bool:
        return self._version is None or self._remote.head() != self._version

    def _pull(self) -> None:
        copy = self._remote.read()
        if copy is None:  # the first ever: what is here becomes the state
            self._version, self._info, self._files = "", Info(schema=HEAD), {}
            return
        self._take(copy)

    def _take(self, copy: Copy) -> None:
        self._info = parse_info(copy.files, self.where)
        files = {name: data for name, data in copy.files.items() if name != INFO}
        before = self._store.read_state().identity
        if before.encode() not in files.get("states.jsonl", b"") and self._store.has_posts():
            log.warning("another state lives in %s: the one of this machine is kept beside it", self.where)
            self._keep_other()
        try:
            self._store.import_lines(files, self._info.schema, self._sealer)
        except StateError as error:
            where = f"{self.where}, {error.where}" if error.where.partition(":")[0] in files else self.where
            hint = error.hint or "if somebody changed it by hand, undo that: its history has the state before"
            raise StateError(error.message, where=where, hint=hint) from error
        self._version, self._files = copy.version, files

    # --- changing -------------------------------------------------------------------------------------------------

    @contextmanager
    def changing(self) -> Iterator[None]:
        """Hold the working copy for changes; they are put in place at the end.

        Raises StateMoved where another run was quicker (then nothing of it counts), AlreadyRunning where one does not
        end.
        """
        with self._session:
            if self._depth:
                yield
                return
            with self._lock_machine(waits=True):
                self._begin()
                self._depth = 1
                try:
                    with self._ending_in_trouble():
                        yield
                    self._end()
                finally:
                    self._depth, self._is_held = 0, False

    @contextmanager
    def holding(self) -> Iterator[None]:
        """The same for a thread of a round that is under way, and nobody else may write from here on."""
        if self._depth:
            self.hold()
            yield
            return
        with self.changing():
            self.hold()
            yield

    def hold(self) -> None:
        """Say that we are at work, where that is not said yet."""
        if not self._is_held:
            self.make_durable()

    def _begin(self) -> None:
        """Have the state of now, wait until nobody else writes, and settle what a run that is gone has left."""
        waited, unmoved, seen = timedelta(0), timedelta(0), self._version
        while True:
            if self._is_behind():
                self._pull()
            unmoved = unmoved if self._version == seen else timedelta(0)
            if not self._is_busy(unmoved):
                break
            if waited >= self._patience:
                hint = "try again when it is done"
                raise AlreadyRunning("another run holds the state now", where=self.where, hint=hint)
            if not waited:
                log.warning("another run holds the state: waiting until it is done")
            seen, waited, unmoved = self._version, waited + PAUSE, unmoved + PAUSE
            self._sleep(PAUSE.total_seconds())
        self._store.release_everybody(self._clock())

    def _is_busy(self, unmoved: timedelta) -> bool:
        """Whether somebody else writes now. A time that no right clock can have written is not believed."""
        until, now = self._info.until, self._clock()
        if not self._info.writer or until is None or until <= now:
            return False
        return unmoved < LASTS if until > now + LASTS + PAUSE else True

    def _end(self) -> None:
        with self._line:
            self._refuse_lost()
            files = self._export()
            if self._is_held or files != self._files:
                self._push(files, holds=False, note="After a pass")

    @contextmanager
    def _ending_in_trouble(self) -> Iterator[None]:
        """What was done before the trouble counts, unless the state is another's by now."""
        try:
            yield
        except (Exception, KeyboardInterrupt):  # anything else ends us at once
            with survive(lambda error: log.warning("what was done is not kept yet: %s", error)):
                if self._version is not None:
                    self._end()
            raise

    # --- around a call --------------------------------------------------------------------------------------------

    @contextmanager
    def in_turn(self, *, can_look: bool) -> Iterator[None]:
        """Held from the intent to the outcome: what a kill leaves unknown is little, and where nobody can look, one."""
        if can_look:
            with self._few:
                yield
            return
        with self._alone, self._few:
            yield
            self.make_durable()  # the outcome: nobody could find it out later

    def make_durable(self) -> None:
        """Put everything so far in its place; those who ask while it travels go together with the next.

        Raises StateMoved or StateError where that failed: then nothing may be sent.
        """
        with self._counting:
            self._asked += 1
            ticket = self._asked
        with self._line:
            if ticket <= self._covered:
                return
            self._refuse_lost()
            covered = self._asked
            self._push(self._export(), holds=True, note=self._tell_calls())
            self._covered = covered

    def confirm(self) -> str:
        """The last look before a call: "" where all is as we left it, else why nobody can say.

        Raises StateMoved where the state is another's.
        """
        with self._line:
            self._refuse_lost()
            try:
                head = self._remote.head()
            except StateMoved:
                raise
            except (StateError, ConfigError) as error:
                return f"the state could not be read again just before the call: {error.message}"
            if head != self._version:
                self._version = None
                raise self._moved()
            return ""

    def _refuse_lost(self) -> None:
        if self._version is None:
            raise self._moved()

    def _moved(self) -> StateMoved:
        return StateMoved("another run changed the state meanwhile", where=self.where, hint="run it again")

    def _tell_calls(self) -> str:
        """What is about to be sent, for people who read the history."""
        calls = [f"{row.slug} on {row.account}" for row in self._store.list_deliveries(states=(State.SENDING,))]
        return f"About to send {', '.join(sorted(calls))}"[:200] if calls else "At work"

    def _export(self) -> Mapping[str, bytes]:
        return self._store.export_lines(self._sealer)

    def _push(self, files: Mapping[str, bytes], *, holds: bool, note: str) -> None:
        assert self._version is not None
        now, expected = self._clock(), self._version
        info = Info(
            schema=HEAD,
            sequence=self._info.sequence + 1,
            writer=self._name if holds else "",
            until=now + LASTS if holds else None,
            written_at=now,
        )
        self._version = None  # until we know
        self._version = self._remote.write({**files, INFO: info.render()}, expected, note)
        self._info, self._files, self._is_held = info, files, holds

    @contextmanager
    def _lock_machine(self, *, waits: bool) -> Iterator[bool]:
        """One process of this machine at a time works on the copy; the system lets go when it dies."""
        handle = open_private(self._lock)
        try:
            try:
                fcntl.flock(handle, fcntl.LOCK_EX | (0 if waits else fcntl.LOCK_NB))
            except BlockingIOError:
                yield False
                return
            yield True
        finally:
            os.close(handle)
