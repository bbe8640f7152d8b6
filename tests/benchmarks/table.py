"""The table of docs/benchmarks.md: what each benchmark hands over, and how it is printed."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple


class Row(NamedTuple):
    """One kind of work."""

    work: str
    measured: str
    goal: str = ""


def print_rows(rows: Iterable[Row]) -> None:
    """Each as soon as it is known."""
    print("| work | measured | to reach |\n|---|---|---|")
    for row in rows:
        print(f"| {' | '.join(row)} |", flush=True)
