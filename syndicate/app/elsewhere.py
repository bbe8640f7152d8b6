"""What lives long lets another process do what reads thousands of posts, and so keeps nothing of the memory it takes.

A publication takes most, and has a process of its own. Whatever else is asked goes to one that stays as long as
somebody asks, with the posts at hand.
"""

from __future__ import annotations

import gc
import logging
import threading
import time
from collections.abc import Callable
from contextlib import closing, suppress
from datetime import timedelta
from functools import partial
from logging.handlers import QueueHandler
from pathlib import Path
from queue import SimpleQueue
from typing import TYPE_CHECKING, TypeVar, cast

from syndicate.app.publish import ask, publish
from syndicate.content.folder import KEPT
from syndicate.errors import SyndicateError, survive, tell_for_log
from syndicate.processes import Fenced, NoProcess
from syndicate.publish import Published, keep_silent

if TYPE_CHECKING:
    from syndicate.app.app import App
    from syndicate.app.site import OpenSite
    from syndicate.model import Settings

log = logging.getLogger("syndicate")

T = TypeVar("T")

Asked = tuple[Callable[..., object], tuple[object, ...]] | None
"""A function of a module, and what it is given after the app; None asks only whether it works."""
Outcome = tuple[object, list[logging.LogRecord]]
"""What came of it, an error, too, and what was said meanwhile."""

PATIENCE = timedelta(minutes=10)
"""How long an answer of the one that reads may take: a disk may hang."""


class Elsewhere:
    """Another process for this site; it starts with the first question. Threads may share it, one asks at a time."""

    def __init__(self, config: Path, settings: Settings, does: str, patience: timedelta | None = PATIENCE) -> None:
        """`does` says what it is for, in the words of an error; without `patience` it is waited for while it works."""
        self._does = does
        self._process = Fenced[Asked, Outcome](partial(begin, config, settings, log.level), None, 0, patience)
        self._lock, self._asked_at = threading.Lock(), 0.0

    def ask(self, work: Callable[..., T], *given: object) -> T:
        """What `work(app, *given)` answers there. Raises what it raised, NoProcess where no process can be had, and
        SyndicateError where it was killed or did not answer in time."""
        with self._lock:
            outcome = self._process.ask((work, given), lambda found: found)
            self._asked_at = time.monotonic()
        if outcome is None:
            hint = "the system's log tells of short memory and of disks, `syndicate publish` of what else it may be"
            raise SyndicateError(f"the process that {self._does} hung or was killed", hint=hint)
        found, said = outcome
        for line in said:
            logging.getLogger(line.name).handle(line)
        if isinstance(found, SyndicateError):
            raise found
        return cast("T", found)

    def look(self, site: OpenSite, work: Callable[..., T], *given: object) -> T:
        """What `work(site, *given)` tells there, or here where no process can be had. Raises as `ask` does."""
        site.require_state()
        with suppress(NoProcess):
            return cast("T", self.ask(_look, work, *given))
        return work(site, *given)

    def let_go(self) -> None:
        """End it where nobody asked lately."""
        if time.monotonic() - self._asked_at > KEPT and self._lock.acquire(blocking=False):
            self._process.close()
            self._lock.release()

    def close(self) -> None:
        self._process.close()


def begin(config: Path, settings: Settings, level: int, _: None) -> Callable[[Asked], Outcome]:
    """What the other process does: all that a command beside us would do."""
    from syndicate.app.app import App  # noqa: PLC0415 - it calls us

    said = SimpleQueue[logging.LogRecord]()
    logging.getLogger().addHandler(QueueHandler(said))
    log.setLevel(level)
    app = App(config, settings=settings)

    def work(asked: Asked) -> Outcome:
        found: list[object] = [None]
        with survive(lambda error: found.append(_as_ours(error))):
            found += [asked[0](app, *asked[1])] if asked else []
        return found[-1], [said.get() for _ in range(said.qsize())]

    return work


def _as_ours(error: Exception) -> SyndicateError:
    return error if isinstance(error, SyndicateError) else SyndicateError(tell_for_log(error))


def _look(app: App, work: Callable[..., T], *given: object) -> T:
    with app.using() as site:
        return work(site, *given)


def publish_elsewhere(config: Path, site: OpenSite, only: str) -> Published:
    """Let another process publish, in a turn of its own, and take all its memory along when it is done; or do it here
    where there is none."""
    try:
        with closing(Elsewhere(config, site.settings, "publishes", None)) as process:
            return process.ask(_publish, only)
    except NoProcess:
        log.warning("no other process starts (it is of another version, or hangs): publishing in this one")
    finally:
        site.seen_files = None  # there may be others by now
    with site.take_turn():
        return publish(site, ask(site, only, site.clock()), keep_silent)


def _publish(app: App, only: str) -> Published:
    gc.disable()
    with app:
        return app.publish(only=only)
