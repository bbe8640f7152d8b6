"""The two canvases paint the same card, one in full colour and one in palette indices."""

from __future__ import annotations

import pytest
from PIL import Image, ImageChops, ImageDraw

from syndicate.cards.canvas import FlatCanvas, FullCanvas, draw_rounded
from syndicate.cards.colour import make_dark, make_light, make_vivid
from syndicate.cards.paint import PATTERNS, Chance, paint_pattern

THEME = make_vivid(245, 0.13)


def soft_mask(size=60):
    mask = Image.radial_gradient("L").resize((size, size))
    return ImageChops.invert(mask)


def paint_some(canvas):
    canvas.fill((20, 20, 180, 100), THEME.panel)
    canvas.fill((30, 30, 90, 60), THEME.accent, radius=12)
    canvas.stain(soft_mask(), 110, 30, THEME.ink)
    canvas.stain(soft_mask(), 220, 120, THEME.accent)
    canvas.stain(soft_mask(), -20, 150, THEME.ink, over=THEME.paper)
    emoji = Image.new("RGBA", (40, 40), (0, 0, 0, 0))
    ImageDraw.Draw(emoji).ellipse((4, 4, 36, 36), fill=(250, 200, 40, 255), outline=(120, 60, 0, 255))
    canvas.paste(emoji, 240, 20)
    return canvas.finish()


def test_both_canvases_paint_the_same():
    """Indices and full colours give the same picture, within a step of a ramp."""
    flat, full = (paint_some(kind((300, 200), THEME.paper)) for kind in (FlatCanvas, FullCanvas))
    assert (flat.mode, full.mode) == ("P", "RGB")
    worst = max(high for _, high in ImageChops.difference(flat.convert("RGB"), full).getextrema())
    assert worst <= 14


def test_what_a_mask_leaves_free_stays_as_it_was():
    """Over the edges of a field and over another mask, nothing but the mask's own shape is painted."""
    mask = Image.new("L", (40, 40), 0)
    mask.paste(255, (16, 16, 24, 24))
    canvas = FlatCanvas((200, 80), THEME.paper)
    canvas.fill((20, 0, 60, 80), THEME.panel)
    canvas.stain(soft_mask(40), 100, 20, THEME.accent)
    before = canvas.finish().convert("RGB")
    for left in (0, 40, 110):
        canvas.stain(mask, left, 20, THEME.ink)
    after = canvas.finish().convert("RGB")
    expected = before.copy()
    for left in (0, 40, 110):
        expected.paste(THEME.ink, (left + 16, 36, left + 24, 44))
    assert after.tobytes() == expected.tobytes()


def test_a_palette_that_runs_full_still_paints():
    """When 256 colours are used up, the nearest ones serve; nothing breaks."""
    canvas = FlatCanvas((400, 40), (0, 0, 0))
    for index in range(300):
        canvas.fill((index, 0, index + 1, 20), (index % 256, 255 - index % 256, index // 2))
    canvas.stain(soft_mask(40), 340, 0, (255, 255, 255))
    canvas.paste(Image.new("RGBA", (30, 30), (200, 10, 10, 255)), 0, 5)
    image = canvas.finish().convert("RGB")
    assert len(image.getcolors(70_000)) <= 256
    assert image.getpixel((360, 20)) != (0, 0, 0)


@pytest.mark.parametrize("radius", [0, 8, 500])
def test_rounded_corners_are_smooth_and_inside(radius):
    """Corners fade over a few steps, and a radius larger than the box makes a pill, not an error."""
    mask = draw_rounded(80, 40, radius)
    assert mask.getpixel((40, 20)) == 255
    assert (mask.getpixel((0, 0)) == 255) == (radius == 0)
    assert len(set(mask.tobytes())) > (6 if radius else 0)


@pytest.mark.parametrize("theme", [make_vivid(245, 0.13), make_light(245, 0.13), make_dark(245, 0.13)])
@pytest.mark.parametrize("pattern", range(len(PATTERNS)))
def test_every_pattern_stays_inside_its_box(pattern, theme):
    """Each of the patterns paints something, and not a pixel beyond its box."""
    seed = next(f"{n}" for n in range(99) if Chance(f"pattern {n}").pick(PATTERNS) is PATTERNS[pattern])
    canvas = FlatCanvas((500, 400), theme.paper)
    paint_pattern(canvas, (200, 50, 500, 350), theme, seed)
    image = canvas.finish().convert("RGB")
    outside = Image.new("RGB", (500, 400), theme.paper)
    outside.paste(image.crop((200, 50, 500, 350)), (200, 50))
    assert image.tobytes() == outside.tobytes()
    assert len(image.getcolors(99_999)) > 5


def test_a_slug_keeps_its_pattern():
    """The same seed gives the same pixels, another seed others."""
    painted = []
    for seed in ("one", "one", "two"):
        canvas = FlatCanvas((315, 630), THEME.paper)
        paint_pattern(canvas, (0, 0, 315, 630), THEME, seed)
        painted.append(canvas.finish().tobytes())
    assert painted[0] == painted[1] != painted[2]


def test_every_picture_of_a_flat_card_is_seen():
    """Thirty emoji of ten colours each are all there, and near to their colours, though a palette has but 256."""
    canvas = FlatCanvas((640, 40), (20, 20, 30))
    dots = []
    for number in range(30):
        dot = Image.new("RGBA", (20, 20), (0, 0, 0, 0))
        for ring in range(10):
            colour = (90 + number * 5, 255 - ring * 20, number * 83 % 256, 255)
            ImageDraw.Draw(dot).ellipse((ring, ring, 19 - ring, 19 - ring), fill=colour)
        canvas.paste(dot, number * 21, 10)
        dots.append(dot.getpixel((10, 10))[:3])
    card = canvas.finish().convert("RGB")
    apart = [card.getpixel((number * 21 + 10, 20)) for number in range(30)]
    assert max(abs(a - b) for one, dot in zip(apart, dots, strict=True) for a, b in zip(one, dot, strict=True)) < 70
