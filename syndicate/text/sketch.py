"""A sketch of a text: a few hundred signs that tell later, without the text, how much of it another one shares.

The text becomes shingles (pairs of neighbouring words; one character is a word where a script sets no spaces), each
shingle a number, and the sketch keeps the smallest numbers. Two texts that share half of their shingles share about
half of those. Linear in time, and exact for a text of fewer than `SIZE` shingles.
"""

from __future__ import annotations

import re
import struct
from base64 import b64decode, b64encode
from binascii import crc32

SIZE = 64

_NO_SPACES = re.compile(
    "[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff"  # Thai, Lao, Burmese, Khmer
    "\u3040-\u30ff\u31f0-\u31ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff]"  # Japanese, Chinese
)
_PLAIN = bytes(
    byte if byte > 127 or chr(byte).isalnum() else ord(" ")
    for byte in (ord(chr(byte).lower()) if byte < 128 else byte for byte in range(256))
)


def make_sketch(text: str) -> str:
    """The sketch in Base64, "" for a text without words."""
    if not text.isascii():
        text = _NO_SPACES.sub(r" \g<0>", text)
    words = text.encode("utf-8", "replace").translate(_PLAIN).split()
    shingles = list(map(crc32, words[1:], map(crc32, words)) if len(words) > 1 else map(crc32, words))
    few = (3 * SIZE << 32) // max(len(shingles), 1)  # about three times as many as are wanted lie below
    likely = {number for number in shingles if number < few}
    smallest = sorted(likely if len(likely) >= SIZE else set(shingles))[:SIZE]
    return b64encode(struct.pack(f">{len(smallest)}I", *smallest)).decode()


def read_sketch(sketch: str) -> frozenset[int]:
    """The numbers of a sketch; none where it is not one."""
    try:
        data = b64decode(sketch, validate=True)
        return frozenset(struct.unpack(f">{len(data) // 4}I", data))
    except (ValueError, struct.error):
        return frozenset()


def measure_likeness(one: frozenset[int], other: frozenset[int]) -> float:
    """From 0 to 1: how much of all their shingles two texts share. A text without words is like no other."""
    if not one or not other:
        return 0.0
    shared = one & other
    if len(one) < SIZE and len(other) < SIZE:
        return len(shared) / len(one | other)
    smallest = sorted(one | other)[:SIZE]
    return sum(number in shared for number in smallest) / len(smallest)
