"""Which part of a photo a card shows: around the focal point, else where the detail is; scaled, never blown up."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import cast

from PIL import Image, ImageChops, ImageFilter

from syndicate.cards.photo import Photo, glance
from syndicate.cards.pixels import resize, to_srgb

# --- Where a photo's subject is, told from its edges, its colours and its skin; words keep away from it ---

Focus = tuple[float, float]
Box = tuple[float, float, float, float]
"""Left, top, right, bottom."""

ACROSS, DOWN = 60, 44
"""The cells that are weighed."""

CLEAR = 0.25
"""Of the subject's weight: no more than this may be under words at a side."""
WORDS = 0.54
"""Of the width: what words at a side take."""
LOUD, CLEARLY = 0.45, 100
"""A subject is what weighs so much of the greatest weight, and that greatest weight is at least so much."""
COMPACT, NEAR = 0.7, 0.24
"""And so much of it lies no further from its middle than this share of the width: a pattern has no subject."""
SKIN, SPREAD = 0.6, 0.35
"""Or so much of all weight is skin, on no more of the cells: several people. Sand and wood fill more of a picture."""


ROW = 0.9
"""Of the subject's weight: what a band must show of it."""
GREY, TONES = 0.99, 0.05
"""Of the pixels: so many have no colour, and so many are dark and so many light."""
SHINING, LAMP = 232, 9
"""How light a cell is that shines, and how many cells a sun or a lamp has at most."""


@dataclass(frozen=True, slots=True)
class Subject:
    """What a photo shows: its middle, and the cells it fills (None where there is no one thing)."""

    focus: Focus
    cells: Image.Image | None = field(default=None, repr=False)
    is_light: bool = False
    """A sun, a moon or a lamp, where there is nothing else."""


def look_for_subject(image: Image.Image, focus: Focus | None) -> Subject:
    """The subject where the author says it is, else where the eye goes first."""
    if focus is not None:
        return Subject(focus, _mark(focus))
    edges, faces = _weigh_parts(image)
    weights = ImageChops.add(edges, faces)
    loud = _find_loud(weights, faces)
    light = _find_light(image) if loud is None else None
    return Subject(_find_middle(weights), loud or light, light is not None)


def find_subject(image: Image.Image) -> Focus:
    """The middle of what is looked at first."""
    return _find_middle(weigh(image))


def _find_middle(weights: Image.Image) -> Focus:
    """Drawn a little towards the upper middle: people put subjects near the middle and faces above it."""
    across = list(weights.resize((ACROSS, 1), Image.Resampling.BOX).tobytes())
    down = list(weights.resize((1, DOWN), Image.Resampling.BOX).tobytes())
    return _balance(across, 0.5), _balance(down, 0.45)


def find_side(subject: Subject, window: Box) -> str:
    """ "left" or "right", whichever half of a card words may have without covering the subject; "" for neither.

    `window` is what the card shows, in shares of the photo.
    """
    cells = _look_through(subject, window)
    if cells is None:
        return ""
    total = _sum(cells, (0, 0, ACROSS, DOWN))
    left = _sum(cells, (0, 0, round(ACROSS * WORDS), DOWN))
    right = _sum(cells, (round(ACROSS * (1 - WORDS)), 0, ACROSS, DOWN))
    if min(left, right) > CLEAR * total:
        return ""
    return "left" if left < right else "right"


def cover_of_subject(subject: Subject, window: Box, words: Sequence[Box]) -> float:
    """Which share of the subject lies under words; their boxes are shares of what the card shows."""
    cells = _look_through(subject, window)
    if cells is None:
        return 0.0
    total = _sum(cells, (0, 0, ACROSS, DOWN))
    for x, y, right, bottom in words:
        cells.paste(0, (round(x * ACROSS), round(y * DOWN), round(right * ACROSS), round(bottom * DOWN)))
    return 1 - _sum(cells, (0, 0, ACROSS, DOWN)) / total


def is_broad(subject: Subject) -> bool:
    """Whether it needs most of the photo's width, as people in a row do."""
    return subject.cells is not None and not _is_compact(_sum_columns(subject.cells))


def is_low(subject: Subject, share: float) -> bool:
    """Whether it needs no more than this share of the photo's height."""
    if subject.cells is None:
        return True
    rows = subject.cells.resize((1, DOWN), Image.Resampling.BOX).tobytes()
    window = min(DOWN, round(DOWN * share))
    return max(sum(rows[at : at + window]) for at in range(DOWN - window + 1)) >= ROW * sum(rows)


def has_no_colour(image: Image.Image) -> bool:
    """A photo in black and white, neither fog nor night."""
    luma, blue, red = (band.histogram() for band in image.convert("YCbCr").split())
    is_grey = min(sum(blue[127:130]), sum(red[127:130])) >= GREY * sum(luma)
    return is_grey and min(sum(luma[:80]), sum(luma[160:])) >= TONES * sum(luma)


def _look_through(subject: Subject, window: Box) -> Image.Image | None:
    """The subject's cells as the card shows them, None where it shows none of them."""
    if subject.cells is None:
        return None
    left, top, right, bottom = (share * size for share, size in zip(window, (ACROSS, DOWN) * 2, strict=True))
    seen = subject.cells.resize((ACROSS, DOWN), Image.Resampling.NEAREST, box=(left, top, right, bottom))
    return seen if seen.getbbox() else None


def _mark(focus: Focus) -> Image.Image:
    """A few cells around a place."""
    cells = Image.new("L", (ACROSS, DOWN), 0)
    x, y = round(focus[0] * (ACROSS - 1)), round(focus[1] * (DOWN - 1))
    cells.paste(255, (x - 3, y - 2, x + 4, y + 3))
    return cells


def _find_loud(weights: Image.Image, faces: Image.Image) -> Image.Image | None:
    """The cells of the one thing that is looked at, or of people, None where there is no such thing."""
    peak = weights.filter(ImageFilter.BoxBlur(2))
    highest = max(peak.tobytes())
    if highest < CLEARLY:
        return None
    loud = peak.point([value if value > highest * LOUD else 0 for value in range(256)])
    if _is_compact(_sum_columns(loud)):
        return loud
    share = 1 - loud.histogram()[0] / (ACROSS * DOWN)
    are_people = share <= SPREAD and sum(faces.tobytes()) >= SKIN * sum(weights.tobytes())
    return ImageChops.multiply(loud, faces.point(_ANY)) if are_people else None


def _find_light(image: Image.Image) -> Image.Image | None:
    """The cells of a sun, a moon or a lamp: all that shines, where that is one small thing."""
    luma = image.convert("L").resize((ACROSS, DOWN), Image.Resampling.BOX)
    shining = luma.point([255 if value >= SHINING else 0 for value in range(256)])
    left, top, right, bottom = shining.getbbox() or (0, 0, 0, 0)
    narrow, wide = sorted((right - left, bottom - top))
    return shining if narrow >= 2 and wide <= min(LAMP, 2 * narrow) else None


def _sum_columns(cells: Image.Image) -> bytes:
    return cells.resize((ACROSS, 1), Image.Resampling.BOX).tobytes()


def _is_compact(columns: bytes) -> bool:
    middle = sum(at * weight for at, weight in enumerate(columns)) / max(1, sum(columns))
    near = sum(weight for at, weight in enumerate(columns) if abs(at - middle) <= NEAR * ACROSS)
    return near >= COMPACT * sum(columns)


def weigh(image: Image.Image) -> Image.Image:
    """How much each cell of a photo draws the eye: strong edges, and three times as much where there is skin."""
    return ImageChops.add(*_weigh_parts(image))


def _weigh_parts(image: Image.Image) -> tuple[Image.Image, Image.Image]:
    """Edges, and what skin adds to them."""
    small = image.resize((ACROSS + 4, DOWN + 4), Image.Resampling.BOX)
    edges = small.convert("L").filter(ImageFilter.FIND_EDGES).point(_SQUARED)
    near = edges.filter(ImageFilter.BoxBlur(1.5))
    faces = ImageChops.multiply(_find_skin(small), near.point(_TRIPLED))
    inner = (2, 2, ACROSS + 2, DOWN + 2)
    return edges.crop(inner), faces.crop(inner)


def _find_skin(image: Image.Image) -> Image.Image:
    """Skin of all people lies in one small range of Cb and Cr; how light it is makes no difference."""
    luma, blue, red = image.convert("YCbCr").split()
    skin = ImageChops.multiply(blue.point(_SKIN_BLUE), red.point(_SKIN_RED))
    return ImageChops.multiply(skin, luma.point(_LIT))


_SQUARED = bytes(min(255, value * value // 96) for value in range(256))
"""Strong edges count more than the grain of film."""
_ANY = [0, *[255] * 255]
_TRIPLED = [min(255, value * 3) for value in range(256)]
_SKIN_BLUE = [255 if 80 <= value <= 122 else 0 for value in range(256)]
_SKIN_RED = [255 if 137 <= value <= 170 else 0 for value in range(256)]
_LIT = [255 if value > 50 else 0 for value in range(256)]


def _sum(image: Image.Image, box: tuple[int, int, int, int]) -> int:
    return sum(image.crop(box).tobytes())


def _balance(weights: list[int], middle: float) -> float:
    """Where the weights balance, from 0 to 1; the fewer there are, the nearer to `middle`."""
    pull = 0.1 * len(weights)
    moment = sum((index + 0.5) * weight for index, weight in enumerate(weights)) / len(weights)
    return (moment + middle * pull) / (sum(weights) + pull)


# --- A border that came with the picture: letterbox bars, a print's white edge ---

BORDER, STANDS_OUT, ALL_ALONG = 12, (24, 12), 0.9
"""How far a border's colours may be apart, how far a photo's from them (less where it is dark beside dark bars), and
along how much of its edge they are."""
LEAST_BAR, LEAST_LEFT, SMALL_PICTURE, SAMPLES, EVENED = 0.01, 0.4, 700, 64, 16
"""Of its side what a bar takes at least, what the photo is at least of the whole, pixels of what may be a logo, how
many pixels of each row are looked at, and of how many the mean has no noise."""


def cut_border(photo: Photo) -> Photo:
    """The photo without bars of one colour at two opposite sides, or at all four."""
    image = photo.image
    colour = _find_border(image)
    if colour is None or photo.is_cut_out or max(photo.width, photo.height) <= SMALL_PICTURE:
        return photo
    rows = _find_apart(image.resize((SAMPLES, image.height), Image.Resampling.NEAREST), colour)
    columns = _find_apart(image.resize((image.width, SAMPLES), Image.Resampling.NEAREST), colour)
    top, bottom = _find_inside(rows)
    left, right = _find_inside(columns.transpose(Image.Transpose.TRANSPOSE))
    across, down = (right - left) / image.width, (bottom - top) / image.height
    if across * down == 1 or across * down < LEAST_LEFT:
        return photo
    cut = image.crop((left, top, right, bottom))
    return replace(
        photo, image=cut, small=glance(cut), width=round(photo.width * across), height=round(photo.height * down)
    )


def _find_border(image: Image.Image) -> tuple[int, int, int] | None:
    """The one colour of two opposite edges, but for the noise on it."""
    width, height = image.size
    first, last = (0, 0, width, 1), (0, height - 1, width, height)
    left, right = (0, 0, 1, height), (width - 1, 0, width, height)
    for one, other in ((first, last), (left, right)):
        edges = [image.crop(edge) for edge in (one, other)]
        evened = [edge.reduce((min(EVENED, edge.width), min(EVENED, edge.height))) for edge in edges]
        ranges = [cast("tuple[tuple[int, int], ...]", edge.getextrema()) for edge in evened]
        bands = [(min(low, least), max(high, most)) for (low, high), (least, most) in zip(*ranges, strict=True)]
        if all(high - low <= BORDER for low, high in bands):
            red, green, blue = ((low + high) // 2 for low, high in bands)
            return red, green, blue
    return None


def _find_apart(image: Image.Image, colour: tuple[int, int, int]) -> Image.Image:
    """By how much each pixel differs from a colour."""
    apart = ImageChops.difference(image, Image.new("RGB", image.size, colour)).split()
    return ImageChops.lighter(ImageChops.lighter(*apart[:2]), apart[2])


def _find_inside(apart: Image.Image) -> tuple[int, int]:
    """What bars above and below leave, a little less than all of it: their edge is blurred."""
    for step in STANDS_OUT:
        differs = apart.point([255 if value > step else 0 for value in range(256)])
        left, top, right, bottom = differs.getbbox() or (0, 0, *apart.size)
        edge = max(2, apart.height // 400)
        first, last = (differs.crop((left, y, right, y + 1)).tobytes() for y in (top + edge, bottom - 1 - edge))
        is_sharp = min(sum(first), sum(last)) >= ALL_ALONG * 255 * (right - left)
        if is_sharp and min(top, apart.height - bottom) >= LEAST_BAR * apart.height:
            return top + edge, bottom - edge
    return 0, apart.height


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
    method = Image.Resampling.HAMMING if window.width >= width else Image.Resampling.BICUBIC
    return resize(image, (width, height), method, window.box)


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
    backdrop.paste(resize(image, (across, down), method), (left, top))
    return backdrop


_DIMMED = [value * 7 // 10 for value in range(256)]


def _clamp(value: float, most: float) -> float:
    return min(max(value, 0.0), max(most, 0.0))
