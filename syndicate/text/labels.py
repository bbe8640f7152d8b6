"""Takes away labels that a generator left before a text: `Social Snippet: "…"`."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache
from itertools import islice

_QUOTES = {'"': '"', "“": "”", "«": "»", "„": "“", "'": "'", "‘": "’", "「": "」", "『": "』"}
_EMPHASIS = r"(?:\*\*\*|\*\*|\*|___|__|_|<(?:strong|b|em|i)>|</(?:strong|b|em|i)>)?"
# People write these for readers, so in a body they stay unless they only repeat the excerpt.
_FOR_READERS = frozenset({"tl;dr", "summary"})
_BLOCK = re.compile(r"\S[^\n]*(?:\n(?![ \t]*(?:\n|\Z))[^\n]*)*")
_PASSED = re.compile(r"#|!\[|<(?:img|figure|picture|p>\s*<img)")
_BLOCKS = 4
_NO_WORD = re.compile(r"[\W_]+")
_CUT = ("…", "...")


def strip_label(text: str, labels: Sequence[str]) -> str:
    """The text without its leading label and without the quotes that enclosed what followed it."""
    found = _find(text, labels)
    return unquote(text[found.end() :].strip()) if found else text


def find_label(text: str, labels: Sequence[str]) -> str:
    """The label the text begins with as the author wrote it, "" where there is none."""
    found = _find(text, labels)
    return found["label"] if found else ""


def is_for_readers(label: str) -> bool:
    """Whether the label is one that people put into a post on purpose."""
    return label.casefold() in _FOR_READERS


def unquote(text: str) -> str:
    """The text without quotes that enclose the whole of it, or that open it and were cut off with its end ("…")."""
    closing = _QUOTES.get(text[:1])
    if closing is None or len(text) < 2:
        return text
    inner = text[1:-1]
    if text.endswith(closing) and text[0] not in inner and (closing not in inner or closing == "’"):
        return inner.strip()
    return text[1:].strip() if text.endswith(_CUT) and closing not in text[1:] else text


def _find(text: str, labels: Sequence[str]) -> re.Match[str] | None:
    return _pattern(tuple(labels)).match(text) if labels else None


@lru_cache(maxsize=8)
def _pattern(labels: tuple[str, ...]) -> re.Pattern[str]:
    """A label, bold or plain, in a quotation or a heading or not, and its colon inside or outside the bold."""
    names = "|".join(re.escape(label).replace(r"\ ", r"\s++") for label in sorted(labels, key=len, reverse=True))
    return re.compile(
        rf"\s*+(?:>\s*+|\#++\s*+)?{_EMPHASIS}\s*+(?P<label>{names})\s*+{_EMPHASIS}\s*+[:：]\s*+{_EMPHASIS}\s*+",
        re.IGNORECASE,
    )


def drop_label_paragraph(markdown: str, labels: Sequence[str], known: Sequence[str]) -> tuple[str, str, str]:
    """The Markdown mended, the paragraph as it was and as it is now; ("…", "", "") where nothing was to do.

    Looks at the first blocks of the text, past headings and pictures. A labelled paragraph that only repeats
    one of the `known` texts goes; from any other the label goes, unless people write that label for readers
    and no generator quoted what follows.
    """
    for block in islice(_BLOCK.finditer(markdown), _BLOCKS):
        label = find_label(block[0], labels)
        if label:
            after = _without_label(block[0], label, labels, known)
            changed = markdown[: block.start()] + after + markdown[block.end() :]
            return (changed.strip("\n"), block[0], after) if after != block[0] else (markdown, "", "")
        if not _PASSED.match(block[0]):
            break
    return markdown, "", ""


def _without_label(block: str, label: str, labels: Sequence[str], known: Sequence[str]) -> str:
    found = _find(block, labels)
    rest = block[found.end() :].strip() if found else block
    text = unquote(rest)
    if not text or any(_says_the_same(text, other) for other in known):
        return ""
    return block if is_for_readers(label) and text == rest else text


def _says_the_same(one: str, other: str) -> bool:
    """Whether two texts have the same words, or one is the beginning of the other that was cut with "…"."""
    a, b = _words(one), _words(other)
    if not a or not b:
        return False
    cut = one.rstrip().endswith(_CUT) or other.rstrip().endswith(_CUT)
    return a == b or (cut and min(len(a), len(b)) > 20 and (a.startswith(b) or b.startswith(a)))


def _words(text: str) -> str:
    return _NO_WORD.sub("", text.casefold())
