"""One post by hand: `post`, `why`."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Annotated

import typer

from syndicate.cli.answers import show_planned, show_story
from syndicate.cli.queue import name_in, show_rows
from syndicate.cli.root import DONE, NEEDS_A_PERSON, command, complete_account, complete_slug, globals_of
from syndicate.cli.show import print_json, tell
from syndicate.model import needs_person

if TYPE_CHECKING:
    from syndicate.app.accounts import AccountRow
    from syndicate.app.app import App
    from syndicate.model import Delivery
    from syndicate.planning.deliveries.manual import ManualPlan

PostName = Annotated[
    str, typer.Argument(metavar="SLUG", autocompletion=complete_slug, help="The post: its slug, path or address.")
]


@command()
def post(
    context: typer.Context,
    slug: PostName,
    to: Annotated[
        list[str] | None,
        typer.Option(
            "--to",
            metavar="ACCOUNT",
            autocompletion=complete_account,
            help="Only this account; may be repeated. Else all.",
        ),
    ] = None,
    at: Annotated[
        str,
        typer.Option("--at", metavar="WHEN", help='"2026-11-30 09:00", "tomorrow 09:00", "in 2 hours", "monday 9am".'),
    ] = "",
    text: Annotated[
        str,
        typer.Option("--text", metavar="TEXT", help="Your own words instead of the composed ones; the link is added."),
    ] = "",
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Show the exact message, send nothing.")] = False,
    again: Annotated[bool, typer.Option("--again", help="Send it even if it was sent before.")] = False,
) -> int:
    """Post one post to your accounts, now or at a time."""
    given = globals_of(context)
    with given.open_app() as app:
        if not dry_run:
            app.publish()  # so that it has its card, and the message that would come by itself is moved, not doubled
        slug = name_in(app, slug)
        planned = app.plan_post(slug, to=tuple(to or ()), at=at, text=text, again=again)
        _warn_of_accounts(app, to or [account.name for account in app.settings.accounts])
        if dry_run:
            if given.json:
                print_json(planned)
            else:
                _show_dry(planned, app, slug)
            return DONE
        sent = app.post(planned)
        if given.json:
            print_json(sent)
        else:
            show_rows([one for one in sent if given.verbosity >= 0 or needs_person(one)], app)
        blocked = {row.name: row for row in app.list_accounts(online=False) if row.state.needs_person}
        if not given.json:
            waits = not at and any((one.chosen_due_at or app.now()) > app.now() for one in sent)
            if waits:
                tell("Its post is not public yet, or under embargo: --at now sends it all the same.", file=sys.stderr)
            _say_what_next(sent, blocked, slug, is_later=waits or bool(at))
    is_stuck = any(needs_person(one) or _is_blocked(one, blocked) for one in sent)
    return NEEDS_A_PERSON if is_stuck else DONE


def _is_blocked(delivery: Delivery, blocked: Mapping[str, AccountRow]) -> bool:
    return delivery.account in blocked and delivery.state.value in _WAITING


_WAITING = ("planned", "due", "uncertain")


def _warn_of_accounts(app: App, names: Sequence[str]) -> None:
    """Who cannot send now is told before the message waits for it."""
    for row in app.list_accounts(online=False):
        if row.name in names and row.state.needs_person:
            tell(f"! {row.name}, {row.state}: {row.note}", file=sys.stderr)


def _show_dry(planned: ManualPlan, app: App, slug: str) -> None:
    """New messages, and those that wait already and would be moved."""
    from syndicate.app.queue import preview_waiting

    for row in planned.deliveries:
        show_planned(row, app.settings, app.now())
    moved = {change.delivery_id for change in planned.changes}
    waiting = {(one.account, one.occasion, one.part): one.id for one in app.list_deliveries(slug=slug)}
    messages = {(account, occasion) for (account, occasion, _), number in waiting.items() if number in moved}
    with app.using() as site:
        rows = preview_waiting(site, planned) if moved else ()
    for row in rows:
        if row.slug == slug and (row.account, row.occasion) in messages:
            if number := waiting.get((row.account, row.occasion, row.part)):
                print(f"Delivery {number} waits in the outbox already, and would be moved:")
            show_planned(row, app.settings, app.now())


def _say_what_next(sent: Sequence[Delivery], blocked: Mapping[str, AccountRow], slug: str, *, is_later: bool) -> None:
    """What happens by itself, and what does not before a person acts."""
    states = {one.state.value for one in sent if not _is_blocked(one, blocked) and not needs_person(one)}
    if states & {"planned", "due"}:
        when = "at its time" if is_later else "as soon as the rules allow"
        tell(f"Not out yet: `syndicate run` or `once` sends it {when}; `syndicate queue` shows it.", file=sys.stderr)
    if "uncertain" in states:
        tell("It may be out: `syndicate run` looks for it; `syndicate queue` shows what it finds.", file=sys.stderr)
    for name in sorted({one.account for one in sent if _is_blocked(one, blocked)}):
        tell(f"{name}, {blocked[name].state}: {blocked[name].note}; the message waits for that.", file=sys.stderr)
    if any(needs_person(one) for one in sent):
        tell(f"This needs you: `syndicate why {slug}` tells what happened.", file=sys.stderr)


@command()
def why(
    context: typer.Context,
    slug: PostName,
) -> int:
    """Tell the whole story of a post.

    What was sent, what waits, what will not go out, each with its reason.
    """
    given = globals_of(context)
    with given.open_app() as app:
        story = app.tell_story(name_in(app, slug))
    if given.json:
        print_json(story)
        return NEEDS_A_PERSON if story.contradiction else DONE
    return show_story(story)
