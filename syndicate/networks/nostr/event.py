"""Nostr's events and names as bytes: ids (NIP-01), bech32 names (NIP-19), the tags of a post. Pure, unsigned."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from syndicate.model import Message

NOTE, DELETION, ARTICLE = 1, 5, 30023
_ALPHABET = "qpzry9x8gf2tvdw0s3jn54khce6mua7l"
_GENERATOR = (0x3B6A57B2, 0x26508E6D, 0x1EA119FA, 0x3D4233DD, 0x2A1462B3)
# Control characters that JSON must escape and NIP-01 does not name: no two programs would agree on the id.
_CONTROL = re.compile(r"[\x00-\x07\x0b\x0e-\x1f]")


@dataclass(frozen=True, slots=True)
class Draft:
    """An event before it is signed. `created_at` is in Unix seconds."""

    pubkey: str
    created_at: int
    kind: int
    tags: tuple[tuple[str, ...], ...]
    content: str

    @property
    def id(self) -> str:
        """Lower-case hex SHA-256 of the compact JSON array that NIP-01 prescribes."""
        fields = [0, self.pubkey, self.created_at, self.kind, self.tags, self.content]
        return hashlib.sha256(json.dumps(fields, ensure_ascii=False, separators=(",", ":")).encode()).hexdigest()


def build_event(draft: Draft, signature: bytes) -> dict[str, object]:
    """The event as relays take it."""
    return {
        "id": draft.id,
        "pubkey": draft.pubkey,
        "created_at": draft.created_at,
        "kind": draft.kind,
        "tags": [list(tag) for tag in draft.tags],
        "content": draft.content,
        "sig": signature.hex(),
    }


def build_note(message: Message, pubkey: str, created_at: int) -> Draft:
    """A short note (kind 1). A picture's address stands at the end of the text, described by an imeta tag."""
    picture = message.image.url if message.image else ""
    content = f"{message.text}\n\n{picture}".strip() if picture else message.text
    tags = (*_common_tags(message), *_reply_tags(message), *_picture_tags(message))
    return Draft(pubkey, created_at, NOTE, tags, _CONTROL.sub("", content))


def build_long_form(message: Message, pubkey: str, created_at: int) -> Draft:
    """A long-form article (kind 30023), replaced by a newer one with the same `d`: that is its edit."""
    picture = message.image or message.card
    published_at = int(message.published_at.timestamp()) if message.published_at else created_at
    named = (
        ("d", message.post_id or message.link),
        ("title", message.title),
        ("summary", message.summary),
        ("image", picture.url if picture else ""),
        ("published_at", str(published_at)),
    )
    tags = (*(tag for tag in named if tag[1]), *_common_tags(message))
    return Draft(pubkey, created_at, ARTICLE, tags, _CONTROL.sub("", message.markdown or message.text))


def build_deletion(event: str, kind: str, pubkey: str, created_at: int) -> Draft:
    """A request to forget an event; relays may ignore it."""
    return Draft(pubkey, created_at, DELETION, (("e", event), ("k", kind)), "")


def _common_tags(message: Message) -> Iterable[tuple[str, ...]]:
    yield from (("t", tag.lower()) for tag in message.tags)
    if message.link:
        yield ("r", message.link)
    if message.warning:
        yield ("content-warning", message.warning)


def _reply_tags(message: Message) -> Iterable[tuple[str, ...]]:
    """NIP-10: a direct answer to the beginning of a thread, or to a later part with its root named."""
    if message.reply_to is None:
        return
    before = read_event_id(message.reply_to.remote_id)
    root = message.reply_to.ref.get("root", "") or before
    yield ("e", root, "", "root")
    if root != before:
        yield ("e", before, "", "reply")


def _picture_tags(message: Message) -> Iterable[tuple[str, ...]]:
    image = message.image
    if image and image.url:
        size = f"dim {image.width}x{image.height}"
        yield ("imeta", f"url {image.url}", f"m {image.media_type}", size, f"alt {image.alt}")


def read_hex(name: str, prefix: str) -> bytes:
    """The 32 bytes of a key given as nsec1…/npub1… or in hex; b"" where it is neither."""
    text = name.strip().lower()
    if re.fullmatch(r"[0-9a-f]{64}", text):
        return bytes.fromhex(text)
    decoded = _decode_bech32(text, prefix)
    return decoded if len(decoded) == 32 else b""


def read_event_id(text: str) -> str:
    """An event's id in hex out of hex, note1…, nevent1… or an address that ends in one; "" where there is none."""
    plain = re.search(r"\b[0-9a-f]{64}\b", text)
    if plain:
        return plain[0]
    name = re.search(r"\b(note|nevent)1[a-z0-9]+", text)
    data = _decode_bech32(name[0], name[1]) if name else b""
    if len(data) == 32:
        return data.hex()
    return data[2:34].hex() if data[:2] == bytes([0, 32]) and len(data) >= 34 else ""


def encode_name(prefix: str, data: bytes) -> str:
    """npub1…, note1…, nevent1… of some bytes."""
    values = _regroup(data, 8, 5, pad=True)
    checksum = _checksum(prefix, values)
    return f"{prefix}1{''.join(_ALPHABET[value] for value in (*values, *checksum))}"


def encode_event(event: str, relays: tuple[str, ...]) -> str:
    """nevent1…: the event's id and up to two relays that have it, as type, length, value."""
    hints = [relay.encode() for relay in relays[:2] if len(relay) < 256]
    parts = [bytes([0, 32]) + bytes.fromhex(event), *(bytes([1, len(hint)]) + hint for hint in hints)]
    return encode_name("nevent", b"".join(parts))


def _decode_bech32(text: str, prefix: str) -> bytes:
    """The bytes of a bech32 string (BIP-173) without its length limit; b"" where it is damaged or another kind."""
    found, _, rest = text.rpartition("1")
    if found != prefix or len(rest) < 6 or any(letter not in _ALPHABET for letter in rest):
        return b""
    values = [_ALPHABET.index(letter) for letter in rest]
    if _polymod([*_expand(prefix), *values]) != 1:
        return b""
    return bytes(_regroup(values[:-6], 5, 8, pad=False))


def _regroup(values: Iterable[int], width: int, into: int, *, pad: bool) -> list[int]:
    """Bits in groups of one width as groups of another."""
    held = bits = 0
    groups = []
    for value in values:
        held, bits = (held << width) | value, bits + width
        while bits >= into:
            bits -= into
            groups.append((held >> bits) & ((1 << into) - 1))
        held &= (1 << bits) - 1
    if pad and bits:
        groups.append((held << (into - bits)) & ((1 << into) - 1))
    return groups


def _checksum(prefix: str, values: list[int]) -> list[int]:
    mixed = _polymod([*_expand(prefix), *values, 0, 0, 0, 0, 0, 0]) ^ 1
    return [(mixed >> 5 * (5 - place)) & 31 for place in range(6)]


def _expand(prefix: str) -> list[int]:
    return [*(ord(letter) >> 5 for letter in prefix), 0, *(ord(letter) & 31 for letter in prefix)]


def _polymod(values: Iterable[int]) -> int:
    mixed = 1
    for value in values:
        top = mixed >> 25
        mixed = (mixed & 0x1FFFFFF) << 5 ^ value
        for place, constant in enumerate(_GENERATOR):
            mixed ^= constant if (top >> place) & 1 else 0
    return mixed


def is_event(event: object, wanted: Mapping[str, object]) -> bool:
    """Whether what a relay gave is the event we sent."""
    return isinstance(event, dict) and event.get("id") == wanted["id"] and event.get("sig") == wanted["sig"]
