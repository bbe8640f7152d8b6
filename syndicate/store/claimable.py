"""Which delivery a worker may take now, as statements: what is due, of accounts free, rested and not paused."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import BindParameter, ColumnElement, Select, and_, bindparam, case, exists, or_, select

from syndicate.model import OccasionKind, State
from syndicate.store.prepared import Prepared
from syndicate.store.schema import Instant, accounts, deliveries, is_readable, states

# Built once: a statement that stays the same is compiled once.
SITE: BindParameter[str] = bindparam("site")
ACCOUNT: BindParameter[str] = bindparam("account")
_NOW: BindParameter[datetime] = bindparam("now", type_=Instant)
ROW, _OTHER, _BEFORE = deliveries.c, deliveries.alias("other").c, deliveries.alias("before").c
_SOON: BindParameter[datetime] = bindparam("soon", type_=Instant)
_HAS_LATER_CLOCK = ROW.decided_at > _SOON
"""Its wait was decided by a clock that was set back since: it may end days too late."""
_IS_DUE = or_(
    and_(ROW.state.in_((State.PLANNED, State.DUE)), ROW.due_at <= _NOW),
    and_(ROW.state == State.DUE, _HAS_LATER_CLOCK),
)
_MAY_LOOK = and_(ROW.state == State.UNCERTAIN, ROW.look_at.is_not(None), or_(ROW.look_at <= _NOW, _HAS_LATER_CLOCK))
LEASE_NOW: BindParameter[datetime] = bindparam("lease_now", type_=Instant)
LEASE_END: BindParameter[datetime] = bindparam("lease_end", type_=Instant)
_IS_CONTRADICTED = exists().where(states.c.site == SITE, states.c.contradiction != "")
_IS_ANSWERED = exists().where(
    _BEFORE.site == SITE,
    _BEFORE.post_id == ROW.post_id,
    _BEFORE.account == ROW.account,
    _BEFORE.occasion == ROW.occasion,
    _BEFORE.part == ROW.part - 1,
    _BEFORE.state == State.SENT,
)


def _select_claimable(what: Select[Any], account: ColumnElement[str]) -> tuple[Select[Any], ColumnElement[bool]]:
    """The rows of an account that may be taken, and whether looking for a lost answer was in vain there.

    The account is each row's own, or a given one: then what is asked of it is asked once, not for every row.
    """
    mine = and_(accounts.c.site == SITE, accounts.c.name == account)
    is_busy = exists().where(
        _OTHER.site == SITE,
        _OTHER.account == account,
        _OTHER.lease_until > LEASE_NOW,
        _OTHER.lease_until <= LEASE_END,
    )
    is_paused = exists().where(
        mine,
        accounts.c.paused_at.is_not(None),
        or_(accounts.c.paused_until.is_(None), and_(accounts.c.paused_until > _NOW, accounts.c.paused_at <= _SOON)),
    )
    is_resting = exists().where(mine, accounts.c.rest_until > _NOW, accounts.c.rest_at <= _SOON)
    looked_in_vain = exists().where(mine, accounts.c.rest_after.in_(("find", "send again")))
    query = what.where(
        ROW.site == SITE,
        ROW.account == account,
        ROW.state.in_((State.PLANNED, State.DUE, State.UNCERTAIN)),  # an index leads there, past all that was sent
        # A look after a lost answer is not a burden, and may show that the account answers again.
        or_(and_(_IS_DUE, ~is_resting), and_(_MAY_LOOK, ~and_(is_resting, looked_in_vain))),
        ~is_busy,
        ~is_paused,
        ~_IS_CONTRADICTED,
        or_(ROW.part == 1, _IS_ANSWERED),
    )
    return query, looked_in_vain


def select_next(*conditions: ColumnElement[bool]) -> Select[Any]:
    """The row to take next, and whether every value of it can be read: only that row is looked at so closely."""
    query, looked_in_vain = _select_claimable(select(ROW.id), ACCOUNT)
    first = query.where(*conditions).order_by(
        # What was uncertain is settled first, unless just that was tried in vain; then by time, so that after a rest
        # another message goes first. At the same time a fresh post before a recycled one.
        case((ROW.state != State.UNCERTAIN, 1), (looked_in_vain, 2), else_=0),
        case((ROW.state == State.UNCERTAIN, ROW.look_at), else_=ROW.due_at),
        case((ROW.occasion_kind == OccasionKind.EVERGREEN, 1), else_=0),
        ROW.part,
        ROW.id,
    )
    flag = and_(*map(is_readable, deliveries.c)).label("is_readable")
    return select(deliveries, flag).where(ROW.id == first.limit(1).correlate(None).scalar_subquery())


NEXT = Prepared(select_next())
DUE_ACCOUNTS = Prepared(_select_claimable(select(ROW.account), ROW.account)[0])
