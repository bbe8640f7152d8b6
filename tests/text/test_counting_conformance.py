"""twitter-text's own conformance data, in full for what we count and find."""

from __future__ import annotations

from typing import Any

import pytest

from syndicate.text.counting import count_weighted
from syndicate.text.hashtags import find_hashtags, find_mentions
from syndicate.text.links import find_links
from tests.text.conformance import load

EXTRACT = load("extract")
VALIDATE = load("validate")


def cases(groups: dict[str, list[Any]], *names: str) -> list[Any]:
    """The cases of some groups as test parameters."""
    return [pytest.param(case, id=case["description"][:70]) for name in names for case in groups[name]]


@pytest.mark.parametrize("case", cases(EXTRACT, "urls", "tco_urls_with_params"))
def test_links(case: dict[str, Any]) -> None:
    """The links of a text are those twitter-text extracts."""
    assert [link.url for link in find_links(case["text"])] == case["expected"]


@pytest.mark.parametrize("case", cases(EXTRACT, "urls_with_indices", "urls_with_directional_markers"))
def test_link_places(case: dict[str, Any]) -> None:
    """… and stand where it says."""
    found = [{"url": link.url, "indices": [link.start, link.end]} for link in find_links(case["text"])]
    assert found == case["expected"]


@pytest.mark.parametrize("case", cases(EXTRACT, "hashtags", "hashtags_from_astral"))
def test_hashtags(case: dict[str, Any]) -> None:
    """The hashtags of a text are those twitter-text extracts."""
    assert [tag.name for tag in find_hashtags(case["text"])] == case["expected"]


@pytest.mark.parametrize("case", cases(EXTRACT, "hashtags_with_indices"))
def test_hashtag_places(case: dict[str, Any]) -> None:
    """… and stand where it says."""
    found = [{"hashtag": tag.name, "indices": [tag.start, tag.end]} for tag in find_hashtags(case["text"])]
    assert found == case["expected"]


@pytest.mark.parametrize("case", cases(VALIDATE, "hashtags"))
def test_whole_hashtags(case: dict[str, Any]) -> None:
    """A valid hashtag is found whole, an invalid one not."""
    found = [(tag.start, tag.end) for tag in find_hashtags(case["text"])]
    assert (found == [(0, len(case["text"]))]) is case["expected"]


@pytest.mark.parametrize("case", cases(EXTRACT, "mentions"))
def test_mentions(case: dict[str, Any]) -> None:
    """The mentions of a text are those twitter-text extracts, apart from the fediverse's "@name@host"."""
    assert [tag.name for tag in find_mentions(case["text"]) if "@" not in tag.name] == case["expected"]


@pytest.mark.parametrize("case", cases(EXTRACT, "mentions_with_indices"))
def test_mention_places(case: dict[str, Any]) -> None:
    """… and stand where it says."""
    found = [{"screen_name": tag.name, "indices": [tag.start, tag.end]} for tag in find_mentions(case["text"])]
    assert found == case["expected"]


@pytest.mark.parametrize("case", cases(VALIDATE, "urls_without_protocol"))
def test_bare_links(case: dict[str, Any]) -> None:
    """A domain with a known ending is a link from end to end."""
    assert [link.url for link in find_links(case["text"])] == [case["text"]]


@pytest.mark.parametrize(
    "case", cases(VALIDATE, "WeightedTweetsWithDiscountedEmojiCounterTest", "UnicodeDirectionalMarkerCounterTest")
)
def test_weighted_length(case: dict[str, Any]) -> None:
    """The weighted length of configuration v3."""
    assert count_weighted(case["text"]) == case["expected"]["weightedLength"]
