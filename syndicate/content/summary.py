"""The one or two sentences that stand for a post."""

from __future__ import annotations

from syndicate.content.fields import Fields
from syndicate.text.cleaning import one_line
from syndicate.text.labels import strip_label
from syndicate.text.plain import first_paragraph, line_to_plain, shorten, to_plain

DECLARED = 600
DERIVED = 300
"""Characters: what the author wrote as summary may be longer than what we cut from the body."""
_CUT = ("…", "...")


def read_unlabelled(fields: Fields, name: str, labels: tuple[str, ...]) -> str:
    """A text of the front matter; its label and the quotes around what followed are removed and noted."""
    text = fields.text(name)
    stripped = strip_label(text, labels)
    if stripped != text:
        fields.note("label", fields.find(name)[0], text, stripped)
    return stripped


def read_declared(fields: Fields, name: str, labels: tuple[str, ...]) -> str:
    """The excerpt or description as plain text in one line; some generators write it as HTML."""
    text = read_unlabelled(fields, name, labels)
    return one_line(to_plain(text)) if text.startswith("<") else line_to_plain(text)


def choose_summary(excerpt: str, description: str, html: str) -> str:
    """The excerpt, else the description, else the first paragraph.

    An excerpt that is only the cut beginning of the description gives way to it.
    """
    declared = [text for text in (excerpt, description) if text]
    if len(declared) == 2 and _is_start(excerpt, description):
        declared = [description]
    if declared:
        return shorten(declared[0], DECLARED)
    return shorten(first_paragraph(html), DERIVED)


def _is_start(cut: str, whole: str) -> bool:
    """Whether one text is the other, cut with "…" ("even our understanding of intelli...")."""
    beginning = cut.rstrip(".…").rstrip()
    return cut.endswith(_CUT) and len(whole) > len(beginning) and whole.startswith(beginning)
