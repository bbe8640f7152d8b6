"""The solver: how boxes share room, how text fits itself in, and how a grid is mirrored."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from syndicate.cards.design import Box, Edges, Level
from syndicate.cards.layout import mirror_boxes, place_boxes
from syndicate.typeset import TextBlock


def fit(box, room, max_lines):
    """A typewriter: every letter is half as wide as the type is high; at least the smallest size in one line."""
    sizes = box.level.sizes
    for size in sizes:
        across = max(1, int(max(room[0], 1) // (size / 2)))
        lines = -(-len(box.text) // across)
        if lines <= max_lines and (lines * size <= room[1] or size == sizes[-1]):
            return make_block(box.text, size, lines, min(len(box.text), across) * size / 2)
    return make_block(box.text, sizes[-1], max_lines, max(room[0], 1), is_truncated=True)


def make_block(text, size, lines, width, **more):
    line_height = float(size)
    return TextBlock(
        text=text,
        lines=(None,) * lines,
        width=width,
        height=lines * line_height,
        size_px=size,
        **more,
    )


def rect(name, **values):
    return Box(name=name, kind="rect", **values)


def text(name, words, sizes=(20,), lines=1, **values):
    return Box(name=name, kind="text", text=words, level=Level(sizes=sizes, lines=lines), **{"align": "start"} | values)


def place(root, width=1000, height=500):
    return {one.box.name: one for one in place_boxes(root, width, height, fit)}


def pixels(root, name):
    return place(root)[name].rect.pixels


def row(*children, **values):
    return Box(name="root", kind="row", children=children, **values)


def column(*children, **values):
    return Box(name="root", kind="column", children=children, **values)


@pytest.mark.parametrize(
    ("root", "name", "expected"),
    [
        (row(rect("a", width=200), rect("b", grow=1)), "b", (200, 0, 1000, 500)),
        (row(rect("a", grow=1), rect("b", grow=3)), "b", (250, 0, 1000, 500)),
        (row(rect("a", width=-0.4), rect("b", grow=1), gap=10), "b", (410, 0, 1000, 500)),
        (row(text("a", "x" * 80, most=-0.3), rect("b", grow=1)), "b", (300, 0, 1000, 500)),
        (row(rect("a", width=100), rect("b", width=100), justify="end"), "a", (800, 0, 900, 500)),
        (row(rect("a", width=100), rect("b", width=100), justify="between"), "b", (900, 0, 1000, 500)),
        (row(rect("a", width=100, height=50), align="centre"), "a", (0, 225, 100, 275)),
        (row(rect("a", width=100, height=50), align="end"), "a", (0, 450, 100, 500)),
        (column(rect("a", height=100), rect("b", grow=1)), "b", (0, 100, 1000, 500)),
        (column(rect("a", height=-0.5)), "a", (0, 0, 1000, 250)),
        (column(rect("a", height=100), justify="centre"), "a", (0, 200, 1000, 300)),
        (column(rect("a", height=9, width=90), align="end"), "a", (910, 0, 1000, 9)),
        (column(rect("a", grow=1), padding=Edges(10, 20, 30, 40)), "a", (40, 10, 980, 470)),
        (Box(name="root", kind="layers", children=(rect("a"), rect("b"))), "b", (0, 0, 1000, 500)),
    ],
)
def test_boxes_share_room(root, name, expected):
    """Fixed sizes, shares, growing, gaps, padding, alignment along and across."""
    assert pixels(root, name) == expected


def test_a_right_to_left_card_is_the_mirror_image():
    """Every box stands as far from the right as it stood from the left, and its start becomes its end."""
    root = row(text("a", "words"), rect("b", grow=1), padding=Edges(0, 10, 0, 70))
    there = place(root)
    back = dict(zip(there, mirror_boxes(there.values(), 1000), strict=True))
    for name, one in there.items():
        assert back[name].rect.x == pytest.approx(1000 - one.rect.right)
    assert back["a"].box.align == "end"
    assert back["a"].ink.right == pytest.approx(1000 - there["a"].ink.x)


@pytest.mark.parametrize(("align", "x"), [("start", 0), ("centre", 450), ("end", 900)])
def test_letters_stand_where_the_box_says(align, x):
    """A text narrower than its box stands at its start, middle or end."""
    assert place(column(text("a", "1234567890", align=align)))["a"].ink.x == pytest.approx(x)


def test_text_shrinks_before_it_wraps_over_its_lines():
    """The largest size that needs no more lines than allowed is taken."""
    block = place(column(text("a", "x" * 60, sizes=(80, 60, 40, 20), lines=2)))["a"].block
    assert (block.size_px, len(block.lines)) == (60, 2)


def test_text_shrinks_until_it_is_low_enough():
    """Where so many lines would stand too high, the largest size is taken at which they do not."""
    root = column(text("a", "x" * 30, sizes=(90, 80, 70, 60, 50, 40, 30, 20), lines=3))
    assert place(root, height=100)["a"].block.size_px == 60
    assert place(root, height=181)["a"].block.size_px == 90
    assert place(root, height=10)["a"].block.size_px == 20


def test_the_title_gives_way_to_everything_else():
    """A tall title leaves the fixed and one-line boxes their room and takes what is left."""
    title = text("title", "x" * 100, sizes=(100, 90, 80, 70, 60, 50, 40, 30, 20), lines=9)
    root = column(rect("top", height=100), title, text("foot", "by", sizes=(50,)), gap=10)
    placed = place(root)
    assert placed["foot"].rect.bottom <= 500
    assert placed["title"].rect.height <= 500 - 100 - 50 - 20
    assert placed["foot"].block.size_px == 50


boxes = st.deferred(lambda: leaves | containers)
leaves = st.builds(
    lambda kind, words, grow, sizes, lines: Box(
        name="leaf", kind=kind, text=words, grow=grow, level=Level(sizes=tuple(sorted(sizes)[::-1]), lines=lines)
    ),
    kind=st.sampled_from(["rect", "text"]),
    words=st.text("ab ", min_size=1, max_size=40),
    grow=st.sampled_from([0, 1, 2]),
    sizes=st.sets(st.integers(24, 120), min_size=1, max_size=4),
    lines=st.integers(1, 3),
)
containers = st.builds(
    lambda kind, children, gap, padding, align, justify: Box(
        name="container",
        kind=kind,
        children=tuple(children),
        gap=gap,
        padding=Edges(padding, padding, padding, padding),
        align=align,
        justify=justify,
    ),
    kind=st.sampled_from(["row", "column", "layers"]),
    children=st.lists(boxes, min_size=1, max_size=3),
    gap=st.integers(0, 30),
    padding=st.integers(0, 30),
    align=st.sampled_from(["start", "centre", "end", "stretch"]),
    justify=st.sampled_from(["start", "centre", "end", "between"]),
)


def number(box, counter):
    """The same tree with a name of its own for every box."""
    children = tuple(number(child, counter) for child in box.children)
    counter.append(box)
    return replace(box, name=f"{box.kind}{len(counter)}", children=children)


@settings(max_examples=60)
@given(boxes)
def test_no_tree_breaks_the_solver(tree):
    """Any tree of boxes is placed: finite numbers, nothing of negative size, mirrored twice is itself."""
    tree = number(tree, [])
    there = place_boxes(tree, 1200, 630, fit)
    back = mirror_boxes(there, 1200)
    assert len(there) == len(back) > 0
    for one, other in zip(there, back, strict=True):
        assert one.rect.width >= 0
        assert one.rect.height >= 0
        assert 1200 - other.rect.right == pytest.approx(one.rect.x)
