"""The commands that are killed: each with the site on which somebody types it."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from tests.faults.site import PUBLISHES, Site
from tests.networks.fake import cut_before_commit, status

Words = Callable[[Site], tuple[str, ...]]


@dataclass(frozen=True, slots=True)
class Command:
    """`prepare` makes the site of before; after the command, or rounds of the daemon, `slug` must be out once, or not
    at all where it is not `wanted`.

    `must_repeat`: nobody but the person can know that the post is wanted, so the person types it again.
    """

    words: Words
    prepare: Callable[[Site], None]
    slug: str = "fresh"
    has_slots: bool = True
    must_repeat: bool = False
    wanted: bool = True


def _written(site: Site) -> None:
    site.write("fresh")


def _published(site: Site) -> None:
    site.write("fresh")
    with site.open() as app:
        app.publish()


def _held(site: Site) -> None:
    _published(site)
    _change(site, "hold")


def _failed(site: Site) -> None:
    """Both networks refused it."""
    _published(site)
    for account, fake in site.town.accounts.items():
        fake.fail(status(422, {"error": "no"}), on=PUBLISHES[account])
    _change(site, "retry")
    with site.open() as app:
        app.deliver_due()


def _unknown(site: Site) -> None:
    """The webhook's call was cut; a person has looked and is about to say that it is not there."""
    _published(site)
    site.town.chat.fail(cut_before_commit(), on=PUBLISHES["chat"])
    with site.open() as app:
        numbers = tuple(row.id for row in app.list_deliveries(slug="fresh", account="chat"))
        app.change_deliveries("retry", numbers)
        app.deliver_due()


def _change(site: Site, action: str) -> None:
    with site.open() as app:
        app.change_deliveries(action, tuple(row.id for row in app.list_deliveries(slug="fresh")))


def _unborn(site: Site) -> None:
    """Nothing was ever published: what is there may never go out."""
    shutil.rmtree(site.root / ".syndicate")
    shutil.rmtree(site.root / "feeds")


def _nothing(_site: Site) -> None:
    """The site as it was founded."""


def _say(*words: str) -> Words:
    return lambda _site: words


def _numbers(site: Site, account: str = "") -> tuple[str, ...]:
    return tuple(str(row.id) for row in site.list_rows("fresh") if account in ("", row.account))


COMMANDS: Mapping[str, Command] = {
    "post, unpublished": Command(_say("post", "fresh"), _written),
    "post, unpublished, due at once": Command(_say("post", "fresh"), _written, has_slots=False),
    "post, published": Command(_say("post", "fresh"), _published),
    "post, from before the beginning": Command(_say("post", "old"), _nothing, slug="old", must_repeat=True),
    "publish": Command(_say("publish"), _written, has_slots=False),
    "publish, the first time": Command(_say("publish"), _unborn, slug="old", has_slots=False, wanted=False),
    "run": Command(_say("run"), _written, has_slots=False),
    "queue release": Command(lambda site: ("queue", "release", *_numbers(site)), _held, must_repeat=True),
    "queue retry": Command(lambda site: ("queue", "retry", *_numbers(site)), _failed, must_repeat=True),
    "settle --not-sent": Command(
        lambda site: ("settle", *_numbers(site, "chat"), "--not-sent"), _unknown, must_repeat=True
    ),
}
