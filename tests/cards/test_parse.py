"""Layout files: what they may say, and what a wrong one is told."""

from __future__ import annotations

import re

import pytest

from syndicate.cards.design import Shown, make_words, resolve
from syndicate.cards.parse import parse_design, parse_layout
from syndicate.errors import ConfigError
from syndicate.model import CardRules
from tests.cards.conftest import CONTENT, ROOT, read_layouts

WORDS = make_words(CONTENT, 1200, 630, Shown())

PLAIN = """
[boxes.card]
kind = "column"
children = ["words"]
[boxes.words]
kind = "text"
text = "{{ title }}"
"""


def with_line(line, table="words"):
    return PLAIN.replace(f"[boxes.{table}]", f"[boxes.{table}]\n{line}")


@pytest.mark.parametrize(
    ("text", "message", "hint"),
    [
        ("boxes = [", "not TOML", ""),
        ("boxes = 3", "must be a table", ""),
        (with_line("colr = 'ink'"), '"colr" is not known', 'did you mean "colour"?'),
        (PLAIN.replace('kind = "text"', 'kind = "txt"'), 'kind "txt"', 'did you mean "text"?'),
        (PLAIN.replace('["words"]', '["word"]'), "not described", 'did you mean "words"?'),
        (PLAIN.replace('["words"]', '["card"]'), "inside itself", ""),
        (with_line("align = 'middle'"), 'align cannot be "middle"', "known"),
        (with_line("show = 'title and'"), "not an expression", ""),
        (PLAIN.replace("{{ title }}", "{{ title"), "not an expression", ""),
        (PLAIN + "[levels.title]\nsizes = [0]", "whole pixels", ""),
        (PLAIN + "[levels.title]\nlines = 'two'", "are numbers", ""),
        (PLAIN + "[levels.title]\nsize = 3", '"size" is not known', "sizes"),
        ("[boxes.other]\nkind = 'rect'", "not described", ""),
        (PLAIN.replace('["words"]', str(["words"] * 100)), "100 boxes", ""),
        (PLAIN + f"[levels.title]\nsizes = {list(range(1, 50))}", "at most 30", ""),
        (PLAIN + "[levels.title]\nsizes = [2000]", "larger than 1,000", ""),
    ],
)
def test_a_wrong_file_is_told_what_where_and_what_to_do(text, message, hint):
    """Every mistake is a ConfigError that names the file and, where it can, the nearest right word."""
    with pytest.raises(ConfigError) as error:
        parse_layout(text, "own")
    assert message in error.value.message
    assert error.value.where.startswith("templates/cards/own.toml")
    assert hint in error.value.hint


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("width = 'wide + nothing'", "does not work out"),
        ("width = 'title'", "is not a number"),
        ("width = 'width / 0'", "does not work out"),
        ("show = 'titel'", "does not work out"),
        ("padding = [1, 2, 3]", "one, two or four"),
        ("sizes = 40", "list"),
        ("grow = '10 ** 400'", "too large"),
    ],
)
def test_an_expression_that_fails_is_a_configuration_error(line, message):
    """What only shows when a card is drawn is told as plainly, and never as a traceback."""
    with pytest.raises(ConfigError) as error:
        resolve(parse_layout(with_line(line), "own"), WORDS, 1.0)
    assert message in error.value.message


@pytest.mark.parametrize("attack", ["title.__class__.__mro__", "cycler.__init__.__globals__", "''.join.__self__"])
def test_expressions_are_sandboxed(attack):
    """A layout from a stranger cannot climb out of its expressions."""
    with pytest.raises(ConfigError):
        resolve(parse_layout(PLAIN.replace("{{ title }}", "{{ " + attack + " }}"), "own"), WORDS, 1.0)


def test_expressions_are_worked_out_for_the_post():
    """Text, shares, numbers and conditions follow the words of the post and the shape of the card."""
    text = with_line("width = '50%'\ngrow = '2 if wide else 1'").replace("{{ title }}", "{{ title | upper }}  !")
    box = resolve(parse_layout(text, "own"), WORDS, 1.0).children[0]
    assert box.text == "WHY SMALL FEEDS OUTLIVE BIG PLATFORMS !"
    assert (box.width, box.grow) == (-0.5, 2)


def test_what_is_empty_or_not_shown_takes_no_room():
    """A text without words and a box that is not shown are not in the tree at all."""
    hidden = resolve(parse_layout(with_line("show = 'tall'"), "own"), WORDS, 1.0)
    empty = resolve(parse_layout(PLAIN.replace("{{ title }}", "{{ host }}"), "own"), WORDS, 1.0)
    assert hidden.children == empty.children == ()


def test_type_grows_with_the_card_and_never_below_24_pixels():
    """Sizes follow the unit, and whatever a layout asks for, nothing is set smaller than 24 pixels."""
    text = with_line("sizes = [60, 12]")
    layout = parse_layout(text, "own")
    assert resolve(layout, WORDS, 1.0).children[0].level.sizes == (60, 24)
    assert resolve(layout, WORDS, 1.5).children[0].level.sizes == (90, 24)


@pytest.mark.parametrize(
    ("rules", "message", "hint"),
    [
        (CardRules(layout="covr"), '"covr"', "cover"),
        (CardRules(theme="blue"), '"blue"', "auto, light or dark"),
        (CardRules(accent="blue"), '"blue" is not a colour', "#c2410c"),
    ],
)
def test_wrong_rules_name_the_right_ones(rules, message, hint):
    """An unknown layout, theme or colour is refused with what would be right."""
    with pytest.raises(ConfigError) as error:
        parse_design(rules, read_layouts())
    assert message in error.value.message
    assert hint in error.value.hint


@pytest.mark.parametrize("logo", [b"GIF89a", b"<svg/>", b"\x89PNG\r\n\x1a\nbroken"])
def test_a_logo_that_cannot_be_read_is_refused(logo):
    """A broken logo is said once, when the design is parsed, not on every card."""
    with pytest.raises(ConfigError, match="logo"):
        parse_design(CardRules(), read_layouts(), logo=logo)


def test_the_layout_in_the_manual_works():
    """The example of docs/cards.md is a layout that can be drawn."""
    manual = (ROOT / "docs" / "cards.md").read_text(encoding="utf-8")
    (example,) = re.findall(r"```toml\n(picture = .*?)```", manual, re.DOTALL)
    box = resolve(parse_layout(example, "own"), WORDS, 1.0)
    assert [child.kind for child in box.children] == ["image", "scrim", "column"]


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("width = 100000", "larger than any card"),
        ("height = '10 ** 50'", "larger than any card"),
        ("width = '10 ** 10 ** 10'", "too large"),
        ("width = \"'a' * 10 ** 9\"", "too large"),
        ("width = 'range(100000) | list | length'", "too long"),
        ("colour = '{% for a in range(99999) %}{{ a }}{% endfor %}{{ 1 }}'", "steps"),
        ("sizes = [5000]", "larger than 1,000"),
        ("text = '{{ title * 400 }}'", "5,000 characters"),
    ],
)
def test_what_no_card_needs_is_an_error(line, message):
    """Sizes, sums and texts beyond all cards are said, not drawn."""
    table = PLAIN.replace('text = "{{ title }}"', "") if line.startswith("text") else PLAIN
    text = table.replace("[boxes.words]", f"[boxes.words]\n{line}")
    with pytest.raises(ConfigError, match=message):
        resolve(parse_layout(text, "own"), WORDS, 1.0)
