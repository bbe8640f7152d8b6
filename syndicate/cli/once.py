"""`once`: one whole pass for cron and CI."""

from __future__ import annotations

import html
import os
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from syndicate.cli.daemon import keep_running
from syndicate.cli.publish import progress_bar, show_plan
from syndicate.cli.queue import show_deliveries
from syndicate.cli.root import DONE, NEEDS_A_PERSON, Globals, command, end_tidily, globals_of, is_pull_request
from syndicate.cli.show import local_time, plural, print_json, print_problems, show_published, tell, warn_of_state
from syndicate.cli.terminal import read_time
from syndicate.planning.deliveries.reasons import say_why
from syndicate.text.plain import MARKDOWN, escape_markdown

if TYPE_CHECKING:
    from syndicate.app.app import App
    from syndicate.app.once import Pass
    from syndicate.model import Delivery

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
    from syndicate.app.once import make_pass

    given, patience = globals_of(context), read_time(wait, where="--wait")
    if dry_run or is_pull_request(os.environ):
        if not dry_run:
            print("This is a pull request: nothing is sent, this is what would go out.\n", file=sys.stderr)
        with given.open_app() as app:
            app.state_place.only_looks = True
            return show_plan(app, given, check=True, everything=False)
    keep_running(given.verbosity - 1)
    end_tidily(GRACE)
    with given.open_app() as app, progress_bar():
        if forget:
            app.state_place.forgets_sealed = True
        made = make_pass(app, patience)
        _show(made, app, given)
        _write_summary(made, app)
    return _judge(made)


def _judge(made: Pass) -> int:
    """As `publish` and `status` do: whether content is wrong, or something waits for a person."""
    now_is = made.status
    asked = (now_is.needs_you, now_is.questions, now_is.amendments, now_is.paused, now_is.unready, now_is.dying)
    return NEEDS_A_PERSON if any((made.published.problems, now_is.contradiction, *asked)) else DONE


def _show(made: Pass, app: App, given: Globals) -> None:
    if given.json:
        print_json(made)
        return
    print_problems(made.published.problems)
    if given.verbosity >= 0:
        show_published(made.published, waiting=made.fresh)
        show_deliveries(made.touched, app)
        for line in made.lines:
            tell(line)
        tell(_tell_rest(made, app))
    warn_of_state(made.status.contradiction)
    for line in _list_asked(made):
        tell(f"! {line}", file=sys.stderr)
    if needs := [one for one in made.status.needs_you if one.id not in {done.id for done in made.touched}]:
        print("\nNeeds you:")
        show_deliveries(needs, app)


def _list_asked(made: Pass) -> Sequence[str]:
    now_is = made.status
    accounts = (*now_is.paused, *now_is.unready, *now_is.resting, *now_is.dying)
    return (*now_is.damaged, *now_is.questions, *accounts, *now_is.amendments)


def _tell_rest(made: Pass, app: App) -> str:
    """What is left, and when to come back."""
    left = f"{plural(len(made.waiting), 'message')} still to go out" if made.waiting else "Nothing is left to send"
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
