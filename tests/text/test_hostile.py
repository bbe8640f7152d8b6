"""Texts made to hurt are done with as soon as any others: each of these took minutes in quadratic time."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from syndicate.text import addresses, counting, fit, hashtags, labels, markdown

N = 100_000
LABELS = ("Summary", "Social Snippet")
PAGE = "https://example.com/a/"
SHORT: Callable[[str], bool] = lambda text: len(text) <= 300  # noqa: E731


@pytest.mark.parametrize("sign", ["(", ")", "[", '"', "!", ".", "- ", "a.", "「", "?!", "\n", "。"])
def test_a_run_of_signs_is_cut_in_one_go(sign: str) -> None:
    """No start in a run of brackets, quotes or ends of sentences looks at the rest of the run again."""
    text = "Words before. " + sign * N + "x"
    shown = fit.fit(text, SHORT)
    assert shown.startswith("Words before.")
    assert len(shown) <= 300


@pytest.mark.parametrize("sign", ["a ", "(", '" ', "日本"])
def test_a_long_text_is_split_by_what_a_part_holds(sign: str) -> None:
    """Each part costs its own length, not that of all that is left."""
    text = (sign * N).strip()
    parts = fit.split(text, lambda part, number: len(part) <= 20_000)
    assert "".join("".join(parts).split()) == "".join(text.split())
    assert all(len(part) <= 20_000 for part in parts)


@pytest.mark.parametrize("between", [" ", "\n", "\t", " \n"])
def test_a_label_with_a_gap_behind_it_is_no_label(between: str) -> None:
    """White space between a label and a colon that never comes is read once."""
    text = "Summary" + between * N + "x"
    assert labels.strip_label(text, LABELS) == text
    assert labels.strip_label("Summary" + between * N + ": x", LABELS) == "x"


def test_signs_behind_an_address_are_given_back_at_once() -> None:
    """Neither in a text nor in a page is an address counted anew for each sign that it loses."""
    text = "http://example.com/" + ")." * N
    assert [link.url for link in addresses.find_addresses(text)] == ["http://example.com/"]
    link = '<a href="http://example.com/">http://example.com/</a>'
    assert markdown.link_addresses(f"<p>{text}</p>") == f"<p>{link}{').' * N}</p>"


def test_a_mention_without_host_is_read_once() -> None:
    """Mastodon's rule for remote mentions does not try each way to divide a name."""
    text = "@" + "a" * N + "@"
    assert counting.count(text, counting.Counter.MASTODON) == N + 2


def test_hashtags_beside_many_links_are_found_in_one_walk() -> None:
    """Tags and links are compared once each, not all with all."""
    text = "#tag http://example.com/#not " * 5_000
    assert [tag.name for tag in hashtags.find_hashtags(text)] == ["tag"] * 5_000
