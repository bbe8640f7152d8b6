"""How an account calls its network: the headers that log it in, and failures told in the house's errors."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import TypedDict, Unpack

from syndicate.errors import ConfigError, Misfit, NetworkError, Rejected, Unauthorised
from syndicate.http import Client, Response
from syndicate.model import Account, Attachment, Limits, Message
from syndicate.networks.base import Vault
from syndicate.networks.toolkit import Refusal
from syndicate.text.counting import Counter, count, fit

ParsesFailure = Callable[[Refusal], NetworkError]
"""What a refusal of this network means: by the network's own codes, then by its status."""


class Parts(TypedDict, total=False):
    """What a request may carry besides its method and address."""

    params: Mapping[str, str] | None
    json: object
    form: Mapping[str, str] | None
    files: Mapping[str, tuple[str, bytes, str]] | None
    content: bytes | None
    headers: Mapping[str, str] | None


@dataclass(frozen=True, slots=True)
class Api:
    """One account's way to its network. Neither headers nor secrets show in its repr."""

    http: Client
    account: str
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    secrets: tuple[str, ...] = field(default=(), repr=False)
    """Blotted out of whatever the server says."""
    parse_failure: ParsesFailure = Refusal.by_status
    base: str = ""
    """Stands before every address."""

    def call(self, method: str, url: str, *, publishes: bool = False, **parts: Unpack[Parts]) -> Response:
        """Any answer to one call. Every unclear ending is Uncertain where it publishes, else Unavailable."""
        signed: Parts = {**parts, "headers": {**self.headers, **(parts.get("headers") or {})}}
        return self.http.call(method, self.base + url, publishes=publishes, where=self.account, **signed)

    def publish(self, method: str, url: str, **parts: Unpack[Parts]) -> Response:
        """The irreversible call, once. Returns successes only."""
        response = self.call(method, url, publishes=True, **parts)
        if not response.is_success:
            raise self.failure(response, publishes=True)
        return response

    def ask(self, method: str, url: str, **parts: Unpack[Parts]) -> Response:
        """A call that publishes nothing. Returns successes only."""
        response = self.call(method, url, **parts)
        if not response.is_success:
            raise self.failure(response)
        return response

    def read(self, url: str, query: Mapping[str, str] | None = None) -> object:
        """The parsed answer to a GET, None where it is not JSON."""
        answer: object = self.ask("GET", url, params=query).json()
        return answer

    def ask_unless(self, fulfilled: Callable[[Response], bool], method: str, url: str, **parts: Unpack[Parts]) -> None:
        """A call that publishes nothing, where some refusals mean that the wish is fulfilled (deleted before)."""
        response = self.call(method, url, **parts)
        if not response.is_success and not fulfilled(response):
            raise self.failure(response)

    def failure(self, response: Response, *, publishes: bool = False) -> NetworkError:
        """What an answer means that is no success."""
        return self.parse_failure(Refusal(response, self.account, publishes, self.secrets))


def is_missing(response: Response) -> bool:
    """Whether what was to be deleted is gone."""
    return response.status == 404


def require_secret(vault: Vault, name: str, account: str) -> str:
    """A secret of the account; raises Unauthorised where it is missing."""
    value = vault.get(name).strip()
    if not value:
        variable = re.sub(r"[^A-Z0-9]+", "_", f"SYNDICATE_{account}_{name}".upper())
        hint = f"run: syndicate login {account}, or set {variable}"
        raise Unauthorised(f"the {name.replace('_', ' ')} is missing", where=account, hint=hint)
    return value


def require_option(account: Account, name: str) -> str:
    """An option of the account; raises ConfigError where it is missing."""
    value = account.options.get(name, "").strip()
    if not value:
        raise ConfigError(f"{name} is missing", where=f"[accounts.{account.name}]", hint=f'add {name} = "…"')
    return value


def refuse_non_number(account: Account, name: str) -> None:
    """Raise ConfigError where an option is there and is not a whole number."""
    value = account.options.get(name, "")
    if value and not (value.isascii() and value.isdecimal()):
        raise ConfigError(f"{name} must be a number, not {value!r}", where=f"[accounts.{account.name}]")


def read_dollars(account: Account, name: str, default: float) -> float:
    """A price among the options. Raises ConfigError where it is not an amount of US dollars."""
    value = account.options.get(name, "").strip()
    if not value:
        return default
    if not re.fullmatch(r"[0-9]{1,6}(\.[0-9]{1,6})?", value):
        where = f"accounts.{account.name}.{name}"
        raise ConfigError(f'"{value}" is not a price', where=where, hint=f'US dollars, such as {name} = "{default}"')
    return float(value)


def with_prepared(message: Message, **ids: str) -> Message:
    """The message with further remote ids in `prepared`."""
    return replace(message, prepared={**message.prepared, **ids})


# --- The last look before a call ---
# A message that cannot fit is refused here, whole, before anything is spent.


def shorten(text: str, limit: int, counter: Counter = Counter.CODEPOINTS) -> str:
    """A title or summary within its field, ended at a word and never inside what people see as one character."""
    return fit(text, lambda part: count(part, counter) <= limit)


def refuse_misfits(message: Message, limits: Limits, *, account: str) -> None:
    """Raise Misfit where the network would refuse or silently cut the message."""
    excess = limits.find_excess(message.text, with_image=message.image is not None)
    if excess:
        raise Misfit(f"the text is too long: {excess}", where=account)
    for attachment in filter(None, (message.image, message.card)):
        _refuse_attachment(attachment, limits, account)


def _refuse_attachment(attachment: Attachment, limits: Limits, account: str) -> None:
    if attachment.media_type not in limits.image_types:
        raise Misfit(f"the network takes no {attachment.media_type} ({attachment.path})", where=account)
    if len(attachment.data) > limits.image_bytes:
        size = f"{len(attachment.data):,} of {limits.image_bytes:,} bytes"
        raise Misfit(f"the image {attachment.path} is too large: {size}", where=account)
    if not limits.fits_alt(attachment.alt):
        raise Misfit(f"the image's alt text is longer than {limits.alt} characters", where=account)


def refuse_unpublished_image(message: Message, *, account: str) -> None:
    """Raise Rejected where a network that fetches images itself has no address to fetch from."""
    if message.image and not message.image.url.startswith(("http://", "https://")):
        hint = "this network fetches images itself: publish the cards first, and set feeds_url if they live elsewhere"
        raise Rejected("the image has no public address", where=account, hint=hint)


def refuse_warning(message: Message, *, account: str) -> None:
    """Raise Rejected for a content warning where the network has none: it must not be lost in silence."""
    if message.warning:
        hint = "put the warning into the text, or leave it out for this account"
        raise Rejected("this network has no content warnings", where=account, hint=hint)


def refuse_private(message: Message, *, account: str) -> None:
    """Raise Rejected for a message meant for few where the network only knows everybody."""
    if message.visibility.lower() not in {"", "public", "unlisted"}:
        raise Rejected(f'this network has no visibility "{message.visibility}"', where=account)
