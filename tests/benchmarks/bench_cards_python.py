"""Share cards as people draw them with Python's picture libraries: run by bench_cards.py, one library a process."""

# ruff: noqa: PLC0415 - each process imports only the library it measures

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable
from io import BytesIO
from pathlib import Path

from tests.benchmarks.bench_cards import read_peak

TITLE = "Why small feeds\noutlive big platforms"
BYLINE = "Ada Lindqvist · 18 March 2025 · 6 min read"
WIDTH, HEIGHT, QUALITY = 1200, 630, 86

Draw = Callable[[bytes], bytes]


def make_pillow(font: str) -> Draw:
    from PIL import Image, ImageDraw, ImageFont, ImageOps

    large, small = ImageFont.truetype(font, 88), ImageFont.truetype(font, 28)
    large.set_variation_by_axes([32, 740])
    small.set_variation_by_axes([14, 500])
    shade = Image.linear_gradient("L").resize((WIDTH, HEIGHT)).point(lambda value: value * 3 // 4)

    def draw(photo: bytes) -> bytes:
        image = Image.open(BytesIO(photo))
        image.draft("RGB", (WIDTH, HEIGHT))
        card = ImageOps.fit(image, (WIDTH, HEIGHT), Image.Resampling.BICUBIC)
        card.paste((10, 12, 24), (0, 0), shade)
        pen = ImageDraw.Draw(card)
        pen.multiline_text((60, 330), TITLE, font=large, fill="white", spacing=8)
        pen.text((60, 550), BYLINE, font=small, fill="white")
        out = BytesIO()
        card.save(out, "JPEG", quality=QUALITY)
        return out.getvalue()

    return draw


def make_bare(_font: str) -> Draw:
    """Nothing but decode, crop and encode, by the fastest library: what any card of a photo costs at least."""
    import numpy as np
    import simplejpeg

    def draw(photo: bytes) -> bytes:
        pixels = simplejpeg.decode_jpeg(photo, "RGB", min_width=WIDTH, min_height=HEIGHT)
        top, left = (pixels.shape[0] - HEIGHT) // 2, (pixels.shape[1] - WIDTH) // 2
        cut = np.ascontiguousarray(pixels[top : top + HEIGHT, left : left + WIDTH])
        return simplejpeg.encode_jpeg(cut, QUALITY, "RGB", "420")

    return draw


def make_pyvips(font: str) -> Draw:
    import pyvips

    ramp = pyvips.Image.xyz(WIDTH, HEIGHT)[1] / HEIGHT * 190
    tint = pyvips.Image.black(WIDTH, HEIGHT).copy(interpretation="srgb").linear(1, [10, 12, 24])
    shade = tint.cast("uchar").bandjoin(ramp.cast("uchar")).copy_memory()

    def words(text: str, size: str) -> pyvips.Image:
        mask = pyvips.Image.text(text, font=f"Inter Variable {size}", fontfile=font, dpi=72)
        white = mask.new_from_image([255, 255, 255]).copy(interpretation="srgb")
        return white.bandjoin(mask)

    def draw(photo: bytes) -> bytes:
        image = pyvips.Image.thumbnail_buffer(photo, WIDTH, height=HEIGHT, crop="centre")
        layers = [shade, words(TITLE, "Bold 88"), words(BYLINE, "Medium 28")]
        card = image.composite(layers, ["over"] * 3, x=[0, 60, 60], y=[0, 330, 550])
        return bytes(card.flatten().jpegsave_buffer(Q=QUALITY))

    return draw


def make_skia(font: str) -> Draw:
    import skia

    face = skia.Typeface.MakeFromFile(font)
    large, small = skia.Font(face, 88), skia.Font(face, 28)
    gradient = skia.GradientShader.MakeLinear([skia.Point(0, 0), skia.Point(0, HEIGHT)], [0x000A0C18, 0xC00A0C18])
    white, dark = skia.Paint(Color=skia.ColorWHITE, AntiAlias=True), skia.Paint(Shader=gradient)

    def draw(photo: bytes) -> bytes:
        surface = skia.Surface(WIDTH, HEIGHT)
        canvas = surface.getCanvas()
        image = skia.Image.MakeFromEncoded(skia.Data(photo))
        down = image.width() * HEIGHT / WIDTH
        top = (image.height() - down) / 2
        source = skia.Rect.MakeXYWH(0, top, image.width(), down)
        sampling = skia.SamplingOptions(skia.FilterMode.kLinear, skia.MipmapMode.kLinear)
        canvas.drawImageRect(image, source, skia.Rect.MakeWH(WIDTH, HEIGHT), sampling)
        canvas.drawRect(skia.Rect.MakeWH(WIDTH, HEIGHT), dark)
        for row, line in enumerate(TITLE.split("\n")):
            canvas.drawString(line, 60, 410 + row * 95, large, white)
        canvas.drawString(BYLINE, 60, 575, small, white)
        return bytes(surface.makeImageSnapshot().encodeToData(skia.EncodedImageFormat.kJPEG, QUALITY))

    return draw


PEERS = {"bare": make_bare, "pillow": make_pillow, "pyvips": make_pyvips, "skia": make_skia}


def main(name: str, photo: str, font: str, seconds: float) -> None:
    data, draw = Path(photo).read_bytes(), PEERS[name](font)
    card = draw(data)
    rounds, end = [], time.perf_counter() + seconds
    while time.perf_counter() < end:
        start = time.perf_counter()
        draw(data)
        rounds.append(time.perf_counter() - start)
    print(json.dumps({"ms": min(rounds) * 1000, "bytes": len(card), "peak": read_peak()}))


if __name__ == "__main__":
    main(*sys.argv[1:4], float(sys.argv[4]))
