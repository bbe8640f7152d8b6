"""The one or two sentences that stand for a post."""

from __future__ import annotations

from syndicate.content.fields import Fields
from syndicate.text.labels import strip_label
from syndicate.text.plain import first_paragraph, line_to_plain, shorten

DECLARED = 600
DERIVED = 300
"""Characters: what the author wrote as summary may be longer than what we cut from the body."""
_CUT = ("…", "...")


def read_declared(fields: Fields, name: str, labels: tuple[str, ...]) -> str:
    """The excerpt or description as plain text, its label and the quotes around it removed and noted."""
    text = fields.text(name)
    stripped = strip_label(text, labels)
    if stripped != text:
        fields.note("label", fields.find(name)[0], text, stripped)
    return line_to_plain(stripped)


def choose_summary(excerpt: str, description: str, html: str) -> str:
    """The excerpt, else the description, else the first paragraph; never one that is cut where a whole one is there."""
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
