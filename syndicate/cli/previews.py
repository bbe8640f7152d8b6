"""How messages look before they go out, and how published ones would change."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from syndicate.app.app import App
    from syndicate.model import Message, PlannedDelivery
    from syndicate.planning.deliveries.edits import Amendment

WAITING = ("planned", "due", "held")
"""States of what will still go out."""


def show_amendments(amendments: tuple[Amendment, ...]) -> None:
    """Published messages that would be edited, with both texts, or removed, with the copy's address."""
    from syndicate.cli.show import print_quoted

    for one in amendments:
        place = one.delivery.receipt.url if one.delivery.receipt else ""
        why = f" (waits for you: {one.waits})" if one.waits else ""
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


def show_planned(row: PlannedDelivery, app: App) -> None:
    """One message as it would go out: where, when, how long, its text and picture."""
    from syndicate.cli.show import local_time, name_post, print_quoted, tell
    from syndicate.planning.deliveries.reasons import say_why

    zone, now = app.settings.site.timezone, app.now()
    when = "at once" if row.due_at <= now else local_time(row.due_at, zone, now=now)
    facts = [
        f"{row.state.value} {when}" if row.state in WAITING else row.state.value,
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
