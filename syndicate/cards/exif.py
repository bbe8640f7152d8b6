"""Which way up a picture is: the one EXIF tag a card needs, read without trusting the block.

Pillow reads whole EXIF blocks, warning about broken ones, so JPEGs are handed to it without theirs.
Exif 2.32, section 4.6.4: Orientation is tag 0x0112, a SHORT in the first directory of a TIFF header.
"""

from __future__ import annotations

from typing import Literal

ORIENTATION = 0x0112
UPRIGHT = 1
_START = b"Exif\x00\x00"


def cut_exif(jpeg: bytes) -> tuple[bytes, bytes]:
    """A JPEG without its EXIF segment, and that segment's TIFF block, empty where there is none."""
    at = 2
    while jpeg[at : at + 1] == b"\xff" and at + 4 <= len(jpeg):
        marker, length = jpeg[at + 1], int.from_bytes(jpeg[at + 2 : at + 4], "big")
        if marker == 0xDA or length < 2:
            break
        segment = jpeg[at + 4 : at + 2 + length]
        if marker == 0xE1 and segment.startswith(_START):
            return jpeg[:at] + jpeg[at + 2 + length :], segment[len(_START) :]
        at += 2 + length
    return jpeg, b""


def read_orientation(block: bytes) -> int:
    """1 to 8 from a TIFF block (with or without "Exif" before it); 1, upright, from anything unreadable."""
    block = block.removeprefix(_START)
    order: Literal["little", "big"] = "little" if block[:2] == b"II" else "big"
    start = int.from_bytes(block[4:8], order)
    count = int.from_bytes(block[start : start + 2], order)
    for entry in range(start + 2, min(start + 2 + 12 * count, len(block) - 11), 12):
        if int.from_bytes(block[entry : entry + 2], order) == ORIENTATION:
            value = int.from_bytes(block[entry + 8 : entry + 10], order)
            return value if 1 <= value <= 8 else UPRIGHT
    return UPRIGHT
