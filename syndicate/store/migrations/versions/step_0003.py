"""Reasons, occasions and a person's choices as words of their own: until here they were English sentences."""

import re
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"

_CHUNK = 1000
_YOURSELF = r": look yourself, then `syndicate settle`"

# What the first schema stored, as pattern and reason; groups are the data. The first that fits the whole sentence wins.
_REASONS = tuple(
    (re.compile(pattern, re.DOTALL), reason)
    for pattern, reason in (
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
    (re.compile(r"new"), "new"),
    (re.compile(r"evergreen-\d{4}-\d\d"), "evergreen"),
    (re.compile(r"manual(?:-\d+)?"), "manual"),
    (re.compile(r".*", re.DOTALL), "flag"),
)


def upgrade() -> None:
    for table, column in (
        ("deliveries", sa.Column("occasion_kind", sa.Text, nullable=False, server_default="")),
        ("deliveries", sa.Column("detail", sa.Text, nullable=False, server_default="")),
        ("deliveries", sa.Column("chosen", sa.Text)),
        ("deliveries", sa.Column("chosen_due_at", sa.BigInteger)),
        ("deliveries", sa.Column("overruled", sa.Text, nullable=False, server_default="")),
        ("attempts", sa.Column("reason", sa.Text, nullable=False, server_default="")),
    ):
        op.add_column(table, column)
    _rewrite("deliveries", ("occasion", "reason", "due_at"), _turn_delivery)
    _rewrite("attempts", ("detail",), _turn_attempt)


def _rewrite(table: str, names: Sequence[str], turn: Any) -> None:
    """Every row by its number, so that no sentence is taken for a word that was just written."""
    connection = op.get_bind()
    columns: list[sa.ColumnElement[Any]] = [sa.column(name) for name in ("id", *names)]
    known = connection.execute(sa.select(*columns).select_from(sa.table(table))).all()
    for some in _chunks([{"its_id": number} | turn(*values) for number, *values in known]):
        names_after = [name for name in some[0] if name != "its_id"]
        target = sa.table(table, sa.column("id"), *map(sa.column, names_after))
        changes: dict[str, Any] = {name: sa.bindparam(f"its_{name}") for name in names_after}
        rows = [{name if name == "its_id" else f"its_{name}": value for name, value in row.items()} for row in some]
        connection.execute(sa.update(target).where(target.c.id == sa.bindparam("its_id")).values(changes), rows)


def _chunks(rows: Sequence[dict[str, Any]]) -> Iterator[Sequence[dict[str, Any]]]:
    for start in range(0, len(rows), _CHUNK):
        yield rows[start : start + _CHUNK]


def _turn_delivery(occasion: str, sentence: str, due_at: int) -> dict[str, Any]:
    kind = next(kind for pattern, kind in _OCCASIONS if pattern.fullmatch(occasion))
    chosen = _CHOICES.get(sentence) or ("post" if kind == "manual" else None)
    reason, detail = ("", "") if sentence in _CHOICES else _read(sentence)
    return {
        "occasion_kind": kind,
        "reason": reason,
        "detail": detail,
        "chosen": chosen,
        "chosen_due_at": due_at if chosen in _GAVE_TIME or kind == "manual" else None,
    }


def _turn_attempt(sentence: str) -> dict[str, Any]:
    reason, detail = _read(sentence)
    return {"reason": reason, "detail": detail}


def _read(sentence: str) -> tuple[str, str]:
    if not sentence:
        return "", ""
    found: Iterable[tuple[re.Match[str] | None, str]] = ((p.fullmatch(sentence), reason) for p, reason in _REASONS)
    match, reason = next((match, reason) for match, reason in found if match)
    return reason, "\n".join(match.groups()) if match else ""
