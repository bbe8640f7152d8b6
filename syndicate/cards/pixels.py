"""From a picture's bytes towards pixels in 8-bit RGB: which format they are, and every way of storing a pixel.

Names and media types sent by servers lie, so neither is looked at. Only these decoders ever run: a format that no
camera or web page uses is not worth its attack surface.
"""

from __future__ import annotations

import ctypes
import math
import re
from collections.abc import Mapping, Sequence
from functools import cache
from importlib.util import find_spec
from io import BytesIO
from itertools import accumulate

from PIL import Image, ImageChops, ImageCms, ImageFile, ImageFilter, PngImagePlugin

from syndicate.cards.colour import RGB

MAX_PIXELS = 100_000_000
"""For JPEG, which is decoded at a fraction of its size."""
MAX_WHOLE_PIXELS = 50_000_000
"""For everything that must be decoded whole."""
ROOM = 150_000_000
"""Bytes for the picture itself of what its process may fill: the rest is for the file and for what goes wrong."""
MAX_SCANS = 60
"""A progressive JPEG has about ten scans; thousands of empty ones are an attack on the processor."""

MEDIA_TYPES: Mapping[str, str] = {
    "jpeg": "image/jpeg",
    "png": "image/png",
    "webp": "image/webp",
    "avif": "image/avif",
    "gif": "image/gif",
    "heic": "image/heic",
    "svg": "image/svg+xml",
}


def find_format(data: bytes) -> str:
    """ "jpeg", "png", "webp", "avif", "gif", "heic", "svg", or "" for none of them."""
    if data[:4] == b"RIFF":
        return "webp" if data[8:12] == b"WEBP" else ""
    if data[4:8] == b"ftyp":
        brands = data[8:40]
        return "avif" if b"avi" in brands else "heic" if b"hei" in brands or b"hev" in brands else ""
    if data[:1] in b"\xef<\r\n\t " and _SVG.match(data[:4096]):
        return "svg"
    return next((name for start, name in _STARTS if data.startswith(start)), "")


# Possessive: what ends at "-->" is tried with no later one, which took a second for each bit of the number of comments.
_SVG = re.compile(rb"(?:\xef\xbb\xbf)?\s*+(?:(?><\?xml[^>]*>|<!--.*?-->|<!DOCTYPE[^>\[]*>)\s*+)*+<svg[\s>]", re.DOTALL)

_STARTS = (
    (b"\xff\xd8\xff", "jpeg"),
    (b"\x89PNG\r\n\x1a\n", "png"),
    (b"GIF87a", "gif"),
    (b"GIF89a", "gif"),
)


def describe_unknown(data: bytes) -> str:
    """What the bytes seem to be instead of a picture, in words for a person."""
    head = data[:512].lstrip().lower()
    if not head:
        return "the file is empty"
    if head.startswith(b"<"):
        return "a web page came instead of a picture"
    if head.startswith(b"version https://git-lfs"):
        return "a pointer of Git LFS instead of the picture: `git lfs pull` brings it, `lfs: true` in a job's checkout"
    if data[4:8] == b"ftyp":
        return "MPEG pictures other than HEIC and AVIF are not read; name a JPEG, PNG, WebP or AVIF"
    return "not a JPEG, PNG, WebP, AVIF or GIF"


def read_webp_size(data: bytes) -> tuple[int, int]:
    """Width and height from a WebP header, before its decoder allocates them; (0, 0) where there is no header.

    https://developers.google.com/speed/webp/docs/riff_container
    """
    chunk = data[12:16]
    if chunk == b"VP8X" and len(data) >= 30:
        return _little(data[24:27]) + 1, _little(data[27:30]) + 1
    if chunk == b"VP8L" and len(data) >= 25:
        bits = _little(data[21:25])
        return (bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1
    if chunk == b"VP8 " and len(data) >= 30:
        return _little(data[26:28]) & 0x3FFF, _little(data[28:30]) & 0x3FFF
    return 0, 0


def _little(data: bytes) -> int:
    return int.from_bytes(data, "little")


# --- freed memory of pictures comes back at once instead of from the kernel, page by page ---

_KEPT = 31 * 1024 * 1024


def keep_freed_memory() -> None:
    """Until something else is asked of glibc; elsewhere this does nothing."""
    library, trim_threshold, mmap_threshold = ctypes.CDLL(None), -1, -3  # as its malloc.h numbers them
    if hasattr(library, "mallopt"):
        library.mallopt(mmap_threshold, _KEPT)
        library.mallopt(trim_threshold, 2 * _KEPT)


# --- grey, palette, 16 bits, CMYK, transparency and ICC profiles turned into RGB ---

LIGHT_PAPER: RGB = (255, 255, 255)
GREY_PAPER: RGB = (124, 126, 132)
DARK_PAPER: RGB = (28, 28, 32)


BAND = 1_000_000
"""Pixels turned at a time: some ways take 20 bytes for each."""
SHARP = 1.25
"""How many times larger than needed a picture stays at least, so that the last scaling has enough to choose from."""


def shrink_to_rgb(image: Image.Image, profile: bytes, need: tuple[int, int]) -> Image.Image:
    """The image as RGB, and not many times larger than it must be to cover `need` pixels.

    A large one is turned band by band, so that it is in memory once.
    """
    factor = int(min(image.width / need[0], image.height / need[1]) / SHARP) or 1
    is_clear = image.has_transparency_data
    is_plain = image.mode in {"RGB", "L", "CMYK"} and not is_clear
    if factor == 1 and (is_plain or image.width * image.height <= BAND):
        return to_rgb(image, profile)
    paper = _choose_paper(thin(image, image.width * image.height // BAND)) if is_clear else LIGHT_PAPER
    whole = Image.new("RGB", (image.width // factor, image.height // factor))
    rows = max(1, BAND // image.width // factor) * factor
    for top in range(0, whole.height * factor, rows):
        bottom = min(top + rows, whole.height * factor)
        band = to_rgb(image.crop((0, top, whole.width * factor, bottom)), profile, paper)
        whole.paste(band.reduce(factor), (0, top // factor))
    return whole


def resize(
    image: Image.Image,
    size: tuple[int, int],
    method: Image.Resampling,
    box: tuple[float, float, float, float] | None = None,
) -> Image.Image:
    """The box of an RGB image, or all of it, at another size; with SIMD where the extra `fast` is installed."""
    if not can_resize_fast():
        gap = 3.0 if method is Image.Resampling.LANCZOS else 2.0
        return image.resize(size, method, box=box, reducing_gap=gap)
    import cykooz_resizer as fast  # type: ignore[import-untyped]  # noqa: PLC0415 - few runs draw a photo

    left, top, right, bottom = box or (0, 0, *image.size)
    kind = fast.FilterType.lanczos3 if method is Image.Resampling.LANCZOS else fast.FilterType.catmull_rom
    options = fast.ResizeOptions(
        resize_alg=fast.ResizeAlg.convolution(kind),
        crop_box=fast.CropBox(left, top, min(right, image.width) - left, min(bottom, image.height) - top),
    )
    resized = Image.new("RGB", size)
    fast.Resizer().resize_pil(image, resized, options)
    return resized


@cache
def can_resize_fast() -> bool:
    return find_spec("cykooz_resizer") is not None


def thin(image: Image.Image, step: int) -> Image.Image:
    """Every `step`th pixel of every `step`th row, at least one of each, for what only needs an impression."""
    step = max(1, step)
    return image.resize((max(1, image.width // step), max(1, image.height // step)), Image.Resampling.NEAREST)


def to_rgb(image: Image.Image, profile: bytes, paper: RGB | None = None) -> Image.Image:
    """The image as RGB: transparency laid on paper that shows it, CMYK through its own profile."""
    if image.mode == "RGB" and "transparency" not in image.info:
        return image
    if image.mode.startswith("I;16") or image.mode == "I":
        return _from_deep(image).convert("RGB")
    if image.mode == "CMYK":
        return to_srgb(image, profile)
    if image.has_transparency_data:
        return _flatten(image.convert("RGBA"), paper or _choose_paper(image))
    return image.convert("RGB")


def to_srgb(image: Image.Image, profile: bytes) -> Image.Image:
    """The image with its ICC profile applied; without one, or with a broken one, as it is."""
    if not profile or (image.mode == "RGB" and b"sRGB" in profile):
        return image if image.mode == "RGB" else image.convert("RGB")
    try:
        source = ImageCms.ImageCmsProfile(BytesIO(profile))
        converted = ImageCms.profileToProfile(image, source, ImageCms.createProfile("sRGB"), outputMode="RGB")
    except (ImageCms.PyCMSError, OSError, ValueError, TypeError):
        return image.convert("RGB")
    return image.convert("RGB") if converted is None else converted


def _from_deep(image: Image.Image) -> Image.Image:
    """16 bits of grey as 8."""
    return image.convert("F").point(lambda value: value * (255 / 65535) + 0).convert("L")


def _choose_paper(image: Image.Image) -> RGB:
    """White, but where that loses ink: drawings in light colours alone, and signs whose outline is partly white, go on
    dark paper, or on grey where that would lose dark ink."""
    rgba = thin(image, max(image.size) // 256).convert("RGBA")
    luma, solid = rgba.convert("L"), rgba.getchannel("A").point(_SOLID)
    seen = luma.histogram(solid)
    if sum(seen) < 0.9 * rgba.width * rgba.height and sum(seen[:_DARK]) <= 0.02 * sum(seen):
        return DARK_PAPER
    box = solid.getbbox() or (0, 0, 1, 1)
    if sum(seen) > _SHEET * (box[2] - box[0]) * (box[3] - box[1]):
        return LIGHT_PAPER
    rim = luma.histogram(ImageChops.subtract(solid, solid.filter(ImageFilter.MinFilter(3))))
    if sum(rim[_WHITE:]) <= _LOST * sum(rim):
        return LIGHT_PAPER
    return DARK_PAPER if sum(seen[:_BLACK]) <= _LOST * sum(seen) else GREY_PAPER


_SOLID = [255 if alpha > 127 else 0 for alpha in range(256)]
_DARK, _WHITE, _BLACK = 170, 225, 70
"""Luma below which ink is seen on white, from which on it is lost there, and below which it is lost on dark paper."""
_LOST, _SHEET = 0.1, 0.85
"""Of a sign's outline, so much may be lost; and what fills so much of its box is a sheet or a window, seen by what is
on it."""


def _flatten(image: Image.Image, colour: RGB) -> Image.Image:
    paper = Image.new("RGB", image.size, colour)
    paper.paste(image.convert("RGB"), (0, 0), image.getchannel("A"))
    return paper


# --- HEIC photos and SVG drawings, by the libraries of the extra `pictures` ---
# An SVG is a program of its own: it may name other files, take any size, and nest. So it must be UTF-8 without
# entities, name nothing but what is in it, and have a shape that a card can show; what it takes beyond that, time and
# memory, is the matter of the process that decodes it.

ADVICE = "syndicate-feeds[pictures] brings what reads it: README, Extras"
MOST_LETTERS = 4_000_000
MOST_PIXELS, MOST_ACROSS = 6_000_000, 4_000
"""Of a drawing as it is rendered: more than a card ever needs."""
DEEPEST = 200
"""Levels of nesting: more would overflow the stack of the library."""
STRETCHED = 8
"""A drawing so many times longer than wide is not a lead image."""
LARGE_ENOUGH = 1_600
"""Pixels of the longer side at which a drawing is rendered at least: it has no size of its own."""

_ROOT = re.compile(r"<svg\b[^>]*>", re.IGNORECASE)
_NUMBER = r"\s*=\s*[\"']\s*([0-9.]+)\s*(?:px)?\s*[\"']"
_WIDTH, _HEIGHT = re.compile(r"\swidth" + _NUMBER), re.compile(r"\sheight" + _NUMBER)
_VIEW = re.compile(r"\sviewBox\s*=\s*[\"']\s*[-0-9.e]+[\s,]+[-0-9.e]+[\s,]+([0-9.e]+)[\s,]+([0-9.e]+)")
_OUTSIDE = re.compile(
    r"href\s*=\s*[\"']\s*(?!#|data:image/(?:png|jpeg|webp|gif);)|<!ENTITY|@import|url\(\s*[\"']?(?!#)"
)
_TAG = re.compile(r"<(/?)[A-Za-z][^<>]*?(/?)>")


class ExtraMissing(Exception):
    """The library that reads this kind of picture is not installed."""


def open_heic(data: bytes) -> ImageFile.ImageFile:
    """The header read; it is upright already, whatever its EXIF block says."""
    try:
        from pillow_heif import HeifImageFile, options  # noqa: PLC0415 - an extra
    except ImportError as error:
        raise ExtraMissing(f"HEIC is not read here; {ADVICE}") from error
    options.DECODE_THREADS = 1
    options.THUMBNAILS = False
    image: ImageFile.ImageFile = HeifImageFile(BytesIO(data))  # type: ignore[no-untyped-call]
    return image


def read_svg_size(data: bytes) -> tuple[int, int]:
    """Width and height at which a drawing is rendered. Raises ValueError for one that cannot be trusted or used."""
    text = data.decode("utf-8")
    if len(text) > MOST_LETTERS:
        raise ValueError("the SVG is far too long")
    if _OUTSIDE.search(text):
        raise ValueError("the SVG names other files or entities")
    if _find_depth(text) > DEEPEST:
        raise ValueError("the SVG is nested far too deeply")
    root = _ROOT.search(text)
    if root is None:
        raise ValueError("the SVG has no root")
    view, width, height = _VIEW.search(root[0]), _WIDTH.search(root[0]), _HEIGHT.search(root[0])
    shape = view.groups() if view else (width[1], height[1]) if width and height else None
    across, down = map(float, shape) if shape else (0.0, 0.0)
    if not (across > 0 < down and math.isfinite(across * down) and 1 / STRETCHED <= across / down <= STRETCHED):
        raise ValueError("the SVG has no size that a card can show")
    scale = LARGE_ENOUGH / max(across, down)
    return max(1, round(across * scale)), max(1, round(down * scale))


def _find_depth(text: str) -> int:
    steps = (-1 if tag[1] else 0 if tag[2] else 1 for tag in _TAG.finditer(text))
    return max(accumulate(steps), default=0)


def render_svg(data: bytes, need: tuple[int, int], fonts: Sequence[str]) -> Image.Image:
    """The drawing as RGBA, large enough to cover `need` where that is not far too much; its letters are of `fonts`."""
    width, height = read_svg_size(data)
    scale = max(1.0, need[0] / width, need[1] / height)
    scale = min(scale, MOST_ACROSS / max(width, height), math.sqrt(MOST_PIXELS / (width * height)))
    try:
        import resvg_py  # noqa: PLC0415 - an extra
    except ImportError as error:
        raise ExtraMissing(f"SVG is not drawn here; {ADVICE}") from error
    png = resvg_py.svg_to_bytes(
        svg_string=data.decode("utf-8"),
        width=round(width * scale),
        skip_system_fonts=True,
        font_files=list(fonts),
        font_family="Inter",
        sans_serif_family="Inter",
        serif_family="Source Serif 4",
        monospace_family="JetBrains Mono",
    )
    with PngImagePlugin.PngImageFile(BytesIO(bytes(png))) as image:
        return image.convert("RGBA")
