"""The site's logo, scaled to stand inside its box. A logo that cannot be read is left out."""

from __future__ import annotations

from io import BytesIO

from PIL import Image, PngImagePlugin

from syndicate.cards.sniff import find_format


def draw_logo(data: bytes, box: tuple[int, int, int, int]) -> Image.Image:
    """The logo as RGBA, as large as fits into the box with its own proportions."""
    room = (max(1, box[2] - box[0]), max(1, box[3] - box[1]))
    if find_format(data) != "png":
        return Image.new("RGBA", (1, 1), (0, 0, 0, 0))
    with PngImagePlugin.PngImageFile(BytesIO(data)) as image:
        logo = image.convert("RGBA")
    scale = min(room[0] / logo.width, room[1] / logo.height)
    size = (max(1, round(logo.width * scale)), max(1, round(logo.height * scale)))
    return logo.resize(size, Image.Resampling.LANCZOS)
