"""Pixels: what is inside the block, in colour or not, and the same each time."""

from __future__ import annotations

import io

import pytest
import uharfbuzz as hb
from fontTools.fontBuilder import FontBuilder
from fontTools.pens.ttGlyphPen import TTGlyphPen
from fontTools.ttLib import newTable
from fontTools.ttLib.tables.sbixGlyph import Glyph
from fontTools.ttLib.tables.sbixStrike import Strike
from PIL import Image

from syndicate.typeset import Drawn, FontSet, TextBlock, draw_text, fit_text, make_face
from syndicate.typeset.faces import Ink


def lay(text: str, fonts: FontSet, size_px: float = 64) -> TextBlock:
    return fit_text(text, fonts=fonts, family="Inter", sizes=(size_px,), max_width=900, max_lines=3)


def to_image(drawn: Drawn) -> Image.Image:
    assert drawn.mask is not None
    return drawn.mask.image


def test_a_letter_is_drawn_where_it_stands(fonts: FontSet) -> None:
    """The ink of H reaches from its cap height, 0.727 em in Inter, down to the baseline, dark inside, clear outside."""
    block = lay("H", fonts)
    drawn = draw_text(block)
    assert drawn.mask is not None
    assert drawn.pictures == ()
    assert drawn.mask.image.height == pytest.approx(0.727 * block.size_px, abs=1)
    assert drawn.mask.top + drawn.mask.image.height == block.lines[0].baseline
    image = to_image(drawn)
    assert image.getextrema() == (0, 255)
    assert image.getpixel((image.width // 2, 2)) == 0


def test_letters_stand_between_pixels(fonts: FontSet) -> None:
    """The same letter further right is drawn with other greys, not pushed to a whole pixel."""
    image = to_image(draw_text(lay("llllllll", fonts, size_px=31)))
    columns = {image.crop((left, 0, left + 1, image.height)).tobytes() for left in range(image.width)}
    assert len(columns) > 6


def test_the_mask_lies_within_the_block(fonts: FontSet) -> None:
    """All lines are drawn into one mask that begins and ends inside the block."""
    block = lay("Many words\non two lines", fonts)
    mask = draw_text(block).mask
    assert mask is not None
    assert mask.top >= 0
    assert mask.top + mask.image.height <= block.height
    assert mask.left + mask.image.width <= block.width + 2


def test_an_emoji_is_a_picture(fonts: FontSet) -> None:
    """A colour emoji is no part of the mask: it comes as RGBA with transparent corners and colours inside."""
    drawn = draw_text(lay("😀", fonts))
    assert drawn.mask is None
    (picture,) = drawn.pictures
    image = picture.image
    assert image.getpixel((0, 0))[3] == 0  # type: ignore[index]
    red, green, blue, alpha = image.getpixel((image.width // 2, image.height // 3))  # type: ignore[misc]
    assert alpha == 255
    assert min(red, green) > blue + 60


@pytest.mark.parametrize("text", ["👩🏽‍🚀", "🇯🇵", "1️⃣", "🏳️‍🌈", "👨‍👩‍👧‍👦"])
def test_a_sequence_is_one_picture(text: str, fonts: FontSet) -> None:
    """Skin tones, flags, keycaps and families joined by ZWJ become one glyph."""
    assert len(draw_text(lay(text, fonts)).pictures) == 1


def test_skin_tones_differ(fonts: FontSet) -> None:
    """The tone asked for is the tone drawn."""
    light, dark = (draw_text(lay(text, fonts)).pictures[0].image for text in ("✌🏻", "✌🏿"))
    assert light != dark


def test_the_same_text_is_the_same_bytes(fonts: FontSet, base_fonts: FontSet) -> None:
    """Drawing again, also with another set of the same fonts, changes no byte."""
    again = FontSet(base_fonts.faces)
    assert draw_text(lay("Same again", fonts)) == draw_text(lay("Same again", again))


def test_nothing_to_draw(fonts: FontSet) -> None:
    """Spaces leave no ink."""
    drawn = draw_text(lay("\u00a0", fonts))
    assert (drawn.mask, drawn.pictures) == (None, ())


def test_bitmap_emoji_are_scaled(fonts: FontSet) -> None:
    """A font of PNG strikes, as systems bring, is drawn at the size asked for."""
    face = make_face(hb.Blob(make_bitmap_font()), is_emoji=True)
    assert face.ink is Ink.BITMAP
    block = lay("😀", FontSet((*fonts.faces[:1], face)), size_px=50)
    (picture,) = draw_text(block).pictures
    assert picture.image.size == (50, 50)
    assert picture.image.getpixel((25, 25)) == (200, 30, 40, 255)


def test_heavier_is_darker(fonts: FontSet) -> None:
    """The weight axis is used."""
    light, heavy = (
        fit_text("word", fonts=fonts, family="Inter", weight=weight, sizes=(64,), max_width=900, max_lines=1)
        for weight in (200, 900)
    )
    assert sum(to_image(draw_text(light)).tobytes()) < sum(to_image(draw_text(heavy)).tobytes()) / 2


def test_right_to_left_brackets_are_mirrored(fonts: FontSet) -> None:
    """An opening bracket in Hebrew is drawn as the closing one in Latin."""
    hebrew, latin = lay("א(", fonts), lay("a)", fonts)
    bracket = hebrew.lines[0].runs[0].glyphs[0].id
    face = hebrew.lines[0].runs[0].face
    assert face.family == "Inter"
    assert bracket == latin.lines[0].runs[-1].glyphs[-1].id


def make_bitmap_font() -> bytes:
    """A font of two glyphs, the second a red square as PNG (sbix) for U+1F600."""
    red = io.BytesIO()
    Image.new("RGB", (136, 136), (200, 30, 40)).save(red, "PNG")
    builder = FontBuilder(1000, isTTF=True)
    builder.setupGlyphOrder([".notdef", "smile"])
    builder.setupCharacterMap({0x1F600: "smile"})
    builder.setupGlyf({name: TTGlyphPen(None).glyph() for name in (".notdef", "smile")})
    builder.setupHorizontalMetrics({".notdef": (1000, 0), "smile": (1000, 0)})
    builder.setupHorizontalHeader(ascent=900, descent=-100)
    builder.setupNameTable({"familyName": "Strikes", "styleName": "Regular"})
    builder.setupOS2()
    builder.setupPost()
    strike = Strike(ppem=136, resolution=72)
    strike.glyphs = {"smile": Glyph(graphicType="png ", glyphName="smile", imageData=red.getvalue())}
    builder.font["sbix"] = sbix = newTable("sbix")
    sbix.strikes = {136: strike}
    data = io.BytesIO()
    builder.save(data)
    return data.getvalue()
