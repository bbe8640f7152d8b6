"""The way of a publication from end to end."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, replace
from datetime import datetime

from syndicate.model import NetworkFacts, Plan, Settings, Snapshot
from syndicate.output import Output
from syndicate.planning.plan import make_plan
from syndicate.publish.drawing import Drawer, DrawnCards
from syndicate.publish.rendering import Renderer
from syndicate.publish.report import Published
from syndicate.publish.stamp import Stamp
from syndicate.publish.sweeping import Sweeper
from syndicate.store.door import Store

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
    """Everything: cards, feeds, pages, outbox."""
    stamp = rooms.stamp.make()
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
        **asdict(applied),
    )
