"""How a database of any age comes to the tables of `schema.py`: the steps it has not had, in order.

Steps are only ever added. The table `alembic_version` names the last one that a database has had. Older programs look
there, and see that a newer one was here.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import Any

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
            run_steps(connection)


def _read_version(connection: Connection) -> str:
    if not inspect(connection).has_table("alembic_version"):
        return ""
    return str(connection.execute(text("SELECT version_num FROM alembic_version")).scalar() or "")


def run_steps(connection: Connection, last: str = HEAD) -> None:
    """Bring the database to the schema of this step; raises StateError for one that there is not."""
    connection.execute(text("CREATE TABLE IF NOT EXISTS alembic_version (version_num VARCHAR(32) PRIMARY KEY)"))
    version = _read_version(connection)
    if unknown := {version, last} - {"", *_STEPS}:
        raise StateError(f"cannot be brought up: there is no schema {unknown.pop()}: it is damaged")
    types = _TYPES[connection.dialect.name]
    for name, actions in _STEPS.items():
        if version < name <= last:
            for action in actions:
                if isinstance(action, str):
                    connection.execute(text(action.format_map(types)))
                else:
                    action(connection)
    connection.execute(text("DELETE FROM alembic_version"))
    connection.execute(text("INSERT INTO alembic_version VALUES (:last)"), {"last": last})


# --- what step 0003 does to the rows that are there: English sentences become reasons, occasions and choices ---

_YOURSELF = r": look yourself, then `syndicate settle`"

# What the first schema stored, as pattern and reason; groups are the data. The first that fits the whole sentence wins.
_REASONS = (
    (r"waits for approval", "approval"),
    (r"the post asks to be skipped here", "asked_to_skip"),
    (r"baseline: the post was already there when the account was turned on", "baseline"),
    (r'its category "(.*)" is excluded on this account', "excluded_category"),
    (r"the message has fewer parts now", "fewer_parts"),
    (r"(featured) from the start: announced as new", "flagged_from_the_start"),
    (r"gave its slot to a fresh post", "gave_way"),
    (r'"(new|featured|evergreen)" is not among what this account posts', "not_an_occasion"),
    (r"not in the account's categories \((.*)\)", "not_in_categories"),
    (r"its post came back; release it to send", "post_came_back"),
    (r"its post is gone: deleted, or a draft again", "post_gone"),
    (r"its post was given another date", "redated"),
    (r"the account is turned off", "turned_off"),
    (r"the post is no longer (featured)", "unflagged"),
    (r"waits until delivery (\d+), of the same post, is settled", "behind_twin"),
    (r"keeps the gap to the message before", "gap"),
    (r"missed its time, (.{16} UTC): moved to the next slot", "missed_moved"),
    (r"missed its time, (.{16} UTC)(?:: release it to send it)?", "missed"),
    (r"the limit of (\d+\.\d\d) US dollars in 30 days is reached", "money_limit"),
    (r"waits for its page: (.*)", "page_not_live"),
    (r"its page was not live in time: (.*)", "page_too_late"),
    (r"the limit of (\d+) messages (?:a day|in 24 hours) is reached", "per_day"),
    (r"waits for the end of the quiet hours, (.*)", "quiet_hours"),
    (r"composed anew for the network's own limits: (.*)", "composed_anew"),
    (r"gave up after (\d+ hours?): (.*)", "gave_up"),
    (r"still failing after hours of trying: (.*)", "still_failing"),
    (rf"may be published \(the network names another message's copy, (.*)\){_YOURSELF}", "anothers_copy"),
    (rf"may be published \(not there after (\d+) looks, and another try costs money\){_YOURSELF}", "costs_money"),
    (rf"may be published \(the program stopped during the call: .*\){_YOURSELF}", "nobody_to_ask"),
    (rf"may be published \(may be published \((.*)\): looking\){_YOURSELF}", "look_yourself"),
    (rf"may be published \((.*)\){_YOURSELF}", "look_yourself"),
    (r"may be published \((.*)\): looking", "looking"),
    (r"may be published; could not look \((.*)\): looking again", "could_not_look"),
    (r"the program stopped during the call: looking whether it was published", "interrupted"),
    (r"not there after (\d+) of (\d+) looks", "not_there_yet"),
    (r"not there after (\d+) looks: it is sent again", "not_there"),
    (r"edited after its post: (.*)", "edited"),
    (r"was published, found by looking: (.*)", "found"),
    (r"was published, the network names the copy: (.*)", "named_by_network"),
    (r"found on the network", "found_on_network"),
    (r"removed from the network after its post was taken away", "removed"),
    (r"sent: (.*)", "sent"),
    (r"(.*)", "own_words"),
)

# What a person had done, as it was told in place of a reason.
_CHOICES = {
    "held by you": "hold",
    "released by you": "release",
    "cancelled by you": "cancel",
    "tried again by you": "retry",
    "moved by you": "move",
    "settled by you: it was sent": "settle_sent",
    "settled by you: it was not sent": "settle_not_sent",
    "asked for by hand": "post",
}
_GAVE_TIME = {"retry", "move", "post"}
_OCCASIONS = (
    (r"new", "new"),
    (r"evergreen-\d{4}-\d\d", "evergreen"),
    (r"manual(?:-\d+)?", "manual"),
    (r".*", "flag"),
)


def _reword_deliveries(connection: Connection) -> None:
    _reword(connection, "deliveries", ("occasion", "reason", "due_at"), _reword_delivery)


def _reword_attempts(connection: Connection) -> None:
    _reword(connection, "attempts", ("detail",), _reword_attempt)


def _reword(connection: Connection, name: str, columns: Sequence[str], turn: Callable[..., dict[str, Any]]) -> None:
    """Every row by its number, so that no sentence is taken for a word that was just written."""
    found = connection.execute(text(f"SELECT id, {', '.join(columns)} FROM {name}"))  # noqa: S608
    rows = [{"row": number} | turn(*values) for number, *values in found]
    if rows:
        changes = ", ".join(f"{key} = :{key}" for key in rows[0] if key != "row")
        connection.execute(text(f"UPDATE {name} SET {changes} WHERE id = :row"), rows)  # noqa: S608


def _reword_delivery(occasion: str, sentence: str, due_at: int) -> dict[str, Any]:
    kind = next(kind for pattern, kind in _OCCASIONS if re.fullmatch(pattern, occasion, re.DOTALL))
    chosen = _CHOICES.get(sentence) or ("post" if kind == "manual" else None)
    reason, detail = ("", "") if sentence in _CHOICES else _read_sentence(sentence)
    return {
        "occasion_kind": kind,
        "reason": reason,
        "detail": detail,
        "chosen": chosen,
        "chosen_due_at": due_at if chosen in _GAVE_TIME or kind == "manual" else None,
    }


def _reword_attempt(sentence: str) -> dict[str, Any]:
    reason, detail = _read_sentence(sentence)
    return {"reason": reason, "detail": detail}


def _read_sentence(sentence: str) -> tuple[str, str]:
    if not sentence:
        return "", ""
    for pattern, reason in _REASONS:
        if match := re.fullmatch(pattern, sentence, re.DOTALL):
            return reason, "\n".join(match.groups())
    raise AssertionError("the last pattern fits everything")


# --- the steps ---

# SQLite counts rows only through INTEGER, PostgreSQL shall not stop at 2³¹.
_TYPES = {
    "sqlite": {"counted": "INTEGER", "row": "INTEGER"},
    "postgresql": {"counted": "BIGSERIAL", "row": "BIGINT"},
}
_STEPS: dict[str, tuple[str | Callable[[Connection], None], ...]] = {
    # The first schema: posts, accounts, the outbox and its trail.
    "0001": (
        """CREATE TABLE posts (
            site TEXT NOT NULL, id TEXT NOT NULL, source TEXT NOT NULL, slug TEXT NOT NULL, permalink TEXT NOT NULL,
            title TEXT NOT NULL, digest TEXT NOT NULL, published_at BIGINT NOT NULL, updated_at BIGINT NOT NULL,
            first_seen_at BIGINT NOT NULL, gone_at BIGINT, PRIMARY KEY (site, id))""",
        """CREATE TABLE accounts (
            site TEXT NOT NULL, name TEXT NOT NULL, baselined_at BIGINT, paused_at BIGINT, paused_until BIGINT,
            pause_reason TEXT NOT NULL, limits TEXT NOT NULL, limits_read_at BIGINT, PRIMARY KEY (site, name))""",
        """CREATE TABLE deliveries (
            id {counted} NOT NULL PRIMARY KEY, site TEXT NOT NULL, post_id TEXT NOT NULL, slug TEXT NOT NULL,
            account TEXT NOT NULL, network TEXT NOT NULL, occasion TEXT NOT NULL, part INTEGER NOT NULL,
            state TEXT NOT NULL, due_at BIGINT NOT NULL, look_at BIGINT, key TEXT NOT NULL, text TEXT NOT NULL,
            message TEXT, reason TEXT NOT NULL, attempts INTEGER NOT NULL, looks INTEGER NOT NULL, cost FLOAT NOT NULL,
            created_at BIGINT NOT NULL, started_at BIGINT, intent_at BIGINT, sent_at BIGINT, receipt TEXT,
            remote_id TEXT, lease_owner TEXT NOT NULL, lease_until BIGINT,
            CONSTRAINT deliveries_once UNIQUE (site, post_id, account, occasion, part),
            CONSTRAINT deliveries_key UNIQUE (key))""",
        "CREATE INDEX deliveries_waiting ON deliveries (site, state, due_at)",
        "CREATE INDEX deliveries_account ON deliveries (site, account, state)",
        "CREATE INDEX deliveries_receipt ON deliveries (site, account, remote_id)",
        """CREATE TABLE attempts (
            id {counted} NOT NULL PRIMARY KEY, site TEXT NOT NULL,
            delivery_id {row} NOT NULL REFERENCES deliveries (id), at BIGINT NOT NULL, action TEXT NOT NULL,
            outcome TEXT NOT NULL, state TEXT NOT NULL, detail TEXT NOT NULL)""",
        "CREATE INDEX attempts_trail ON attempts (delivery_id, id)",
    ),
    # What tells a post that was renamed: digests of its source and a sketch of its body; and drafts that were seen.
    "0002": (
        "ALTER TABLE posts ADD COLUMN source_digest TEXT NOT NULL DEFAULT ''",
        "ALTER TABLE posts ADD COLUMN fields_digest TEXT NOT NULL DEFAULT ''",
        "ALTER TABLE posts ADD COLUMN sketch TEXT NOT NULL DEFAULT ''",
        """CREATE TABLE drafts (
            site TEXT NOT NULL, source TEXT NOT NULL, slug TEXT NOT NULL, source_digest TEXT NOT NULL,
            first_seen_at BIGINT NOT NULL, PRIMARY KEY (site, source))""",
    ),
    # Reasons, occasions and a person's choices as words of their own.
    "0003": (
        "ALTER TABLE deliveries ADD COLUMN occasion_kind TEXT NOT NULL DEFAULT ''",
        "ALTER TABLE deliveries ADD COLUMN detail TEXT NOT NULL DEFAULT ''",
        "ALTER TABLE deliveries ADD COLUMN chosen TEXT",
        "ALTER TABLE deliveries ADD COLUMN chosen_due_at BIGINT",
        "ALTER TABLE deliveries ADD COLUMN overruled TEXT NOT NULL DEFAULT ''",
        "ALTER TABLE attempts ADD COLUMN reason TEXT NOT NULL DEFAULT ''",
        _reword_deliveries,
        _reword_attempts,
    ),
    # Accounts rest while their server fails; a wait knows by which clock it was decided.
    "0004": (
        "ALTER TABLE accounts ADD COLUMN rest_since BIGINT",
        "ALTER TABLE accounts ADD COLUMN rest_at BIGINT",
        "ALTER TABLE accounts ADD COLUMN rest_until BIGINT",
        "ALTER TABLE accounts ADD COLUMN rest_reason TEXT NOT NULL DEFAULT ''",
        "ALTER TABLE accounts ADD COLUMN rest_after TEXT NOT NULL DEFAULT ''",
        "ALTER TABLE deliveries ADD COLUMN decided_at BIGINT",
    ),
    # The state's own identity, its counter of irreversible calls, and the switch that stops them.
    "0005": (
        """CREATE TABLE states (
            site TEXT NOT NULL PRIMARY KEY, identity TEXT NOT NULL, counter BIGINT NOT NULL, replaces TEXT NOT NULL,
            url TEXT NOT NULL, config TEXT NOT NULL, contradiction TEXT NOT NULL, contradicted_at BIGINT,
            adopted TEXT NOT NULL)""",
    ),
    # Sessions of the dashboard and what opens them, as digests.
    "0006": (
        """CREATE TABLE passes (
            site TEXT NOT NULL, kind TEXT NOT NULL, digest TEXT NOT NULL, ends_at BIGINT NOT NULL,
            PRIMARY KEY (site, kind, digest))""",
    ),
    # What accounts spend on reading and deleting, beside what their messages cost.
    "0007": (
        """CREATE TABLE spendings (
            site TEXT NOT NULL, account TEXT NOT NULL, at BIGINT NOT NULL, dollars FLOAT NOT NULL,
            PRIMARY KEY (site, account, at))""",
    ),
    # The flags an account waits for, so that one turned on later announces no post that had it before.
    "0008": ("ALTER TABLE accounts ADD COLUMN listening TEXT NOT NULL DEFAULT ''",),
    # The date and the id that a post names now, so that a post that was re-dated or given an id is known by them, too.
    "0009": (
        "ALTER TABLE posts ADD COLUMN dated_at BIGINT",
        "ALTER TABLE posts ADD COLUMN declared_id TEXT NOT NULL DEFAULT ''",
    ),
    # The settings with which posts were read, so that what a changed setting brings to light is not taken for news.
    "0010": ("ALTER TABLE states ADD COLUMN reading TEXT NOT NULL DEFAULT ''",),
    # The secrets with which a paused account failed, as digests, so that others are noticed.
    "0011": ("ALTER TABLE accounts ADD COLUMN paused_with TEXT NOT NULL DEFAULT ''",),
    # Sealed tokens, for a state without a disk of its own: they travel with it.
    "0012": (
        """CREATE TABLE secrets (
            site TEXT NOT NULL, name TEXT NOT NULL, sealed TEXT NOT NULL, PRIMARY KEY (site, name))""",
    ),
    # The manifest: every published file with what it was made of, and how the last publication ended.
    "0013": (
        """CREATE TABLE published_files (
            site TEXT NOT NULL, path TEXT NOT NULL, digest TEXT NOT NULL, earlier TEXT NOT NULL,
            fingerprint TEXT NOT NULL, size BIGINT NOT NULL, version TEXT NOT NULL, post_id TEXT NOT NULL,
            card TEXT NOT NULL, unneeded_since BIGINT, PRIMARY KEY (site, path))""",
        "CREATE INDEX published_cards ON published_files (site, post_id) WHERE post_id <> ''",
        "CREATE TABLE publications (site TEXT NOT NULL PRIMARY KEY, turn TEXT NOT NULL, record TEXT NOT NULL)",
    ),
    # Tokens of the API: their names, rights and digests.
    "0014": (
        """CREATE TABLE api_tokens (
            site TEXT NOT NULL, name TEXT NOT NULL, digest TEXT NOT NULL, scopes TEXT NOT NULL,
            created_at BIGINT NOT NULL, ends_at BIGINT, PRIMARY KEY (site, name))""",
    ),
    # A person's own alt text and choice of picture for one message.
    "0015": (
        "ALTER TABLE deliveries ADD COLUMN alt TEXT NOT NULL DEFAULT ''",
        "ALTER TABLE deliveries ADD COLUMN media TEXT NOT NULL DEFAULT ''",
    ),
    # How often others answered a message, as numbers with their times.
    "0016": (
        """CREATE TABLE reactions (
            site TEXT NOT NULL, delivery_id {row} NOT NULL, at BIGINT NOT NULL, looked_at BIGINT NOT NULL,
            likes BIGINT, boosts BIGINT, replies BIGINT, quotes BIGINT, PRIMARY KEY (site, delivery_id, at))""",
    ),
    # As whom an account is logged in, as its network said last.
    "0017": ("ALTER TABLE accounts ADD COLUMN who TEXT NOT NULL DEFAULT ''",),
    # Since when an account is not in syndicate.toml, so that one that is back soon goes on.
    "0018": ("ALTER TABLE accounts ADD COLUMN away_since BIGINT",),
    # What is in hand now is found without a look at all that was ever sent.
    "0019": ("CREATE INDEX deliveries_leased ON deliveries (site, account) WHERE lease_until IS NOT NULL",),
    # Each account counts its own calls, so that no intent waits for another account's.
    "0020": (
        """CREATE TABLE calls (
            site TEXT NOT NULL, account TEXT NOT NULL, counter BIGINT NOT NULL, PRIMARY KEY (site, account))""",
    ),
}
