"""Which state this is: a random identity, counters of irreversible calls, the site that uses it, and one switch.

A counter is raised in the transaction of every intent and repeated outside the database, so that an older copy of the
database is recognised. Each account has one of its own: one row for all would let every intent wait until the one
before is on the disk. Where something outside knows more than the state does, the switch closes: nothing is claimed
and no call is made until every account was adopted.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from secrets import token_hex

import orjson
from sqlalchemy import Connection, bindparam, func, select, update

from syndicate.errors import Contradicted, StateError, contain
from syndicate.store.database import Part, insert_of
from syndicate.store.glance import Moment
from syndicate.store.prepared import ACCOUNT, SITE, Prepared, Row
from syndicate.store.schema import attempts, calls, posts, states

LEAP = 1_000_000
"""How far all counters go ahead when a contradiction is solved: beyond whatever another machine's cache has seen."""

_FIND = Prepared(select(states).where(states.c.site == SITE))
_CALLS = select(calls.c.account, calls.c.counter).where(calls.c.site == SITE).order_by(calls.c.account)
_ALL_CALLS, _CALLS_OF_ONE = Prepared(_CALLS), Prepared(_CALLS.where(calls.c.account == ACCOUNT))
_RAISE = Prepared(
    update(calls)
    .where(calls.c.site == bindparam("of_site"), calls.c.account == bindparam("of_account"))
    .values(counter=calls.c.counter + 1)
)


class Contradiction(StrEnum):
    """What says that the state does not know everything."""

    OLDER = "older"  # the cache has seen calls that this state does not know: a backup was put back
    REPLACED = "replaced"  # the cache knows another state that has sent messages, or one that is gone
    LOST = "lost"  # posts are published here, and this state knows none
    UNKNOWN_COPIES = "unknown copies"  # syndication.json lists copies that this state does not know


@dataclass(frozen=True, slots=True, kw_only=True)
class StateRecord:
    """One site's state, seen as a whole."""

    moment: Moment
    replaces: frozenset[str] = frozenset()
    """Identities of earlier states whose messages this one has taken over."""
    url: str = ""
    """The site's address when it used the state last."""
    config: str = ""
    """Its syndicate.toml then, as "host:path"."""
    contradiction: Contradiction | None = None
    contradicted_at: datetime | None = None
    adopted: frozenset[str] = frozenset()
    """Accounts that were adopted since then."""

    @property
    def identity(self) -> str:
        return self.moment.identity


class StateIdentity(Part):
    """What tells one state from another."""

    def begin_state(self) -> None:
        """Give a new state its identity."""
        with self._database.reading() as connection:
            if _FIND.find(connection, {"site": self._site}) is not None:
                return
        with self._database.writing() as connection:
            row = {"site": self._site, "identity": token_hex(16)}
            connection.execute(insert_of(connection)(states).on_conflict_do_nothing(), row)

    def read_state(self) -> StateRecord:
        with self._database.reading() as connection:
            return get_state(connection, self._site)

    def has_posts(self) -> bool:
        """Whether the state knows any post of the site."""
        return bool(self._fetch(select(posts.c.id).where(posts.c.site == self._site).limit(1)))

    def find_last_step_at(self) -> datetime | None:
        """When the state last recorded a step of a delivery: what happened later it cannot know."""
        with self._database.reading() as connection:
            return connection.execute(select(func.max(attempts.c.at)).where(attempts.c.site == self._site)).scalar()

    def keep_site(self, url: str, config: str) -> None:
        """Remember who uses this state."""
        self._change(update(states).where(states.c.site == self._site).values(url=url, config=config))

    def raise_counter(self, account: str) -> StateRecord:
        """Before an irreversible call that has no intent of its own. Raises Contradicted."""
        with self._database.writing() as connection:
            raise_counter(connection, self._site, account)
            state = get_state(connection, self._site, account)
            refuse_contradicted(state)
            return state

    def contradict(self, found: Contradiction, now: datetime) -> bool:
        """Close the switch; returns whether it was open. Accounts adopted before count no more."""
        values = {"contradiction": found.value, "contradicted_at": now, "adopted": "[]"}
        is_open = (states.c.site == self._site, states.c.contradiction == "")
        return self._change(update(states).where(*is_open).values(values)) == 1

    def keep_adopted(self, account: str) -> None:
        """This account's messages are accounted for."""
        with self._database.writing() as connection:
            before = get_state(connection, self._site)
            adopted = _render_names(before.adopted | {account})
            connection.execute(update(states).where(states.c.site == self._site).values(adopted=adopted))

    def solve_contradiction(self, needed: Collection[str], seen: int, identities: Iterable[str]) -> StateRecord:
        """Open the switch if all `needed` accounts were adopted; returns the state as it is now.

        `seen` is the highest counter known outside, `identities` those of other states known there.
        """
        with self._database.writing() as connection:
            before = get_state(connection, self._site)
            if before.contradiction is None or not before.adopted.issuperset(needed):
                return before
            start = max(before.moment.highest, seen) + LEAP
            replaces = (before.replaces | set(identities)) - {before.identity}
            values = {"contradiction": "", "counter": start, "replaces": _render_names(replaces)}
            connection.execute(update(states).where(states.c.site == self._site).values(values))
            return get_state(connection, self._site)


def get_state(connection: Connection, site: str, account: str = "") -> StateRecord:
    """The state with the calls of one account, or of all.

    Raises StateError where the site has none, which opening the store prevents.
    """
    wanted = {"site": site, "account": account}
    made = (_CALLS_OF_ONE if account else _ALL_CALLS).fetch(connection, wanted)
    return parse_state(_FIND.find(connection, wanted), {one["account"]: one["counter"] for one in made})


def parse_state(row: Row | None, made: Mapping[str, int]) -> StateRecord:
    """The state behind a row of it, with the calls that were made since it began to count."""
    if row is None:
        raise StateError("the state has lost its identity", hint="put a backup in its place: `syndicate restore FILE`")
    start = row["counter"]
    return StateRecord(
        moment=Moment(row["identity"], start, {account: start + number for account, number in made.items()}),
        replaces=_parse_names(row["replaces"]),
        url=row["url"],
        config=row["config"],
        contradiction=_parse_contradiction(row["contradiction"]),
        contradicted_at=row["contradicted_at"],
        adopted=_parse_names(row["adopted"]),
    )


def raise_counter(connection: Connection, site: str, account: str) -> None:
    """One irreversible call more is about to be made."""
    mine = {"of_site": site, "of_account": account}
    if not _RAISE.run(connection, mine):
        connection.execute(insert_of(connection)(calls).on_conflict_do_nothing(), {"site": site, "account": account})
        _RAISE.run(connection, mine)


def refuse_contradicted(state: StateRecord) -> None:
    if state.contradiction is not None:
        raise Contradicted(
            "this state does not know everything that was sent", hint="`syndicate status` says what to do"
        )


def _parse_contradiction(word: str) -> Contradiction | None:
    """A word that cannot be read keeps the switch closed, like any other."""
    if not word:
        return None
    return Contradiction(word) if word in set(Contradiction) else Contradiction.UNKNOWN_COPIES


def _parse_names(text: str) -> frozenset[str]:
    """None where they cannot be read: too few never open the switch."""
    found: list[str] = []
    with contain(lambda _error: None):
        found += [name for name in orjson.loads(text) if isinstance(name, str)]
    return frozenset(found)


def _render_names(names: Iterable[str]) -> str:
    return orjson.dumps(sorted(names)).decode()
