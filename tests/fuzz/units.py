"""Pieces of text that hurt when they are repeated: each is what some parser must look back or ahead for."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Unit:
    """Something to repeat, and what stands before and behind all of it."""

    piece: str
    before: str = ""
    behind: str = ""

    def repeat(self, size: int) -> str:
        """About `size` characters."""
        return self.before + self.piece * max(1, size // len(self.piece)) + self.behind

    def __str__(self) -> str:
        return f"{self.before!r} + {self.piece!r} * n + {self.behind!r}"


_SIGNS = (
    "(", "[", "{", "<", ")", "]", "}", ">", '"', "'", "”", "’", "«", "„", "「", "」", "*", "**", "_", "__",
    "`", "``", "~", "~~", "#", "@", "&", "!", '\\', "/", ":", ";", ".", ",", "…", "?", "-", "=", "|", "+",
    "$", "%", "^", "0", "a", "é", "日", "ก", "한", "\n", "\t",
)  # fmt: skip
_PAIRS = (
    "()", "[]", "{}", "<>", '"a', "'a", "a ", " a", "a.", "a!", "a\n", "\n\n", "\n\na", "a\n\n", "* ",
    "- ", "1. ", "> ", "# ", "#a", "#a ", "@a", "@a ", "@a@b.c ", "@a.b", ").", "(a", "a)", "[a", "[a]",
    "[a](", "](", "![", "![a](", "[a](b)", "![a](b) ", "[a][", "[a]: b\n", "[^a]", "[^a]: b\n", "*a",
    "*a*", "**a", "_a", "_a_", "*a_", "a*b_", "`a", "`a`", "`` ", "` ``", "```\n", "~~~\n", "\\`", "~a",
    "~~a", "&", "&amp;", "&a", "&#", "&#1", "<a", "<a ", "<a>", "</a>", "<a></a>", "<b>", "<i><b>", "<p>",
    "<div>", "<div>\n", "<div></div>", "<p><b>", "<table>", "<table><tr><td>", "<ul><li>", "<!--", "-->",
    "<!-- -->", "<![", "<?", "<!a", "<script>", "<style", "<title>", "<svg>", "<math>", "<template>",
    "<iframe>", "<iframe/>", "<iframe></iframe>", "<video/>", "<details/>", "<img>", "<img ",
    "<img src=a>", "<img alt=", "<a href=", '<a href="', "<a href='b'>", "a=b ", 'a="b" ', '="', "='",
    "<source>", "<p><img>", "<pre>", "<pre></pre>", "<code>", "<code></code>", '<div id="',
    '<div id="a">', "<blockquote>", "<figure>", "<figure></figure>", "<aside></aside>", "<br>", "&nbsp;",
    "<p>&nbsp;</p>", "</p>", "{{", "}}", "{%", "%}", "{{<", ">}}", "{{ a }}", "{{<a>}}", "{% raw %}",
    "{% endraw %}", "{% comment %}", "{% highlight ", "{{ site.url ", "{{ 'a' | ", "{: ", "){", "){.a ",
    "{.a b=c ", ":::", ":::\n", ":a:", ":a", "[toc]", "[toc]\n", "import ", "import a\n", "export {\n",
    "export default a\n", "<A", "<A ", "<A a='", '<A a="', "<A>{", "{a}", "{'a'}", "={a}", "\\{", "<>",
    "</>", "http://", "https://a", "http://a.com/", "http://a.com ", "http://a.com/(", "http://a.com/)",
    "a.com", "a.com.", "a.com ", ".com", "a.b", ".a", "://", "http://[", "http://[::1]", "www.a.com/?",
    "/a", "?a=b&", "%20", "xn--a.", "日本.com", "a_b.c", "a-b.c", "t.co/a ", "https://t.co/a?",
    "http://a.com:1", ":1", "\u200d", "️", "👨\u200d", "👨\u200d👩\u200d👧", "🇦", "🇩🇪", "1️⃣", "🏴\U000e0067",
    "́", "é", "각", "ᄀ", "ᅠ", "क्", "\u0600", "\u202e", "\u2066", "\u200b", "\xad", "\ufeff", "\x00",
    "\x07", "\x85", "\r", "\r\n", "\ud800", "ï»¿", "Ã©", "â€", "â€™", "âš¡", "ðŸ", "Ð", "Summary",
    "Summary ", "Summary:", "**Summary", "TL;DR ", "> Summary", "Photo by ", "|", "| ", "|a", "|a|\n",
    "|-|\n", "| a | b |\n|-|-|\n", "- a\n", "- - ", "> > ", ">", "> a\n", " - a\n", "\t", "    a\n",
    "   ", "---\n", "***\n", "===\n", "a\n===\n", "a\n---\n", ": a\n", "a\n: b\n", "- [ ] a\n", "1) ",
    '\\', "\\\n", "  \n", "a@b.c ", "<a@b.c>", "<http://a.b>", "<http:", "{#a}", "# a {#b}\n", "#", "##",
    "a:\n", "a: b\n", "- a: ", "a: &a ", "*a, ", "&a ", "a: *a\n", "? ", "[[", "[a, ", "{a: ", '{"a":',
    "[1,", "a.", "a.b.", "a=1\n", "[a.b]\n", "[[a]]\n", "a.b=1\n", '"""', "'''", "!!binary a\n", "<<: ",
    "!a ", "%a ", "...\n", "\u2028", "\u3000", "、", "。", "。」", "a。", "!”", "? ", "! ", '." ', "a b",
    "<b><!--</b>-->", "<i title='</i>'>", "<span><div></span></div>", "<rt>", "<li><dd>", "<svg><td>", "<math><input>",
    "<x-y><p></x-y></p>", "<h2><form></form>", "<style></b></style><b>", "<table><td></b>", "<b><![CDATA[</b>]]>", "<a><b></a>",
    "<b><i></b></i>", "<p><b>a</p>", "<dl><dt>a<dd>b</dl>", "<div>a</div>", "<!-->", "<!--->", "<div =\">", "a[^1]\n\n[^1]: a\n\n",
    "I. ", "é.", "—", "-a", "_", "12:", "1,", "2025-", "Jan ", "+0", "Mon, ", "()(", "\t\n",
    "\u0301\u0316", "\uff9e\u0316", "<a href= ", "<br", "<p", "<head", "<http://a", "<http://a|", "&#769;&#790;", "<![<", "Bearer a", '"token":"',
)  # fmt: skip
_ENCLOSED = (
    Unit(" ", "Summary", "x"), Unit(" ", "Summary: ", "x"), Unit(" ", "a", "a"), Unit("\n", "a", "a"),
    Unit("\t", "# a", "#"), Unit(" ", "# a", "a"), Unit(" ", "[a](", ")"), Unit(").", "http://a.com/"),
    Unit("(", "http://a.com/"), Unit(")", "http://a.com/"), Unit("()", "http://a.com/"),
    Unit("a", "http://a.com/", " "), Unit("!", "http://a.com/"), Unit(".", "http://a.com/"),
    Unit("?", "http://a.com/"), Unit("a.", "http://", "com"), Unit("a", "", ".com"), Unit("-", "a", ".com"),
    Unit("_", "a", ".com"), Unit("a-", "", ".com"), Unit("*", "a", "a"), Unit("_", "a", "a"), Unit("~", "a", "a"),
    Unit("`", "a", "a"), Unit("*a ", "*", "*"), Unit("a", "*"), Unit("a ", "**", "**"), Unit("a", "<"),
    Unit("a", "<!--"), Unit(" ", "<a", ">"), Unit("a ", "<a ", ">"), Unit("a=b ", "<a ", ">"), Unit("a='b' ", "<A "),
    Unit("a ", "{{"), Unit("a ", "{%", "%}"), Unit("a=b ", "{{< figure ", ">}}"), Unit('"', "{{< figure ", ">}}"),
    Unit(".a ", "![b](c){"), Unit("a=b ", "![b](c){", "\n}"), Unit("{", "", "}"), Unit("[", "", "]"),
    Unit("(", "", ")"), Unit("[", "![", "](b)"), Unit("(a)", "[a]("), Unit("[](", "[a]("), Unit("\\", "[a](", ")"),
    Unit("<i>", "<p>", "</p>"), Unit("<b></b>", "<div>", "</div>"), Unit("<p>", ""), Unit("<a>", "", "</a>"),
    Unit("<div>", "", "</div></div></div></div></div></div></div></div></div></div>"), Unit("x<br>", "<p>", "</p>"),
    Unit("&nbsp;", "<p>"), Unit(" ", "<p>"), Unit("<source>", "<p><picture>"), Unit(" ", "<p><img"),
    Unit("a", "<p><img src=a><figcaption>"), Unit(", ", "<img srcset='a", "'>"), Unit("a, ", "<img srcset='", "'>"),
    Unit("a ", "<img srcset='", "'>"), Unit("a", "<img srcset='", "'>"), Unit("a", "@", "@"), Unit("a.", "@a@"),
    Unit("a-", "@", "!"), Unit("a", "#", "#"), Unit("a_", "#", "://"), Unit("_", "#"), Unit("1", "#"),
    Unit("@a", "rt"), Unit("é", "", ".com/"), Unit("日", "", ".com"), Unit("é.", "", "com"), Unit("<video>", ""),
    Unit("<iframe>", "<div>", "</div>"), Unit("a", "<iframe>", "</iframe>"), Unit("&lt;", "<iframe>"),
    Unit("🏴\U000e0067", "", "\U000e007f"), Unit("\U000e0067", "🏴"), Unit("́", "e"), Unit("\u200d👩", "👨"),
    Unit("x", "import "), Unit("x\n", "import {"), Unit(" ", "import", "x"), Unit(" ", "export const"),
    Unit("'", "{", "}"), Unit("a", "{'", "'}"), Unit("{}", "{"), Unit("}", "{"),
    Unit("\u0301\u0316", "http://a"), Unit("\u0301\u0316", "[a](http://a", ")"), Unit("\u0301\u0316", "<a href='//a", "'>"),
    Unit("&#769;&#790;", "<blockquote cite='//a", "'>"), Unit("&#769;&#790;", "<a href='//a", "'>"), Unit("\u0301\u0316", "//a"),
)  # fmt: skip

UNITS: tuple[Unit, ...] = (*map(Unit, dict.fromkeys(one for one in (*_SIGNS, " ", *_PAIRS) if one)), *_ENCLOSED)
