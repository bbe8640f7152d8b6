"""What kind of picture a post has: only a photo may lie under words and lose its edges.

Screens, charts, diagrams and scans are made of flat ground and hard edges with hardly anything between the two; what
a lens saw is full of small differences. A luma histogram, and one of the differences between neighbours, tell them
apart.
"""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum
from itertools import pairwise

from PIL import Image, ImageChops

from syndicate.cards.colour import RGB, luminance
from syndicate.cards.photo import Photo


class Kind(StrEnum):
    """How a picture is to be treated."""

    PHOTO = "photo"  # may be cropped, and lie under words
    TEXT = "text"  # holds text, exact lines or several pictures: shown whole, never under words
    LOGO = "logo"  # shown whole on plain ground


MOST_LOOKED_AT = 320
"""Pixels across: every so many are looked at, none are averaged, so that hard edges stay hard."""

FLAT, SOFT, HARD = 3, (5, 28), 56
"""Luma steps between neighbours: none to speak of, those of textures, those of letters and lines."""

GROUND = 0.25
"""Of the pixels: so many have the commonest luma, give or take four."""
EQUAL = 0.5
"""Of the pixels: so many are exactly as their neighbour, whatever grounds there are. No lens does that."""
BLANK, MOSTLY, NIGHT = 0.6, 0.5, 16
"""Or so many are, and of all so many have one luma that is not night's: a page with photos on it, however soft."""
STILL = 0.6
"""Of the pixels: so many differ from no neighbour."""
PLAIN, SHARP = 0.75, 0.6
"""Or so many, with so many hard steps for each soft one: letters on a gradient."""
CRISP = 0.28
"""Hard steps for each soft one; below that it is texture."""

GREY_GROUND, GREY_STILL, GREY_CRISP = 0.65, 0.25, 0.38
UNEVEN = 96
"""The same for a page under uneven light: hardly any colour, and most of it in so many levels of luma."""

PLACE, LONE = 8, 4.6
"""Pixels of a place, and how many hard edges those with any have at least: stars leave three, a scatter plot seven."""
LEAST_HARD = 0.002
"""Of the pixels: a picture with fewer hard edges is a gradient."""
GREY = 60
"""The mean saturation, 0 to 255, of what has hardly any colour."""
PAPER = 90
"""Luma of the darkest paper in the shade; a city at night is darker."""

WHITE, ABOVE, STROKE = 210, 70, 4
"""A caption on a photo: luma of its letters, how far they stand out on both sides, and how thick they are."""
CAPTION, CAPTION_ROWS = 0.002, 0.03
"""Of the pixels so many are such strokes, and of those in a twentieth of the rows: one line of letters."""

PRINT_ACROSS, CELL, REACH = 500, 16, 4
"""Print on a photographed sheet: pixels of its longer side that are looked at, those of a cell, and how far from a
stroke its paper is."""
LIGHT, FADED, EVEN_PAPER, INKED = 120, 60, 12, 0.75
"""Luma of paper, how little colour it has, the steps on it, and what share of its light a stroke has at most."""
BROKEN, LEAST_BROKEN = 40, 0.02
"""The steps, and how many of them at least, that strokes leave however blurred they are."""
WRITTEN, BARE, FLAT_PAPER = 10, 4, 32
"""Of 255: what share of a cell is strokes where it is written on, where it is not, and what share is even paper."""
PRINT, MARGINS, MUCH_PRINT = 0.1, 0.05, 0.25
"""Of all cells so many are written on, and so many are bare paper."""
UNEVEN_PRINT, MOST_UNEVEN = 0.02, 0.07
"""Of the cells with strokes so many may have no even paper: the second where there is much print."""

SEAM, ALONG, SEEN_AT, INNER = 14, 0.93, 48, 0.2
"""Two photos in one: by how much their edges differ, along how much of them, at how many places that is looked at, and
how far from the picture's own edges."""
WIDEST_GAP, NARROWEST = 0.06, 5
"""Of the height, and pixels, of the gap between one photo and the one below: an edge alone may be the sea's."""

LARGEST_LOGO = 1100
"""Pixels: what is cut out and not larger is a logo or an icon, else a diagram."""
PLAIN_LOGO = 700

EVEN = 12
"""How far the colours along a picture's edge may be apart and still be one ground."""


def find_kind(photo: Photo, declared: str = "") -> Kind:
    """What the author says, else what the pixels say."""
    if declared:
        return Kind(declared)
    is_small = max(photo.width, photo.height) <= (LARGEST_LOGO if photo.is_cut_out else PLAIN_LOGO)
    has_ground = photo.is_cut_out or (is_small and find_ground(photo.image) is not None)
    luma = _thin_out(photo.image)
    edges = _find_edges(luma)
    levels, steps = luma.histogram(), edges.histogram()
    if is_small and has_ground and _is_drawn(levels, steps, CRISP / 3):
        return Kind.LOGO if photo.is_cut_out or _is_compact(photo) else Kind.TEXT
    is_logo = photo.is_cut_out and is_small
    is_drawn = _is_drawn(levels, steps, CRISP) or (_is_blank(levels, steps) and not is_logo)
    is_drawn = is_drawn and not _is_scattered(edges)
    if is_drawn or _is_page(photo.small, levels, steps) or _has_caption(luma, levels):
        return Kind.TEXT
    if _may_have_print(photo.small, steps) and _has_print(photo.image):
        return Kind.TEXT
    if not is_logo and _is_joined(photo.image):
        return Kind.TEXT
    return Kind.LOGO if is_logo else Kind.PHOTO


def find_ground(image: Image.Image) -> RGB | None:
    """The one colour along a picture's edge, None where there are several."""
    width, height = image.size
    edges = ((0, 0, width, 1), (0, height - 1, width, height), (0, 0, 1, height), (width - 1, 0, width, height))
    strips = [image.crop(box).resize((64, 1), Image.Resampling.NEAREST) for box in edges]
    whole = Image.new("RGB", (64 * len(strips), 1))
    for at, strip in enumerate(strips):
        whole.paste(strip, (64 * at, 0))
    middle = [sorted(whole.getchannel(name).tobytes())[128] for name in "RGB"]
    red, green, blue = middle
    apart = ImageChops.difference(whole, Image.new("RGB", whole.size, (red, green, blue))).convert("L").tobytes()
    return (red, green, blue) if sum(step > EVEN for step in apart) < len(apart) * 0.03 else None


def is_dark(colour: RGB) -> bool:
    return luminance(colour) < 0.18


def _is_compact(photo: Photo) -> bool:
    return 0.6 <= photo.width / photo.height <= 1.67


def _thin_out(image: Image.Image) -> Image.Image:
    step = max(1, max(image.size) // MOST_LOOKED_AT)
    small = image.resize((max(2, image.width // step), max(2, image.height // step)), Image.Resampling.NEAREST)
    return small.convert("L")


def _find_edges(luma: Image.Image) -> Image.Image:
    """By how much each pixel differs from its neighbours, right or below."""
    width, height = luma.size
    here = luma.crop((0, 0, width - 1, height - 1))
    across = ImageChops.difference(luma.crop((1, 0, width, height - 1)), here)
    down = ImageChops.difference(luma.crop((0, 1, width - 1, height)), here)
    return ImageChops.lighter(across, down)


def _is_scattered(edges: Image.Image) -> bool:
    """Lone points in the dark, as stars are: the hard edges of letters and lines have others beside them."""
    hard = [share for share in edges.point(_IS_HARD).reduce(PLACE).tobytes() if share]
    return sum(hard) / 255 * PLACE * PLACE < LONE * len(hard)


def _is_drawn(levels: Sequence[int], steps: Sequence[int], crisp: float) -> bool:
    """Large flat ground, and edges that are hard rather than soft."""
    still, soft, hard = sum(steps[:FLAT]), sum(steps[slice(*SOFT)]), sum(steps[HARD:])
    if still < STILL * sum(steps) or hard <= crisp * soft or hard <= LEAST_HARD * sum(steps):
        return False
    is_even = steps[0] >= EQUAL * sum(steps) or (still >= PLAIN * sum(steps) and hard >= SHARP * soft)
    return is_even or _find_share(levels) >= GROUND


def _is_blank(levels: Sequence[int], steps: Sequence[int]) -> bool:
    """Hardly more than one even ground, and something hard on it."""
    is_even = steps[0] >= BLANK * sum(steps) and sum(steps[HARD:]) > LEAST_HARD * sum(steps)
    return is_even and _find_share(levels, NIGHT) >= MOSTLY


def _find_share(levels: Sequence[int], darkest: int = 0) -> float:
    """Of the commonest luma, give or take two, which of all pixels have it."""
    return max(sum(levels[at : at + 5]) for at in range(darkest, 252)) / sum(levels)


def _is_page(small: Image.Image, levels: Sequence[int], steps: Sequence[int]) -> bool:
    """Print or writing on paper under uneven light."""
    still, soft, hard = sum(steps[:FLAT]), sum(steps[slice(*SOFT)]), sum(steps[HARD:])
    if still < GREY_STILL * sum(steps) or hard <= GREY_CRISP * soft:
        return False
    if max(sum(levels[at : at + UNEVEN]) for at in range(PAPER, 257 - UNEVEN)) < GREY_GROUND * sum(levels):
        return False
    saturation = small.convert("HSV").getchannel("S").histogram()
    return sum(value * number for value, number in enumerate(saturation)) < GREY * sum(saturation)


def _has_caption(luma: Image.Image, levels: Sequence[int]) -> bool:
    """White letters written on a photo: many thin strokes, close together in some rows."""
    width, height = luma.size
    if width <= 2 * STROKE or sum(levels[WHITE:]) < CAPTION * sum(levels):
        return False
    white = luma.crop((STROKE, 0, width - STROKE, height)).point(_WHITE)
    box = white.getbbox()
    if box is None:
        return False
    top, bottom = box[1], box[3]  # no other row has any
    before, after = luma.crop((0, top, width - 2 * STROKE, bottom)), luma.crop((2 * STROKE, top, width, bottom))
    here = white.crop((0, top, white.width, bottom))
    strokes = ImageChops.subtract(here, ImageChops.lighter(before, after)).point(_STANDS_OUT)
    rows = bytes(top) + strokes.resize((1, bottom - top), Image.Resampling.BOX).tobytes() + bytes(height - bottom)
    if sum(rows) < CAPTION * 255 * height:
        return False
    window = max(1, height // 20)
    return max(sum(rows[at : at + window]) for at in range(height - window + 1)) >= CAPTION_ROWS * 255 * window


def _may_have_print(small: Image.Image, steps: Sequence[int]) -> bool:
    """Enough of the picture is light and has hardly any colour, and there are edges: few photos need a closer look."""
    if sum(steps[BROKEN:]) < LEAST_BROKEN * sum(steps):
        return False
    _, saturation, light = small.convert("HSV").split()
    paper = ImageChops.multiply(saturation.point(_IS_FADED), light.point(_IS_LIGHT))
    return paper.histogram()[255] >= (PRINT + MARGINS) * small.width * small.height


def _has_print(image: Image.Image) -> bool:
    """Thin dark strokes on even paper in many small cells, and hardly any on what is uneven: print, however noisy the
    photo and whatever the sheet lies on. Stone, bark and fur have strokes too, but nothing even between them."""
    rgb = image.reduce(max(1, round(max(image.size) / PRINT_ACROSS)))
    luma = rgb.convert("L")
    width, height = luma.size
    if min(width, height) < 3 * CELL:
        return False
    inside = (REACH, REACH, width - REACH, height - REACH)
    here = luma.crop(inside)
    strokes = ImageChops.lighter(_find_ink(luma, here, REACH, 0), _find_ink(luma, here, 0, REACH)).point(_ANY)
    beside, below = (
        luma.crop((REACH + x, REACH + y, width - REACH + x, height - REACH + y)) for x, y in ((1, 0), (0, 1))
    )
    steps = ImageChops.lighter(ImageChops.difference(here, beside), ImageChops.difference(here, below))
    even = ImageChops.multiply(steps.point(_IS_EVEN), here.point(_IS_LIGHT))
    saturation = rgb.crop(inside).reduce(CELL).convert("HSV").getchannel("S").tobytes()
    parts = (part.reduce(CELL).tobytes() for part in (strokes, even, here))
    cells = [
        (ink, flat)
        for colour, ink, flat, light in zip(saturation, *parts, strict=True)
        if colour <= FADED and light >= LIGHT
    ]
    inked = [flat >= FLAT_PAPER for ink, flat in cells if ink >= WRITTEN]
    bare, written = sum(ink <= BARE for ink, _ in cells) / len(saturation), sum(inked) / len(saturation)
    most = MOST_UNEVEN if written >= MUCH_PRINT else UNEVEN_PRINT
    return written >= PRINT and bare >= MARGINS and inked.count(False) <= most * len(inked)


def _find_ink(luma: Image.Image, here: Image.Image, across: int, down: int) -> Image.Image:
    """Where a pixel is darker than what is so far away on both its sides, and that is paper."""
    left, top, right, bottom = REACH, REACH, luma.width - REACH, luma.height - REACH
    before = luma.crop((left - across, top - down, right - across, bottom - down))
    after = luma.crop((left + across, top + down, right + across, bottom + down))
    return ImageChops.subtract(ImageChops.darker(before, after).point(_INK_ON), here)


def _is_joined(image: Image.Image) -> bool:
    """Two photos beside one another, or below with a gap between them: an edge from one side to the other, on which
    nothing lies across."""
    across = _find_seams(image.resize((image.width, SEEN_AT), Image.Resampling.NEAREST))
    inner = across[int(len(across) * INNER) : int(len(across) * (1 - INNER))]
    if inner and max(inner) >= ALONG * 255:
        return True
    down = _find_seams(image.resize((SEEN_AT, image.height), Image.Resampling.NEAREST).transpose(_TURN))
    edges = [at for at, share in enumerate(down) if share >= ALONG * 255]
    return any(
        NARROWEST <= below - above <= WIDEST_GAP * len(down) and not any(down[above + 3 : below - 2])
        for above, below in pairwise(edges)
    )


def _find_seams(image: Image.Image) -> bytes:
    """For each column, along how much of it what is left of it and what is right of it differ."""
    luma = image.convert("L")
    left, right = (luma.crop((x, 0, x + luma.width - 2, luma.height)) for x in (0, 2))
    return ImageChops.difference(left, right).point(_DIFFERS).resize((luma.width - 2, 1), _BOX).tobytes()


_TURN, _BOX = Image.Transpose.TRANSPOSE, Image.Resampling.BOX
_DIFFERS = [255 if step >= SEAM else 0 for step in range(256)]
_ANY = [0, *[255] * 255]
_IS_FADED = [255 if value <= FADED else 0 for value in range(256)]
_IS_LIGHT = [255 if value >= LIGHT else 0 for value in range(256)]
_IS_EVEN = [255 if value <= EVEN_PAPER else 0 for value in range(256)]
_INK_ON = [int(value * INKED) if value >= LIGHT else 0 for value in range(256)]
_IS_HARD = [255 if step >= HARD else 0 for step in range(256)]
_STANDS_OUT = [255 if value >= ABOVE else 0 for value in range(256)]
_WHITE = [value if value >= WHITE else 0 for value in range(256)]
