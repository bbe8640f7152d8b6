"""Accounts joined with their networks: what may be said of them, opening them, logging in."""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from dataclasses import replace
from functools import cached_property
from pathlib import Path

from syndicate.app.options import find_mistakes, find_shared_variables
from syndicate.config import locate_mistakes
from syndicate.containment import contain
from syndicate.errors import UsageError
from syndicate.http import Client
from syndicate.model import Account, NetworkFacts, Settings
from syndicate.networks import describe, facts_of, open_network
from syndicate.networks.base import LogsIn, Network, Renews, RenewsAlone
from syndicate.vault import AccountVault, Keyring, find_keyring, open_vault


class Accounts:
    """The accounts of one site. Raises ConfigError that lists all that syndicate.toml asks of networks in vain."""

    def __init__(self, settings: Settings, state_folder: Path, http: Client) -> None:
        self._settings = settings
        self._folder = state_folder
        self._http = http
        mistakes = [mistake for account in settings.accounts for mistake in find_mistakes(account)]
        mistakes = mistakes or list(find_shared_variables(settings.accounts))
        if mistakes:
            raise locate_mistakes(settings.file, mistakes)

    @property
    def facts(self) -> Mapping[str, NetworkFacts]:
        """What planning may know, by account: as it is now, since tokens are renewed."""
        return {account.name: self._make_facts(account) for account in self._settings.accounts}

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
        """Raises ConfigError or Unauthorised where credentials are missing."""
        return open_network(self._with_folder(account), self.vault(account), self._http)

    def open_for_login(self, account: Account) -> LogsIn:
        """The network's login. Raises UsageError where it has none."""
        network = self.open(account)
        if not isinstance(network, LogsIn):
            raise UsageError(f"{describe(account.network).title} needs no login", where=account.name)
        return network

    def vault(self, account: Account) -> AccountVault:
        return open_vault(str(self._folder), account.name, keyring=self._keyring)

    @cached_property
    def _keyring(self) -> Keyring | None:
        return find_keyring()

    def _with_folder(self, account: Account) -> Account:
        """The local network writes beside what is published."""
        if account.network != "local" or "folder" in account.options:
            return account
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
