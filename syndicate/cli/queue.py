"""The outbox in a person's hands: `queue`, `settle`, `status`."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Annotated

import typer

from syndicate.cli.answers import show_amendments, show_deliveries, show_remarks, show_status, warn_of_state
from syndicate.cli.root import (
    DONE,
    NEEDS_A_PERSON,
    PlainCommand,
    app,
    command,
    complete_account,
    complete_slug,
    globals_of,
)
from syndicate.cli.show import print_json, tell
from syndicate.errors import UsageError
from syndicate.planning.deliveries import ASKED_TOGETHER

if TYPE_CHECKING:
    from syndicate.app.app import App
    from syndicate.app.post import Joined
    from syndicate.model import Delivery

queue_app = typer.Typer(
    help="Show the outbox, or change what waits in it.",
    rich_markup_mode=None,
    invoke_without_command=True,
)
app.add_typer(queue_app, name="queue")

Ids = Annotated[list[int], typer.Argument(metavar="ID", help="Numbers from `syndicate queue`.")]


@queue_app.callback()
def queue(
    context: typer.Context,
    everything: Annotated[bool, typer.Option("--all", help="Sent, skipped and cancelled messages, too.")] = False,
    account: Annotated[
        str, typer.Option("--account", metavar="ACCOUNT", autocompletion=complete_account, help="Only this account.")
    ] = "",
    slug: Annotated[
        str, typer.Option("--slug", metavar="SLUG", autocompletion=complete_slug, help="Only this post.")
    ] = "",
) -> int:
    """Show the outbox, or change what waits in it."""
    from syndicate.app.status import tell_clock

    if context.invoked_subcommand:
        return DONE
    given = globals_of(context)
    with given.open_app() as app:
        slug = name_in(app, slug)
        found = app.list_deliveries(account=account, slug=slug, everything=everything)
        if given.json:
            print_json(found, titles=_list_titles(app, found))
        elif found:
            _show_outbox(found, app, each=everything or bool(slug))
        else:
            _say_nothing(app, account, slug, everything=everything)
        with app.using() as site:
            behind = tell_clock(site, app.now())
        if behind:
            tell(f"! {behind}", file=sys.stderr)
        return warn_of_state(app.find_contradiction())


def _say_nothing(app: App, account: str, slug: str, *, everything: bool) -> None:
    """Nothing there, or nothing of that name: a typing error must not read like an answer."""
    names = [known.name for known in app.settings.accounts]
    if account and account not in names:
        raise UsageError(f'there is no account "{account}" in syndicate.toml', hint=f"known: {', '.join(names)}")
    if slug:
        app.tell_story(slug)
    print("No message yet." if everything else "Nothing waits. `syndicate queue --all` shows what was sent or skipped.")


def _show_outbox(found: Sequence[Delivery], app: App, *, each: bool) -> None:
    """The outbox, many posts at once as one line, unless a person asks for `each`."""
    from syndicate.planning.deliveries.bursts import list_questions

    many = [] if each else [one for one in found if one.reason in ASKED_TOGETHER]
    shown = [one for one in found if one not in many]
    if shown:
        show_rows(shown, app)
    show_remarks(list_questions(many))


def show_rows(rows: Sequence[Delivery], app: App) -> None:
    """Deliveries with the titles of their posts."""
    show_deliveries(rows, _list_titles(app, rows), app.settings, app.now())


def _list_titles(app: App, deliveries: Sequence[Delivery]) -> Mapping[str, str]:
    with app.using() as site:
        return site.store.list_titles(sorted({one.post_id for one in deliveries}))


def name_in(app: App, word: str) -> str:
    """The name of the post that a slug, a path or an address means; "" for "".

    Raises UsageError with the candidates where it means several.
    """
    if not word:
        return ""
    from syndicate.app.post import name_post

    with app.using() as site:
        return name_post(site, word)


def _act(context: typer.Context, action: str, ids: Sequence[int], value: str = "") -> int:
    from syndicate.app.deliver import check_text

    given = globals_of(context)
    with given.open_app() as app:
        if action == "edit":
            with app.using() as site:
                check_text(site, ids, value)  # all of them, before the first is changed
        changed, refusals = _change(app, action, ids, value)
        if given.json and changed:
            print_json(changed, titles=_list_titles(app, changed))
        elif changed:
            show_rows(changed, app)
    for line in refusals[1:]:
        print(f"syndicate: {line}", file=sys.stderr)
    if refusals:
        raise refusals[0]
    return DONE


def _change(app: App, action: str, ids: Iterable[int], value: str) -> tuple[list[Delivery], list[UsageError]]:
    """One that is refused keeps none of the others: typed again after a crash, some are done already."""
    changed: list[Delivery] = []
    refusals: dict[str, UsageError] = {}
    for number in ids:
        try:
            changed += app.change_deliveries(action, (number,), value)
        except UsageError as error:
            refusals[str(error)] = error
    return changed, list(refusals.values())


@queue_app.command(cls=PlainCommand)
def hold(context: typer.Context, ids: Ids) -> int:
    """Keep messages until you release them."""
    return _act(context, "hold", ids)


SomeIds = Annotated[list[int] | None, typer.Argument(metavar="[ID]…", help="Numbers from `syndicate queue`.")]
All = Annotated[bool, typer.Option("--all", help="All that wait for you; what you hold, or may be renamed, by --slug.")]
OfAccount = Annotated[
    str, typer.Option("--account", metavar="ACCOUNT", autocompletion=complete_account, help="Of these, this account's.")
]
OfSlug = Annotated[
    str, typer.Option("--slug", metavar="SLUG", autocompletion=complete_slug, help="Of these, this post's.")
]
OfReason = Annotated[
    str, typer.Option("--reason", metavar="REASON", help="Of these and the skipped: many_at_once, old_when_found …")
]


@queue_app.command(cls=PlainCommand)
def release(
    context: typer.Context,
    ids: SomeIds = None,
    everything: All = False,
    account: OfAccount = "",
    slug: OfSlug = "",
    reason: OfReason = "",
) -> int:
    """Let held, skipped, missed or cancelled messages go."""
    return _act(context, "release", _choose(context, ids, (account, slug, reason), everything=everything))


@queue_app.command(cls=PlainCommand)
def skip(
    context: typer.Context,
    ids: SomeIds = None,
    everything: All = False,
    account: OfAccount = "",
    slug: OfSlug = "",
    reason: OfReason = "",
) -> int:
    """Decide that messages which wait for you are not sent."""
    return _act(context, "skip", _choose(context, ids, (account, slug, reason), everything=everything))


def _choose(
    context: typer.Context, ids: list[int] | None, filters: tuple[str, str, str], *, everything: bool
) -> Sequence[int]:
    """The numbers that were typed, or all that the filters leave."""
    if bool(ids) == everything or (ids and any(filters)):
        hint = "--account, --slug and --reason go with --all"
        raise UsageError("say either which ones, by number, or --all", hint=hint)
    if ids:
        return ids
    from syndicate.app.queue import choose_all

    account, slug, reason = filters
    with globals_of(context).open_app() as app:
        slug = name_in(app, slug)
        with app.using() as site:
            found = choose_all(site, account=account, slug=slug, reason=reason)
        rows = () if found else app.list_deliveries(account=account, slug=slug)
        if slug and not rows:
            app.tell_story(slug)  # a typing error must not read like an answer
    if not found and not globals_of(context).json:
        is_own = not (slug or reason) and any(one.state.value == "held" for one in rows)
        own = " What you hold yourself, or may be a renamed post, goes by number or --slug."
        print(f"Nothing of that kind waits for you.{own if is_own else ''}")
    return found


@command()
def same(
    context: typer.Context,
    old: Annotated[str, typer.Argument(metavar="OLD", help="Slug (or id) of the post as it was.")] = "",
    new: Annotated[str, typer.Argument(metavar="NEW", autocompletion=complete_slug, help="Its slug (or id) now.")] = "",
    everything: Annotated[bool, typer.Option("--all", help="Say so of every post you are asked about.")] = False,
) -> int:
    """Say that a new post is an earlier one, renamed or copied: it is not announced again."""
    from syndicate.app.post import join

    if everything == bool(old) or bool(old) != bool(new):
        raise UsageError("name the post as it was and as it is now, or say --all")
    given = globals_of(context)
    with given.open_app() as app:
        joined = join(app, name_in(app, old), name_in(app, new))
    if given.json:
        print_json([one.post for one in joined] if everything else joined[0].post)
        return DONE
    for one in joined:
        print(_tell_joined(one, old))
    if not joined:
        print("Nothing of that kind waits for you.")
    return DONE


def _tell_joined(joined: Joined, old: str) -> str:
    slug = joined.post.slug
    if joined.copy_of:
        return f'"{slug}" is a copy of "{joined.copy_of}", which is still there: it is not announced.'
    is_one = "is" if joined.is_news else "is already"
    return f'"{slug}" {is_one} the post that was "{old or "there before"}" (id {joined.post.id}).'


@queue_app.command(cls=PlainCommand)
def cancel(context: typer.Context, ids: Ids) -> int:
    """Decide that messages shall not be sent."""
    return _act(context, "cancel", ids)


@queue_app.command(cls=PlainCommand)
def retry(context: typer.Context, ids: Ids) -> int:
    """Try failed or waiting messages again now."""
    return _act(context, "retry", ids)


@queue_app.command(cls=PlainCommand)
def move(
    context: typer.Context,
    ids: Ids,
    to: Annotated[
        str,
        typer.Option("--to", metavar="WHEN", help='"2026-11-30 09:00", "tomorrow 09:00", "in 2 hours", "monday 9am".'),
    ],
) -> int:
    """Give messages another time."""
    return _act(context, "move", ids, to)


@queue_app.command(cls=PlainCommand)
def edit(
    context: typer.Context,
    ids: Ids,
    text: Annotated[
        str, typer.Option("--text", metavar="TEXT", help='Sent as it stands; "" goes back to the composed text.')
    ],
) -> int:
    """Give a message your own text before it is sent."""
    return _act(context, "edit", ids, text)


@command()
def settle(
    context: typer.Context,
    delivery: Annotated[int, typer.Argument(metavar="ID", help="Number from `syndicate queue`.")],
    sent: Annotated[str, typer.Option("--sent", metavar="URL", help="It is there, at this address.")] = "",
    not_sent: Annotated[bool, typer.Option("--not-sent", help="You looked, and it is not there.")] = False,
) -> int:
    """Say how an uncertain message ended, where no network can."""
    if bool(sent) == not_sent:
        raise UsageError("say either --sent URL or --not-sent")
    if sent and not sent.startswith(("https://", "http://")):
        raise UsageError(f'"{sent}" is not an address', hint="give the address of the message as the network shows it")
    return _act(context, "settle_sent" if sent else "settle_not_sent", [delivery], sent)


@command()
def amend(
    context: typer.Context,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only show what would be changed.")] = False,
) -> int:
    """Edit or remove published messages whose post changed or went.

    Only on accounts with on_edit = "edit" or on_delete = "delete". The daemon does it by itself, except for many
    removals at once.
    """
    given = globals_of(context)
    with given.open_app() as app:
        wanted = app.list_amendments()
        lines = () if dry_run else app.amend(wanted)
    if given.json:
        print_json({"amendments": wanted, "done": lines})
    elif dry_run and wanted:
        show_amendments(wanted)
    else:
        print("\n".join(lines) or "Nothing to amend.")
    return DONE


@command()
def status(context: typer.Context) -> int:
    """See what waits and what needs you."""
    from syndicate.app.status import read_status

    given = globals_of(context)
    with given.open_app() as app:
        with app.using() as site:
            now_is = read_status(site, app.now())
        app.is_sound = not now_is.damaged
        titles = _list_titles(app, (*now_is.needs_you, *now_is.coming))
        if given.json:
            print_json(now_is, titles=titles)
        else:
            show_status(now_is, titles, app.settings, app.now())
    return NEEDS_A_PERSON if now_is.needs_person else DONE
