"""Proof Key for Code Exchange (RFC 7636) and the state of an authorisation request."""

from __future__ import annotations

import base64
import hashlib
import secrets


def make_verifier() -> str:
    """A new secret for one login; 43 characters of the allowed alphabet."""
    return secrets.token_urlsafe(32)


def make_state() -> str:
    """A new value that must come back with the code."""
    return secrets.token_urlsafe(16)


def challenge_of(verifier: str) -> str:
    """The S256 challenge that is shown in the open."""
    digest = hashlib.sha256(verifier.encode("ascii")).digest()
    return base64.urlsafe_b64encode(digest).rstrip(b"=").decode("ascii")
