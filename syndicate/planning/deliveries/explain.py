"""`syndicate why SLUG`: everything that is known and planned about one post, in sentences."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from difflib import get_close_matches
from zoneinfo import ZoneInfo

from syndicate.errors import UsageError
from syndicate.model import Attempt, Delivery, Identified, KnownPost, Plan, PlannedDelivery, Problem, State
from syndicate.planning.deliveries.reasons import say_reason, say_why

_WAITING = frozenset({State.PLANNED, State.DUE, State.HELD, State.MISSED})


def explain(
    slug: str,
    plan: Plan,
    known: KnownPost | None,
    deliveries: Sequence[Delivery],
    attempts: Mapping[int, Sequence[Attempt]],
    *,
    zone: ZoneInfo,
) -> tuple[str, ...]:
    """Lines for a person: the post, its identity, each delivery with its trail, what would be added now.

    `known` is the row the state database has for the slug; times are shown in the zone. Raises UsageError for a slug
    that nobody knows.
    """
    lines = [*_explain_post(slug, plan, known, zone)]
    for delivery in sorted(deliveries, key=lambda row: (row.account, row.id)):
        lines += _explain_delivery(delivery, attempts.get(delivery.id, ()), zone)
    lines += [_explain_planned(row, zone) for row in plan.deliveries if row.slug == slug]
    changed = {change.delivery_id: change for change in plan.changes}
    for delivery in deliveries:
        if change := changed.get(delivery.id):
            why = say_why(change)
            lines.append(
                f"would change: delivery {delivery.id} becomes {change.state} at {_local(change.due_at, zone)}"
                + (f": {why}" if why else "")
            )
    lines += [f"problem: {problem}" for problem in _problems(slug, plan, known)]
    return tuple(lines)


def _explain_post(slug: str, plan: Plan, known: KnownPost | None, zone: ZoneInfo) -> Iterable[str]:
    item = next((item for item in plan.identified if item.post.slug == slug), None)
    row = item.known if item else known
    if row is None:
        raise UsageError(f'no post has the slug "{slug}"', hint=_hint(slug, plan))
    yield f'{slug}: "{row.title}" in {row.source}'
    yield f"id {row.id}, first seen {_local(row.first_seen_at, zone)}"
    if item is None:
        yield "not public: its file is gone or it is a draft"
        return
    when = "is public since" if row.published_at <= plan.now else "becomes public at"
    yield f"{when} {_local(row.published_at, zone)}, last changed {_local(row.updated_at, zone)}"
    if date := find_other_date(item):
        yield f"its file says {_local(date, zone)}: the feeds keep the date of before"
    if item.post.flags:
        yield f"flags: {', '.join(sorted(item.post.flags))}"


def find_other_date(item: Identified) -> datetime | None:
    """The date that the file names, where the feeds show another one."""
    date = item.post.published_at
    return date if date is not None and date != item.known.published_at else None


def _hint(slug: str, plan: Plan) -> str:
    """A file of that name that cannot be read, a slug like it, or why there may be none."""
    names = {problem.source.rpartition("/")[2].rpartition(".")[0]: problem for problem in plan.problems}
    near = get_close_matches(slug, [one.post.slug for one in plan.identified], n=1)
    if slug in names:
        return str(names[slug])
    return f'did you mean "{near[0]}"?' if near else "drafts are not known before they are published"


def _explain_delivery(delivery: Delivery, trail: Sequence[Attempt], zone: ZoneInfo) -> Iterable[str]:
    name = f"{delivery.account} ({delivery.occasion}{f', part {delivery.part}' if delivery.part > 1 else ''})"
    line = f"{name}: delivery {delivery.id} is {delivery.state}"
    if delivery.state in _WAITING:
        line += f"{'' if delivery.state is State.DUE else ', due'} {_local(delivery.due_at, zone)}"
    place = delivery.receipt.url if delivery.receipt else ""
    if place:
        line += f", {place}"
    why = "" if place and place == delivery.detail else say_why(delivery)
    yield line + (f" - {why}" if why else "")
    for attempt in trail:
        detail = f" - {say_reason(attempt.reason, attempt.detail)}" if attempt.reason else ""
        yield f"  {_local(attempt.at, zone)} {attempt.action}: {attempt.outcome} → {attempt.state}{detail}"


def _explain_planned(row: PlannedDelivery, zone: ZoneInfo) -> str:
    name = f"{row.account} ({row.occasion}{f', part {row.part}' if row.part > 1 else ''})"
    line = f"{name}: would be {row.state}"
    if row.state is not State.SKIPPED:
        line += f" for {_local(row.due_at, zone)}, {row.count} of {row.limit}"
        line += f", {row.cost:.3f} USD" if row.cost else ""
    notes = [note for note in (say_why(row), *row.warnings) if note]
    return line + (f" - {'; '.join(notes)}" if notes else "")


def _problems(slug: str, plan: Plan, known: KnownPost | None) -> Iterable[Problem]:
    sources = {item.post.source for item in plan.identified if item.post.slug == slug}
    sources |= {known.source} if known else set()
    return [problem for problem in plan.problems if problem.source in sources]


def _local(at: datetime, zone: ZoneInfo) -> str:
    return f"{at.astimezone(zone):%Y-%m-%d %H:%M}"
