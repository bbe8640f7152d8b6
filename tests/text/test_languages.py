"""Language tags in one spelling."""

from __future__ import annotations

import pytest

from syndicate.text.languages import normalise_language


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
