"""What lives long lets another process publish where that takes much memory, and so keeps nothing of it."""

from __future__ import annotations

import gc
import logging
from collections.abc import Callable
from logging.handlers import QueueHandler
from pathlib import Path
from queue import SimpleQueue

from syndicate.app.publish import ask, publish
from syndicate.app.site import OpenSite
from syndicate.errors import SyndicateError, survive, tell_for_log
from syndicate.model import Settings
from syndicate.processes import Process
from syndicate.publish import Published, keep_silent

log = logging.getLogger("syndicate")

Given = tuple[Path, Settings, int]
"""The configuration file, what we took up of it, and the level of the log."""
Asked = str | None
"""The part to publish, "" for everything; None asks only whether it works."""
Outcome = tuple[Published | SyndicateError, list[logging.LogRecord]]
"""What came of it, and what was said meanwhile."""


def publish_elsewhere(config: Path, site: OpenSite, only: str) -> Published:
    """Let another process publish, or do it here where there is none. Raises what it raised, or that it was killed."""
    with Process[Given, Asked, Outcome](begin_publishing, (config, site.settings, log.level)) as process:
        process.give(None)
        is_there = process.take() is not None
        process.give(only)
        outcome = process.take()
    site.seen_files = None  # there may be others by now
    if not is_there:
        with site.take_turn():
            return publish(site, ask(site, only, site.clock()), keep_silent)
    if outcome is None:
        hint = "the system's log tells whether memory is short, `syndicate publish` what else it may be"
        raise SyndicateError("the process that publishes was killed", hint=hint)
    published, said = outcome
    for line in said:
        logging.getLogger(line.name).handle(line)
    if isinstance(published, SyndicateError):
        raise published
    return published


def begin_publishing(given: Given) -> Callable[[Asked], Outcome]:
    """What the other process does: all that `syndicate publish` does, in a turn of its own."""
    from syndicate.app.app import App  # noqa: PLC0415 - it calls us

    config, settings, level = given
    said = SimpleQueue[logging.LogRecord]()
    logging.getLogger().addHandler(QueueHandler(said))
    log.setLevel(level)
    gc.disable()

    def work(only: Asked) -> Outcome:
        if only is None:
            return Published(where=""), []
        found: list[Published | SyndicateError] = []
        with survive(lambda error: found.append(_as_ours(error))), App(config, settings=settings) as app:
            found.append(app.publish(only=only))
        return found[0], [said.get() for _ in range(said.qsize())]

    return work


def _as_ours(error: Exception) -> SyndicateError:
    return error if isinstance(error, SyndicateError) else SyndicateError(tell_for_log(error))
