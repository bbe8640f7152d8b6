"""Links beyond twitter-text: every address with a scheme, and parameters added to one."""

from __future__ import annotations

from itertools import pairwise
from urllib.parse import parse_qsl, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from syndicate.text.links import add_parameters, find_addresses, find_links, find_web_links

CANDIDATES = st.lists(
    st.sampled_from(
        ["http://", "example.com", "foo.jp", "/a/", "?q=1", "日本", " ", ".", "-", "@", "#x", "é", "(", ")", "t.co/"]
    )
).map("".join)


@pytest.mark.parametrize(
    ("text", "urls"),
    [
        ("see http://localhost:8000/x, please", ["http://localhost:8000/x"]),
        ("(https://[::1]:80/a)", ["https://[::1]:80/a"]),
        ("http://10.0.0.1/", ["http://10.0.0.1/"]),
        ("https://blog.test/aです", ["https://blog.test/a"]),
        ("http://example.comだよ", ["http://example.com"]),
        ("HTTPS://EXAMPLE.COM/A.", ["HTTPS://EXAMPLE.COM/A"]),
        ("example.com has no scheme", []),
        ("http:// nothing", []),
    ],
)
def test_web_links_have_a_scheme_and_any_host(text: str, urls: list[str]) -> None:
    """Hosts without a known ending are links too when a scheme says so."""
    assert [link.url for link in find_web_links(text)] == urls


def test_addresses_are_both_kinds_once() -> None:
    """Bare domains and addresses with a scheme, each once, in order."""
    text = "a.com http://b.test/c http://d.com/e f.org"
    assert [link.url for link in find_addresses(text)] == ["a.com", "http://b.test/c", "http://d.com/e", "f.org"]


@given(CANDIDATES)
def test_links_are_in_order_apart_and_where_they_say(text: str) -> None:
    """Links never overlap, and each is the text between its ends."""
    for find in (find_links, find_web_links, find_addresses):
        links = find(text)
        assert all(text[link.start : link.end] == link.url for link in links)
        assert all(one.end <= other.start for one, other in pairwise(links))


@pytest.mark.slow
@pytest.mark.parametrize(
    "text", ["a." * 20_000, "http://" * 5_000, "x.com" * 5_000, "あ.い" * 5_000, "http://a.com/" + "." * 50_000]
)
def test_hostile_texts_are_read_in_passing(text: str) -> None:
    """Repetition that makes careless patterns run for ever ends in an answer."""
    assert len(find_links(text)) <= len(text)


@pytest.mark.parametrize(
    ("url", "added", "expected"),
    [
        ("https://a.com/b/", {"utm_source": "x"}, "https://a.com/b/?utm_source=x"),
        ("https://a.com/b?c=1", {"utm_source": "x"}, "https://a.com/b?c=1&utm_source=x"),
        ("https://a.com/b?c=1#top", {"utm_source": "x"}, "https://a.com/b?c=1&utm_source=x#top"),
        ("https://a.com/?utm_source=mine", {"utm_source": "x"}, "https://a.com/?utm_source=mine"),
        ("https://a.com/", {"q": "a b&c"}, "https://a.com/?q=a%20b%26c"),
        ("https://a.com/%C3%A4?q=%20", {"e": "ü"}, "https://a.com/%C3%A4?q=%20&e=%C3%BC"),
        ("https://a.com/?flag", {"e": "1"}, "https://a.com/?flag&e=1"),
        ("https://a.com/", {"empty": ""}, "https://a.com/"),
        ("https://a.com/", {}, "https://a.com/"),
    ],
)
def test_parameters_are_added_and_nothing_else_changes(url: str, added: dict[str, str], expected: str) -> None:
    """What the link had stays byte for byte, its fragment last."""
    assert add_parameters(url, added) == expected


@given(st.dictionaries(st.from_regex(r"utm_[a-z]{1,8}", fullmatch=True), st.text(min_size=1, max_size=12), max_size=4))
def test_added_parameters_can_be_read_back(parameters: dict[str, str]) -> None:
    """Whatever a value holds, a server reads it as it was meant."""
    url = add_parameters("https://a.com/b?c=1#d", parameters)
    assert dict(parse_qsl(urlsplit(url).query)) == {"c": "1", **parameters}
