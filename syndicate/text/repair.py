"""Texts mended of what encodings and generators did to them: mojibake, and labels left before a text."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache
from itertools import islice

from syndicate.text.markdown import map_prose

# The UTF-8 continuation bytes 80–BF as Windows-1252, and as Latin-1, shows them.
_TAIL = "\x80-\xbf€‚ƒ„…†‡ˆ‰Š‹ŒŽ‘’“”•–—˜™š›œžŸ"
_CYRILLIC_TAIL = "\x80-\xbfЂЃ‚ѓ„…†‡€‰Љ‹ЊЌЋЏђ‘’“”•–—™љ›њќћџЎўЈҐЁЄЇІіґёєјЅѕї№"
_SUSPECT = re.compile(
    f"[\xc2-\xf4][{_TAIL}]"  # Windows-1252 and Latin-1
    f"|[\x80-\x9f]"  # control characters that were once quotes or dashes
    f"|[ВГРСвр][{_CYRILLIC_TAIL}]"  # Windows-1251
    "|‚Ä[\x80-\xffì-ÿ–—†™¢£]|√[\xa0-\xff±º]|ΓÇ[\xa0-\xffôöÖóªÑ]|├[\x80-\xff]"  # Mac Roman and code page 437
)
# Three bytes whose middle one never stands inside a word: arrows, dingbats, stars, signs.
_SURE = re.compile(f"â[\x8f\x9d\xac\xad†‡Œœš˜ž][{_TAIL}]")
# Also readable as quotes, dashes and bullets after a letter ("hâlâ”…"), so only beside surer damage.
_LIKELY = re.compile(f"â[{_TAIL}]{{2}}|ð[\x9fŸ][{_TAIL}]{{2}}")
# A byte without a Windows-1252 character was lost on the way (81, 8D, 8F, 90, 9D).
_LOST = (
    (re.compile(f"â€(?![{_TAIL}])"), "”"),
    (re.compile(f"ðŸ†(?![{_TAIL}])"), "🏆"),
    (re.compile("â¤"), "❤"),
    (re.compile(f"â\xad(?![{_TAIL}])"), "⭐"),
    (re.compile("(?:âš[\xa0 ])(?=ï¸)"), "⚠"),
    (re.compile("ï¸\x8f?"), "\N{VARIATION SELECTOR-16}"),
)
_BYTES = {
    "€‚ƒ„…†‡ˆ‰Š‹ŒŽ‘’“”•–—˜™š›œžŸ"[n]: b
    for n, b in enumerate(
        b"\x80\x82\x83\x84\x85\x86\x87\x88\x89\x8a\x8b\x8c\x8e\x91\x92\x93\x94\x95\x96\x97\x98\x99\x9a\x9b\x9c\x9e\x9f"
    )
}
_ROUNDS = 6
_PLAIN = bytes(range(128))


def repair_text(text: str) -> str:
    """The text without mojibake; lines stay lines. Mending it again changes nothing."""
    for _ in range(_ROUNDS):
        mended = _repair_once(text)
        if mended == text:
            break
        text = mended
    return text


def repair_markdown(markdown: str) -> str:
    """The Markdown without mojibake outside its code."""
    if not is_suspect(markdown):
        return markdown
    return map_prose(markdown, repair_text)


def is_suspect(text: str) -> bool:
    """Whether it is worth looking closer. Damage stands side by side, also where all that is plain is left out."""
    if text.isascii():
        return False
    rare = text.encode(errors="replace").translate(None, _PLAIN).decode()
    return _SUSPECT.search(rare) is not None and any(
        not line.isascii() and _SUSPECT.search(line) for line in text.split("\n")
    )


def _repair_once(text: str) -> str:
    if not is_suspect(text):
        return text
    mended = "\n".join(_repair_line(line) for line in text.split("\n"))
    return mended if mended == text else _LIKELY.sub(_decode, mended)


def _repair_line(line: str) -> str:
    if not is_suspect(line):
        return line
    line = _SURE.sub(_decode, line)
    for broken, whole in _LOST:
        line = broken.sub(whole, line)
    return _fix_encoding(line)


def _fix_encoding(line: str) -> str:
    import ftfy  # noqa: PLC0415 - 80 ms that a site without damage never pays

    return ftfy.fix_encoding(line)


def _decode(found: re.Match[str]) -> str:
    """The characters read as Windows-1252 bytes and those as UTF-8; unchanged where that is not UTF-8."""
    broken = found[0]
    try:
        return bytes(_BYTES.get(char, ord(char)) for char in broken).decode()
    except (UnicodeDecodeError, ValueError):
        return broken


# --- Takes away labels that a generator left before a text: `Social Snippet: "…"` ---

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
    return block if (label.casefold() in _FOR_READERS) and text == rest else text


def _says_the_same(one: str, other: str) -> bool:
    """Whether two texts have the same words, or one is the beginning of the other that was cut with "…"."""
    a, b = _words(one), _words(other)
    if not a or not b:
        return False
    cut = one.rstrip().endswith(_CUT) or other.rstrip().endswith(_CUT)
    return a == b or (cut and min(len(a), len(b)) > 20 and (a.startswith(b) or b.startswith(a)))


def _words(text: str) -> str:
    return _NO_WORD.sub("", text.casefold())
