"""A clock that is wrong at any moment between claim and settle: set forward, set back, and set right again."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from syndicate.app.app import App
from syndicate.model import Delivery, State
from tests.faults.site import PUBLISHES, Site
from tests.faults.whole import judge_messages
from tests.networks.fake import Fault, cut_before_commit, drop_reply_after_commit

HOUR = timedelta(hours=1)
FOR_GOOD = 1_000_000
"""Readings."""
# Networks date what they show: more than a day ahead (settling.SKEW) their copies would seem older than our intent.
JUMPS = {
    "a second back": timedelta(seconds=-1),
    "minutes back": -HOUR / 4,
    "half a day back": -12 * HOUR,
    "days back": -60 * HOUR,
    "minutes ahead": HOUR / 4,
    "half a day ahead": 12 * HOUR,
    "almost a day ahead": 23 * HOUR,
}


class WrongClock:
    """Right until its n-th reading, then wrong by `jump`, and right again `stays` readings later."""

    def __init__(self, jump: timedelta, at: int, stays: int) -> None:
        self.now = datetime.now(UTC)
        self._jump = jump
        self._at = at
        self._stays = stays
        self.readings = 0

    def __call__(self) -> datetime:
        self.readings += 1
        self.now += timedelta(milliseconds=1)
        is_wrong = self._at <= self.readings < self._at + self._stays
        return self.now + self._jump if is_wrong else self.now


def _count_readings(site: Site) -> int:
    clock = WrongClock(timedelta(0), 0, 0)
    with App(site.config, clock) as app:
        app.deliver_due()
    return clock.readings


def _live(site: Site, clock: WrongClock) -> list[str]:
    """Rounds at five minutes' distance, then at three hours', as long as anything waits."""
    asked: list[str] = []
    with App(site.config, clock) as app:
        for number in range(60):
            app.deliver_due()
            waiting = app.list_deliveries(slug="fresh")
            if not waiting:
                break
            for row in waiting:
                asked += _look(app, site, row)
            clock.now += HOUR / 12 if number < 30 else 3 * HOUR
            site.town.toot.now = site.town.chat.now = clock.now
    return asked


def _look(app: App, site: Site, row: Delivery) -> list[str]:
    """The person settles what no network shows, and tries again what was given up as too late."""
    if row.state is State.FAILED:
        app.change_deliveries("retry", (row.id,))
    if row.state is not State.UNCERTAIN or row.look_at is not None:
        return []
    is_there = site.town.count(row.account, "fresh") > 0
    action, seen = ("settle_sent", "https://seen.example/1") if is_there else ("settle_not_sent", "")
    app.change_deliveries(action, (row.id,), seen)
    return [row.account]


@pytest.mark.parametrize("jump", JUMPS.values(), ids=JUMPS.keys())
@pytest.mark.parametrize("fault", [drop_reply_after_commit(), cut_before_commit()], ids=["carried out", "lost"])
def test_a_wrong_clock_sends_nothing_twice(site: Site, tmp_path: Path, jump: timedelta, fault: Fault) -> None:
    """Wherever the clock jumps in rounds whose calls are cut, whenever it comes back: each account has one copy."""
    readings = _count_readings(site.copy(tmp_path / "calm"))
    assert readings > 10
    found = Counter[str]()
    for at in range(1, readings + 1, 5):
        for stays in (1, 7, FOR_GOOD):
            site.town.empty()
            site.town.toot.now = site.town.chat.now = datetime.now(UTC)
            one = site.copy(tmp_path / f"at-{at}-{stays}")
            for account, fake in site.town.accounts.items():
                fake.fail(fault, on=PUBLISHES[account])
            asked = _live(one, WrongClock(jump, at, stays))
            copies = {account: site.town.count(account, "fresh") for account in PUBLISHES}
            faults = judge_messages(copies, one.list_rows("fresh"), asked)
            found += Counter(f"{fault_found} (at {at} for {stays})" for fault_found in faults)
    assert found == {}
