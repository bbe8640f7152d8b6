"""Templates of users: filled, escaped where it is HTML, and kept away from everything else."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from syndicate.containment import contain
from syndicate.errors import ConfigError
from syndicate.text.sandbox import compile_text, render_html_template, tell_broken, tell_unfilled


def render_text(source: str, values: Mapping[str, object], where: str = "") -> str:
    """A message's template as messages fill it."""
    with contain(lambda error: tell_broken(error, where)):
        fill = compile_text(source)
    with contain(lambda error: tell_unfilled(error, where)):
        return fill(values)


def test_text_goes_in_as_it_is_and_html_escaped() -> None:
    """A message keeps its signs, a page shows them."""
    values = {"title": "Bread & <butter>"}
    assert render_text("{{ title }}!", values) == "Bread & <butter>!"
    assert render_html_template("<h1>{{ title }}</h1>", values) == "<h1>Bread &amp; &lt;butter&gt;</h1>"


def test_tags_leave_no_blank_lines() -> None:
    """A tag on a line of its own leaves no trace in a message."""
    assert render_text("a\n{% if true %}\nb\n{% endif %}\nc", {}) == "a\nb\nc"


def test_filters_can_be_lent() -> None:
    """A page may get filters of its own."""
    assert render_html_template("{{ 'a' | twice }}", {}, filters={"twice": lambda text: text * 2}) == "aa"


@pytest.mark.parametrize(
    ("template", "complaint"),
    [
        ("one\n{{ nobody }}", r"mine\.txt:2: .* is undefined"),
        ("{{ post.nothing }}", "no attribute"),
        ("{% for x in %}", r"mine\.txt:1"),
        ("{{ 1 / 0 }}", "ZeroDivisionError"),
        ("{{ 'a' + 1 }}", "TypeError"),
        ("{% macro m() %}{{ m() }}{% endmacro %}{{ m() }}", "RecursionError"),
        ("{{ ''.__class__.__mro__ }}", "unsafe"),
        ("{{ post.__init__.__globals__ }}", "unsafe"),
        ("{% for x in range(10000000) %}{% endfor %}", "range"),
        ("{% include 'other.txt' %}", "mine"),
    ],
)
def test_what_a_template_may_not(template: str, complaint: str) -> None:
    """Unknown names, slips, endless work and ways into Python are one kind of error that names the template."""
    with pytest.raises(ConfigError, match=complaint) as caught:
        render_text(template, {"post": object()}, where="mine.txt")
    assert caught.value.where.startswith("mine.txt")


def test_what_a_filter_raises_is_the_templates_mistake() -> None:
    """Also an assertion of Jinja's own filters, which no list of exceptions foresaw."""
    with pytest.raises(ConfigError, match="cannot be filled: AssertionError") as caught:
        render_text("a\n{{ 'a' | truncate(-1) }}", {}, where="a.txt")
    assert caught.value.where == "a.txt:2"
