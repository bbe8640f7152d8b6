"""Templates of users: filled, escaped where it is HTML, and kept away from everything else."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from syndicate.errors import ConfigError, contain
from syndicate.text.sandbox import (
    MAX_OUTPUT,
    MAX_STEPS,
    compile_html_template,
    compile_text,
    tell_broken,
    tell_unfilled,
)


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
    assert compile_html_template("<h1>{{ title }}</h1>")(values) == "<h1>Bread &amp; &lt;butter&gt;</h1>"


def test_tags_leave_no_blank_lines() -> None:
    """A tag on a line of its own leaves no trace in a message."""
    assert render_text("a\n{% if true %}\nb\n{% endif %}\nc", {}) == "a\nb\nc"


def test_filters_can_be_lent() -> None:
    """A page may get filters of its own."""
    assert compile_html_template("{{ 'a' | twice }}", filters={"twice": lambda text: text * 2})({}) == "aa"


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
        ("one\n{{ 'Notes'.title }}", r"mine\.txt:2: .* is a .*method.* and no text"),
        ("{{ ['a', 'b'] }}", r"is a list and no text \(a list: \| join"),
        ("{{ ['a'] | map('upper') }}", "is a generator and no text"),
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


# --- A message template that does too much is an error with its reason, not a machine without memory ---

VALUES = {"text": "word " * 100, "tags": ("a", "b")}


@pytest.mark.slow
@pytest.mark.parametrize(
    "source",
    [
        "{% for a in range(20000) %}{% endfor %}",
        "{% for a in range(200) %}{% for b in range(200) %}{% endfor %}{% endfor %}",
        "{% for a in [1, 2, 3] recursive %}{{ loop([1, 2, 3]) }}{% endfor %}",
        "{% macro m(n) %}{% if n %}{{ m(n - 1) }}{{ m(n - 1) }}{% endif %}{% endmacro %}{{ m(40) }}",
        "{% for a in range(9000) %}{{ text }}{% endfor %}",
        "{{ 'a' * 1000000000 }}",
        "{{ 1000000000 * 'a' }}",
        "{{ [1] * 1000000000 }}",
        "{{ 10 ** 10 ** 10 }}",
        "{{ 'a'.center(1000000000) }}",
        "{{ 'a' | center(1000000000) }}",
        "{{ '%1000000000d' % 1 }}",
        "{{ '%1000000000d' | format(1) }}",
        "{{ '{:1000000000}'.format(1) }}",
        "{{ (text * 100) | replace('w', text * 100) }}",
        "{% set a = 'a' * 60000 %}{% for i in range(9000) %}{{ (a | sort | groupby(0) | list)[1:] }}{% endfor %}",
        "{% set a = 'a' * 60000 %}{% for i in range(9000) %}{{ a.title().split('a')[60001:] }}{% endfor %}",
        "{% set n = namespace(a=text) %}{% for i in range(40) %}{% set n.a = n.a ~ n.a %}{% endfor %}",
        "{% set n = namespace(a=text) %}{% for i in range(40) %}{% set n.a = n.a + n.a %}{% endfor %}",
    ],
)
def test_what_no_message_needs_is_refused(source: str) -> None:
    """Endless loops, calls that multiply, and texts that grow beyond all measure."""
    with pytest.raises(ConfigError, match="cannot be filled"):
        render_text(source, VALUES, where="templates/messages/default.txt")


@pytest.mark.parametrize(
    ("source", "text"),
    [
        ("{% for tag in tags %}{{ loop.index }}#{{ tag }} {% endfor %}", "1#a 2#b "),
        ("{{ 'a' ~ 1 ~ 'b' }}{{ 2 * 3 + 4 }}{{ 2 ** 10 }}{{ '%05.1f' % 2 }}", "a1b101024002.0"),
        ("{{ tags | join(' ') }}{{ text | truncate(8) }}{{ 'a' | center(5) }}", "a bword...  a  "),
        ("{{ text | replace('word ', 'w') | length }}{{ '%s' | format('x') }}", "100x"),
        ("{% for a in range(9999) %}{% endfor %}ok", "ok"),
        ("{{ 'é' * 30000 }}", "é" * 30_000),
        ("{{ ('é' * 30000) | upper | trim | title | length }}{{ tags | map('upper') | sort | join }}", "30000AB"),
        ("{{ '<b>' | escape }}{{ {'b': 1} | tojson }}{{ 3 | float | round(1) }}", '&lt;b&gt;{"b": 1}3.0'),
    ],
)
def test_what_messages_need_is_done(source: str, text: str) -> None:
    """Loops, sums, joins and filters within the limits."""
    assert render_text(source, VALUES) == text
    assert (MAX_OUTPUT, MAX_STEPS) == (65_536, 10_000)


@pytest.mark.slow
@pytest.mark.parametrize(
    "source",
    [
        "{% for a in range(2000) %}{% for b in range(2000) %}{% endfor %}{% endfor %}",
        "{% for a in range(20000) %}{{ text * 20 }}{% endfor %}",
        pytest.param(
            "{% macro m(n) %}{% if n %}{{ m(n - 1) }}{{ m(n - 1) }}{% endif %}{% endmacro %}{{ m(40) }}",
            marks=pytest.mark.slow,
        ),
    ],
)
def test_a_page_has_limits_too(source: str) -> None:
    """Larger ones: a million steps and sixteen megabytes."""
    with pytest.raises(ConfigError, match=r"1,000,000 steps|16,384 KB"):
        compile_html_template(source, where="templates/pages/index.html")(VALUES)


@pytest.mark.slow
def test_a_long_page_is_filled() -> None:
    """A list of ten thousand posts is far from any limit, macros of other parts included."""
    parts = {"row": "{% macro row(n) %}{% for a in [n, n] %}<li>{{ a }}{% endfor %}{% endmacro %}"}
    source = "{% import 'row' as made %}{% for n in range(10000) %}{{ made.row(n) }}{% endfor %}"
    assert compile_html_template(source, parts=parts)({}).count("<li>") == 20_000
