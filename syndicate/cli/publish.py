"""From content to files: `publish`, `plan`, `cards`, and one whole pass for cron and CI: `once`."""

from __future__ import annotations

import html
import logging
import os
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from syndicate.cli.answers import (
    show_outlook,
    show_published,
    warn_of_state,
)
from syndicate.cli.daemon import keep_running
from syndicate.cli.queue import show_rows
from syndicate.cli.root import (
    DONE,
    NEEDS_A_PERSON,
    Globals,
    command,
    complete_slug,
    end_tidily,
    globals_of,
    is_pull_request,
)
from syndicate.cli.show import local_time, make_console, plural, print_json, print_problems, tell
from syndicate.cli.terminal import read_time
from syndicate.planning.deliveries import say_why
from syndicate.text.plain import MARKDOWN, escape_markdown

if TYPE_CHECKING:
    from syndicate.app.app import App
    from syndicate.app.rounds import Pass
    from syndicate.model import Delivery, Settings


Progress = Callable[[str, int, int], None]
_MOMENT = 0.3
"""Seconds after which a person wants to see that something happens."""


@command()
def publish(
    context: typer.Context,
    only: Annotated[
        Literal["feeds", "cards"] | None, typer.Option("--only", metavar="PART", help="Only this part: feeds or cards.")
    ] = None,
) -> int:
    """Write feeds and cards, fill the outbox. Sends nothing."""
    given = globals_of(context)
    with progress_bar() as progress, _notices_silent(given.verbosity >= 0 and not given.json), given.open_app() as app:
        started_at = app.now()
        published = app.publish(only=only or "", progress=progress)
        app.look_for_damage()
        fresh = app.list_deliveries() if published.new_deliveries else ()
    if given.json:
        print_json(published)
        return NEEDS_A_PERSON if published.problems or published.contradiction else DONE
    print_problems(published.problems)
    if given.verbosity >= 0:
        show_published(published, [one for one in fresh if one.created_at and one.created_at >= started_at])
    return max(warn_of_state(published.contradiction), NEEDS_A_PERSON if published.problems else DONE)


@contextmanager
def _notices_silent(is_answered: bool) -> Iterator[None]:
    """What notices say is not said a second time where it stands in the answer."""
    lines = logging.getLogger("syndicate.notices")
    before, lines.disabled = lines.disabled, is_answered
    try:
        yield
    finally:
        lines.disabled = before


@contextmanager
def progress_bar() -> Iterator[Progress]:
    """A bar on a terminal, as soon as it takes longer than a moment: the time, and a part of the work that is long."""
    if not sys.stderr.isatty():
        yield lambda _what, _done, _all: None
        return
    from threading import Timer

    from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeElapsedColumn
    from rich.progress import Progress as Bar

    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    console = make_console(stderr=True)
    with Bar(*columns, console=console, transient=True, redirect_stdout=False, redirect_stderr=False) as bar:
        whole = bar.add_task("publishing", total=None, visible=False)
        part = bar.add_task("", total=None, visible=False)
        soon = Timer(_MOMENT, bar.update, (whole,), {"visible": True})
        soon.start()
        try:
            yield lambda what, done, total: bar.update(
                part, description=what, completed=done, total=total, visible=8 < total != done
            )
        finally:
            soon.cancel()


@command()
def plan(
    context: typer.Context,
    check: Annotated[bool, typer.Option("--check", help="Exit 1 when a post or message needs you; for CI.")] = False,
    everything: Annotated[
        bool, typer.Option("--all", help="Show what will not be sent, too, each with its reason.")
    ] = False,
) -> int:
    """Show what would go out, and when. Changes nothing.

    For each message its exact text, length against the limit, picture, time and cost; and why others stay.
    """
    given = globals_of(context)
    with given.open_app() as app:
        return show_plan(app, given, check=check, everything=everything)


def show_plan(app: App, given: Globals, *, check: bool, everything: bool) -> int:
    """Everything that would happen, and the exit code that stands for it."""
    from syndicate.app.queue import look_ahead

    with app.using() as site:
        found = look_ahead(site, app.now())
    if not given.json:
        return show_outlook(found, app.settings, app.now(), check=check, everything=everything)
    made = found.plan
    lists = {"new": made.deliveries, "waiting": found.waiting, "amendments": found.amendments, "costs": found.budgets}
    more = {"problems": made.problems, "warnings": found.warnings, "contradiction": found.contradiction}
    print_json({**lists, "changes": made.changes, **more})
    return found.judge(check=check)


# --- `cards`: share cards by hand ---


@command()
def cards(
    context: typer.Context,
    slugs: Annotated[
        list[str] | None,
        typer.Argument(metavar="SLUG", autocompletion=complete_slug, help="Only these posts; without any, all."),
    ] = None,
    check: Annotated[
        bool,
        typer.Option("--check", help="Draw nothing, only judge titles, pictures, logo and contrast; exit 1 for CI."),
    ] = False,
    sheet: Annotated[
        Path | None,
        typer.Option("--sheet", metavar="FILE", help="Write a page that shows each card as each network frames it."),
    ] = None,
) -> int:
    """Draw, judge or show the share cards."""
    from syndicate.app.cards import check_cards, draw_cards, write_sheet
    from syndicate.app.post import name_post

    given = globals_of(context)
    with given.open_app() as app, app.using() as site:
        chosen = tuple(name_post(site, slug) for slug in slugs or ())
        if sheet:
            write_sheet(site, chosen, sheet, app.now())
            if not check:
                print_json({"sheet": sheet}) if given.json else print(f"Wrote {sheet}.")
                return DONE
        findings = (check_cards if check else draw_cards)(site, chosen, app.now())
    if given.json:
        print_json(findings)
    else:
        for finding in findings:
            tell(f"{finding.where}: {finding.text}" if finding.where else finding.text)
    return NEEDS_A_PERSON if any(finding.level == "problem" for finding in findings) else DONE


# --- `once`: one whole pass for cron and CI ---

GRACE = 7.0
"""Seconds to end in after Ctrl-C: GitHub allows so many before it becomes rude."""
SUMMARY = "GITHUB_STEP_SUMMARY"
"""The file whose Markdown GitHub and Forgejo show beside a job."""


@command()
def once(
    context: typer.Context,
    wait: Annotated[
        str,
        typer.Option(
            "--wait",
            metavar="TIME",
            help='Wait up to this long for messages that come due and pages that go live, such as "10m".',
        ),
    ] = "0",
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Only show what would go out, as in every pull request.")
    ] = False,
    forget: Annotated[
        bool, typer.Option("--forget-sealed", help="Give up tokens and texts sealed with a lost SYNDICATE_STATE_KEY.")
    ] = False,
) -> int:
    """Do one whole pass, for cron and CI: publish, deliver what is due, settle what is unknown.

    Says what is left and when to come back. In a pull request nothing is sent and nothing is kept.
    """
    from syndicate.app.rounds import make_pass

    given, patience = globals_of(context), read_time(wait, where="--wait")
    if dry_run or is_pull_request(os.environ):
        if not dry_run:
            words = "This is a pull request, which may lack the secrets: nothing is sent, this is what would go out.\n"
            print(words, file=sys.stderr)
        with given.open_app() as app:
            app.state_place.only_looks = True
            return show_plan(app, given, check=True, everything=False)
    keep_running(given.verbosity - 1)
    end_tidily(GRACE)
    with given.open_app() as app, progress_bar(), _notices_silent(not given.json):
        if forget:
            app.state_place.forgets_sealed = True
        doubt = doubt_disk(app.settings, os.environ)
        made = make_pass(app, patience)
        if doubt:
            made = replace(made, status=replace(made.status, questions=(doubt, *made.status.questions)))
        _show(made, app, given)
        _write_summary(made, app)
    return _judge(made)


def doubt_disk(settings: Settings, environ: Mapping[str, str]) -> str:
    """That the disk of a CI job goes with it, and the state, too; "" where the state lives elsewhere or has lasted."""
    is_here = not settings.storage.state and settings.storage.file.startswith(f"{settings.root}/")
    is_job = environ.get("CI", "").lower() not in {"", "0", "false"}
    if not (is_here and is_job and settings.accounts) or Path(settings.storage.file).exists():
        return ""
    return (
        "this is a CI job's first run, which sends nothing; where its disk goes with it, so is the next"
        ' (set [storage] state, such as "git:syndicate-state", or a database on a disk that lasts)'
    )


def _judge(made: Pass) -> int:
    """As `publish` and `status` do: whether content is wrong, or something waits for a person."""
    return NEEDS_A_PERSON if made.published.problems or made.status.needs_person else DONE


def _show(made: Pass, app: App, given: Globals) -> None:
    if given.json:
        print_json(made)
        return
    print_problems(made.published.problems)
    if given.verbosity >= 0:
        told = tuple(one for one in made.published.remarks if not one.is_question)  # the status asks
        show_published(replace(made.published, remarks=told), made.fresh)
        show_rows(made.touched, app)
        for line in made.lines:
            tell(line)
        tell(_tell_rest(made, app))
    warn_of_state(made.status.contradiction)
    for line in _list_asked(made):
        tell(f"! {line}", file=sys.stderr)
    if needs := [one for one in made.status.needs_you if one.id not in {done.id for done in made.touched}]:
        print("\nNeeds you:")
        show_rows(needs, app)


def _list_asked(made: Pass) -> Sequence[str]:
    now_is = made.status
    accounts = (*now_is.paused, *now_is.unready, *now_is.resting, *now_is.dying)
    return (*now_is.damaged, *now_is.questions, *accounts, *now_is.amendments)


def _tell_rest(made: Pass, app: App) -> str:
    """What is left, and when to come back."""
    rest = "What is left waits for you" if made.status.needs_person else "Nothing is left to send"
    left = f"{plural(len(made.waiting), 'message')} still to go out" if made.waiting else rest
    if made.next_at is None:
        return f"{left}."
    return f"{left}; run `syndicate once` again {local_time(made.next_at, app.settings.site.timezone, now=app.now())}."


def _write_summary(made: Pass, app: App) -> None:
    """Markdown where the CI shows it; one that cannot be written stops nothing that is done already."""
    path = os.environ.get(SUMMARY, "")
    if not path:
        return
    text = "\n".join(_render_summary(made, app)) + "\n"
    try:
        with Path(path).open("a", encoding="utf-8") as file:
            file.write(text)
    except OSError as error:
        print(f"! the summary cannot be written: {error.strerror}", file=sys.stderr)


def _render_summary(made: Pass, app: App) -> Iterator[str]:
    yield f"### syndicate: {_escape(app.settings.site.title)}\n"
    rows = {one.id: one for one in (*made.status.needs_you, *made.touched)}.values()
    if rows:
        yield "| message | account | state | |\n|---|---|---|---|"
    for one in rows:
        yield f"| {_escape(one.slug)} | {_escape(one.account)} | {one.state.value} | {_link(one)} |"
    yield f"\n{_escape(_tell_rest(made, app))}"
    asked = [made.status.contradiction] if made.status.contradiction else []
    for line in (*asked, *_list_asked(made), *map(str, made.published.problems), *made.lines):
        yield f"* {_escape(line)}"


def _link(one: Delivery) -> str:
    url = one.receipt.url if one.receipt else ""
    return f"<{_escape(url)}>" if url.startswith(("https://", "http://")) else _escape(say_why(one))


def _escape(text: str) -> str:
    """One line that shows in Markdown as it reads: networks and authors wrote parts of it."""
    return escape_markdown(html.escape(" ".join(text.split()), quote=False), MARKDOWN.replace("&", "").rstrip("\n"))
