"""How much more workers bring on one PostgreSQL, where each message waits for its network.

    python -m tests.benchmarks.bench_workers [WORKERS]

`ACCOUNTS` accounts with `EACH` messages, a network that takes `SLOWNESS` seconds for each, and `AT_ONCE` accounts at a
time in each worker. The workers are processes. The clock counts: a worker waits most of the time, unless the machine
has no processor for it.
"""

from __future__ import annotations

import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from syndicate.deliver import list_accounts_with_work, work_account
from syndicate.model import Message, Receipt, State
from syndicate.store import open_store
from tests.deliver.bench import Bench, Scripted
from tests.store.conftest import run_postgres

ACCOUNTS, EACH, AT_ONCE, SLOWNESS = 64, 4, 8, 0.2


class Slow(Scripted):
    """A network that thinks before it publishes."""

    def send(self, message: Message, *, key: str) -> Receipt:
        time.sleep(SLOWNESS)
        return super().send(message, key=key)


def work(url: str, site: str, number: str) -> None:
    """One worker: until nothing is due any more."""
    with open_store(url, site) as store:
        bench = Bench(store)
        bench.networks = {f"a{place}": Slow() for place in range(ACCOUNTS)}
        tools = replace(bench.tools(), clock=lambda: datetime.now(UTC), owner=f"worker-{number}")
        print("ready", flush=True)
        sys.stdin.readline()
        with ThreadPoolExecutor(AT_ONCE) as pool:
            while accounts := list_accounts_with_work(tools):
                list(pool.map(lambda account: work_account(tools, account), accounts))


def measure(url: str, site: str, workers: int) -> float:
    """Seconds until every message is sent."""
    with open_store(url, site) as store:
        bench = Bench(store)
        for place in range(ACCOUNTS):
            for number in range(EACH):
                bench.add(f"a{place}", f"p{number}", due_at=datetime.now(UTC) - timedelta(minutes=1))
        command = [sys.executable, "-m", "tests.benchmarks.bench_workers", url, site]
        processes = [
            subprocess.Popen([*command, str(number)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
            for number in range(workers)
        ]
        for process in processes:
            assert process.stdout is not None
            process.stdout.readline()
        began = time.perf_counter()
        for process in processes:
            assert process.stdin is not None
            process.stdin.write("go\n")
            process.stdin.flush()
        for process in processes:
            assert process.wait() == 0
        seconds = time.perf_counter() - began
        sent = store.list_deliveries(states=(State.SENT,))
        assert len(sent) == ACCOUNTS * EACH
    return seconds


def main(workers: int) -> None:
    with run_postgres() as url:
        alone, together = measure(url, "alone", 1), measure(url, "together", workers)
    print("| PostgreSQL | seconds |\n|---|---|")
    print(f"| 1 worker | {alone:.1f} |\n| {workers} workers | {together:.1f}, {alone / together:.1f} times as fast |")


if __name__ == "__main__":
    if len(sys.argv) == 4:
        work(*sys.argv[1:])
    else:
        main(int(sys.argv[1]) if len(sys.argv) > 1 else 4)
