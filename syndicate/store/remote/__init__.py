"""A state without a disk of its own: it lives in a git branch or a bucket, and is worked on in an SQLite file.

    remote ─pull→ state.db ─ … work … ─push→ remote
                              intent ─push→ (head as we left it?) ─→ the call

Here stands what a place for the state can do, whichever it is, and how the tables become text and tables again. `git`
and `object_store` keep the text, `sync` says when it moves.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Protocol

import orjson
from sqlalchemy import Connection, Table, delete, insert, select, text, true

from syndicate.errors import ConfigError, StateError
from syndicate.model import ON_DISK, Reason, State
from syndicate.store.database import Database, Part
from syndicate.store.migrations import run_steps, upgrade
from syndicate.store.passes import NOTICE
from syndicate.store.schema import HEAD, Instant, Word, api_tokens, deliveries, metadata, passes, publications, states

INFO = "state.json"
"""The file that tells of all the others, and who writes."""
FORMAT = 1


@dataclass(frozen=True, slots=True)
class Copy:
    """The state as it stands elsewhere: its files, and a version that changes with every write."""

    version: str
    files: Mapping[str, bytes]


class RemoteState(Protocol):
    """A place that keeps files and swaps all of them at once, if nobody else has swapped them meanwhile."""

    where: str

    def head(self) -> str:
        """The version that is there now, "" where nothing is. Raises StateError where nobody can say."""

    def read(self) -> Copy | None:
        """What is there now; None where nothing ever was.

        Raises Contradicted where it was set back from outside, ConfigError where we may not read or it is not a state.
        """

    def write(self, files: Mapping[str, bytes], expected: str, note: str) -> str:
        """Put these files in the place of `expected`; returns their version. `note` says why, for people.

        Raises StateMoved where another version is there, ConfigError where we may not write, and StateError where
        nobody can say what became of it.
        """


@dataclass(frozen=True, slots=True, kw_only=True)
class Info:
    """What the first file says."""

    schema: str
    sequence: int = 0
    """One more with every write."""
    writer: str = ""
    """Who is at work, "" for nobody."""
    until: datetime | None = None
    """When a writer that says nothing more counts as gone."""
    written_at: datetime | None = None

    def render(self) -> bytes:
        values = {"format": FORMAT, **{name: getattr(self, name) for name in self.__slots__}}
        return orjson.dumps(values, option=orjson.OPT_INDENT_2 | orjson.OPT_UTC_Z | orjson.OPT_APPEND_NEWLINE)


def parse_info(files: Mapping[str, bytes], where: str) -> Info:
    """Raises StateError where the files are not a state, or a newer syndicate's."""
    try:
        raw: dict[str, Any] = orjson.loads(files[INFO])
        if raw["format"] > FORMAT:
            raise StateError("was written by a newer syndicate", where=where, hint="use that one")
        return Info(
            schema=str(raw["schema"]),
            sequence=int(raw["sequence"]),
            writer=str(raw["writer"]),
            until=_parse_utc(raw["until"]),
            written_at=_parse_utc(raw["written_at"]),
        )
    except (KeyError, ValueError, TypeError) as error:
        raise StateError("is not a state of syndicate, or it is damaged", where=where) from error


def _parse_utc(text: str | None) -> datetime | None:
    at = datetime.fromisoformat(text) if text else None
    if at is not None and at.utcoffset() != timedelta(0):
        raise ValueError(text)
    return at


def open_remote(address: str, root: Path, folder: Path) -> RemoteState:
    """The place behind [storage] state; `root` is the site's folder, `folder` is for our own files.

    Raises ConfigError where it cannot be used.
    """
    if address.startswith("git:"):
        from syndicate.store.remote.git import GitState  # noqa: PLC0415 - one of the two is needed

        return GitState(root, address.removeprefix("git:"), folder / "state.git")
    try:
        from syndicate.store.remote.object_store import open_bucket_state  # noqa: PLC0415 - obstore is an extra
    except ImportError as error:
        hint = 'pip install "syndicate-feeds[s3]"'
        raise ConfigError("an object store needs obstore", where="[storage] state", hint=hint) from error
    return open_bucket_state(address)


# --- the state as text: one file a table, one row a line, sorted by key; lossless both ways ---
# People can read it. What is not public yet is sealed with the key from the environment: the branch it lies in may be.

KEY = "SYNDICATE_STATE_KEY"
_SHORTEST_KEY = 16
_OF_THIS_MACHINE = (api_tokens, publications)
"""What lets programs in on one machine lets them in on no other; and each looks at its own files."""
_TRAVELLING = tuple(table for table in metadata.sorted_tables if table not in _OF_THIS_MACHINE)
_PART = {"passes": passes.c.kind == NOTICE}
"""What travels of a table, where that is not all: what opens the dashboard of one machine opens no other."""
_SEALED = "sealed"
_NOT_PUBLIC = ("text", "message")
_PLAIN_NAME = re.compile(r"\b([a-z_]+)\.jsonl\b")
Row = dict[str, Any]


class Sealer:
    """Seals and opens words. The same words under the same name look the same: what did not change stays unchanged.

    AES in SIV mode (RFC 5297), under a key that scrypt makes of the person's: who reads the branch may guess for long.
    """

    def __init__(self, key: str) -> None:
        self._key = key

    @property
    def has_key(self) -> bool:
        return bool(self._key)

    def seal(self, words: str, *, name: str, salt: str) -> str:
        """Raises ConfigError without a key."""
        sealed = self._open_cipher(salt).encrypt(words.encode(), [name.encode()])
        return f"{salt}.{base64.b64encode(sealed).decode('ascii')}"

    def open(self, sealed: str, *, name: str) -> str:
        """Raises ConfigError without the right key."""
        from cryptography.exceptions import InvalidTag  # noqa: PLC0415 - most states have nothing sealed

        salt, _, words = sealed.partition(".")
        cipher = self._open_cipher(salt)
        try:
            return str(cipher.decrypt(base64.b64decode(words), [name.encode()]).decode())
        except (InvalidTag, ValueError) as error:
            hint = "it must be the one with which the state was written"
            raise ConfigError("does not open what is sealed in the state", where=KEY, hint=hint) from error

    def _open_cipher(self, salt: str) -> Any:
        if not self._key:
            raise ConfigError(
                "is not set, and the state holds secrets or words that are not public yet",
                where=KEY,
                hint="give the job and your own machine the same long random value as a secret",
            )
        if len(self._key) < _SHORTEST_KEY:
            hint = "`openssl rand -hex 32` prints a good one"
            raise ConfigError(f"has less than {_SHORTEST_KEY} characters", where=KEY, hint=hint)
        return _make_cipher(self._key, salt)


class ForgetfulSealer(Sealer):
    """Gives up what was sealed with a key that is lost."""

    def open(self, sealed: str, *, name: str) -> str:
        """The words; "" where they are lost."""
        try:
            return super().open(sealed, name=name)
        except ConfigError:
            return ""


@lru_cache(maxsize=4)
def _make_cipher(key: str, salt: str) -> Any:
    from cryptography.hazmat.primitives.ciphers.aead import AESSIV  # noqa: PLC0415 - see above
    from cryptography.hazmat.primitives.kdf.scrypt import Scrypt  # noqa: PLC0415

    return AESSIV(Scrypt(salt=salt.encode(), length=64, n=2**16, r=8, p=1).derive(key.encode()))


class Lines(Part):
    """The store's tables as text."""

    def export_lines(self, sealer: Sealer) -> dict[str, bytes]:
        """Every table with rows, as one moment of the database. Raises ConfigError where the key is missing."""
        with self._database.reading() as connection:
            salt = connection.execute(select(states.c.identity).order_by(states.c.site).limit(1)).scalar() or ""
            tables = [(table.name, _render_table(connection, table, sealer, salt)) for table in _TRAVELLING]
        return {f"{name}.jsonl": data for name, data in tables if data}

    def import_lines(self, files: Mapping[str, bytes], schema: str, sealer: Sealer) -> None:
        """Put these rows in the place of all that are there. Raises StateError, with nothing changed, for damage."""
        if schema > HEAD:
            hint = "use the newer syndicate that wrote it"
            raise StateError(f"written by a newer syndicate (schema {schema}, this one knows {HEAD})", hint=hint)
        _refuse_other_site(files, self._site)
        rows = _parse_tables(files, sealer) if schema == HEAD else _bring_up(files, schema, sealer)
        with self._database.writing() as connection:
            _replace(connection, rows)


# --- out ----------------------------------------------------------------------------------------------------------


def _render_table(connection: Connection, table: Table, sealer: Sealer, salt: str) -> bytes:
    query = select(table).where(_PART.get(table.name, true())).order_by(*table.primary_key.columns)
    rows = connection.execute(query).mappings()
    options = orjson.OPT_UTC_Z | orjson.OPT_APPEND_NEWLINE
    told = ({str(name): one for name, one in row.items() if one is not None} for row in rows)
    lines = (_seal_row(row, sealer, salt) for row in told) if table is deliveries else map(_forget_disk, told)
    return b"".join(orjson.dumps(line, option=options) for line in lines)


def _forget_disk(row: Row) -> Row:
    """What only this machine's disk knows of a file would be another word after each run."""
    return row | {"version": ""} if row.get("version", "").startswith(ON_DISK) else row


def _seal_row(row: Row, sealer: Sealer, salt: str) -> Row:
    """Words of a person that are not sent yet need the key; those of a post are in the repository, too."""
    if row["state"] is State.SENT:
        return row
    names = [name for name in _NOT_PUBLIC if row.get(name) and (sealer.has_key or name == "text")]
    return row | {name: {_SEALED: sealer.seal(row[name], name=_name_of(row, name), salt=salt)} for name in names}


def _name_of(row: Mapping[str, Any], column: str) -> str:
    return f"{row['key']} {column}"


# --- and back -----------------------------------------------------------------------------------------------------


def _parse_tables(files: Mapping[str, bytes], sealer: Sealer) -> dict[str, list[Row]]:
    found = {}
    for table in _TRAVELLING:
        readers = {column.name: _choose_reader(column.type) for column in table.columns}
        found[table.name] = [_convert(row, readers) for row in _read_lines(files, table.name, sealer)]
    return found


def _read_lines(files: Mapping[str, bytes], table: str, sealer: Sealer) -> Iterator[Row]:
    name = f"{table}.jsonl"
    for number, line in enumerate(files.get(name, b"").splitlines(), 1):
        try:
            row: Row = orjson.loads(line)
            sealed = [column for column, value in row.items() if isinstance(value, dict)]
            opened = {column: sealer.open(row[column][_SEALED], name=_name_of(row, column)) for column in sealed}
            yield _give_up(row) if opened.get("message") == "" else row | opened
        except (orjson.JSONDecodeError, KeyError, AttributeError, TypeError) as error:
            raise StateError("cannot be read: it is damaged", where=f"{name}:{number}") from error


def _give_up(row: Row) -> Row:
    """A message whose words are lost is composed anew; what may be out already cannot be looked for without them."""
    kept = {column: value for column, value in row.items() if column not in {"message", "look_at", "lease_until"}}
    kept |= {"text": "", "lease_owner": ""}
    if row["state"] not in {State.SENDING, State.UNCERTAIN}:
        return kept
    return kept | {"state": State.UNCERTAIN, "reason": Reason.NOBODY_TO_ASK, "detail": ""}


def _refuse_other_site(files: Mapping[str, bytes], site: str) -> None:
    """One place holds one site: the other would go on with its messages, or lose its own."""
    names = [str(row.get("site")) for row in _read_lines(files, states.name, Sealer(""))]
    if names and site not in names:
        raise ConfigError(
            f'holds the state of the site "{names[0]}", and this one is "{site}"',
            where="[storage] state",
            hint=f'give each site a branch or prefix of its own; the same site again has [site] name = "{names[0]}"',
        )


def _convert(row: Row, readers: Mapping[str, Callable[[Any], Any]]) -> Row:
    """Every column has a value, so that many rows go in at once."""
    try:
        return dict.fromkeys(readers) | {name: readers[name](value) for name, value in row.items()}
    except (KeyError, ValueError, TypeError) as error:
        raise StateError(f"the state has what this syndicate does not know: {error}") from error


def _choose_reader(kind: object) -> Callable[[Any], Any]:
    if isinstance(kind, Instant):
        return _parse_instant
    return kind.words if isinstance(kind, Word) else _keep


def _parse_instant(value: str) -> datetime:
    return datetime.fromisoformat(value)


def _keep(value: Any) -> Any:
    return value


def _replace(connection: Connection, rows: Mapping[str, list[Row]]) -> None:
    connection.execute(delete(publications))  # the next one looks at everything
    for table in reversed(_TRAVELLING):
        connection.execute(delete(table).where(_PART.get(table.name, true())))
    for table in _TRAVELLING:
        if rows[table.name]:
            connection.execute(insert(table), rows[table.name])


def _bring_up(files: Mapping[str, bytes], schema: str, sealer: Sealer) -> dict[str, list[Row]]:
    """What an earlier syndicate wrote goes into a database as it was then, which is brought to the present one."""
    with TemporaryDirectory() as folder:
        database = Database(f"sqlite:///{Path(folder) / 'state.db'}")
        try:
            with database.writing() as connection:
                run_steps(connection, schema)
                connection.execute(text("PRAGMA defer_foreign_keys=ON"))  # until the last table is there
                for name in sorted(_PLAIN_NAME.findall(" ".join(files))):
                    _insert_plain(connection, name, list(_read_lines(files, name, sealer)))
            upgrade(database)
            with database.reading() as connection:
                rows = {table.name: connection.execute(select(table)).mappings() for table in _TRAVELLING}
                return {name: [dict(row) for row in found] for name, found in rows.items()}
        except (ValueError, TypeError, KeyError) as error:
            raise StateError(f"cannot be brought up from schema {schema}: it is damaged") from error
        finally:
            database.close()


def _insert_plain(connection: Connection, table: str, rows: list[Row]) -> None:
    """Without knowing the table: an instant is the text in a column of numbers."""
    kinds = {row[1]: row[2] for row in connection.execute(text(f"PRAGMA table_info({table})"))}
    for row in rows:
        names = [name for name in row if name in kinds]
        values = {name: _to_number(row[name]) if _is_number(kinds[name]) else row[name] for name in names}
        places = ", ".join(f":{name}" for name in names)
        connection.execute(text(f"INSERT INTO {table} ({', '.join(names)}) VALUES ({places})"), values)  # noqa: S608


def _is_number(kind: str) -> bool:
    return kind.upper() in {"BIGINT", "INTEGER"}


def _to_number(value: Any) -> Any:
    return Instant().process_bind_param(_parse_instant(value), None) if isinstance(value, str) else value  # type: ignore[arg-type]
