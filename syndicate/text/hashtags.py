"""Hashtags and mentions: found as twitter-text 3 finds them, and made from the words of an author."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass

from syndicate.text.links import find_addresses

_INSIDE = frozenset("_\u200c\u200d\ua67e\u05be\u05f3\u05f4\uff5e\u301c\u309b\u309c\u30a0\u30fb\u3003\u0f0b\u0f0c\xb7")
_SIGNS = "#＃"
_MENTION = re.compile(
    r"(?:(?<![A-Za-z0-9_!#$%&*@＠])|(?<=\brt)|(?<=\brt:))"
    r"[@＠][a-z0-9_]+(?:[.-][a-z0-9_]+)*(?:@[\w-]+(?:\.[\w-]+)+)?(?![@＠a-z0-9_\xc0-\u024f]|://)",
    re.IGNORECASE,
)
_SPELT = {"c++": "CPlusPlus", "c#": "CSharp", "f#": "FSharp", ".net": "DotNet"}


@dataclass(frozen=True, slots=True)
class Tag:
    """A hashtag or mention in a text: `start` is the sign's place, `name` comes without the sign."""

    start: int
    end: int
    name: str


def find_hashtags(text: str) -> tuple[Tag, ...]:
    """Every hashtag in the text, in order, those inside links left out."""
    if "#" not in text and "＃" not in text:
        return ()
    links = find_addresses(text)
    tags = (_read_hashtag(text, at) for at, sign in enumerate(text) if sign in _SIGNS)
    return tuple(
        tag for tag in tags if tag and not any(link.start < tag.end and tag.start < link.end for link in links)
    )


def _read_hashtag(text: str, at: int) -> Tag | None:
    before = text[at - 1] if at else " "
    if before == "&" or (_is_tag_character(before) and before not in "\ufe0e\ufe0f"):
        return None
    end = at + 1
    while end < len(text) and _is_tag_character(text[end]):
        end += 1
    name = text[at + 1 : end]
    if not any(_is_letter(c) for c in name) or name[0] in "\ufe0e\ufe0f\u20e3":
        return None
    return None if text[end : end + 1] in {"#", "＃"} or text.startswith("://", end) else Tag(at, end, name)


def _is_letter(character: str) -> bool:
    return character.isalpha() or unicodedata.category(character)[0] in "LM"


def _is_tag_character(character: str) -> bool:
    return character in _INSIDE or _is_letter(character) or unicodedata.category(character) == "Nd"


def find_mentions(text: str) -> tuple[Tag, ...]:
    """Every mention in the text: "@name", "@name@host" of the fediverse, "@name.host" of Bluesky."""
    if "@" not in text and "＠" not in text:
        return ()
    return tuple(Tag(match.start(), match.end(), match.group()[1:]) for match in _MENTION.finditer(text))


def to_hashtag(name: str) -> str:
    """The words of a label as one hashtag without its sign: "machine learning" → "MachineLearning".

    CamelCase lets screen readers tell the words apart; scripts without capitals get an underscore between words.
    "" where nothing is left that a network would take for one hashtag (it needs a letter).
    """
    label = unicodedata.normalize("NFC", name).strip().lstrip(_SIGNS)
    if spelt := _SPELT.get(label.lower()):
        return spelt
    words = [re.sub(r"['’]", "", word) for word in _split_words(label)]
    tag = ""
    for word in words:
        tag += _joint(tag, word) + word[:1].upper() + word[1:]
    return tag if find_hashtags(f"#{tag}") == (Tag(0, len(tag) + 1, tag),) else ""


def _split_words(label: str) -> list[str]:
    spaced = "".join(c if _is_tag_character(c) or c in "'’" else " " for c in label)
    return [word.strip("_'’") for word in re.split(r"[\s_]+", spaced) if word.strip("_'’")]


def _joint(before: str, word: str) -> str:
    is_cased = bool(before) and (before[-1].lower() != before[-1].upper() or word[0].lower() != word[0].upper())
    return "" if not before or is_cased else "_"
