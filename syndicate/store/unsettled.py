"""What may still change of a state that is an SQLite file, read without SQLAlchemy and by the names of `Store`.

Nearly all of ten thousand posts are settled: their messages are sent or skipped for good, and no plan makes anything
new of them while their files are as they were. `plan` and `why` need the others alone.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from functools import cached_property, partial
from pathlib import Path
from typing import Any

from syndicate.model import (
    ENDED,
    Attempt,
    Delivery,
    KnownDraft,
    KnownPost,
    Ledger,
    Limits,
    PublishedFile,
    Reason,
    State,
    Usage,
)
from syndicate.store.file import is_daemon_running
from syndicate.store.glance import PlainState, read_values, to_number
from syndicate.store.mapping import (
    KNOWN,
    MONTH,
    AccountState,
    make_ledger,
    measure_usage,
    parse_account,
    parse_attempt,
    parse_delivery,
    parse_known,
)


class UnsettledState(PlainState):
    """One moment of the state; nothing is written. Raises as `PlainState` does."""

    def __init__(self, path: Path, site: str) -> None:
        super().__init__(path, site)
        self._path = path
        self._connection.text_factory = partial(str, encoding="utf-8", errors="replace")
        self._connection.execute("BEGIN")
        self.posts: Collection[str] | None = None
        """Ids of the posts of which is told, None for all."""
        self.tells_all_posts = False
        """Whether `list_posts` tells of all of them all the same."""

    def find_unsettled(
        self, *, since: datetime, may_change: Collection[Reason], judged: Mapping[Reason, datetime]
    ) -> set[str]:
        """Ids of posts of which planning may make something new while their files are as they were.

        A message that is out counts where it went out `since` then, or was written then; what was skipped for one of
        the reasons `judged` where it was due later than that moment. The reasons in `may_change` last. The posts and
        messages that came last tell what time it is.
        """
        settled, lasting = (", ".join("?" * len(some)) for some in (ENDED, may_change))
        lately = " OR ".join(["(reason = ? AND due_at > ?)"] * len(judged))
        rows = f"""
            SELECT post_id FROM deliveries WHERE site = ? AND (state NOT IN ({settled}) OR reason IN ({lasting})
                OR (state = 'skipped' AND ({lately})) OR (state = 'sent' AND (created_at > ? OR sent_at > ?)))
        """  # noqa: S608 - our own names
        pairs = [value for reason, at in judged.items() for value in (reason, to_number(at))]
        posts = "SELECT id FROM posts WHERE site = ? AND (published_at > ? OR dated_at IS NOT NULL)"
        latest = (
            "SELECT post_id FROM deliveries WHERE site = ? ORDER BY coalesce(sent_at, created_at) DESC LIMIT 1",
            "SELECT id FROM posts WHERE site = ? ORDER BY first_seen_at DESC LIMIT 1",
        )
        asked: list[tuple[str, list[Any]]] = [
            (rows, [*ENDED, *may_change, *pairs, to_number(since), to_number(since)]),
            (posts, [to_number(since)]),
            *((query, []) for query in latest),
        ]
        return {row[0] for query, given in asked for row in self._ask(query, given)}

    def find_unplanned(self, account: str) -> set[str]:
        """Ids of posts that are there and have no message as new posts on an account."""
        query = """
            SELECT id FROM posts WHERE site = ? AND gone_at IS NULL AND NOT EXISTS (SELECT 1 FROM deliveries WHERE
            site = posts.site AND post_id = posts.id AND account = ? AND occasion = 'new' AND occasion_kind = 'new')
        """
        return {row[0] for row in self._ask(query, [account])}

    def find_named(self, slug: str) -> set[str]:
        """Ids of posts that have or had this name."""
        own = self._ask("SELECT id FROM posts WHERE site = ? AND slug = ?", [slug])
        return {
            row[0] for row in [*own, *self._ask("SELECT post_id FROM deliveries WHERE site = ? AND slug = ?", [slug])]
        }

    def find_sent(self, accounts: Iterable[str]) -> set[str]:
        """Ids of posts with a message that is out on one of these accounts."""
        query = "SELECT post_id FROM deliveries WHERE site = ? AND account = ? AND state = 'sent'"
        return {row[0] for account in accounts for row in self._ask(query, [account])}

    def is_in_hand(self) -> bool:
        """Whether a process works on a message."""
        return bool(self._ask("SELECT 1 FROM deliveries WHERE site = ? AND lease_until IS NOT NULL LIMIT 1"))

    def list_published(self) -> Iterable[PublishedFile]:
        """The cards of `posts`."""
        return self.list_cards(self.posts or ()).values()

    # --- by the names of `Store` -------------------------------------------------------------------------------

    def read_ledger(self) -> Ledger:
        """What planning may know of the unsettled posts, and of accounts."""
        drafts = ("source", "slug", "source_digest", "first_seen_at")
        own = self._read_some(KNOWN, "deliveries", "post_id", self.posts)
        reading = self._ask("SELECT reading FROM states WHERE site = ?")
        return make_ledger(
            self._accounts,
            posts=self._list_posts(self.posts),
            drafts=tuple(KnownDraft(**row) for row in self._read(drafts, "drafts")),
            deliveries=tuple(parse_known(row) for row in sorted(own)),
            reading=reading[0][0] or "" if reading else "",
        )

    def list_posts(self) -> tuple[KnownPost, ...]:
        return self._list_posts(None if self.tells_all_posts else self.posts)

    def _list_posts(self, ids: Collection[str] | None) -> tuple[KnownPost, ...]:
        names = list(KnownPost.__dataclass_fields__)
        rows = self._read_some(names, "posts", "id", ids)
        return tuple(KnownPost(**dict(zip(names, row, strict=True))) for row in rows)

    def list_deliveries(
        self, *, states: Collection[State] = (), account: str = "", post_id: str = "", slug: str = ""
    ) -> tuple[Delivery, ...]:
        wanted = {name: one for name, one in (("account", account), ("post_id", post_id), ("slug", slug)) if one}
        where = "".join(f" AND {name} = ?" for name in wanted)
        where += f" AND state IN ({', '.join('?' * len(states))})" if states else ""
        rows = self._read_all("deliveries", f"{where} ORDER BY due_at, id", [*wanted.values(), *states])
        return tuple(map(parse_delivery, rows))

    def list_attempts(self, delivery_id: int) -> tuple[Attempt, ...]:
        return tuple(map(parse_attempt, self._read_all("attempts", " AND delivery_id = ? ORDER BY id", [delivery_id])))

    def list_accounts(self) -> tuple[AccountState, ...]:
        return tuple(map(parse_account, self._accounts))

    def find_limits(self, name: str) -> Limits | None:
        return next((one.limits for one in self.list_accounts() if one.name == name), None)

    def read_usage(self, account: str, now: datetime) -> Usage:
        since = to_number(now - MONTH)
        where = " AND account = ? AND state IN ('sent', 'uncertain') AND intent_at > ? ORDER BY intent_at"
        rows = self._read(("intent_at", "sent_at", "part", "cost"), "deliveries", where, [account, since])
        spent = self._read(("at", "dollars"), "spendings", " AND account = ? AND at > ?", [account, since])
        return measure_usage([tuple(row.values()) for row in rows], [(one["at"], one["dollars"]) for one in spent], now)

    def list_titles(self, post_ids: Sequence[str]) -> Mapping[str, str]:
        return dict(self._select(("id", "title"), "posts", "id", post_ids))

    def count_by_account(self) -> Mapping[str, Mapping[State, int]]:
        found: dict[str, dict[State, int]] = {}
        query = "SELECT account, state, count(*) FROM deliveries WHERE site = ? GROUP BY account, state"
        for account, state, number in self._ask(query):
            found.setdefault(account, {})[State(state)] = number
        return found

    def find_next_at(self) -> datetime | None:
        query = """
            SELECT min(CASE state WHEN 'uncertain' THEN look_at ELSE due_at END) FROM deliveries
            WHERE site = ? AND state IN ('planned', 'due', 'uncertain')
        """
        found: datetime | None = next(read_values(("next_at",), self._ask(query)[0]))
        return found

    def find_last_at(self) -> datetime | None:
        query = "SELECT max(coalesce(sent_at, created_at)) FROM deliveries WHERE site = ?"
        found: datetime | None = next(read_values(("last_at",), self._ask(query)[0]))
        return found

    def list_leased(self, now: datetime) -> tuple[Delivery, ...]:  # noqa: ARG002
        """None: see `is_in_hand`."""
        return ()

    def list_damaged(self) -> tuple[str, ...]:
        """None: who asks knows that all rows can be read."""
        return ()

    def is_daemon_running(self) -> bool:
        return is_daemon_running(self._path, self._site)

    # --- rows ------------------------------------------------------------------------------------------------------

    @cached_property
    def _accounts(self) -> Sequence[Mapping[str, Any]]:
        return self._read_all("accounts", " ORDER BY name", [])

    def _ask(self, query: str, values: Sequence[Any] = ()) -> list[Any]:
        """The site's own rows; its name is the first value."""
        return self._connection.execute(query, (self._site, *values)).fetchall()

    def _read(
        self, names: Sequence[str], table: str, where: str = "", values: Sequence[Any] = ()
    ) -> list[dict[str, Any]]:
        rows = self._ask(f"SELECT {', '.join(names)} FROM {table} WHERE site = ?{where}", values)  # noqa: S608
        return [dict(zip(names, read_values(names, row), strict=True)) for row in rows]

    def _read_all(self, table: str, where: str, values: Sequence[Any]) -> list[dict[str, Any]]:
        """Every column."""
        names = [row[1] for row in self._connection.execute(f"PRAGMA table_info({table})")]
        return self._read(names, table, where, values)

    def _read_some(
        self, names: Sequence[str], table: str, key: str, wanted: Collection[str] | None
    ) -> Iterator[list[Any]]:
        """Values of rows whose key is one of these, None for all."""
        everything = f"SELECT {', '.join(names)} FROM {table} WHERE site = ?"  # noqa: S608 - our own names
        rows: Iterable[Any] = self._ask(everything) if wanted is None else self._select(names, table, key, wanted)
        return (list(read_values(names, row)) for row in rows)
