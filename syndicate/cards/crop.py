"""Which part of a photo a card shows: around the focal point, else where the detail is; scaled, never blown up."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from PIL import Image, ImageFilter

from syndicate.cards.photo import Photo
from syndicate.cards.pixels import to_srgb
from syndicate.cards.saliency import Focus, find_subject

MAX_ENLARGED = 2.0
"""Beyond this a photo looks soft; it is then shown whole on plain ground, or on its own blur where a layout fills."""

CLOSE_ENOUGH = 1.05
"""A decoded picture so little larger than its room is cropped as it is: sharper, and no scaling to wait for."""

MIDDLE: Focus = (0.5, 0.5)


@dataclass(frozen=True, slots=True)
class Window:
    """A part of an image in its own pixels: left, top, width, height."""

    left: float
    top: float
    width: float
    height: float

    @property
    def box(self) -> tuple[float, float, float, float]:
        return self.left, self.top, self.left + self.width, self.top + self.height

    def share_of(self, size: tuple[float, float]) -> tuple[float, float, float, float]:
        """The same in shares of the image."""
        left, top, right, bottom = self.box
        return left / size[0], top / size[1], right / size[0], bottom / size[1]


def fill_room(photo: Photo, width: int, height: int, *, focus: Focus | None, clear: Focus = MIDDLE) -> Image.Image:
    """The photo cut and scaled to fill `width` x `height` pixels, in sRGB.

    `clear` is the middle of the part of the room that no text covers: what matters is brought there.
    """
    scale = max(width / photo.width, height / photo.height)
    if scale > MAX_ENLARGED:
        return _fill_with_blur(photo, width, height, clear)
    subject = focus or find_subject(photo.small)
    window = choose_window(photo.image.size, (width, height), subject=subject, clear=clear)
    return to_srgb(scale_window(photo.image, window, width, height), photo.profile)


def find_clear(top: float, height: float, tops: Sequence[float]) -> Focus:
    """The middle of the part of a picture above all words, by where these begin."""
    free = (min(tops) - top) / height if tops else 1.0
    return 0.5, min(0.5, max(0.3, free / 2))


def choose_window(size: tuple[int, int], room: tuple[int, int], *, subject: Focus, clear: Focus) -> Window:
    """The largest window of the room's shape that keeps the subject inside, and under `clear` as far as it can."""
    scale = max(room[0] / size[0], room[1] / size[1])
    if 1 / CLOSE_ENOUGH < scale < 1:
        scale = 1.0
    across, down = min(room[0] / scale, size[0]), min(room[1] / scale, size[1])
    left = _clamp(subject[0] * size[0] - clear[0] * across, size[0] - across)
    top = _clamp(subject[1] * size[1] - clear[1] * down, size[1] - down)
    return Window(left, top, across, down)


def scale_window(image: Image.Image, window: Window, width: int, height: int) -> Image.Image:
    """The window at exactly the room's size. Hamming keeps edges as sharp as bicubic at two thirds of its cost."""
    if (round(window.width), round(window.height)) == (width, height):
        left, top = round(window.left), round(window.top)
        return image.crop((left, top, left + width, top + height))
    shrinks = window.width >= width
    method = Image.Resampling.HAMMING if shrinks else Image.Resampling.BICUBIC
    return image.resize((width, height), method, box=window.box, reducing_gap=2.0 if shrinks else None)


def _fill_with_blur(photo: Photo, width: int, height: int, clear: Focus) -> Image.Image:
    """The whole photo at most twice as large, on its own blurred and darkened enlargement."""
    image = to_srgb(photo.image, photo.profile)
    scale = min(width / photo.width, height / photo.height, MAX_ENLARGED)
    across, down = max(1, round(photo.width * scale)), max(1, round(photo.height * scale))
    window = choose_window(photo.small.size, (width, height), subject=MIDDLE, clear=MIDDLE)
    tiny = photo.small.resize((48, max(2, round(48 * height / width))), Image.Resampling.BOX, box=window.box)
    blurred = tiny.filter(ImageFilter.GaussianBlur(3)).point(_DIMMED * 3)
    backdrop = blurred.resize((width, height), Image.Resampling.BICUBIC)
    method = Image.Resampling.BICUBIC if scale > 1 else Image.Resampling.HAMMING
    left = round(_clamp(clear[0] * width - across / 2, width - across))
    top = round(_clamp(clear[1] * height - down / 2, height - down))
    backdrop.paste(image.resize((across, down), method), (left, top))
    return backdrop


_DIMMED = [value * 7 // 10 for value in range(256)]


def _clamp(value: float, most: float) -> float:
    return min(max(value, 0.0), max(most, 0.0))
