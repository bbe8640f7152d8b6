"""What `cards --check` finds."""

from __future__ import annotations

from dataclasses import replace

import pytest

from syndicate.cards.check import check_drawing, summarise
from syndicate.cards.choose import Fault, Flaw
from syndicate.cards.draw import Drawing
from syndicate.typeset import Missing
from tests.cards.conftest import CONTENT

GOOD = Drawing(
    data=b"x" * 100,
    media_type="image/png",
    width=1200,
    height=630,
    alt="A card",
    layout="type",
    theme="dark",
    contrast=7.0,
    smallest=26,
    title_size=80,
    logo_contrast=4.0,
)


def find(drawing=GOOD, content=CONTENT, max_bytes=200):
    return check_drawing(content, drawing, max_bytes=max_bytes)


def test_a_good_card_has_no_problem():
    """Nothing is found on a card that is as it should be."""
    assert find() == ()


@pytest.mark.parametrize(
    ("changes", "words", "hint"),
    [
        (
            {"missing": (Missing("技", "syndicate-feeds[cjk]"),)},
            'no installed font has "技" (U+6280)',
            "syndicate-feeds[cjk]",
        ),
        ({"missing": (Missing("ཀ", ""),)}, "U+0F40", "no package of ours has it: install a font on the system"),
        ({"contrast": 3.1}, "only 3.1:1", "scrim"),
        ({"smallest": 18}, "18 pixels", ""),
        ({"outside": ("title",)}, "outside the safe box: title", "padding"),
        ({"refused": "it is empty"}, "cannot be used: it is empty", ""),
        ({"title_size": 44.2}, "only 44 pixels", "shorten"),
        ({"is_cut": True, "title_size": 34}, "the title is cut", "shorten"),
        ({"logo_contrast": 1.4}, "the logo stands out only 1.4:1", "logo_dark"),
        ({"logo_contrast": 0}, "does not show the logo", "box"),
        ({"faults": (Fault(Flaw.ENLARGED, 1.84),)}, "enlarged 1.8 times", "larger"),
        ({"faults": (Fault(Flaw.BLURRED, 3.1),)}, "on its own blur", "larger"),
        ({"faults": (Fault(Flaw.WORDS_OVER_TEXT),)}, "over a picture that holds text", "imageKind"),
        ({"faults": (Fault(Flaw.CUT, 0.712),)}, "71% of the picture is cut off", "focus"),
        ({"faults": (Fault(Flaw.SUBJECT_COVERED, 0.8),)}, "80% of what the picture shows", "focus"),
        ({"data": b"x" * 201}, "201 bytes, 200 are allowed", ""),
    ],
)
def test_every_fault_is_named_with_its_post(changes, words, hint):
    """One problem each: the post's file, what is wrong, and what to do where that is known."""
    (problem,) = find(replace(GOOD, **changes))
    assert problem.source == "why-small-feeds.md"
    assert words in problem.message
    assert hint in problem.hint


def test_many_missing_characters_are_one_problem():
    """A title in a script without a font is one line for each package, however long it is."""
    missing = [Missing(letter, "syndicate-feeds[cjk]") for letter in "朝のラジオ体操と百年"]
    others = (Missing("🌱", "syndicate-feeds[emoji]"), Missing("🐝", "syndicate-feeds[emoji]"))
    cjk, emoji = find(replace(GOOD, missing=(*missing, *others)))
    assert cjk.message == "no installed font has 10 of its characters: 朝 の ラ ジ オ 体 操 と …"
    assert cjk.hint == 'pip install "syndicate-feeds[cjk]" brings them'
    assert emoji.message == "no installed font has 2 of its characters: 🌱 🐝"


def test_a_picture_without_alt_text_is_a_problem():
    """The author is asked for the words only where there is a picture."""
    (problem,) = find(content=replace(CONTENT, has_picture=True))
    assert problem.key == "imageAlt"
    assert find(content=replace(CONTENT, has_picture=True, picture_alt="A hill")) == ()


def test_all_cards_are_one_line():
    """How many there are, how many have problems, and the layouts, each counted."""
    (problem,) = find(replace(GOOD, is_cut=True))
    assert summarise([(), (problem,), (problem, problem)], ["cover", "type", "cover"]) == (
        "3 cards: 1 in order, 2 with problems (2 cover, 1 type)"
    )
    assert summarise([()], ["type"]) == "1 card: all in order (1 type)"
