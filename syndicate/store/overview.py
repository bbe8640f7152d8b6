"""What the dashboard asks: messages of a stretch of time, titles, the trail of the whole site, and what changed."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, and_, case, func, literal, or_, select

from syndicate.model import Attempt, Delivery, OccasionKind, Reason, State
from syndicate.store.database import Part
from syndicate.store.mapping import parse_attempt, parse_delivery
from syndicate.store.schema import Instant, accounts, attempts, deliveries, posts

_ROW = deliveries.c
_MOST_IN_ONE_QUESTION = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """One line of the history: what happened to which message. `number` orders lines of the same moment."""

    number: int
    attempt: Attempt
    post_id: str
    slug: str
    account: str
    network: str


class Overview(Part):
    """Questions about many messages at once."""

    def list_messages(
        self,
        now: datetime,
        *,
        states: Collection[State] = (),
        account: str = "",
        occasion: str = "",
        since: datetime | None = None,
        until: datetime | None = None,
        newest: int = 0,
    ) -> tuple[Delivery, ...]:
        """Messages whose moment (see `_moment`) lies in [since, until), by time; an empty filter means any.

        `occasion` is a name ("new", a flag) or a kind ("manual"). `newest`: so many of the last ones, newest first.
        """
        at = _moment(now)
        query = self._mine(select(deliveries))
        query = query.where(_ROW.state.in_(states)) if states else query
        query = query.where(_ROW.account == account) if account else query
        query = query.where(_is_occasion(occasion)) if occasion else query
        query = query.where(at >= since) if since else query
        query = query.where(at < until) if until else query
        ordered = query.order_by(at.desc(), _ROW.id.desc()).limit(newest) if newest else query.order_by(at, _ROW.id)
        with self._database.reading() as connection:
            return tuple(parse_delivery(row) for row in connection.execute(ordered).mappings())

    def count_states(self, post_ids: Sequence[str]) -> Mapping[str, Mapping[State, int]]:
        """How many messages of each post are in each state."""
        found: dict[str, dict[State, int]] = {}
        query = self._mine(select(_ROW.post_id, _ROW.state, func.count())).group_by(_ROW.post_id, _ROW.state)
        with self._database.reading() as connection:
            for some in _in_portions(post_ids):
                for post_id, state, number in connection.execute(query.where(_ROW.post_id.in_(some))):
                    found.setdefault(post_id, {})[state] = number
        return found

    def list_titles(self, post_ids: Sequence[str]) -> Mapping[str, str]:
        """The titles of posts by their ids."""
        query = select(posts.c.id, posts.c.title).where(posts.c.site == self._site)
        with self._database.reading() as connection:
            return {
                post_id: title
                for some in _in_portions(post_ids)
                for post_id, title in connection.execute(query.where(posts.c.id.in_(some)))
            }

    def list_occasions(self) -> tuple[str, ...]:
        """Names of occasions that have messages, those of every kind but "new" and flags as their kind."""
        query = self._mine(select(_ROW.occasion_kind, _ROW.occasion).distinct())
        with self._database.reading() as connection:
            rows = connection.execute(query).all()
        named = (OccasionKind.NEW, OccasionKind.FLAG)
        return tuple(sorted({name if kind in named else kind.value for kind, name in rows}))

    def list_events(
        self, *, account: str = "", slug: str = "", reasons: Collection[Reason] = (), before: int = 0, most: int
    ) -> tuple[Event, ...]:
        """The trail of all messages, newest first; `before` is the number of a line, an empty filter means any."""
        query = (
            select(attempts, _ROW.post_id, _ROW.slug, _ROW.account, _ROW.network)
            .join(deliveries, _ROW.id == attempts.c.delivery_id)
            .where(attempts.c.site == self._site)
            .order_by(attempts.c.id.desc())
            .limit(most)
        )
        query = query.where(_ROW.account == account) if account else query
        query = query.where(_ROW.slug == slug) if slug else query
        query = query.where(attempts.c.reason.in_(reasons)) if reasons else query
        query = query.where(attempts.c.id < before) if before else query
        with self._database.reading() as connection:
            return tuple(
                Event(
                    number=row["id"],
                    attempt=parse_attempt(row),
                    post_id=row["post_id"],
                    slug=row["slug"],
                    account=row["account"],
                    network=row["network"],
                )
                for row in connection.execute(query).mappings()
            )

    def count_by_account(self) -> Mapping[str, Mapping[State, int]]:
        """How many messages of each account are in each state."""
        found: dict[str, dict[State, int]] = {}
        query = self._mine(select(_ROW.account, _ROW.state, func.count())).group_by(_ROW.account, _ROW.state)
        with self._database.reading() as connection:
            for account, state, number in connection.execute(query):
                found.setdefault(account, {})[state] = number
        return found

    def read_version(self) -> str:
        """Changes whenever a message, a post or an account does."""
        mine = select(func.count(), func.max(_ROW.id), func.max(_ROW.decided_at)).where(_ROW.site == self._site)
        trail = select(func.max(attempts.c.id)).where(attempts.c.site == self._site)
        known = select(func.count(), func.max(posts.c.updated_at)).where(posts.c.site == self._site)
        book = accounts.c
        moods = select(func.count(book.paused_at), func.max(book.rest_until)).where(book.site == self._site)
        with self._database.reading() as connection:
            return repr([tuple(connection.execute(query).one()) for query in (mine, trail, known, moods)])


def _moment(now: datetime) -> ColumnElement[datetime]:
    """When a message was or will be seen: sent, or due; what is overdue and goes by itself is due now."""
    is_late = and_(_ROW.state.in_((State.PLANNED, State.DUE)), _ROW.due_at < now)
    return case((_ROW.sent_at.is_not(None), _ROW.sent_at), (is_late, literal(now, Instant)), else_=_ROW.due_at)


def _is_occasion(word: str) -> ColumnElement[bool]:
    kinds = [kind for kind in (OccasionKind.EVERGREEN, OccasionKind.MANUAL) if kind.value == word]
    return or_(_ROW.occasion == word, _ROW.occasion_kind.in_(kinds))


def _in_portions(names: Sequence[str]) -> Iterator[Sequence[str]]:
    """No database takes any number of values in one question."""
    for start in range(0, len(names), _MOST_IN_ONE_QUESTION):
        yield names[start : start + _MOST_IN_ONE_QUESTION]
