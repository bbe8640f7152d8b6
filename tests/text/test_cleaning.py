"""No broken character reaches a feed."""

from __future__ import annotations

import unicodedata
from xml.dom.minidom import parseString  # the test reads only what it wrote itself
from xml.sax.saxutils import escape

from hypothesis import given
from hypothesis import strategies as st

from syndicate.text import clean_text, drop_broken, one_line

ANY = st.text(alphabet=st.characters())


@given(ANY | st.text(alphabet="a\x00\x0b\x1f\x7f\x85\x9f\ufeff\ufffe\uffff\ufdd0\U0001fffe\ud800\r\n\té"))
def test_cleaned_text_is_xml_in_nfc(text: str) -> None:
    """Cleaned text is NFC, encodes as UTF-8, and an XML parser gives it back."""
    cleaned = clean_text(text)
    assert unicodedata.is_normalized("NFC", cleaned)
    node = parseString(f"<a>{escape(cleaned)}</a>".encode()).documentElement
    assert node is not None
    assert "".join(child.data for child in node.childNodes) == cleaned


@given(ANY)
def test_cleaning_twice_is_cleaning_once(text: str) -> None:
    """Nothing is left to clean."""
    assert clean_text(clean_text(text)) == clean_text(text)


def test_line_ends_become_line_feeds_and_c1_stays_for_the_mend() -> None:
    """What the mend of mojibake needs survives the first cleaning, what nobody needs does not."""
    assert drop_broken("a\r\nb\rc\x00\ufeff\ufffe\x85") == "a\nb\nc\x85"


def test_one_line_joins_white_space() -> None:
    """Any run of white space is one space."""
    assert one_line(" a\n\n b\tc\xa0") == "a b c"
