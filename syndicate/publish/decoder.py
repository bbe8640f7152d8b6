"""Pictures are decoded by another process with little memory and time, since their makers may be strangers.

Local ones, too: a contributor's file comes with the post, and who wrote a file cannot be seen from it. What a decoder
makes of hostile bytes (a crash, an endless loop, all memory) harms that one picture only.
"""

from __future__ import annotations

import pickle
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING

from syndicate.cards.sniff import MEMORY
from syndicate.fonts import find_drawing_fonts
from syndicate.model import PictureFacts
from syndicate.processes import MOST_SHARED, Fenced, NoProcess

if TYPE_CHECKING:
    from syndicate.cards.photo import Photo

# ruff: noqa: PLC0415 - Pillow is slow to load, and mostly only the other process needs it

PATIENCE = timedelta(seconds=20)
GAVE_UP = "its decoder gave up: too much memory or time, or a crash"

Size = tuple[int, int]
Question = tuple[bytes, Size | None]
"""The file, and the pixels that it must cover; None where only its facts are wanted."""


@dataclass(frozen=True, slots=True)
class _Decoded:
    """A photo on its way between two processes."""

    size: Size
    pixels: pickle.PickleBuffer = field(repr=False)
    small_size: Size
    small: bytes = field(repr=False)
    width: int
    height: int
    profile: bytes = field(repr=False)
    is_cut_out: bool


Answer = _Decoded | PictureFacts | str
"""A string says why there is no picture."""


class Decoder:
    """Decodes pictures elsewhere. The process starts with the first one; threads may share it. Close it after use."""

    def __init__(self) -> None:
        self._fenced: Fenced[Question, Answer] = Fenced(begin_decoding, (b"", None), MEMORY, PATIENCE)

    def __enter__(self) -> Decoder:
        return self

    def __exit__(self, *exc: object) -> None:
        self._fenced.close()

    def decode(self, data: bytes, need: Size) -> Photo:
        """As `cards.photo.decode_photo`."""
        from syndicate.cards.photo import PhotoRefused, decode_photo

        try:
            found = self._fenced.ask((data, need), _unpack)
        except NoProcess:  # then here: worse than elsewhere, better than no pictures at all
            return decode_photo(data, need, find_drawing_fonts())
        if isinstance(found, str | None):
            raise PhotoRefused(found or GAVE_UP)
        return found

    def describe(self, data: bytes) -> tuple[PictureFacts | None, str]:
        """As `cards.photo.read_facts`."""
        from syndicate.cards.photo import read_facts

        try:
            found = self._fenced.ask((data, None), _take_facts)
        except NoProcess:
            return read_facts(data)
        return found or (None, GAVE_UP)


def begin_decoding(_given: None) -> Callable[[Question], Answer]:
    """What the other process does for us."""
    from PIL import AvifImagePlugin

    from syndicate.cards.sniff import keep_freed_memory

    keep_freed_memory()
    AvifImagePlugin.DEFAULT_MAX_THREADS = 1  # each has a stack, and machines with many cores would have no room left
    return _answer


def _answer(question: Question) -> Answer:
    from syndicate.cards.photo import PhotoRefused, decode_photo, read_facts

    data, need = question
    if need is None:
        facts, reason = read_facts(data)
        return facts or reason
    try:
        photo = decode_photo(data, need, find_drawing_fonts())
    except PhotoRefused as error:
        if isinstance(error.__cause__, MemoryError):
            raise MemoryError from None  # noqa: TRY004 - and a fresh process may have enough
        return str(error)
    width, height = photo.image.size
    if width * height * len("RGBX") > MOST_SHARED:
        return f"{width}x{height} pixels are far too long and narrow"
    small = photo.small
    pixels = pickle.PickleBuffer(photo.image.tobytes("raw", "RGBX"))
    whole = photo.width, photo.height, photo.profile, photo.is_cut_out
    return _Decoded((width, height), pixels, small.size, small.tobytes(), *whole)


def _unpack(answer: Answer) -> Photo | str:
    """The photo, with its pixels copied out of the memory that both processes see."""
    from PIL import Image

    from syndicate.cards.photo import Photo

    if not isinstance(answer, _Decoded):
        return str(answer)
    image = Image.frombytes("RGB", answer.size, memoryview(answer.pixels), "raw", "RGBX")
    small = Image.frombytes("RGB", answer.small_size, answer.small)
    return Photo(image, small, answer.width, answer.height, answer.profile, answer.is_cut_out)


def _take_facts(answer: Answer) -> tuple[PictureFacts | None, str]:
    return (answer, "") if isinstance(answer, PictureFacts) else (None, str(answer))
