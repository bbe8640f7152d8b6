"""What is known of accounts: pauses, limits as their servers stated them, and what each has sent lately."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime

from sqlalchemy import BindParameter, Connection, and_, bindparam, delete, or_, select, update

from syndicate.model import Limits, State, Usage
from syndicate.store.database import Part, insert_of, put
from syndicate.store.mapping import MONTH, AccountState, measure_usage, parse_account, parse_limits, render_limits
from syndicate.store.prepared import ACCOUNT, SITE, Prepared
from syndicate.store.schema import Instant, accounts, deliveries, secrets, spendings

MOST_TRIED = 8
"""So many secrets with which an account failed are remembered."""

_IS_MINE = and_(accounts.c.site == bindparam("site"), accounts.c.name == bindparam("name"))
_REST = Prepared(select(accounts.c.rest_since, accounts.c.rest_until).where(_IS_MINE))
_LIMITS = Prepared(select(accounts.c.limits).where(_IS_MINE))
_IS_TROUBLED = or_(accounts.c.paused_at.is_not(None), accounts.c.paused_with != "", accounts.c.rest_since.is_not(None))
_TROUBLED = Prepared(select(accounts.c.name).where(_IS_MINE, _IS_TROUBLED))


def find_rest(connection: Connection, site: str, name: str) -> tuple[datetime | None, datetime | None]:
    row = _REST.find(connection, {"site": site, "name": name})
    return (None, None) if row is None else (row["rest_since"], row["rest_until"])


class AccountBook(Part):
    """What accounts need kept."""

    def list_accounts(self) -> tuple[AccountState, ...]:
        """Every account that has left a trace, by name."""
        query = select(accounts).where(accounts.c.site == self._site).order_by(accounts.c.name)
        return tuple(map(parse_account, self._fetch(query)))

    def pause_account(
        self, name: str, reason: str, now: datetime, until: datetime | None = None, *, secrets: str = ""
    ) -> bool:
        """Let its deliveries wait; returns whether it ran before. `until`: it tries again by itself then.

        `secrets` is the digest of those with which it failed.
        """
        with self._database.writing() as connection:
            known = select(accounts.c.paused_at, accounts.c.paused_with)
            row = connection.execute(known.where(accounts.c.site == self._site, accounts.c.name == name)).first()
            was_running, failed = (row is None or row[0] is None), (row[1].split() if row else [])
            failed = [*(one for one in failed if one != secrets), *([secrets] if secrets else [])][-MOST_TRIED:]
            changes = {"paused_at": now, "paused_until": until, "pause_reason": reason, "paused_with": " ".join(failed)}
            put(connection, accounts, {"site": self._site, "name": name}, changes)
            return was_running

    def resume_account(self, name: str) -> bool:
        """Let its deliveries go on; returns whether it was paused."""
        return self._resume(name, {"paused_with": ""})

    def retry_account(self, name: str) -> bool:
        """The same for a try with other secrets: those that failed stay known, so that two machines which have
        different wrong ones do not wake it in turn."""
        return self._resume(name, {})

    def _resume(self, name: str, further: Mapping[str, str]) -> bool:
        is_left = or_(accounts.c.paused_at.is_not(None), accounts.c.paused_with != "")
        mine = (accounts.c.site == self._site, accounts.c.name == name, is_left)
        cleared = {"paused_at": None, "paused_until": None, "pause_reason": "", **further}
        with self._database.reading() as connection:
            row = connection.execute(select(accounts.c.paused_at).where(*mine)).first()
        if row is None:
            return False
        self._change(update(accounts).where(*mine).values(cleared))
        return row[0] is not None

    def is_troubled(self, name: str) -> bool:
        """Whether it is paused or its server fails, so that a message that was sent is news."""
        with self._database.reading() as connection:
            return _TROUBLED.find(connection, {"site": self._site, "name": name}) is not None

    def find_rest(self, name: str) -> tuple[datetime | None, datetime | None]:
        """When the account's server began to fail, and until when it is left alone; None while it answers."""
        with self._database.reading() as connection:
            return find_rest(connection, self._site, name)

    def rest_account(
        self, name: str, action: str, reason: str, now: datetime, until: datetime, *, since: datetime
    ) -> None:
        """Leave it alone for a while: its server failed once more, as it has done `since` then."""
        rest = {"rest_since": since, "rest_at": now, "rest_until": until}
        self._put(accounts, {"name": name}, rest | {"rest_reason": reason, "rest_after": action})

    def wake_account(self, name: str, now: datetime) -> None:
        """Let it be tried at once, where a person asks for it; how long it has been failing stays known."""
        mine = (accounts.c.site == self._site, accounts.c.name == name, accounts.c.rest_until > now)
        self._change(update(accounts).where(*mine).values(rest_until=now))

    def end_rest(self, name: str) -> None:
        """Its server answers again."""
        mine = (accounts.c.site == self._site, accounts.c.name == name)
        ended = {"rest_since": None, "rest_at": None, "rest_until": None, "rest_reason": "", "rest_after": ""}
        self._change(update(accounts).where(*mine).values(ended))

    def record_spending(self, name: str, dollars: float, now: datetime) -> None:
        """Count what reading or deleting cost."""
        with self._database.writing() as connection:
            insert = insert_of(connection)(spendings)
            changes = {"dollars": spendings.c.dollars + insert.excluded.dollars}
            query = insert.on_conflict_do_update(index_elements=["site", "account", "at"], set_=changes)
            connection.execute(query, {"site": self._site, "account": name, "at": now, "dollars": dollars})

    def save_limits(self, name: str, limits: Limits, now: datetime) -> None:
        """Keep what the account's server states."""
        self._put(accounts, {"name": name}, {"limits": render_limits(limits), "limits_read_at": now})

    def save_who(self, name: str, who: str) -> None:
        """Keep as whom the account is logged in."""
        self._put(accounts, {"name": name}, {"who": who})

    def keep_secrets(self, sealed: Mapping[str, str]) -> None:
        """Keep tokens that are sealed already, by name."""
        rows = [{"site": self._site, "name": name, "sealed": words} for name, words in sealed.items()]
        with self._database.writing() as connection:
            insert = insert_of(connection)(secrets)
            changes = {"sealed": insert.excluded.sealed}
            query = insert.on_conflict_do_update(index_elements=["site", "name"], set_=changes)
            connection.execute(query, rows)

    def forget_secrets(self, names: Iterable[str]) -> None:
        self._change(delete(secrets).where(secrets.c.site == self._site, secrets.c.name.in_(list(names))))

    def list_secrets(self) -> Mapping[str, str]:
        query = select(secrets.c.name, secrets.c.sealed).where(secrets.c.site == self._site)
        return {row["name"]: row["sealed"] for row in self._fetch(query)}

    def find_limits(self, name: str) -> Limits | None:
        """The limits as last read from the server, None where nothing was read yet."""
        with self._database.reading() as connection:
            row = _LIMITS.find(connection, {"site": self._site, "name": name})
        return parse_limits(row["limits"]) if row and row["limits"] else None


# --- what an account has sent lately: the figures behind gaps, daily caps and money limits ---

_SINCE: BindParameter[datetime] = bindparam("since", type_=Instant)
_SENT = Prepared(
    select(deliveries.c.intent_at, deliveries.c.sent_at, deliveries.c.part, deliveries.c.cost)
    .where(
        deliveries.c.site == SITE,
        deliveries.c.account == ACCOUNT,
        deliveries.c.state.in_((State.SENT, State.UNCERTAIN)),
        deliveries.c.intent_at > _SINCE,
    )
    .order_by(deliveries.c.intent_at)
)
_SPENT = Prepared(
    select(spendings.c.at, spendings.c.dollars).where(
        spendings.c.site == SITE, spendings.c.account == ACCOUNT, spendings.c.at > _SINCE
    )
)


def read_usage(connection: Connection, site: str, account: str, now: datetime) -> Usage:
    mine = {"site": site, "account": account, "since": now - MONTH}
    rows = [tuple(row.values()) for row in _SENT.fetch(connection, mine)]
    spent = [(row["at"], row["dollars"]) for row in _SPENT.fetch(connection, mine)]
    return measure_usage(rows, spent, now)
