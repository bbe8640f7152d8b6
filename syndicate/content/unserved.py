"""Pictures in the text that Astro serves under names of its own: they have no address that lasts."""

from __future__ import annotations

import re
from collections.abc import Iterator
from html import escape, unescape
from pathlib import Path

from syndicate.content.picture import Place, is_source, locate
from syndicate.text.pruning import prune
from syndicate.text.sanitising import absolute_url

_ADDRESSES = re.compile(
    r"!\[[^\]]{0,1000}\]\(\s*<?([^)>\s]+)"  # ![alt](address)
    r"|^[ ]{0,3}\[[^\]\n]{1,200}\]:\s*<?([^>\s]+)"  # [name]: address
    r"|<img\s[^>]{0,1000}?\bsrc\s*=\s*[\"']([^\"']+)",
    re.MULTILINE,
)
_IMAGE = re.compile(r'<img(?:\s+[\w-]+(?:="[^"]*")?)*\s*/?>')
_SRC, _ALT = re.compile(r'\ssrc="([^"]*)"'), re.compile(r'\salt="([^"]*)"')


def show_words_for_unserved(html: str, markdown: str, place: Place) -> str:
    """The HTML with the alt text where a picture's address would lead nowhere."""
    if "<img" not in html or not is_source(place.file, place.settings):
        return html
    unserved = set(_find_unserved(markdown, place))
    if not unserved or not any(Path(place.settings.root).glob("astro.config.*")):
        return html

    def replace(found: re.Match[str]) -> str:
        src, alt = _SRC.search(found[0]), _ALT.search(found[0])
        if src is None or unescape(src[1]) not in unserved:
            return found[0]
        return f"<em>{escape(unescape(alt[1]), quote=False)}</em>" if alt and alt[1].strip() else ""

    return prune(_IMAGE.sub(replace, html))


def _find_unserved(markdown: str, place: Place) -> Iterator[str]:
    """Their addresses as the HTML has them."""
    for found in _ADDRESSES.finditer(markdown):
        address = unescape(next(filter(None, found.groups())))
        _, path = locate(address, place)
        if path and is_source(path, place.settings):
            yield absolute_url(address, place.permalink)
