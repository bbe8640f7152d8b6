"""The networks, one file each. The table maps a name to its module, loaded on first use."""

from __future__ import annotations

import difflib
from importlib import import_module

from syndicate.errors import ConfigError
from syndicate.http import Client
from syndicate.model import Account, NetworkFacts
from syndicate.networks.base import Description, Network, Vault

NETWORKS: dict[str, str] = {
    "local": "syndicate.networks.local",
    "mastodon": "syndicate.networks.mastodon",
    "bluesky": "syndicate.networks.bluesky",
    "x": "syndicate.networks.x",
    "linkedin": "syndicate.networks.linkedin",
    "webhook": "syndicate.networks.webhook",
    "telegram": "syndicate.networks.telegram",
    "discord": "syndicate.networks.discord",
    "slack": "syndicate.networks.slack",
    "threads": "syndicate.networks.threads",
    "facebook": "syndicate.networks.facebook",
    "matrix": "syndicate.networks.matrix",
    "devto": "syndicate.networks.devto",
    "micropub": "syndicate.networks.micropub",
    "lemmy": "syndicate.networks.lemmy",
    "tumblr": "syndicate.networks.tumblr",
    "pinterest": "syndicate.networks.pinterest",
    "nostr": "syndicate.networks.nostr",
    "instagram": "syndicate.networks.instagram",
}


def describe(name: str) -> Description:
    """What can be said of a network without credentials. Raises ConfigError for an unknown name."""
    description: Description = import_module(_module_of(name)).DESCRIPTION
    return description


def facts_of(account: Account) -> NetworkFacts:
    """What planning may know of an account without credentials. Raises ConfigError for an option that says nonsense."""
    description = describe(account.network)
    return description.facts_by(account) if description.facts_by else description.facts


def open_network(account: Account, vault: Vault, http: Client) -> Network:
    """The network an account lives on, ready to send."""
    network: Network = import_module(_module_of(account.network)).open_network(account, vault, http)
    return network


def _module_of(name: str) -> str:
    if name not in NETWORKS:
        near = difflib.get_close_matches(name, NETWORKS, 1)
        hint = f'did you mean "{near[0]}"?' if near else f"known: {', '.join(NETWORKS)}"
        raise ConfigError(f'there is no network "{name}"', hint=hint)
    return NETWORKS[name]
