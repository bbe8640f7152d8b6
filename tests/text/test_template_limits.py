"""A message template that does too much is an error with its reason, not a machine without memory."""

from __future__ import annotations

import pytest

from syndicate.errors import ConfigError
from syndicate.text.sandbox import MAX_OUTPUT, MAX_STEPS, compile_html_template, render_html_template
from tests.text.test_sandbox import render_text

VALUES = {"text": "word " * 100, "tags": ("a", "b")}


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
        render_html_template(source, VALUES, where="templates/pages/index.html")


def test_a_long_page_is_filled() -> None:
    """A list of ten thousand posts is far from any limit, macros of other parts included."""
    parts = {"row": "{% macro row(n) %}{% for a in [n, n] %}<li>{{ a }}{% endfor %}{% endmacro %}"}
    source = "{% import 'row' as made %}{% for n in range(10000) %}{{ made.row(n) }}{% endfor %}"
    assert compile_html_template(source, parts=parts)({}).count("<li>") == 20_000
