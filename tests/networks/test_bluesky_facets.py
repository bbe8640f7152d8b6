"""What becomes clickable in a Bluesky post, counted in bytes."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from syndicate.networks.bluesky.record import build_facets, find_spans, list_mentions, make_tid, parse_tid, tid_of

HEADS = ["", "see ", "(", "Füße 👍🏽 ", "\n"]


def test_the_vector_is_met() -> None:
    """Umlauts and an emoji with skin tone before a link and a tag."""
    facets = build_facets("Füße 👍🏽 siehe https://blog.example/ä (neu) #Python", {})
    assert facets == [
        {
            "index": {"byteStart": 22, "byteEnd": 45},
            "features": [{"$type": "app.bsky.richtext.facet#link", "uri": "https://blog.example/ä"}],
        },
        {
            "index": {"byteStart": 52, "byteEnd": 59},
            "features": [{"$type": "app.bsky.richtext.facet#tag", "tag": "Python"}],
        },
    ]


@pytest.mark.parametrize("head", HEADS)
@pytest.mark.parametrize(
    ("shown", "tail", "uri"),
    [
        ("https://a.example/b", "", "https://a.example/b"),
        ("https://a.example/b", ".", "https://a.example/b"),
        ("https://a.example/b?c=d&e=f#g", "!", "https://a.example/b?c=d&e=f#g"),
        ("https://a.example/b", ")", "https://a.example/b"),
        ("https://a.example/b_(c)", "", "https://a.example/b_(c)"),
        ("https://a.example/b", "),", "https://a.example/b"),
        ("https://a.example/b.", ".", "https://a.example/b."),
        ("example.com/a", "", "https://example.com/a"),
        ("example.com", " now", "https://example.com"),
        ("HTTPS://A.EXAMPLE/b", "", "HTTPS://A.EXAMPLE/b"),
        ("https://a.example/b", ")を", "https://a.example/b"),
        ("https://a.example/b", '"', "https://a.example/b"),
    ],
)
def test_links_end_where_the_reference_ends_them(head: str, shown: str, tail: str, uri: str) -> None:
    """One sign of the sentence is given back, then one bracket that the link did not open."""
    text = f"{head}{shown}{tail}"
    (span,) = find_spans(text)
    assert (text[span.start : span.end], span.kind, span.value) == (shown, "link", uri)


@pytest.mark.parametrize("around", ["“{}”", '"{}".', "<{}>", "記事{}（日本語", "更多{}。看看", "記事は{}を", "Link:{}"])
def test_an_address_is_a_link_wherever_it_stands(around: str) -> None:
    """In quotes, in brackets and between letters that know no spaces, though the reference finds none there."""
    assert [span.value for span in find_spans(around.format("https://a.example/b"))] == ["https://a.example/b"]


@pytest.mark.parametrize(
    "text", ["blog.example/a", "e.g. this", "v1.2.3", "xhttps://a.example", "me@example.com", "no.tldhere"]
)
def test_what_is_no_link_stays_text(text: str) -> None:
    """Without a scheme a real top-level domain is needed, and a link begins after a space or bracket."""
    assert find_spans(text) == []


@pytest.mark.parametrize(
    ("text", "tags"),
    [
        ("#Python", ["Python"]),
        ("＃日本語", ["日本語"]),
        ("#a #b.", ["a", "b"]),
        ("#rock'n'roll!!", ["rock'n'roll"]),
        ("#C++", ["C++"]),
        ("#1 #2026 #!", []),
        ("#2026goals", ["2026goals"]),
        ("#\ufe0f no", []),
        ("x#no (#no", []),
        (f"#{'a' * 64} #{'b' * 65}", ["a" * 64]),
        ("#one\u200btwo", ["one"]),
        ("$abc and $TOOLONG or $9", ["$ABC"]),
        ("#👨‍👩‍👧", ["👨"]),
    ],
)
def test_hashtags_follow_the_reference(text: str, tags: list[str]) -> None:
    """Letters are needed, closing punctuation is given back, 64 graphemes are the limit."""
    assert [span.value for span in find_spans(text) if span.kind == "tag"] == tags


def test_mentions_need_somebody_behind_them() -> None:
    """A resolved handle becomes a facet, an unknown one stays text."""
    text = "With @Owl.example.com, @nobody.example.com and @noone"
    assert list_mentions(text) == ("owl.example.com", "nobody.example.com")
    (facet,) = build_facets(text, {"owl.example.com": "did:plc:owl", "nobody.example.com": ""})
    assert facet["index"] == {"byteStart": 5, "byteEnd": 21}
    assert facet["features"] == [{"$type": "app.bsky.richtext.facet#mention", "did": "did:plc:owl"}]


PIECES = st.sampled_from(
    [
        "https://a.example/ä",
        "example.com",
        "#Tag",
        "＃日本",
        "@owl.example.com",
        "$ABC",
        " ",
        "\n",
        "👍🏽",
        "e\u0301",
        "(",
        ")",
        ".",
        "ß",
    ]
)


@given(st.lists(PIECES | st.text(max_size=5), max_size=12).map("".join))
def test_facets_never_overlap_or_split_a_character(text: str) -> None:
    """Each range lies inside the text on character borders, and holds what its feature says."""
    data, end = text.encode(), 0
    for facet in build_facets(text, {"owl.example.com": "did:plc:owl"}):
        index, (feature,) = facet["index"], facet["features"]
        assert isinstance(index, dict)
        assert end <= index["byteStart"] < index["byteEnd"] <= len(data)
        end = index["byteEnd"]
        shown = data[index["byteStart"] : end].decode()
        assert str(feature.get("uri", shown)).endswith(shown)
        assert str(feature.get("tag", "")).upper() in shown.upper()


# --- Timestamp identifiers against the vectors of the specification and a real record ---

SYNTAX = re.compile(r"[234567abcdefghij][234567abcdefghijklmnopqrstuvwxyz]{12}")
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MOMENTS = st.integers(0, 7_000_000_000_000_000).map(lambda number: EPOCH + timedelta(microseconds=number))


@pytest.mark.parametrize(
    ("microseconds", "clock", "tid"),
    [
        (0, 0, "2222222222222"),
        (1700000000000000, 7, "3ke6kg3wk222b"),
        (1764000000000000, 0, "3m6f72q6k2222"),
        (1764000000123456, 1023, "3m6f72qccm2zz"),
        (1738119835506865, 1, "3lgtybpyq7l23"),
    ],
)
def test_vectors(microseconds: int, clock: int, tid: str) -> None:
    """Known moments give known identifiers, and back."""
    assert make_tid(microseconds, clock) == tid
    assert parse_tid(tid) == (microseconds, clock)


@pytest.mark.parametrize(
    "text", ["", "3lgtybpyq7l2", "3lgtybpyq7l234", "zzzzzzzzzzzzz", "3lgtybpyq7l21", "3LGTYBPYQ7L23"]
)
def test_other_texts_are_refused(text: str) -> None:
    """Length, alphabet and the top bit are checked."""
    with pytest.raises(ValueError, match="not a TID"):
        parse_tid(text)


@given(MOMENTS, st.text(max_size=20))
def test_one_message_has_one_identifier(moment: datetime, key: str) -> None:
    """Valid, the same every time, and it carries the moment to the microsecond."""
    tid = tid_of(moment, key)
    assert SYNTAX.fullmatch(tid)
    assert tid == tid_of(moment, key)
    assert EPOCH + timedelta(microseconds=parse_tid(tid)[0]) == moment


@given(MOMENTS, MOMENTS, st.text(max_size=9))
def test_later_sorts_later(one: datetime, other: datetime, key: str) -> None:
    """The order of identifiers is the order of moments."""
    assert (one < other) == (tid_of(one, key) < tid_of(other, key))


def test_keys_part_messages_of_one_moment() -> None:
    """Two messages intended in the same microsecond stay two records."""
    moment = datetime(2026, 11, 24, 9, tzinfo=UTC)
    assert tid_of(moment, "one") != tid_of(moment, "two")
