"""Dates and tags of languages as people and generators write them."""

from __future__ import annotations

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from syndicate.text.values import normalise_language, parse_date

BERLIN = ZoneInfo("Europe/Berlin")


@pytest.mark.parametrize(
    ("written", "instant"),
    [
        ("2025-03-18T20:34:44.460Z", "2025-03-18T20:34:44.460+00:00"),
        ("2025-03-18T20:34:44+0100", "2025-03-18T19:34:44+00:00"),
        ("2025-03-18 10:00 +02:00", "2025-03-18T08:00:00+00:00"),
        ("2013-11-22 16:57:00 -8", "2013-11-23T00:57:00+00:00"),
        ("2025-03-18 10:00 +5:30", "2025-03-18T04:30:00+00:00"),
        ("2025-03-18 10:00:00", "2025-03-18T09:00:00+00:00"),
        ("2025-07-18 10:00", "2025-07-18T08:00:00+00:00"),
        ("2025-3-8", "2025-03-07T23:00:00+00:00"),
        ("2025/03/18", "2025-03-17T23:00:00+00:00"),
        ("20250318", "2025-03-17T23:00:00+00:00"),
        (20250318, "2025-03-17T23:00:00+00:00"),
        ("Jul 08 2022", "2022-07-07T22:00:00+00:00"),
        ("March 18th, 2025", "2025-03-17T23:00:00+00:00"),
        ("18 Mar 2025 09:30", "2025-03-18T08:30:00+00:00"),
        ("Tue, 18 Mar 2025 20:34:44 +0100", "2025-03-18T19:34:44+00:00"),
        ("Tuesday, March 18, 2025", "2025-03-17T23:00:00+00:00"),
        (1742330084, "2025-03-18T20:34:44+00:00"),
        (1742330084000, "2025-03-18T20:34:44+00:00"),
        ("1742330084", "2025-03-18T20:34:44+00:00"),
        ("2016-12-31T23:59:60Z", "2016-12-31T23:59:59+00:00"),
        (datetime(2025, 3, 18, 9, tzinfo=UTC), "2025-03-18T09:00:00+00:00"),
        (datetime(2025, 3, 18, 9), "2025-03-18T08:00:00+00:00"),  # noqa: DTZ001 - TOML's local date-time
        (date(2025, 3, 18), "2025-03-17T23:00:00+00:00"),
    ],
)
def test_written_dates_are_instants_in_utc(written: object, instant: str) -> None:
    """A zone counts where there is one, else the site's; a date alone is midnight there."""
    parsed = parse_date(written, BERLIN)
    assert parsed == datetime.fromisoformat(instant)
    assert parsed.tzinfo is UTC


@pytest.mark.parametrize(
    "written",
    [
        "",
        "soon",
        "2025-02-30",
        "2025-02-20-8",
        "2025-13-01",
        "2025",
        2025,
        True,
        None,
        [],
        "9" * 100,
        1e30,
        "0000-01-01",
        "12:30",
    ],
)
def test_what_is_no_date_is_refused(written: object) -> None:
    """Nothing is guessed from a value that names no day."""
    with pytest.raises(ValueError, match=r"\w"):
        parse_date(written, BERLIN)


@given(st.text() | st.integers() | st.floats() | st.datetimes() | st.from_regex(r"[0-9A-Za-z:+., -]{0,40}"))
def test_any_value_is_a_date_or_refused(value: object) -> None:
    """No value raises anything but ValueError."""
    try:
        parsed = parse_date(value, BERLIN)
    except ValueError:
        return
    assert parsed.tzinfo is UTC


@given(st.datetimes(min_value=datetime(1975, 1, 1), max_value=datetime(2200, 1, 1), timezones=st.just(UTC)))  # noqa: DTZ001
def test_iso_dates_come_back(moment: datetime) -> None:
    """Whatever Python writes as ISO 8601 reads as the same instant."""
    assert parse_date(moment.isoformat(), BERLIN) == moment


# --- Language tags in one spelling ---


@pytest.mark.parametrize(
    ("written", "tag"),
    [
        ("en", "en"),
        ("EN", "en"),
        ("en_us", "en-US"),
        ("de_AT.UTF-8", "de-AT"),
        ("sr@latin", "sr"),
        (" pt-br ", "pt-BR"),
        ("zh-hant-tw", "zh-Hant-TW"),
        ("es-419", "es-419"),
        ("deu", "deu"),
        ("sl-rozaj-biske", "sl-rozaj-biske"),
        ("de-ch-1901", "de-CH-1901"),
        ("en-u-ca-GREGORY", "en-u-ca-gregory"),
        ("en-x-US", "en-x-us"),
        ("english", ""),
        ("English (US)", ""),
        ("i-klingon", ""),
        ("e", ""),
        ("en-", ""),
        ("en--us", ""),
        ("42", ""),
        ("C", ""),
        ("", ""),
        ("日本語", ""),
        ("en\n", "en"),
        ("en-" + "a" * 5000, ""),
    ],
)
def test_a_language_tag_has_one_spelling(written: str, tag: str) -> None:
    """Case and underscores are mended; what no network takes is no tag."""
    assert normalise_language(written) == tag
    assert normalise_language(tag) == tag
