"""What the parts of the store share: a database and the site whose rows they see."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Select

from syndicate.store.database import Database
from syndicate.store.schema import deliveries


class Part:
    def __init__(self, database: Database, site: str) -> None:
        self._database = database
        self._site = site

    def _mine(self, query: Select[Any]) -> Select[Any]:
        return query.where(deliveries.c.site == self._site)
