"""A signed webhook to any address of yours, after the Standard Webhooks convention. standardwebhooks.com.

The receiver knows a message by `webhook-id`, which is the same on every retry: sending again is always safe.
During a change of secret, `old_secret` signs too, and the header carries both signatures.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from urllib.parse import urlsplit

import orjson

from syndicate.errors import Blocked, ConfigError, NetworkError, RateLimited, Rejected, Unauthorised, Unavailable
from syndicate.http import Client
from syndicate.model import Account, Limits, Message, NetworkFacts, Receipt
from syndicate.networks.base import Description, LoginField, LoginPage, Option, Profile, Secret, Vault
from syndicate.networks.toolkit import Api, Refusal, refuse_misfits, require_option, require_secret, retry_at_of
from syndicate.networks.toolkit.oauth import PastedLogin
from syndicate.text.counting import Counter

PREFIX = "whsec_"
# The convention states no limit. 20,000 characters keep a body far below what web servers take by default (1 MB).
LIMITS = Limits(characters=20_000, counter=Counter.CODEPOINTS)
RESEND_FOR = timedelta(days=30)
"""Our own promise: receivers are told in docs/networks.md to remember ids for a month."""

DESCRIPTION = Description(
    name="webhook",
    title="Signed webhook",
    options=(Option("url", "Where to post to (https://…)", required=True),),
    secrets=(
        Secret("secret", "The shared secret, whsec_ and base64"),
        Secret("old_secret", "The secret before, while the receiver changes over", required=False),
    ),
    facts=NetworkFacts(network="webhook", limits=LIMITS, media="image", edits_alt=True),
    note="Retries carry the same webhook-id, so a receiver that remembers ids sees each message once.",
)


def build_event(message: Message, kind: str, *, at: datetime) -> bytes:
    """The body, byte for byte as it is signed. `kind` is post.published, post.updated or post.deleted."""
    image = message.image or message.card
    data: dict[str, object] = {
        "id": message.post_id,
        "url": message.link,
        "title": message.title,
        "summary": message.summary,
        "text": message.text,
        "image": {"url": image.url, "alt": image.alt} if image else None,
        "tags": list(message.tags),
        "language": message.language,
        "published_at": _iso(message.published_at) if message.published_at else None,
    }
    return orjson.dumps({"type": kind, "timestamp": _iso(at), "data": data})


def build_deletion(receipt: Receipt, *, at: datetime) -> bytes:
    """The body that tells of a deletion: all a receiver needs to find what it stored."""
    data = {"id": receipt.ref.get("post_id", ""), "url": receipt.url, "message": receipt.remote_id}
    return orjson.dumps({"type": "post.deleted", "timestamp": _iso(at), "data": data})


def build_headers(identity: str, body: bytes, secrets: tuple[str, ...], *, at: datetime) -> dict[str, str]:
    """The three headers of the convention; one signature for each secret."""
    timestamp = str(int(at.timestamp()))
    signatures = " ".join(build_signature(secret, identity, timestamp, body) for secret in secrets)
    return {
        "content-type": "application/json",
        "webhook-id": identity,
        "webhook-timestamp": timestamp,
        "webhook-signature": signatures,
    }


def build_signature(secret: str, identity: str, timestamp: str, body: bytes) -> str:
    """ "v1," and the base64 of HMAC-SHA256 over id, timestamp and body. Raises ConfigError for a bad secret."""
    signed = f"{identity}.{timestamp}.".encode() + body
    digest = hmac.new(parse_secret(secret), signed, hashlib.sha256).digest()
    return f"v1,{base64.b64encode(digest).decode()}"


def parse_secret(secret: str) -> bytes:
    """The bytes behind "whsec_…"."""
    try:
        key = base64.b64decode(secret.removeprefix(PREFIX), validate=True)
    except (binascii.Error, ValueError):
        key = b""
    if not secret.startswith(PREFIX) or not key:
        hint = "make one with: echo whsec_$(openssl rand -base64 32)"
        raise ConfigError("a webhook's secret is whsec_ followed by base64", hint=hint)
    return key


def parse_failure(refusal: Refusal) -> NetworkError:
    """410 ends the account; other refusals are the receiver's passing trouble and are tried again (11.4)."""
    error = refusal.by_status()
    if refusal.status == 410:
        return refusal.to(Blocked, "the receiver is gone (410)", hint="remove the account or change its url")
    if refusal.status == 403:
        return refusal.to(Unauthorised, error.message, hint="does the receiver have the same secret?")
    if not isinstance(error, Rejected):
        return error
    retry_at, hint = retry_at_of(refusal.response), "the receiver must answer 2xx"
    if retry_at:
        return RateLimited(error.message, retry_at=retry_at, where=refusal.account, hint=hint)
    return refusal.to(Unavailable, error.message, hint=hint)


def _iso(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")


class Webhook(PastedLogin):
    """One address that is told of posts."""

    limits = LIMITS
    login_fields = (
        LoginField("secret", "Secret", secret=True, help="whsec_ and base64: echo whsec_$(openssl rand -base64 32)"),
    )

    def send(self, message: Message, *, key: str) -> Receipt:
        refuse_misfits(message, LIMITS, account=self._name)
        identity = f"msg_{key}"
        self._post(identity, build_event(message, "post.published", at=self._http.now()))
        return Receipt(identity, message.link, {"post_id": message.post_id})

    def resend_until(self, intent_at: datetime) -> datetime:
        return intent_at + RESEND_FOR

    def edit(self, receipt: Receipt, message: Message, *, key: str) -> Receipt:
        self._post(f"msg_{key}", build_event(message, "post.updated", at=self._http.now()))
        return receipt

    def delete(self, receipt: Receipt) -> None:
        self._post(f"{receipt.remote_id}_deleted", build_deletion(receipt, at=self._http.now()))

    def verify(self) -> Profile:
        """Check what can be checked here: a webhook cannot be asked anything."""
        for secret in self._secrets():
            parse_secret(secret)
        url = self._options["url"]
        host = urlsplit(url).hostname or url
        warnings = () if url.startswith("https://") else ("the address is not https: anyone on the way can read it",)
        return Profile(name=host, abilities=("post", "edit", "delete"), warnings=warnings)

    def finish_login(self, answers: Mapping[str, str], page: LoginPage | None, code: str) -> Mapping[str, str]:
        """Store the new secret and keep the one before as `old_secret`, so that both sign for now."""
        secret, before = answers.get("secret", "").strip(), self._vault.get("secret")
        parse_secret(secret)
        return {"secret": secret, "old_secret": before} if before and before != secret else {"secret": secret}

    def _post(self, identity: str, body: bytes) -> None:
        secrets = self._secrets()
        headers = build_headers(identity, body, secrets, at=self._http.now())
        api = Api(self._http, self._name, headers, secrets, parse_failure)
        api.publish("POST", self._options["url"], content=body)

    def _secrets(self) -> tuple[str, ...]:
        """The present secret first, then the one before it."""
        secret = require_secret(self._vault, "secret", self._name)
        return tuple(filter(None, (secret, self._vault.get("old_secret").strip())))


def open_network(account: Account, vault: Vault, http: Client) -> Webhook:
    """The webhook of an account. Raises ConfigError without an address."""
    require_option(account, "url")
    return Webhook(account, vault, http)
