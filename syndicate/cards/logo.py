"""The site's logo, decoded once with the design."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from io import BytesIO

from PIL import Image, ImageFile, JpegImagePlugin, PngImagePlugin, WebPImagePlugin

from syndicate.cards.sniff import MAX_PIXELS, find_format, read_webp_size
from syndicate.errors import ConfigError

MOST_PIXELS = MAX_PIXELS // 10

_OPENERS: Mapping[str, Callable[[BytesIO], ImageFile.ImageFile]] = {
    "png": PngImagePlugin.PngImageFile,
    "jpeg": JpegImagePlugin.JpegImageFile,
    "webp": WebPImagePlugin.WebPImageFile,
}


def parse_logo(data: bytes) -> Image.Image | None:
    """The logo as RGBA, None where there is none. Raises ConfigError for what is no PNG, JPEG or WebP."""
    if not data:
        return None
    name = find_format(data)
    if name not in _OPENERS:
        raise ConfigError("the logo is no PNG, JPEG or WebP", where="cards.logo", hint="export it as PNG")
    width, height = read_webp_size(data) if name == "webp" else (1, 1)
    try:
        with _OPENERS[name](BytesIO(data)) as image:
            if max(image.width * image.height, width * height) > MOST_PIXELS:
                raise ConfigError("the logo is far too large", where="cards.logo", hint="512 pixels are plenty")
            return image.convert("RGBA")
    except (OSError, SyntaxError, ValueError) as error:
        raise ConfigError("the logo's file is damaged", where="cards.logo") from error
