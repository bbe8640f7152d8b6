"""Statements that every delivery needs: compiled once, their values handed straight to the driver.

SQLAlchemy prepares each execution anew, which costs more than what the database then does.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import BindParameter, ClauseElement, ColumnElement, Connection, Dialect, literal_column
from sqlalchemy.sql import visitors
from sqlalchemy.types import TypeEngine

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
