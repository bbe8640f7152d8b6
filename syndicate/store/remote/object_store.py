"""The state under a prefix of an object store: one object that names all others, swapped only if it is as we read it.

    state.json            what the state is made of now, and who writes      If-Match · If-None-Match
    seen.json             the same once more, without a condition: what was there last
    tables/NAME.DIGEST    the lines of one table, never changed

A missing `state.json` is put back from `seen.json`, an older one is noticed, as a branch would be.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import orjson
from obstore.exceptions import (
    AlreadyExistsError,
    BaseError,
    NotFoundError,
    PermissionDeniedError,
    PreconditionError,
    UnauthenticatedError,
)
from obstore.store import ObjectStore, from_url

from syndicate.errors import ConfigError, Contradicted, StateError, StateMoved
from syndicate.store.remote import INFO, Copy

if TYPE_CHECKING:
    from obstore import PutMode
    from obstore.store import RetryConfig

SEEN = "seen.json"
KEPT = timedelta(days=1)
"""How long the lines of earlier versions stay: a run that began with them may still read."""
_PATIENCE: RetryConfig = {"max_retries": 3, "retry_timeout": timedelta(seconds=30)}
_STATUS = re.compile(r"status code: (\d{3})")
_MISSING = (NotFoundError, FileNotFoundError)
_TABLES = "tables"


def open_bucket_state(address: str) -> BucketState:
    """The state behind "s3://bucket/prefix". Credentials come from the provider's own environment variables."""
    try:
        return BucketState(from_url(address.rstrip("/"), retry_config=_PATIENCE), address)
    except (BaseError, ValueError) as error:
        raise ConfigError(f"is not a usable address: {error}", where="[storage] state") from error


class BucketState:
    """One prefix of a store."""

    def __init__(self, store: ObjectStore, where: str) -> None:
        self.where = where
        self._store = store
        self._known: frozenset[str] = frozenset()

    def head(self) -> str:
        try:
            return self._store.head(INFO)["e_tag"] or ""
        except _MISSING:
            return ""
        except BaseError as error:
            raise self._say(error, "read") from error

    def read(self) -> Copy | None:
        version, manifest = self._read_one(INFO)
        seen = self._read_one(SEEN)[1]
        if not manifest and not seen:
            return None
        if manifest and seen and _count(seen) > _count(manifest):
            hint = f"{SEEN} beside it names the newest state: copy it over {INFO}"
            raise Contradicted("was set back or replaced from outside, so nothing is sent", where=self.where, hint=hint)
        try:
            told = orjson.loads(manifest or seen)
            places = dict(told.pop("files"))
        except (ValueError, KeyError, TypeError, AttributeError) as error:  # as a proxy in between answers
            raise StateError("what answers there is not a state of syndicate", where=self.where) from error
        files = {name: self._read_table(path) for name, path in places.items()}
        self._known = frozenset(_place(name, data) for name, data in files.items())
        return Copy(version, {**files, INFO: orjson.dumps(told)})

    def write(self, files: Mapping[str, bytes], expected: str, note: str) -> str:
        tables = {name: _place(name, data) for name, data in files.items() if name != INFO}
        told = orjson.loads(files[INFO]) | {"note": note, "files": tables}
        manifest = orjson.dumps(told, option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE)
        try:
            for name, path in tables.items():
                if path not in self._known:
                    self._store.put(path, files[name], attributes={"Content-Type": "application/jsonl"})
            version = self._swap(manifest, expected)
            self._store.put(SEEN, manifest)
        except (BaseError, FileNotFoundError) as error:
            raise self._say(error, "written") from error
        needed = frozenset(tables.values())
        with suppress(BaseError):  # who may not delete keeps more than is needed
            self._sweep(needed)
        self._known = needed
        return version

    def _swap(self, manifest: bytes, expected: str) -> str:
        """A refusal may be the second try of a write that arrived: only what is there tells."""
        mode: PutMode = {"e_tag": expected} if expected else "create"
        try:
            return self._store.put(INFO, manifest, mode=mode)["e_tag"] or ""
        except (PreconditionError, AlreadyExistsError) as error:
            version, there = self._read_one(INFO)
            if there == manifest:
                return version
            raise StateMoved(
                "another run changed the state meanwhile", where=self.where, hint="run it again"
            ) from error
        except BaseError as error:
            if _is_refused(error):
                raise
            version, there = self._read_one(INFO)
            if there == manifest:
                return version
            raise

    def _sweep(self, needed: frozenset[str]) -> None:
        """Take away lines of long ago that nobody names any more."""
        before = datetime.now(UTC) - KEPT
        if not self._known - needed:
            return
        listed = [found for batch in self._store.list(_TABLES) for found in batch]
        old = [one["path"] for one in listed if one["path"] not in needed and one["last_modified"] < before]
        if old:
            self._store.delete(old)

    def _read_one(self, path: str) -> tuple[str, bytes]:
        """Tag and bytes, both empty where there is nothing."""
        try:
            found = self._store.get(path)
            return found.meta["e_tag"] or "", bytes(found.bytes())
        except _MISSING:
            return "", b""
        except BaseError as error:
            raise self._say(error, "read") from error

    def _read_table(self, path: str) -> bytes:
        data = self._read_one(path)[1]
        if not data or _place(path.rpartition("/")[2].partition(".")[0] + ".jsonl", data) != path:
            raise StateError("a part of it is missing or damaged", where=f"{self.where}/{path}")
        return data

    def _say(self, error: Exception, done: str) -> StateError | ConfigError:
        """obstore puts signed addresses into its messages: only the kind of failure is told."""
        if _is_refused(error):
            right = "write" if done == "written" else "read and list"
            hint = f"give these credentials the right to {right} there, and see that the clock is right"
            return ConfigError(f"the state may not be {done}", where=self.where, hint=hint)
        if isinstance(error, _MISSING):
            return ConfigError("there is no such bucket", where=self.where, hint="check [storage] state")
        found = _STATUS.search(str(error))
        what = f"answers {found[1]}" if found else "does not answer"
        return StateError(f"the state cannot be {done}: the object store {what}", where=self.where, hint="run it again")


def _is_refused(error: Exception) -> bool:
    found = _STATUS.search(str(error))
    return isinstance(error, PermissionDeniedError | UnauthenticatedError) or bool(found and found[1] in {"401", "403"})


def _place(name: str, data: bytes) -> str:
    return f"{_TABLES}/{name.removesuffix('.jsonl')}.{hashlib.sha256(data).hexdigest()[:32]}.jsonl"


def _count(manifest: bytes) -> int:
    """How many writes it knows of; none, where it is damaged."""
    try:
        return int(orjson.loads(manifest)["sequence"])
    except (ValueError, KeyError, TypeError):
        return 0
