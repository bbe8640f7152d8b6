"""Texts made to fit: the promises as properties, the manners as a table."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from syndicate.text.counting import Counter, count, split_graphemes
from syndicate.text.fit import ELLIPSIS, fit, split
from syndicate.text.hashtags import find_hashtags, find_mentions
from syndicate.text.links import find_addresses

WORDS = [
    "a", "word", "Sentence.", "Another!", "e.g.", "comma,", "—", "foo.comrade", "naïve", "e\u0301te\u0301", "\n\n",
    "(aside)", "x" * 40,
    "https://blog.example.com/a/long-path-?q=1#x", "http://localhost:8000/x", "example.org", "#Hashtag", "#日本語",
    "@alice@mastodon.social", "@bob", "👨‍👩‍👧‍👦", "👍🏽", "🇩🇪🇫🇷", "日本語のテキスト。", "ภาษาไทย", "مرحبا",
]  # fmt: skip
TEXTS = st.lists(st.sampled_from(WORDS), max_size=25).map(" ".join)
ANY_TEXT = TEXTS | st.text(max_size=80)
LIMITS = st.integers(0, 120)


def within(limit: int, counter: Counter) -> Callable[[str], bool]:
    """A network that takes so much."""
    return lambda text: count(text, counter, per_link=23 if counter is Counter.MASTODON else None) <= limit


def spans(text: str) -> set[tuple[int, int]]:
    """What must stay whole."""
    return {(span.start, span.end) for find in (find_addresses, find_hashtags, find_mentions) for span in find(text)}


@pytest.mark.parametrize("counter", list(Counter))
@settings(deadline=None)
@given(text=ANY_TEXT, limit=LIMITS)
def test_never_above_the_limit_and_unchanged_within_it(counter: Counter, text: str, limit: int) -> None:
    """What fits stays as it is; what does not is shortened until the network takes it."""
    fits = within(limit, counter)
    shown = fit(text, fits)
    assert shown == text if fits(text) else fits(shown) or shown == ""
    assert fit(shown, fits) == shown or shown == ""


@settings(deadline=None)
@given(text=ANY_TEXT, limit=LIMITS)
def test_nothing_whole_is_cut(text: str, limit: int) -> None:
    """Every link, hashtag, mention and grapheme of a shortened text is one of the text's own, at the same place."""
    shown = fit(text, within(limit, Counter.CODEPOINTS))
    assert spans(shown) <= spans(text)
    beginning = shown.removesuffix(ELLIPSIS).rstrip() if shown != text else shown
    assert text.startswith(beginning)
    assert split_graphemes(text)[: len(split_graphemes(beginning))] == split_graphemes(beginning)
    assert not any(start < len(beginning) < end for start, end in spans(text))


@settings(deadline=None)
@given(text=TEXTS, limit=st.integers(50, 120))
def test_a_split_loses_nothing_but_space(text: str, limit: int) -> None:
    """The parts together are the text, each short enough, none with a cut link, hashtag or mention."""
    fits = within(limit, Counter.CODEPOINTS)
    parts = split(text, lambda part, _: fits(part))
    assert "".join("".join(parts).split()) == "".join(text.split())
    assert all(fits(part) for part in parts)
    found = [span for part in parts for span in (part[s:e] for s, e in sorted(spans(part)))]
    assert sorted(found) == sorted(text[start:end] for start, end in spans(text))


SENTENCES = "First one here. Second is longer than that! Third, with Dr. Who, e.g. this one? The end"


@pytest.mark.parametrize(
    ("text", "limit", "expected"),
    [
        (SENTENCES, 200, SENTENCES),
        (SENTENCES, 50, "First one here. Second is longer than that!"),
        (SENTENCES, 40, "First one here. Second is longer than…"),
        (SENTENCES, 20, "First one here."),
        (SENTENCES, 80, "First one here. Second is longer than that! Third, with Dr. Who, e.g. this one?"),
        ("One, two, three four", 10, "One, two…"),
        ("A link https://blog.example.com/path ends", 38, "A link https://blog.example.com/path …"),
        ("A link https://blog.example.com/path ends", 30, "A link…"),
        ("First paragraph\n\nSecond paragraph", 25, "First paragraph"),
        ("日本語の文。次の文が続きます", 8, "日本語の文。"),
        ("日本語の文章が続きます", 6, "日本語の文…"),
        ("abcdefghijklmnop", 6, "abcde…"),
        ("https://blog.example.com/a/path", 10, ""),
        ("text", 0, ""),
    ],
)
def test_manners(text: str, limit: int, expected: str) -> None:
    """Sentences before words, words before characters, no ellipsis after a sentence, a space after a link."""
    assert fit(text, within(limit, Counter.CODEPOINTS)) == expected


def test_a_split_keeps_what_cannot_be_divided() -> None:
    """A link longer than the limit stays whole, for the caller to see."""
    link = "https://blog.example.com/a/very/long/path"
    assert split(f"one two {link} three", lambda part, _: len(part) <= 20) == ("one two", link, "three")
