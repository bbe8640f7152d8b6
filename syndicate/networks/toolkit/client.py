"""How an account calls its network: the headers that log it in, and failures told in the house's errors."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Protocol, TypedDict, Unpack

from syndicate.errors import ConfigError, NetworkError, Unauthorised
from syndicate.http import Client, Response
from syndicate.model import Account, Message
from syndicate.networks.base import Vault
from syndicate.networks.toolkit.answers import error_of


class ParsesFailure(Protocol):
    """What an answer of this network means: the network's own codes, then `error_of`."""

    def __call__(
        self, response: Response, *, account: str, publishes: bool, secrets: tuple[str, ...]
    ) -> NetworkError: ...


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
    parse_failure: ParsesFailure = error_of

    def publish(self, method: str, url: str, **parts: Unpack[Parts]) -> Response:
        """The irreversible call: once, and every unclear ending is Uncertain. Returns successes only."""
        response = self.http.call(method, url, publishes=True, where=self.account, **self._with_headers(parts))
        if not response.is_success:
            raise self._failure(response, publishes=True)
        return response

    def ask(self, method: str, url: str, **parts: Unpack[Parts]) -> Response:
        """A call that publishes nothing: every unclear ending is Unavailable. Returns successes only."""
        response = self.http.call(method, url, where=self.account, **self._with_headers(parts))
        if not response.is_success:
            raise self._failure(response, publishes=False)
        return response

    def ask_unless(self, fulfilled: Callable[[Response], bool], method: str, url: str, **parts: Unpack[Parts]) -> None:
        """A call that publishes nothing, where some refusals mean that the wish is fulfilled (deleted before)."""
        response = self.http.call(method, url, where=self.account, **self._with_headers(parts))
        if not response.is_success and not fulfilled(response):
            raise self._failure(response, publishes=False)

    def _failure(self, response: Response, *, publishes: bool) -> NetworkError:
        return self.parse_failure(response, account=self.account, publishes=publishes, secrets=self.secrets)

    def _with_headers(self, parts: Parts) -> Parts:
        return {**parts, "headers": {**self.headers, **(parts.get("headers") or {})}}


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
    """A price among the options. Raises ConfigError where it is no amount of US dollars."""
    value = account.options.get(name, "").strip()
    if not value:
        return default
    if not re.fullmatch(r"[0-9]{1,6}(\.[0-9]{1,6})?", value):
        where = f"accounts.{account.name}.{name}"
        raise ConfigError(f'"{value}" is no price', where=where, hint=f'US dollars, such as {name} = "{default}"')
    return float(value)


def with_prepared(message: Message, **ids: str) -> Message:
    """The message with further remote ids in `prepared`."""
    return replace(message, prepared={**message.prepared, **ids})
