"""The one table of docs/benchmarks.md, in one run: `make bench`, or some of its parts.

    python -m tests.benchmarks [feeds] [cards] [deliveries] [serving] [workers] [daemon]

Feeds are made of 1,000, 10,000 and 50,000 posts, beside Hugo, Eleventy and Pelican where they are installed; everything
else is measured with 10,000 or with what its own file says. All of it takes hours on a busy machine.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable

from tests.benchmarks import bench_daemon, bench_deliveries, bench_serving, bench_whole, bench_workers
from tests.benchmarks.table import Row, print_rows

PARTS: dict[str, Callable[[], Iterable[Row]]] = {
    "feeds": lambda: bench_whole.list_rows((1_000, 10_000, 50_000)),
    "cards": lambda: bench_whole.list_rows((10_000,), cards=True),
    "deliveries": bench_deliveries.list_rows,
    "serving": bench_serving.list_rows,
    "workers": bench_workers.list_rows,
    "daemon": bench_daemon.list_rows,
}


def main(names: Iterable[str]) -> None:
    print_rows(row for name in names for row in PARTS[name]())


if __name__ == "__main__":
    main(sys.argv[1:] or PARTS)
