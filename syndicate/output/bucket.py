"""Publishing into an object store (S3, Google Cloud Storage, Azure) through obstore."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from contextlib import suppress
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from obstore.exceptions import BaseError, NotFoundError, PermissionDeniedError, UnauthenticatedError
from obstore.store import ObjectStore, from_url

from syndicate.errors import ConfigError, StateError
from syndicate.model import Artefact
from syndicate.output import FileStat, check_path, choose_cache_control

if TYPE_CHECKING:
    from obstore import ObjectMeta
    from obstore.store import RetryConfig

_STATUS = re.compile(r"status code: (\d{3})")
_UNREACHED = re.compile(r"error sending request|timed? ?out|dns error", re.IGNORECASE)
_PATIENCE: RetryConfig = {"max_retries": 3, "retry_timeout": timedelta(seconds=30)}
"""obstore's own is three minutes for each object: a publication would stand still for hours."""
SCHEMES = ("s3", "gs", "az", "azure", "abfs", "abfss", "memory")


def open_bucket(address: str) -> BucketOutput:
    """The store behind "scheme://bucket/prefix". Credentials come from the provider's own environment variables.

    Raises ConfigError where the scheme is unknown or the address cannot be used.
    """
    scheme = address.partition("://")[0]
    if scheme not in SCHEMES:
        raise ConfigError(
            f"cannot publish to {scheme}://", where="storage.publish_to", hint="a folder, s3://, gs:// or az://"
        )
    try:
        return BucketOutput(from_url(address, retry_config=_PATIENCE))
    except (BaseError, ValueError) as error:
        raise ConfigError(f"is not a usable address: {error}", where="storage.publish_to") from error


class BucketOutput:
    """Objects under a prefix. A PUT is atomic by itself; content type and cache rules travel with the object."""

    def __init__(self, store: ObjectStore) -> None:
        self._store = store

    def read(self, path: str) -> bytes | None:
        try:
            return bytes(self._store.get(check_path(path)).bytes())
        except (NotFoundError, FileNotFoundError):
            return None
        except BaseError as error:
            raise _say(error, path) from error

    def read_many(self, paths: Iterable[str]) -> Mapping[str, bytes]:
        return {path: data for path in paths if (data := self.read(path)) is not None}

    def write(self, artefacts: Sequence[Artefact]) -> tuple[str, ...]:
        return tuple(artefact.path for artefact in artefacts if self._write_one(artefact))

    def remove(self, paths: Sequence[str]) -> tuple[str, ...]:
        if not paths:  # most publications: a listing costs a request for each thousand files
            return ()
        there = self.list_files()
        gone = [check_path(path) for path in paths if path in there]
        try:
            self._store.delete(gone)
        except BaseError as error:
            raise _say(error, ", ".join(gone[:3])) from error
        return tuple(gone)

    def list_files(self) -> Mapping[str, FileStat]:
        try:
            return {found["path"]: _stat_of(found) for batch in self._store.list() for found in batch}
        except BaseError as error:
            raise _say(error, "") from error

    def stat_files(self, paths: Iterable[str]) -> Mapping[str, FileStat]:
        found = {}
        for path in paths:
            with suppress(NotFoundError, FileNotFoundError):
                found[path] = self._find_one(check_path(path))
        return found

    def may_hold(self, path: str, listed: Collection[str]) -> bool:
        return path in listed

    def find_blocked(self, paths: Iterable[str]) -> Collection[str]:  # noqa: ARG002 - nothing but objects is there
        return ()

    def fingerprint(self, places: Iterable[str]) -> str:  # noqa: ARG002 - a look would be a request for each
        return ""

    def clear_rests(self, before: datetime) -> None:
        """An upload that was cut leaves nothing."""

    def _find_one(self, path: str) -> FileStat:
        try:
            return _stat_of(self._store.head(path))
        except NotFoundError:
            raise
        except BaseError as error:
            raise _say(error, path) from error

    def _write_one(self, artefact: Artefact) -> bool:
        if self.read(artefact.path) == artefact.data:
            return False
        about = {"Content-Type": artefact.media_type, "Cache-Control": choose_cache_control(artefact.path)}
        try:
            self._store.put(artefact.path, artefact.data, attributes=about)
        except (BaseError, FileNotFoundError) as error:
            raise _say(error, artefact.path) from error
        return True


def _stat_of(found: ObjectMeta) -> FileStat:
    return FileStat(found["size"], found["e_tag"] or found["last_modified"].isoformat())


def _say(error: Exception, where: str) -> StateError:
    """obstore puts signed addresses into its messages: only the kind of failure is told."""
    found = _STATUS.search(str(error))
    status = found[1] if found else ""
    if status in {"401", "403"} or isinstance(error, PermissionDeniedError | UnauthenticatedError):
        return StateError("the object store refused", where=where, hint="check its credentials")
    if status == "404" or isinstance(error, NotFoundError | FileNotFoundError):
        return StateError("the object store has no such bucket", where=where, hint="check [storage] publish_to")
    if status.startswith("5") or (not status and _UNREACHED.search(str(error))):
        what = f"answers {status}" if status else "cannot be reached"
        hint = "see whether it is up; the next publication writes what is missing"
        return StateError(f"the object store {what}", where=where, hint=hint)
    hint = "see whether its address, region and credentials are right"
    return StateError(f"the object store failed: {type(error).__name__}", where=where, hint=hint)
