"""Plain text for places that read Markdown: what is sent there shows as it was written, and hides no address."""

from __future__ import annotations

import re

from syndicate.text.addresses import find_addresses

BREAKS = "\n"
"""Among the marks of a network: single line breaks and indents vanish there, unless they are written otherwise."""
MARKDOWN = f"\\`*_[]<>&|~!{BREAKS}"
"""CommonMark with tables and strikethrough."""

# What begins a heading, a list, a quote or a rule, at the start of a line; numbers of lists are escaped behind them.
_START = re.compile(r"^([ \t]*)(#{1,6}(?=\s|$)|-#(?=\s)|[-+](?=\s|$)|>|(?:-{2,}|=+)(?=[ \t]*$)|:::)", re.MULTILINE)
_NUMBER = re.compile(r"^([ \t]*[0-9]{1,9})([.)])(?=\s|$)", re.MULTILINE)
# Hashtags and handles have marks of their own in their names ("#snake_case"), which format nothing there.
_NAME = re.compile(r"(?<![\w/])(?:#\w+|@\w[\w.-]*@[\w.-]+\w)")
_SINGLE_BREAK = re.compile(r"(?<=[^\n])\n(?=[^\n])")
_INDENT = re.compile(r"^[ \t]+", re.MULTILINE)


def escape_markdown(text: str, marks: str) -> str:
    """The text with a backslash before whatever would format it; addresses, hashtags and handles stay as they are.

    `marks` are the characters that mean something in the middle of a line. "" is plain text, which needs nothing.
    """
    if not marks:
        return text
    inline = re.compile(f"[{re.escape(marks.replace(BREAKS, ''))}]")
    parts, at = [], 0
    for start, end in _list_kept(text):
        parts += [inline.sub(r"\\\g<0>", text[at:start]), text[start:end]]
        at = end
    escaped = "".join([*parts, inline.sub(r"\\\g<0>", text[at:])])
    escaped = _NUMBER.sub(r"\1\\\2", _START.sub(r"\1\\\2", escaped))
    return _keep_breaks(escaped) if BREAKS in marks else escaped


def _list_kept(text: str) -> list[tuple[int, int]]:
    """Where addresses, hashtags and handles stand, in order, none inside another."""
    links = [(link.start, link.end) for link in find_addresses(text)]
    names = [found.span() for found in _NAME.finditer(text)]
    kept: list[tuple[int, int]] = []
    for span in sorted((*links, *names)):
        if not kept or span[0] >= kept[-1][1]:
            kept.append(span)
    return kept


def _keep_breaks(text: str) -> str:
    """Two spaces end a line that is followed by another; an indent is made of spaces that Markdown does not see."""
    indented = _INDENT.sub(lambda found: "\u00a0" * len(found[0].expandtabs(4)), text)
    return _SINGLE_BREAK.sub("  \n", indented)
