"""Statements that every delivery needs: compiled once, their values handed straight to the driver.

SQLAlchemy prepares each execution anew, which costs more than what the database then does. The longest of them
say which delivery a worker may take now.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import (
    BindParameter,
    ClauseElement,
    ColumnElement,
    Connection,
    Dialect,
    Select,
    and_,
    bindparam,
    case,
    exists,
    literal_column,
    or_,
    select,
)
from sqlalchemy.sql import visitors
from sqlalchemy.types import TypeEngine

from syndicate.model import OccasionKind, State
from syndicate.store.schema import Instant, accounts, deliveries, is_readable, states

Row = dict[str, Any]
Convert = Callable[[Any], Any]


class Prepared:
    """One statement; `columns` are those that an insert or update sets. What is constant in it becomes its text."""

    def __init__(self, statement: ClauseElement, columns: Sequence[str] = ()) -> None:
        self._statement = statement
        self._columns = columns
        self._compiled: dict[str, _Compiled] = {}

    def fetch(self, connection: Connection, values: Mapping[str, Any]) -> list[Row]:
        """All rows, by names of columns."""
        return self._compile(connection.dialect).fetch(connection, values)

    def find(self, connection: Connection, values: Mapping[str, Any]) -> Row | None:
        """The first row."""
        rows = self._compile(connection.dialect).fetch(connection, values)
        return rows[0] if rows else None

    def run(self, connection: Connection, values: Mapping[str, Any]) -> int:
        """Change rows; returns how many."""
        count: int = self._compile(connection.dialect).execute(connection, values).rowcount
        return count

    def _compile(self, dialect: Dialect) -> _Compiled:
        compiled = self._compiled.get(dialect.name)
        if compiled is None:
            compiled = self._compiled[dialect.name] = _compile(self._statement, self._columns, dialect)
        return compiled


@dataclass(slots=True)
class _Compiled:
    """A statement in the words of one kind of database."""

    text: str
    constants: Row
    writers: list[tuple[str, Convert | None]]
    """By name, what makes a value one for the driver."""
    types: list[tuple[str, TypeEngine[Any]]]
    """Of what is selected, by name."""
    options: dict[str, bool]
    """For the driver: psycopg would have PostgreSQL plan a statement five times before it keeps it."""
    readers: list[tuple[str, Convert | None]] = field(default_factory=list)
    """The way back."""

    def execute(self, connection: Connection, values: Mapping[str, Any]) -> Any:
        given = {name: values[name] if write is None else write(values[name]) for name, write in self.writers}
        driver: Any = connection.connection.driver_connection
        return driver.execute(self.text, given | self.constants if self.constants else given, **self.options)

    def fetch(self, connection: Connection, values: Mapping[str, Any]) -> list[Row]:
        cursor = self.execute(connection, values)
        if not self.readers:  # some types ask what the database calls theirs
            self.readers = [
                (name, kind.dialect_impl(connection.dialect).result_processor(connection.dialect, column[1]))
                for (name, kind), column in zip(self.types, cursor.description, strict=True)
            ]
        return [
            {
                name: value if read is None else read(value)
                for (name, read), value in zip(self.readers, row, strict=True)
            }
            for row in cursor.fetchall()
        ]


def _compile(statement: ClauseElement, columns: Sequence[str], dialect: Dialect) -> _Compiled:
    kind: Any = type(dialect)
    named: Dialect = kind(paramstyle="named" if dialect.name == "sqlite" else dialect.paramstyle)

    def inline(element: object, **_: object) -> ColumnElement[Any] | None:
        if not isinstance(element, BindParameter) or element.required:
            return None
        return literal_column(str(element.compile(dialect=named, compile_kwargs={"literal_binds": True})), element.type)

    inlined: Any = visitors.replacement_traverse(statement, {}, inline)
    compiled = inlined.compile(dialect=named, column_keys=columns or None)
    binds = {name: compiled.binds[name] for name in compiled.params}
    given = {name: bind for name, bind in binds.items() if bind.required or name in columns}
    return _Compiled(
        text=str(compiled),
        constants={name: bind.value for name, bind in binds.items() if name not in given},
        writers=[(name, bind.type.dialect_impl(named).bind_processor(named)) for name, bind in given.items()],
        types=[(column.name, column.type) for column in getattr(statement, "selected_columns", ())],
        options={} if dialect.name == "sqlite" else {"prepare": True},
    )


# --- which delivery a worker may take now, as statements: what is due, of accounts free, rested and not paused ---

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
