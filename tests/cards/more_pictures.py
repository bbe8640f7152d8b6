"""More pictures of every kind, for the gallery: what people put into posts beside what `pictures` has."""

from __future__ import annotations

import math
import random
from collections.abc import Callable, Mapping

from PIL import Image, ImageChops, ImageDraw, ImageFilter, ImageOps

from tests.cards import corpus
from tests.cards.pictures import RGB, draw_article, draw_person, draw_wordmark, mono, pick_sign, sans, say, serif


def draw_editor() -> Image.Image:
    """Code on white."""
    image, chance = Image.new("RGB", (1400, 900), (255, 255, 255)), random.Random(11)
    pen = ImageDraw.Draw(image)
    for row, y in enumerate(range(20, 880, 32)):
        pen.text((20, y), str(row + 1), font=mono(22), fill=(160, 160, 170))
        colour = chance.choice(((0, 0, 0), (4, 81, 165), (163, 21, 21), (0, 128, 0)))
        pen.text((90, y), "    " * chance.randrange(4) + pick_sign(chance) + "  # " + say(chance, 28), colour, mono(24))
    return image


def draw_dashboard() -> Image.Image:
    """Panels with lines and large numbers, dark."""
    image, chance = Image.new("RGB", (1920, 1080), (17, 18, 23)), random.Random(12)
    pen = ImageDraw.Draw(image)
    for left in range(20, 1900, 476):
        for top in (80, 420, 760):
            pen.rectangle((left, top, left + 456, top + 310), fill=(24, 27, 31), outline=(44, 50, 58))
            pen.text((left + 14, top + 10), say(chance, 18), font=sans(20), fill=(200, 204, 212))
            if chance.random() < 0.3:
                pen.text(
                    (left + 90, top + 100),
                    f"{chance.randrange(10, 99)}.{chance.randrange(9)}k",
                    font=sans(110),
                    fill=(115, 191, 105),
                )
                continue
            for colour in ((115, 191, 105), (242, 204, 12), (87, 148, 242)):
                y, points = top + 200.0, []
                for x in range(left + 20, left + 440, 12):
                    y = min(max(y + chance.uniform(-22, 22), top + 60), top + 290)
                    points.append((x, y))
                pen.line(points, fill=colour, width=3)
    return image


def draw_pie() -> Image.Image:
    """Shares of a whole, labelled, on white."""
    image = Image.new("RGB", (1000, 1000), (255, 255, 255))
    pen, start = ImageDraw.Draw(image), 0.0
    for share, colour in (
        (130, (78, 121, 167)),
        (90, (242, 142, 43)),
        (70, (225, 87, 89)),
        (40, (118, 183, 178)),
        (30, (89, 161, 79)),
    ):
        pen.pieslice((120, 120, 880, 880), start, start + share, fill=colour, outline=(255, 255, 255), width=4)
        middle = math.radians(start + share / 2)
        pen.text(
            (500 + 430 * math.cos(middle) - 30, 500 + 430 * math.sin(middle) - 16),
            f"{share * 100 // 360} %",
            (40, 40, 40),
            sans(30),
        )
        start += share
    return image


def draw_scatter() -> Image.Image:
    """Two thousand soft dots between axes."""
    image, chance = Image.new("RGB", (1200, 900), (250, 250, 250)), random.Random(13)
    pen = ImageDraw.Draw(image, "RGBA")
    for _ in range(2000):
        x, y = chance.gauss(620, 190), chance.gauss(430, 120)
        pen.ellipse((x - 7, y - 7, x + 7, y + 7), fill=(31, 119, 180, 90))
    pen.line((100, 60, 100, 820, 1150, 820), fill=(60, 60, 60), width=2)
    for at in range(6):
        pen.text((90 + at * 200, 830), str(at * 20), font=sans(24), fill=(60, 60, 60))
    return image


def draw_heat() -> Image.Image:
    """A matrix of coloured cells with numbers."""
    image, chance = Image.new("RGB", (1000, 800), (255, 255, 255)), random.Random(14)
    pen = ImageDraw.Draw(image)
    for row in range(8):
        for column in range(10):
            value = chance.random()
            pen.rectangle(
                (60 + column * 90, 40 + row * 90, 148 + column * 90, 128 + row * 90),
                fill=(round(255 * value), round(80 + 100 * value), round(200 - 150 * value)),
            )
            pen.text((84 + column * 90, 68 + row * 90), f"{value:.2f}", font=sans(22), fill=(255, 255, 255))
    return image


def draw_map() -> Image.Image:
    """Streets, water and parks in flat colours."""
    image, chance = Image.new("RGB", (1600, 1000), (242, 239, 233)), random.Random(15)
    pen = ImageDraw.Draw(image)
    pen.polygon(
        [(0, 600), (500, 520), (900, 700), (1600, 620), (1600, 800), (800, 860), (0, 760)], fill=(170, 211, 223)
    )
    for _ in range(7):
        x, y = chance.randrange(1500), chance.randrange(900)
        pen.rectangle((x, y, x + 160, y + 110), fill=(200, 230, 190))
    for _ in range(36):
        x, y = chance.randrange(1600), chance.randrange(1000)
        away = (x + chance.randrange(-900, 900), y + chance.randrange(-300, 300))
        pen.line((x, y, *away), fill=(210, 205, 195), width=12)
        pen.line((x, y, *away), fill=(255, 255, 255), width=9)
    for _ in range(40):
        pen.text((chance.randrange(1500), chance.randrange(960)), say(chance, 12), font=sans(20), fill=(90, 90, 90))
    return image


def draw_table() -> Image.Image:
    """A spreadsheet."""
    image, chance = Image.new("RGB", (1500, 800), (255, 255, 255)), random.Random(16)
    pen = ImageDraw.Draw(image)
    pen.rectangle((0, 0, 1500, 36), fill=(240, 240, 240))
    for y in range(36, 800, 30):
        pen.line((0, y, 1500, y), fill=(217, 217, 217))
        for x in range(10, 1490, 150):
            pen.text(
                (x, y + 4),
                say(chance, 9) if x == 10 else f"{chance.randrange(99999):,}",
                font=sans(19),
                fill=(30, 30, 30),
            )
    for x in range(0, 1500, 150):
        pen.line((x, 0, x, 800), fill=(217, 217, 217))
    return image


def draw_slide() -> Image.Image:
    """Large words on a gradient, as on a stage."""
    fade = Image.linear_gradient("L").resize((1600, 900))
    image = Image.composite(
        Image.new("RGB", (1600, 900), (90, 30, 160)), Image.new("RGB", (1600, 900), (240, 80, 120)), fade
    )
    pen = ImageDraw.Draw(image)
    pen.text((120, 250), "Ship smaller.\nSleep better.", font=sans(150), fill=(255, 255, 255), spacing=20)
    pen.text((120, 720), "Field Notes Conference 2025", font=sans(44), fill=(255, 230, 240))
    return image


def draw_board() -> Image.Image:
    """Writing on a whiteboard under uneven light."""
    image, chance = Image.new("RGB", (1600, 1200), (226, 228, 230)), random.Random(17)
    pen = ImageDraw.Draw(image)
    for y in range(140, 1000, 130):
        x = 160.0
        for _ in range(24):
            points = [(x + step * 3, y + 26 * math.sin(step * 0.9 + chance.random() * 3)) for step in range(12)]
            pen.line(points, fill=chance.choice(((30, 40, 120), (30, 40, 120), (170, 30, 40))), width=6)
            x += 52
    light = Image.radial_gradient("L").resize((1600, 1200)).point(lambda value: 255 - value // 3)
    shaded = ImageChops.multiply(image, Image.merge("RGB", [light] * 3)).filter(ImageFilter.GaussianBlur(1.2))
    return _grain(shaded, 17, 0.04)


def _grain(image: Image.Image, seed: int, share: float) -> Image.Image:
    noise = Image.frombytes("L", image.size, random.Random(seed).randbytes(image.width * image.height))
    return Image.blend(image, noise.convert("RGB"), share)


def draw_receipt() -> Image.Image:
    """A long narrow slip on a dark table."""
    image, chance = Image.new("RGB", (900, 1800), (52, 44, 38)), random.Random(18)
    pen = ImageDraw.Draw(image)
    pen.rectangle((150, 80, 750, 1720), fill=(244, 242, 236))
    for y in range(140, 1680, 44):
        pen.text((190, y), f"{say(chance, 16):18}{chance.randrange(900) / 100:6.2f}", font=mono(24), fill=(60, 58, 56))
    return _grain(image.filter(ImageFilter.GaussianBlur(1)), 18, 0.05)


def draw_letter_on_a_table(angle: float = 7, seed: int = 21) -> Image.Image:
    """A printed page that lies askew on wood, in warm light that fades, blurred and full of grain."""
    chance = random.Random(seed)
    fibres = Image.frombytes("L", (1600, 30), chance.randbytes(1600 * 30)).resize((1600, 1200))
    table = ImageOps.colorize(fibres.filter(ImageFilter.GaussianBlur(2)), (70, 40, 22), (170, 110, 66))
    page = Image.new("RGBA", (800, 1080), (244, 243, 238, 255))
    pen = ImageDraw.Draw(page)
    for y in range(70, 1000, 36):
        pen.text((70, y), say(chance, 48), font=serif(25), fill=(52, 50, 50, 255))
    page = page.rotate(angle, Image.Resampling.BICUBIC, expand=True)
    table.paste(page, (330, 20), page)
    light = Image.linear_gradient("L").resize(table.size).point(lambda value: 255 - value // 3)
    warm = Image.merge("RGB", (light, light, light.point(lambda value: value * 11 // 12)))
    return _grain(ImageChops.multiply(table, warm).filter(ImageFilter.GaussianBlur(1.3)), seed, 0.06)


def draw_stars() -> Image.Image:
    """A clear night: points of light on almost black."""
    image, chance = Image.new("RGB", (1600, 1067), (5, 7, 18)), random.Random(22)
    pen = ImageDraw.Draw(image)
    for _ in range(900):
        x, y, radius, light = (
            chance.randrange(1600),
            chance.randrange(1067),
            chance.choice((0, 1, 2)),
            chance.randrange(110, 250),
        )
        pen.ellipse((x - radius, y - radius, x + radius, y + radius), fill=(light, light, light))
    return image.filter(ImageFilter.GaussianBlur(0.6))


def draw_meme() -> Image.Image:
    """A photo with words across its top and its foot."""
    image = corpus.draw_landscape(1200, 900, corpus.NOON).copy()
    pen = ImageDraw.Draw(image)
    for y, words in ((30, "ONE DOES NOT SIMPLY"), (760, "REWRITE IT IN A WEEK")):
        pen.text(
            (600, y), words, font=sans(92), fill=(255, 255, 255), stroke_width=6, stroke_fill=(0, 0, 0), anchor="ma"
        )
    return image


def draw_subtitle() -> Image.Image:
    """A still of a film with one line at its foot."""
    image = corpus.draw_landscape(1600, 900).copy()
    words = "I told you we should have used feeds."
    ImageDraw.Draw(image).text(
        (800, 800), words, (255, 255, 255), sans(52), "mm", stroke_width=2, stroke_fill=(0, 0, 0)
    )
    return image


def draw_talk() -> Image.Image:
    """White letters on a bright and blurred scene."""
    image = corpus.draw_landscape(1280, 720, corpus.NOON).filter(ImageFilter.GaussianBlur(6))
    ImageDraw.Draw(image).text((90, 260), "A talk about feeds", (255, 255, 255), sans(110))
    return image


def draw_dark_slide() -> Image.Image:
    """Dark letters on a gradient."""
    fade = Image.linear_gradient("L").resize((1600, 900))
    image = Image.merge("RGB", (fade, fade.point(lambda value: value // 2), Image.new("L", fade.size, 120)))
    ImageDraw.Draw(image).text((100, 300), "Q3 results\nand what next", (20, 20, 20), sans(130))
    return image


def draw_page_shot() -> Image.Image:
    """A whole web page, four times as long as wide."""
    image, chance = Image.new("RGB", (800, 3200), (255, 255, 255)), random.Random(19)
    pen = ImageDraw.Draw(image)
    pen.rectangle((0, 0, 800, 80), fill=(20, 90, 160))
    for y in range(120, 3160, 40):
        pen.text((60, y), say(chance, 52), font=sans(24), fill=(40, 40, 40))
    return image


def draw_window() -> Image.Image:
    """A screenshot of one window with its shadow, cut out."""
    image = Image.new("RGBA", (1500, 950), (0, 0, 0, 0))
    shadow = Image.new("L", image.size, 0)
    ImageDraw.Draw(shadow).rounded_rectangle((100, 90, 1400, 870), 24, fill=120)
    image.putalpha(shadow.filter(ImageFilter.GaussianBlur(28)))
    body = draw_article(1300, 760)
    cut = Image.new("L", body.size, 0)
    ImageDraw.Draw(cut).rounded_rectangle((0, 0, 1299, 759), 20, fill=255)
    image.paste(body, (100, 80), cut)
    return image


def draw_code_square() -> Image.Image:
    """A square of black and white cells to be scanned."""
    chance = random.Random(20)
    cells = Image.frombytes("L", (29, 29), bytes(chance.choice((0, 255)) for _ in range(29 * 29)))
    image = Image.new("RGB", (660, 660), (255, 255, 255))
    image.paste(cells.resize((580, 580), Image.Resampling.NEAREST), (40, 40))
    return image


def draw_signet(ink: RGB = (250, 250, 250)) -> Image.Image:
    """A round mark with a letter, cut out."""
    image = Image.new("RGBA", (400, 400), (0, 0, 0, 0))
    pen = ImageDraw.Draw(image)
    pen.ellipse((20, 20, 380, 380), outline=(*ink, 255), width=26)
    pen.text((200, 200), "F", font=serif(240), fill=(*ink, 255), anchor="mm")
    return image


def draw_flat_scene() -> Image.Image:
    """An illustration: a few shapes in flat colours, no words."""
    image = Image.new("RGB", (1600, 1000), (250, 224, 190))
    pen = ImageDraw.Draw(image)
    pen.ellipse((1050, 150, 1300, 400), fill=(240, 120, 80))
    pen.polygon([(0, 1000), (0, 620), (500, 380), (900, 700), (1600, 480), (1600, 1000)], fill=(70, 110, 130))
    pen.polygon([(0, 1000), (0, 800), (700, 640), (1600, 860), (1600, 1000)], fill=(40, 70, 90))
    pen.rectangle((380, 700, 560, 860), fill=(220, 90, 70))
    pen.polygon([(350, 700), (470, 600), (590, 700)], fill=(120, 50, 50))
    return image


def draw_product() -> Image.Image:
    """A cup on white, as shops show what they sell."""
    image = Image.new("RGB", (1400, 1400), (255, 255, 255))
    shadow = Image.new("L", image.size, 0)
    ImageDraw.Draw(shadow).ellipse((350, 1050, 1050, 1180), fill=90)
    image.paste((0, 0, 0), (0, 0), shadow.filter(ImageFilter.GaussianBlur(40)))
    body = Image.linear_gradient("L").rotate(90).resize((600, 640)).point(lambda value: 90 + value // 2)
    cup = Image.merge("RGB", (body, body.point(lambda value: value * 2 // 3), body.point(lambda value: value // 2)))
    shape = Image.new("L", (600, 640), 0)
    ImageDraw.Draw(shape).rounded_rectangle((0, 0, 599, 639), 120, fill=255)
    image.paste(cup, (400, 460), shape)
    ImageDraw.Draw(image).arc((900, 560, 1160, 900), 250, 110, fill=(150, 100, 76), width=50)
    return image.filter(ImageFilter.GaussianBlur(1))


def draw_portrait(at: float = 0.5) -> Image.Image:
    """Someone upright in an upright picture."""
    return draw_person(1400, 1800, at).crop((100, 400, 1300, 1800))


def draw_crowd() -> Image.Image:
    """Five people in a row."""
    image = draw_person(1600, 1067, 0.12)
    for at in (0.3, 0.5, 0.7, 0.88):
        other = draw_person(1600, 1067, at)
        left = round(1600 * at - 200)
        image.paste(other.crop((left, 300, left + 400, 1067)), (left, 300))
    return image


def draw_fog() -> Image.Image:
    """Hardly any contrast at all."""
    scene = corpus.draw_landscape(1600, 1067, corpus.NOON)
    return Image.blend(scene, Image.new("RGB", scene.size, (226, 230, 234)), 0.86)


def draw_blossoms() -> Image.Image:
    """Many small bright things everywhere, so that there is no one subject."""
    image, chance = Image.new("RGB", (1600, 1067), (40, 84, 46)), random.Random(21)
    pen = ImageDraw.Draw(image)
    for _ in range(900):
        x, y, radius = chance.randrange(1600), chance.randrange(1067), chance.randrange(6, 26)
        pen.ellipse(
            (x - radius, y - radius, x + radius, y + radius),
            fill=chance.choice(((250, 220, 230), (240, 120, 160), (255, 250, 240), (90, 140, 60))),
        )
    return _grain(image.filter(ImageFilter.GaussianBlur(2)), 21, 0.05)


MORE_TEXTS: Mapping[str, Callable[[], Image.Image]] = {
    "editor": draw_editor,
    "dashboard": draw_dashboard,
    "pie": draw_pie,
    "scatter": draw_scatter,
    "heat": draw_heat,
    "map": draw_map,
    "table": draw_table,
    "slide": draw_slide,
    "board": draw_board,
    "receipt": draw_receipt,
    "letter": draw_letter_on_a_table,
    "meme": draw_meme,
    "subtitle": draw_subtitle,
    "talk": draw_talk,
    "dark slide": draw_dark_slide,
    "page": draw_page_shot,
    "window": draw_window,
    "square code": draw_code_square,
}
MORE_LOGOS: Mapping[str, Callable[[], Image.Image]] = {
    "signet": draw_signet,
    "dark signet": lambda: draw_signet((20, 24, 40)),
    "light wordmark": lambda: draw_wordmark(ink=(250, 250, 250)),
}
MORE_PHOTOS: Mapping[str, Callable[[], Image.Image]] = {
    "flat scene": draw_flat_scene,
    "product": draw_product,
    "portrait": draw_portrait,
    "portrait left": lambda: draw_portrait(0.35),
    "person left": lambda: draw_person(at=0.2),
    "person right": lambda: draw_person(at=0.8),
    "crowd": draw_crowd,
    "fog": draw_fog,
    "stars": draw_stars,
    "blossoms": draw_blossoms,
    "small": lambda: corpus.draw_landscape(500, 330),
    "tiny": lambda: corpus.draw_landscape(240, 160),
    "long": lambda: corpus.draw_landscape(3000, 420),
}
