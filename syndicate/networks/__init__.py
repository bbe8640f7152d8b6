"""The networks, one file each. The table maps a name to its module, loaded on first use.

Another package can bring one: a module with `DESCRIPTION` and `open_network`, named by an entry point of the group
"syndicate.networks". Nothing of ours is ever replaced by it.
"""

from __future__ import annotations

import difflib
import sys
from collections.abc import Mapping
from dataclasses import replace
from functools import lru_cache
from importlib import import_module
from importlib.metadata import entry_points
from typing import Any
from urllib.parse import urlsplit

from syndicate.errors import ConfigError, contain
from syndicate.http import Client
from syndicate.model import Account, NetworkFacts, Receipt
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
    "threads": "syndicate.networks.meta.threads",
    "facebook": "syndicate.networks.meta.facebook",
    "matrix": "syndicate.networks.matrix",
    "devto": "syndicate.networks.devto",
    "micropub": "syndicate.networks.micropub",
    "lemmy": "syndicate.networks.lemmy",
    "tumblr": "syndicate.networks.tumblr",
    "pinterest": "syndicate.networks.pinterest",
    "nostr": "syndicate.networks.nostr",
    "instagram": "syndicate.networks.meta.instagram",
}

ENTRY_POINTS = "syndicate.networks"

# What people call some of them.
_OTHER_NAMES = {"twitter": "x", "fediverse": "mastodon", "bsky": "bluesky", "micro.blog": "micropub", "fb": "facebook"}


def list_networks() -> Mapping[str, str]:
    """Ours, then what installed packages bring: name → module."""
    return NETWORKS | {name: module for name, module in _list_foreign(tuple(sys.path)) if name not in NETWORKS}


def describe(name: str) -> Description:
    """What can be said of a network without credentials. Raises ConfigError for an unknown name."""
    description: Description = _load(name).DESCRIPTION
    return description


def facts_of(account: Account) -> NetworkFacts:
    """What planning may know of an account without credentials. Raises ConfigError for an option that says nonsense."""
    description = describe(account.network)
    return description.facts_by(account) if description.facts_by else description.facts


PLACE = "place"
"""Of a receipt: where its account spoke then."""


def find_place(account: Account) -> str:
    """Where the account speaks, as far as its settings say: the host of its server, a blog, a channel; else ""."""
    values = (account.options.get(name, "") for name in describe(account.network).place)
    return " ".join(filter(None, (value.lower().partition("://")[2] or value.lower() for value in values))).strip("/ ")


def note_place(receipt: Receipt, account: Account) -> Receipt:
    """The receipt with the place in it; a receipt proves a publication, so that no trouble may cost it."""
    with contain(lambda _error: None):
        place = find_place(account)
        return replace(receipt, ref={**receipt.ref, PLACE: place}) if place else receipt
    return receipt


def find_other_place(receipt: Receipt, account: Account) -> str:
    """Where a message is that its account cannot reach now, since it speaks elsewhere; "" where it can, or may.

    A receipt that keeps no place has its address, and a server's own address is that of its messages.
    """
    here, there = find_place(account), receipt.ref.get(PLACE, "")
    if not there and describe(account.network).place == ("instance",):
        there = urlsplit(receipt.url).netloc.lower()
    return there if here and there != here else ""


def open_network(account: Account, vault: Vault, http: Client) -> Network:
    """The network an account lives on, ready to send."""
    network: Network = _load(account.network).open_network(account, vault, http)
    return network


def _load(name: str) -> Any:
    """The module of a network."""
    if name in NETWORKS:
        return import_module(NETWORKS[name])
    known = list_networks()
    if name not in known:
        near = _list_near(name, known)
        hint = f"did you mean {' or '.join(near)}?" if near else f"known: {', '.join(known)}"
        raise ConfigError(f'there is no network "{name}"', hint=hint)
    return _load_foreign(name, known[name])


def _load_foreign(name: str, module: str) -> Any:
    """The module of another package. Raises ConfigError where it is not what a network must be."""
    troubles: list[Exception] = []
    with contain(troubles.append):
        found = import_module(module)
        if isinstance(getattr(found, "DESCRIPTION", None), Description) and hasattr(found, "open_network"):
            return found
    why = f"{type(troubles[0]).__name__}: {troubles[0]}" if troubles else "it lacks DESCRIPTION or open_network"
    hint = f"{module} is brought by another package: update that, or take it away"
    raise ConfigError(f'the network "{name}" cannot be loaded: {why}', hint=hint)


@lru_cache(maxsize=1)
def _list_foreign(_path: tuple[str, ...]) -> tuple[tuple[str, str], ...]:
    """Name and module of each; it takes a look at every installed package on the path."""
    return tuple((one.name, one.module) for one in entry_points(group=ENTRY_POINTS))


def _list_near(name: str, known: Mapping[str, str]) -> list[str]:
    """The networks that may have been meant, the likeliest first, in quotes."""
    names = {one: one for one in known} | _OTHER_NAMES
    near = (names[one] for one in difflib.get_close_matches(name.lower(), names, 3))
    return [f'"{one}"' for one in dict.fromkeys(near)]
