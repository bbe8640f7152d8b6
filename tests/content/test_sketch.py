"""A sketch tells how much two texts share."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from syndicate.model.post import make_sketch, measure_likeness, read_sketch

WORDS = [f"word{number}" for number in range(1200)]


def like(one: str, other: str) -> float:
    return measure_likeness(read_sketch(make_sketch(one)), read_sketch(make_sketch(other)))


@given(st.text())
def test_any_text_is_like_itself_or_has_no_words(text: str) -> None:
    """And its sketch stays small."""
    sketch = make_sketch(text)
    assert like(text, text) == (1.0 if sketch else 0.0)
    assert len(sketch) <= 344


@given(st.text())
def test_any_text_is_read_as_a_sketch(text: str) -> None:
    """Whatever stands in the database."""
    assert measure_likeness(read_sketch(text), read_sketch(make_sketch("a b c"))) >= 0


@pytest.mark.parametrize("kept", [0, 300, 600, 900, 1100])
def test_likeness_estimates_what_is_shared(kept: int) -> None:
    """Within a tenth or two of the truth, from 64 numbers."""
    other = [*WORDS[:kept], *(f"other{number}" for number in range(1200 - kept))]
    truth = max(kept - 1, 0) / (2 * 1199 - max(kept - 1, 0))
    assert abs(like(" ".join(WORDS), " ".join(other)) - truth) < 0.2


@pytest.mark.parametrize(
    ("one", "other", "least", "most"),
    [
        ("See you there.", "see YOU there!", 1, 1),
        ("", "", 0, 0),
        ("---\n\n***", "---", 0, 0),
        ("One", "one.", 1, 1),
        ("昨日は友達とローマへ行きました", "昨日は友達とローマに行きました", 0.6, 0.9),
        ("เมื่อวานฉันไปโรม", "เมื่อวานฉันไปปารีส", 0.3, 0.9),
        ("The quick brown fox jumps over the lazy dog", "The quick brown fox jumps over the lazy cat", 0.7, 0.9),
        ("Rome was not built in a day", "Lisbon has seven hills and one bridge", 0, 0),
    ],
)
def test_short_texts_and_scripts_without_spaces(one: str, other: str, least: float, most: float) -> None:
    """A word mended costs two shingles; case and punctuation cost none."""
    assert least <= like(one, other) <= most
