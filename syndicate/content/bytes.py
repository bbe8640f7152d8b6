"""The bytes of one file and their text: what to do with files that are just being written, or are no text."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

from syndicate.content.scanning import Found
from syndicate.errors import ContentError
from syndicate.text.cleaning import drop_broken

MAX_BYTES = 5_000_000
_MARKS = ((b"\xef\xbb\xbf", "utf-8"), (b"\xff\xfe", "utf-16-le"), (b"\xfe\xff", "utf-16-be"))


@dataclass(frozen=True, slots=True)
class Content:
    """A file read whole, with the stat of the very bytes."""

    found: Found
    data: bytes


def read_content(found: Found) -> Content:
    """The file as it is now.

    Raises FileNotFoundError where it is gone, ContentError where it is unreadable, too large or changing.
    """
    for _ in range(2):
        try:
            content = _read_once(found)
        except FileNotFoundError:
            raise
        except OSError as error:
            raise ContentError(f"the file cannot be read: {error.strerror}", where=found.source) from error
        if content is not None:
            return content
    raise ContentError("the file is being written right now", where=found.source, hint="it is read again when it rests")


def _read_once(found: Found) -> Content | None:
    """None where the file changed while it was read."""
    with Path(found.path).open("rb") as file:
        before = os.fstat(file.fileno())
        if before.st_size > MAX_BYTES:
            raise ContentError(
                f"the file is larger than {MAX_BYTES:,} bytes", where=found.source, hint="is it really a post?"
            )
        data = file.read(MAX_BYTES + 1)
        after = os.fstat(file.fileno())
    if (before.st_size, before.st_mtime_ns) != (after.st_size, after.st_mtime_ns) or len(data) != after.st_size:
        return None
    return Content(Found(found.source, found.path, after.st_mtime_ns, after.st_size, after.st_ino), data)


def decode(content: Content) -> str:
    """The text with `\\n` line ends, without broken characters. Raises ContentError with the line of a bad byte."""
    data, encoding = content.data, "utf-8"
    for mark, name in _MARKS:
        if data.startswith(mark):
            data, encoding = data[len(mark) :], name
            break
    try:
        text = data.decode(encoding)
    except UnicodeDecodeError as error:
        raise _undecodable(error, len(content.data) - len(data), content.found.source) from error
    if not text.strip():
        raise ContentError("the file is empty", where=content.found.source, hint="perhaps it is still being written")
    return drop_broken(text.removeprefix("ï»¿"))


def _undecodable(error: UnicodeDecodeError, mark: int, source: str) -> ContentError:
    good = error.object[: error.start].decode(error.encoding, "replace")
    return ContentError(
        f"byte {error.start + mark} is not {error.encoding.upper()}",
        where=source,
        line=good.count("\n") + 1,
        hint="save the file as UTF-8",
    )
