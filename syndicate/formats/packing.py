"""Zstandard (RFC 8878): in the standard library from Python 3.14 on, from its backport before."""

from __future__ import annotations

import sys
from collections.abc import Sequence

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd


def pack(data: bytes, level: int) -> bytes:
    """The data as one Zstandard frame, the same bytes for the same input."""
    return zstd.compress(data, level=level)


def pack_all(some: Sequence[bytes], level: int) -> list[bytes]:
    """The same of each, for less: what packs is made once."""
    packer = zstd.ZstdCompressor(level=level)
    return [packer.compress(data, mode=packer.FLUSH_FRAME) for data in some]


def unpack(data: bytes) -> bytes:
    """What was packed; b"" for bytes that are no whole frame."""
    try:
        return zstd.decompress(data)
    except zstd.ZstdError:
        return b""
