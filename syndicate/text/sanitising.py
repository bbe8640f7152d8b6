"""Makes HTML that anyone may have written safe and whole for a feed reader: nh3 with our lists.

What stays is what reads as text or is shown by feed readers: structure, pictures, sound, film, and players of
a few well-known hosts. Every address becomes absolute.

HTML knows no self-closed elements but the void ones, and takes all that follows `<iframe/>` for text of the frame.
Authors who write `<iframe/>` mean XHTML or JSX, where it is closed; and what they put into a frame is for browsers
that cannot show one. So self-closed elements are closed, and a frame is sanitised under a name that parsers take for
an ordinary element: what stands in it is made safe like everything else, and stays behind it as text.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import lru_cache
from typing import Final

import nh3

from syndicate.errors import ContentError
from syndicate.text.links import absolute_url, split_address

_TAGS = frozenset({
    "a", "abbr", "article", "aside", "audio", "b", "bdi", "bdo", "blockquote", "br", "caption", "center", "cite",
    "code", "col", "colgroup", "dd", "del", "details", "dfn", "div", "dl", "dt", "em", "figcaption", "figure",
    "footer", "h1", "h2", "h3", "h4", "h5", "h6", "header", "hr", "i", "img", "ins", "kbd", "li", "mark",
    "nav", "ol", "p", "picture", "pre", "q", "rp", "rt", "ruby", "s", "samp", "section", "small", "source", "span",
    "strike", "strong", "sub", "summary", "sup", "table", "tbody", "td", "tfoot", "th", "thead", "time", "tr",
    "track", "u", "ul", "var", "video", "wbr", "framed-player",
})  # fmt: skip
_DROPPED_WHOLE = frozenset({
    "script", "style", "template", "form", "button", "select", "textarea", "option", "datalist", "object", "embed",
    "applet", "svg", "math", "noscript", "title", "canvas", "dialog", "menu", "head",
})  # fmt: skip
_ATTRIBUTES = {
    "*": {"dir", "lang", "id"},
    "a": {"href", "title", "hreflang"},
    "abbr": {"title"},
    "audio": {"src", "controls", "loop", "preload"},
    "blockquote": {"cite"},
    "code": {"class"},
    "col": {"span"},
    "colgroup": {"span"},
    "del": {"cite", "datetime"},
    "details": {"open"},
    "framed-player": {"src", "width", "height", "title", "allowfullscreen"},
    "img": {"src", "srcset", "sizes", "alt", "title", "width", "height", "loading"},
    "ins": {"cite", "datetime"},
    "li": {"value"},
    "ol": {"start", "reversed", "type"},
    "q": {"cite"},
    "source": {"src", "srcset", "sizes", "type", "media"},
    "td": {"colspan", "rowspan", "headers", "style", "align"},
    "th": {"colspan", "rowspan", "headers", "scope", "style", "align"},
    "time": {"datetime"},
    "track": {"src", "kind", "srclang", "label"},
    "video": {"src", "poster", "controls", "loop", "muted", "preload", "width", "height"},
}
_SCHEMES = frozenset({"http", "https", "mailto", "tel", "xmpp"})
_PLAYERS = frozenset({
    "www.youtube.com", "youtube.com", "www.youtube-nocookie.com", "youtube-nocookie.com", "player.vimeo.com",
    "open.spotify.com", "w.soundcloud.com", "bandcamp.com", "embed.podcasts.apple.com", "player.twitch.tv",
    "www.dailymotion.com", "codepen.io", "archive.org", "player.bilibili.com",
})  # fmt: skip
# A quoted value is bounded, so that a text of opening quotes costs linear time.
_WHOLE_TAG = re.compile(r"""<([a-zA-Z][\w:-]*+)((?:[^<>"']|"[^"]{0,1000}+"|'[^']{0,1000}+')*+)>""")
_FRAME = re.compile(r"<(/?)iframe(?=[\s/>])", re.IGNORECASE)
_FRAME_WITH_EXCUSE = re.compile(r"(<framed-player\b[^<>]*>)[^<>]{1,300}(?=</framed-player)")
_SAFE_FRAME = re.compile(r'<framed-player((?: [a-z]+="[^"]*")*)>')
_LONGEST_TEXT = 4_000
_LONG_TEXT = re.compile(rf"(?:\A|>)[^<>]{{{_LONGEST_TEXT},}}")
# Possessive throughout: where an entity ends is never tried twice.
_PIECE = re.compile(r"(?:[^&]|&[a-zA-Z0-9#]{0,40}+;?+){1,2000}+")
_LONG_TAG = re.compile(r"<[a-zA-Z][^<>]{20000,}")
_MAX_ENTITIES = 200_000
_MAX_TAGS = 200_000
"""A parser keeps half a kilobyte for each element; a book has fewer."""
_MAX_ATTRIBUTES = 2_000
_MAX_SRCSET = 5_000
_CANDIDATE = re.compile(r"[\s,]*+(\S++)(?:(?<=,)|\s*+([^,]*+)(?:,|\Z))")

_Filter = Callable[[str, str, str], str | None]


def sanitise(markup: str, base_url: str) -> str:
    """Safe HTML with absolute addresses, relative ones resolved against `base_url`.

    Raises ContentError for markup that is made to hurt (see `refuse_hostile`), and for a base that is not an address.
    """
    markup = refuse_hostile(close_elements(markup))
    if max(map(len, markup.split("<"))) >= _LONGEST_TEXT:
        markup = _LONG_TEXT.sub(_divide, markup)
    try:
        return show_frames(_clean(markup, base_url))
    except ValueError as error:
        raise ContentError(f'"{base_url[:100]}" is not an address for links to start from', key="permalink") from error


def _clean(markup: str, base_url: str) -> str:
    if _RELATIVE.search(markup) or "srcset" in markup.lower():
        return _make_cleaner(base_url).clean(markup)
    parts = split_address(base_url)
    return _keep_cleaner(f"{parts.scheme}://{parts.netloc}/").clean(markup)


# Every address has "=" before it. Whole ones and those that begin at the root mean the same on each page of a site.
_RELATIVE = re.compile(r'=(?<! alt=)(?<! title=)(?<! class=)(?!"(?:https?://|/\w))', re.ASCII)


def _make_cleaner(base_url: str) -> nh3.Cleaner:
    return nh3.Cleaner(
        tags=set(_TAGS),
        clean_content_tags=set(_DROPPED_WHOLE),
        attributes=_ATTRIBUTES,
        attribute_filter=_attribute_filter(base_url),
        link_rel=None,
        url_schemes=set(_SCHEMES),
        url_relative=("rewrite_with_base", base_url),
        filter_style_properties={"text-align"},
    )


_keep_cleaner = lru_cache(maxsize=10)(_make_cleaner)
"""To make one takes half as long as to clean a post."""


def close_elements(markup: str) -> str:
    """The markup with self-closed elements closed, and with frames under the name that is sanitised."""
    if "/>" in markup:
        markup = _WHOLE_TAG.sub(_close_tag, markup)
    if _FRAME.search(markup):
        markup = _FRAME_WITH_EXCUSE.sub(r"\1", _FRAME.sub(r"<\1framed-player", markup))
    return markup


def _close_tag(found: re.Match[str]) -> str:
    name, attributes = found[1], found[2]
    if not attributes.endswith("/") or name.lower() in VOID:
        return found[0]
    return f"<{name}{attributes[:-1]}></{name}>"


def _divide(found: re.Match[str]) -> str:
    """A long text in pieces: the parser takes quadratic time for one, and drops the empty comments between them."""
    return _PIECE.sub(r"\g<0><!---->", found[0])


def show_frames(markup: str) -> str:
    """Sanitised markup with frames under their own name again, and empty: nothing here opens or ends an attribute."""
    if "framed-player" not in markup:
        return markup
    markup = _SAFE_FRAME.sub(r"<iframe\1></iframe>", markup).replace("</framed-player>", "")
    return markup.replace("&lt;framed-player", "&lt;iframe").replace("&lt;/framed-player", "&lt;/iframe")


def refuse_hostile(markup: str) -> str:
    """The markup as a parser may read it. Raises ContentError for one that costs any HTML parser quadratic time."""
    if markup.count("<") > _MAX_TAGS:
        raise ContentError("the text has too many HTML elements", hint="divide the post")
    flat = flatten_markup(markup)
    if flat is None:
        raise ContentError("HTML elements are nested too deeply", hint="close what is opened, quote less deeply")
    if flat.count("&") > _MAX_ENTITIES:
        raise ContentError("the text has too many HTML entities")
    if any(tag.count(" ") + tag.count("\n") > _MAX_ATTRIBUTES for tag in _LONG_TAG.findall(flat)):
        raise ContentError("an HTML element has too many attributes")
    return flat


def _attribute_filter(base_url: str) -> _Filter:
    def choose(tag: str, name: str, value: str) -> str | None:
        if name == "srcset":
            return absolute_srcset(value, base_url)
        if name == "src" and tag == "framed-player":
            return _player(value)
        if name in {"cite", "poster"}:
            return absolute_url(value, base_url) or None
        if name == "id":
            return value if value.startswith("fn") else None
        if name == "class":
            return value if value.startswith("language-") else None
        return value

    return choose


def absolute_srcset(value: str, base_url: str) -> str | None:
    """A srcset with absolute addresses (HTML, section 4.8.4.2.1), None where no candidate is left.

    An address may hold commas, so candidates are found as HTML finds them: up to white space, then a
    descriptor up to the next comma.
    """
    found = [] if len(value) > _MAX_SRCSET else _CANDIDATE.findall(value)
    kept = [
        f"{url} {size.strip()}".strip()
        for address, size in found
        if len(size.split()) < 2 and (url := absolute_url(address.rstrip(","), base_url)) and " " not in url
    ]
    return ", ".join(kept) or None


def _player(address: str) -> str | None:
    """The address of a well-known player, always https."""
    try:
        parts = split_address(address.strip())
    except ValueError:
        return None
    if parts.scheme not in {"", "http", "https"} or (parts.netloc or "").lower() not in _PLAYERS:
        return None
    return parts._replace(scheme="https").geturl()


# --- HTML that nests too deeply for those who read it ---

MAX_OPEN: Final = 500
"""Elements in one another, where a text has tags enough for that."""
_USUAL_OPEN = 10
_MAX_WORK = 2_000_000
_SPACE = "\t\n\f\r "
# What a tokenizer sees (HTML, section 13.2.5): comments, what it takes for comments, and tags with their attributes.
# Possessive throughout, and what never ends reaches to the end of the text, so that every character is read once.
_TOKEN = re.compile(
    r"<!--(?:-?>|.*?(?:--!?>|\Z))"
    r"|<(?:[!?]|/(?![a-zA-Z]))[^>]*+(?:>|\Z)"
    rf"|<(?P<end>/?)(?P<name>[a-zA-Z][^{_SPACE}/>]*+)"
    rf"(?:[{_SPACE}/]++|[^{_SPACE}/>][^{_SPACE}/>=]*+(?:[{_SPACE}]*+=[{_SPACE}]*+"
    rf"(?:\"[^\"]*+(?:\"|\Z)|'[^']*+(?:'|\Z)|[^{_SPACE}>\"'][^{_SPACE}>]*+)?+)?+)*+(?:>|\Z)",
    re.DOTALL,
)
_NOTHING = "<!---->"
_RAW = frozenset({"script", "style", "textarea", "title", "xmp", "noembed", "noframes", "noscript", "plaintext"})
_FORMATTING = frozenset(
    {"a", "b", "big", "code", "em", "font", "i", "nobr", "s", "small", "strike", "strong", "tt", "u"}
)
_FOREIGN = frozenset({"svg", "math"})
_BARRIERS = _FOREIGN | {"table", "caption", "object", "applet", "marquee", "template"}
_SPECIAL = _BARRIERS | frozenset({
    "address", "article", "aside", "blockquote", "body", "button", "center", "details", "dialog", "dir", "div", "dl",
    "fieldset", "figcaption", "figure", "footer", "form", "frameset", "h1", "h2", "h3", "h4", "h5", "h6", "head",
    "header", "hgroup", "html", "iframe", "listing", "main", "menu", "nav", "ol", "pre", "search", "section", "select",
    "summary", "ul", "li", "dd", "dt", "p",
})  # fmt: skip
_ENDS_PARAGRAPH = _SPECIAL - _BARRIERS - {"body", "button", "frameset", "head", "html", "iframe", "select"}
VOID: Final = frozenset({
    "area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "param", "source", "track", "wbr",
})  # fmt: skip
# Elements that the next of their kind ends, and what each looks through on its way to that one.
_ENDED_BY_KIND = {"li": frozenset({"li"}), "dd": frozenset({"dd", "dt"}), "dt": frozenset({"dd", "dt"})}
_SEEN_THROUGH = frozenset({"address", "div", "p"})
_ENDS_OF_SCOPE = {"li": frozenset({"ol", "ul"}), "p": frozenset({"button"})}
# Void elements, and those of which a parser holds a few at most in each of the others: they say little about depth.
_FLAT = VOID | frozenset({"td", "th", "tr", "tbody", "thead", "tfoot", "colgroup"})


def flatten_markup(markup: str) -> str | None:
    """HTML that every parser reads alike, without comments and raw text; None where its elements nest too deeply.

    An HTML parser needs quadratic time where much is open, a feed reader its stack. Elements left open are opened
    again in every paragraph that follows, so depth is weighed with the number of tags.
    """
    if markup.count("<") <= MAX_OPEN:
        return markup
    pieces, stack, at, tags = list[str](), list[str](), 0, 0
    while found := _TOKEN.search(markup, at):
        name = (found["name"] or "").lower()
        pieces += markup[at : found.start()], found[0] if name and name not in _RAW else _NOTHING
        at = found.end()
        if name in _RAW and not found["end"]:
            at = _skip_raw(markup, at, name)
        elif name:
            tags += 1
            _follow(stack, name, found["end"], found[0])
            if len(stack) > MAX_OPEN or (len(stack) > _USUAL_OPEN and len(stack) * tags > _MAX_WORK):
                return None
    return "".join((*pieces, markup[at:]))


def _skip_raw(markup: str, at: int, name: str) -> int:
    """Where the text of a raw element ends; without an end tag at the end of all."""
    end = re.compile(rf"</{name}(?=[{_SPACE}/>])", re.IGNORECASE).search(markup, at) if name != "plaintext" else None
    return end.start() if end else len(markup)


def _follow(stack: list[str], name: str, end: str, tag: str) -> None:
    """The open elements after a tag; never fewer than a parser has."""
    is_foreign = not _FOREIGN.isdisjoint(stack)
    if name in _FLAT and not is_foreign:
        return
    if not end and not (is_foreign and tag.endswith("/>")):
        if name == "a":
            _close(stack, name)
        if name in _ENDS_PARAGRAPH:
            _close(stack, "p")
        _end_kind(stack, name)
        stack.append(name)
    elif end:
        _close(stack, name)


def _close(stack: list[str], name: str) -> None:
    """Close the nearest open element of the name, where a parser would; formatting inside it stays open."""
    ends = _SPECIAL
    if name in _SPECIAL or name in _FORMATTING:
        ends = _BARRIERS | _ENDS_OF_SCOPE.get(name, frozenset()) if name != "table" else frozenset()
    for place in range(len(stack) - 1, -1, -1):
        if stack[place] == name:
            above = [one for one in stack[place + 1 :] if one in _FORMATTING]
            stack[place:] = stack[place + 1 :] if name in _FORMATTING | {"form"} else above
            return
        if stack[place] in ends:
            return


def _end_kind(stack: list[str], name: str) -> None:
    """Close what an item of a list ends: the item before it in the same list."""
    for place in range(len(stack) - 1, -1, -1) if name in _ENDED_BY_KIND else ():
        if stack[place] in _ENDED_BY_KIND[name]:
            stack[place:] = [one for one in stack[place + 1 :] if one in _FORMATTING]
            return
        if stack[place] in _SPECIAL - _SEEN_THROUGH:
            return
