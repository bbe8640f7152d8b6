"""Accounts as a person sees them: who is logged in, for how long, and what is already on them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from functools import partial
from urllib.parse import urlsplit

from syndicate.app.accounts import AccountRow, describe_accounts, list_twins, look
from syndicate.app.publish import read_plan
from syndicate.app.site import OpenSite
from syndicate.app.state import adopt_published, solve
from syndicate.errors import SyndicateError, Unauthorised, Unavailable, Uncertain, UsageError, contain
from syndicate.model import Account, Identified, variable_of
from syndicate.networks import describe, note_place
from syndicate.networks.base import Lists, Network, Profile, ReadsLimits, Recent, Spends, Verifies
from syndicate.planning.schedule import say_time
from syndicate.planning.schedule.gates import NEVER, find_affordable_at, policy_of
from syndicate.store.syndication_links import Found

SHORTEST_PAGE = 10
"""No network lists fewer of an account's posts while it has more."""


def list_accounts(site: OpenSite, *, online: bool, now: datetime) -> tuple[AccountRow, ...]:
    states = {state.name: state for state in site.store.list_accounts()}
    return describe_accounts(site, states, partial(_check, site, now=now) if online else partial(look, site), now)


def _check(site: OpenSite, account: Account, now: datetime) -> Profile:
    """The same for who only wants to know. Raises UsageError where `max_cost` has no room for it."""
    network = site.accounts.open(account)
    require_money(site, account, network.cost_of_check if isinstance(network, Spends) else 0.0, now)
    return _ask(site, account)


def _ask(site: OpenSite, account: Account) -> Profile:
    """Who we are there; what the server takes is read on the way."""
    network = site.accounts.open(account)
    try:
        profile = network.verify() if isinstance(network, Verifies) else Profile("")
        if profile.name:
            site.store.save_who(account.name, profile.name)
        learn_limits(site, account, network)
    finally:
        keep_spending(site, account, network)
    return profile


def learn_limits(site: OpenSite, account: Account, network: Network) -> None:
    """Keep what the server takes, where it states that."""
    if isinstance(network, ReadsLimits):
        site.store.save_limits(account.name, network.read_limits(), site.clock())


def keep_spending(site: OpenSite, account: Account, network: object) -> None:
    """Count what reading or deleting cost, where it costs money."""
    spent = network.take_spent() if isinstance(network, Spends) else 0.0
    if spent:
        site.store.record_spending(account.name, spent, site.clock())


def require_money(site: OpenSite, account: Account, cost: float, now: datetime) -> None:
    """Raises UsageError where `max_cost` has no room for a list or a removal. Settling looks all the same."""
    limit = policy_of(account).max_cost
    until = find_affordable_at(cost, site.store.read_usage(account.name, now).costs, limit, now)
    if until is None:
        return
    when = (
        "raise it"
        if until == NEVER
        else f"there is room for it on {say_time(until, account.schedule.timezone)}, or raise it"
    )
    raise UsageError(f"it costs {cost:.2f} US dollars, and `max_cost` leaves too little", where=account.name, hint=when)


def learn_missing_limits(site: OpenSite, accounts: Iterable[Account]) -> None:
    """The same for accounts that nobody has asked yet; one that cannot be asked now keeps the usual limits."""
    for account in accounts:
        if site.store.find_limits(account.name) is None:
            with contain(lambda _: None):
                learn_limits(site, account, site.accounts.open(account))


def store_login(site: OpenSite, name: str, secrets: Mapping[str, str]) -> str:
    """Keep the secrets, let a paused account go on, and say as whom we are logged in.

    Secrets that the network refuses are not kept, those that were there are; where it cannot be asked they are kept.
    """
    account = site.accounts.get(name)
    vault = site.accounts.vault(account)
    before = {secret: vault.get(secret) for secret in secrets}
    vault.put(secrets)
    stronger = [variable_of(name, secret) for secret, value in secrets.items() if value and vault.get(secret) != value]
    try:
        profile = _ask(site, account)
    except Unauthorised:
        if not stronger:
            vault.put(before)
        raise
    except (Unavailable, Uncertain) as error:
        error.hint = "the login is kept unchecked; `syndicate accounts --online` tells whether it is right"
        raise
    site.store.resume_account(name)
    who = f"{name} is {profile.name} {profile.url}".rstrip() + "." if profile.name else f"Stored the login of {name}."
    wins = (f"{variable} in the environment wins over it." for variable in stronger)
    return "\n".join([who, *profile.warnings, *list_twins(site, name), *wins])


def adopt(site: OpenSite, name: str, now: datetime) -> tuple[tuple[str, str], ...]:
    """Match the account's own posts with ours by their links, and record them as sent."""
    account = site.accounts.get(name)
    is_contradicted = site.store.read_state().contradiction is not None
    try:
        network = site.accounts.open(account)
        if not isinstance(network, Lists):
            raise UsageError(f"{describe(account.network).title} does not show an account's own posts", where=name)
        require_money(site, account, network.cost_of_list if isinstance(network, Spends) else 0.0, now)
        try:
            recent = network.list_recent()
        finally:
            keep_spending(site, account, network)
    except SyndicateError as error:
        if is_contradicted:
            look = f"or look at the account yourself and run `syndicate adopt {name} --accept`"
            error.hint = f"{error.hint}; {look}" if error.hint else look
        raise
    plan = read_plan(site, now)
    known_until = site.store.find_last_step_at()
    site.store.apply(plan, now)
    by_link = {_same(one.post.permalink): one for one in plan.identified}
    found = tuple(match for one in recent if (match := _match(one, by_link, account)))
    if not is_contradicted:
        site.store.adopt(name, account.network, found, now)
        return tuple((one.slug, one.receipt.url) for one in found)
    site.store.take_over(name, account.network, found, now)
    copies = adopt_published(site, site.store, name)
    if account.link == "none" or not _reaches_back(recent, known_until):
        site.store.hold_waiting(name, now)
    _finish_adoption(site, name)
    return (*((one.slug, one.receipt.url) for one in found), *((one.slug, one.url) for one in copies))


def _reaches_back(recent: Sequence[Recent], known_until: datetime | None) -> bool:
    """Whether the list shows everything that was sent after the state's last step."""
    if len(recent) < SHORTEST_PAGE:
        return True
    return known_until is not None and min(one.published_at for one in recent) <= known_until


def accept_account(site: OpenSite, name: str, now: datetime) -> tuple[tuple[str, str], ...]:
    """A person has looked at an account that cannot be read. What waits there is held: it may have been sent."""
    account = site.accounts.get(name)
    if site.store.read_state().contradiction is None:
        raise UsageError("there is nothing to accept: the state knows everything that was sent", where=account.name)
    site.store.apply(read_plan(site, now), now)
    copies = adopt_published(site, site.store, name)
    site.store.hold_waiting(name, now)
    _finish_adoption(site, name)
    return tuple((one.slug, one.url) for one in copies)


def _finish_adoption(site: OpenSite, name: str) -> None:
    site.store.keep_adopted(name)
    solve(site, site.store, site.store.read_state())


def _match(recent: Recent, by_link: Mapping[str, Identified], account: Account) -> Found | None:
    one = next((by_link[_same(link)] for link in recent.links if _same(link) in by_link), None)
    if one is None:
        return None
    return Found(one.id, one.post.slug, note_place(recent.receipt, account), recent.published_at)


def _same(url: str) -> str:
    """Host and path: a copy may carry tracking parameters, another scheme or no last slash."""
    parts = urlsplit(url)
    return f"{(parts.hostname or '').removeprefix('www.')}{parts.path.rstrip('/')}"
