"""Takes away what sanitising leaves empty: the shells of widgets, pictures without a source, dead links."""

from __future__ import annotations

import re

_SHELLS = (
    "p|div|span|section|article|aside|header|footer|nav|figure|figcaption|picture|ul|ol|li|dl|em|strong|b|i|u|s|a"
    "|h[1-6]|blockquote|details|summary|center|table|thead|tbody|tr|audio|small|sup|sub|mark|q|cite"
)
_EMPTY = re.compile(rf"<({_SHELLS})(?:\s[^<>]*)?>(?:\s|&nbsp;|<br>)*</\1>")
_EMPTY_FILM = re.compile(r"<(video|iframe)(?![^<>]*\ssrc=)(?:\s[^<>]*)?>\s*</\1>")
_NO_SOURCE = re.compile(r"<img(?![^<>]*\ssrc(?:set)?=)(?:\s[^<>]*)?>")
_NO_ADDRESS = re.compile(r"<a(?![^<>]*\shref=)(?:\s[^<>]*)?>(.*?)</a>", re.DOTALL)
_GAP = re.compile(r"\n{3,}")


def prune(markup: str) -> str:
    """Sanitised HTML without elements that show nothing, white space around it trimmed."""
    markup = _NO_ADDRESS.sub(r"\1", _NO_SOURCE.sub("", markup))
    markup = _EMPTY_FILM.sub("", markup)
    while (pruned := _EMPTY.sub("", markup)) != markup:
        markup = pruned
    if "\n\n\n" in markup and "<pre" not in markup:
        markup = _GAP.sub("\n\n", markup)
    return markup.strip()
