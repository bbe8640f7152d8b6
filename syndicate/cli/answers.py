"""What commands answer, for people: messages, a plan, a publication, the whole site."""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from syndicate.app.glance import SeenSite, foresee, open_remembered, publish_little, read_calm, tell_story
from syndicate.cli.show import (
    local_time,
    name_post,
    name_posts,
    plural,
    print_problems,
    print_quoted,
    print_table,
    short_path,
    tell,
)
from syndicate.cli.terminal import plain_streams
from syndicate.config import find_config
from syndicate.errors import survive
from syndicate.model import COMING, Delivery, PlannedDelivery, Reason
from syndicate.planning.deliveries import say_why

if TYPE_CHECKING:
    from syndicate.app.queue import Outlook
    from syndicate.app.status import Status, Story
    from syndicate.model import Message, Plan, Remark, Settings
    from syndicate.planning.deliveries.edits import Amendment
    from syndicate.planning.schedule.gates import Budget
    from syndicate.publish import Published

# --- How messages look before they go out, and how published ones would change ---

WAITING = ("planned", "due", "held")
"""States of what will still go out."""


def show_amendments(amendments: tuple[Amendment, ...]) -> None:
    """Published messages that would be edited, with both texts, or removed, with the copy's address."""

    for one in amendments:
        place = one.delivery.receipt.url if one.delivery.receipt else ""
        why = f" (waits for you: {one.waits})" if one.waits else ""
        why += f" (in vain so far: {one.trouble.words})" if one.trouble else ""
        print(f"{'remove' if one.is_removal else 'edit'} {one.delivery.slug} on {one.delivery.account}: {place}{why}")
        if one.message is not None and one.delivery.message is not None:
            print_quoted(one.delivery.message.text, "-")
            print_quoted(one.message.text, "+")
            for before, after in zip(_alts(one.delivery.message), _alts(one.message), strict=False):
                if before != after:
                    print_quoted(f"alt text: {before}", "-")
                    print_quoted(f"alt text: {after}", "+")


def _alts(message: Message) -> tuple[str, ...]:
    return tuple(picture.alt for picture in (message.image, message.card) if picture)


def show_planned(row: PlannedDelivery, settings: Settings, now: datetime) -> None:
    """One message as it would go out: where, when, how long, its text and picture."""
    zone = settings.site.timezone
    at_once = "" if row.reason else "at once"  # else what it waits for decides
    when = at_once if row.due_at <= now else local_time(row.due_at, zone, now=now)
    facts = [
        f"{row.state.value} {when}".rstrip() if row.state in WAITING else row.state.value,
        f"length {row.count} of {row.limit}" if row.limit else "",
        f"${row.cost:.3f}" if row.cost else "",
        say_why(row),
    ]
    part = f" part {row.part}" if row.part > 1 else ""
    post = name_post(row.message.title if row.message else "", row.slug)
    tell(f"{post} → {row.account} ({row.network}), {row.occasion}{part}")
    tell("  " + " · ".join(fact for fact in facts if fact))
    if row.message:
        print_quoted(row.message.text)
        image = row.message.image or row.message.card
        if image:
            tell(f"  ▣ {'image' if row.message.image else 'link card'} {image.path}, alt: {image.alt}")
    for warning in row.warnings:
        tell(f"  ! {warning}")
    print()


def show_deliveries(
    deliveries: Sequence[Delivery], titles: Mapping[str, str], settings: Settings, now: datetime
) -> None:
    """A line for each delivery: its number, its post by title and slug, and what it waits for."""
    zone = settings.site.timezone
    rows = []
    for item in deliveries:
        part = f" (part {item.part})" if item.part > 1 else ""
        why = item.receipt.url if item.receipt and item.receipt.url else say_why(item)
        when, title = local_time(item.due_at, zone, now=now), titles.get(item.post_id, "")
        rows.append(
            (str(item.id), item.state.value, when, item.account, str(item.occasion), item.slug + part, why, title)
        )
    if not sys.stdout.isatty():
        print_table(("id", "state", "when", "account", "occasion", "post", "link or reason", "title"), rows)
        return
    left = [(*row[:3], row[3] if row[4] == "new" else f"{row[3]}, {row[4]}") for row in rows]
    names = name_posts([(row[7], row[5]) for row in rows], left)
    table = [(*cells, name, row[6]) for cells, name, row in zip(left, names, rows, strict=True)]
    print_table(("id", "state", "when", "account", "post", "link or reason"), table)


# --- `plan`: everything that would happen ---


def show_outlook(found: Outlook, settings: Settings, now: datetime, *, check: bool, everything: bool) -> int:
    """All of it, and the exit code that stands for it."""
    made = found.plan
    print_problems(made.problems)
    _show_waiting(found.waiting, settings, now)
    _show_plan(made, settings, now, everything=everything)
    _show_costs(found.budgets, settings, now)
    for warning in found.warnings:
        tell(f"! {warning}", file=sys.stderr)
    warn_of_state(found.contradiction)
    show_amendments(found.amendments)
    return found.judge(check=check)


def _show_waiting(waiting: tuple[PlannedDelivery, ...], settings: Settings, now: datetime) -> None:
    if waiting:
        print("In the outbox:\n")
    for row in waiting:
        show_planned(row, settings, now)


def _show_plan(made: Plan, settings: Settings, now: datetime, *, everything: bool) -> None:
    rows = [row for row in made.deliveries if everything or row.state in WAITING]
    if rows:
        print("The next `publish` (or the running daemon) would add:\n")
    for row in sorted(rows, key=lambda row: (row.due_at, row.slug, row.account, row.part)):
        show_planned(row, settings, now)
    if not rows:
        print("Nothing new would go out.")
    if not everything:
        said = {remark.reason for remark in made.remarks}
        _show_recorded([row for row in made.deliveries if row.state not in WAITING and row.reason not in said])
    show_remarks(made.remarks)


def _show_costs(budgets: tuple[Budget, ...], settings: Settings, now: datetime) -> None:
    """What all of it costs, and which messages the money limits will hold until when."""
    zone = settings.site.timezone
    for one in budgets:
        coming = f", and ${one.coming:.2f} for what would be added" if one.coming else ""
        limit = f"; `max_cost` is ${one.limit:.2f} in 30 days, of which ${one.spent:.2f} is spent" if one.limit else ""
        tell(f"{one.account}: ${one.waiting:.2f} for what waits{coming}{limit}.")
        if one.held:
            held = plural(len(one.held), "message")
            tell(f"! {one.account}: `max_cost` will hold {held} for your word:", file=sys.stderr)
        for row in one.held:
            until = f"until {local_time(row.until, zone, now=now)}" if row.until else "as it costs more than that"
            tell(f"    {row.slug}, due {local_time(row.due_at, zone, now=now)}, {until}", file=sys.stderr)


def _show_recorded(rows: Sequence[PlannedDelivery]) -> None:
    """How many messages would be recorded only, a line for each reason."""
    for reason, number in Counter(map(say_why, rows)).most_common():
        tell(f"{plural(number, 'message')} would only be recorded, not sent: {reason}.")
    if rows:
        print("`syndicate plan --all` shows them.")


# --- How publications and the whole site look ---


def show_published(published: Published, fresh: Sequence[Delivery] = ()) -> None:
    """What was published, and what becomes of the `fresh` messages: those it made that were to go out, or are held."""
    for warning in published.warnings:
        tell(f"! {warning}", file=sys.stderr)
    if not published.written and not published.removed:
        print("No file changed.")
    else:
        parts = [f"wrote {plural(len(published.written), 'file')}"]
        parts += [f"drew {plural(published.drawn, 'card')}"] if published.drawn else []
        parts += [f"removed {plural(len(published.removed), 'file')}"] if published.removed else []
        print(f"{', '.join(parts).capitalize()} in {short_path(published.where)}.")
    _show_news(published, Counter(_tell_prospect(one) for one in fresh))


def _tell_prospect(one: Delivery) -> str:
    if one.state not in COMING:
        return "told"  # as a question, or with what became of it
    return "blocked" if one.reason is Reason.ACCOUNT_BLOCKED else "goes"


def _show_news(published: Published, fresh: Counter[str]) -> None:
    """What became of the posts, and of the messages about them."""
    counts = {"new": published.new_posts, "changed": published.changed_posts, "vanished": published.gone_posts}
    said = ", ".join(plural(number, f"{word} post") for word, number in counts.items() if number)
    if said:
        print(f"{said}.")
    show_remarks(published.remarks)
    if fresh["goes"]:
        print(f"{plural(fresh['goes'], 'message')} will go out: `syndicate plan` shows when.")
    if number := fresh["blocked"]:
        wait = "waits for its account" if number == 1 else "wait for their accounts"
        print(f"{plural(number, 'message')} {wait}: `syndicate plan` shows why.")
    if (others := published.new_deliveries - fresh.total()) > 0:
        recorded = plural(others, "message")
        print(f"{recorded} will not go out (posts from before, or a rule): `syndicate queue --all` says why.")


def show_remarks(remarks: Iterable[Remark]) -> None:
    """A line for each question, and for what is old."""
    if remarks:
        from syndicate.planning.deliveries.bursts import say_remark

        for remark in remarks:
            line = say_remark(remark)
            tell(f"{line[0].upper()}{line[1:]}.")


def warn_of_state(contradiction: str) -> int:
    """Say why nothing is sent; returns the exit code that stands for it."""
    if contradiction:
        tell(f"! {contradiction[0].upper()}{contradiction[1:]}.", file=sys.stderr)
    return int(bool(contradiction))


def show_status(now_is: Status, titles: Mapping[str, str], settings: Settings, now: datetime) -> None:
    """The site in a few lines; warnings on standard error."""
    zone = settings.site.timezone
    calm = "" if now_is.needs_person else ", no problems"
    problems = f", {plural(now_is.problems, 'problem')} (syndicate doctor)" if now_is.problems else calm
    print(f"{settings.site.title}: {plural(now_is.posts, 'post')}{problems}")
    print("  " + (", ".join(f"{number} {state}" for state, number in now_is.counts.items()) or "outbox empty"))
    if now_is.next_at:
        what = "message or look" if "uncertain" in now_is.counts else "message"
        print(f"  next {what} {local_time(now_is.next_at, zone, now=now)}")
    if settings.storage.state:
        print(f"  the state lives in {settings.storage.state}")
    else:
        print(f"  daemon {'running' if now_is.daemon else 'not running (syndicate run)'}")
    warn_of_state(now_is.contradiction)
    troubles = (*now_is.paused, *now_is.resting, *now_is.leased, *now_is.unready, *now_is.dying, *now_is.amendments)
    for line in filter(None, (now_is.disk, *now_is.damaged, *now_is.doubts, *now_is.questions, *troubles)):
        tell(f"  ! {line}", file=sys.stderr)
    for heading, rows in (("Needs you", now_is.needs_you), ("Next", now_is.coming)):
        if rows:
            print(f"\n{heading}:")
            show_deliveries(rows, titles, settings, now)


def show_story(story: Story) -> int:
    """A post's whole story, and the exit code that stands for it."""
    for line in story.lines:
        tell(line)
    return warn_of_state(story.contradiction)


# --- `publish`, `status`, `plan` and `why` where nothing changed, told at a glance ---
# Most publications have no news: cron, a hook of git and a daemon's neighbour ask again and again. What reads command
# lines, configurations and databases takes longer to load than the look at all files; so it is not loaded then.

T = TypeVar("T")
PARTS: Mapping[tuple[str, ...], str] = {
    ("publish",): "",
    ("publish", "--only", "feeds"): "feeds",
    ("publish", "--only", "cards"): "cards",
}
"""Command lines that publish, and the part that they name."""


def answer(words: Sequence[str]) -> int | None:
    """Say it, and return the exit code; None where there is news, trouble or another command."""
    asked, options = tuple(words), set(words[1:])
    if asked == ("status",):
        return _answer_status()
    if words[:1] == ["plan"] and len(options) == len(asked) - 1 and options <= {"--all", "--check"}:
        return _answer_plan(check="--check" in options, everything="--all" in options)
    if words[:1] == ["why"] and len(asked) == 2 and not asked[1].startswith("-"):
        return _answer_why(asked[1])
    return _answer_publish(PARTS[asked]) if asked in PARTS else None


def _answer_publish(part: str) -> int | None:
    found = _look(lambda site: publish_little(site, part))
    if found is None:
        return None
    with plain_streams():
        print_problems(found.problems)
        show_published(found)
    return int(bool(found.problems))


def _answer_status() -> int | None:
    def ask(site: SeenSite) -> Callable[[], int] | None:
        now_is = read_calm(site)
        if now_is is None:
            return None
        ids = sorted({one.post_id for one in (*now_is.needs_you, *now_is.coming)})
        titles, now = site.store.list_titles(ids) if ids else {}, site.clock()

        def show() -> int:
            show_status(now_is, titles, site.settings, now)
            return int(now_is.needs_person)

        return show

    return _say(_look(ask))


def _answer_plan(*, check: bool, everything: bool) -> int | None:
    def ask(site: SeenSite) -> Callable[[], int] | None:
        found, now = foresee(site), site.clock()
        if found is None:
            return None
        return partial(show_outlook, found, site.settings, now, check=check, everything=everything)

    return _say(_look(ask))


def _answer_why(slug: str) -> int | None:
    found = _look(lambda site: tell_story(site, slug))
    return None if found is None else _say(partial(show_story, found))


def _say(show: Callable[[], int] | None) -> int | None:
    if show is None:
        return None
    with plain_streams():
        return show()


def _look(ask: Callable[[SeenSite], T | None]) -> T | None:
    found: list[T | None] = []
    with survive(lambda _: None):  # the whole program says what is the matter
        site = open_remembered(find_config(Path.cwd()))
        if site is not None:
            try:
                found.append(ask(site))
            finally:
                site.close()
    return found[0] if found else None
