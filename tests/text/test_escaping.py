"""Plain text for places that read Markdown: a real reader shows what was written."""

from __future__ import annotations

import re

import pyromark
import pytest
from hypothesis import given
from hypothesis import strategies as st

from syndicate.text.plain import MARKDOWN, escape_markdown, to_plain

TRICKY = "\\`*_[]<>&|~!#-+=1.) \nab:/@(\"'"


@pytest.mark.parametrize(
    "text",
    [
        "`__init__.py` is **bold** and ~~gone~~",
        "one\ntwo\n\nthree",
        "[safe](https://evil.example/)",
        "![x](https://evil.example/x.png)",
        "<https://evil.example/> &copy; <b>x</b>",
        "# no heading\n- no list\n1. nor this\n> no quote",
        "title\n---\nother\n===\nthird\n=",
        "| a | b |\n|---|---|\n| 1 | 2 |",
        "    no code\n\tnor this",
        "```\nnot code\n```",
        "a \\ b \\* c",
    ],
)
def test_markdown_shows_what_was_written(text: str) -> None:
    """Same words, same lines, no element but paragraphs and breaks."""
    page = pyromark.html(escape_markdown(text, MARKDOWN))
    assert set(re.findall(r"<(\w+)", page)) <= {"p", "br"}
    assert [line.split() for line in to_plain(page).split("\n") if line] == [
        line.split() for line in text.split("\n") if line
    ]


@given(st.text(TRICKY, max_size=60))
def test_no_text_becomes_markup(text: str) -> None:
    """Whatever is written: no link, picture, list, heading or code comes of it."""
    page = pyromark.html(escape_markdown(text, MARKDOWN))
    assert set(re.findall(r"<(\w+)", page)) <= {"p", "br"}


@pytest.mark.parametrize(
    "kept", ["https://a.example/x_y_z/*b*?c=[d]", "#snake_case_tag", "@some_body@social_x.example"]
)
def test_addresses_hashtags_and_handles_stay(kept: str) -> None:
    """A backslash in them would lead elsewhere."""
    assert escape_markdown(f"see {kept} now_", MARKDOWN) == f"see {kept} now\\_"


def test_plain_text_needs_nothing() -> None:
    """Most networks read none of it."""
    assert escape_markdown("*a* [b](c)", "") == "*a* [b](c)"
