"""From painted pixels to a file that every network takes: JPEG under a hard limit, palette PNG for flat cards."""

from __future__ import annotations

from io import BytesIO

from PIL import Image

BEST_QUALITY = 86
"""Above this, cards grow by a fifth for no visible gain."""
WORST_QUALITY = 30
TRIES = 4


def encode_jpeg(image: Image.Image, max_bytes: int) -> bytes:
    """The best JPEG that is not larger than `max_bytes`: usually the first, else found in a few tries.

    A picture that is too large even at the worst quality (pure noise) is blurred step by step.
    """
    data = _jpeg(image, BEST_QUALITY)
    if len(data) <= max_bytes:
        return data
    low, high, best = WORST_QUALITY, BEST_QUALITY, b""
    for _ in range(TRIES):
        quality = _guess(low, high, len(data) / max_bytes)
        data = _jpeg(image, quality)
        if len(data) <= max_bytes:
            low, best = quality, data
        else:
            high = quality
        if high - low < 3:
            break
    return best or _encode_blurred(image, max_bytes)


def _guess(low: int, high: int, excess: float) -> int:
    """The next quality: far down for a large excess, else the middle of what is left."""
    return low if excess > 2.5 else (low + high) // 2


def _encode_blurred(image: Image.Image, max_bytes: int) -> bytes:
    data = _jpeg(image, WORST_QUALITY)
    shrink = 2
    while len(data) > max_bytes and shrink < min(image.size):
        coarse = image.reduce(shrink).resize(image.size, Image.Resampling.BICUBIC)
        data = _jpeg(coarse, WORST_QUALITY)
        shrink *= 2
    return data


def encode_png(image: Image.Image) -> bytes:
    """A palette PNG of a flat card; a full-colour image is brought down to 256 colours first."""
    flat = image if image.mode == "P" else image.quantize(256, method=Image.Quantize.MEDIANCUT)
    out = BytesIO()
    flat.save(out, "PNG", compress_level=6)
    return out.getvalue()


def _jpeg(image: Image.Image, quality: int) -> bytes:
    out = BytesIO()
    image.save(out, "JPEG", quality=quality, subsampling="4:2:0")
    return out.getvalue()
