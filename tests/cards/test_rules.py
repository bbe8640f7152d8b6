"""What every card keeps, whatever its picture and its title: measured in pixels before they are encoded."""

from __future__ import annotations

import io
from dataclasses import replace
from functools import cache, partial

import pytest
from PIL import Image, ImageDraw, ImageOps

from syndicate.cards.check import check_drawing, list_notes
from syndicate.cards.choose import Flaw
from syndicate.cards.design import find_unit
from syndicate.cards.draw import draw_card, paint_card
from syndicate.cards.kind import find_kind
from syndicate.cards.parse import parse_design
from syndicate.cards.photo import decode_photo
from syndicate.model import CardRules
from tests.cards import corpus, more_pictures, pictures
from tests.cards.conftest import CONTENT, read_layouts

WIDE, SQUARE, STORY = (1200, 630), (1080, 1080), (1080, 1920)
LONG = (
    "A title of exactly two hundred characters is what some people write when they cannot decide what the post is "
    "about and so they put the whole argument into the heading, hoping someone will read to the end"
)
FORMER, CODE = "How async fn in traits broke my build", ("async fn",)


DRAWN = {**pictures.TEXTS, **pictures.LOGOS, **pictures.PHOTOS, **more_pictures.MORE_TEXTS, **more_pictures.MORE_PHOTOS}


@cache
def stored(name):
    """One of the drawn pictures as a file of the usual size."""
    image = DRAWN[name]().copy()  # some of them are kept
    image.thumbnail((1200, 1200))
    return corpus.to_png(image) if image.mode == "RGBA" else corpus.to_jpeg(image)


def paint(fonts, design, title=CONTENT.title, picture=None, size=WIDE, **values):
    content = replace(CONTENT, title=title, **values)
    return paint_card(content, design=design, fonts=fonts, photo=picture and stored(picture), size=size)


def overlap(one, other):
    return one.x < other.right and other.x < one.right and one.y < other.bottom and other.y < one.bottom


def words_of(painted):
    return [one for one in painted.placed if one.block is not None]


def pictures_of(painted):
    return [one for one in painted.placed if one.box.kind == "image"]


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        *((name, "text") for name in pictures.TEXTS),
        *((name, "logo") for name in pictures.LOGOS),
        *((name, "photo") for name in pictures.PHOTOS),
        *((name, "text") for name in ("heat", "slide", "dark slide", "meme", "subtitle", "talk", "board", "map")),
        *((name, "text") for name in ("receipt", "letter")),
        *((name, "photo") for name in ("blossoms", "fog", "crowd", "person left", "stars")),
    ],
)
def test_kinds_are_told_from_pixels_and_by_the_author(name, kind):
    """A screen, chart, diagram or scan holds text, what is cut out and small is a logo, a city at night is a photo."""
    photo = decode_photo(stored(name), WIDE)
    assert find_kind(photo) == kind
    assert find_kind(photo, "text") == "text"


def test_a_page_with_a_photo_on_it_holds_text_and_a_dark_photo_does_not():
    """A shop's page is mostly one ground, whatever its photo is like; so is a cellar with one small window."""
    photo = Image.open(io.BytesIO(stored("landscape"))).convert("RGB")
    page = Image.new("RGB", (1200, 900), (255, 255, 255))
    page.paste(photo.resize((720, 480)), (60, 300))
    page.paste(Image.open(io.BytesIO(stored("article"))).convert("RGB").crop((100, 100, 500, 180)), (60, 60))
    cellar = Image.new("RGB", (1200, 900), (2, 2, 3))
    cellar.paste(photo.resize((240, 300)), (700, 200))
    found = [find_kind(decode_photo(corpus.to_jpeg(image, 85), WIDE)).value for image in (page, cellar)]
    assert found == ["text", "photo"]


def test_photos_that_were_put_together_are_shown_whole(fonts, make_design):
    """Beside one another, with or without a gap, or below with one; a horizon at sea and a door are in one photo."""
    one = corpus.draw_landscape(800, 1067, corpus.NOON)
    other = one.point([value // 3 for value in range(256)] * 3)
    found = {}
    for name, gap, size in (("beside", 0, (1600, 1067)), ("gap", 24, (1624, 1067)), ("below", 24, (800, 2158))):
        whole = Image.new("RGB", size, (255, 255, 255))
        whole.paste(one, (0, 0))
        whole.paste(other, (0, 1067 + gap) if name == "below" else (800 + gap, 0))
        found[name] = whole
    sea = corpus.draw_landscape(1600, 1067).copy()
    sea.paste((20, 50, 90), (0, 600, 1600, 1067))
    door = corpus.draw_landscape(1600, 1067).copy()
    door.paste((60, 30, 20), (600, 120, 1000, 1067))
    found |= {"sea": sea, "door": door}
    layouts = {}
    for name, image in found.items():
        drawing = draw_card(CONTENT, design=make_design(), fonts=fonts, photo=corpus.to_jpeg(image))
        layouts[name] = drawing.layout == "framed"
    assert layouts == {"beside": True, "gap": True, "below": True, "sea": False, "door": False}


def test_an_author_who_calls_a_screenshot_a_photo_is_told_once_more(fonts, make_design):
    """Its words lie on it or its edges are cut, which is no problem but a note; of a real photo nothing is said."""
    cards = {
        name: draw_card(
            replace(CONTENT, picture_kind="photo", picture_alt="seen", has_picture=True),
            design=make_design(),
            fonts=fonts,
            photo=stored(name),
        )
        for name in ("article", "terminal", "table", "landscape")
    }
    assert [name for name, card in cards.items() if list_notes(card)] == ["article", "terminal", "table"]
    assert [card.layout for card in cards.values()] == ["side", "split", "cover", "cover"]
    assert not any(check_drawing(CONTENT, card, max_bytes=280_000) for card in cards.values())


@pytest.mark.parametrize("size", [WIDE, SQUARE, STORY])
@pytest.mark.parametrize("name", [*pictures.TEXTS, *pictures.LOGOS])
def test_no_word_lies_on_a_picture_with_text(fonts, make_design, name, size):
    """It is shown whole, in its own shape, beside or under the words, even where the site always wants covers."""
    painted = paint(fonts, make_design(layout="cover"), picture=name, size=size)
    (picture,) = pictures_of(painted)
    assert not any(overlap(word.ink, picture.rect) for word in words_of(painted))
    given = Image.open(io.BytesIO(stored(name)))
    assert picture.rect.width / picture.rect.height == pytest.approx(given.width / given.height, rel=0.16)
    assert picture.rect.width * picture.rect.height > 0.05 * size[0] * size[1]


@pytest.mark.parametrize("accent", ["#c2410c", "#c6f24e", "#101a44", "#777777", "#fff200"])
@pytest.mark.parametrize("picture", [None, "landscape", "bars", "panorama", "noon", "upright", "icon", "person"])
def test_the_accent_is_on_every_card_exactly(fonts, make_design, accent, picture):
    """As paper, badge, rule or shape: some hundred pixels have the very colour that the site named."""
    wanted = tuple(int(accent[at : at + 2], 16) for at in (1, 3, 5))
    for title in (CONTENT.title, "2026", LONG):
        image = paint(fonts, make_design(accent=accent), title, picture).image.convert("RGB")
        exact = sum(number for number, colour in image.getcolors(image.width * image.height) if colour == wanted)
        assert exact >= 300, title


LOGOS = {
    "dark": pictures.draw_wordmark(),
    "light": pictures.draw_wordmark(ink=(250, 250, 250)),
    "grey": pictures.draw_wordmark(ink=(128, 128, 128)),
    "icon": pictures.draw_icon(),
}


@pytest.mark.parametrize("logo", ["dark", "light", "grey", "icon"])
@pytest.mark.parametrize("picture", [None, "landscape", "bars", "noon", "upright", "icon", "panorama", "person"])
def test_every_logo_is_shown_and_can_be_read(fonts, logo, picture):
    """In every layout, on light and on dark, 3:1 with what is under it, on a plate where nothing else helps."""
    design = parse_design(CardRules(), read_layouts(), logo=corpus.to_png(LOGOS[logo]))
    for title, is_short in ((CONTENT.title, False), ("2026", False), (CONTENT.title, True)):
        painted = paint(fonts, design, title, picture, is_short=is_short)
        assert painted.shaded.logo_contrast >= 3
        (box,) = [one for one in painted.placed if one.box.kind == "logo"]
        assert box.rect.width <= 260
        assert not any(overlap(box.rect, word.ink) for word in words_of(painted))


def test_a_logo_for_dark_grounds_is_taken_there(fonts):
    """Then no plate is needed: the pixels around the letters are the paper's."""
    both = {"logo": corpus.to_png(LOGOS["dark"]), "logo_dark": corpus.to_png(LOGOS["light"])}
    design = parse_design(CardRules(theme="dark"), read_layouts(), **both)
    painted = paint(fonts, design)
    (box,) = [one for one in painted.placed if one.box.kind == "logo"]
    colours = painted.image.convert("RGB").crop(box.rect.pixels).getcolors(100_000)
    assert max(colours)[1] == painted.theme.paper
    assert painted.shaded.logo_contrast > 10


@pytest.mark.parametrize("title", [CONTENT.title, "2026", LONG, FORMER])
@pytest.mark.parametrize("picture", [None, "landscape", "bars", "lines", "upright", "icon", "panorama", "person"])
def test_the_label_zone_is_free(fonts, make_design, title, picture):
    """X lays a label over the lower left corner: no word and no logo stands in the lowest 78 pixels."""
    painted = paint(fonts, make_design(), title, picture)
    for one in painted.placed:
        if one.block is not None or one.box.kind == "logo":
            assert one.ink.bottom <= 630 - 78, one.box.name


def test_long_titles_use_the_room(fonts, make_design):
    """Two hundred letters stand in up to six lines of 48 pixels at least, whole; a story gives them more."""
    wide = draw_card(replace(CONTENT, title=LONG), design=make_design(), fonts=fonts)
    tall = draw_card(replace(CONTENT, title=LONG), design=make_design(), fonts=fonts, size=STORY)
    assert (wide.layout, wide.is_cut, tall.is_cut) == ("type", False, False)
    assert wide.title_size >= 48
    assert tall.smallest >= 40
    painted = paint(fonts, make_design(), LONG)
    assert not [one for one in painted.placed if one.box.kind == "pattern"]
    (title,) = [one for one in words_of(painted) if one.box.name == "title"]
    assert len(title.block.lines) <= 6


@pytest.mark.parametrize("picture", ["terminal", "phone", "bars", "lines", "upright", "icon", "person", "landscape"])
def test_long_titles_stay_large_beside_pictures(fonts, make_design, picture):
    """Two hundred letters have 48 pixels and at most seven lines whatever the picture: it gives up room."""
    painted = paint(fonts, make_design(), LONG, picture)
    (title,) = [one for one in words_of(painted) if one.box.name.startswith("title")]
    assert title.block.size_px >= 48
    assert len(title.block.lines) <= 7
    assert not title.block.is_truncated


@pytest.mark.parametrize("shape", [(1600, 900), (1600, 700), (1000, 1000), (800, 1200)])
@pytest.mark.parametrize("size", [WIDE, SQUARE])
def test_three_hundred_letters_are_read_beside_a_photo(fonts, make_design, shape, size):
    """They stand whole, in 48 pixels, whatever the photo's shape: photo and byline give up their room."""
    photo, title = corpus.to_jpeg(corpus.draw_landscape(*shape)), f"{LONG} of it before they lose all patience"
    content = replace(CONTENT, title=f"{title} and go away to read about other things elsewhere"[:300])
    drawing = draw_card(content, design=make_design(), fonts=fonts, photo=photo, size=size)
    assert (drawing.title_size >= 48, drawing.is_cut) == (True, False)


@pytest.mark.parametrize("picture", [None, "panorama", "article", "phone", "bars", "lines", "icon", "wordmark"])
@pytest.mark.parametrize("words", ["", "Datenschutzgrundverordnungsfragen: "])
def test_280_letters_are_read_beside_any_picture(fonts, make_design, picture, words):
    """Whole, in 48 pixels, with a word of 33 letters in them as well; a picture beside them is seen or left out."""
    text = f"{words}{LONG} of it before they lose all patience and go on to read elsewhere about other things"[:280]
    painted = paint(fonts, make_design(), text, picture)
    (title,) = [one for one in words_of(painted) if one.box.name.startswith("title")]
    assert title.block.size_px >= 48
    assert not title.block.is_truncated
    assert all(max(one.rect.width, one.rect.height) >= 160 for one in pictures_of(painted))


@pytest.mark.parametrize("picture", [None, "terminal", "phone", "bars", "upright", "icon", "person"])
@pytest.mark.parametrize("size", [SQUARE, (1200, 900), (1000, 1500), STORY])
def test_upright_cards_show_the_accent_and_long_titles_large(fonts, make_design, size, picture):
    """Two hundred letters stand whole on every size, in 48 pixels of a 1200x630 card at least, with the site's colour;
    so do 245 on a square without a picture."""
    painted = paint(fonts, make_design(accent="#c2410c"), LONG, picture, size)
    (title,) = [one for one in words_of(painted) if one.box.name.startswith("title")]
    assert not title.block.is_truncated
    assert round(title.block.size_px / find_unit(*size)) >= 48
    if picture is None and size == SQUARE:
        (longer,) = [
            one
            for one in words_of(paint(fonts, make_design(), LONG + LONG[:54], None, size))
            if one.box.name == "title"
        ]
        assert round(longer.block.size_px / find_unit(*size)) >= 48
    colours = painted.image.convert("RGB").getcolors(size[0] * size[1])
    assert sum(number for number, colour in colours if colour == (194, 65, 12)) >= 300


@pytest.mark.parametrize("picture", ["bars", "upright", "icon", "person", "landscape", None])
def test_long_words_stay_large_beside_pictures(fonts, make_design, picture):
    """A word of 43 letters is neither torn nor smaller than 48 pixels: the picture stands below it."""
    painted = paint(fonts, make_design(), "Donaudampfschifffahrtsgesellschaftskapitän: eine Spurensuche", picture)
    (title,) = [one for one in words_of(painted) if one.box.name.startswith("title")]
    assert title.block.size_px >= 48
    assert not title.block.tears_words


@pytest.mark.parametrize("picture", ["terminal", "bars", "upright", "icon", "panorama", "landscape"])
@pytest.mark.parametrize(
    "title", ["WHY WE STOPPED SHOUTING AND STARTED SHIPPING SMALLER RELEASES EVERY DAY", LONG[:150]]
)
def test_pictures_give_way_to_titles_that_need_more(fonts, make_design, title, picture):
    """Wide letters, too, have 48 pixels beside every picture."""
    painted = paint(fonts, make_design(), title, picture)
    (words,) = [one for one in words_of(painted) if one.box.name.startswith("title")]
    assert words.block.size_px >= 48
    assert not words.block.is_truncated


def test_nobody_stands_in_the_shade_of_a_title(fonts, make_design):
    """Words as high as a face stand in their own half, whose scrim leaves it its light; low ones are on a cover."""
    photo = corpus.to_jpeg(pictures.draw_person(1200, 800, 0.8))
    for title, layout in (("Notes on feeds and life", "side"), ("Notes", "cover")):
        content = replace(CONTENT, title=title)
        painted = paint_card(content, design=make_design(), fonts=fonts, photo=photo)
        assert painted.choice.layout.name == layout


def test_a_long_page_shows_its_beginning(fonts, make_design):
    """A web page four times as long as wide is cut below, a strip above, too, neither shown as a thread."""
    strip = Image.open(io.BytesIO(stored("landscape"))).crop((400, 0, 560, 800))
    for size, name in ((WIDE, "page"), (SQUARE, "page"), (STORY, "page"), (SQUARE, "strip")):
        photo = corpus.to_jpeg(strip) if name == "strip" else stored(name)
        painted = paint_card(CONTENT, design=make_design(), fonts=fonts, photo=photo, size=size)
        assert painted.choice.layout.name == ("emblem" if name == "strip" else "framed")
        (picture,) = pictures_of(painted)
        assert picture.rect.width / picture.rect.height == pytest.approx(0.55, rel=0.1)


@pytest.mark.parametrize("size", [WIDE, SQUARE, STORY])
@pytest.mark.parametrize("name", ["terminal", "landscape"])
def test_a_strip_as_wide_as_a_hundred_of_its_heights_is_no_line(fonts, make_design, size, name):
    """A part of it is shown, high enough to be seen, or a band of it; the check says how much is left away."""
    row = Image.open(io.BytesIO(stored(name))).convert("RGB").crop((0, 100, 1200, 230))
    strip = Image.new("RGB", (13_000, 130))
    for left in range(0, strip.width, row.width):
        strip.paste(row, (left, 0))
    photo = corpus.to_png(strip)
    painted = paint_card(CONTENT, design=make_design(), fonts=fonts, photo=photo, size=size)
    (picture,) = pictures_of(painted)
    assert picture.rect.height >= picture.rect.width / 7
    drawing = draw_card(CONTENT, design=make_design(), fonts=fonts, photo=photo, size=size)
    assert [fault.flaw for fault in drawing.faults] == [Flaw.CUT]


@pytest.mark.parametrize("title", ["2026", "Hello AI", "On being wrong", "静かな朝", "שלום"])
def test_few_short_words_fill_the_card(fonts, make_design, title):
    """A poster: its letters take two thirds of the card's width, or most of its height."""
    painted = paint(fonts, make_design(), title)
    assert painted.choice.layout.name == "poster"
    (words,) = [one for one in words_of(painted) if one.box.name == "title"]
    assert words.ink.width > 0.66 * 1080 or words.ink.height > 300


@pytest.mark.parametrize("picture", [None, "landscape", "terminal"])
def test_code_keeps_its_face_and_a_quiet_ground(fonts, make_design, picture):
    """Monospaced, on one line, with a ground of another colour under it on which its letters can be read."""
    painted = paint(fonts, make_design(), FORMER, picture, code=CODE)
    (title,) = [one for one in words_of(painted) if one.box.name == "title"]
    runs = [(number, run) for number, line in enumerate(title.block.lines) for run in line.runs if run.piece.is_code]
    assert {run.face.family for _, run in runs} == {"JetBrains Mono"}
    assert len({number for number, _ in runs}) == 1 == len(title.block.code)
    ground = title.block.code[0]
    at = round(title.ink.x + ground.left) + 6, round(title.ink.y + (ground.top + ground.bottom) / 2)
    bare = paint(fonts, make_design(), FORMER, picture).image.convert("RGB")
    assert painted.image.convert("RGB").getpixel(at) != bare.getpixel((5, at[1]))
    assert painted.shaded.contrast >= 4.5


@pytest.mark.parametrize(("at", "layout"), [(0.22, "side"), (0.5, "split"), (0.78, "side")])
@pytest.mark.parametrize("direction", ["ltr", "rtl"])
def test_people_keep_their_half(fonts, make_design, at, layout, direction):
    """A face low in the picture is never under words: these go to the free side, or beside the photo."""
    photo = corpus.to_jpeg(pictures.draw_person(1200, 800, at))
    content = replace(CONTENT, direction=direction)
    drawing = draw_card(content, design=make_design(), fonts=fonts, photo=photo)
    assert drawing.layout == layout
    assert drawing.faults == ()
    forced = draw_card(content, design=make_design(layout="cover"), fonts=fonts, photo=photo)
    assert [fault.flaw for fault in forced.faults] == ["subject covered"]
    aside = draw_card(content, design=make_design(layout="side"), fonts=fonts, photo=photo)
    assert layout == "split" or aside.faults == ()


@pytest.mark.parametrize("title", ["2026", CONTENT.title, LONG])
def test_people_in_a_row_are_seen(fonts, make_design, title):
    """Where five faces fill the width, no word and no badge lies on them, and most of each is shown."""
    photo = corpus.to_jpeg(more_pictures.draw_crowd())
    drawing = draw_card(replace(CONTENT, title=title), design=make_design(), fonts=fonts, photo=photo)
    assert drawing.layout == ("split" if title == LONG else "band")
    assert drawing.faults == ()


def test_a_band_beheads_nobody(fonts, make_design):
    """Someone whose arms are as wide as the picture stands beside the words, not in a band without a head."""
    photo = pictures.draw_person(1600, 1067)
    arms = ImageDraw.Draw(photo)
    for left in range(0, 1600, 40):
        arms.ellipse((left, 820, left + 36, 1000), fill=(214, 160, 130), outline=(90, 50, 40), width=6)
    drawing = draw_card(CONTENT, design=make_design(), fonts=fonts, photo=corpus.to_jpeg(photo))
    assert drawing.layout in {"side", "split"}


def test_words_keep_off_photos_in_black_and_white(fonts, make_design):
    """No face can be told in them by its colour; where the author says what matters, they are covers as others."""
    scene = corpus.draw_landscape(1200, 800, corpus.NOON)
    grey = corpus.to_jpeg(ImageOps.autocontrast(scene.convert("L")).convert("RGB"))
    draw = partial(draw_card, design=make_design(), fonts=fonts)
    assert draw(CONTENT, photo=grey).layout == "split"
    assert draw(replace(CONTENT, focus=(0.5, 0.1)), photo=grey).layout == "cover"
    assert draw(CONTENT, photo=corpus.to_jpeg(scene)).layout == "cover"


def test_a_panorama_is_a_band(fonts, make_design):
    """From one edge of the card to the other, most of it seen, the words under it."""
    painted = paint(fonts, make_design(), picture="panorama")
    (picture,) = pictures_of(painted)
    assert (painted.choice.layout.name, picture.rect.x, picture.rect.width) == ("band", 0, 1200)
    assert min(word.ink.y for word in words_of(painted)) > picture.rect.bottom


def test_small_photos_are_cropped_up_to_twice_their_size_and_then_shown_whole(fonts, make_design):
    """Nothing stands on its own blur unless a site's own layout asks for it, and then it is told."""
    layouts, flaws = {}, {}
    for width in (1200, 640, 300):
        photo = corpus.to_jpeg(corpus.draw_landscape(width, width * 2 // 3))
        layouts[width] = draw_card(CONTENT, design=make_design(), fonts=fonts, photo=photo).layout
        forced = draw_card(CONTENT, design=make_design(layout="cover"), fonts=fonts, photo=photo)
        flaws[width] = [fault.flaw.value for fault in forced.faults]
    assert layouts == {1200: "cover", 640: "cover", 300: "emblem"}
    assert flaws == {1200: [], 640: ["enlarged"], 300: ["blurred"]}
