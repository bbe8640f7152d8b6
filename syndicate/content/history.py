"""When git first and last saw the files of a folder, for posts that say `date: git Created` (Eleventy)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from functools import cached_property
from typing import NamedTuple

from syndicate.errors import ContentError

_COMMIT = "\x01"
_HINT = 'write the date itself, as in "2025-03-18", or bring the whole repository here'


class Span(NamedTuple):
    """The first and the last commit of a file."""

    created_at: datetime
    modified_at: datetime


class History:
    """The commits below a folder, read once, and only when a post asks."""

    def __init__(self, folder: str) -> None:
        self._folder = folder

    def find(self, source: str) -> Span | None:
        """None for a file that was never committed. Raises ContentError where git cannot tell."""
        return self._spans.get(source)

    @cached_property
    def _spans(self) -> Mapping[str, Span]:
        if self._ask("rev-parse", "--is-shallow-repository").strip() != "false":
            raise ContentError("the repository is only a part (a shallow clone)", hint="git fetch --unshallow")
        return parse_log(
            self._ask("log", f"--format={_COMMIT}%at", "--name-status", "-z", "-M", "--relative", "--", ".")
        )

    def _ask(self, *words: str) -> str:
        import shutil  # noqa: PLC0415 - few blogs ask git, and a run without news pays for no import
        import subprocess  # noqa: PLC0415

        git = shutil.which("git")
        if git is None:
            raise ContentError("git is not installed", hint=_HINT)
        done = subprocess.run([git, "-C", self._folder, *words], capture_output=True, check=False)  # noqa: S603
        if done.returncode:
            said = (
                done.stderr.decode(errors="replace")
                .strip()
                .partition("\n")[0]
                .partition(" (or")[0]
                .removeprefix("fatal: ")
            )
            raise ContentError(said, hint=_HINT)
        return done.stdout.decode(errors="replace")


def parse_log(text: str) -> dict[str, Span]:
    """Path today → its span, from `git log --format=\\x01%at --name-status -z -M`, which begins with the newest."""
    spans: dict[str, Span] = {}
    today: dict[str, str] = {}
    at = datetime.min.replace(tzinfo=UTC)
    words = iter(text.split("\0"))
    for word in (one.lstrip("\n") for one in words):
        if word.startswith(_COMMIT):
            at = datetime.fromtimestamp(int(word[1:]), UTC)
        elif word:
            path = next(words)
            name = today.get(path, path)
            if word.startswith("R"):  # from this path to another one, which may have been renamed since
                after = next(words)
                name = today[path] = today.pop(after, after)
            spans[name] = Span(at, spans[name].modified_at if name in spans else at)
    return spans
