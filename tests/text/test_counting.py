"""The counting rules of every network, against the vectors of their contracts."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from syndicate.text.counting import (
    ELLIPSIS,
    Counter,
    count,
    count_graphemes,
    count_weighted,
    cut,
    fit,
    split,
    split_graphemes,
)
from syndicate.text.hashtags import find_hashtags, find_mentions
from syndicate.text.links import find_addresses

FAMILY = "👨‍👩‍👧‍👦"
EMOJI_TEST = Path("/usr/share/unicode/emoji/emoji-test.txt")

WEIGHTED = [
    ("Hello world", 11),
    ("日本語", 6),
    ("café", 4),
    (unicodedata.normalize("NFD", "café"), 4),
    (FAMILY, 2),
    ("👍🏽", 2),
    ("🇩🇪", 2),
    ("1️⃣", 2),
    ("✌︎", 4),
    ("https://blog.example.com/a/very/long/path/", 23),
    ("see example.com now", 31),
    ("see blog.example now", 20),
    ("a…b—c “q”", 10),
    ("½ ¼ €", 6),
    ("•→★", 6),
    ("me@example.com", 14),
    ("", 0),
]


@pytest.mark.parametrize(("text", "length"), WEIGHTED)
def test_weighted_counts_as_x_does(text: str, length: int) -> None:
    """The checked values of X's section in the contracts."""
    assert count(text, Counter.WEIGHTED) == length


@pytest.mark.parametrize(
    ("text", "length"),
    [
        ("Read https://blog.example.com/a/very/long/path/ now", 5 + 23 + 4),
        ("Read http://x.co now", 5 + 23 + 4),
        ("Read https://blog.test:8000/a/very/long/path/that/goes/on now", 5 + 23 + 4),
        ("see example.com now", 19),
        ("hi @alice@mastodon.social!", len("hi @alice!")),
        ("mail alice@mastodon.social!", 27),
        (FAMILY + "🇩🇪", 2),
        ("e\u0301", 1),
        (":custom_emoji:", 14),
    ],
)
def test_mastodon_counts_graphemes_and_discounts_links_and_remote_mentions(text: str, length: int) -> None:
    """A link with a scheme is 23, the host of a remote mention is free, a bare domain is not discounted."""
    assert count(text, Counter.MASTODON, per_link=23) == length


@pytest.mark.parametrize(
    ("text", "length"),
    [("abc", 3), ("ä", 1), ("日本語", 3), ("😀", 4), (FAMILY, len(FAMILY.encode())), ("a👍🏽b", 10), ("🇩🇪", 8)],
)
def test_threads_counts_emoji_by_their_bytes(text: str, length: int) -> None:
    """Characters are characters, emoji are their UTF-8 bytes."""
    assert count(text, Counter.THREADS) == length


@pytest.mark.parametrize(("text", "length"), [("abc", 3), ("ä", 1), ("日本", 2), ("😀", 2), ("a😀b", 4)])
def test_utf16_counts_code_units(text: str, length: int) -> None:
    """Characters beyond the basic plane are two units."""
    assert count(text, Counter.UTF16) == length


@pytest.mark.parametrize(
    ("text", "length"), [("abc", 3), (FAMILY, 1), ("🇩🇪🇫🇷", 2), ("e\u0301a", 2), ("\r\n", 1), ("각", 1)]
)
def test_graphemes_counts_what_a_reader_sees(text: str, length: int) -> None:
    """Joined emoji, flags, combining marks and a line break are one each."""
    assert count(text, Counter.GRAPHEMES) == length


@pytest.mark.parametrize("counter", [Counter.GRAPHEMES, Counter.CODEPOINTS, Counter.UTF16, Counter.THREADS])
def test_a_fixed_price_holds_for_every_counter(counter: Counter) -> None:
    """`per_link` is what any link costs, long or short."""
    short, long = ("a https://x.co b", "a https://x.co/a/very/long/path/that/goes/on b")
    assert count(short, counter, per_link=23) == count(long, counter, per_link=23) == 4 + 23


@pytest.mark.parametrize("counter", list(Counter))
@given(text=st.text(max_size=60), more=st.text(max_size=20))
def test_lines_add_up_under_every_counter(counter: Counter, text: str, more: str) -> None:
    """Two lines cost what each costs plus the line break: nothing outside a line changes its count."""
    first, second = (part.replace("\r", "").replace("\n", "") for part in (text, more))
    both = count(f"{first}\n{second}", counter, per_link=23)
    assert both == count(first, counter, per_link=23) + 1 + count(second, counter, per_link=23)


@pytest.mark.slow
def test_every_emoji_of_unicode_weighs_two() -> None:
    """Each sequence of emoji-test.txt, in each of its spellings, counts as one emoji on X."""
    if not EMOJI_TEST.is_file():
        pytest.skip("Debian's unicode-data is not installed")
    wrong = [text for text in _read_emoji() if count_weighted(text) != 2]
    assert not wrong


def _read_emoji() -> list[str]:
    lines = (
        line.split(";")[0].split() for line in EMOJI_TEST.read_text("utf-8").splitlines() if not line.startswith("#")
    )
    return ["".join(chr(int(point, 16)) for point in points) for points in lines if points]


def test_a_joined_sequence_that_nobody_draws_counts_by_its_pieces() -> None:
    """Better one too many than a refused message: X adds the pieces of sequences outside its list."""
    assert count("👨‍🔥", Counter.WEIGHTED) == 5


# --- Grapheme clusters against Unicode's own test, and cutting at them ---

BREAK_TEST = Path("/usr/share/unicode/auxiliary/GraphemeBreakTest.txt")


def test_every_case_of_unicode() -> None:
    """All lines of GraphemeBreakTest.txt, as Debian's unicode-data installs it."""
    if not BREAK_TEST.is_file():
        pytest.skip("Debian's unicode-data is not installed")
    cases = [line.split("#")[0] for line in BREAK_TEST.read_text("utf-8").splitlines() if line.startswith("÷")]
    wrong = [case for case in cases if split_graphemes("".join(_read(case))) != _read(case)]
    assert len(cases) > 1000
    assert not wrong


def _read(case: str) -> list[str]:
    clusters = [cluster.replace("×", " ").split() for cluster in case.split("÷")]
    return ["".join(chr(int(point, 16)) for point in cluster) for cluster in clusters if cluster]


@given(st.text())
def test_clusters_are_the_text(text: str) -> None:
    """Joined again the clusters are the text, and counting them is counting the text."""
    clusters = split_graphemes(text)
    assert "".join(clusters) == text
    assert len(clusters) == count_graphemes(text)


@given(st.text(alphabet=st.characters(max_codepoint=0x3FFF), max_size=30))
def test_the_short_way_finds_what_the_rules_find(text: str) -> None:
    """Texts of characters that never join are counted without the rules; forcing the rules changes nothing."""
    forced = split_graphemes("👍🏽" + "\n" + text)[2:]
    assert split_graphemes(text) == forced


@pytest.mark.parametrize(
    ("text", "limit", "expected"),
    [
        ("Hello world", 11, "Hello world"),
        ("Hello brave world", 12, "Hello brave…"),
        ("Hello brave world", 11, "Hello…"),
        ("Hello, brave world", 8, "Hello…"),
        ("abcdefghij", 5, "abcd…"),
        ("👍🏽👍🏽👍🏽", 2, "👍🏽…"),
        ("Hello", 1, ""),
        ("", 0, ""),
    ],
)
def test_cut_ends_at_a_word_with_an_ellipsis(text: str, limit: int, expected: str) -> None:
    """A text that is too long ends at a word, never inside a cluster."""
    assert cut(text, limit) == expected


@given(st.text(max_size=80), st.integers(0, 40))
def test_cut_never_exceeds_its_limit(text: str, limit: int) -> None:
    """At most `limit` graphemes, and what fits stays as it is."""
    shown = cut(text, limit)
    assert count_graphemes(shown) <= limit
    assert shown == text or count_graphemes(text) > limit


# --- Texts made to fit: the promises as properties, the manners as a table ---

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
@given(text=ANY_TEXT, limit=LIMITS)
def test_never_above_the_limit_and_unchanged_within_it(counter: Counter, text: str, limit: int) -> None:
    """What fits stays as it is; what does not is shortened until the network takes it."""
    fits = within(limit, counter)
    shown = fit(text, fits)
    assert shown == text if fits(text) else fits(shown) or shown == ""
    assert fit(shown, fits) == shown or shown == ""


@given(text=ANY_TEXT, limit=LIMITS)
def test_nothing_whole_is_cut(text: str, limit: int) -> None:
    """Every link, hashtag, mention and grapheme of a shortened text is one of the text's own, at the same place."""
    shown = fit(text, within(limit, Counter.CODEPOINTS))
    assert spans(shown) <= spans(text)
    beginning = shown.removesuffix(ELLIPSIS).rstrip() if shown != text else shown
    assert text.startswith(beginning)
    assert split_graphemes(text)[: len(split_graphemes(beginning))] == split_graphemes(beginning)
    assert not any(start < len(beginning) < end for start, end in spans(text))


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
