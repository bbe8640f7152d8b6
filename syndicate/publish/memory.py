"""How much memory a publication keeps that it does not use."""

from __future__ import annotations

import ctypes
from functools import cache

_TRIM_THRESHOLD, _BYTES = -1, 64 * 1024  # M_TRIM_THRESHOLD in malloc.h of glibc


@cache
def return_freed_memory() -> None:
    """Ask glibc to give freed memory back at once.

    It learns from the first large document to keep a good part for the next, which makes a fifth of the peak.
    """
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
    if mallopt is not None:
        mallopt(_TRIM_THRESHOLD, _BYTES)
