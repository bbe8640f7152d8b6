"""Markdown that other sites show leads back to the author's."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from syndicate.text.markdown import make_absolute

BASE = "https://blog.example/2026/fox/"


@pytest.mark.parametrize(
    ("markdown", "absolute"),
    [
        ("ü [a](/x) ![i](img.png)", "ü [a](https://blog.example/x) ![i](https://blog.example/2026/fox/img.png)"),
        ('[a](/x "/x")', '[a](https://blog.example/x "/x")'),
        ("[![i](../i.png)](/x)", "[![i](https://blog.example/2026/i.png)](https://blog.example/x)"),
        ("[a](#part) [b](//cdn.example/b)", f"[a]({BASE}#part) [b](https://cdn.example/b)"),
        ("[a][r]\n\n[r]: /ref 'x'", "[a][r]\n\n[r]: https://blog.example/ref 'x'"),
        ('<img alt="/x" src="/i.png">', '<img alt="/x" src="https://blog.example/i.png">'),
        ("`[a](/x)`\n\n```\n[a](/x)\n```\n", "`[a](/x)`\n\n```\n[a](/x)\n```\n"),
        ("[a](https://a.example/x) <mailto:a@b.example>", "[a](https://a.example/x) <mailto:a@b.example>"),
        ("[a](http://[bad) [b]()", "[a](http://[bad) [b]()"),
    ],
)
def test_relative_addresses_become_absolute(markdown: str, absolute: str) -> None:
    """Links, pictures, definitions and raw HTML; not code, not what is absolute already."""
    assert make_absolute(markdown, BASE) == absolute
    assert make_absolute(absolute, BASE) == absolute


@given(st.text(st.sampled_from("[]()!<>/x#\"' \n`:ü\\&;=srcimg")))
def test_no_markdown_breaks_it(markdown: str) -> None:
    """Whatever an author types, doing it twice is doing it once."""
    once = make_absolute(markdown, BASE)
    assert make_absolute(once, BASE) == once
