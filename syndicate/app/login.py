"""Accounts as a person sees them: who is logged in, for how long, and what is already on them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from urllib.parse import urlsplit

from syndicate.app.publish import read_plan
from syndicate.app.reports import AccountCondition, AccountRow
from syndicate.app.site import OpenSite
from syndicate.app.state import adopt_published, solve
from syndicate.containment import contain
from syndicate.errors import ConfigError, SyndicateError, Unauthorised, Unavailable, Uncertain, UsageError
from syndicate.model import Account, Identified, variable_of
from syndicate.networks import describe, note_place
from syndicate.networks.base import Lists, Network, Profile, ReadsLimits, Recent, Spends, Verifies
from syndicate.planning.deliveries.reasons import say_pause
from syndicate.planning.deliveries.retry import describe as describe_trouble
from syndicate.planning.schedule.calendar import say_time
from syndicate.planning.schedule.gates import NEVER, find_affordable_at, policy_of
from syndicate.store.accounts import AccountState
from syndicate.store.syndication_links import Found

SHORTEST_PAGE = 10
"""No network lists fewer of an account's posts while it has more."""


def list_accounts(site: OpenSite, *, online: bool, now: datetime) -> tuple[AccountRow, ...]:
    site.accounts  # noqa: B018 - a mistake in syndicate.toml is told as one, not as a missing login
    states = {state.name: state for state in site.store.list_accounts()}
    return tuple(_describe(site, account, states.get(account.name), online, now) for account in site.settings.accounts)


def _describe(site: OpenSite, account: Account, state: AccountState | None, online: bool, now: datetime) -> AccountRow:
    if not account.enabled:
        return AccountRow(name=account.name, network=account.network, state=AccountCondition.OFF)
    troubles: list[Exception] = []
    with contain(troubles.append):
        profile = _check(site, account, now) if online else _look(site, account)
    for trouble in troubles:
        lacks = isinstance(trouble, Unauthorised | ConfigError)
        return AccountRow(
            name=account.name,
            network=account.network,
            state=AccountCondition.NO_CREDENTIALS if lacks else AccountCondition.REFUSED,
            note=_tell(trouble),
            why=trouble.message if isinstance(trouble, SyndicateError) else describe_trouble(trouble),
        )
    ends = profile.expires_at or site.accounts.facts[account.name].expires_at
    paused = state if state and state.paused_at else None
    can = f"can {', '.join(profile.abilities)}" if profile.abilities else ""
    remarks = [*profile.warnings, can, describe(account.network).note]
    return AccountRow(
        name=account.name,
        network=account.network,
        state=AccountCondition.PAUSED if paused else AccountCondition.READY,
        who=profile.name or (state.who if state else ""),
        expires=_days_left(ends, now) if describe(account.network).secrets else "needs no login",
        note=say_pause(account.name, paused.pause_reason, ends=paused.paused_until is not None)
        if paused
        else " ".join(map(_to_sentence, filter(None, remarks))),
        why=paused.pause_reason if paused else "",
    )


def _to_sentence(words: str) -> str:
    return f"{words[0].upper()}{words[1:].rstrip('.')}."


def _tell(error: Exception) -> str:
    """The error without the account's name, which stands beside it."""
    if not isinstance(error, SyndicateError):
        return describe_trouble(error)
    return f"{error.message}{f' ({error.hint})' if error.hint else ''}"


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


def _look(site: OpenSite, account: Account) -> Profile:
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
    return "\n".join(
        [who, *profile.warnings, *(f"{variable} in the environment wins over it." for variable in stronger)]
    )


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
