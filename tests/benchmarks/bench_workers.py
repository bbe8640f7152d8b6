"""How much more workers bring on one PostgreSQL, where each message waits for its network.

    python -m tests.benchmarks.bench_workers [WORKERS [SECONDS]]

`ACCOUNTS` accounts with `EACH` messages, a network that takes so many seconds for each (0.2), and `AT_ONCE` accounts at
a time in each worker. The workers are processes. The clock counts: a worker waits most of the time, unless the machine
has no processor for it. So beside it stands what the network alone takes, and the CPU time of the workers: where both
processors are full, more workers bring nothing, and a slower network shows what they bring.
"""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from syndicate.deliver import list_accounts_with_work, work_account
from syndicate.model import Account, Message, Receipt, State
from syndicate.store import open_store
from tests.benchmarks.table import Row, print_rows
from tests.deliver.bench import Bench, Scripted
from tests.store.conftest import run_postgres

ACCOUNTS, EACH, AT_ONCE = 64, 4, 8


class Slow(Scripted):
    """A network that thinks before it publishes."""

    def __init__(self, seconds: float) -> None:
        super().__init__()
        self.seconds = seconds

    def send(self, message: Message, *, key: str) -> Receipt:
        time.sleep(self.seconds)
        return super().send(message, key=key)


def work(url: str, site: str, number: str, seconds: float) -> None:
    """One worker: until nothing is due any more."""
    with open_store(url, site) as store:
        bench = Bench(store)
        bench.networks = {f"a{place}": Slow(seconds) for place in range(ACCOUNTS)}
        bench.accounts = {name: Account(name=name, network="webhook") for name in bench.networks}
        tools = replace(bench.tools(), clock=lambda: datetime.now(UTC), owner=f"worker-{number}")
        print("ready", flush=True)
        sys.stdin.readline()
        began = time.process_time()
        with ThreadPoolExecutor(AT_ONCE) as pool:
            while accounts := list_accounts_with_work(tools):
                list(pool.map(lambda account: work_account(tools, account), accounts))
        print(time.process_time() - began, flush=True)


def measure(url: str, site: str, workers: int, seconds: float) -> tuple[float, float]:
    """Seconds until every message is sent, and the CPU seconds of the workers for them."""
    with open_store(url, site) as store:
        bench = Bench(store)
        for place in range(ACCOUNTS):
            for number in range(EACH):
                bench.add(f"a{place}", f"p{number}", due_at=datetime.now(UTC) - timedelta(minutes=1))
        command = [sys.executable, "-m", "tests.benchmarks.bench_workers", url, site, str(seconds)]
        processes = [
            subprocess.Popen([*command, str(number)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
            for number in range(workers)
        ]
        used = 0.0
        for process in processes:
            assert process.stdout is not None
            process.stdout.readline()
        began = time.perf_counter()
        for process in processes:
            assert process.stdin is not None
            process.stdin.write("go\n")
            process.stdin.flush()
        for process in processes:
            assert process.stdout is not None
            used += float(process.stdout.read())
            assert process.wait() == 0
        took = time.perf_counter() - began
        sent = store.list_deliveries(states=(State.SENT,))
        assert len(sent) == ACCOUNTS * EACH
    return took, used


def list_rows(workers: int = 4, seconds: float = 0.2) -> Iterator[Row]:
    with run_postgres() as url:
        (alone, used_alone), (together, used) = measure(url, "1", 1, seconds), measure(url, "all", workers, seconds)
    least = ACCOUNTS * EACH * seconds / AT_ONCE
    work = f"PostgreSQL, {workers} workers against 1, {ACCOUNTS} accounts, a network of {seconds} s, {AT_ONCE} at once"
    clocks = f"{alone:.1f} s and {together:.1f} s, of the network {least:.1f} and {least / workers:.1f}"
    cpus = f"{used_alone:.1f} and {used:.1f} CPU s"
    yield Row(work, f"{alone / together:.1f} × ({clocks}; {cpus} of the workers)", "≥ 3 ×")


if __name__ == "__main__":
    if len(sys.argv) == 5:
        work(sys.argv[1], sys.argv[2], sys.argv[4], float(sys.argv[3]))
    else:
        print_rows(list_rows(*map(int, sys.argv[1:2]), *map(float, sys.argv[2:])))
