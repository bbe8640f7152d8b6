"""Every way of storing a pixel turned into 8-bit RGB: grey, palette, 16 bits, CMYK, transparency, ICC profiles."""

from __future__ import annotations

from functools import cache
from importlib.util import find_spec
from io import BytesIO

from PIL import Image, ImageChops, ImageCms, ImageFilter

from syndicate.cards.colour import RGB

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
    is_plain = image.mode in {"RGB", "L", "CMYK"} and not image.has_transparency_data
    if factor == 1 and (is_plain or image.width * image.height <= BAND):
        return to_rgb(image, profile)
    paper = _choose_paper(_thin_out(image)) if image.has_transparency_data else LIGHT_PAPER
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


def _thin_out(image: Image.Image) -> Image.Image:
    """Every few pixels one, for what only needs an impression."""
    step = max(1, image.width * image.height // BAND)
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
    step = max(1, max(image.size) // 256)
    sparse = image.resize((max(1, image.width // step), max(1, image.height // step)), Image.Resampling.NEAREST)
    rgba = sparse.convert("RGBA")
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
