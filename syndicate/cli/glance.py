"""`publish` where nothing changed, told at a glance.

Most publications have no news: cron, a hook of git and a daemon's neighbour ask again and again. What reads command
lines, configurations and databases takes longer to load than the look at all files; so it is not loaded then.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from syndicate.app.glance import find_unchanged, open_remembered
from syndicate.cli.show import print_problems, show_published
from syndicate.cli.terminal import plain_streams
from syndicate.config.place import find_config
from syndicate.containment import survive
from syndicate.publish.unchanged import Published

PARTS: Mapping[tuple[str, ...], str] = {
    ("publish",): "",
    ("publish", "--only", "feeds"): "feeds",
    ("publish", "--only", "cards"): "cards",
}
"""Command lines that a glance may answer, and the part that they publish."""


def answer(words: Sequence[str]) -> int | None:
    """Say it, and return the exit code; None where there is news, trouble or another command."""
    part = PARTS.get(tuple(words))
    found = None if part is None else _look(part)
    if found is None:
        return None
    with plain_streams():
        print_problems(found.problems)
        show_published(found, waiting=0)
    return int(bool(found.problems))


def _look(part: str) -> Published | None:
    found: list[Published | None] = []
    with survive(lambda _: None):  # the whole program says what is the matter
        site = open_remembered(find_config(Path.cwd()))
        if site is not None:
            try:
                found.append(find_unchanged(site, part))
            finally:
                site.close()
    return found[0] if found else None
