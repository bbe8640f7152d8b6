"""Markdown becomes safe HTML with absolute addresses."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import html as lxml_html

from syndicate.errors import ContentError
from syndicate.text.links import absolute_url
from syndicate.text.markdown import make_absolute, render_html
from syndicate.text.sanitising import absolute_srcset, sanitise

PAGE = "https://blog.example/posts/one/"


@pytest.mark.parametrize(
    ("markdown", "markup"),
    [
        ("[a](b)", '<p><a href="https://blog.example/posts/one/b">a</a></p>'),
        ("[a](/b)", '<p><a href="https://blog.example/b">a</a></p>'),
        ("[a](../b?c=d&e#f)", '<p><a href="https://blog.example/posts/b?c=d&amp;e#f">a</a></p>'),
        ("[a](//cdn.example/b)", '<p><a href="https://cdn.example/b">a</a></p>'),
        ("[a](#b)", '<p><a href="https://blog.example/posts/one/#b">a</a></p>'),
        ("[a](mailto:b@c.example)", '<p><a href="mailto:b@c.example">a</a></p>'),
        ("[a](javascript:alert(1))", "<p>a</p>"),
        (
            "[a](<java&#10;script:alert(1)>)",
            '<p><a href="https://blog.example/posts/one/java%0Ascript:alert(1)">a</a></p>',
        ),
        ("[a](data:text/html,b)", "<p>a</p>"),
        ("![a](b.png 'c')", '<p><img src="https://blog.example/posts/one/b.png" alt="a" title="c"></p>'),
        ("![a](data:image/png;base64,AA)", ""),
        ("a\n\n\nb", "<p>a</p>\n<p>b</p>"),
        ("~~a~~", "<p><del>a</del></p>"),
        ("- [x] a\n- [ ] b", "<ul>\n<li>☑ a</li>\n<li>☐ b</li>\n</ul>"),
        ("# a {#b .c}", "<h1>a</h1>"),
        ("> [!TIP]\n> a", "<blockquote><p><strong>Tip</strong></p>\n<p>a</p>\n</blockquote>"),
        ("```py\na < b\n```", '<pre><code class="language-py">a &lt; b\n</code></pre>'),
        (
            "see https://a.example/b_(c), ok",
            '<p>see <a href="https://a.example/b_(c)">https://a.example/b_(c)</a>, ok</p>',
        ),
        ("(https://a.example)", '<p>(<a href="https://a.example">https://a.example</a>)</p>'),
        ("`https://a.example`", "<p><code>https://a.example</code></p>"),
        ("[https://a.example](b)", '<p><a href="https://blog.example/posts/one/b">https://a.example</a></p>'),
        ("it costs $5 and $10, H~2~O", "<p>it costs $5 and $10, H~2~O</p>"),
        ('"quotes" -- stay', '<p>"quotes" -- stay</p>'),
    ],
)
def test_markdown_renders(markdown: str, markup: str) -> None:
    """Each construct as a feed reader should get it."""
    assert render_html(markdown, PAGE) == markup


@pytest.mark.parametrize(
    ("raw", "safe"),
    [
        ("<script>alert(1)</script>", ""),
        ("<style>a{}</style>", ""),
        ("<form><input><button>b</button></form>", ""),
        ("<svg onload=alert(1)><text>a</text></svg>", ""),
        ("<p onclick=alert(1) style='color:red' class=a id=b>c</p>", "<p>c</p>"),
        ("<iframe src='https://evil.example'></iframe>", ""),
        ("<iframe srcdoc='<script>'></iframe>", ""),
        ("<iframe src='//player.vimeo.com/1'></iframe>", '<iframe src="https://player.vimeo.com/1"></iframe>'),
        ("<video src=a.mp4 poster=b.jpg controls></video>",
         f'<p><video src="{PAGE}a.mp4" poster="{PAGE}b.jpg" controls=""></video></p>'),
        ("<video></video><audio></audio>", ""),
        ("<div><div> <p>&nbsp;</p><span></span></div></div>", ""),
        ("<div class=w><p>kept</p><p></p></div>", "<div><p>kept</p></div>"),
        ("<table><tr><td></td><td>a</td></tr></table>", "<table><tbody><tr><td></td><td>a</td></tr></tbody></table>"),
        ("<td style='text-align:right;position:fixed'>", ""),
        ("<!-- a -->b", "b"),
        ("<my-widget>text</my-widget>", "<p>text</p>"),
        ("<iframe src='//player.vimeo.com/1'/>*a*", '<iframe src="https://player.vimeo.com/1"></iframe>*a*'),
        ("<iframe src='//evil.example'/>\n\n*a*", "<p><em>a</em></p>"),
        ("<iframe><script>alert(1)</script><img src=x onerror=alert(1)><a href=b>c</a></iframe>d",
         f'<img src="{PAGE}x"><a href="{PAGE}b">c</a>d'),
        ("<iframe src='//player.vimeo.com/1'>Your browser shows no frames</iframe>a",
         '<iframe src="https://player.vimeo.com/1"></iframe>a'),
        ("<iframe src='//player.vimeo.com/1'>\n\n*a*",
         '<iframe src="https://player.vimeo.com/1"></iframe>\n<p><em>a</em></p>'),
        ("a <video src=a.mp4 /> *b*", f'<p>a <video src="{PAGE}a.mp4"></video> <em>b</em></p>'),
        ("a <audio/> <script/> <textarea/> <title/> <svg/> <i class=x /> *b*", "<p>a       <em>b</em></p>"),
        ("<a href=b title='<iframe>'>c</a>", f'<p><a href="{PAGE}b" title="&lt;iframe&gt;">c</a></p>'),
        ("<a href='https://a.example' target=_blank rel=me>b</a>", '<p><a href="https://a.example">b</a></p>'),
        ("<img src=x onerror=alert(1) width=3 height=4 alt=a>",
         '<img src="https://blog.example/posts/one/x" width="3" height="4" alt="a">'),
        ("<base href='https://evil.example/'><meta http-equiv=refresh><link rel=stylesheet href=a>", ""),
        ("<object data=a></object><embed src=a>", ""),
        ("<math><mi>x</mi></math>", ""),
        ("<noscript><img src=a></noscript>", ""),
    ],
)  # fmt: skip
def test_raw_html_is_made_safe(raw: str, safe: str) -> None:
    """Scripts, widgets, unknown frames and empty shells go; what reads or shows stays."""
    assert render_html(raw, PAGE) == safe


def test_footnotes_work_inside_a_reader() -> None:
    """A footnote's links are absolute and lead to ids that are in the text."""
    markup = render_html("a[^n]\n\n[^n]: b", PAGE)
    targets = re.findall(rf'href="{PAGE}#([^"]+)"', markup)
    assert targets == ["fn:n", "fnref:n"]
    assert all(f'id="{target}"' in markup for target in targets)


@pytest.mark.parametrize(
    ("written", "shown"),
    [
        (
            "One[^b] two[^a].\n\n[^a]: First.\n[^b]: Other.\n\n    More.\n\nEnd.",
            "One two . End. --- b Other. More. a First.",
        ),
        ("One[^a]\n\n> [^a]: Quoted.\n\nEnd.", "One a Quoted. End."),
        ("[^a]: First.\n\nOne[^a]\n\n```\nnever closed", "a First. One never closed"),
    ],
)
def test_footnotes_come_behind_the_text_in_the_order_of_their_marks(written: str, shown: str) -> None:
    """Wherever they are written; one in a quotation stays there, and none falls into a fence that is never closed."""
    html = re.sub(r'<div id="fn:(.)">|<hr>', lambda found: f" {found[1] or '---'} ", render_html(written, PAGE))
    assert " ".join(re.sub(r"<sup.*?</sup>|<[^<>]*>", " ", html).split()) == shown


@pytest.mark.slow
@pytest.mark.parametrize("piece", ["«", "« a", "&laquo;&amp;", "ï»¿", "&amp;" * 3 + "a"])
def test_a_long_text_without_markup_stays_whole(piece: str) -> None:
    """The seams at which it is divided for the parser are gone, and no entity is cut."""
    text = piece * 50_000
    assert sanitise(f"<p>{text}</p>", PAGE) == f"<p>{text.replace('&laquo;', '«')}</p>"


@pytest.mark.parametrize(
    ("srcset", "absolute"),
    [
        ("a.png 1x, /b.png 2x", "https://blog.example/posts/one/a.png 1x, https://blog.example/b.png 2x"),
        ("a,b.png 100w", "https://blog.example/posts/one/a,b.png 100w"),
        ("a.png", "https://blog.example/posts/one/a.png"),
        ("javascript:a 1x", None),
        ("", None),
        ("a " * 5000, None),
    ],
)
def test_srcset_is_absolute(srcset: str, absolute: str | None) -> None:
    """Every candidate is resolved, what is no http address goes."""
    assert absolute_srcset(srcset, PAGE) == absolute


@pytest.mark.parametrize("address", ["http://[", "javascript:a", "data:,a", "//", "ftp://a.example/b"])
def test_what_is_no_http_address_is_none(address: str) -> None:
    """Broken and foreign addresses become nothing."""
    assert absolute_url(address, PAGE) in {"", PAGE}


@pytest.mark.slow
@pytest.mark.parametrize(
    "hostile",
    [
        "<div>" * 100_000,
        ">" * 50_000 + "a",
        "<p>" + "".join(f"<b title={n}>" for n in range(400)) + "</p>" + "<p>x</p>" * 20_000,
        "<p " + " ".join(f"a{n}" for n in range(50_000)) + ">",
        "&" * 300_000,
    ],
)
def test_markup_made_to_hurt_is_refused(hostile: str) -> None:
    """What would cost quadratic time or a reader's stack is an error that a person can read."""
    with pytest.raises(ContentError, match=r"nested too deeply|too many"):
        render_html(hostile, PAGE)


PIECES = st.sampled_from(
    ["<script>", "</script>", "<p ", "onload=", "javascript:", '"', "'", ">", "<", "`", "```\n", "](", "[", "![", ")",
     "<!--", "-->", "<div>", "</div>", "<a href=", "&#106;", "<svg>", "<style>", "<iframe src=", "<iframe",
     "</iframe>", "/>", "<video/>", "<framed-player src=", "//player.vimeo.com/1", "\n\n", "text",
     "https://a.example",
     "<table>", "<td>", "|", "[^1]", "[^1]: ", "{{<", "{%", "é", "\x00", "&lt;", "]]>"]
)  # fmt: skip


@given(st.text() | st.lists(PIECES, max_size=40).map("".join))
def test_any_text_gives_html_without_script_that_parses_to_itself(text: str) -> None:
    """No script, handler or foreign scheme survives, and a parser finds the same tree as we wrote."""
    markup = render_html(text, PAGE)
    tree = lxml_html.fragment_fromstring(markup, create_parent="div")
    for element in tree.iter():
        assert element.tag not in {"script", "style", "form", "object", "embed", "svg", "base", "meta"}
        assert element.tag != "iframe" or not (element.text or len(element))
        assert not any(name.startswith("on") or name in {"style", "srcdoc"} for name in element.attrib)
        for name in ("href", "src", "poster", "cite"):
            assert re.match(r"https?://|mailto:|tel:|xmpp:|$", element.attrib.get(name, ""))
    assert sanitise(markup, PAGE) == markup


@pytest.mark.parametrize("page", [PAGE, f"{PAGE}more/", "http://other.example:8080/x?y#z"])
@pytest.mark.parametrize(
    "address", ["/a", "/../a", "//h.example/a", "/\ta", "a", "#a", "", "/\\a", "&#47;a", "https:a"]
)
@pytest.mark.parametrize(
    "markup",
    ['<a href="{}">t</a>', "<a href={}>t</a>", "<img alt='=' SRC = '{}'>", '<img SRCSET="/x 1x, {} 2x">'],
)
def test_an_address_means_the_same_whatever_stands_beside_it(markup: str, address: str, page: str) -> None:
    """A page whose addresses would lead to the same place from any other page is cleaned together with those."""
    text = markup.format(address)
    assert sanitise(f'{text}<hr><a href="../b">t</a>', page).partition("<hr>")[0] == sanitise(text, page)


# --- Markdown that other sites show leads back to the author's ---

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
