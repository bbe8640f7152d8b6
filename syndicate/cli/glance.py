"""`publish` and `status` where nothing changed, told at a glance.

Most publications have no news: cron, a hook of git and a daemon's neighbour ask again and again. What reads command
lines, configurations and databases takes longer to load than the look at all files; so it is not loaded then.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TypeVar

from syndicate.app.glance import open_remembered, publish_little, read_calm
from syndicate.app.site import OpenSite
from syndicate.cli.show import print_problems, show_published, show_status
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
    asked = tuple(words)
    if asked == ("status",):
        return _answer_status()
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
    found = _look(lambda site: (status, site) if (status := read_calm(site)) else None)
    if found is None:
        return None
    now_is, site = found
    with plain_streams():
        show_status(now_is, site.settings, site.clock())
    return int(now_is.needs_person)


def _look(ask: Callable[[OpenSite], T | None]) -> T | None:
    found: list[T | None] = []
    with survive(lambda _: None):  # the whole program says what is the matter
        site = open_remembered(find_config(Path.cwd()))
        if site is not None:
            try:
                found.append(ask(site))
            finally:
                site.close()
    return found[0] if found else None
