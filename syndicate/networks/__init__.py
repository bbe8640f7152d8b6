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
    "mastodon": "syndicate.networks.mastodon.mastodon",
    "bluesky": "syndicate.networks.bluesky.bluesky",
    "x": "syndicate.networks.x.x",
    "linkedin": "syndicate.networks.linkedin.linkedin",
    "webhook": "syndicate.networks.webhook",
    "telegram": "syndicate.networks.telegram",
    "discord": "syndicate.networks.discord.discord",
    "slack": "syndicate.networks.slack",
    "threads": "syndicate.networks.meta.threads",
    "facebook": "syndicate.networks.meta.facebook",
    "matrix": "syndicate.networks.matrix",
    "devto": "syndicate.networks.devto",
    "micropub": "syndicate.networks.micropub",
    "lemmy": "syndicate.networks.lemmy",
    "tumblr": "syndicate.networks.tumblr",
    "pinterest": "syndicate.networks.pinterest",
    "nostr": "syndicate.networks.nostr.nostr",
    "instagram": "syndicate.networks.meta.instagram",
}

# What people call some of them.
_OTHER_NAMES = {"twitter": "x", "fediverse": "mastodon", "bsky": "bluesky", "micro.blog": "micropub", "fb": "facebook"}


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
        near = _list_near(name)
        hint = f"did you mean {' or '.join(near)}?" if near else f"known: {', '.join(NETWORKS)}"
        raise ConfigError(f'there is no network "{name}"', hint=hint)
    return NETWORKS[name]


def _list_near(name: str) -> list[str]:
    """The networks that may have been meant, the likeliest first, in quotes."""
    names = {known: known for known in NETWORKS} | _OTHER_NAMES
    near = (names[one] for one in difflib.get_close_matches(name.lower(), names, 3))
    return [f'"{one}"' for one in dict.fromkeys(near)]
