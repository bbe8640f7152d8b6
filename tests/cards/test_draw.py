"""Whole cards: chosen, reflowed, under their limits, the same every time."""

from __future__ import annotations

import io
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest
from PIL import Image

from syndicate.cards.draw import draw_card, paint_card
from syndicate.cards.parse import parse_design
from syndicate.errors import ConfigError
from syndicate.model import CardRules
from tests.cards import corpus, pictures
from tests.cards.conftest import CONTENT, read_layouts

SIZES = ((1200, 630), (2048, 512), (1080, 1080), (1080, 1350), (1080, 1920))
LONG = "Everything we learned about running a tiny, self-hosted publishing house for ten years, told slowly " * 10


def opened(drawing):
    return Image.open(io.BytesIO(drawing.data))


def photo(width=1200, height=800):
    return corpus.to_jpeg(corpus.draw_landscape(width, height))


def screen():
    return corpus.to_png(pictures.draw_article())


def find(painted, name):
    """The one box of a name."""
    (placed,) = [one for one in painted.placed if one.box.name == name]
    return placed


@pytest.mark.parametrize(
    ("values", "picture", "layout"),
    [
        ({}, (1200, 800), "cover"),
        ({}, (800, 533), "cover"),
        ({}, (600, 400), "cover"),
        ({}, (560, 373), "split"),
        ({}, (300, 200), "emblem"),
        ({}, (800, 1200), "split"),
        ({}, (1000, 1000), "split"),
        ({}, None, "type"),
        ({"is_short": True}, None, "quote"),
        ({"is_short": True}, (1200, 800), "cover"),
    ],
)
def test_the_layout_suits_the_picture(fonts, make_design, values, picture, layout):
    """Good wide photos are covers, small and upright ones stand beside the words; without one, type or quote."""
    data = photo(*picture) if picture else None
    drawing = draw_card(replace(CONTENT, **values), design=make_design(), fonts=fonts, photo=data)
    assert drawing.layout == layout


@pytest.mark.parametrize("layout", ["cover", "split"])
def test_a_layout_for_photos_needs_one(fonts, make_design, layout):
    """A site that always wants photos still gets a card for a post without."""
    assert draw_card(CONTENT, design=make_design(layout=layout), fonts=fonts).layout == "type"


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("layout", sorted(read_layouts()))
@pytest.mark.parametrize("title", ["Hi", CONTENT.title, LONG, "Donaudampfschifffahrtsgesellschaftskapitänsmütze" * 2])
def test_every_layout_holds_every_title_in_every_size(fonts, make_design, layout, size, title):
    """Inside the safe box, not under 24 pixels, readable, under the limit, for short, long and unbreakable titles."""
    data = photo()
    drawing = draw_card(
        replace(CONTENT, title=title), design=make_design(layout=layout), fonts=fonts, photo=data, size=size
    )
    assert opened(drawing).size == size == (drawing.width, drawing.height)
    assert drawing.outside == ()
    assert drawing.smallest >= 24
    assert drawing.contrast >= 4.5
    assert len(drawing.data) <= 280_000
    assert drawing.is_cut or title != LONG
    assert not drawing.is_cut or len(title) > 80


def test_flat_cards_are_palettes_and_photos_are_jpegs(fonts, make_design):
    """The kind of file follows what is on the card."""
    flat = draw_card(CONTENT, design=make_design(), fonts=fonts)
    cover = draw_card(CONTENT, design=make_design(), fonts=fonts, photo=photo())
    assert (flat.media_type, opened(flat).mode) == ("image/png", "P")
    assert (cover.media_type, opened(cover).mode) == ("image/jpeg", "RGB")


def test_a_photo_card_may_be_asked_for_as_png(fonts, make_design):
    """The site's format wins as long as its limit is kept, else the card is a JPEG after all."""
    png = draw_card(CONTENT, design=make_design(format="png", max_bytes=900_000), fonts=fonts, photo=photo())
    tight = draw_card(CONTENT, design=make_design(format="png", max_bytes=60_000), fonts=fonts, photo=photo())
    assert (png.media_type, tight.media_type) == ("image/png", "image/jpeg")
    assert len(tight.data) <= 60_000


@pytest.mark.parametrize(
    "bad",
    [
        b"",
        b"<html>",
        corpus.png_claiming(60_000, 60_000),
        corpus.to_png(Image.new("L", (1, 1))),
        corpus.to_jpeg(Image.new("RGB", (1600, 900), (9, 9, 9))),  # one colour all over
        corpus.to_png(Image.new("RGBA", (600, 400))),
    ],
)
def test_a_picture_that_cannot_be_used_costs_only_itself(fonts, make_design, bad):
    """The card is drawn as if there were no picture, and says why."""
    drawing = draw_card(CONTENT, design=make_design(), fonts=fonts, photo=bad)
    assert drawing.layout == "type"
    assert drawing.refused
    assert drawing.data == draw_card(CONTENT, design=make_design(), fonts=fonts).data


def test_the_same_input_gives_the_same_bytes(fonts):
    """Twice, from a design parsed anew, and in two threads at once: not a byte differs."""
    picture, files = photo(), read_layouts()
    designs = [parse_design(CardRules(), files) for _ in range(2)]
    with ThreadPoolExecutor(2) as pool:
        drawn = list(
            pool.map(lambda at: draw_card(CONTENT, design=designs[at % 2], fonts=fonts, photo=picture).data, range(6))
        )
    assert len(set(drawn)) == 1


def test_a_right_to_left_card_puts_its_photo_left(fonts, make_design):
    """In Arabic the whole grid is mirrored: words right, photo left; the photo itself is not."""
    red = Image.new("RGB", (1200, 800), (255, 0, 0))
    red.putpixel((600, 400), (0, 0, 0))
    design, picture = make_design(layout="split", theme="dark"), corpus.to_png(red)
    plain = draw_card(CONTENT, design=design, fonts=fonts, photo=picture)
    mirrored = draw_card(
        replace(CONTENT, title="لماذا", language="ar", direction="rtl"), design=design, fonts=fonts, photo=picture
    )
    assert opened(plain).getpixel((1190, 300))[0] > 240 > 60 > opened(plain).getpixel((10, 300))[0]
    assert opened(mirrored).getpixel((10, 300))[0] > 240 > 60 > opened(mirrored).getpixel((1190, 300))[0]


def test_a_logo_stands_on_the_card(fonts):
    """A site's logo is drawn where the layout has room for one, on photo cards and flat ones."""
    logo = corpus.to_png(Image.new("RGBA", (90, 60), (255, 0, 255, 255)))
    design = parse_design(CardRules(theme="dark"), read_layouts(), logo=logo)
    for picture in (None, photo()):
        image = opened(draw_card(CONTENT, design=design, fonts=fonts, photo=picture)).convert("RGB")
        pink = [c for c in image.getcolors(900_000) if c[1][0] > 220 and c[1][1] < 40 and c[1][2] > 220]
        assert sum(count for count, _ in pink) > 1000


def test_missing_characters_are_said(make_design, fonts):
    """A character no font has is reported with the card, not drawn as a silent box."""
    only_latin = replace(fonts, faces=tuple(face for face in fonts.faces if face.source.startswith("fontpkg")))
    drawing = draw_card(replace(CONTENT, title="技 here"), design=make_design(), fonts=only_latin)
    assert [missing.cluster for missing in drawing.missing] == ["技"]


@pytest.mark.parametrize("size", [(10, 10), (1200, 0), (9000, 630)])
def test_a_size_nobody_can_use_is_refused(fonts, make_design, size):
    """Cards have 200 to 4096 pixels a side."""
    with pytest.raises(ConfigError, match="not a possible size"):
        draw_card(CONTENT, design=make_design(), fonts=fonts, size=size)


def test_an_avatar_is_a_disc_with_a_first_letter(fonts):
    """The author's first grapheme stands in the middle of a disc of the accent colour."""
    own = """
[boxes.card]
kind = "column"
padding = [45, 60]
children = ["face"]
[boxes.face]
kind = "avatar"
text = "{{ author }}"
width = 200
height = 200
sizes = [80]
"""
    with pytest.raises(ConfigError, match="sizes"):
        parse_design(CardRules(), read_layouts() | {"own": own})
    files = read_layouts() | {"own": own.replace("sizes = [80]", "")}
    image = opened(
        draw_card(CONTENT, design=parse_design(CardRules(layout="own", theme="dark"), files), fonts=fonts)
    ).convert("RGB")
    disc = image.crop((60, 45, 260, 245))
    assert disc.getpixel((100, 20)) == disc.getpixel((20, 100)) != disc.getpixel((2, 2))
    assert image.getpixel((700, 300)) == disc.getpixel((2, 2))


@pytest.mark.parametrize("kind", ["rect", "pattern", "image"])
def test_a_box_far_larger_than_its_card_is_an_error(fonts, kind):
    """It is refused before a picture of that size is made."""
    own = f"[boxes.card]\nkind = 'layers'\nchildren = ['big']\n[boxes.big]\nkind = '{kind}'\n"
    own += "width = 9000\nheight = 9000\n"
    design = parse_design(CardRules(layout="own"), read_layouts() | {"own": own})
    with pytest.raises(ConfigError, match="twice as large as the card"):
        draw_card(CONTENT, design=design, fonts=fonts)


def test_a_screenshot_that_a_title_leaves_no_room_is_left_out_and_told(fonts, make_design):
    """Two hundred letters leave it its room; three hundred would leave it a stamp, and have the card to themselves."""
    cards = [
        draw_card(replace(CONTENT, title=LONG[:letters]), design=make_design(), fonts=fonts, photo=screen())
        for letters in (199, 300)
    ]
    assert [card.layout for card in cards] == ["framed", "type"]
    assert [card.refused for card in cards] == ["", "beside a title of 300 letters it would be too small to be seen"]


@pytest.mark.parametrize("direction", ["ltr", "rtl"])
def test_a_picture_below_a_title_has_the_signature_beside_it(fonts, make_design, direction):
    """The picture ends where the card's words end, the site's name begins where the title begins."""
    content = replace(CONTENT, title=LONG[:199], direction=direction)
    painted = paint_card(content, design=make_design(), fonts=fonts, photo=screen())
    picture, site = find(painted, "picture_low"), find(painted, "site")
    assert (picture.rect.right if direction == "ltr" else 1200 - picture.rect.x) == 1140
    assert (site.ink.x if direction == "ltr" else 1200 - site.ink.right) == pytest.approx(60, abs=1)
    assert not picture.rect.meets(site.rect)


def test_a_sky_above_the_badge_keeps_its_light(fonts, make_design):
    """The shade of a cover begins with its title: at the badge's top most of it is gone, a badge higher all of it."""
    painted = paint_card(CONTENT, design=make_design(layout="cover"), fonts=fonts, photo=photo())
    badge = find(painted, "category")
    veil = painted.shaded.veils["shade"]
    _, top, _, bottom = badge.rect.pixels
    assert veil.top > top - 2 * (bottom - top)
    assert max(veil.mask.crop((0, 0, 8, top - veil.top)).tobytes()) < 0.4 * 255 * veil.opacity


@pytest.mark.parametrize(("size", "least"), [((1080, 1080), 0.5), ((1080, 1920), 0.5), ((1200, 630), 0.35)])
def test_a_short_title_leaves_a_band_its_photo(fonts, make_design, size, least):
    """Half of an upright card is the photo."""
    content = replace(CONTENT, title="Notes")
    painted = paint_card(content, design=make_design(layout="band"), fonts=fonts, photo=photo(), size=size)
    assert find(painted, "photo").rect.height >= least * size[1]


@pytest.mark.parametrize("layout", ["cover", "type", "framed"])
def test_a_word_that_would_be_small_in_one_line_is_parted(fonts, make_design, layout):
    """52 letters are two lines of large type, not one of 40 pixels."""
    content = replace(CONTENT, title="Donaudampfschifffahrtselektrizitätenhauptbetriebswer")
    painted = paint_card(content, design=make_design(layout=layout), fonts=fonts, photo=photo())
    title = find(painted, "title_above" if layout == "framed" else "title")
    assert len(title.block.lines) >= 2
    assert title.block.size_px >= 68


def test_a_word_too_long_for_half_a_photo_stands_beside_it(fonts, make_design):
    """Words of 21 letters on the whole width of a cover, or on paper; nothing of them is small."""
    person = corpus.to_jpeg(pictures.draw_person(1200, 800, 0.8))
    content = replace(CONTENT, title="Schlechte Ideen aus dem Vermittlungsausschuss")
    cards = [draw_card(content, design=make_design(), fonts=fonts, photo=picture) for picture in (person, photo())]
    assert [(card.layout, card.title_size >= 52) for card in cards] == [("split", True), ("cover", True)]
