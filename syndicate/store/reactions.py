"""How often others answered what was sent: numbers with their times, and nothing else."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from sqlalchemy import RowMapping, func, select, update

from syndicate.model import Counted, Delivery, Reactions, State
from syndicate.store.database import Part
from syndicate.store.mapping import insert_of, parse_delivery
from syndicate.store.schema import deliveries, reactions

_ROW = deliveries.c
_NAMES = ("likes", "boosts", "replies", "quotes")
_MOST_IN_ONE_QUESTION = 500


class ReactionBook(Part):
    """What was counted."""

    def list_countable(self, account: str, since: datetime) -> tuple[tuple[Delivery, datetime | None], ...]:
        """Messages sent since then, each with the last moment at which it was looked at; that of longest ago first."""
        sent = self._mine(select(deliveries)).where(
            _ROW.account == account, _ROW.state == State.SENT, _ROW.part == 1, _ROW.sent_at > since
        )
        looks = (
            select(reactions.c.delivery_id, func.max(reactions.c.looked_at).label("at"))
            .join(deliveries, _ROW.id == reactions.c.delivery_id)
            .where(reactions.c.site == self._site, _ROW.account == account, _ROW.sent_at > since)
            .group_by(reactions.c.delivery_id)
        )
        with self._database.reading() as connection:
            rows = [parse_delivery(row) for row in connection.execute(sent).mappings()]
            looked_at = {row.delivery_id: row.at for row in connection.execute(looks)}
        found = [(row, looked_at.get(row.id)) for row in rows]
        return tuple(sorted(found, key=lambda pair: (pair[1] or pair[0].sent_at or pair[0].due_at, pair[0].id)))

    def record_count(self, delivery_id: int, counted: Reactions | None, now: datetime) -> None:
        """Keep the numbers, where they are others than before; None: nothing could be seen, and the last ones stand."""
        mine = (reactions.c.site == self._site, reactions.c.delivery_id == delivery_id)
        last = select(reactions).where(*mine).order_by(reactions.c.at.desc()).limit(1)
        with self._database.writing() as connection:
            row = connection.execute(last).mappings().first()
            if row is not None and (counted is None or counted == _parse_reactions(row)):
                same = update(reactions).where(*mine, reactions.c.at == row["at"])
                connection.execute(same.values(looked_at=now))
                return
            numbers = {name: getattr(counted, name, None) for name in _NAMES}
            key = {"site": self._site, "delivery_id": delivery_id, "at": now}
            changed = insert_of(connection)(reactions).on_conflict_do_update(
                index_elements=list(key), set_={"looked_at": now, **numbers}
            )
            connection.execute(changed, {**key, "looked_at": now, **numbers})

    def list_counts(self, delivery_ids: Sequence[int]) -> Mapping[int, tuple[Counted, ...]]:
        """What was counted of these messages, the oldest first; those of which nothing is known are left out."""
        found: dict[int, list[Counted]] = {}
        query = select(reactions).where(reactions.c.site == self._site).order_by(reactions.c.at)
        with self._database.reading() as connection:
            for start in range(0, len(delivery_ids), _MOST_IN_ONE_QUESTION):
                some = delivery_ids[start : start + _MOST_IN_ONE_QUESTION]
                for row in connection.execute(query.where(reactions.c.delivery_id.in_(some))).mappings():
                    if any(row[name] is not None for name in _NAMES):
                        counted = Counted(row["at"], row["looked_at"], _parse_reactions(row))
                        found.setdefault(row["delivery_id"], []).append(counted)
        return {number: tuple(counts) for number, counts in found.items()}


def _parse_reactions(row: RowMapping) -> Reactions:
    return Reactions(*(row[name] for name in _NAMES))
