"""From content to files: `publish`, `plan`."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from syndicate.cli.root import DONE, NEEDS_A_PERSON, app, globals_of

if TYPE_CHECKING:
    from syndicate.app.hall import App
    from syndicate.model import Plan, PlannedDelivery
    from syndicate.planning.aftercare import Amendment
    from syndicate.publish.report import Published

Progress = Callable[[int, int], None]


@app.command()
def publish(
    context: typer.Context,
    only: Annotated[Literal["feeds", "cards"] | None, typer.Option("--only", help="Only a part.")] = None,
) -> int:
    """Write feeds and cards, fill the outbox. Sends nothing."""
    from syndicate.cli.show import print_json, print_problems

    given = globals_of(context)
    with given.open_app() as hall, _progress_bar() as progress:
        published = hall.publish(only=only or "", progress=progress)
    if given.json:
        print_json(published)
        return NEEDS_A_PERSON if published.problems else DONE
    print_problems(published.problems)
    if given.verbosity >= 0:
        _show_published(published)
    return NEEDS_A_PERSON if published.problems else DONE


def _show_published(published: Published) -> None:
    from syndicate.cli.show import plural

    for warning in published.warnings:
        print(f"! {warning}", file=sys.stderr)
    if not published.written and not published.removed:
        print("Nothing changed.")
    else:
        parts = [plural(len(published.written), "file") + " written"]
        parts += [plural(published.drawn, "card") + " drawn"] if published.drawn else []
        parts += [plural(len(published.removed), "file") + " removed"] if published.removed else []
        print(f"{', '.join(parts)} to {published.where}.")
    if published.new_posts:
        print(f"{plural(published.new_posts, 'new post')}, {plural(published.new_deliveries, 'message')} noted.")


@contextmanager
def _progress_bar() -> Iterator[Progress]:
    """A bar for cards on a terminal, shown only when there are many."""
    if not sys.stderr.isatty():
        yield lambda _done, _all: None
        return
    from rich.progress import Progress as Bar

    from syndicate.cli.show import make_console

    with Bar(console=make_console(stderr=True), transient=True) as bar:
        task = bar.add_task("drawing cards", total=None, visible=False)
        yield lambda done, total: bar.update(task, completed=done, total=total, visible=total > 8)


@app.command()
def plan(
    context: typer.Context,
    check: Annotated[bool, typer.Option("--check", help="Exit 1 when anything needs a person; for CI.")] = False,
    everything: Annotated[bool, typer.Option("--all", help="Show what is skipped, too.")] = False,
) -> int:
    """Show what would happen: text, length, time, cost. Changes nothing."""
    from syndicate.cli.show import print_json, print_problems

    given = globals_of(context)
    with given.open_app() as hall:
        made, waiting, amendments = hall.make_plan(), hall.preview_waiting(), hall.list_amendments()
        if given.json:
            lists = {"new": made.deliveries, "waiting": waiting, "amendments": amendments}
            print_json({**lists, "changes": made.changes, "problems": made.problems, "warnings": made.warnings})
        else:
            print_problems(made.problems)
            _show_waiting(waiting, hall)
            _show_plan(made, hall, everything=everything)
            show_amendments(amendments)
    needs_a_person = bool(made.problems) or any(row.warnings for row in (*made.deliveries, *waiting))
    return NEEDS_A_PERSON if needs_a_person and check else DONE


def _show_waiting(waiting: tuple[PlannedDelivery, ...], hall: App) -> None:
    if waiting:
        print("In the outbox:\n")
    for row in waiting:
        _show_planned(row, hall)


def _show_plan(made: Plan, hall: App, *, everything: bool) -> None:
    from syndicate.cli.show import plural
    from syndicate.model import State

    waiting = {State.PLANNED, State.DUE, State.HELD}
    rows = [row for row in made.deliveries if everything or row.state in waiting]
    if rows:
        print("The next `publish` would add:\n")
    for row in sorted(rows, key=lambda row: (row.due_at, row.slug, row.account, row.part)):
        _show_planned(row, hall)
    others = len(made.deliveries) - len(rows)
    if not rows:
        print("Nothing new would go out.")
    if others:
        reasons = sorted({row.reason for row in made.deliveries if row.state not in waiting})
        print(f"{plural(others, 'message')} would be recorded but not sent: {'; '.join(reasons)}. `--all` shows them.")
    cost = sum(row.cost for row in rows)
    if cost:
        print(f"All this costs about ${cost:.2f}.")
    for warning in made.warnings:
        print(f"! {warning}", file=sys.stderr)


def show_amendments(amendments: tuple[Amendment, ...]) -> None:
    """Edits with both texts, removals with the copy's address."""
    for one in amendments:
        place = one.delivery.receipt.url if one.delivery.receipt else ""
        print(f"{'remove' if one.is_removal else 'edit'} {one.delivery.slug} on {one.delivery.account}: {place}")
        if one.message is not None and one.delivery.message is not None:
            print("\n".join(f"  - {line}" for line in one.delivery.message.text.splitlines()))
            print("\n".join(f"  + {line}" for line in one.message.text.splitlines()))


def _show_planned(row: PlannedDelivery, hall: App) -> None:
    from syndicate.cli.show import local_time

    zone, now = hall.settings.site.timezone, hall.now()
    room = f"{row.count}/{row.limit}" if row.limit else ""
    cost = f"  ${row.cost:.3f}" if row.cost else ""
    part = f" part {row.part}" if row.part > 1 else ""
    when = local_time(row.due_at, zone, now=now)
    print(f"{row.slug} → {row.account} ({row.network}), {row.occasion}{part}")
    print(f"  {row.state.value} {when}  {room}{cost}  {row.reason}".rstrip())
    if row.message:
        print("\n".join(f"  │ {line}" for line in row.message.text.splitlines()))
        image = row.message.image or row.message.card
        if image:
            print(f"  ▣ {image.path}  alt: {image.alt}")
    for warning in row.warnings:
        print(f"  ! {warning}")
    print()
