"""The daemon's ticks, by a clock that is set."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from apscheduler.schedulers.background import BackgroundScheduler

from syndicate.app.rounds import Pulse
from syndicate.daemon import PATIENCE, Daemon, Every, Pace, follow_clock
from syndicate.errors import StateError
from syndicate.watcher import list_folders
from tests.containment.troubles import TROUBLES, name_of

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


@pytest.fixture
def scheduler() -> Iterator[BackgroundScheduler]:
    """A tick a minute, the next in half of one; nothing runs."""
    scheduler = BackgroundScheduler(timezone=UTC)
    scheduler.add_job(print, "interval", minutes=1, next_run_time=NOW + MINUTE / 2)
    scheduler.start(paused=True)
    yield scheduler
    scheduler.shutdown()


def test_a_clock_set_back_keeps_nobody_waiting(scheduler: BackgroundScheduler) -> None:
    """The next tick comes at once, not when the clock is where it was before."""
    now = NOW - timedelta(hours=5)
    follow_clock(scheduler, now)
    assert [job.next_run_time for job in scheduler.get_jobs()] == [now]


@pytest.mark.parametrize("passed", [-MINUTE / 4, timedelta(), MINUTE, timedelta(hours=5)])
def test_a_right_clock_changes_no_tick(scheduler: BackgroundScheduler, passed: timedelta) -> None:
    """Nor does one that was set forward: APScheduler sees that by itself."""
    follow_clock(scheduler, NOW + passed)
    assert [job.next_run_time for job in scheduler.get_jobs()] == [NOW + MINUTE / 2]


class Idle:
    """Work with nothing to do."""

    watched: tuple[Path, ...] = ()

    def publish_round(self, *, is_quiet: bool = False) -> str:
        return ""

    ping_round = publish_round

    def amend_round(self, tell: Callable[[str], None]) -> str:
        return ""

    def look_after_round(self, tell: Callable[[str], None]) -> None:
        """Every account is in order."""

    def deliver_round(self, done: Callable[[str], None]) -> None:
        """Nothing is due."""

    def stop(self, seconds: float) -> tuple[str, ...]:
        return ()

    def heartbeat_round(self) -> str:
        return ""

    def list_watched(self) -> tuple[Path, ...]:
        return self.watched

    def is_news(self, path: Path) -> bool:
        raise NotImplementedError(path)


def test_a_daemon_that_cannot_begin_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    """It does not live on as a few threads that deliver nothing."""

    def refuse(_scheduler: BackgroundScheduler) -> None:
        raise RuntimeError("can't start new thread")

    monkeypatch.setattr(BackgroundScheduler, "start", refuse)
    with pytest.raises(RuntimeError):
        Daemon(Idle()).run()


class Unmounted(Idle):
    """A folder that cannot even be looked for (here by its name, elsewhere since its disk is gone), then no daemon."""

    watched = (Path("x" * 300),)

    def __init__(self) -> None:
        self.looks = 0
        self.daemon = Daemon(self, pace=Pace(folder=timedelta(), deliver=timedelta(seconds=0.05)))

    def list_watched(self) -> tuple[Path, ...]:
        self.looks += 1
        if self.looks > 3:
            self.daemon.stop()
        return self.watched


def test_a_folder_that_cannot_be_looked_for_is_waited_for() -> None:
    """The watcher looks again and again, as for one that is not there."""
    work = Unmounted()
    work.daemon.run()
    assert work.looks > 3


class Fresh(Idle):
    """A post that is published once deliveries were looked for; the next tick would come in an hour."""

    def __init__(self) -> None:
        self.deliveries = 0
        self.is_published = False
        self.looked = threading.Event()
        self.daemon = Daemon(self, pace=Pace(deliver=timedelta(hours=1), publish=timedelta(hours=1)))

    def publish_round(self, *, is_quiet: bool = False) -> str:
        assert self.looked.wait(60)
        news, self.is_published = not self.is_published, True
        return "wrote 1 file" if news else ""

    def deliver_round(self, done: Callable[[str], None]) -> None:
        self.deliveries += 1
        self.looked.set()
        if self.is_published:
            self.daemon.stop()


def test_what_was_published_is_delivered_without_waiting_for_the_next_tick() -> None:
    """A message that is due when its post appears goes out at once."""
    work = Fresh()
    work.daemon.run()
    assert work.deliveries == 2


def test_lasting_trouble_is_said_once(caplog: pytest.LogCaptureFixture) -> None:
    """A disk that stays read-only is one line until it is mended; afterwards, and where it changes, it is news.

    Health is red as long as it lasts, and keeps what failed for the log: strangers may read it.
    """
    troubles = iter(["read-only", "read-only", "full", "", "full"])

    def publish() -> str:
        if trouble := next(troubles):
            raise StateError(trouble)
        return ""

    pulse, health = Pulse(PATIENCE), list[tuple[str, ...]]()
    daemon = Daemon(Idle(), pulse=pulse)
    with caplog.at_level(logging.ERROR, "syndicate"):
        for _ in range(5):
            daemon._round("publish", publish)
            health.append(pulse.list_failed())
    red = ("publish fails: the log says why",)
    assert health == [red, red, red, (), red]
    assert pulse.list_reasons() == ("publish fails: full",)
    assert [record.message for record in caplog.records] == ["read-only", "full", "full"]


class Failing(Idle):
    """Publishing fails once, and then stops the daemon."""

    def __init__(self, trouble: BaseException) -> None:
        self.troubles = [trouble]
        self.end: Callable[[], None] = lambda: None

    def publish_round(self, *, is_quiet: bool = False) -> str:
        if self.troubles:
            raise self.troubles.pop()
        self.end()
        return ""


@pytest.mark.parametrize("trouble", [*TROUBLES, StateError("locked"), OSError(28, "full")], ids=name_of)
def test_a_round_that_fails_is_followed_by_the_next(trouble: BaseException, caplog: pytest.LogCaptureFixture) -> None:
    """Also where a library panicked, the state was locked or the disk full: said once, and tried again."""
    work = Failing(trouble)
    daemon = Daemon(work, pace=Pace(publish=MINUTE / 2000), grace=5)
    work.end = daemon.stop
    assert daemon.run()
    assert len([record for record in caplog.records if record.levelno == logging.ERROR]) == 1


def test_a_clock_set_forward_by_decades_brings_one_tick():
    """A machine without a clock chip starts in 1970; the ticks it left out are not made up for."""
    tick = Every(timedelta(seconds=5))
    long_ago = datetime(1970, 1, 1, tzinfo=UTC)
    assert tick.get_next_fire_time(None, NOW) == NOW
    assert tick.get_next_fire_time(long_ago, NOW) == NOW + timedelta(seconds=5)


def test_no_link_leads_the_watcher_out_of_its_folders(tmp_path: Path) -> None:
    """On Linux every folder is watched by itself, so that a link to the whole disk costs nothing."""
    for folder in ("posts/2026/one", "posts/node_modules/x", "elsewhere/deep"):
        (tmp_path / folder).mkdir(parents=True)
    (tmp_path / "posts/out").symlink_to(tmp_path / "elsewhere")
    (tmp_path / "posts/2026/round").symlink_to(tmp_path / "posts")
    (tmp_path / "syndicate.toml").touch()
    found = {
        path.relative_to(tmp_path).as_posix()
        for path in list_folders([tmp_path / "posts", tmp_path / "syndicate.toml"])
    }
    assert found - {"posts/2026", "posts/2026/one"} == {"posts", "syndicate.toml"}


class Watching(Idle):
    """Each publication makes a folder, and a post in the one that the publication before made."""

    def __init__(self, root: Path) -> None:
        self.root, self.watched = root, (root,)
        self.daemon = Daemon(self, pace=Pace(publish=timedelta(hours=1), deliver=timedelta(hours=1)))
        self.rounds = 0

    def is_news(self, path: Path) -> bool:
        if path.suffix == ".md" and path.parent.name >= "2":
            self.daemon.stop()
        return True

    def publish_round(self, *, is_quiet: bool = False) -> str:
        self.rounds += 1
        (self.root / str(self.rounds)).mkdir()
        (self.root / str(self.rounds - 1) / f"{self.rounds}.md").touch()
        return ""


@pytest.mark.slow
def test_a_post_in_a_new_folder_is_noticed(tmp_path: Path) -> None:
    """A folder that appears while the daemon watches is watched, too: the rounds go on, and the last one is seen."""
    (tmp_path / "0").mkdir()
    work = Watching(tmp_path)
    work.daemon.run()
    assert work.rounds >= 3
