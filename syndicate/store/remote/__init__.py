"""A state without a disk of its own: it lives in a git branch or a bucket, and is worked on in an SQLite file.

    remote ─pull→ state.db ─ … work … ─push→ remote
                              intent ─push→ (head as we left it?) ─→ the call

`lines` turns the tables into text and back, `git` and `object_store` keep the text, `sync` says when it moves. Here
stands what a place for the state can do, whichever it is, and which one an address means.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Protocol

import orjson

from syndicate.errors import ConfigError, StateError

INFO = "state.json"
"""The file that tells of all the others, and who writes."""
FORMAT = 1


@dataclass(frozen=True, slots=True)
class Copy:
    """The state as it stands elsewhere: its files, and a version that changes with every write."""

    version: str
    files: Mapping[str, bytes]


class RemoteState(Protocol):
    """A place that keeps files and swaps all of them at once, if nobody else has swapped them meanwhile."""

    where: str

    def head(self) -> str:
        """The version that is there now, "" where nothing is. Raises StateError where nobody can say."""

    def read(self) -> Copy | None:
        """What is there now; None where nothing ever was.

        Raises Contradicted where it was set back from outside, ConfigError where we may not read or it is not a state.
        """

    def write(self, files: Mapping[str, bytes], expected: str, note: str) -> str:
        """Put these files in the place of `expected`; returns their version. `note` says why, for people.

        Raises StateMoved where another version is there, ConfigError where we may not write, and StateError where
        nobody can say what became of it.
        """


@dataclass(frozen=True, slots=True, kw_only=True)
class Info:
    """What the first file says."""

    schema: str
    sequence: int = 0
    """One more with every write."""
    writer: str = ""
    """Who is at work, "" for nobody."""
    until: datetime | None = None
    """When a writer that says nothing more counts as gone."""
    written_at: datetime | None = None

    def render(self) -> bytes:
        values = {"format": FORMAT, **{name: getattr(self, name) for name in self.__slots__}}
        return orjson.dumps(values, option=orjson.OPT_INDENT_2 | orjson.OPT_UTC_Z | orjson.OPT_APPEND_NEWLINE)


def parse_info(files: Mapping[str, bytes], where: str) -> Info:
    """Raises StateError where the files are not a state, or a newer syndicate's."""
    try:
        raw: dict[str, Any] = orjson.loads(files[INFO])
        if raw["format"] > FORMAT:
            raise StateError("was written by a newer syndicate", where=where, hint="use that one")
        return Info(
            schema=str(raw["schema"]),
            sequence=int(raw["sequence"]),
            writer=str(raw["writer"]),
            until=_parse_instant(raw["until"]),
            written_at=_parse_instant(raw["written_at"]),
        )
    except (KeyError, ValueError, TypeError) as error:
        raise StateError("is not a state of syndicate, or it is damaged", where=where) from error


def _parse_instant(text: str | None) -> datetime | None:
    at = datetime.fromisoformat(text) if text else None
    if at is not None and at.utcoffset() != timedelta(0):
        raise ValueError(text)
    return at


def open_remote(address: str, root: Path, folder: Path) -> RemoteState:
    """The place behind [storage] state; `root` is the site's folder, `folder` is for our own files.

    Raises ConfigError where it cannot be used.
    """
    if address.startswith("git:"):
        from syndicate.store.remote.git import GitState  # noqa: PLC0415 - one of the two is needed

        return GitState(root, address.removeprefix("git:"), folder / "state.git")
    try:
        from syndicate.store.remote.object_store import open_bucket_state  # noqa: PLC0415 - obstore is an extra
    except ImportError as error:
        hint = 'pip install "syndicate-feeds[s3]"'
        raise ConfigError("an object store needs obstore", where="[storage] state", hint=hint) from error
    return open_bucket_state(address)
