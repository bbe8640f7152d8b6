"""Bring a database to the present schema. Alembic is imported only when there is something to do."""

from __future__ import annotations

from pathlib import Path

from sqlalchemy import Connection, inspect, text

from syndicate.errors import StateError
from syndicate.store.database import Database
from syndicate.store.schema import HEAD


def upgrade(database: Database) -> None:
    """Run the missing steps in one transaction; raises StateError for a database from a newer syndicate."""
    with database.reading() as connection:
        version = _read_version(connection)
        tables = inspect(connection).get_table_names() if database.is_sqlite and not version else ()
        if tables and "alembic_version" not in tables:
            hint = "check [storage] database"
            raise StateError("this is another program's database", where=database.where, hint=hint)
    if version > HEAD:
        hint = "use the newer syndicate that wrote it"
        raise StateError(
            f"written by a newer syndicate (schema {version}, this one knows {HEAD})", where=database.where, hint=hint
        )
    if version < HEAD:
        with database.writing() as connection:
            database.take_turn(connection, "syndicate upgrade")
            _run_steps(connection)


def _read_version(connection: Connection) -> str:
    if not inspect(connection).has_table("alembic_version"):
        return ""
    return connection.execute(text("SELECT version_num FROM alembic_version")).scalar() or ""


def _run_steps(connection: Connection) -> None:
    from alembic import command  # noqa: PLC0415 - 100 ms that a start without news need not pay
    from alembic.config import Config  # noqa: PLC0415

    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
    config.attributes["connection"] = connection
    command.upgrade(config, "head")
