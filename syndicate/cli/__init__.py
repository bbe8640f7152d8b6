"""The command line: one module per group of commands, heavy rooms imported inside the command."""

from __future__ import annotations

import atexit
import gc
import os
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from syndicate.containment import survive

if TYPE_CHECKING:
    from syndicate.app.site import OpenSite

T = TypeVar("T")
PARTS: Mapping[tuple[str, ...], str] = {
    ("publish",): "",
    ("publish", "--only", "feeds"): "feeds",
    ("publish", "--only", "cards"): "cards",
}
"""Command lines that publish, and the part that they name."""


def main() -> None:
    """The command `syndicate`. Exit codes: 0 done, 1 something needs a person, 2 usage or configuration.

    Most commands end before garbage in circles could matter; what keeps running (`daemon`) collects it again.
    """
    _read_names_as_utf8()
    gc.disable()
    atexit.register(gc.freeze)  # the interpreter looks through everything once more before it leaves
    try:
        code = glance(sys.argv[1:])
        sys.stdout.flush()
    except KeyboardInterrupt:
        sys.exit(130)
    except BrokenPipeError:  # `| head` has seen enough, as in `root`
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        code = 0
    if code is not None:
        sys.exit(code)
    from syndicate.cli.root import run

    run()


def _read_names_as_utf8() -> None:
    """Begin anew where Python reads file names by an older locale: a post is called the same in each of them."""
    if sys.getfilesystemencoding() != "utf-8" and os.environ.get("PYTHONUTF8") != "1":
        os.execve(sys.executable, sys.orig_argv, os.environ | {"PYTHONUTF8": "1"})  # noqa: S606 - ourselves


# --- `publish` and `status` where nothing changed, told at a glance ---
# Most publications have no news: cron, a hook of git and a daemon's neighbour ask again and again. What reads command
# lines, configurations and databases takes longer to load than the look at all files; so it is not loaded then.


def glance(words: Sequence[str]) -> int | None:
    """Say it, and return the exit code; None where there is news, trouble or another command."""
    asked = tuple(words)
    if asked == ("status",):
        return _glance_at_status()
    return _glance_at_publication(PARTS[asked]) if asked in PARTS else None


def _glance_at_publication(part: str) -> int | None:
    from syndicate.app.glance import publish_little
    from syndicate.cli.show import print_problems, show_published
    from syndicate.cli.terminal import plain_streams

    found = _look(lambda site: publish_little(site, part))
    if found is None:
        return None
    with plain_streams():
        print_problems(found.problems)
        show_published(found, waiting=0)
    return int(bool(found.problems))


def _glance_at_status() -> int | None:
    from syndicate.app.glance import read_calm
    from syndicate.cli.show import show_status
    from syndicate.cli.terminal import plain_streams

    found = _look(lambda site: (status, site) if (status := read_calm(site)) else None)
    if found is None:
        return None
    now_is, site = found
    with plain_streams():
        show_status(now_is, site.settings, site.clock())
    return int(now_is.needs_person)


def _look(ask: Callable[[OpenSite], T | None]) -> T | None:
    from syndicate.app.glance import open_remembered
    from syndicate.config.place import find_config

    with survive(lambda _: None):  # the whole program says what is the matter
        site = open_remembered(find_config(Path.cwd()))
        if site is not None:
            try:
                return ask(site)
            finally:
                site.close()
    return None
