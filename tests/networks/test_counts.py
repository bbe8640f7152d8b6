"""What each network shows of likes, boosts, replies and quotes, read as numbers; nothing of who did it."""

from __future__ import annotations

from importlib import import_module

import pytest

from syndicate.errors import NetworkError
from syndicate.http import Client
from syndicate.model import Reactions, Receipt
from syndicate.networks.base import Counts
from syndicate.networks.meta.threads import parse_insights
from tests.networks.fake import garbage_body, status

ALL = Reactions(7, 3, 2, 1)
MASTODON = {"id": "42", "favourites_count": 7, "reblogs_count": 3, "replies_count": 2}
LEMMY = {"post_view": {"post": {"id": 42}, "counts": {"upvotes": 7, "comments": 2, "score": 5}}}
INSIGHTS = [{"name": name, "values": [{"value": number}]} for name, number in (("likes", 7), ("reposts", 3))]
INSIGHTS += [{"name": "replies", "total_value": {"value": 2}}, {"name": "quotes", "values": [{"value": 1}]}]
FACEBOOK = {"reactions": {"summary": {"total_count": 7}}, "comments": {"summary": {"total_count": 2}}}
BLUESKY = {"uri": "at://x/y/z", "likeCount": 7, "repostCount": 3, "replyCount": 2, "quoteCount": 1}
DEVTO = {"id": 42, "public_reactions_count": 7, "comments_count": 2}
X = {"like_count": 7, "retweet_count": 3, "reply_count": 2, "quote_count": 1}

SHOWN = [
    ("mastodon", "GET /api/v1/statuses/42", MASTODON | {"quotes_count": 1}, ALL),
    ("mastodon", "GET /api/v1/statuses/42", MASTODON, Reactions(7, 3, 2)),
    ("bluesky", "GET /xrpc/app.bsky.feed.getPosts", {"posts": [BLUESKY]}, ALL),
    ("bluesky", "GET /xrpc/app.bsky.feed.getPosts", {"posts": []}, None),
    ("lemmy", "GET /api/v3/post", LEMMY, Reactions(likes=7, replies=2)),
    ("lemmy", "GET /api/v3/post", {"post_view": {"post": {"id": 42, "deleted": True}}}, None),
    (
        "tumblr",
        "GET /v2/blog/foxes.tumblr.com/notes",
        {"response": {"total_notes": 12, "total_likes": 7, "total_reblogs": 3}},
        Reactions(7, 3, 2),
    ),
    (
        "devto",
        "GET /api/articles/42",
        DEVTO,
        Reactions(7, replies=2),
    ),
    ("threads", "GET /v1.0/42/insights", {"data": INSIGHTS}, ALL),
    ("facebook", "GET /v25.0/", FACEBOOK | {"shares": {"count": 3}}, Reactions(7, 3, 2)),
    ("facebook", "GET /v25.0/", FACEBOOK, Reactions(7, 0, 2)),
    ("instagram", "GET /v25.0/42", {"like_count": 7, "comments_count": 2, "id": "42"}, Reactions(7, replies=2)),
    ("x", "GET /2/tweets/42", {"data": {"id": "42", "public_metrics": X}}, ALL),
]


@pytest.mark.parametrize(("name", "call", "body", "counted"), SHOWN)
def test_a_network_tells_how_often_others_answered(
    name: str, call: str, body: object, counted: Reactions | None, http: Client
) -> None:
    """Each in its own words; what it does not say is not zero, and a message that is gone has no numbers."""
    case = import_module(f"tests.networks.test_{name}").CASE
    with case.fake() as fake:
        network = case.open(fake.url, http)
        assert isinstance(network, Counts)
        fake.fail(status(200, body), on=call)
        assert network.count(Receipt("42", "https://social.example/42")) == counted


@pytest.mark.parametrize("name", sorted({name for name, *_ in SHOWN}))
def test_an_answer_that_makes_no_sense_counts_nothing(name: str, http: Client) -> None:
    """Garbage is no number: an error of ours, or nothing known."""
    case = import_module(f"tests.networks.test_{name}").CASE
    with case.fake() as fake:
        network = case.open(fake.url, http)
        fake.fail(garbage_body(), on="GET", times=5)
        try:
            counted = network.count(Receipt("42", "https://social.example/42"))
        except NetworkError:
            return
        assert counted is None or counted.total == 0


def test_odd_numbers_are_not_taken() -> None:
    """Whole, not negative, not true, not more than there are people."""
    odd = [{"name": str(n), "values": [{"value": value}]} for n, value in enumerate([-1, True, 1.5, "7", 10**15, None])]
    assert parse_insights({"data": [*odd, {"name": "good", "values": [{"value": 0}]}]}) == {"good": 0}
