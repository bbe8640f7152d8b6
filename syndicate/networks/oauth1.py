"""OAuth 1.0a request signatures with HMAC-SHA1 (RFC 5849). Pure: nonce and time are given."""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import quote


@dataclass(frozen=True, slots=True)
class Keys:
    """The four parts of an OAuth 1.0a login."""

    consumer_key: str = field(repr=False)
    consumer_secret: str = field(repr=False)
    token: str = field(repr=False)
    token_secret: str = field(repr=False)


def build_header(keys: Keys, method: str, url: str, params: Mapping[str, str], *, nonce: str, timestamp: int) -> str:
    """The Authorization header of one request.

    `url` has no query; `params` are the query's and, for a form, the body's: JSON and multipart bodies stay unsigned.
    """
    oauth = {
        "oauth_consumer_key": keys.consumer_key,
        "oauth_nonce": nonce,
        "oauth_signature_method": "HMAC-SHA1",
        "oauth_timestamp": str(timestamp),
        "oauth_token": keys.token,
        "oauth_version": "1.0",
    }
    signature = sign(keys, method, url, {**params, **oauth})
    signed = sorted({**oauth, "oauth_signature": signature}.items())
    return "OAuth " + ", ".join(f'{encode(name)}="{encode(value)}"' for name, value in signed)


def sign(keys: Keys, method: str, url: str, params: Mapping[str, str]) -> str:
    """The signature over a request and all its parameters (RFC 5849 section 3.4), base64."""
    pairs = sorted((encode(name), encode(value)) for name, value in params.items())
    joined = "&".join(f"{name}={value}" for name, value in pairs)
    base = "&".join((method.upper(), encode(url), encode(joined)))
    key = f"{encode(keys.consumer_secret)}&{encode(keys.token_secret)}"
    return base64.b64encode(hmac.digest(key.encode(), base.encode(), hashlib.sha1)).decode()


def encode(text: str) -> str:
    """Percent-encoding that leaves only the unreserved characters (RFC 5849 section 3.6)."""
    return quote(text, safe="-._~")
