"""The memory of a publication: a million small objects that live until its end, and a few large documents."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache

_TRIM_THRESHOLD, _BYTES = -1, 64 * 1024  # M_TRIM_THRESHOLD in malloc.h of glibc


@contextmanager
def uncollected() -> Iterator[None]:
    """Without the collector of cycles, which would look through all objects again and again, for a quarter of the time,
    and find nothing."""
    gc.disable()
    try:
        yield
    finally:
        gc.enable()


@cache
def return_freed_memory() -> None:
    """Ask glibc to give freed memory back at once.

    It learns from the first large document to keep a good part for the next, which makes a fifth of the peak.
    """
    import ctypes  # noqa: PLC0415 - a run without news needs none of it

    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
    if mallopt is not None:
        mallopt(_TRIM_THRESHOLD, _BYTES)
