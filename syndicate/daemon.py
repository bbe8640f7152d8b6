"""The daemon: a watcher that wakes the publisher, and ticks that deliver what is due. It decides nothing.

File changes and APScheduler's ticks set events, and a thread waits for each: to publish (future posts come of age,
too), to deliver, to tell hubs, to let messages follow their posts, to look after accounts. Delivering starts a further
thread for each account with work. What was published may be due at once, and the link to a copy that was sent is
published. The main thread keeps the ticks with the clock. SIGTERM and SIGINT set one event: nothing new begins, what
runs has GRACE to finish, and a call that is still open then is settled at the next start.
"""

from __future__ import annotations

import logging
import os
import signal
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from apscheduler.schedulers.background import BackgroundScheduler
from apscheduler.schedulers.base import BaseScheduler
from apscheduler.triggers.base import BaseTrigger

from syndicate.app.rounds import Pulse, Rounds
from syndicate.errors import survive, tell_for_log
from syndicate.watcher import Watcher

log = logging.getLogger("syndicate")

GRACE = 20.0
"""Seconds that what runs has to finish after SIGTERM; most calls end sooner, and the unit in `deploy/` allows more."""
LAST = 29
"""Seconds after SIGTERM at which the system ends what cannot end itself."""
PATIENCE = {"publish": 3600.0, "deliver": 120.0, "ping": 900.0, "amend": 900.0, "look after": 7200.0, "watch": 120.0}
"""Seconds that each loop may show no sign of life; a first publication of a large site takes a while."""


@dataclass(frozen=True, slots=True)
class Pace:
    """How often the ticks come."""

    deliver: timedelta = timedelta(seconds=5)
    publish: timedelta = timedelta(minutes=1)
    ping: timedelta = timedelta(minutes=1)
    amend: timedelta = timedelta(seconds=30)
    look_after: timedelta = timedelta(minutes=30)
    heartbeat: timedelta = timedelta(minutes=5)
    folder: timedelta = timedelta(seconds=2)
    """How often a watched folder that went away is looked for."""
    doubt: timedelta = timedelta(minutes=10)
    """How often all posts are looked at where the watcher hears of each change."""


class Daemon:
    """One run of the daemon; `run` returns when it was asked to stop, and everything is finished or GRACE is over."""

    def __init__(
        self, work: Rounds, *, pace: Pace | None = None, grace: float = GRACE, pulse: Pulse | None = None
    ) -> None:
        self._work = work
        self._pulse = pulse or Pulse(PATIENCE)
        self._pace = pace or Pace()
        self._grace = grace
        self._troubles: dict[str, str] = {}
        self._stop = threading.Event()
        self._to_publish = threading.Event()
        self._watcher = Watcher(
            work.list_watched,
            work.is_news,
            self._to_publish.set,
            beat=lambda: self._pulse.beat("watch"),
            stop=self._stop,
            pause=self._pace.folder.total_seconds(),
        )
        self._published: object = None
        """What the watcher said when everything that it watches was looked at last."""
        self._to_deliver = threading.Event()
        self._to_ping = threading.Event()
        self._to_amend = threading.Event()
        self._to_look_after = threading.Event()
        self._to_beat = threading.Event()

    def run(self, *, alongside: Iterable[Callable[[threading.Event], None]] = ()) -> bool:
        """Work until SIGTERM or SIGINT; returns whether all that ran was finished. SIGHUP: look at everything now.

        `alongside` are further loops (the web server) that end on the event.
        """
        loops = [
            lambda: self._repeat("publish", self._to_publish, self._publish),
            lambda: self._repeat("deliver", self._to_deliver, self._deliver),
            lambda: self._repeat("ping", self._to_ping, lambda: self._round("ping", self._work.ping_round)),
            lambda: self._repeat("amend", self._to_amend, lambda: self._round("amend", self._amend)),
            lambda: self._repeat(
                "look after", self._to_look_after, lambda: self._round("look after", self._look_after)
            ),
            lambda: self._repeat("heartbeat", self._to_beat, self._beat),
            self._watcher.run,
            *(_bound(loop, self._stop) for loop in alongside),
        ]
        threads = [threading.Thread(target=loop, name=f"syndicate-{n}", daemon=True) for n, loop in enumerate(loops)]
        with _signals(self._stop, self._look_anew):
            for thread in threads:
                thread.start()
            try:
                self._tick()
            finally:  # also where no ticks can be had: threads without them would deliver nothing for ever
                is_done = self._leave(threads)
        return is_done

    def _leave(self, threads: Iterable[threading.Thread]) -> bool:
        ends = time.monotonic() + self._grace
        for event in (
            self._stop,
            self._to_publish,
            self._to_deliver,
            self._to_ping,
            self._to_amend,
            self._to_look_after,
            self._to_beat,
        ):
            event.set()
        accounts = self._work.stop(self._grace)
        for thread in threads:
            thread.join(max(0.0, ends - time.monotonic()))
        if accounts:
            log.warning("%s: not done in time; a call that is open still is looked for next time", ", ".join(accounts))
        is_done = not accounts and not any(thread.is_alive() for thread in threads)
        log.info("stopped" if is_done else "stopped without waiting any longer")
        return is_done

    def _tick(self) -> None:
        scheduler = self._make_scheduler()
        scheduler.start()
        log.info("watching %s", ", ".join(map(str, self._work.list_watched())))
        while not self._stop.wait(self._pace.deliver.total_seconds()):
            follow_clock(scheduler, datetime.now(UTC))
        log.info("stopping: nothing new begins, what runs has %d seconds to finish", self._grace)
        scheduler.shutdown()

    def stop(self) -> None:
        self._stop.set()

    def _look_anew(self) -> None:
        log.info("looking at everything anew")
        self._watcher.doubt()
        self._to_publish.set()

    def _make_scheduler(self) -> BackgroundScheduler:
        scheduler = BackgroundScheduler(timezone=UTC)
        ticks = (
            (self._to_deliver.set, self._pace.deliver),
            (self._to_publish.set, self._pace.publish),
            (self._to_ping.set, self._pace.ping),
            (self._to_amend.set, self._pace.amend),
            (self._to_look_after.set, self._pace.look_after),
            (self._to_beat.set, self._pace.heartbeat),
            (self._watcher.doubt, self._pace.doubt),
        )
        for tick, every in ticks:
            scheduler.add_job(
                tick,
                Every(every),
                next_run_time=datetime.now(UTC),
                coalesce=True,
                max_instances=9,  # a tick sets an event: on a busy machine the one before may not have ended
                misfire_grace_time=None,
            )
        return scheduler

    def _repeat(self, name: str, event: threading.Event, work: Callable[[], object]) -> None:
        """Work whenever the event is set."""
        while not self._stop.is_set():
            event.wait()
            event.clear()
            self._pulse.beat(name)
            if not self._stop.is_set():
                work()

    def _publish(self) -> None:
        if self._round("publish", self._publish_changes):
            self._to_deliver.set()

    def _publish_changes(self) -> str:
        heard = self._watcher.tell()
        line = self._work.publish_round(is_quiet=heard is not None and heard is self._published)
        self._published = heard
        return line

    def _deliver(self) -> None:
        self._round("deliver", self._start_deliveries)

    def _start_deliveries(self) -> str:
        self._work.deliver_round(self._hear)
        return ""  # said by each account when it is done

    def _amend(self) -> str:
        return self._work.amend_round(self._log)

    def _look_after(self) -> str:
        self._work.look_after_round(self._log)
        return ""  # as above

    def _beat(self) -> None:
        """Silence is the alarm: where a loop stands still, or a round fails, nobody hears of us."""
        if not self._pulse.list_still() and not self._pulse.list_failed():
            self._round("heartbeat", self._work.heartbeat_round)

    def _hear(self, line: str) -> None:
        """One account is done; more may have come for it meanwhile."""
        if line:
            self._log(line)
            self._to_publish.set()
            self._to_deliver.set()

    def _round(self, name: str, work: Callable[[], str]) -> str:
        """One round and its line. A failure is said once while it stays the same, and the next round tries again.

        The daemon never dies of one.
        """
        line, troubles = "", list[str]()
        with survive(lambda error: troubles.append(tell_for_log(error))):
            line = work()
        trouble = "".join(troubles)
        if trouble and self._troubles.get(name) != trouble:
            log.error("%s", trouble)  # no traceback for a person, and no secret in it
        self._troubles[name] = trouble
        self._pulse.note(name, trouble)
        self._log(line)
        return line

    def _log(self, line: str) -> None:
        for each in line.splitlines():
            log.info("%s", each)


class Every(BaseTrigger):  # type: ignore[misc]
    """A tick each `interval` from now on, not one for every interval that a clock set forward has left out.

    APScheduler's own trigger lists them all: from 1970, where a machine without a clock chip starts, for hours.
    """

    def __init__(self, interval: timedelta) -> None:
        self.interval = interval

    def get_next_fire_time(self, previous_fire_time: datetime | None, now: datetime) -> datetime:
        return max(previous_fire_time, now) + self.interval if previous_fire_time else now


def follow_clock(scheduler: BaseScheduler, now: datetime) -> None:
    """Let ticks come at once that seem further away than they ever are.

    APScheduler waits for a moment of the calendar: when the clock is set back by hours, nothing would happen for hours.
    """
    for job in scheduler.get_jobs():
        if job.next_run_time - now > job.trigger.interval:
            job.modify(next_run_time=now)


def _bound(loop: Callable[[threading.Event], None], stop: threading.Event) -> Callable[[], None]:
    return lambda: loop(stop)


@contextmanager
def _signals(stop: threading.Event, look_anew: Callable[[], None]) -> Iterator[None]:
    """SIGTERM and SIGINT ask to stop, and so does a closed terminal, unless `nohup` ignores its SIGHUP.

    Where there is no terminal, SIGHUP is how people tell a service to look again. The handlers of before come back
    afterwards.

    A thread acts on it: the handler may have interrupted this very thread while it held an event's lock. Where not even
    that can begin (no memory: Python waits for such a thread for ever), the system ends us after LAST.
    """

    def on(act: Callable[[], None]) -> Callable[..., None]:
        def hear(*_: object) -> None:
            if act == stop.set:
                signal.alarm(LAST)
            threading.Thread(target=act, name="syndicate-signal").start()

        return hear

    acts = {signal.SIGTERM: stop.set, signal.SIGINT: stop.set, signal.SIGHUP: stop.set if os.isatty(0) else look_anew}
    asked = {number: act for number, act in acts.items() if signal.getsignal(number) != signal.SIG_IGN}
    before = {number: signal.signal(number, on(act)) for number, act in asked.items()}
    try:
        yield
    finally:
        signal.alarm(0)
        for number, handler in before.items():
            signal.signal(number, handler)
