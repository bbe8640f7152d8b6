"""Figures for whoever watches over the state, and the trail of what ended long ago cut short."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import delete, func, or_, select, text

from syndicate.errors import StateError
from syndicate.model import State
from syndicate.store.database import Part
from syndicate.store.schema import HEAD, attempts, deliveries, is_readable, metadata

_ENDED = (State.SENT, State.SKIPPED, State.CANCELLED)


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    """The outbox in numbers, each by account."""

    deliveries: Mapping[tuple[str, State], int]
    steps: Mapping[tuple[str, str], int]
    """How often each outcome stands in the trail ("sent", "rejected" …)."""
    oldest_due_at: Mapping[str, datetime]
    """Since when the message waits that has been due longest."""
    oldest_unsettled_at: Mapping[str, datetime]
    """When the oldest call was made whose outcome is unknown."""


class Upkeep(Part):
    """What operators need and nobody else asks for."""

    def count(self) -> Figures:
        """Everything at one moment."""
        mine, account = deliveries.c.site == self._site, deliveries.c.account
        by_state = select(account, deliveries.c.state, func.count()).where(mine).group_by(account, deliveries.c.state)
        by_outcome = (
            select(account, attempts.c.outcome, func.count())
            .join(deliveries, deliveries.c.id == attempts.c.delivery_id)
            .where(mine)
            .group_by(account, attempts.c.outcome)
        )
        due = select(account, func.min(deliveries.c.due_at)).where(mine, deliveries.c.state == State.DUE)
        unsettled = select(account, func.min(deliveries.c.intent_at)).where(mine, deliveries.c.state == State.UNCERTAIN)
        with self._database.reading() as connection:
            return Figures(
                deliveries={(name, state): number for name, state, number in connection.execute(by_state)},
                steps={(name, outcome): number for name, outcome, number in connection.execute(by_outcome)},
                oldest_due_at={name: at for name, at in connection.execute(due.group_by(account)) if at},
                oldest_unsettled_at={name: at for name, at in connection.execute(unsettled.group_by(account)) if at},
            )

    def prune_trails(self, before: datetime) -> int:
        """Forget the steps from before that moment of deliveries that have ended; returns how many.

        The last step of each stays, and no delivery is forgotten: what was sent must never be sent again.
        """
        ended = select(deliveries.c.id).where(deliveries.c.site == self._site, deliveries.c.state.in_(_ENDED))
        last = select(func.max(attempts.c.id)).group_by(attempts.c.delivery_id)
        old = delete(attempts).where(
            attempts.c.at < before, attempts.c.delivery_id.in_(ended), attempts.c.id.not_in(last)
        )
        with self._database.writing() as connection:
            return connection.execute(old).rowcount

    def list_damaged(self) -> tuple[str, ...]:
        """The rows with a value that cannot be read, each by its table, its key and the names of such columns."""
        found: list[str] = []
        with self._database.reading() as connection:
            for table in metadata.sorted_tables:
                keys = [column for column in table.primary_key.columns if column.name != "site"]
                flaws = {column.name: ~is_readable(column) for column in table.columns}
                query = select(*keys, *(flaw.label(f"flaw {name}") for name, flaw in flaws.items()))
                for row in connection.execute(query.where(table.c.site == self._site, or_(*flaws.values()))).mappings():
                    key = " ".join(str(row[column.name]) for column in keys)
                    names = ", ".join(name for name in flaws if row[f"flaw {name}"])
                    found.append(f"{' '.join((table.name, key)).strip()}: {names}")
        return tuple(found)

    def read_mark(self) -> int | None:
        """Stays the same while nobody changes the state; None where nobody can tell."""
        return self._database.read_mark()

    def refuse_newer_schema(self) -> None:
        """Raises StateError where a newer syndicate has changed the database while it is open here."""
        with self._database.reading() as connection:
            version = connection.execute(text("SELECT version_num FROM alembic_version")).scalar() or ""
        if version > HEAD:
            raise StateError(
                f"a newer syndicate has changed it (schema {version}, this one knows {HEAD})",
                where=self._database.where,
                hint="update this machine's syndicate, too; until then it does nothing",
            )
