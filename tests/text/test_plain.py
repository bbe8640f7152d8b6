"""Plain text from HTML and Markdown lines."""

from __future__ import annotations

import re

import pyromark
import pytest
from hypothesis import given
from hypothesis import strategies as st

from syndicate.text.counting import count_graphemes
from syndicate.text.plain import (
    MARKDOWN,
    escape_markdown,
    first_paragraph,
    line_to_plain,
    share_to_plain,
    shorten,
    to_plain,
)


@pytest.mark.parametrize(
    ("markdown", "plain"),
    [
        ("**Bold**, *it*, ~~gone~~ and `code`", "Bold, it, gone and code"),
        ("A [link](https://x.example/a_(b)) and ![alt](x.png)", "A link and alt"),
        ("snake_case_name and 2 * 3 * 4", "snake_case_name and 2 * 3 * 4"),
        ("Vec<T> beats List<T>", "Vec<T> beats List<T>"),
        ("`Vec<b>` in <em>Rust</em>", "Vec<b> in Rust"),
        ("<script>alert(1)</script>Safe", "Safe"),
        ("Safe <script>alert(1)", "Safe"),
        ("Line<br>break <img src=x onerror=alert(1)> and <IFRAME src=y></iframe>end", "Line break and end"),
        ("How `<div>` works", "How <div> works"),
        ("The <template> element, <div> soup and <b>more</b>", "The <template> element, <div> soup and more"),
        ("Fish &amp; chips &lt;3", "Fish & chips <3"),
        (r"\*not bold\* 1\. one", "*not bold* 1. one"),
        ("<https://x.example>", "https://x.example"),
        ("two\nlines", "two lines"),
        ("A [text][ref] and [brackets]", "A text and [brackets]"),
        ("[JS][React] Hooks", "[JS][React] Hooks"),
        ("***both*** __strong words__ _em_", "both strong words em"),
        ("__name__ in __init__.py", "__name__ in __init__.py"),
        ("if a<b and c>d", "if a<b and c>d"),
        ("<script setup>, <select multiple> and <a href=x>link</a>", "<script setup>, <select multiple> and link"),
    ],
)
def test_lines_lose_their_marks(markdown: str, plain: str) -> None:
    """Inline marks go, words and whatever only looks like a mark stay."""
    assert line_to_plain(markdown) == plain


@pytest.mark.parametrize(
    ("written", "plain"),
    [
        ("**Fast**, ***very fast*** and (**it**)", "Fast, very fast and (it)"),
        ("これは**太字**です", "これは太字です"),
        ("[The docs](https://x.test/d), [code](</c> 'C')", "The docs (https://x.test/d), code (https://notes.test/c)"),
        ("[記事](https://x.test/b)を", "記事 (https://x.test/b)を"),
        ("[Rust](https://x.test/R_(lang))!", "Rust (https://x.test/R_%28lang%29)!"),
        ("[x.test/a](https://x.test/a) <https://x.test>", "https://x.test/a https://x.test"),
        ("![A fox](https://x.test/a.png) in snow", "A fox in snow"),
        (
            "<p>One &amp;<br>two</p>\n<p><a href='https://x.test/'><b>three</b></a></p>",
            "One &\ntwo\n\nthree (https://x.test/)",
        ),
        ("It&#8217;s &lt;3 <script>x()</script>", "It’s <3 "),
    ],
)
def test_markup_of_a_share_text_becomes_plain(written: str, plain: str) -> None:
    """Followers see words and whole addresses."""
    assert share_to_plain(written, "https://notes.test/a/").strip("\n") == plain


@pytest.mark.parametrize(
    "text",
    [
        "2**8 and 3**4, x**2 + y**2, f(*args, **kwargs), g(**kwargs), dict(**a)(**b)",
        "*sigh* _well_ __init__.py snake_case *.md *.txt count(*) ** Sale ** **** f**k **not closed ¯\\_(ツ)_/¯",
        "a < b and c > d, Vec<T>, stop using <div> and <br> here, <script> in 2026, I <3 you, <http://x.test|click>",
        "AT&T, ?a=1&copy=2, [1], [ ] todo, [x] (y), [a](b), arr[0](1), [[wiki]](x), [sic](!)",
        "`**x**` and `<b>y</b> &amp; [a](https://x.test)`\n```\n**x**\n```",
        "- one\n* two\n1. three\n> four\n\n# five ~~six~~ $a_b$",
    ],
)
def test_what_looks_like_markup_stays_in_a_share_text(text: str) -> None:
    """Nobody's asterisks, brackets or signs of comparison are taken for markup, and code is kept."""
    assert share_to_plain(text, "https://notes.test/a/") == text


@given(st.text())
def test_a_line_has_no_line_end_and_no_script(text: str) -> None:
    """Whatever is written, one line comes out."""
    plain = line_to_plain(text)
    assert "\n" not in plain
    assert plain == plain.strip()


def test_html_becomes_lines_of_words() -> None:
    """Blocks end lines; hidden things, comments and footnote marks are no words."""
    markup = (
        "<h2>One</h2><p>Two <em>three</em>&nbsp;four<sup id=\"fnref:1\"><a href='#'>1</a></sup><br>five</p><!-- six -->"
        "<style>seven</style><ul><li>eight &lt;b&gt;</li></ul>"
    )
    assert to_plain(markup) == "One\nTwo three\xa0four\nfive\neight <b>"
    assert to_plain("<p>日本語の本文です。\n改行した\n行 and\nmore</p>") == "日本語の本文です。改行した行 and more"


@pytest.mark.parametrize(
    ("markup", "first"),
    [
        ("<p>Real words.</p><p>More.</p>", "Real words."),
        ("<p><img src='a'></p><p>Real words.</p>", "Real words."),
        ("<p><img src='a'>\n<em>Photo by me</em></p><p>Real words.</p>", "Real words."),
        ("<p><em>A caption</em></p><p>Real words.</p>", "Real words."),
        ("<p><em>Only a caption</em></p>", "Only a caption"),
        ("<blockquote><p>Quoted</p></blockquote><ul><li><p>Item</p></li></ul><p>Real words.</p>", "Real words."),
        ("<h1>Heading</h1><p>…</p><p>Real words.</p>", "Real words."),
        ('<p><a href="https://v.example/1">https://v.example/1</a></p><p>Real words.</p>', "Real words."),
        ("<h1>Heading</h1>", ""),
    ],
)
def test_first_paragraph_says_something(markup: str, first: str) -> None:
    """Pictures, captions, quotations and lists are passed over."""
    assert first_paragraph(markup) == first


@pytest.mark.parametrize(
    ("text", "limit", "short"),
    [
        ("Short.", 20, "Short."),
        ("One sentence here. Another one that is longer.", 25, "One sentence here."),
        ("A. Then a very long sentence without an end", 20, "A. Then a very long…"),
        ("今年も小さな庭に種をまいた。まだ寒い。", 16, "今年も小さな庭に種をまいた。"),
        ("Version 2.5 is out and everything is better now", 20, "Version 2.5 is out…"),
    ],
)
def test_texts_end_where_a_person_would_end_them(text: str, limit: int, short: str) -> None:
    """At a sentence where that keeps half, else at a word with an ellipsis."""
    assert shorten(text, limit) == short


@given(st.text(min_size=1), st.integers(min_value=2, max_value=80))
def test_shortened_text_is_a_beginning_within_its_limit(text: str, limit: int) -> None:
    """Nothing is invented but the ellipsis."""
    short = shorten(text, limit)
    assert text.startswith(short.removesuffix("…"))
    assert count_graphemes(short) <= limit


# --- Plain text for places that read Markdown: a real reader shows what was written ---

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
