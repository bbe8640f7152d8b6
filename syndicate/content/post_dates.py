"""When a post is published and was changed: by its front matter, its name or address, or git (`date: git Created`)."""

from __future__ import annotations

import re
import shutil
import subprocess
from collections.abc import Mapping
from contextlib import suppress
from datetime import UTC, datetime, tzinfo
from functools import cached_property
from typing import NamedTuple
from zoneinfo import ZoneInfo

from syndicate.content.fields import Fields, is_switch, simplify
from syndicate.content.permalinks import date_in_name
from syndicate.errors import CommitAwaited, ContentError
from syndicate.model import Awaited, Settings, Site
from syndicate.processes import ask_program
from syndicate.text.values import find_zone, parse_date

_COMMIT = "\x01"
_PATIENCE = 120
_UNDISTURBED = {"GIT_TERMINAL_PROMPT": "0", "GIT_OPTIONAL_LOCKS": "0", "GIT_NO_LAZY_FETCH": "1"}
_OURS = ("-c", "safe.bareRepository=explicit")
"""Files among the posts may look like a repository (HEAD, refs, config), whose settings would name programs to run."""
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
        if isinstance(self._told, ContentError):
            raise ContentError(self._told.message, hint=self._told.hint)
        return self._told.get(source)

    @cached_property
    def _told(self) -> Mapping[str, Span] | ContentError:
        """What git told, or why it cannot: that is asked once, too, for ten thousand posts may want to know."""
        try:
            return self._read()
        except ContentError as error:
            return error

    def _read(self) -> Mapping[str, Span]:
        if _ask(self._folder, "rev-parse", "--is-shallow-repository").strip() != "false":
            raise ContentError("the repository is only a part (a shallow clone)", hint="git fetch --unshallow")
        form = f"--format={_COMMIT}%at"
        return parse_log(
            _ask(self._folder, "log", "--no-show-signature", form, "--name-status", "-z", "-M", "--relative", "--", ".")
        )


def _ask(folder: str, *words: str) -> str:
    """What git answers. It must not wait for a person, for a daemon has none, and it hears no secret.

    Nor does it hear what git tells its hooks: their repository need not be the one of the posts.
    """
    git = shutil.which("git")
    if git is None:
        raise ContentError("git is not installed", hint=_HINT)
    try:
        done = ask_program([git, *_OURS, "-C", folder, *words], _PATIENCE, _UNDISTURBED)
    except subprocess.TimeoutExpired as error:
        raise ContentError(f"git did not answer within {_PATIENCE} seconds", hint=_HINT) from error
    if done.returncode:
        raise ContentError(_shorten(done.stderr.decode(errors="replace")), hint=_HINT)
    return done.stdout.decode(errors="replace")


def _shorten(said: str) -> str:
    """The first sentence that git says of its trouble."""
    return said.strip().partition("\n")[0].partition(" (or")[0].removeprefix("fatal: ")


def parse_log(text: str) -> dict[str, Span]:
    """Path today → its span, from `git log --format=\\x01%at --name-status -z -M`, which begins with the newest."""
    spans: dict[str, Span] = {}
    today: dict[str, str] = {}
    at: datetime | None = None
    words = iter(text.split("\0"))
    for word in (one.lstrip("\n") for one in words):
        if word.startswith(_COMMIT):
            at = _read_instant(word[1:])
        elif word:
            path = next(words)
            name = today.get(path, path)
            if word.startswith("R"):  # from this path to another one, which may have been renamed since
                after = next(words)
                name = today[path] = today.pop(after, after)
            if at:
                spans[name] = Span(at, spans[name].modified_at if name in spans else at)
    return spans


def _read_instant(seconds: str) -> datetime | None:
    """None for a time that no calendar holds: somebody's clock was far off."""
    try:
        return datetime.fromtimestamp(int(seconds), UTC)
    except (ValueError, OverflowError, OSError):
        return None


# --- the date of a post, as people and generators write it ---

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
        reason = str(error).removeprefix("not a date").lstrip(": ")
        message = f'"{str(value)[:60]}" is not a date that can be read{reason and f": {reason}"}'
        raise ContentError(message, key=key, hint="write 2025-03-18T20:34:00+01:00") from error


def _ask_git(word: str, key: str, source: str, history: History) -> datetime | None:
    try:
        span = history.find(source)
    except ContentError as error:
        raise CommitAwaited(f"git tells no date: {error.message}", key=key, hint=error.hint) from error
    if span is None:
        return None
    return span.created_at if word == "git created" else span.modified_at


# --- the dates of a post, as its front matter, name and address tell them ---


def zone_of(settings: Settings) -> ZoneInfo:
    return ZoneInfo(settings.site.timezone)


_RUBY = re.compile(r"\d{4}-\d{1,2}-\d{1,2}(?:[Tt]|\s+)\d{1,2}:\d\d:\d\d(?:\.\d*)?")


def _zone_for(value: object, settings: Settings) -> tzinfo:
    """The site's zone; Ruby's YAML takes a whole time that names no zone for UTC, and so does Jekyll."""
    is_ruby = settings.site.habits.is_utc == "times" and isinstance(value, str) and _RUBY.fullmatch(value.strip())
    return UTC if is_ruby else zone_of(settings)


def read_published(fields: Fields, settings: Settings, history: History) -> datetime | None:
    """When the post is published; None where nothing tells."""
    key, value = fields.find("date")
    if "date" not in settings.content.fields and fields.at("publishDate"):
        key, value = "publishDate", fields.at("publishDate")  # as Hugo: `date` is when it was written
    if value is None or isinstance(value, bool) or (simplify(key) == "published" and is_switch(value)):
        key, value = "", date_in_name(fields.source) or _date_in_address(fields) or None
    if value is None:
        return None
    try:
        at = read_date(value, key, _zone_for(value, settings), fields.source, history)
    except ContentError as error:
        named = date_in_name(fields.source)
        if isinstance(error, CommitAwaited) or not (named and key):
            raise
        fields.warn(key, f"{error.message}, so the one in the file's name counts", error.hint)
        return read_date(named, "", zone_of(settings), fields.source, history)
    if at is None:
        words = "git tells no date yet: the post counts as written when it is first seen"
        fields.warn(key, words, "commit it", Awaited.COMMIT)
    return at


def _date_in_address(fields: Fields) -> str:
    """The date of an address that the post declares ("2015/05/15/Rust-1.0"), "" where it has none."""
    found = re.match(r"(?:.*/)?(\d{4})/(\d\d)/(\d\d)/", str(fields.find("permalink")[1] or "")[:300])
    return "-".join(found.groups()) if found else ""


def read_updated(fields: Fields, settings: Settings, history: History) -> datetime | None:
    """When the author changed it last; what cannot be read is a warning."""
    key, value = fields.find("updated")
    try:
        return None if value is None else read_date(value, key, _zone_for(value, settings), fields.source, history)
    except ContentError as error:
        awaits = Awaited.COMMIT if isinstance(error, CommitAwaited) else Awaited.NOTHING
        fields.warn(key, f"{error.message}, so it does not count", error.hint, awaits)
        return None


def _counts_names(site: Site) -> bool:
    """Whether addresses are made of the dates before the names of files: a day, and the name without it."""
    return any("{day}" in pattern and "{undated}" in pattern for pattern in (site.permalink, *site.permalinks.values()))


def find_address_date(
    fields: Fields, settings: Settings, history: History, published_at: datetime | None
) -> datetime | None:
    """The date that an address is made of: `date` as Hugo and Eleventy read it, even where another one publishes.

    Hugo takes the day that the author wrote, whatever the zone of the site. A site's own script may take it from
    the name of the file.
    """
    habits, zone = settings.site.habits, zone_of(settings)
    if habits.dates_by_file and _counts_names(settings.site) and (day := date_in_name(fields.source)):
        with suppress(ContentError):
            return read_date(day, "date", zone, fields.source, history)
    value, at = fields.at("date"), published_at
    if value is not None and not isinstance(value, bool) and "date" not in settings.content.fields:
        with suppress(ContentError):
            at = read_date(value, "date", _zone_for(value, settings), fields.source, history) or published_at
    written_in = find_zone(value) if habits.keeps_written_day else UTC if habits.is_utc == "addresses" else None
    return at.astimezone(written_in or zone) if at else None
