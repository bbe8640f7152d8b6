"""The precious state: identities, the outbox with its trail, accounts. SQLite or PostgreSQL, one schema.

`open_store(url, site)` gives a `Store`; `store.cache.open_cache(path)` a disposable cache that knows nothing of it.
SQLAlchemy is imported when a store is opened, never by importing this package.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from syndicate.store.store import Store

__all__ = ["open_store"]


def open_store(url: str, site: str) -> Store:
    """Open the state database of one site, create or upgrade it first.

    `url` is an SQLAlchemy URL: "sqlite:////abs/path/state.db" or "postgresql://…". Raises StateError where the
    database cannot be used, or was written by a newer syndicate.
    """
    from syndicate.store.store import Store  # noqa: PLC0415 - keeps SQLAlchemy out of `syndicate --help`

    return Store.open(url, site)
