"""A post's picture as upright sRGB pixels, however it was stored, or the reason why it cannot be used."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from io import BytesIO
from typing import Literal, NoReturn, cast

from PIL import AvifImagePlugin, GifImagePlugin, Image, ImageFile, JpegImagePlugin, PngImagePlugin, WebPImagePlugin

from syndicate.cards.pixels import (
    MAX_PIXELS,
    MAX_SCANS,
    MAX_WHOLE_PIXELS,
    MEDIA_TYPES,
    ROOM,
    ExtraMissing,
    can_resize_fast,
    describe_unknown,
    find_format,
    open_heic,
    read_svg_size,
    read_webp_size,
    render_svg,
    shrink_to_rgb,
    thin,
)
from syndicate.errors import contain
from syndicate.model import PictureFacts

# --- JPEGs decoded at eighths of their size by simplejpeg, where it is installed (the extra `fast`) ---


def count_eighths(size: tuple[int, int], need: tuple[int, int]) -> int:
    """The fewest eighths of a picture's size that still cover `need` pixels; 8 where the whole does not."""
    enough = (n for n in range(1, 9) if -(-size[0] * n // 8) >= need[0] and -(-size[1] * n // 8) >= need[1])
    return next(enough, 8)


def decode_eighths(data: bytes, size: tuple[int, int], need: tuple[int, int]) -> Image.Image | None:
    """An RGB JPEG of `size` pixels scaled while it is decoded. None where simplejpeg is not installed, would take too
    much memory or finds anything wrong: Pillow is more patient, and has the last word.
    """
    eighths = count_eighths(size, need)
    if eighths == 7 and can_resize_fast():
        eighths = 8  # the decoder has no SIMD for seven, and the picture is scaled anyway
    width, height = (-(-side * eighths // 8) for side in size)
    if width * height * _TWICE > ROOM:
        return None
    try:
        import simplejpeg  # type: ignore[import-untyped]  # noqa: PLC0415 - and NumPy with it, which few runs need

        pixels = simplejpeg.decode_jpeg(data, "RGBX", min_width=width, min_height=height)
    except (ImportError, ValueError):
        return None
    return Image.frombytes("RGB", pixels.shape[1::-1], pixels, "raw", "RGBX")


_TWICE = 8
"""Bytes of a pixel that is there as an array and in Pillow's own memory."""

SMALLEST = 120
"""Pixels on the short side: what is smaller is an icon or a tracking pixel, not a photo."""

Part = tuple[float, float, float, float]
"""Left, top, right and bottom in shares of a picture."""
WHOLE: Part = (0.0, 0.0, 1.0, 1.0)
ADRIFT = 0.5
"""Of a picture's area: what is not transparent and fills less stands alone in it."""

BLANK = 3
"""Of 255: what differs no more is one colour to the eye; a JPEG of one has as much."""

LEAST_BITS = 0.008
"""Per pixel of a JPEG: one colour all over takes 0.047 in the tightest of usual encodings."""

_OPENERS: Mapping[str, Callable[[BytesIO], ImageFile.ImageFile]] = {
    "jpeg": JpegImagePlugin.JpegImageFile,
    "png": PngImagePlugin.PngImageFile,
    "webp": WebPImagePlugin.WebPImageFile,
    "avif": AvifImagePlugin.AvifImageFile,
    "gif": GifImagePlugin.GifImageFile,
    "heic": lambda file: open_heic(file.getvalue()),
}
"""Opened directly: `Image.open` would try forty formats, and warn about sizes that are refused below anyway."""

_BESIDE: Mapping[str, int] = {"jpeg": 0, "progressive": 6, "png": 1, "gif": 3, "webp": 8, "avif": 7, "heic": 5}
"""Bytes for each pixel that a decoder holds beside that (measured): canvases, planes, coefficients of a JPEG."""

_TURNED = frozenset({5, 6, 7, 8})
"""EXIF orientations that swap width and height."""


class PhotoRefused(Exception):
    """The picture cannot be used; the message says why, for a person."""


@dataclass(frozen=True, slots=True)
class Photo:
    """Decoded: `image` may be smaller than `width` x `height`, the picture's own upright size in pixels.

    `profile` is an ICC profile still to be applied, after scaling, when there is less to convert.
    """

    image: Image.Image = field(repr=False)
    small: Image.Image = field(repr=False)
    """The whole picture on about 100x70 pixels, and some 400 high at most, for what only needs an impression."""
    width: int
    height: int
    profile: bytes = field(default=b"", repr=False)
    is_cut_out: bool = False
    """Whether some of it is transparent; that is on plain paper here."""
    kept: float = 1.0
    """The share of the picture that this is; less of a strip that would be a thread on a card."""


def open_photo(
    data: bytes | None, need: tuple[int, int], decode: Callable[[bytes, tuple[int, int]], Photo]
) -> tuple[Photo | None, str]:
    """The picture for a card, or None and why there is none to show."""
    if data is None:
        return None, ""
    try:
        photo = decode(data, need)
    except PhotoRefused as error:
        return None, str(error)
    if _is_blank(photo.small) and _is_blank(photo.image):
        return None, "it has one colour all over"
    return photo, ""


def _is_blank(image: Image.Image) -> bool:
    bands = cast("tuple[tuple[int, int], ...]", image.getextrema())
    return all(most - least <= BLANK for least, most in bands)


def decode_photo(data: bytes, need: tuple[int, int], fonts: Sequence[str] = ()) -> Photo:
    """The picture, upright, RGB, at least large enough to cover `need` pixels if it ever was.

    `fonts` are paths of font files for the letters of drawings. Raises PhotoRefused for what is not a picture, is
    too large, too small, truncated or broken.
    """
    name = find_format(data)
    if not name:
        raise PhotoRefused(describe_unknown(data))
    with contain(lambda error: _refuse(error, name)):
        if name == "svg":
            return _draw_svg(data, need, fonts)
        with _open(data, name) as image:
            return _decode(image, name, data, need)


def _draw_svg(data: bytes, need: tuple[int, int], fonts: Sequence[str]) -> Photo:
    """A drawing is as large as it is rendered."""
    drawn = render_svg(data, need, fonts)
    whole = shrink_to_rgb(drawn, b"", drawn.size)
    return Photo(whole, glance(whole), *drawn.size, is_cut_out=_look_through(drawn)[0])


def _refuse(error: Exception, name: str) -> NoReturn:
    """In words for a person, whatever a decoder raises on hostile bytes."""
    if isinstance(error, PhotoRefused):
        raise error
    if isinstance(error, ExtraMissing):
        raise PhotoRefused(str(error)) from error
    if name == "svg" and str(error).startswith("the SVG"):
        raise PhotoRefused(str(error)) from error
    raise PhotoRefused(f"the {name.upper()} is damaged or cut short ({type(error).__name__})") from error


def read_facts(data: bytes) -> tuple[PictureFacts | None, str]:
    """What a picture's header says (upright size in pixels, media type, bytes), or None and why it is not a picture."""
    name = find_format(data)
    if not name:
        return None, describe_unknown(data)
    try:
        with contain(lambda error: _refuse(error, name)):
            if name == "svg":
                return PictureFacts(MEDIA_TYPES[name], len(data), *read_svg_size(data)), ""
        with contain(lambda error: _refuse(error, name)), _open(data, name) as image:
            width, height = image.size[::-1] if _orientation(image) in _TURNED else image.size
            return PictureFacts(MEDIA_TYPES[name], len(data), width, height), ""
    except PhotoRefused as error:
        return None, str(error)


def _open(data: bytes, name: str) -> ImageFile.ImageFile:
    """The header read, its size checked, its EXIF block aside."""
    if name == "webp":  # its decoder takes memory at once
        _check_size(read_webp_size(data), name)
        _check_memory(read_webp_size(data), name, 4)
    bare, exif = cut_exif(data) if name == "jpeg" else (data, b"")
    image = _OPENERS[name](BytesIO(bare))
    image.info["exif"] = exif or image.info.get("exif") or b""
    _check_size(image.size, name)
    if name != "jpeg":  # that is decoded at a fraction of its size
        _check_memory(image.size, name, _depth(image))
    return image


def _orientation(image: Image.Image) -> int:
    return read_orientation(image.info["exif"])


def _decode(image: ImageFile.ImageFile, name: str, data: bytes, need: tuple[int, int]) -> Photo:
    if min(image.size) < SMALLEST:
        raise PhotoRefused(f"{image.width}x{image.height} pixels are too few for a card")
    profile = image.info.get("icc_profile") or b""
    turn = _orientation(image)
    own, room = image.size, need[::-1] if turn in _TURNED else need
    whole = _decode_jpeg(image, data, room) if name == "jpeg" else _load(image)
    is_cut_out, part = _look_through(whole)
    upright = _turn(_cut(shrink_to_rgb(whole, profile, room), part), turn)
    across, down = round(own[0] * (part[2] - part[0])), round(own[1] * (part[3] - part[1]))
    width, height = (down, across) if turn in _TURNED else (across, down)
    kept = b"" if image.mode == "CMYK" else profile
    return Photo(upright, glance(upright), width, height, kept, is_cut_out=is_cut_out)


def _look_through(image: Image.Image) -> tuple[bool, Part]:
    """Whether some of a picture is transparent, and all of it but for margins that are, where these are most of it."""
    if not image.has_transparency_data:
        return False, WHOLE
    sparse = thin(image, max(image.size) // 400).convert("RGBA").getchannel("A")
    clear = sparse.histogram()
    left, top, right, bottom = sparse.point(_SEEN).getbbox() or (0, 0, *sparse.size)
    part = (
        max(0, left - 2) / sparse.width,
        max(0, top - 2) / sparse.height,
        min(sparse.width, right + 2) / sparse.width,
        min(sparse.height, bottom + 2) / sparse.height,
    )
    across, down = part[2] - part[0], part[3] - part[1]
    is_adrift = across * down < ADRIFT and min(across * image.width, down * image.height) >= SMALLEST
    return sum(clear[:32]) > 0.02 * sum(clear), part if is_adrift else WHOLE


def _cut(image: Image.Image, part: Part) -> Image.Image:
    if part == WHOLE:
        return image
    left, top, right, bottom = (round(share * side) for share, side in zip(part, image.size * 2, strict=True))
    return image.crop((left, top, right, bottom))


_SEEN = [255 if alpha > 8 else 0 for alpha in range(256)]


def glance(image: Image.Image) -> Image.Image:
    """The picture on about 100 pixels across, from every fourth pixel: an impression need not see them all."""
    sparse = thin(image, max(image.width // 400, image.height // 1600))
    return sparse.reduce(max(1, sparse.width // 100, sparse.height // 400))


def _check_size(size: tuple[int, int], name: str) -> None:
    limit = MAX_PIXELS if name == "jpeg" else MAX_WHOLE_PIXELS
    if size[0] * size[1] > limit:
        raise PhotoRefused(f"{size[0]}x{size[1]} pixels are more than {limit // 1_000_000} million")


def _depth(image: Image.Image) -> int:
    """Bytes that Pillow keeps for each pixel."""
    return 1 if image.mode in {"1", "L", "P"} else 4


def _check_memory(size: tuple[int, int], name: str, depth: int) -> None:
    """What decoding takes: the picture as Pillow keeps it, and what its decoder holds beside it."""
    each = depth + _BESIDE[name]
    if size[0] * size[1] * each > ROOM:
        raise PhotoRefused(f"{size[0]}x{size[1]} pixels are more than {ROOM // each // 1_000_000} million")


def _load(image: ImageFile.ImageFile) -> Image.Image:
    """The pixels, without what their decoder keeps for later frames.

    Of a WebP its two canvases go before Pillow makes its own of the same size.
    """
    decoder = getattr(image, "_decoder", None)
    if image.format == "WEBP" and decoder is not None:
        found = decoder.get_next()
        if found is None:
            raise PhotoRefused("the WEBP is damaged or cut short")
        del decoder
        _forget_decoder(image)
        return Image.frombytes(image.mode, image.size, found[0], "raw", "RGBX" if image.mode == "RGB" else "RGBA")
    image.load()
    if decoder is not None:
        _forget_decoder(image)
    return image


def _forget_decoder(image: ImageFile.ImageFile) -> None:
    setattr(image, "_decoder", None)  # noqa: B010 - Pillow has no other door for it


def _check_substance(size: tuple[int, int], data: bytes) -> None:
    """A JPEG whose scans end early decodes to plain grey without an error; even an empty sky needs more bytes."""
    if len(data) * 8 < size[0] * size[1] * LEAST_BITS:
        raise PhotoRefused(f"{len(data):,} bytes cannot hold {size[0]}x{size[1]} pixels")


def _decode_jpeg(image: ImageFile.ImageFile, data: bytes, need: tuple[int, int]) -> Image.Image:
    """Let the decoder skip what would be scaled away, as far as the picture still covers `need`."""
    _check_substance(image.size, data)
    if image.info.get("progressive"):
        _check_size(image.size, "progressive")
        _check_memory(image.size, "progressive", 0)
        if data.count(b"\xff\xda") > MAX_SCANS:
            raise PhotoRefused("the JPEG has far more scans than any picture needs")
    scale = max(need[0] / image.width, need[1] / image.height)
    least = (math.ceil(image.width * scale), math.ceil(image.height * scale))
    is_plain = image.mode == "RGB" and not image.info.get("progressive")
    scaled = decode_eighths(data, image.size, least) if is_plain else None
    if scaled is None:
        image.draft(None, least)
        _check_memory(image.size, "jpeg", _depth(image))
        image.load()
    return scaled or image


def _turn(image: Image.Image, orientation: int) -> Image.Image:
    method = {
        2: Image.Transpose.FLIP_LEFT_RIGHT,
        3: Image.Transpose.ROTATE_180,
        4: Image.Transpose.FLIP_TOP_BOTTOM,
        5: Image.Transpose.TRANSPOSE,
        6: Image.Transpose.ROTATE_270,
        7: Image.Transpose.TRANSVERSE,
        8: Image.Transpose.ROTATE_90,
    }.get(orientation)
    return image if method is None else image.transpose(method)


# --- which way up a picture is: the one EXIF tag a card needs ---

ORIENTATION = 0x0112
UPRIGHT = 1
_START = b"Exif\x00\x00"


def cut_exif(jpeg: bytes) -> tuple[bytes, bytes]:
    """A JPEG without its EXIF segment, and that segment's TIFF block, empty where there is none."""
    at = 2
    while jpeg[at : at + 1] == b"\xff" and at + 4 <= len(jpeg):
        marker, length = jpeg[at + 1], int.from_bytes(jpeg[at + 2 : at + 4], "big")
        if marker == 0xDA or length < 2:
            break
        segment = jpeg[at + 4 : at + 2 + length]
        if marker == 0xE1 and segment.startswith(_START):
            return jpeg[:at] + jpeg[at + 2 + length :], segment[len(_START) :]
        at += 2 + length
    return jpeg, b""


def read_orientation(block: bytes) -> int:
    """1 to 8 from a TIFF block (with or without "Exif" before it); 1, upright, from anything unreadable."""
    block = block.removeprefix(_START)
    order: Literal["little", "big"] = "little" if block[:2] == b"II" else "big"
    start = int.from_bytes(block[4:8], order)
    count = int.from_bytes(block[start : start + 2], order)
    for entry in range(start + 2, min(start + 2 + 12 * count, len(block) - 11), 12):
        if int.from_bytes(block[entry : entry + 2], order) == ORIENTATION:
            value = int.from_bytes(block[entry + 8 : entry + 10], order)
            return value if 1 <= value <= 8 else UPRIGHT
    return UPRIGHT
