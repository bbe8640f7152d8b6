"""Template marks that a site generator would have replaced, taken out of Markdown before it is rendered.

What we decided, for Hugo shortcodes, Liquid (Jekyll, Eleventy, dev.to), kramdown and `:::` containers:

* pictures become Markdown pictures; films, posts and gists become plain links to them;
* `highlight` becomes a code block; comments go; `raw` keeps its inside as it stands;
* `ref`, `relref`, `link`, `post_url` become nothing, so the link leads to the post's own page;
* any other tag goes and what stands between a pair stays;
* `{{ site.url }}` and its like become nothing (addresses are made absolute anyway); any other `{{ … }}` stays
  as text, because outside those generators it is text.

Nothing inside code is touched.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping

from syndicate.text.code import map_prose

_BRACES = ("{%", "{{", "{:", "){")
_OTHER_SIGNS = (":::", "toc]", "TOC]")
_Pair = tuple[re.Pattern[str], re.Pattern[str]]
_HIGHLIGHT: _Pair = (
    re.compile(r"\{(?:\{[<%]|%-?)[ \t]*highlight[ \t]+([\w+#-]*)[^{}]*\}\}?"),
    re.compile(r"\{(?:\{[<%]|%-?)[ \t]*(?:/[ \t]*|end)highlight[ \t]*(?:[>%]\}\}|-?%\})"),
)
_COMMENT: _Pair = (
    re.compile(r"\{%-?[ \t]*comment[ \t]*-?%\}"),
    re.compile(r"\{%-?[ \t]*endcomment[ \t]*-?%\}"),
)
_RAW: _Pair = (re.compile(r"\{%-?[ \t]*raw[ \t]*-?%\}"), re.compile(r"\{%-?[ \t]*endraw[ \t]*-?%\}"))
_HUGO = re.compile(r"\{\{([<%])([^{}]*)[>%]\}\}")
_LIQUID = re.compile(r"\{%-?([^{}]*)%\}")
_SITE_ADDRESS = re.compile(
    r"\{\{-?\s*(?:site\.(?:baseurl|url)|base_?url|page\.url)\s*(?:\|[^{}]*)?-?\}\}", re.IGNORECASE
)
_QUOTED_ADDRESS = re.compile(
    r"""\{\{-?\s*(["'])([^"'{}]*)\1\s*\|\s*(?:relative_url|absolute_url|url|prepend)[^{}]*\}\}"""
)
_KRAMDOWN = re.compile(r"(?:^[*+-] TOC\n)?\{:[^{}\n]*\}", re.MULTILINE | re.IGNORECASE)
# What markdown-it-attrs and Pandoc write behind a picture or link: "{.wide width=300}".
_ATTRIBUTES = re.compile(r"(?<=\))\{\s*(?:[.#][\w-]+|[\w-]+=[^\s{}]+)(?:\s+(?:[.#][\w-]+|[\w-]+=[^\s{}]+))*\s*\}")
_CONTENTS = re.compile(r"^[ \t]*\[{1,2}_?toc_?\]{1,2}[ \t]*$", re.MULTILINE | re.IGNORECASE)
_CONTAINER = re.compile(r"^ {0,3}:{3,}.*$", re.MULTILINE)
_WORDS = re.compile(r"""([\w-]+)\s*=\s*("[^"]*"|'[^']*'|[^\s"']+)|"([^"]*)"|'([^']*)'|([^\s"'=]+)""")
_IDENTIFIER = re.compile(r"[\w-]{1,40}\Z")
_LINKS = {
    "youtube": "https://www.youtube.com/watch?v={}",
    "vimeo": "https://vimeo.com/{}",
    "instagram": "https://www.instagram.com/p/{}/",
    "gist": "https://gist.github.com/{}/{}",
    "tweet": "https://x.com/{}/status/{}",
    "x": "https://x.com/{}/status/{}",
    "twitter": "https://x.com/{}/status/{}",
}
_SOURCES = ("src", "image_path", "link", "url", "path", "image")
_PICTURES = frozenset({"figure", "img", "image", "picture", "include", "include_relative", "image_tag"})
_PICTURE_FILE = re.compile(r"\S+\.(?:avif|gif|jpe?g|png|svg|webp)(?:\?\S*)?\Z", re.IGNORECASE)


def drop_shortcodes(markdown: str) -> str:
    """The Markdown without template marks, as the table above says."""
    signs = (*_BRACES, *_OTHER_SIGNS) if "{" in markdown else _OTHER_SIGNS  # most texts have no brace at all
    return map_prose(markdown, _drop) if any(sign in markdown for sign in signs) else markdown


def _drop(text: str) -> str:
    text = _replace_pairs(text, _HIGHLIGHT, lambda language, code: f"\n```{language}\n{code.strip(chr(10))}\n```\n")
    text = _replace_pairs(text, _COMMENT, lambda _, __: "")
    text = _replace_pairs(text, _RAW, lambda _, literal: literal.replace("{", "&#123;"))
    text = _QUOTED_ADDRESS.sub(r"\2", _SITE_ADDRESS.sub("", text))
    text = _LIQUID.sub(lambda found: _replace(found[1].strip(" \t\n-")), _HUGO.sub(_replace_hugo, text))
    text = _ATTRIBUTES.sub("", text)
    return _CONTAINER.sub("", _CONTENTS.sub("", _KRAMDOWN.sub("", text)))


def _replace_pairs(text: str, pair: _Pair, change: Callable[[str, str], str]) -> str:
    """The text with each opening tag, its inside and its closing tag replaced; `change` gets argument and inside."""
    opening, closing = pair
    kept, at = [], 0
    start = opening.search(text)
    end = closing.search(text, start.end()) if start else None
    while start and end:
        argument = start[1] if opening.groups else ""
        kept += [text[at : start.start()], change(argument, text[start.end() : end.start()])]
        at = end.end()
        start = opening.search(text, at)
        end = closing.search(text, start.end()) if start else None
    return "".join([*kept, text[at:]])


def _replace_hugo(found: re.Match[str]) -> str:
    """A shortcode, or the literal text of one that its author escaped with a comment."""
    bracket, body = found[1], found[2].strip().removesuffix("/").strip()
    if body.startswith("/*"):
        closing = {"<": "&gt;", "%": "%"}[bracket]
        return f"&#123;&#123;{bracket.replace('<', '&lt;')} {body.strip('/* ')} {closing}&#125;&#125;"
    return _replace(body)


def _replace(body: str) -> str:
    """What one tag becomes: `body` is what stands between its brackets."""
    name, _, rest = body.partition(" ")
    named, plain = _arguments(rest)
    if name in _LINKS:
        return _address(_LINKS[name], [*plain, *named.values()])
    if name in _PICTURES:
        return _picture(named, plain)
    if name == "embed" and plain and plain[0].startswith(("https://", "http://")):
        return f"<{plain[0]}>"
    return ""


def _arguments(text: str) -> tuple[Mapping[str, str], list[str]]:
    named: dict[str, str] = {}
    plain = []
    for key, value, double, single, bare in _WORDS.findall(text):
        if key:
            named[key.lower()] = value.strip("\"'")
        else:
            plain.append(double or single or bare)
    return named, plain


def _address(pattern: str, values: list[str]) -> str:
    """An autolink, or nothing where the values are not plain identifiers."""
    safe = [value for value in values if _IDENTIFIER.match(value)]
    return f"<{pattern.format(*safe)}>" if len(safe) >= pattern.count("{}") else ""


def _picture(named: Mapping[str, str], plain: list[str]) -> str:
    sources = [named[key] for key in _SOURCES if key in named] + plain
    source = next((text for text in sources if _PICTURE_FILE.match(text)), "")
    if not source:
        return ""
    alt = named.get("alt") or named.get("title") or named.get("caption") or ""
    caption = named.get("caption", "")
    return f"![{alt.replace('[', '(').replace(']', ')')}](<{source}>)" + (f"\n*{caption}*" if caption else "")


# --- JavaScript in MDX ---

_MODULE = re.compile(
    r"""^(?:import\s*(?:type\s+)?(?:["'{*]|[\w$]+\s*(?:,|\sfrom\b))|export\s+(?:default|const|let|var|function|class|async|\{|\*))"""
    r"[^\n]*(?:\n(?!\s*\n)[^\n]*)*",
    re.MULTILINE,
)
_STRING = re.compile(r"""(["'`])([^"'`\\{}]*)\1""")
# A quoted value is bounded, so that a text of opening quotes costs linear time.
_COMPONENT = re.compile(r"""</?[A-Z][\w.]{0,99}(?=[\s/>])(?:[^<>"']|"[^"]{0,500}"|'[^']{0,500}')*>|</?>""")


def drop_mdx(markdown: str) -> str:
    """The Markdown without imports, exports, JSX components and expressions; what components enclose stays."""
    return map_prose(markdown, _drop_code)


def _drop_code(text: str) -> str:
    return _COMPONENT.sub("", _drop_expressions(_MODULE.sub("", text)))


def _drop_expressions(text: str) -> str:
    """The text without balanced `{…}`: a lone string keeps its words, an attribute's value becomes empty."""
    kept, at = [], 0
    for start, end in _expressions(text):
        string = _STRING.fullmatch(text[start + 1 : end - 1].strip())
        words = string[2] if string else ""
        kept += [text[at:start], f'"{words}"' if text[start - 1 : start] == "=" else words]
        at = end
    return "".join([*kept, text[at:]])


def _expressions(text: str) -> list[tuple[int, int]]:
    """Start and end of every outermost pair of braces that are not escaped."""
    opened: list[int] = []
    pairs: list[tuple[int, int]] = []
    for found in re.finditer(r"\\.|[{}]", text, re.DOTALL):
        if found[0] == "{":
            opened.append(found.start())
        elif found[0] == "}" and opened:
            start = opened.pop()
            while pairs and pairs[-1][0] > start:
                pairs.pop()
            pairs.append((start, found.end()))
    return pairs
