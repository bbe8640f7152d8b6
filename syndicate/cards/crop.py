"""Which part of a photo a card shows: around the focal point, else where the detail is; scaled, never blown up."""

from __future__ import annotations

from dataclasses import dataclass

from PIL import Image, ImageFilter

from syndicate.cards.photo import Photo
from syndicate.cards.pixels import to_srgb

MAX_ENLARGED = 1.5
"""Beyond this a photo looks soft on a good screen; the rest of its room is filled with its own blur."""

CLOSE_ENOUGH = 1.05
"""A decoded picture so little larger than its room is cropped as it is: sharper, and no scaling to wait for."""

Focus = tuple[float, float]

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


def choose_window(size: tuple[int, int], room: tuple[int, int], *, subject: Focus, clear: Focus) -> Window:
    """The largest window of the room's shape that keeps the subject inside, and under `clear` as far as it can."""
    scale = max(room[0] / size[0], room[1] / size[1])
    if 1 / CLOSE_ENOUGH < scale < 1:
        scale = 1.0
    across, down = min(room[0] / scale, size[0]), min(room[1] / scale, size[1])
    left = _clamp(subject[0] * size[0] - clear[0] * across, size[0] - across)
    top = _clamp(subject[1] * size[1] - clear[1] * down, size[1] - down)
    return Window(left, top, across, down)


def find_subject(image: Image.Image) -> Focus:
    """Where the detail is: the middle of the edges' weight, drawn a little towards the upper middle.

    People put subjects near the middle and faces above it, so a picture of even detail stays centred.
    """
    small = image.resize((64, 48), Image.Resampling.BOX).convert("L")
    edges = small.filter(ImageFilter.FIND_EDGES).crop((2, 2, 62, 46)).point(_SQUARED)
    across = list(edges.resize((60, 1), Image.Resampling.BOX).tobytes())
    down = list(edges.resize((1, 44), Image.Resampling.BOX).tobytes())
    return _balance(across, 0.5), _balance(down, 0.45)


_SQUARED = bytes(min(255, value * value // 96) for value in range(256))
"""Strong edges count more than the grain of film."""


def _balance(weights: list[int], middle: float) -> float:
    """Where the weights balance, from 0 to 1; the fewer there are, the nearer to `middle`."""
    pull = 0.1 * len(weights)
    moment = sum((index + 0.5) * weight for index, weight in enumerate(weights)) / len(weights)
    return (moment + middle * pull) / (sum(weights) + pull)


def scale_window(image: Image.Image, window: Window, width: int, height: int) -> Image.Image:
    """The window at exactly the room's size. Hamming keeps edges as sharp as bicubic at two thirds of its cost."""
    if (round(window.width), round(window.height)) == (width, height):
        left, top = round(window.left), round(window.top)
        return image.crop((left, top, left + width, top + height))
    shrinks = window.width >= width
    method = Image.Resampling.HAMMING if shrinks else Image.Resampling.BICUBIC
    return image.resize((width, height), method, box=window.box, reducing_gap=2.0 if shrinks else None)


def _fill_with_blur(photo: Photo, width: int, height: int, clear: Focus) -> Image.Image:
    """The whole photo at most half as large again, on its own blurred and darkened enlargement."""
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
