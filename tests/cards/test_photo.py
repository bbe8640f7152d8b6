"""Every kind of picture file, friendly or hostile, each with the outcome it must have."""

from __future__ import annotations

import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image, ImageDraw

from syndicate.cards.kind import find_kind
from syndicate.cards.photo import PhotoRefused, decode_photo, read_facts, read_orientation
from syndicate.fonts import find_drawing_fonts as fonts
from tests.cards import corpus, more_pictures, pictures

CARD = (1200, 630)

SAME = {
    "jpeg": lambda: corpus.to_jpeg(corpus.small_photo()),
    "progressive jpeg": lambda: corpus.to_jpeg(corpus.small_photo(), progressive=True),
    "cmyk jpeg": lambda: corpus.to_jpeg(corpus.small_photo().convert("CMYK")),
    "png": lambda: corpus.to_png(corpus.small_photo()),
    "palette png": lambda: corpus.to_png(corpus.small_photo().quantize(128)),
    "palette png with a transparent colour": lambda: corpus.to_png(corpus.small_photo().quantize(128), transparency=0),
    "opaque rgba png": lambda: corpus.to_png(corpus.small_photo().convert("RGBA")),
    "webp": lambda: corpus.to_webp(corpus.small_photo()),
    "lossless webp": lambda: corpus.to_webp(corpus.small_photo(), lossless=True),
    "avif": lambda: corpus.save(corpus.small_photo(), "AVIF"),
    "heic": lambda: corpus.to_heic(corpus.small_photo()),
    "animated gif": corpus.animated,
    **{f"exif {turn}": lambda turn=turn: corpus.turned(turn) for turn in range(1, 9)},
}


def means(image: Image.Image) -> list[tuple[int, ...]]:
    """The image as twelve means."""
    return list(image.resize((4, 3), Image.Resampling.BOX).get_flattened_data())


@pytest.mark.parametrize("name", SAME)
def test_a_photo_looks_the_same_however_it_is_stored(name):
    """Upright, RGB, of its own size, and the same picture within what lossy formats and palettes take away."""
    photo = decode_photo(SAME[name](), CARD)
    assert (photo.image.mode, photo.image.size) == ("RGB", (640, 427))
    assert (photo.width, photo.height) == (640, 427)
    for seen, meant in zip(means(photo.image), means(corpus.small_photo()), strict=True):
        assert all(abs(a - b) <= 9 for a, b in zip(seen, meant, strict=True))


def test_a_drawing_is_rendered_sharp_with_its_letters():
    """An SVG has no size of its own: it fills a card, its letters in our fonts, what is clear on white."""
    photo = decode_photo(corpus.svg('<text x="9" y="60" font-size="50" font-family="serif">Ab</text>'), CARD, fonts())
    bare = decode_photo(corpus.svg(""), CARD, fonts())
    assert photo.image.size == bare.image.size == (1600, 1067)
    assert (bare.is_cut_out, bare.image.getpixel((800, 900))) == (True, (255, 255, 255))
    assert photo.image.convert("L").getextrema() == (0, 255)
    assert read_facts(corpus.svg(""))[0].media_type == "image/svg+xml"


@pytest.mark.parametrize(("name", "module"), [("heic", "pillow_heif"), ("svg", "resvg_py")])
def test_without_the_extra_its_pictures_are_named(monkeypatch, name, module):
    """Then the card goes without, and the reason says what brings the library."""
    monkeypatch.setitem(sys.modules, module, None)
    data = SAME["heic"]() if name == "heic" else corpus.svg("")
    monkeypatch.setitem(sys.modules, module, None)
    with pytest.raises(PhotoRefused, match=r"syndicate-feeds\[pictures\]"):
        decode_photo(data, CARD)


REFUSED = {
    "nothing": (lambda: b"", "empty"),
    "a web page": (lambda: b"<!doctype html><p>Not found", "web page"),
    "an svg without a size": (lambda: b'<?xml version="1.0"?><svg xmlns="x"/>', "no size"),
    "an svg that names a file": (lambda: corpus.svg('<image href="/etc/hostname" width="9"/>'), "names other files"),
    "an svg that names an address": (
        lambda: corpus.svg('<use xlink:href = "//a.example/b#c"/>'),
        "names other",
    ),
    "an svg with a style that does": (lambda: corpus.svg("<style>g {fill: url('a.svg#b')}</style>"), "names other"),
    "an svg with an svg in it": (lambda: corpus.svg('<image href="data:image/svg+xml;base64,AA"/>'), "names other"),
    "an svg with entities": (lambda: b'<!DOCTYPE svg [<!ENTITY a "b">]>' + corpus.svg(""), "web page|entities"),
    "comments in place of an svg": (lambda: b"<!---->" * 500, "not a JPEG|web page"),
    "a deep svg": (lambda: corpus.svg("<g>" * 9000 + "</g>" * 9000), "nested"),
    "an svg like a thread": (lambda: b'<svg xmlns="x" viewBox="0 0 1 100000"/>', "no size"),
    "an svg of letters from elsewhere": (lambda: corpus.svg("").decode().encode("utf-16"), "not a JPEG"),
    "a heic's first bytes": (lambda: b"\0\0\0\x18ftypheic" + bytes(40), "damaged"),
    "a heic cut short": (lambda: SAME["heic"]()[:9000], "damaged"),
    "a tiff": (lambda: corpus.save(corpus.small_photo(), "TIFF"), "not a JPEG"),
    "text": (lambda: b"plain text, no picture", "not a JPEG"),
    "a pointer": (lambda: b"version https://git-lfs.github.com/spec/v1\noid sha256:4d7a\nsize 12345\n", "git lfs pull"),
    "a tracking pixel": (lambda: corpus.to_png(Image.new("RGB", (1, 1))), "too few"),
    "an icon": (lambda: corpus.to_png(Image.new("RGB", (64, 64))), "too few"),
    "a thin strip": (lambda: corpus.to_png(Image.new("RGB", (2000, 3))), "too few"),
    "a jpeg cut short": (lambda: SAME["jpeg"]()[:9000], "cut short"),
    "a png cut short": (lambda: SAME["png"]()[:9000], "cut short"),
    "a webp cut short": (lambda: SAME["webp"]()[:9000], "cut short"),
    "an avif cut short": (lambda: SAME["avif"]()[:5000], "cut short"),
    "a gif cut short": (lambda: corpus.animated()[:4000], "cut short"),
    "only a jpeg's first bytes": (lambda: b"\xff\xd8\xff", "damaged"),
    "only a png's first bytes": (lambda: b"\x89PNG\r\n\x1a\n", "damaged"),
    "only a webp's first bytes": (lambda: b"RIFF\0\0\0\0WEBP", "damaged"),
    "a png bomb": (lambda: corpus.png_claiming(60_000, 60_000), "more than 50 million"),
    "a webp bomb": (lambda: corpus.webp_claiming(16_000, 16_000), "more than 50 million"),
    "a jpeg bomb": (lambda: corpus.jpeg_claiming(65_000, 65_000), "more than 100 million"),
    "a png that holds less than it claims": (lambda: corpus.png_claiming(2000, 1000, bytes(99)), "cut short"),
    "a jpeg that holds less than it claims": (lambda: corpus.jpeg_claiming(4000, 3000), "cannot hold"),
    "a webp that holds less than it claims": (lambda: corpus.webp_claiming(3000, 2000), "damaged"),
    "a jpeg of four hundred scans": (corpus.jpeg_of_many_scans, "scans"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_is_no_usable_picture_is_refused_with_its_reason(name):
    """Broken, lying, tiny and enormous files are refused before they cost memory, in words for a person."""
    make, reason = REFUSED[name]
    with pytest.raises(PhotoRefused, match=reason):
        decode_photo(make(), CARD)


@pytest.mark.parametrize(
    ("shade", "paper"), [((20, 20, 30), (255, 255, 255)), ((250, 250, 250), (28, 28, 32))], ids=["dark", "light"]
)
def test_transparency_is_laid_on_paper_that_shows_the_drawing(shade, paper):
    """A dark drawing gets white paper, a light one dark paper; neither vanishes."""
    image = decode_photo(corpus.to_png(corpus.see_through(shade)), CARD).image
    assert image.getpixel((5, 5)) == paper
    assert image.getpixel((image.width // 2, image.height // 2)) == shade


@pytest.mark.parametrize(
    ("disc", "paper"), [((240, 120, 20), (28, 28, 32)), ((10, 10, 14), (124, 126, 132)), (None, (255, 255, 255))]
)
def test_white_letters_beside_a_coloured_sign_are_not_lost_on_white(disc, paper):
    """They get dark paper, beside a dark sign grey; a white window with words on it is seen on white."""
    drawn = pictures.draw_wordmark(ink=(255, 255, 255))
    ImageDraw.Draw(drawn).ellipse((20, 20, 200, 200), fill=(*(disc or (0, 0, 0)), 255))
    image = decode_photo(corpus.to_png(drawn if disc else more_pictures.draw_window()), CARD).image
    assert image.getpixel((2, 2)) == paper


def test_a_sign_alone_in_a_large_transparent_picture_is_cut_out():
    """What is shown is the sign, not the nothing around it; its size is counted in the file's own pixels."""
    adrift = Image.new("RGBA", (2400, 1260), (0, 0, 0, 0))
    adrift.paste(pictures.draw_icon(512).convert("RGBA"), (944, 374))
    photo = decode_photo(corpus.to_png(adrift), CARD)
    assert (photo.width, photo.height) == pytest.approx((512, 512), abs=40)
    assert photo.image.size == pytest.approx((512, 512), abs=40)
    assert find_kind(photo) == "logo"


def test_sixteen_bits_become_eight():
    """A 16-bit ramp still runs from black to white, its middle in the middle."""
    image = decode_photo(corpus.to_png(corpus.deep_grey()), CARD).image
    assert [image.getpixel((x, 9))[0] for x in (0, 639)] == [0, 255]
    assert image.getpixel((320, 9))[0] == pytest.approx(128, abs=2)


def test_a_large_jpeg_is_decoded_at_a_fraction_of_its_size():
    """The decoder skips what would be scaled away, but never falls below what the card needs."""
    photo = decode_photo(corpus.to_jpeg(Image.effect_noise((400, 300), 40).resize((4000, 3000))), CARD)
    assert photo.image.size == (2000, 1500)
    assert (photo.width, photo.height) == (4000, 3000)


@pytest.mark.slow
def test_a_hundred_megapixels_are_decoded_in_little_memory():
    """A photo of 100 megapixels becomes one of 1.6 without ever being whole in memory."""
    huge = Image.effect_noise((1000, 1000), 40).resize((10_000, 10_000))
    assert decode_photo(corpus.to_jpeg(huge, 60), CARD).image.size == (1250, 1250)


def test_an_exif_block_that_is_broken_says_nothing():
    """Orientation that cannot be read leaves the picture as it is."""
    data = corpus.to_jpeg(corpus.small_photo(), exif=b"Exif\0\0II*\0\xff\xff\xff\xff")
    assert decode_photo(data, CARD).image.size == (640, 427)


@given(st.binary(max_size=80))
def test_no_exif_block_breaks_the_reader(block):
    """Whatever the block says, the picture is turned in one of eight ways."""
    assert 1 <= read_orientation(block) <= 8
    assert 1 <= read_orientation(b"II*\0\x08\0\0\0" + block) <= 8


@pytest.mark.parametrize("name", ["jpeg", "png", "webp", "avif", "exif 6"])
def test_facts_come_from_the_header(name):
    """Media type, bytes and upright pixels are known without decoding."""
    data = SAME[name]()
    facts, reason = read_facts(data)
    assert reason == ""
    assert (facts.width, facts.height, facts.length) == (640, 427, len(data))
    assert facts.media_type == "image/" + {"exif 6": "jpeg"}.get(name, name)


@pytest.mark.parametrize("name", ["nothing", "a web page", "a png bomb", "a webp bomb", "only a jpeg's first bytes"])
def test_facts_of_no_picture_are_a_reason(name):
    """What cannot be a picture is said in words, as in a full decoding."""
    make, reason = REFUSED[name]
    facts, said = read_facts(make())
    assert facts is None
    assert reason in said


STORED = {
    name: SAME[name]() for name in ("jpeg", "progressive jpeg", "palette png", "webp", "avif", "animated gif", "exif 6")
}


@given(
    name=st.sampled_from(sorted(STORED)),
    changes=st.lists(st.tuples(st.floats(0, 0.999), st.integers(0, 255)), min_size=1, max_size=12),
    end=st.floats(0.2, 1),
)
def test_no_damage_gets_past_the_decoder(name, changes, end):
    """Bytes changed and cut at random end in a picture or in a refusal, never in another error."""
    data = bytearray(STORED[name])
    for place, value in changes:
        data[int(place * min(len(data), 2000))] = value
    try:
        photo = decode_photo(bytes(data[: int(len(data) * end)]), CARD)
    except PhotoRefused:
        return
    assert photo.image.mode == "RGB"
