"""The counting rules of every network, against the vectors of their contracts."""

from __future__ import annotations

import unicodedata
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from syndicate.text.counting import Counter, count, count_weighted

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
@settings(deadline=None)
@given(text=st.text(max_size=60), more=st.text(max_size=20))
def test_lines_add_up_under_every_counter(counter: Counter, text: str, more: str) -> None:
    """Two lines cost what each costs plus the line break: nothing outside a line changes its count."""
    first, second = (part.replace("\r", "").replace("\n", "") for part in (text, more))
    both = count(f"{first}\n{second}", counter, per_link=23)
    assert both == count(first, counter, per_link=23) + 1 + count(second, counter, per_link=23)


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
