"""The pieces that hostile inputs are made of: letters of every script, signs of every syntax, addresses of every form."""

from __future__ import annotations

from hypothesis import strategies as st

CONTROLS = (
    "\0", "\x01", "\x07", "\x08", "\x0b", "\x0c", "\x1b[2J", "\x1b]0;t\x07", "\x7f", "\x85", "\x9b31m", "\u061c",
    "\u200b", "\u200d", "\u200e", "\u200f", "\u202e", "\u2028", "\u2029", "\u2060", "\u2066", "\u2069", "\ufeff", "\ufffe",
    "\uffff", "\ufdd0", "\U0001fffe", "\U000e0041", "\r", "\r\n", "\t", "\xa0", "\xad",
)  # fmt: skip
WORDS = (
    "a", "Zoë", "naïve", "Привет", "שלום", "مرحبا", "नमस्ते", "สวัสดี", "日本語", "한국어", "你好", "👩‍👩‍👧‍👦", "🏳️‍🌈", "e\u0301" * 3,
    "z\u0351\u0352\u0353" * 9, "ﷺ", "İ", "ß", "ﬃ", "ǅ", "½", "∞", "â€“", "Ã©", "ðŸ˜€", "&amp;", "&lt;script&gt;", "&#0;", "&#x110000;",
    "&nbsp;", "%00", "%zz", "C:\\x", "..", "../../etc/passwd", "$(x)", "`x`", "{{ x }}", "{% raw %}", "@a", "#a", "-", "---",
    "+++", ";;;", "...", "null", "true", "1e999", "0x10", "-0", "\\", '"', "'", "<", ">", "]]>", "<![CDATA[", "-->", "<!--",
)  # fmt: skip
SCHEMES = (
    "http://", "https://", "HTTP://", "http:", "https:/", "//", "///", "javascript:", "JaVa\tScRiPt:", "data:text/html,",
    "data:image/png;base64,", "vbscript:", "file:///", "ftp://", "mailto:", "tel:", "blob:", "about:", "view-source:",
    "\x01javascript:", "feed:", "http:\\\\", "ws://", "",
)  # fmt: skip
HOSTS = (
    "example.com", "EXAMPLE.com.", "xn--", "xn--/", "xn--a", "bücher.example", "☃.example", "ا.example", "a" * 64 + ".example",
    "a." * 130 + "example", "127.0.0.1", "127.1", "0", "2130706433", "0x7f.1", "0177.0.0.1", "localhost", "[::1]", "[::",
    "[", "]", "[fe80::1%25eth0]", "[::ffff:127.0.0.1]", "[::ffff:7f00:1]", "169.254.169.254", "10.0.0.1", "inside.example",
    "user:pass@example.com", "example.com@127.0.0.1", "example.com:99999", "example.com:-1", "example.com:a", "example.com:",
    "exa mple.com", "example.com\\@127.0.0.1", "１２７.0.0.1", "127。0。0。1", "%31%32%37.0.0.1", "..", ".", "", "a_b.example",
    "example.com\t", "\u202eexample.com", "ex\xadample.com", "example。com", "☃",
)  # fmt: skip
PATHS = (
    "", "/", "/a.jpg", "/写真.jpg", "/a b.jpg", "/a%20b%zz", "/../../x", "/\\..\\x", "?a=b&c=d", "#f", "/<x>\"'", "/\0", "/\x1b",
    "/{a}", "/|^`", "/a\nb", "//b", "/;a=b", "/" + "a" * 3000, "/%00.png", "/\ud800", "?" + "&" * 50, "/a.png#" + "x" * 99,
)  # fmt: skip

words = st.one_of(st.sampled_from(WORDS), st.sampled_from(CONTROLS), st.text(max_size=6))
lines = st.lists(words, max_size=6).map(" ".join)
texts = st.lists(words, max_size=30).map("".join)
addresses = st.one_of(
    st.tuples(st.sampled_from(SCHEMES), st.sampled_from(HOSTS), st.sampled_from(PATHS)).map("".join),
    st.tuples(st.sampled_from(PATHS), st.sampled_from(("", ".png", ".mp3", "?x"))).map("".join),
    lines,
)
"""Every form that an author, or who pretends to be one, may write."""
