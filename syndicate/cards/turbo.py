"""JPEGs decoded at any eighth of their size, where simplejpeg is installed (the extra `fast`).

Pillow decodes at a half, a quarter or an eighth only; the rest is left to scaling, which takes as long again.
A photo 1600 pixels wide comes straight out of the decoder at 1200.
"""

from __future__ import annotations

from PIL import Image

HALVINGS = frozenset({1, 2, 4, 8})


def count_eighths(size: tuple[int, int], need: tuple[int, int]) -> int:
    """The fewest eighths of a picture's size that still cover `need` pixels; 8 where the whole does not."""
    enough = (n for n in range(1, 9) if -(-size[0] * n // 8) >= need[0] and -(-size[1] * n // 8) >= need[1])
    return next(enough, 8)


def decode_eighths(data: bytes, size: tuple[int, int], need: tuple[int, int]) -> Image.Image | None:
    """An RGB JPEG of `size` pixels scaled while it is decoded, None where Pillow does as well or better.

    Raises ValueError for a damaged file.
    """
    eighths = count_eighths(size, need)
    if eighths in HALVINGS:
        return None
    try:
        import simplejpeg  # type: ignore[import-untyped]  # noqa: PLC0415 - and NumPy with it, which few pictures need
    except ImportError:
        return None
    width, height = (-(-side * eighths // 8) for side in size)
    pixels = simplejpeg.decode_jpeg(data, "RGBX", min_width=width, min_height=height)
    return Image.frombytes("RGB", pixels.shape[1::-1], pixels, "raw", "RGBX")
