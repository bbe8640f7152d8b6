"""OAuth 1.0a signatures against the published example and a computed one."""

from __future__ import annotations

import re

import pytest

from syndicate.networks.toolkit.oauth import Keys, build_header, encode, sign

EXAMPLE = Keys(
    "xvz1evFS4wEEPTGEFPHBog",
    "kAcSOqF21Fu85e7zjz7ZN2U4ZRhfV3WpwPAoE3Z7kBw",
    "370773112-GmHxMAgYyLbNEtIKZeRNFsMKPR9EyMZeS9weJAEb",
    "LswwdoUaIvS8ltyTt5jkRh4J50vUPVVHtR2YPi5kE",
)
PARAMS = {
    "include_entities": "true",
    "status": "Hello Ladies + Gentlemen, a signed OAuth request!",
    "oauth_consumer_key": EXAMPLE.consumer_key,
    "oauth_nonce": "kYjzVBB8Y0ZFabxSWbWovY3uYSQ2pTgmZeNu2VS4cg",
    "oauth_signature_method": "HMAC-SHA1",
    "oauth_timestamp": "1318622958",
    "oauth_token": EXAMPLE.token,
    "oauth_version": "1.0",
}


@pytest.mark.parametrize(
    ("url", "signature"),
    [
        ("https://api.twitter.com/1/statuses/update.json", "tnnArxj06cWHq44gCs1OSKk/jLY="),
        ("https://api.twitter.com/1.1/statuses/update.json", "hCtSmYh+iHYCEqBWrE7C7hYmtUk="),
        ("https://api.x.com/1.1/statuses/update.json", "Ls93hJiZbQ3akF3HF3x1Bz8/zU4="),
    ],
)
def test_the_published_example_is_met(url: str, signature: str) -> None:
    """The documentation's dummy keys give the documentation's signatures."""
    assert sign(EXAMPLE, "POST", url, PARAMS) == signature


def test_a_json_body_stays_unsigned() -> None:
    """The header of a post to X, with its computed signature percent-encoded."""
    keys = Keys("ck", "cs", "tok", "ts")
    header = build_header(keys, "POST", "https://api.x.com/2/tweets", {}, nonce="n0nce", timestamp=1764000000)
    parts = dict(re.findall(r'(\w+)="([^"]*)"', header))
    assert header.startswith('OAuth oauth_consumer_key="ck", ')
    assert parts["oauth_signature"] == encode("Myfi1VHybzydGn+116BLYCSr5LM=")
    assert (parts["oauth_timestamp"], parts["oauth_version"]) == ("1764000000", "1.0")


def test_only_unreserved_characters_stay() -> None:
    """RFC 5849 section 3.6: everything else, also the tilde's neighbours, is encoded."""
    assert encode("Az09-._~ +/&=ü☃") == "Az09-._~%20%2B%2F%26%3D%C3%BC%E2%98%83"


def test_keys_hide_in_their_repr() -> None:
    """A logged value shows none of the four."""
    assert repr(EXAMPLE) == "Keys()"
