"""The outbox under a person's hands."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from dataclasses import replace
from datetime import datetime
from zoneinfo import ZoneInfo

from syndicate.app.edits import list_amendments, tell_waiting
from syndicate.app.login import list_accounts
from syndicate.app.reports import Status
from syndicate.app.sending import Composer
from syndicate.app.site import Wiring
from syndicate.deliver.report import needs_person
from syndicate.errors import SyndicateError, UsageError
from syndicate.model import Action, Delivery, Post, Reason, Receipt, State
from syndicate.planning.deliveries.reasons import find_own_reason, say_reason
from syndicate.planning.messages.template import find_override
from syndicate.planning.schedule.when import parse_when
from syndicate.store.accounts import AccountState
from syndicate.store.store import Store

WAITING = (State.PLANNED, State.DUE, State.SENDING, State.HELD, State.UNCERTAIN, State.MISSED, State.FAILED)

_SIMPLE: Mapping[Action, Callable[[Store, int, datetime], Delivery]] = {
    Action.HOLD: lambda store, number, now: store.hold(number, now),
    Action.CANCEL: lambda store, number, now: store.cancel(number, now),
    Action.SETTLE_NOT_SENT: lambda store, number, now: store.settle_not_sent(number, now),
}


def change_delivery(wiring: Wiring, action: Action, number: int, value: str, now: datetime) -> Delivery:
    """One action on one delivery; `value` is a time to move to, a text, or the URL of a copy."""
    store = wiring.store
    if action is Action.MOVE:
        return store.move(number, parse_when(value, now, ZoneInfo(wiring.settings.site.timezone)), now)
    if action is Action.EDIT:
        return store.set_text(number, value, now)
    if action is Action.SETTLE_SENT:
        return store.settle_sent(number, Receipt(remote_id=value, url=value), now)
    if action is Action.RELEASE:
        return store.release(number, now, _find_wish(wiring, store.get_delivery(number)))
    if action is Action.RETRY:
        return store.retry(number, now, _find_wish(wiring, store.get_delivery(number)))
    return _SIMPLE[action](store, number, now)


def _find_wish(wiring: Wiring, delivery: Delivery) -> Reason:
    """What the post itself says against the message now, where a person lets it go all the same."""
    accounts = {account.name: account for account in wiring.settings.accounts}
    if delivery.account not in accounts:
        return Reason.NONE
    posts: tuple[Post, ...] = ()
    with suppress(SyndicateError):  # a folder that is away says nothing, and stops no person
        posts = wiring.read_snapshot().posts
    own = (post for post in posts if post.slug == delivery.slug)
    overrides = ((post, find_override(post, accounts[delivery.account])) for post in own)
    reasons = (find_own_reason(post, override, delivery.occasion) for post, override in overrides)
    return next((why.reason for why in reasons if why), Reason.NONE)


def check_text(wiring: Wiring, ids: Iterable[int], text: str) -> None:
    """Raises UsageError where a network would refuse this text."""
    composer = Composer(wiring)
    for delivery in map(wiring.store.get_delivery, ids if text.strip() else ()):
        excess = composer.measure(replace(delivery, text=text)).excess
        if excess:
            raise UsageError(f"the text is too long for {delivery.account}: {excess}", hint="nothing was changed")


def explain_waits(wiring: Wiring, rows: Iterable[Delivery], now: datetime) -> tuple[Delivery, ...]:
    """The rows, where those that are due and cannot go now say for what they wait, and until when."""
    accounts = {account.name: account for account in wiring.store.list_accounts()}
    leased = {row.account: row for row in wiring.store.list_leased(now)}
    zone = ZoneInfo(wiring.settings.site.timezone)

    def explain(row: Delivery) -> Delivery:
        is_due = row.state in {State.PLANNED, State.DUE} and row.due_at <= now
        busy, account = leased.get(row.account), accounts.get(row.account)
        if busy and busy.lease_until and (is_due or busy.id == row.id):
            what = "it" if busy.id == row.id else f"delivery {busy.id}"
            process = busy.lease_owner.rpartition(":")[0]
            pieces = (f"{process} works on {what}", f"{busy.lease_until.astimezone(zone):%H:%M:%S}")
            return replace(row, reason=Reason.LEASE_WAIT, detail="\n".join(pieces))
        if is_due and account and account.is_resting(now):
            return replace(row, reason=Reason.ACCOUNT_RESTING, detail="\n".join(_tell_rest(account, zone)))
        if is_due and account and account.paused_at:
            return replace(row, reason=Reason.ACCOUNT_BLOCKED, detail=f"the account is paused: {account.pause_reason}")
        return row

    return tuple(map(explain, rows))


def _tell_rest(account: AccountState, zone: ZoneInfo) -> tuple[str, str]:
    """Until when it rests; since when it fails, and why."""
    assert account.rest_since is not None
    assert account.rest_until is not None
    since, until = account.rest_since.astimezone(zone), account.rest_until.astimezone(zone)
    return f"{until:%H:%M:%S}", f"{since:%Y-%m-%d %H:%M}: {account.rest_reason}"


def list_resting(wiring: Wiring, now: datetime) -> Mapping[str, str]:
    """Why and until when accounts are left alone, by name."""
    zone = ZoneInfo(wiring.settings.site.timezone)
    return {
        account.name: say_reason(Reason.ACCOUNT_RESTING, "\n".join(_tell_rest(account, zone)))
        for account in wiring.store.list_accounts()
        if account.is_resting(now)
    }


def read_status(wiring: Wiring, now: datetime) -> Status:
    """One look at posts, outbox, accounts and daemon."""
    snapshot, store = wiring.read_snapshot(), wiring.store
    deliveries = store.list_deliveries()
    counts = Counter(one.state.value for one in deliveries)
    return Status(
        contradiction=wiring.check_state(),
        posts=sum(not post.is_draft for post in snapshot.posts),
        problems=len({problem.source for problem in snapshot.problems}),
        counts={state.value: counts[state.value] for state in State if counts[state.value]},
        next_at=store.find_next_at(),
        daemon=store.is_daemon_running(),
        paused=tuple(f"{one.name} is paused: {one.pause_reason}" for one in store.list_accounts() if one.paused_at),
        unready=tuple(
            f"{row.name}, {row.state}: {row.note}"
            for row in list_accounts(wiring, online=False, now=now)
            if row.state not in {"ready", "off", "paused"}
        ),
        resting=tuple(f"{name}: {why}" for name, why in list_resting(wiring, now).items()),
        needs_you=tuple(one for one in deliveries if needs_person(one)),
        amendments=tell_waiting(list_amendments(wiring, now)),
    )
