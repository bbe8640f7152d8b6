"""From painted pixels to a file that every network takes: JPEG under a hard limit, palette PNG for flat cards."""

from __future__ import annotations

import struct
import zlib
from io import BytesIO

from PIL import Image

BEST_QUALITY = 86
"""Above this, cards grow by a fifth for no visible gain."""

LADDER = ((80, 0.80), (74, 0.69), (67, 0.60), (59, 0.53), (50, 0.46), (40, 0.39), (30, 0.32))
"""Lower qualities, and what share of the best quality's bytes a photo takes there (measured on photos)."""

LAST_QUALITY = 24

_INDEXED = 3
"""PNG's colour type for a palette."""
_LITTLE_MEMORY = 7


def encode_jpeg(image: Image.Image, max_bytes: int) -> bytes:
    """The best JPEG that is not larger than `max_bytes`: the first one nearly always, else one or two more tries.

    A picture that is too large even at the worst quality (pure noise) is blurred step by step.
    """
    best = _jpeg(image, BEST_QUALITY)
    if len(best) <= max_bytes:
        return best
    for quality, share in LADDER:
        if len(best) * share <= max_bytes:
            data = _jpeg(image, quality)
            if len(data) <= max_bytes:
                return data
    return _encode_blurred(image, max_bytes)


def _encode_blurred(image: Image.Image, max_bytes: int) -> bytes:
    """Halve the detail until the picture fits; only limits of a few thousand bytes cannot be kept."""
    shrink, data = 1, _jpeg(image, LAST_QUALITY, optimize=True)
    while len(data) > max_bytes and shrink < min(image.size):
        shrink *= 2
        coarse = image.reduce(shrink).resize(image.size, Image.Resampling.BICUBIC)
        data = _jpeg(coarse, LAST_QUALITY, optimize=True)
    return data


def encode_png(image: Image.Image) -> bytes:
    """A palette PNG of a flat card; a full-colour image is brought down to 256 colours first.

    Flat cards are runs of one colour: run lengths alone compress them as far as zlib's best, in a third of the time.
    Written here because Pillow gives zlib more memory than that needs, which costs another quarter.
    """
    flat = image if image.mode == "P" else image.quantize(256, method=Image.Quantize.MEDIANCUT)
    palette = bytes(flat.getpalette("RGB") or ())
    header = struct.pack(">IIBBBBB", *flat.size, 8, _INDEXED, 0, 0, 0)
    chunks = (b"IHDR", header), (b"PLTE", palette), (b"IDAT", _deflate(flat)), (b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + b"".join(_chunk(*chunk) for chunk in chunks)


def _deflate(flat: Image.Image) -> bytes:
    """The rows, each after a zero (no filter): the column left of the picture."""
    rows = flat.crop((-1, 0, *flat.size)).tobytes()
    squeezer = zlib.compressobj(1, zlib.DEFLATED, zlib.MAX_WBITS, _LITTLE_MEMORY, zlib.Z_RLE)
    return squeezer.compress(rows) + squeezer.flush()


def _chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def _jpeg(image: Image.Image, quality: int, *, optimize: bool = False) -> bytes:
    out = BytesIO()
    image.save(out, "JPEG", quality=quality, subsampling="4:2:0", optimize=optimize)
    return out.getvalue()
