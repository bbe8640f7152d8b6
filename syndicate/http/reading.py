"""Reading an answer whole, within its limit of size, whatever the server would like."""

from __future__ import annotations

import zlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from io import BytesIO
from typing import Any

import httpx
import orjson

from syndicate.errors import FetchError, TooLarge

MAX_BODY = 8_000_000
ENCODINGS = "gzip"
"""What we ask for. Brotli is left out: its decoder cannot be stopped at a size, so a small answer could fill memory."""
_GZIP_OR_ZLIB = 47
"""zlib's window bits for "find out which of the two it is"."""


@dataclass(frozen=True, slots=True)
class Response:
    """An answer read whole. `headers` has lower-case names; `received_at` is aware UTC."""

    status: int
    headers: Mapping[str, str] = field(repr=False)
    body: bytes = field(repr=False)
    url: str = field(repr=False)
    received_at: datetime

    @property
    def is_success(self) -> bool:
        return 200 <= self.status < 300

    @property
    def text(self) -> str:
        return self.body.decode("utf-8", "replace")

    def json(self) -> Any:
        """The parsed body, None where it is not JSON (proxies answer in HTML)."""
        try:
            return orjson.loads(self.body)
        except orjson.JSONDecodeError:
            return None


@dataclass(slots=True)
class Budget:
    """How much of one answer may still come."""

    max_bytes: int
    size: int = 0

    def spend(self, chunk: bytes) -> bytes:
        """The chunk, counted; raises FetchError once the size is used up."""
        self.size += len(chunk)
        if self.size > self.max_bytes:
            raise self.too_large()
        return chunk

    def too_large(self) -> TooLarge:
        return TooLarge(f"the answer is larger than {self.max_bytes:,} bytes")

    @property
    def left(self) -> int:
        return self.max_bytes - self.size


def read_body(answer: httpx.Response, budget: Budget) -> bytes:
    """The body, decoded. Raises FetchError for one that is too large, cut, or encoded unasked."""
    encoding = answer.headers.get("content-encoding", "identity").strip().lower()
    if encoding in {"", "identity"}:
        return _read_plain(answer, budget)
    if encoding in {"gzip", "x-gzip", "deflate"}:
        return _inflate(answer, budget)
    raise FetchError(f'the answer is encoded as "{encoding[:20]}", which nobody asked for')


def _read_plain(answer: httpx.Response, budget: Budget) -> bytes:
    """One that says that it is too large is not even begun."""
    stated = answer.headers.get("content-length", "")
    if stated.isascii() and stated.isdigit() and int(stated[:15]) > budget.left and answer.request.method != "HEAD":
        raise budget.too_large()
    body = BytesIO()  # gives its bytes away without a copy
    for chunk in answer.iter_raw():
        body.write(budget.spend(chunk))
    return body.getvalue()


def _inflate(answer: httpx.Response, budget: Budget) -> bytes:
    """Never more in memory than the budget allows, however well it was packed."""
    parts, decoder, is_empty = [], zlib.decompressobj(_GZIP_OR_ZLIB), True
    try:
        for chunk in answer.iter_raw():
            is_empty = False
            parts.append(budget.spend(decoder.decompress(chunk, budget.left + 1)))
    except zlib.error:
        raise FetchError("the answer cannot be unpacked") from None
    if not is_empty and not decoder.eof:
        raise FetchError("the answer ends too early")
    return b"".join(parts)
