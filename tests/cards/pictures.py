"""Pictures of every kind that posts have, drawn by code: screenshots, charts, diagrams, scans, logos, people."""

from __future__ import annotations

import math
import random
from collections.abc import Callable, Mapping
from functools import cache
from importlib.util import find_spec
from pathlib import Path

from PIL import Image, ImageDraw, ImageFilter, ImageFont

from tests.cards import corpus

RGB = tuple[int, int, int]

_PROSE = (
    "the solver gives every box of a layout its place rows and columns share out room and text fits itself into what "
    "is left everything is laid out as if it ran from left to right and a card that runs the other way is its mirror"
)
_SIGNS = (
    "def place(self, box):",
    "return None",
    "for child in box.children:",
    "yield Placed(box)",
    "if not room:",
    "x += 1",
)


@cache
def _font(package: str, pattern: str, size: int) -> ImageFont.FreeTypeFont:
    spec = find_spec(package)
    assert spec is not None
    place = next(iter(spec.submodule_search_locations or ()))
    return ImageFont.truetype(str(min(Path(place).rglob(pattern))), size)


def say(chance: random.Random, letters: int) -> str:
    """Words for nobody to read."""
    at = chance.randrange(len(_PROSE) - letters)
    return _PROSE[at : at + letters]


def pick_sign(chance: random.Random) -> str:
    return chance.choice(_SIGNS)


def sans(size: int) -> ImageFont.FreeTypeFont:
    return _font("fontpkg_inter", "Inter[[]*.ttf", size)


def serif(size: int) -> ImageFont.FreeTypeFont:
    return _font("fontpkg_source_serif_4", "*.ttf", size)


def mono(size: int) -> ImageFont.FreeTypeFont:
    return _font("fontpkg_jetbrains_mono", "JetBrainsMono[[]*.ttf", size)


def draw_terminal(width: int = 1600, height: int = 900) -> Image.Image:
    """An editor in dark colours, full of code."""
    image, chance = Image.new("RGB", (width, height), (24, 26, 33)), random.Random(1)
    pen = ImageDraw.Draw(image)
    pen.rectangle((0, 0, width * 0.16, height), fill=(32, 34, 43))
    colours = ((198, 208, 245), (166, 209, 137), (229, 200, 144), (140, 170, 238))
    for row, y in enumerate(range(24, height - 30, 30)):
        pen.text((20, y), f"module_{row}.py", font=mono(18), fill=(130, 138, 162))
        line = "    " * chance.randrange(4) + pick_sign(chance) + "  # " + say(chance, 24)
        pen.text((width * 0.18, y), line, font=mono(22), fill=chance.choice(colours))
    return image


def draw_article(width: int = 1440, height: int = 900) -> Image.Image:
    """A web page: a bar, a column of words, a photo in it."""
    image, chance = Image.new("RGB", (width, height), (255, 255, 255)), random.Random(2)
    pen = ImageDraw.Draw(image)
    pen.rectangle((0, 0, width, 64), fill=(245, 246, 248))
    pen.text((32, 18), "Field Notes   Archive   About", font=sans(24), fill=(40, 40, 48))
    pen.text((200, 110), "A page about small feeds", font=serif(56), fill=(20, 20, 24))
    image.paste(corpus.draw_landscape(1600, 1067).resize((400, 267)), (width - 500, 200))
    for y in range(210, height - 40, 34):
        pen.text((200, y), say(chance, 54), font=serif(24), fill=(50, 50, 56))
    return image


def draw_phone(width: int = 780, height: int = 1688) -> Image.Image:
    """A screenshot of a chat on a phone."""
    image, chance = Image.new("RGB", (width, height), (242, 242, 247)), random.Random(3)
    pen = ImageDraw.Draw(image)
    for row, y in enumerate(range(140, height - 200, 190)):
        left = 40 if row % 2 else width - 560
        pen.rounded_rectangle((left, y, left + 520, y + 150), 40, fill=(255, 255, 255) if row % 2 else (0, 122, 255))
        for line in range(3):
            words = say(chance, 24)[:32]
            pen.text(
                (left + 28, y + 22 + 38 * line), words, font=sans(28), fill=(0, 0, 0) if row % 2 else (255, 255, 255)
            )
    return image


def draw_bars(width: int = 1400, height: int = 800) -> Image.Image:
    """A bar chart on white, with an axis and a legend."""
    image = Image.new("RGB", (width, height), (255, 255, 255))
    pen = ImageDraw.Draw(image)
    pen.text((80, 40), "p99 latency, ms", font=sans(30), fill=(40, 40, 40))
    for index in range(12):
        left, tall = 100 + index * (width - 200) / 12, height * 0.62 * math.exp(-(((index - 3) / 4) ** 2))
        pen.rectangle((left, height - 100 - tall, left + 70, height - 100), fill=(68, 119, 170))
        pen.text((left + 10, height - 90), f"{index * 5}", font=sans(24), fill=(70, 70, 70))
    pen.line((80, height - 100, width - 60, height - 100), fill=(60, 60, 60), width=2)
    return image


def draw_lines(width: int = 1600, height: int = 500) -> Image.Image:
    """A line chart, wide and low, with a grid."""
    image = Image.new("RGB", (width, height), (250, 250, 250))
    pen = ImageDraw.Draw(image)
    for y in range(50, height - 40, 60):
        pen.line((60, y, width - 40, y), fill=(222, 222, 222))
        pen.text((10, y - 10), str(height - y), font=sans(18), fill=(90, 90, 90))
    for index, colour in enumerate(((214, 69, 65), (44, 130, 201), (38, 166, 91))):
        points = [
            (x, height * 0.5 + math.sin(x / (90 + 40 * index)) * 120 - index * 30) for x in range(60, width - 40, 4)
        ]
        pen.line(points, fill=colour, width=4)
    return image


def draw_diagram(width: int = 1200, height: int = 800, ground: tuple[int, ...] = (0, 0, 0, 0)) -> Image.Image:
    """Boxes and arrows on nothing, as drawing tools export them."""
    image = Image.new("RGBA", (width, height), ground)
    pen = ImageDraw.Draw(image)
    for column in range(3):
        for row in range(2):
            left, top = 80 + column * 380, 120 + row * 340
            pen.rectangle((left, top, left + 260, top + 180), outline=(30, 60, 110), width=4, fill=(225, 236, 250))
            pen.text((left + 40, top + 70), ("Reader", "Planner", "Outbox")[column], font=sans(36), fill=(20, 30, 50))
            if column < 2:
                pen.line((left + 260, top + 90, left + 380, top + 90), fill=(30, 60, 110), width=4)
    return image


def draw_scan(width: int = 1240, height: int = 1754) -> Image.Image:
    """A typed page, scanned: paper that is not quite white, a little soft and grainy."""
    image, chance = Image.new("L", (width, height), 238), random.Random(4)
    pen = ImageDraw.Draw(image)
    for y in range(150, height - 150, 44):
        pen.text((130, y), say(chance, 66)[:70], font=serif(30), fill=50)
    noise = Image.frombytes("L", image.size, chance.randbytes(width * height)).point(lambda value: value // 16)
    soft = image.filter(ImageFilter.GaussianBlur(0.8))
    return Image.merge("RGB", [Image.eval(Image.blend(soft, noise, 0.06), lambda value: min(255, value + 12))] * 3)


def draw_icon(side: int = 512) -> Image.Image:
    """An app's icon: a rounded square with a sign, nothing around it."""
    image = Image.new("RGBA", (side, side), (0, 0, 0, 0))
    pen = ImageDraw.Draw(image)
    pen.rounded_rectangle((side * 0.06, side * 0.06, side * 0.94, side * 0.94), side * 0.2, fill=(230, 90, 40, 255))
    for radius in (0.5, 0.34):
        box = (side * 0.25, side * (0.75 - radius), side * (0.25 + radius), side * 0.75)
        pen.arc(box, 270, 360, fill=(255, 255, 255, 255), width=round(side * 0.07))
    pen.ellipse((side * 0.25, side * 0.65, side * 0.35, side * 0.75), fill=(255, 255, 255, 255))
    return image


def draw_wordmark(width: int = 900, height: int = 220, ink: RGB = (18, 20, 32)) -> Image.Image:
    """A wide logo: a disc and a name, in one dark colour on nothing."""
    image = Image.new("RGBA", (width, height), (0, 0, 0, 0))
    pen = ImageDraw.Draw(image)
    pen.ellipse((10, 20, 190, 200), fill=(*ink, 255))
    pen.text((230, 40), "Field Notes", font=sans(112), fill=(*ink, 255))
    return image


def draw_person(width: int = 1600, height: int = 1067, at: float = 0.5) -> Image.Image:
    """Someone low in the picture, where words at the foot would cover the face; grain as in a photo."""
    image = corpus.draw_landscape(width, height, corpus.NOON).filter(ImageFilter.GaussianBlur(9))
    pen = ImageDraw.Draw(image)
    x, y, head = width * at, height * 0.58, height * 0.15
    pen.ellipse((x - head * 2, y + head, x + head * 2, y + head * 6), fill=(150, 30, 40))
    pen.ellipse((x - head * 0.95, y - head * 1.25, x + head * 0.95, y + head * 0.9), fill=(46, 30, 24))
    pen.ellipse((x - head * 0.75, y - head, x + head * 0.75, y + head * 1.1), fill=(226, 172, 140))
    for side in (-0.3, 0.3):
        eye = x + head * side
        pen.ellipse((eye - head * 0.1, y - head * 0.2, eye + head * 0.1, y), fill=(30, 24, 24))
    pen.arc((x - head * 0.35, y + head * 0.2, x + head * 0.35, y + head * 0.7), 20, 160, fill=(120, 40, 40), width=8)
    chance = random.Random(5)
    noise = Image.frombytes("L", image.size, chance.randbytes(width * height)).convert("RGB")
    return Image.blend(image, noise, 0.05)


def draw_skyline(width: int = 1600, height: int = 1000) -> Image.Image:
    """A city by night: much black, many hard small lights, and still a photo."""
    chance = random.Random(6)
    fade = Image.linear_gradient("L").resize((width, height)).point(lambda value: value // 4)
    image = Image.merge(
        "RGB", (fade.point(lambda value: value // 2 + 6), fade.point(lambda value: value // 2 + 8), fade)
    )
    pen = ImageDraw.Draw(image)
    for left in range(0, width, 90):
        top = height * chance.uniform(0.3, 0.7)
        pen.rectangle((left, top, left + 84, height), fill=(14, 15, 20))
        for x in range(left + 8, left + 80, 14):
            for y in range(round(top) + 10, height, 22):
                if chance.random() < 0.4:
                    pen.rectangle(
                        (x, y, x + 5, y + 8), fill=(250, chance.randrange(180, 230), chance.randrange(90, 160))
                    )
    image = image.filter(ImageFilter.GaussianBlur(1.6))
    noise = Image.frombytes("L", image.size, chance.randbytes(width * height)).convert("RGB")
    return Image.blend(image, noise, 0.04)


def draw_panorama(width: int = 2400, height: int = 600) -> Image.Image:
    """Four times as wide as high."""
    return corpus.draw_landscape(width, height)


TEXTS: Mapping[str, Callable[[], Image.Image]] = {
    "terminal": draw_terminal,
    "article": draw_article,
    "phone": draw_phone,
    "bars": draw_bars,
    "lines": draw_lines,
    "diagram": draw_diagram,
    "scan": draw_scan,
}
LOGOS: Mapping[str, Callable[[], Image.Image]] = {"icon": draw_icon, "wordmark": draw_wordmark}
PHOTOS: Mapping[str, Callable[[], Image.Image]] = {
    "landscape": corpus.draw_landscape,
    "noon": lambda: corpus.draw_landscape(1600, 1067, corpus.NOON),
    "person": draw_person,
    "skyline": draw_skyline,
    "panorama": draw_panorama,
    "upright": lambda: corpus.draw_landscape(800, 1200),
}
