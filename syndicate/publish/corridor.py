"""The way of a publication from end to end."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime

from syndicate.model import NetworkFacts, Plan, Problem, Settings, Snapshot
from syndicate.output import Output
from syndicate.planning.plan import make_plan
from syndicate.publish.drawing import Drawer, DrawnCards
from syndicate.publish.rendering import Renderer
from syndicate.publish.stamp import Stamp
from syndicate.publish.sweeping import Sweeper
from syndicate.store.door import Store
from syndicate.store.ledger import Applied

Progress = Callable[[int, int], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Rooms:
    """What publishing needs from the hall."""

    settings: Settings
    store: Store
    output: Output
    drawer: Drawer
    renderer: Renderer
    sweeper: Sweeper
    stamp: Stamp
    read_snapshot: Callable[[], Snapshot]
    facts: Mapping[str, NetworkFacts]
    """By account."""
    messages: Mapping[str, str]
    """Message templates by account."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Published:
    """What a publication came to. Paths are below the publish root."""

    where: str
    written: tuple[str, ...] = ()
    removed: tuple[str, ...] = ()
    drawn: int = 0
    problems: tuple[Problem, ...] = ()
    warnings: tuple[str, ...] = ()
    applied: Applied = field(default_factory=Applied)


def read_plan(rooms: Rooms, now: datetime) -> Plan:
    """What would happen now; changes nothing."""
    return make_plan(
        rooms.read_snapshot(),
        rooms.store.read_ledger(),
        rooms.settings,
        facts=rooms.facts,
        templates=rooms.messages,
        cards=rooms.drawer.list_drawn(),
        now=now,
    )


def publish(rooms: Rooms, now: datetime, *, progress: Progress) -> Published:
    """Everything: cards, feeds, pages, outbox. Costs next to nothing when nothing changed since the last time."""
    stamp = rooms.stamp.make()
    if rooms.stamp.is_current(stamp, now):
        return Published(where=rooms.settings.storage.publish_to, problems=rooms.stamp.read_problems())
    plan = read_plan(rooms, now)
    drawn = rooms.drawer.draw(plan, progress)
    written = rooms.output.write(drawn.artefacts)
    published = _publish_files(rooms, plan, drawn, now)
    rooms.stamp.remember(stamp, plan, drawn.retry_at)
    return replace(published, written=written + published.written, drawn=drawn.count)


def publish_feeds(rooms: Rooms, now: datetime) -> Published:
    """Everything but the drawing: cards stay as they are."""
    plan = read_plan(rooms, now)
    return _publish_files(rooms, plan, rooms.drawer.list_known(plan), now)


def publish_cards(rooms: Rooms, now: datetime, *, progress: Progress) -> Published:
    """Only the cards."""
    plan = read_plan(rooms, now)
    drawn = rooms.drawer.draw(plan, progress)
    written = rooms.output.write(drawn.artefacts)
    return Published(
        where=rooms.settings.storage.publish_to,
        written=written,
        drawn=drawn.count,
        problems=plan.problems,
        warnings=drawn.warnings,
    )


def _publish_files(rooms: Rooms, plan: Plan, drawn: DrawnCards, now: datetime) -> Published:
    """Artefacts first, then the state, then what nobody needs any more."""
    present = rooms.output.list_paths()
    files = rooms.renderer.render(plan, drawn, present, now)
    written = rooms.output.write(files.artefacts)
    applied = rooms.store.apply(plan, now)
    rooms.renderer.remember(files)
    removed = rooms.sweeper.sweep(present, files.paths | drawn.paths, now)
    return Published(
        where=rooms.settings.storage.publish_to,
        written=written,
        removed=removed,
        problems=plan.problems,
        warnings=(*plan.warnings, *drawn.warnings),
        applied=applied,
    )
