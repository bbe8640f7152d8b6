"""Pictures made by code: landscapes that look like photos, and files as hostile or broken as the web has them."""

from __future__ import annotations

import io
import math
import random
import struct
import zlib
from functools import cache

import pillow_heif
from PIL import Image, ImageChops, ImageDraw, ImageFilter

Sky = tuple[tuple[int, int, int], tuple[int, int, int]]

DUSK: Sky = ((38, 70, 120), (250, 190, 140))
NOON: Sky = ((120, 180, 240), (250, 250, 245))
_HILLS = ((120, 100, 130), (80, 74, 104), (46, 50, 74), (22, 28, 42))


@cache
def draw_landscape(width: int = 1600, height: int = 1067, sky: Sky = DUSK, seed: int = 3) -> Image.Image:
    """Hills under a sky with a sun, and the grain of a photo; the same for the same arguments."""
    chance = random.Random(seed)
    fade = Image.linear_gradient("L").resize((width, height))
    image = Image.composite(Image.new("RGB", (width, height), sky[1]), Image.new("RGB", (width, height), sky[0]), fade)
    pen = ImageDraw.Draw(image)
    pen.ellipse((width * 0.62, height * 0.2, width * 0.62 + height * 0.16, height * 0.36), fill=(255, 240, 210))
    for index, colour in enumerate(_HILLS):
        waves = [(chance.uniform(1, 7), chance.uniform(0, 6)) for _ in range(4)]
        line = [(x, _hill(x / width, height, index, waves)) for x in range(0, width + 8, 4)]
        pen.polygon([(0, height), *line, (width, height)], fill=colour)
    return _grain(image.filter(ImageFilter.GaussianBlur(1)), chance)


def _hill(at: float, height: int, index: int, waves: list[tuple[float, float]]) -> float:
    base = height * (0.5 + 0.12 * index)
    return base - sum(
        height * 0.05 / (n + 1) * math.sin(pace * (n + 1) * at * 3 + phase) for n, (pace, phase) in enumerate(waves)
    )


def _grain(image: Image.Image, chance: random.Random) -> Image.Image:
    noise = Image.frombytes("L", image.size, chance.randbytes(image.width * image.height))
    soft = noise.point(lambda value: 108 + value // 6)
    return ImageChops.overlay(image, Image.merge("RGB", (soft, soft, soft)))


def to_jpeg(image: Image.Image, quality: int = 88, **options: object) -> bytes:
    return save(image, "JPEG", quality=quality, **options)


def to_png(image: Image.Image, **options: object) -> bytes:
    return save(image, "PNG", **options)


def to_webp(image: Image.Image, **options: object) -> bytes:
    return save(image, "WEBP", **options)


def to_heic(image: Image.Image, quality: int = 80) -> bytes:
    out = io.BytesIO()
    pillow_heif.from_pillow(image).save(out, quality=quality)
    return out.getvalue()


def svg(inside: str) -> bytes:
    """A drawing three units wide for two high, a bar over its upper part."""
    bar = '<rect width="300" height="90" fill="#448"/>'
    return f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 300 200">{bar}{inside}</svg>'.encode()


def save(image: Image.Image, name: str, **options: object) -> bytes:
    out = io.BytesIO()
    image.save(out, name, **options)
    return out.getvalue()


def small_photo() -> Image.Image:
    """A landscape small enough to encode in every format within a moment."""
    return draw_landscape(640, 427)


def turned(orientation: int) -> bytes:
    """The photo stored so that only its EXIF orientation makes it upright again."""
    undo = {
        2: Image.Transpose.FLIP_LEFT_RIGHT,
        3: Image.Transpose.ROTATE_180,
        4: Image.Transpose.FLIP_TOP_BOTTOM,
        5: Image.Transpose.TRANSPOSE,
        6: Image.Transpose.ROTATE_90,
        7: Image.Transpose.TRANSVERSE,
        8: Image.Transpose.ROTATE_270,
    }
    image = small_photo()
    exif = Image.Exif()
    exif[0x0112] = orientation
    stored = image if orientation == 1 else image.transpose(undo[orientation])
    return to_jpeg(stored, exif=exif)


def png_claiming(width: int, height: int, body: bytes = b"") -> bytes:
    """A PNG whose header claims any size, with a few bytes of pixels behind it."""
    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + _chunk(b"IHDR", header) + _chunk(b"IDAT", zlib.compress(body)) + _chunk(b"IEND", b"")


def _chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def jpeg_claiming(width: int, height: int) -> bytes:
    """A small JPEG whose frame header claims another size."""
    data = bytearray(to_jpeg(Image.new("RGB", (64, 64))))
    at = data.index(b"\xff\xc0") + 5
    data[at : at + 4] = struct.pack(">HH", height, width)
    return bytes(data)


def webp_claiming(width: int, height: int) -> bytes:
    """An extended WebP whose canvas claims any size."""
    canvas = b"\x10\x00\x00\x00" + (width - 1).to_bytes(3, "little") + (height - 1).to_bytes(3, "little")
    inside = b"WEBP" + b"VP8X" + struct.pack("<I", 10) + canvas + to_webp(Image.new("RGB", (64, 64)))[12:]
    return b"RIFF" + struct.pack("<I", len(inside)) + inside


def jpeg_of_many_scans() -> bytes:
    """A progressive JPEG with its last scan repeated until it becomes work without end."""
    data = to_jpeg(Image.new("RGB", (512, 512), (90, 90, 90)), progressive=True)
    last = data.rindex(b"\xff\xda")
    return data[:-2] + data[last:-2] * 400 + data[-2:]


def display_p3() -> bytes:
    """An ICC profile of the screens of phones: three primaries and a gamma of 2.2 (ICC.1:2010, matrix/TRC)."""
    primaries = {b"rXYZ": (0.51512, 0.24120, -0.00105), b"gXYZ": (0.29198, 0.69225, 0.04189)}
    primaries[b"bXYZ"] = (0.15710, 0.06657, 0.78407)
    curve = b"curv" + bytes(4) + struct.pack(">IH", 1, round(2.2 * 256)) + bytes(2)
    name = b"desc" + bytes(4) + struct.pack(">I", 11) + b"Display P3\0" + bytes(79)
    tags = {b"desc": name, b"wtpt": _xyz(0.9642, 1.0, 0.8249)}
    tags |= {tag: _xyz(*values) for tag, values in primaries.items()}
    tags |= dict.fromkeys((b"rTRC", b"gTRC", b"bTRC"), curve)
    return _profile(tags)


def _xyz(*values: float) -> bytes:
    return b"XYZ " + bytes(4) + struct.pack(">3i", *(round(value * 65536) for value in values))


def _profile(tags: dict[bytes, bytes]) -> bytes:
    offset = 128 + 4 + 12 * len(tags)
    table, body = struct.pack(">I", len(tags)), b""
    for tag, data in tags.items():
        table += tag + struct.pack(">II", offset + len(body), len(data))
        body += data + bytes(-len(data) % 4)
    head = struct.pack(">I4sI4s4s4s", offset + len(body), bytes(4), 0x02100000, b"mntr", b"RGB ", b"XYZ ")
    head += bytes(12) + b"acsp" + bytes(28) + struct.pack(">3i", 63190, 65536, 54061) + bytes(48)
    return head + table + body


def animated() -> bytes:
    """A GIF of two frames: the landscape, then plain red."""
    frames = [small_photo().convert("P"), Image.new("P", (640, 427), 1)]
    return save(frames[0], "GIF", save_all=True, append_images=frames[1:], duration=100)


def see_through(shade: tuple[int, int, int] = (20, 20, 30)) -> Image.Image:
    """A drawing in one colour on nothing: opaque in the middle, transparent around."""
    image = Image.new("RGBA", (400, 300), (0, 0, 0, 0))
    ImageDraw.Draw(image).ellipse((100, 50, 300, 250), fill=(*shade, 255))
    return image


def deep_grey() -> Image.Image:
    """A 16-bit ramp from black to white."""
    row = b"".join(struct.pack("<H", x * 65535 // 639) for x in range(640))
    return Image.frombytes("I;16", (640, 427), row * 427)
