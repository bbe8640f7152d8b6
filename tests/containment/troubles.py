"""What a library, a network or a mistake of ours may raise: nobody could list it, so a border stops all of it."""

from __future__ import annotations

import httpx
import jinja2
from lxml import etree
from PIL import Image


class PanicException(BaseException):
    """As PyO3 raises it for the panic of a Rust library."""


TROUBLES: tuple[BaseException, ...] = (
    ValueError("a"),
    AssertionError("a"),
    RecursionError(),
    MemoryError(),
    UnicodeDecodeError("utf-8", b"a", 0, 1, "a"),
    StopIteration(),
    OSError(5, "a"),
    etree.XMLSyntaxError("a", 1, 1, 1),
    Image.DecompressionBombError("a"),
    httpx.InvalidURL("a"),
    jinja2.TemplateError("a"),
    PanicException("a"),
)


def name_of(trouble: BaseException) -> str:
    """For the names of tests."""
    return type(trouble).__name__
