"""Labels that a generator left before a text."""

from __future__ import annotations

import pytest

from syndicate.text.labels import drop_label_paragraph, find_label, strip_label, unquote

LABELS = ("Social Snippet", "Social Share", "Excerpt", "Summary", "TL;DR")


@pytest.mark.parametrize(
    ("text", "stripped"),
    [
        ("Social Snippet:  \"It's here; it's now.\"", "It's here; it's now."),
        ('**Social Snippet:** "Here"', "Here"),
        ("**Social Snippet**: “Here”", "Here"),
        ("__excerpt:__ Here", "Here"),
        ("> *Social Share:* «Here»", "Here"),
        ("## Summary: Here", "Here"),
        ("<strong>TL;DR:</strong> Here", "Here"),
        ("social  snippet ： Here", "Here"),
        ('Excerpt: "One" and "two"', '"One" and "two"'),
        ('Social Snippet: "Cut off in the middle of a wo...', "Cut off in the middle of a wo..."),
        ("Excerpt: ‘it’s fine’", "it’s fine"),
    ],
)
def test_label_and_quotes_go(text: str, stripped: str) -> None:
    """A label goes in any dress, with the quotes around the whole of what follows."""
    assert strip_label(text, LABELS) == stripped


@pytest.mark.parametrize(
    "text",
    [
        "Summary of the week: fine",
        "In short, a TL;DR: none",
        '"A quotation as an excerpt"',
        "Excerpts: many",
        "",
        "Summary",
    ],
)
def test_text_without_label_stays(text: str) -> None:
    """The words of a label inside a sentence, and quotes without one, are the author's own."""
    assert strip_label(text, LABELS) == text
    assert find_label(text, LABELS) == ""


def test_no_labels_strip_nothing() -> None:
    """An empty list of labels turns the cleaning off."""
    assert strip_label("Excerpt: x", ()) == "Excerpt: x"


@pytest.mark.parametrize(
    ("text", "inner"), [('"a"', "a"), ('"', '"'), ('"a" "b"', '"a" "b"'), ("„a“", "a"), ("「あ」", "あ")]
)
def test_unquote_takes_only_enclosing_quotes(text: str, inner: str) -> None:
    """Quotes go only in pairs around everything."""
    assert unquote(text) == inner


EXCERPT = "Gardens fail in April, not in August."


@pytest.mark.parametrize(
    ("markdown", "left"),
    [
        (f'**Social Snippet:** "{EXCERPT}"\n\nBody.', "Body."),
        (f"Social Snippet: {EXCERPT}\n\nBody.", "Body."),
        (f"# Title\n\n> **Social Snippet:** {EXCERPT}\n\nBody.", "# Title\n\n\n\nBody."),
        (f"![](a.png)\n\n**TL;DR:** {EXCERPT}\n\nBody.", "![](a.png)\n\n\n\nBody."),
        ('**Social Snippet:** "Gardens fail in April, not in..."\n\nBody.', "Body."),
        ('**Social Snippet:** "Something else"\n\nBody.', "Something else\n\nBody."),
        ('**Summary:** "A quoted other text"\n\nBody.', "A quoted other text\n\nBody."),
    ],
)
def test_label_paragraph_goes(markdown: str, left: str) -> None:
    """A paragraph that repeats the excerpt goes whole, any other loses its label."""
    assert drop_label_paragraph(markdown, LABELS, (EXCERPT,))[0] == left


@pytest.mark.parametrize(
    "markdown",
    [
        "**TL;DR:** Read the first line.\n\nBody.",
        "Body first.\n\nSocial Snippet: late",
        "Body.",
        "",
        f"{EXCERPT}\n\nBody.",
    ],
)
def test_what_people_wrote_for_readers_stays(markdown: str) -> None:
    """A hand-written TL;DR, a label further down and an intro equal to the excerpt are left alone."""
    assert drop_label_paragraph(markdown, LABELS, (EXCERPT,)) == (markdown, "", "")
