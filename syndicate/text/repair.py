"""Mends mojibake: UTF-8 that was once read in another encoding ("Ã©" for "é", "âš¡" for "⚡").

ftfy does the work and decides what is broken; it is asked only for lines that a cheap pattern suspects, only
for its encoding steps (never its quote, width or entity steps), and never inside code. What ftfy leaves is
mended where the sequence cannot be anything else, or where the same text was surely broken elsewhere.
"""

from __future__ import annotations

import re

from syndicate.text.code import map_prose

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
