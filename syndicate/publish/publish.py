"""The way of a publication from end to end."""

from __future__ import annotations

import gc
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import datetime
from functools import cache

from syndicate.model import Cache, NetworkFacts, Plan, Problem, Remark, Settings, Snapshot
from syndicate.pictures import forget_pictures
from syndicate.planning.plan import make_plan
from syndicate.publish.drawing import Drawer, DrawnCards, Progress
from syndicate.publish.manifest import Register, Sweeper
from syndicate.publish.ownership import OwnFiles
from syndicate.publish.rendering import Renderer
from syndicate.publish.unchanged import Made, Stamp, look_at
from syndicate.publish.watched import list_surroundings
from syndicate.publish.write import Pressed, press
from syndicate.store.store import Store

# --- the memory of a publication ---

_TRIM_THRESHOLD, _BYTES = -1, 64 * 1024  # M_TRIM_THRESHOLD in malloc.h of glibc


@contextmanager
def uncollected() -> Iterator[None]:
    """Without the collector of cycles, which would look through all objects again and again, for a quarter of the time,
    and find nothing."""
    gc.disable()
    try:
        yield
    finally:
        gc.enable()


@cache
def return_freed_memory() -> None:
    """Ask glibc to give freed memory back at once.

    It learns from the first large document to keep a good part for the next, which makes a fifth of the peak.
    """
    import ctypes  # noqa: PLC0415 - a run without news needs none of it

    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
    if mallopt is not None:
        mallopt(_TRIM_THRESHOLD, _BYTES)


TIMELINE = "timeline.html"


@dataclass(frozen=True, slots=True, kw_only=True)
class Rooms:
    """What one publication needs from the hall."""

    settings: Settings
    store: Store
    output: OwnFiles
    cache: Cache
    drawer: Drawer
    renderer: Renderer
    sweeper: Sweeper
    stamp: Stamp
    write_timeline: Callable[[], Pressed]
    """The local network's page, which belongs to no plan."""
    read_snapshot: Callable[[], Snapshot]
    """Posts without bodies."""
    facts: Mapping[str, NetworkFacts]
    """By account."""
    messages: Mapping[str, str]
    """Message templates by account."""


def read_plan(rooms: Rooms, now: datetime) -> Plan:
    """What would happen now; changes nothing."""
    return_freed_memory()
    return make_plan(
        rooms.read_snapshot(),
        rooms.store.read_ledger(),
        rooms.settings,
        facts=rooms.facts,
        templates=rooms.messages,
        cards=rooms.drawer.list_drawn(),
        now=now,
    )


def publish(rooms: Rooms, now: datetime, *, stamp: str, progress: Progress) -> Published:
    """Everything: cards, feeds, pages, outbox. `stamp` was made before this call."""
    plan = read_plan(rooms, now)
    files = look_at(list_surroundings(plan, rooms.settings))
    register = Register(rooms.output, rooms.cache)
    drawn = rooms.drawer.draw(plan, register, progress)
    published, paths = _publish_files(rooms, plan, register, drawn, now)
    if published.removed and not plan.problems:  # a post that cannot be read now may still want its picture
        forget_pictures((one.post.picture for one in plan.identified if one.post.picture), cache=rooms.cache)
    made = Made(
        stamp=stamp,
        at=now,
        ends=(plan.next_change_at, drawn.retry_at),
        problems=published.problems,
        files=files,
        paths=paths | {TIMELINE},
    )
    rooms.stamp.remember(made)
    return published


def publish_feeds(rooms: Rooms, now: datetime) -> Published:
    """Everything but the drawing: cards stay as they are."""
    plan = read_plan(rooms, now)
    register = Register(rooms.output, rooms.cache)
    return _publish_files(rooms, plan, register, rooms.drawer.list_known(plan), now)[0]


def publish_cards(rooms: Rooms, now: datetime, *, progress: Progress) -> Published:
    """Only the cards."""
    plan = read_plan(rooms, now)
    drawn = rooms.drawer.draw(plan, Register(rooms.output, rooms.cache), progress)
    return Published(
        where=rooms.settings.storage.publish_to,
        written=drawn.written,
        drawn=drawn.count,
        problems=(*plan.problems, *drawn.problems, *rooms.output.problems),
        warnings=drawn.warnings,
    )


def _publish_files(
    rooms: Rooms, plan: Plan, register: Register, drawn: DrawnCards, now: datetime
) -> tuple[Published, frozenset[str]]:
    """Artefacts first, then the state, then what nobody needs any more; with every path that is published now."""
    documents = rooms.renderer.list_documents(plan, drawn, register.paths, now)
    pressed = press(documents, register, rooms.output, rooms.cache)
    timeline = rooms.write_timeline()
    applied = rooms.store.apply(plan, now)
    needed = drawn.paths | {document.path for document in documents}
    removed = rooms.sweeper.sweep(register, needed, now)
    published = Published(
        where=rooms.settings.storage.publish_to,
        written=(*drawn.written, *pressed.written, *timeline.written),
        removed=removed,
        drawn=drawn.count,
        problems=(*plan.problems, *drawn.problems, *pressed.problems, *timeline.problems, *rooms.output.problems),
        warnings=(*plan.warnings, *drawn.warnings),
        remarks=plan.remarks,
        **asdict(applied),
    )
    return published, needed


# --- what a publication came to ---


@dataclass(frozen=True, slots=True, kw_only=True)
class Published:
    """Paths are below the publish root `where`."""

    where: str
    written: tuple[str, ...] = ()
    removed: tuple[str, ...] = ()
    drawn: int = 0
    problems: tuple[Problem, ...] = ()
    warnings: tuple[str, ...] = ()
    remarks: tuple[Remark, ...] = ()
    """What a person is asked about the new messages, and what is said of them at once."""
    new_posts: int = 0
    changed_posts: int = 0
    gone_posts: int = 0
    new_deliveries: int = 0
    changed_deliveries: int = 0
    contradiction: str = ""
    """Why nothing is sent and what to do, where the state does not know everything."""
