"""Which picture format some bytes are, by their first bytes, and how large they claim to be.

Names and media types sent by servers lie, so neither is looked at. Only these decoders ever run: a format
that no camera or web page uses is not worth its attack surface.
"""

from __future__ import annotations

import ctypes
import re
from collections.abc import Mapping

MAX_PIXELS = 100_000_000
"""For JPEG, which is decoded at a fraction of its size."""
MAX_WHOLE_PIXELS = 50_000_000
"""For everything that must be decoded whole."""
MEMORY = 165 * 1024 * 1024
"""What a process may fill to decode one: with the libraries that this takes, it has about 200 MB then."""
ROOM = 150_000_000
"""Of that, for the picture itself: the rest is for the file's bytes and for what goes wrong."""
MAX_SCANS = 60
"""A progressive JPEG has about ten scans; thousands of empty ones are an attack on the processor."""

MEDIA_TYPES: Mapping[str, str] = {
    "jpeg": "image/jpeg",
    "png": "image/png",
    "webp": "image/webp",
    "avif": "image/avif",
    "gif": "image/gif",
    "heic": "image/heic",
    "svg": "image/svg+xml",
}


def find_format(data: bytes) -> str:
    """ "jpeg", "png", "webp", "avif", "gif", "heic", "svg", or "" for none of them."""
    if data[:4] == b"RIFF":
        return "webp" if data[8:12] == b"WEBP" else ""
    if data[4:8] == b"ftyp":
        brands = data[8:40]
        return "avif" if b"avi" in brands else "heic" if b"hei" in brands or b"hev" in brands else ""
    if data[:1] in b"\xef<\r\n\t " and _SVG.match(data[:4096]):
        return "svg"
    return next((name for start, name in _STARTS if data.startswith(start)), "")


_SVG = re.compile(rb"(?:\xef\xbb\xbf)?\s*(?:<\?xml[^>]*>\s*|<!--.*?-->\s*|<!DOCTYPE[^>\[]*>\s*)*<svg[\s>]", re.DOTALL)

_STARTS = (
    (b"\xff\xd8\xff", "jpeg"),
    (b"\x89PNG\r\n\x1a\n", "png"),
    (b"GIF87a", "gif"),
    (b"GIF89a", "gif"),
)


def describe_unknown(data: bytes) -> str:
    """What the bytes seem to be instead of a picture, in words for a person."""
    head = data[:512].lstrip().lower()
    if not head:
        return "the file is empty"
    if head.startswith(b"<"):
        return "a web page came instead of a picture"
    if data[4:8] == b"ftyp":
        return "MPEG pictures other than HEIC and AVIF are not read; name a JPEG, PNG, WebP or AVIF"
    return "not a JPEG, PNG, WebP, AVIF or GIF"


def read_webp_size(data: bytes) -> tuple[int, int]:
    """Width and height from a WebP header, before its decoder allocates them; (0, 0) where there is no header.

    https://developers.google.com/speed/webp/docs/riff_container
    """
    chunk = data[12:16]
    if chunk == b"VP8X" and len(data) >= 30:
        return _little(data[24:27]) + 1, _little(data[27:30]) + 1
    if chunk == b"VP8L" and len(data) >= 25:
        bits = _little(data[21:25])
        return (bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1
    if chunk == b"VP8 " and len(data) >= 30:
        return _little(data[26:28]) & 0x3FFF, _little(data[28:30]) & 0x3FFF
    return 0, 0


def _little(data: bytes) -> int:
    return int.from_bytes(data, "little")


# --- freed memory of pictures comes back at once instead of from the kernel, page by page ---

_KEPT = 31 * 1024 * 1024


def keep_freed_memory() -> None:
    """Until something else is asked of glibc; elsewhere this does nothing."""
    library, trim_threshold, mmap_threshold = ctypes.CDLL(None), -1, -3  # as its malloc.h numbers them
    if hasattr(library, "mallopt"):
        library.mallopt(mmap_threshold, _KEPT)
        library.mallopt(trim_threshold, 2 * _KEPT)
