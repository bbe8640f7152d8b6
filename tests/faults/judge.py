"""What must be true at every moment, whatever happened: the store never says what the networks do not show."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping

from syndicate.model import NEW, Attempt, Delivery, State
from syndicate.planning.deliveries import say_why
from syndicate.store.store import Store
from tests.faults.servers import Server

_SURELY_NOT_SENT = frozenset(
    {State.PLANNED, State.DUE, State.HELD, State.SKIPPED, State.MISSED, State.FAILED, State.CANCELLED}
)


def judge(store: Store, servers: Mapping[str, Server], *, is_over: bool) -> list[str]:
    """Every broken promise in words; `is_over`: nothing may be left unsent."""
    for server in servers.values():
        server.catch_up()
    rows = store.list_deliveries()
    faults = [fault for row in rows for fault in _judge_row(row, servers[row.account], is_over=is_over)]
    keys = {row.key for row in rows}
    strays = [copy.key for server in servers.values() for copy in server.copies if copy.key not in keys]
    return faults + [f"a copy that no delivery knows: {key}" for key in strays] + _judge_threads(rows, servers)


def _judge_row(row: Delivery, server: Server, *, is_over: bool) -> list[str]:
    copies = [copy for copy in server.copies if copy.key == row.key]
    name = f"delivery {row.id} on {row.account} ({row.state})"
    faults = []
    if len(copies) > 1:
        faults.append(f"duplicate: {name} went out {len(copies)} times")
    if row.state in _SURELY_NOT_SENT and copies:
        faults.append(f"untrue: {name} went out all the same")
    if row.state is State.SENT and [copy.remote_id for copy in copies] != [row.receipt and row.receipt.remote_id]:
        faults.append(f"lost: {name} has the receipt {row.receipt} and the network {copies}")
    if not say_why(row):
        faults.append(f"silent: {name} does not say why it is there")
    if is_over and row.state is not State.SENT:
        faults.append(f"lost: {name} never went out: {say_why(row)}")
    return faults


def _judge_threads(rows: tuple[Delivery, ...], servers: Mapping[str, Server]) -> list[str]:
    """A later part answers to the copy of the part before."""
    receipts = {(row.account, row.part): row.receipt for row in rows if row.occasion == NEW and row.receipt}
    faults = []
    for row in rows:
        before = receipts.get((row.account, row.part - 1))
        copies = [copy for copy in servers[row.account].copies if copy.key == row.key]
        if row.part > 1 and copies and (before is None or copies[0].reply_to != before.remote_id):
            faults.append(f"thread: part {row.part} on {row.account} answers to {copies[0].reply_to}")
    return faults


def judge_trail(row: Delivery, trail: tuple[Attempt, ...]) -> list[str]:
    """Where nothing can be read back, no second call may follow an unknown outcome before a person has settled it."""
    unknown = False
    for line in trail:
        if line.action == "settle" and line.outcome == "by hand":
            unknown = False
        elif line.state is State.UNCERTAIN:
            unknown = True
        elif line.outcome == "intent" and unknown:
            return [f"blind: delivery {row.id} on {row.account} was sent again while its outcome was unknown"]
    return []


def count_by(faults: list[str]) -> Counter[str]:
    """Broken promises by their first word."""
    return Counter(fault.partition(":")[0] for fault in faults)
