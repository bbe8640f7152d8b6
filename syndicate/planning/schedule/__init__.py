"""When a message may go out: slots, quiet hours, gaps and daily caps, in the zone of a rule.

Slots are wall-clock times. Where the clock jumps, RFC 5545 section 3.3.5 decides: a time that does not exist is
read with the offset before the jump (02:30 becomes 03:30), a time that exists twice means the first.
"""

from __future__ import annotations

from bisect import bisect_left, insort
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from syndicate.errors import ConfigError
from syndicate.model import OUT, WAITING, Delivery, KnownDelivery, OccasionKind, ScheduleRules, State
from syndicate.planning.schedule.when import Trigger, parse_clock, parse_slot, to_instant

# When nothing is taken any more and so much was tried in vain, the rules exclude each other.
_FAR, _MOST = timedelta(days=9 * 366), 5000
_DAY = timedelta(days=1)
_TO_COME = (*WAITING, State.SENDING, State.UNCERTAIN)
SPEAKING = (*WAITING, *OUT)
"""The states of messages that take a time of their account (`list_taken`)."""


class Calendar:
    """Rules made ready for many questions. Remembers the slots it has worked out, nothing else."""

    def __init__(self, rules: ScheduleRules) -> None:
        """Raises ConfigError where a slot, the quiet hours or the zone cannot be understood."""
        self.rules = rules
        self.zone = get_zone(rules.timezone)
        self.quiet = parse_quiet(rules.quiet)
        self.triggers = parse_slots(rules.slots)
        self._slots: dict[date, list[datetime]] = {}

    def next_slot(self, after: datetime, taken: Taken) -> datetime:
        """The first free instant from `after` on. Raises ConfigError where the rules leave none."""
        last = max(after, taken.instants[-1]) if taken.instants else after
        tries = 0
        for at in self._candidates(taken.resume(after), taken):
            if self.is_free(at, taken):
                taken.remember(after, at)
                return at
            tries += at > last
            if tries > _MOST or at > last + _FAR:
                break
        raise ConfigError(
            "no slot is ever free under these rules",
            where="schedule",
            hint="slots inside the quiet hours never happen; a cap or gap may be too tight",
        )

    def list_slots(self, since: datetime, until: datetime) -> Iterator[datetime]:
        """Every slot in [since, until), free or not; none without slots."""
        for at in self._slots_after(since) if self.triggers else ():
            if at >= until:
                return
            yield at

    def is_free(self, at: datetime, taken: Taken) -> bool:
        """Whether one more message may go out at this instant."""
        return self._has_room(at, taken) and not self.is_quiet(at)

    def is_slot(self, at: datetime) -> bool:
        """Whether the rules name this very instant; without slots every one."""
        return not self.triggers or next(self._slots_after(at)) == at

    def is_quiet(self, at: datetime) -> bool:
        """Whether the local time lies in the quiet hours (the first minute in, the last out)."""
        if self.quiet is None:
            return False
        begin, end = self.quiet
        local = at.astimezone(self.zone).time()
        return begin <= local < end if begin < end else local >= begin or local < end

    def _candidates(self, after: datetime, taken: Taken) -> Iterator[datetime]:
        if self.triggers:
            yield from self._slots_after(after)
        else:
            yield from self._moments(after, taken)

    def _moments(self, after: datetime, taken: Taken) -> Iterator[datetime]:
        """Without slots: as soon as it may, then after whatever stands in the way."""
        at = after
        while True:
            yield at
            if self.is_quiet(at):
                at = self._end_of_quiet(at)
            elif (blocked := taken.blocker(at, self.rules.gap)) is not None:
                at = blocked + self.rules.gap
            else:
                at = self._instant(self._local_date(at) + _DAY, time())

    def _has_room(self, at: datetime, taken: Taken) -> bool:
        if self.triggers and taken.holds(at):
            return False
        if taken.blocker(at, self.rules.gap) is not None:
            return False
        cap = self.rules.per_day
        return not cap or taken.on_day(self._local_date(at), self.zone) < cap

    def _end_of_quiet(self, at: datetime) -> datetime:
        assert self.quiet is not None
        day = self._local_date(at)
        end = datetime.combine(day, self.quiet[1], self.zone)
        again = end.replace(fold=1)  # another instant where the clock is set back over it
        ends = (each.astimezone(UTC) for each in (end, again))
        return next((each for each in ends if each > at), self._instant(day + _DAY, self.quiet[1]))

    def _local_date(self, at: datetime) -> date:
        return at.astimezone(self.zone).date()

    def _instant(self, day: date, clock: time) -> datetime:
        return to_instant(datetime.combine(day, clock), self.zone)

    def _slots_after(self, after: datetime) -> Iterator[datetime]:
        day = self._local_date(after)
        while True:
            yield from (at for at in self._slots_of(day) if at >= after)
            day += _DAY

    def _slots_of(self, day: date) -> list[datetime]:
        """In order. Where the clock jumps over midnight, a time of the day before may become one of this day."""
        if day not in self._slots:
            walls = [
                (near, clock)
                for near in (day - _DAY, day)
                for one in self.triggers
                if one.is_on(near)
                for clock in one.clocks
            ]
            self._slots[day] = sorted(self._lie_within(day, walls)) if walls else []
        return self._slots[day]

    def _lie_within(self, day: date, walls: Iterable[tuple[date, time]]) -> set[datetime]:
        begin, end = self._instant(day, time()), self._instant(day + _DAY, time())
        return {at for near, clock in walls if begin <= (at := self._instant(near, clock)) < end}


@dataclass(slots=True)
class Taken:
    """The instants at which an account already speaks, sorted; asked under one calendar only."""

    instants: list[datetime]
    _days: Counter[date] | None = None
    _tried: tuple[datetime, datetime] | None = None
    """From the first instant on, nothing before the second is free; more messages only take more away."""

    def resume(self, after: datetime) -> datetime:
        """Where to go on looking for the first free instant from `after` on."""
        return max(after, self._tried[1]) if self._tried and self._tried[0] <= after else after

    def remember(self, after: datetime, at: datetime) -> None:
        """The search from `after` on found nothing free before `at`."""
        self._tried = (after, at)

    def holds(self, at: datetime) -> bool:
        """Whether there is a message at this very instant."""
        index = bisect_left(self.instants, at)
        return index < len(self.instants) and self.instants[index] == at

    def add(self, at: datetime, zone: ZoneInfo) -> None:
        """One more message."""
        insort(self.instants, at)
        if self._days is not None:
            self._days[at.astimezone(zone).date()] += 1

    def release(self, at: datetime, zone: ZoneInfo) -> None:
        """One message less, where there is one at this instant."""
        if self.holds(at):
            del self.instants[bisect_left(self.instants, at)]
            self._tried = None
            if self._days is not None:
                self._days[at.astimezone(zone).date()] -= 1

    def blocker(self, at: datetime, gap: timedelta) -> datetime | None:
        """The latest message closer than `gap` to this instant, before or after it."""
        if not gap:
            return None
        index = bisect_left(self.instants, at + gap)
        latest = self.instants[index - 1] if index else None
        return latest if latest is not None and latest > at - gap else None

    def on_day(self, day: date, zone: ZoneInfo) -> int:
        """How many messages go out on this local day."""
        if self._days is None:
            self._days = Counter(at.astimezone(zone).date() for at in self.instants)
        return self._days[day]


def list_taken(rows: Iterable[Delivery | KnownDelivery]) -> Iterator[datetime]:
    """The instants at which an account speaks or will: when planning, and when a missed message looks for a slot.

    Further parts of a thread belong to its first; a recycled post gives way to fresh ones, unless a person gave it
    its time.
    """
    for row in rows:
        gives_way = row.occasion.kind is OccasionKind.EVERGREEN and row.chosen_due_at is None
        if row.part == 1 and row.state is State.SENT and row.sent_at:
            yield row.sent_at
        elif row.part == 1 and row.state in _TO_COME and not gives_way:
            yield row.due_at


def next_slot(rules: ScheduleRules, after: datetime, taken: Iterable[datetime], now: datetime) -> datetime:
    """The first instant not before `after` and `now` at which one more message may go out.

    `taken` are the instants of the account's other messages, sent and planned. `rules.timezone` names the zone; an
    empty one is UTC. Raises ConfigError where a rule cannot be understood or leaves no instant at all.
    """
    return Calendar(rules).next_slot(max(after, now), Taken(sorted(taken)))


def find_broken_rule(rules: ScheduleRules, at: datetime, taken: Taken) -> str:
    """Which rule speaks against one more message at this instant, as a sentence; "" for none.

    Slots are not a rule: a person may choose any time between them.
    """
    calendar = Calendar(rules)
    local = at.astimezone(calendar.zone)
    if calendar.is_quiet(at):
        return f"{local:%H:%M} is in the quiet hours, {rules.quiet}"
    if (other := taken.blocker(at, rules.gap)) is not None:
        there = other.astimezone(calendar.zone)
        return f"it would be closer than the gap of {say_span(rules.gap)} to another message at {there:%H:%M}"
    if calendar.triggers and taken.holds(at):
        return f"another message goes out at {local:%H:%M} already"
    if rules.per_day and taken.on_day(local.date(), calendar.zone) >= rules.per_day:
        return f"{local.day} {local:%b} has its {rules.per_day} messages already (`per_day`)"
    return ""


def say_span(span: timedelta) -> str:
    """ "2 hours", "90 minutes"."""
    minutes = int(span.total_seconds() // 60)
    number, unit = (minutes // 60, "hour") if minutes and minutes % 60 == 0 else (minutes, "minute")
    return f"{number} {unit}{'' if number == 1 else 's'}"


def parse_slots(slots: Sequence[str]) -> tuple[Trigger, ...]:
    """Every slot of a rule. Raises ConfigError naming the slot that cannot be understood."""
    return tuple(trigger for slot in slots for trigger in parse_slot(slot))


def parse_quiet(text: str) -> tuple[time, time] | None:
    """ "22:00-07:00" as two clock times, None where there are no quiet hours."""
    if not text.strip():
        return None
    begin, dash, end = text.replace("\u2013", "-").partition("-")
    first, last = parse_clock(begin), parse_clock(end)
    if not dash or first is None or last is None or first == last:
        raise ConfigError(
            f'"{text}" is not a valid range of quiet hours',
            where="schedule.quiet",
            hint='write them like "22:00-07:00"',
        )
    return first, last


def say_time(at: datetime, timezone: str) -> str:
    """A moment as a person of that zone writes it."""
    return f"{at.astimezone(get_zone(timezone)):%Y-%m-%d %H:%M}"


BEHIND = timedelta(days=1)
"""A file from so far ahead does not come from another machine's clock."""


def tell_clock(says: datetime, seen: datetime | None, changed_at: datetime | None) -> str:
    """That the clock is behind, "" where it is not known to be: the state and the files have both seen later days.

    A machine without a battery begins in 1970 or at its last shutdown. A state alone may come from a clock that was
    ahead.
    """
    if seen is None or changed_at is None or says + BEHIND >= min(seen, changed_at):
        return ""
    return f"the clock is behind: it says {says:%Y-%m-%d}, and it was {seen:%Y-%m-%d} already"


def get_zone(name: str) -> ZoneInfo:
    """The zone of this IANA name, UTC for none. Raises ConfigError where it is unknown."""
    try:
        return ZoneInfo(name or "UTC")
    except (ValueError, OSError, KeyError) as error:
        raise ConfigError(
            f'"{name}" is not a valid time zone', where="timezone", hint='use a name like "Europe/Berlin"'
        ) from error
