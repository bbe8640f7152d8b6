"""Accounts joined with their networks: what may be said of them, opening them, logging in."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from functools import cached_property
from itertools import combinations
from pathlib import Path
from typing import TYPE_CHECKING, Any

from syndicate.config import Mistake
from syndicate.errors import ConfigError, SyndicateError, Unauthorised, UsageError, contain
from syndicate.http import Client
from syndicate.model import Account, NetworkFacts, Settings, variable_of
from syndicate.networks import describe, facts_of, find_place, list_networks, open_network
from syndicate.networks.base import Description, LogsIn, Network, Option, Profile, Renews, RenewsAlone
from syndicate.planning.deliveries import say_pause
from syndicate.planning.deliveries.retry import describe as describe_trouble
from syndicate.vault import PASSPHRASE, AccountVault, Box, Keyring, digest_secrets, find_keyring, open_vault

if TYPE_CHECKING:
    from syndicate.app.site import OpenSite
    from syndicate.store.mapping import AccountState

# What reads configurations and the state is imported where it is needed: `status` at a glance needs none of it.
# ruff: noqa: PLC0415

# --- what an account asks of its network, held against what the network has ---

PASSWORD = "SYNDICATE_DASHBOARD_PASSWORD"  # noqa: S105 - the name of a variable


def find_mistakes(account: Account) -> Iterator[Mistake]:
    """A network there is not; options that it does not have, lacks, or whose value it does not know."""
    table = ("accounts", account.name)
    try:
        description = describe(account.network)
    except ConfigError as error:
        yield Mistake((*table, "network"), f"{error.message}; {error.hint}")
        return
    for name, value in account.options.items():
        sentence = _judge(name, value, description)
        if sentence:
            yield Mistake((*table, name), sentence)
    for option in description.options:
        if option.required and not account.options.get(option.name):
            yield Mistake((*table, option.name), f"is missing: {option.help}")


def find_shared_variables(accounts: Iterable[Account]) -> Iterator[Mistake]:
    """Secrets that would come from one environment variable: "token" of "my-blog", and "blog_token" of "my"."""
    users = {PASSWORD: "the dashboard's password", PASSPHRASE: "the vault's passphrase"}
    for account in accounts:
        for secret in describe(account.network).secrets:
            user = f'{secret.name} of "{account.name}"'
            other = users.setdefault(variable_of(account.name, secret.name), user)
            if other != user:
                sentence = f"{user} and {other} would both be {variable_of(account.name, secret.name)}; rename it"
                yield Mistake(("accounts", account.name), sentence)


def make_schema() -> dict[str, Any]:
    """JSON Schema of syndicate.toml, with the keys that each network takes and needs."""
    from syndicate.config.read import list_account_keys
    from syndicate.config.tables import make_json_schema

    schema = make_json_schema()
    table = schema["$defs"]["AccountTable"]
    descriptions = list(_list_descriptions())
    table["properties"]["network"] |= {"enum": [one.name for one in descriptions]}
    table["allOf"] = [
        {
            "if": {"properties": {"network": {"const": one.name}}, "required": ["network"]},
            "then": {
                "properties": {option.name: _describe_option(option) for option in one.options},
                "required": [option.name for option in one.options if option.required],
                "propertyNames": {"enum": [*list_account_keys(), *(option.name for option in one.options)]},
            },
        }
        for one in descriptions
    ]
    return schema


def _list_descriptions() -> Iterator[Description]:
    """What there is, without what another package brings in vain."""
    for name in list_networks():
        with suppress(ConfigError):
            yield describe(name)


def _describe_option(option: Option) -> dict[str, Any]:
    """A value as TOML may hold it: `true` is as good as "true"."""
    about: dict[str, Any] = {"description": option.help}
    if option.choices:
        truths = [choice == "true" for choice in option.choices if choice in {"true", "false"}]
        return {**about, "enum": [*option.choices, *truths]}
    return {**about, "not": {"type": "object"}, **({"minLength": 1, "minItems": 1} if option.required else {})}


def _judge(name: str, value: str, description: Description) -> str:
    """What is wrong with an option, "" where nothing is."""
    options = {option.name: option for option in description.options}
    if name not in options:
        return f"there is no such key; {_nearest(name, list(options), description.title)}"
    choices = options[name].choices
    return f'"{value}" is not possible; write {" or ".join(choices)}' if choices and value not in choices else ""


def _nearest(name: str, options: list[str], title: str) -> str:
    from syndicate.config.read import list_account_keys

    near = difflib.get_close_matches(name, [*options, *list_account_keys()], 1)
    if near:
        return f"did you mean {near[0]}?"
    return f"{title} has {', '.join(options)}" if options else f"{title} has no keys of its own"


class Accounts:
    """The accounts of one site. Raises ConfigError that lists all that syndicate.toml asks of networks in vain."""

    def __init__(self, settings: Settings, state_folder: Path, http: Client, shared: Box | None = None) -> None:
        self._settings = settings
        self._folder = state_folder
        self._http = http
        self._shared = shared
        mistakes = [mistake for account in settings.accounts for mistake in find_mistakes(account)]
        mistakes = mistakes or list(find_shared_variables(settings.accounts))
        if mistakes:
            from syndicate.config.read import locate_mistakes

            raise locate_mistakes(settings.file, mistakes)

    @property
    def facts(self) -> Mapping[str, NetworkFacts]:
        """What planning may know, by account: as it is now, since tokens are renewed."""
        return {account.name: self._make_facts(account) for account in self._settings.accounts}

    def find_facts(self, name: str) -> NetworkFacts:
        """Those of one account: no other one is opened for them."""
        return self._make_facts(self.get(name))

    @cached_property
    def enabled(self) -> Mapping[str, Account]:
        return {account.name: account for account in self._settings.accounts if account.enabled}

    def get(self, name: str) -> Account:
        """One account. Raises UsageError naming the nearest one."""
        names = [account.name for account in self._settings.accounts]
        if name not in names:
            near = difflib.get_close_matches(name, names, 1)
            hint = f"did you mean {near[0]}?" if near else f"known: {', '.join(names) or 'none'}"
            raise UsageError(f'there is no account "{name}" in syndicate.toml', hint=hint)
        return self._settings.accounts[names.index(name)]

    def open(self, account: Account) -> Network:
        """Raises ConfigError or Unauthorised where credentials are missing, or cannot travel with the state."""
        network = open_network(self._with_folder(account), self.vault(account), self._http)
        if self._settings.storage.state and self._shared is None and self._is_renewed(account, network):
            from syndicate.store.remote import KEY

            hint = f"set {KEY} to a long random value, the same for every machine"
            raise ConfigError(
                "its network renews the token, which needs a key to travel", where=account.name, hint=hint
            )
        return network

    def _is_renewed(self, account: Account, network: Network) -> bool:
        """Whether the token of today is lost with this machine's disk, and no other one works tomorrow."""
        is_renewed = isinstance(network, RenewsAlone) and network.renews_alone()
        return is_renewed or bool(self.vault(account).get("refresh_token"))

    def open_for_login(self, account: Account) -> LogsIn:
        """The network's login. Raises UsageError where it has none."""
        network = self.open(account)
        if not isinstance(network, LogsIn):
            raise UsageError(f"{describe(account.network).title} needs no login", where=account.name)
        return network

    def vault(self, account: Account) -> AccountVault:
        return open_vault(str(self._folder), account.name, keyring=lambda: self._keyring, shared=self._shared)

    def digest_secrets(self, account: Account) -> str:
        """Tells other secrets from those of before; "" where they cannot be read now."""
        digests: list[str] = []
        with contain(lambda _: None):
            vault = self.vault(account)
            digests.append(
                digest_secrets(account.name, [vault.get(one.name) for one in describe(account.network).secrets])
            )
        return "".join(digests)

    def list_given(self, account: Account) -> tuple[str, ...]:
        """The variables of this process's environment that win over a login."""
        return self.vault(account).list_given(one.name for one in describe(account.network).secrets)

    def have_same_secrets(self, one: Account, other: Account) -> bool:
        """Whether two accounts of a network log in with the very same secrets, as far as they can be read now."""
        names = [secret.name for secret in describe(one.network).secrets]
        found: list[list[str]] = []
        with contain(lambda _: None):
            found += [[vault.get(name) for name in names] for vault in map(self.vault, (one, other))]
        return len(found) == 2 and any(found[0]) and found[0] == found[1]

    @cached_property
    def _keyring(self) -> Keyring | None:
        return find_keyring()

    def _with_folder(self, account: Account) -> Account:
        """The local network writes beside what is published, or into a folder of the site."""
        if account.network != "local":
            return account
        if own := account.options.get("folder"):
            return replace(account, options={**account.options, "folder": str(Path(self._settings.root, own))})
        place = self._settings.storage.publish_to
        folder = str(self._folder / "local") if "://" in place else place
        return replace(account, options={"folder": folder, "url": self._settings.site.feeds_url, **account.options})

    def _make_facts(self, account: Account) -> NetworkFacts:
        facts = facts_of(account)
        with contain(lambda _: None):  # without credentials there is no end of a token
            network = self.open(account)
            if isinstance(network, Renews):
                renews = isinstance(network, RenewsAlone) and network.renews_alone()
                return replace(facts, expires_at=network.expires_at(), renews=renews)
        return facts


# --- as a person sees them ---


def list_twins(site: OpenSite, name: str = "") -> tuple[str, ...]:
    """Accounts (or this one and another) that are one at their network, and would say each post there twice.

    Known by their secrets, or by the name "@…" that the network gave both at the last check. Who gives them other posts
    means it so.
    """
    pairs = [
        pair
        for pair in combinations(site.accounts.enabled.values(), 2)
        if _say_the_same(*pair) and name in ("", *(one.name for one in pair))
    ]
    who = {state.name: state.who for state in site.store.list_accounts()} if pairs else {}
    return tuple(
        f"{one.name} and {other.name} are the same account: each post would go out there twice "
        "(take one away, or give them different `on`, `only` or `except`)"
        for one, other in pairs
        if site.accounts.have_same_secrets(one, other)
        or (who.get(one.name, "").startswith("@") and who[one.name] == who.get(other.name))
    )


def _say_the_same(one: Account, other: Account) -> bool:
    """Whether two accounts announce the same posts at the same place."""
    first, second = (
        (account.network, find_place(account), {**account.options, **dict.fromkeys(describe(account.network).place)})
        for account in (one, other)
    )
    what = ((account.only, account.exclude, account.language) for account in (one, other))
    return first == second and len(set(what)) == 1 and not set(one.on).isdisjoint(other.on)


class AccountCondition(StrEnum):
    """Whether an account can do its work; the words are those that people read."""

    READY = "ready"
    OFF = "off"
    PAUSED = "paused"
    RESTING = "resting"
    NO_CREDENTIALS = "no credentials"
    REFUSED = "refused"

    @property
    def needs_person(self) -> bool:
        return self in {self.PAUSED, self.NO_CREDENTIALS, self.REFUSED}


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountRow:
    """One account as `accounts` shows it."""

    name: str
    network: str
    state: AccountCondition
    who: str = ""
    expires: str = ""
    note: str = ""
    """Everything to know, with what to do at a terminal."""
    why: str = ""
    """Why it cannot work, and nothing else."""


def describe_accounts(
    site: OpenSite, states: Mapping[str, AccountState], ask: Callable[[Account], Profile], now: datetime
) -> tuple[AccountRow, ...]:
    """A row for each; `states` are those of accounts that left a trace, `ask` raises what keeps one from work."""
    site.accounts  # noqa: B018 - a mistake in syndicate.toml is told as one, not as a missing login
    return tuple(_describe(site, account, states.get(account.name), ask, now) for account in site.settings.accounts)


def _describe(
    site: OpenSite, account: Account, state: AccountState | None, ask: Callable[[Account], Profile], now: datetime
) -> AccountRow:
    if not account.enabled:
        return AccountRow(name=account.name, network=account.network, state=AccountCondition.OFF)
    troubles: list[Exception] = []
    with contain(troubles.append):
        profile = ask(account)
    for trouble in troubles:
        lacks = isinstance(trouble, Unauthorised | ConfigError)
        return AccountRow(
            name=account.name,
            network=account.network,
            state=AccountCondition.NO_CREDENTIALS if lacks else AccountCondition.REFUSED,
            note=_tell(trouble),
            why=trouble.message if isinstance(trouble, SyndicateError) else describe_trouble(trouble),
        )
    ends = profile.expires_at or site.accounts.find_facts(account.name).expires_at
    paused = state if state and state.is_paused(now) else None
    can = f"can {', '.join(profile.abilities)}" if profile.abilities else ""
    remarks = [*profile.warnings, can, describe(account.network).note]
    return AccountRow(
        name=account.name,
        network=account.network,
        state=AccountCondition.PAUSED if paused else AccountCondition.READY,
        who=profile.name or (state.who if state else ""),
        expires=_days_left(ends, now) if describe(account.network).secrets else "needs no login",
        note=say_pause(account.name, paused.pause_reason, ends=_ends_by_itself(site, account, paused))
        if paused
        else " ".join(map(_to_sentence, filter(None, remarks))),
        why=paused.pause_reason if paused else "",
    )


def _ends_by_itself(site: OpenSite, account: Account, paused: AccountState) -> bool:
    """Whether the pause is over after a while, or with the next round, since the secrets are others already."""
    secrets = site.accounts.digest_secrets(account) if paused.paused_with else ""
    return paused.paused_until is not None or (secrets != "" and secrets not in paused.paused_with.split())


def _to_sentence(words: str) -> str:
    return f"{words[0].upper()}{words[1:].rstrip('.')}."


def _tell(error: Exception) -> str:
    """The error without the account's name, which stands beside it."""
    if not isinstance(error, SyndicateError):
        return describe_trouble(error)
    return f"{error.message}{f' ({error.hint})' if error.hint else ''}"


def look(site: OpenSite, account: Account) -> Profile:
    """Without a call: whether the secrets are there."""
    vault = site.accounts.vault(account)
    secrets = describe(account.network).secrets
    missing = [secret.name for secret in secrets if secret.required and not vault.get(secret.name)]
    if secrets and not any(vault.get(secret.name) for secret in secrets):
        missing = missing or [" or ".join(secret.name for secret in secrets)]
    if missing:
        raise Unauthorised(_tell_missing(missing), where=account.name)
    site.accounts.open(account)  # a token that cannot travel is no use either
    return Profile("")


def _tell_missing(names: Sequence[str]) -> str:
    words = ", ".join(names).replace("_", " ")
    if words.count(" or ") > 1:  # too many ways to name them all
        return "no key or token is stored"
    return f"the {words} {'are' if len(names) > 1 else 'is'} missing"


def _days_left(ends: datetime | None, now: datetime) -> str:
    if ends is None:
        return "unknown"
    left = ends - now
    return "expired" if left <= timedelta(0) else f"{left.days} days left"


def tell_unready(rows: Iterable[AccountRow]) -> tuple[str, ...]:
    """A line for each account that cannot send before somebody logs in."""
    return tuple(f"{row.name}, {row.state}: {row.note}" for row in rows if row.state not in {"ready", "off", "paused"})
