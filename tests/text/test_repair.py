"""Mojibake is mended, good text in any language is not touched."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from syndicate.text.repair import (
    drop_label_paragraph,
    find_label,
    is_suspect,
    repair_markdown,
    repair_text,
    strip_label,
    unquote,
)


def _break(text: str, encoding: str = "cp1252") -> str:
    """UTF-8 read as another encoding; bytes it has no character for stay as control characters."""
    return "".join(bytes([byte]).decode(encoding, "ignore") or chr(byte) for byte in text.encode())


WHOLE = [
    "Beyond the Hype – A Deep Dive",
    "It’s “quoted”, isn’t it…",
    "café, naïve, Zürich, señor, Ångström",
    "🔑 **Key** and 🚀 rockets",
    "⚡ fast",
    "✅ done ❌ not done",
    "★ star → arrow • bullet ▶ play",
    "€5 © 2020 £3 5 °C",
    "日本語のテスト",
    "Привет, мир",
]


@pytest.mark.parametrize("text", WHOLE)
def test_utf8_read_as_windows_1252_comes_back(text: str) -> None:
    """Text that went through the wrong decoder once is what it was before."""
    assert repair_text(_break(text)) == text


@pytest.mark.parametrize("text", ["It’s “quoted”…", "café", "– and –"])
def test_text_broken_twice_comes_back(text: str) -> None:
    """Two wrong decodings are undone as well."""
    assert repair_text(_break(_break(text))) == text


@pytest.mark.parametrize(
    ("broken", "whole"),
    [
        ("âš¡ quick", "⚡ quick"),
        ("âœ… done", "✅ done"),
        ("â¤ï¸ love", "❤️ love"),
        ("âš\xa0ï¸\x8f careful", "⚠️ careful"),
        ("âš ï¸ careful", "⚠️ careful"),
        ("ðŸ† won", "🏆 won"),
        ("â\xad five", "⭐ five"),
        ("â€œso itâ€", "“so it”"),
        ("â–¶ play â€“ now", "▶ play – now"),
        ("‚Äì from a Mac", "– from a Mac"),
        ("вЂ“ from Windows-1251", "– from Windows-1251"),
        ("РџСЂРёРІРµС‚ РјРёСЂ", "Привет мир"),
        ("it\x92s \x93fine\x94", "it’s “fine”"),
    ],
)
def test_symbols_that_lost_bytes_come_back(broken: str, whole: str) -> None:
    """What ftfy leaves is mended where it can be nothing else."""
    assert repair_text(broken) == whole


GOOD = [
    "Crème brûlée à la façade: l’été où j’ai mangé",
    "Größe, Äpfel, „Anführung“ – und Straße",
    "¿Dónde está el niño? ¡Aquí!",
    "São João não é avião; ação",
    "Đây là tiếng Việt: những câu thử",
    "Żółć, gęślą, jaźń — ćma",
    "Příliš žluťoučký kůň úpěl ďábelské ódy",
    "İstanbul’da “hâlâ”… ve kâğıt",
    "Ελληνικά: «ναι»",
    "Русский текст – «да», С… и так далее",
    "Українська мова: їжак",
    "عربي: نص تجريبي، نعم",
    "עברית: שלום",
    "हिन्दी पाठ",
    "ภาษาไทย",
    "日本語「テスト」…",
    "中文，测试。",
    "한국어 시험",
    "Ærøskøbing, blåbærsyltetøy, Åland",
    "Þetta er íslenska",
    "👩‍👩‍👧 🇩🇪 ⚡ ✅ ❤️",
    "Vec<T> × 5 ± 2 µm ½ “x” … ‘y’ — °",
    "Màiri, Dùn Èideann; tŷ, dŵr, sêr",
]


@pytest.mark.parametrize("text", GOOD)
def test_good_text_is_never_touched(text: str) -> None:
    """Letters of many languages, quotes and emoji are no damage."""
    assert repair_text(text) == text


@given(st.text())
def test_mending_twice_is_mending_once(text: str) -> None:
    """A mended text has nothing left to mend."""
    mended = repair_text(text)
    assert repair_text(mended) == mended


@given(st.sampled_from(WHOLE), st.sampled_from(WHOLE), st.sampled_from(["\n", " ", "\n\n"]))
def test_damage_beside_good_text_is_mended_alone(one: str, other: str, between: str) -> None:
    """A broken line does not harm the good line beside it, and lines stay lines."""
    assert repair_text(_break(one) + "\n" + between + other) == one + "\n" + between + other


@given(st.text(alphabet=st.characters(codec="ascii")))
def test_ascii_is_never_suspect(text: str) -> None:
    """The cheap test keeps ftfy away from plain text."""
    assert not is_suspect(text)


@pytest.mark.parametrize(
    "code",
    [
        "`Ã©`",
        "``a ` Ã©``",
        "```\nÃ© âš¡\n```",
        "~~~ text\nÃ©\n~~~",
        "    Ã© indented",
        "<pre>Ã©</pre>",
        "<code>Ã©</code>",
    ],
)
def test_code_is_never_mended(code: str) -> None:
    """Code is what it says, while the prose around it is mended."""
    assert repair_markdown(f"cafÃ©\n\n{code}\n\ncafÃ©") == f"café\n\n{code}\n\ncafé"


def test_a_number_between_nuls_is_no_mark_of_ours() -> None:
    """An author cannot write the marks that stand for code."""
    assert repair_markdown("`a` \x000\x00 cafÃ©") == "`a` 0 café"


# --- Labels that a generator left before a text ---

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
