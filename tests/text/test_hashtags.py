"""Hashtags made from an author's labels."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from syndicate.text.hashtags import find_hashtags, find_mentions, to_hashtag


@pytest.mark.parametrize(
    ("label", "tag"),
    [
        ("machine learning", "MachineLearning"),
        ("Artificial Intelligence", "ArtificialIntelligence"),
        ("python", "Python"),
        ("iOS development", "IOSDevelopment"),
        ("AI & ethics", "AIEthics"),
        ("open-source", "OpenSource"),
        ("what's new", "WhatsNew"),
        ("node.js", "NodeJs"),
        ("C++", "CPlusPlus"),
        ("C#", "CSharp"),
        (".NET", "DotNet"),
        ("#already", "Already"),
        ("web3 in 2026", "Web3In2026"),
        ("2026", ""),
        ("  ", ""),
        ("!!!", ""),
        ("café au lait", "CaféAuLait"),
        ("機械学習", "機械学習"),
        ("ذكاء اصطناعي", "ذكاء_اصطناعي"),
        ("हिन्दी भाषा", "हिन्दी_भाषा"),
        ("straße", "Straße"),
        ("snake_case", "SnakeCase"),
    ],
)
def test_labels_become_camel_case(label: str, tag: str) -> None:
    """Words are told apart by capitals, or by an underscore where a script has none."""
    assert to_hashtag(label) == tag


@given(st.text(max_size=30))
def test_what_is_made_is_found_whole(label: str) -> None:
    """Networks take every made hashtag for one hashtag from end to end."""
    tag = to_hashtag(label)
    assert not tag or [found.name for found in find_hashtags(f"#{tag}")] == [tag]


def test_hashtags_inside_links_are_none() -> None:
    """A fragment is part of its link, whatever its host."""
    assert find_hashtags("https://blog.test/a#part and http://b.com/#c") == ()


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("by @alice@mastodon.social and @bob.bsky.social.", ["alice@mastodon.social", "bob.bsky.social"]),
        ("mail me@example.com", []),
        ("@one,@two", ["one", "two"]),
    ],
)
def test_mentions_of_other_networks(text: str, names: list[str]) -> None:
    """Fediverse and Bluesky names are found whole, mail addresses are not."""
    assert [tag.name for tag in find_mentions(text)] == names
