"""Texts made to hurt are done with as soon as any others: each of these took minutes in quadratic time."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable

import pytest

from syndicate.errors import ContentError
from syndicate.text import (
    clean_text,
    counting,
    hashtags,
    links,
    markdown,
    normalize,
    plain,
    repair,
    sanitising,
    shortcodes,
    slugs,
)

N = 100_000
LABELS = ("Summary", "Social Snippet")
PAGE = "https://example.com/a/"
SHORT: Callable[[str], bool] = lambda text: len(text) <= 300  # noqa: E731


@pytest.mark.parametrize("sign", ["(", ")", "[", '"', "!", ".", "- ", "a.", "「", "?!", "\n", "。"])
def test_a_run_of_signs_is_cut_in_one_go(sign: str) -> None:
    """No start in a run of brackets, quotes or ends of sentences looks at the rest of the run again."""
    text = "Words before. " + sign * N + "x"
    shown = counting.fit(text, SHORT)
    assert shown.startswith("Words before.")
    assert len(shown) <= 300


@pytest.mark.parametrize("sign", ["a ", "(", '" ', "日本"])
def test_a_long_text_is_split_by_what_a_part_holds(sign: str) -> None:
    """Each part costs its own length, not that of all that is left."""
    text = (sign * N).strip()
    parts = counting.split(text, lambda part, number: len(part) <= 20_000)
    assert "".join("".join(parts).split()) == "".join(text.split())
    assert all(len(part) <= 20_000 for part in parts)


@pytest.mark.parametrize("between", [" ", "\n", "\t", " \n"])
def test_a_label_with_a_gap_behind_it_is_no_label(between: str) -> None:
    """White space between a label and a colon that never comes is read once."""
    text = "Summary" + between * N + "x"
    assert repair.strip_label(text, LABELS) == text
    assert repair.strip_label("Summary" + between * N + ": x", LABELS) == "x"


def test_signs_behind_an_address_are_given_back_at_once() -> None:
    """Neither in a text nor in a page is an address counted anew for each sign that it loses."""
    text = "http://example.com/" + ")." * N
    assert [link.url for link in links.find_http_addresses(text)] == ["http://example.com/"]
    link = '<a href="http://example.com/">http://example.com/</a>'
    assert markdown.link_addresses(f"<p>{text}</p>") == f"<p>{link}{').' * N}</p>"


def test_a_mention_without_host_is_read_once() -> None:
    """Mastodon's rule for remote mentions does not try each way to divide a name."""
    text = "@" + "a" * N + "@"
    assert counting.count(text, counting.Counter.MASTODON) == N + 2


def test_hashtags_beside_many_links_are_found_in_one_walk() -> None:
    """Tags and links are compared once each, not all with all."""
    text = "#tag http://example.com/#not " * 5_000
    assert [tag.name for tag in hashtags.find_hashtags(text)] == ["tag"] * 5_000


@pytest.mark.parametrize(
    "unit",
    [
        "<b><!--</b>-->", "<div><!--></div-->", '<i title="</i>">', "<span><div></span></div>", "<rt>", "<li><dd>",
        "<div><![CDATA[</div>]]>", "<div><?</div>", "<table><td></b></td>", "<svg><td>",
        "<math><input></input>", "<em><script></em></script>", "<style></b><b></style><b>", "<a id=1><table></a>",
        "<q><textarea></q></textarea>", "<x-y><p></x-y></p>", "<h2><form></form>", "<ul><li><ol></li>",
    ],
)  # fmt: skip
@pytest.mark.parametrize("around", ["", "words\n\n"])
def test_what_stays_open_for_a_parser_is_refused(unit: str, around: str) -> None:
    """End tags that a parser does not see, or passes over, close nothing."""
    with pytest.raises(ContentError, match="nested too deeply"):
        sanitising.sanitise((unit + around) * 20_000, PAGE)


@pytest.mark.parametrize(
    "unit",
    [
        "<p>a<br>b<hr>", "<b><i>a</b></i>", "<div><span>a</div>", "<ul><li>a<li><p>b</ul>", "<dl><dt>a<dd>b</dl>",
        "<a name=x>a", "<!-- <div> -->a", "<table><tr><td>a<tr><td><div>b</table>", '<em title="<div>">a</em>',
        "<svg><path/><g><path></path></g></svg>a", "<style>a > b { <div> }</style>a", "a < b > c <= d", '<u =">a</u>',
        "<p>a<table><td>b</table>", "<p><span>a", "<blockquote><p>a<blockquote>b</blockquote></blockquote>",
    ],
)  # fmt: skip
def test_long_and_careless_html_is_read(unit: str) -> None:
    """What a parser closes by itself does not count as open, however often it stands there."""
    html = sanitising.sanitise(unit * 2_000, PAGE)
    assert html.count("a") >= 2_000
    assert len(html) < 400_000


def test_pieces_around_a_comment_make_no_element() -> None:
    """What is taken out of a long text leaves its place, so its neighbours cannot become a tag."""
    html = sanitising.sanitise("<b>x</b>" * 600 + "<<!-- -->script>alert(1)<<!-- -->/script>", PAGE)
    assert html.endswith("&lt;script&gt;alert(1)&lt;/script&gt;")


@pytest.mark.parametrize("unit", ["<b>a</b>", "<br>", "<!---->"])
def test_a_text_of_nothing_but_elements_is_refused(unit: str) -> None:
    """Each takes half a kilobyte in a parser: their number is limited, and no parser is asked."""
    with pytest.raises(ContentError, match="too many HTML elements"):
        sanitising.sanitise(unit * 200_001, PAGE)


@pytest.mark.parametrize("marks", ["\u0301\u0316", "\u0301\u0315\u0316\u0334\u0327", "\u0f73\u0301", "\uff9e\u0316"])
def test_marks_in_a_wrong_order_are_sorted_in_linear_time(marks: str) -> None:
    """No language sets more than thirty on a letter, and Unicode's sorting compares each with all others."""
    for form in ("NFC", "NFKC", "NFKD"):
        shown = normalize(form, f"ẹ́{marks * (N // 4)} a{marks}b")  # type: ignore[arg-type]
        assert 5 < len(shown) < 3 * N + 100
        assert shown.endswith(unicodedata.normalize(form, f" a{marks}b"))
    assert len(clean_text(f"# a{marks * N}")) < 3 * N


def test_a_host_without_end_is_no_address() -> None:
    """Python sorts the marks of a host, too, to look for slashes in it."""
    host = "http://a" + "\u0301\u0316" * N
    assert sanitising.absolute_url(host, PAGE) == links.keep_web_address(host) == ""
    assert markdown.make_absolute(f"[a]({host}/b)", PAGE) == f"[a]({host}/b)"
    assert sanitising.sanitise(f"<blockquote cite='{host}'>a</blockquote>", PAGE) == "<blockquote>a</blockquote>"


@pytest.mark.parametrize("unit", ["<script>", "<div> ", "<a href=/x>", "**a ", "[a](https://x("])
def test_markup_that_never_ends_is_read_once_in_a_line(unit: str) -> None:
    """What opens again and again and closes nowhere is looked at once for each opening."""
    assert len(plain.line_to_plain(unit * (N // len(unit)) + "x")) <= N + 1
    assert plain.share_to_plain(unit * (N // len(unit)) + "x", PAGE).endswith("x")


@pytest.mark.parametrize("value", ["a" * 4_900 + " b c", "a" * 2_400 + " " * 2_400 + "b c"])
def test_a_list_of_pictures_is_read_once(value: str) -> None:
    """An address without end and a size of two words took an hour: each part of it was tried as an address."""
    assert sanitising.sanitise(f'<img srcset="{value}, /b 2x">', PAGE) == '<img srcset="https://example.com/b 2x">'


def test_a_template_that_never_ends_is_read_once() -> None:
    """A gap of ten thousand spaces was divided in every way."""
    assert shortcodes.drop_shortcodes("{% highlight" + " " * N) == "{% highlight" + " " * N
    assert slugs.from_template("${" + " " * N) == "/${" + " " * N
