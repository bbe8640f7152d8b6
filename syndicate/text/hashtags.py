"""Hashtags and mentions: found as twitter-text 3 finds them, and made from the words of an author."""

from __future__ import annotations

from bisect import bisect_left
from dataclasses import dataclass

import regex

from syndicate.text import normalize
from syndicate.text.links import find_addresses

_LETTER = r"\p{L}\p{M}"
_REST = r"\p{Nd}_\u200c\u200d\ua67e\u05be\u05f3\u05f4\uff5e\u301c\u309b\u309c\u30a0\u30fb\u3003\u0f0b\u0f0c\xb7"
_INSIDE = _LETTER + _REST
_HASHTAG = regex.compile(
    rf"(?:(?<![{_INSIDE}&])|(?<=[\ufe0e\ufe0f]))[#＃](?![\ufe0e\ufe0f\u20e3])"
    rf"(?P<name>(?=[{_REST}]*[{_LETTER}])[{_INSIDE}]++)(?![#＃]|://)"
)
_MENTION = regex.compile(
    r"(?:(?<![A-Za-z0-9_!#$%&*@＠])|(?<=\brt)|(?<=\brt:))"
    r"[@＠][a-z0-9_]+(?:[.-][a-z0-9_]+)*(?:@[\w-]+(?:\.[\w-]+)+)?(?![@＠a-z0-9_\xc0-\u024f]|://)",
    regex.IGNORECASE,
)
_OUTSIDE = regex.compile(rf"[^{_INSIDE}'’]|_")
_PLAIN_WORDS = regex.compile(r"[A-Za-z][A-Za-z0-9]*(?: [A-Za-z0-9]+)*")
_SPELT = {"c++": "CPlusPlus", "c#": "CSharp", "f#": "FSharp", ".net": "DotNet"}


@dataclass(frozen=True, slots=True)
class Tag:
    """A hashtag or mention in a text: `start` is the sign's place, `name` comes without the sign."""

    start: int
    end: int
    name: str


_LONGEST = 500


def find_hashtags(text: str) -> tuple[Tag, ...]:
    """Every hashtag in the text, in order, those inside links left out."""
    if "#" not in text and "＃" not in text:
        return ()
    links = find_addresses(text)
    starts = [link.start for link in links]
    tags = (Tag(match.start(), match.end(), match["name"]) for match in _HASHTAG.finditer(text))
    return tuple(tag for tag in tags if not (at := bisect_left(starts, tag.end)) or links[at - 1].end <= tag.start)


def find_mentions(text: str) -> tuple[Tag, ...]:
    """Every mention in the text: "@name", "@name@host" of the fediverse, "@name.host" of Bluesky."""
    if "@" not in text and "＠" not in text:
        return ()
    return tuple(Tag(match.start(), match.end(), match.group()[1:]) for match in _MENTION.finditer(text))


def to_hashtag(name: str) -> str:
    """The words of a label as one hashtag without its sign: "machine learning" → "MachineLearning".

    CamelCase lets screen readers tell the words apart; scripts without capitals get an underscore between words.
    "" where nothing is left that a network would take for one hashtag: it needs a letter, and is not a whole text.
    """
    if len(name) > _LONGEST:
        return ""
    if _PLAIN_WORDS.fullmatch(name):
        return "".join(word[0].upper() + word[1:] for word in name.split(" "))
    label = normalize("NFC", name).strip().lstrip("#＃")
    if spelt := _SPELT.get(label.lower()):
        return spelt
    words: list[str] = []
    for word in _OUTSIDE.sub(" ", label).split():
        if letters := word.replace("'", "").replace("’", ""):
            words += [_joint(words[-1] if words else "", letters), letters[0].upper() + letters[1:]]
    tag = "".join(words)
    return tag if find_hashtags(f"#{tag}") == (Tag(0, len(tag) + 1, tag),) else ""


def _joint(before: str, word: str) -> str:
    """Nothing between words of a script with capitals, an underscore where neither side has any."""
    is_cased = before[-1:].lower() != before[-1:].upper() or word[0].lower() != word[0].upper()
    return "" if not before or is_cased else "_"
