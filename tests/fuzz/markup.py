"""Posts from a grammar: front matter in three syntaxes, and bodies of Markdown, HTML, MDX and templates."""

from __future__ import annotations

import json
from dataclasses import dataclass

from hypothesis import strategies as st

from tests.fuzz.words import addresses, lines, texts, words

# --- front matter ---

NAMES = (
    "title", "date", "slug", "excerpt", "metaDescription", "category", "categories", "status", "trending", "featured", "image", "imageAlt",
    "imageCredit", "keywords", "readingTime", "socialShare", "id", "draft", "updated", "author", "tags", "social", "syndication", "permalink",
    "language", "lang", "enclosure", "audio", "video", "aliases", "canonical", "cover", "images", "url", "layout", "published", "weight",
)  # fmt: skip
_ODD = (
    "2026-01-05T09:00:00Z", "0001-01-01", "9999-12-31T23:59:59-14:00", "0001-01-01T00:00:00+14:00", "2026-02-30", "99999-01-01", "-1", "1e400",
    "9" * 400, "0o7", "0x" + "f" * 300, ".nan", ".inf", "~", "null", "yes", "2026-01-05", "12:30:45", "1_000", "!!binary aGk=", "!!python/object:os.system x",
    "!!set {a, b}", "!!omap [a: b]", "!<tag:x> a", "&a [*a]", "*nope", "[" * 200, "{" * 200, "{a: {b: {c: d}}}", "[[[]]]", "|\n  a\n  b", ">-\n  a", "? a\n: b",
    "first.0123456789", "first.1200x630", "_alternates", "../../private/x.png", "/private/x.png", "/../x.png", "/.git/x.png",
    "<<: *a", "<<: {title: x}", "'", '"', "\"\\ud800\"", '"\\0"', '"\\x1b[2J"', "@a", "`a`", "%a", "a: b: c", "- a", "#", "true", "[]", "{}", '""',
    "[a, {type: exact, name: B}]", "{name: A, url: 'javascript:x', email: 'a@@b'}", "https://example.com/a", "{mastodon: {text: x, skip: maybe}, all: [1]}",
)  # fmt: skip
_json_values = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), lines, addresses, st.sampled_from(_ODD)),
    lambda inner: st.one_of(
        st.lists(inner, max_size=4),
        st.dictionaries(
            st.sampled_from(("name", "type", "url", "src", "alt", "text", "skip", "mastodon", "local", "all", "0", "")),
            inner,
            max_size=4,
        ),
    ),
    max_leaves=8,
)
_yaml_values = st.one_of(st.sampled_from(_ODD), lines, addresses, _json_values.map(json.dumps))
_toml_values = st.one_of(
    st.sampled_from(
        (
            "1979-05-27",
            "0001-01-01T00:00:00Z",
            "9999-12-31T23:59:59.999999-14:00",
            "07:32:00",
            "inf",
            "nan",
            "9" * 400,
            "'''a\nb'''",
            '"""\\u0000"""',
            "{a.b.c = 1}",
            "[[1],[2]]",
        )
    ),
    lines.map(json.dumps),
    addresses.map(json.dumps),
    _json_values.map(json.dumps),
)
_keys = st.one_of(st.sampled_from(NAMES), st.sampled_from(NAMES), words.map(lambda word: word.replace(":", "") or "x"))
_dotted = st.integers(1, 400).map(lambda depth: "a." * depth + "a")

yaml = st.lists(st.tuples(_keys, _yaml_values), max_size=8).map(
    lambda fields: "---\n" + "".join(f"{key}: {value}\n" for key, value in fields) + "---\n"
)
toml = st.lists(st.tuples(st.one_of(_keys, _dotted), _toml_values), max_size=6).map(
    lambda fields: "+++\n" + "".join(f"{key} = {value}\n" for key, value in fields) + "+++\n"
)
json_front = st.one_of(
    st.dictionaries(_keys, _json_values, max_size=8).map(lambda fields: json.dumps(fields, indent=1) + "\n"),
    st.integers(1, 3000).map(lambda depth: '{"a": ' * depth + "1" + "}" * depth + "\n"),
    st.integers(1, 3000).map(lambda depth: '{"title": ' + "[" * depth + "]" * depth + "}\n"),
)
_many = st.one_of(*[st.integers(1, 60)] * 5, st.just(2000)).map(
    lambda count: f"---\ntitle: Many\ncategories: [{', '.join(f'c{n}' for n in range(count))}]\n---\n"
)
front = st.one_of(
    yaml,
    yaml,
    yaml,
    toml,
    json_front,
    _many,
    st.sampled_from(("", "---\n", "---", "+++\n", "{", "---\n---\n", "\ufeff---\ntitle: B\n---\n")),
)

# --- bodies ---

_ELEMENTS = (
    "p", "a", "img", "iframe", "video", "audio", "details", "script", "style", "svg", "math", "template", "noscript", "title", "textarea", "select", "form",
    "input", "object", "embed", "base", "link", "meta", "table", "td", "tr", "noembed", "noframes", "xmp", "plaintext", "listing", "foreignObject", "mtext",
    "annotation-xml", "mglyph", "frameset", "frame", "body", "html", "head", "framed-player", "svg:a", "ſcript", "marquee", "source", "picture", "pre", "div",
    "button", "dialog", "slot", "x-y", "b", "i", "li", "ul", "h1", "br", "isindex", "image", "keygen", "portal", "option", "rp", "desc", "code", "blockquote",
)  # fmt: skip
_ATTRIBUTES = (
    "onerror=alert(1)", "onload='x'", "ON\x00CLICK=x", "style='x:expression(1)'", "style=\"background:url(javascript:x)\"", "srcdoc='<script>x</script>'", "id=x",
    "name=body", "xmlns:xlink=x", "xlink:href='javascript:x'", "formaction=javascript:x", "action=/x", "srcset='/a 1x, javascript:x 2x, //b 3x'", "sizes=x", "class=y",
    "autofocus", "href", "src", "=", "'", '"', "/", "//", "a='<", 'b=">', "target=_blank", "ping=/x", "poster=/p", "background=/b", "dir=rtl", "is=x", "\x0bonclick=x",
    "cite=/c", "usemap=#m", "dynsrc=x", "data=/x", "allow=*", "width=9999999999999", "colspan=99999999", "style='position:fixed;text-align:center;'",
)  # fmt: skip
_attributes = st.lists(
    st.one_of(
        st.sampled_from(_ATTRIBUTES),
        st.tuples(
            st.sampled_from(("href=", "src=", "SRC =", "srcset=", "poster=", "cite=", "data=")),
            st.sampled_from(("'", '"', "")),
            addresses,
        ).map(lambda parts: f"{parts[0]}{parts[1]}{parts[2]}{parts[1]}"),
    ),
    max_size=3,
).map(" ".join)
_tags = st.tuples(
    st.sampled_from(("<", "<", "</", "< ", "<\x00", "<!")),
    st.sampled_from(_ELEMENTS),
    _attributes,
    st.sampled_from((">", "/>", " / >", "", "\n>", "//>")),
).map(lambda parts: f"{parts[0]}{parts[1]} {parts[2]}{parts[3]}")
_PIECES = (
    "<!--", "-->", "<!-->", "--!>", "<![CDATA[", "]]>", "<?php", "?>", "<!DOCTYPE html>", "<!-- more -->", "\n\n", "\n", "    code\n", "```html\n", "```\n", "~~~\n",
    "# ", "## a {#b onclick=x}\n", "> ", "- ", "1. ", "| a | b |\n|---|---|\n| c | d |\n", "***", "[^1]", "[^1]: x\n", "[a]: javascript:x\n", "[a]", "![", "](", ")",
    "$x$", "$$\nx\n$$\n", ":::note\n", ":::", "import X from 'x'\n", "export const a = {\n", "<X {...p}>", "{x.y}", "{/* c */}", "<>", "</>", "<X render={() => <b/>} />",
    "{{< figure src=\"/a.png\" >}}", "{{% x %}}", "{{< raw >}}", "{{ site.url }}", "{% include x %}", "{% raw %}", "{% endraw %}", "{% highlight js %}", "{{ '<script>' }}",
    "<%= x %>", "[[wiki]]", "![[embed]]", "@[youtube](x)", "[gallery]", "[caption]x[/caption]", "\\", "&", "&lt;", "&#106;avascript:x", "<javascript:x>", "<http://[>",
    "Social Snippet: \"x\"\n\n", "```" * 30, "*" * 300, "[" * 300, "<b>" * 300, "<" * 300, "> " * 300, "(" * 300, "<iframe/>", "<video/>", "<details/>",
)  # fmt: skip
_links = st.tuples(
    st.sampled_from(("[a](", "![a](", "[a](<", "<", "[![a](/b.png)](", "")),
    addresses,
    st.sampled_from((")", ">)", ">", " 'x')", "")),
).map("".join)
bodies = st.lists(st.one_of(_tags, _tags, st.sampled_from(_PIECES), _links, words, lines), max_size=40).map("".join)

# --- whole files ---


@dataclass(frozen=True, slots=True)
class File:
    """A file below the posts' folder."""

    name: str
    data: bytes


_ENCODINGS = (
    "utf-8",
    "utf-8",
    "utf-8",
    "utf-8",
    "utf-8",
    "utf-16",
    "utf-16-le",
    "utf-32",
    "latin-1",
    "cp1252",
    "utf-7",
    "utf-8-sig",
)
_names = st.one_of(
    st.sampled_from(
        ("h.md", "h.mdx", "h.markdown", "h/index.md", "H.md", "2026-01-05-h.md", "写真.md", "a b.md", "a%2f.md", ".hidden.md", "_index.md", "h.en.md", "-.md",
         "\u202egpj.md", "\x1b[2J.md", "a\nb.md", "é.md", "e\u0301.md", "con.md", "rss.xml.md", "index.md", "'.md", "<b>.md", "{slug}.md", "a" * 200 + ".md", "cards.md")
    ),
    st.integers(0, 99).map(lambda number: f"h{number}.md"),
)  # fmt: skip
_raw = st.one_of(
    st.binary(max_size=300), st.binary(max_size=60).map(lambda data: b"---\ntitle: " + data + b"\n---\n" + data)
)
_contents = st.one_of(
    st.tuples(front, bodies, st.sampled_from(_ENCODINGS)).map(
        lambda parts: (parts[0] + parts[1]).encode(parts[2], "ignore")
    ),
    st.tuples(yaml, bodies).map(lambda parts: (parts[0] + parts[1]).encode("utf-8", "surrogatepass")),
    st.tuples(front, texts).map(lambda parts: (parts[0] + parts[1]).encode("utf-8", "ignore")),
    _raw,
)
files = st.lists(st.builds(File, _names, _contents), min_size=1, max_size=16, unique_by=lambda file: file.name)
