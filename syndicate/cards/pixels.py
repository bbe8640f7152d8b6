"""Every way of storing a pixel turned into 8-bit RGB: grey, palette, 16 bits, CMYK, transparency, ICC profiles."""

from __future__ import annotations

from io import BytesIO

from PIL import Image, ImageCms

from syndicate.cards.colour import RGB

LIGHT_PAPER: RGB = (255, 255, 255)
DARK_PAPER: RGB = (28, 28, 32)


def to_rgb(image: Image.Image, profile: bytes) -> Image.Image:
    """The image as RGB: transparency laid on paper that shows it, CMYK through its own profile."""
    if image.mode == "RGB" and "transparency" not in image.info:
        return image
    if image.mode.startswith("I;16") or image.mode == "I":
        return _from_deep(image).convert("RGB")
    if image.mode == "CMYK":
        return to_srgb(image, profile)
    if image.has_transparency_data:
        return _flatten(image.convert("RGBA"))
    return image.convert("RGB")


def to_srgb(image: Image.Image, profile: bytes) -> Image.Image:
    """The image with its ICC profile applied; without one, or with a broken one, as it is."""
    if not profile or (image.mode == "RGB" and b"sRGB" in profile):
        return image.convert("RGB")
    try:
        source = ImageCms.ImageCmsProfile(BytesIO(profile))
        converted = ImageCms.profileToProfile(image, source, ImageCms.createProfile("sRGB"), outputMode="RGB")
    except (ImageCms.PyCMSError, OSError, ValueError, TypeError):
        return image.convert("RGB")
    return image.convert("RGB") if converted is None else converted


def _from_deep(image: Image.Image) -> Image.Image:
    """16 bits of grey as 8."""
    return image.convert("F").point(lambda value: value * (255 / 65535) + 0).convert("L")


def _flatten(image: Image.Image) -> Image.Image:
    """Light drawings go on dark paper, everything else on white."""
    alpha = image.getchannel("A")
    tiny = image.convert("RGBa").resize((1, 1), Image.Resampling.BOX).convert("RGBA").getpixel((0, 0))
    is_light = isinstance(tiny, tuple) and tiny[3] < 200 and min(tiny[:3]) > 200
    paper = Image.new("RGB", image.size, DARK_PAPER if is_light else LIGHT_PAPER)
    paper.paste(image.convert("RGB"), (0, 0), alpha)
    return paper
