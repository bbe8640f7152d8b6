"""Themes: readable in every hue, and chosen from the accent, the photo or the slug."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from syndicate.cards.colour import choose_theme, contrast, find_swatch, make_dark, make_light, make_vivid, to_oklch

WANTED = ("auto", "light", "dark")
hues, chromas = st.floats(0, 360), st.floats(0, 0.35)


@pytest.mark.parametrize("make", [make_light, make_dark, make_vivid])
@given(hue=hues, chroma=chromas)
def test_every_theme_can_be_read(make, hue, chroma):
    """Ink, muted and accent stand out on the paper, and the accent's own text on the accent, in any hue."""
    theme = make(hue, chroma)
    for name in ("ink", "muted", "soft", "accent"):
        assert contrast(theme.find(name), theme.paper) >= 4.5, name
    assert contrast(theme.on_accent, theme.accent) >= 4.5


def test_a_name_that_is_no_colour_is_ink():
    """A layout that asks for something else than a colour gets the ink."""
    theme = make_dark(200, 0.1)
    assert theme.find("nothing") == theme.find("name") == theme.find("shapes") == theme.ink


@pytest.mark.parametrize(
    ("colour", "hue"), [((200, 40, 40), 27), ((40, 160, 60), 147), ((40, 80, 210), 264)], ids=["red", "green", "blue"]
)
def test_a_photos_hue_is_its_leading_colours(colour, hue):
    """A coloured subject on grey gives the hue, not the grey around it."""
    image = Image.new("RGB", (100, 70), (128, 128, 128))
    image.paste(colour, (30, 20, 70, 50))
    assert find_swatch(image).hue == pytest.approx(hue, abs=12)


@pytest.mark.parametrize(
    ("wanted", "light", "name"),
    [
        ("light", 20, "light"),
        ("dark", 240, "dark"),
        ("auto", 20, "dark"),
        ("auto", 240, "light"),
        ("auto", None, "vivid"),
    ],
)
def test_the_theme_follows_the_photo_where_it_is_left_open(wanted, light, name):
    """Light photos get light themes, dark ones dark; without a photo the paper itself is coloured."""
    swatch = None if light is None else find_swatch(Image.new("RGB", (100, 70), (light, light, light)))
    assert choose_theme(wanted, accent=None, swatch=swatch, seed="a").name == name


def test_the_accent_wins():
    """A site's accent is the hue of all its cards, whatever photo or slug."""
    red = find_swatch(Image.new("RGB", (100, 70), (200, 30, 30)))
    theme = choose_theme("dark", accent=(30, 80, 200), swatch=red, seed="a")
    assert to_oklch(theme.accent)[2] == pytest.approx(to_oklch((30, 80, 200))[2], abs=15)


def test_a_site_has_one_family_of_hues():
    """A hundred posts without photos differ, yet all within some thirty degrees; another site has another family."""
    themes = [choose_theme("auto", accent=None, swatch=None, seed=f"post-{n}", site="Notes") for n in range(100)]
    assert len({theme.paper for theme in themes}) >= 30
    hues = [to_oklch(theme.paper)[2] for theme in themes]
    assert max(_apart(one, hues[0]) for one in hues) < 34
    families = {
        round(to_oklch(choose_theme("auto", accent=None, swatch=None, seed="a", site=f"Site {n}").paper)[2], -1)
        for n in range(40)
    }
    assert len(families) >= 6


def _apart(one, other):
    return abs((one - other + 180) % 360 - 180)


@given(accent=st.tuples(*[st.integers(0, 255)] * 3), seed=st.text(max_size=3), wanted=st.sampled_from(WANTED))
def test_any_accent_is_kept_exactly_and_can_be_read_around(accent, seed, wanted):
    """It is the brand and a paper or the loudest shape; every letter beside it and on it still reaches its contrast."""
    for swatch in (None, find_swatch(Image.new("RGB", (100, 70), (90, 90, 90)))):
        theme = choose_theme(wanted, accent=accent, swatch=swatch, seed=seed, site="Notes")
        assert theme.brand == accent
        assert accent in {theme.paper, theme.shapes[2]}
        for name in ("ink", "muted", "soft", "accent"):
            assert contrast(theme.find(name), theme.paper) >= 4.5, name
        assert contrast(theme.on_brand, accent) >= 4.5
        assert contrast(theme.on_accent, theme.accent) >= 4.5
        assert contrast(theme.ink, theme.code) >= 4.5
