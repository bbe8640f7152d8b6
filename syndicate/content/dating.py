"""The date of a post, as people and generators write it. Raises ContentError with what to write instead."""

from __future__ import annotations

from datetime import datetime, tzinfo

from syndicate.content.history import History
from syndicate.errors import CommitAwaited, ContentError
from syndicate.text.dates import parse_date

# What Eleventy takes from git, and what it takes from the file itself (11ty.dev/docs/dates).
_FROM_GIT = frozenset({"git created", "git last modified"})
_FROM_FILE = frozenset({"created", "last modified"})


def read_date(value: object, key: str, zone: tzinfo, source: str, history: History) -> datetime | None:
    """None where git is asked and does not know the file yet."""
    word = value.strip().lower() if isinstance(value, str) else ""
    if word in _FROM_GIT:
        return _ask_git(word, key, source, history)
    if word in _FROM_FILE:
        message = f'"{value}" is a time of the file, which every copy and checkout changes'
        hint = 'write the date itself, as in "2025-03-18", or "git Created" in a git repository'
        raise ContentError(message, key=key, hint=hint)
    try:
        return parse_date(value, zone)
    except ValueError as error:
        reason = str(error).removeprefix("not a date")
        message = f'"{str(value)[:60]}" is no date that can be read{reason and f": {reason}"}'
        raise ContentError(message, key=key, hint="write 2025-03-18T20:34:00+01:00") from error


def _ask_git(word: str, key: str, source: str, history: History) -> datetime | None:
    try:
        span = history.find(source)
    except ContentError as error:
        raise CommitAwaited(f"git tells no date: {error.message}", key=key, hint=error.hint) from error
    if span is None:
        return None
    return span.created_at if word == "git created" else span.modified_at
