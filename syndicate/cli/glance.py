"""`publish`, `status`, `plan` and `why` where nothing changed, told at a glance.

Most publications have no news: cron, a hook of git and a daemon's neighbour ask again and again. What reads command
lines, configurations and databases takes longer to load than the look at all files; so it is not loaded then.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import TypeVar

from syndicate.app.glance import SeenSite, foresee, open_remembered, publish_little, read_calm, tell_story
from syndicate.cli.answers import show_outlook, show_published, show_status, show_story
from syndicate.cli.show import print_problems
from syndicate.cli.terminal import plain_streams
from syndicate.config import find_config
from syndicate.containment import survive

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
        show_published(found, waiting=0)
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
