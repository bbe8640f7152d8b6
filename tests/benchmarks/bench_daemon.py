"""What `syndicate run` costs while nothing happens, and how soon one edit among many posts stands in the feed.

    python -m tests.benchmarks.bench_daemon [POSTS [SECONDS]]

A made blog that is published already, with small flat cards; the daemon idles for so many seconds (240), and all of it
takes eight minutes beside the first publication. The look at all files every ten minutes falls into none of them: at
10,000 posts it adds 0.03 % of one core. The clock holds the watcher's wait for the file's last change (`QUIET_MS`,
longer while it keeps changing). The last row is a publication of everything: the title of the site is another one.
"""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from syndicate.watcher import QUIET_MS
from tests.benchmarks.bench_costs import run
from tests.benchmarks.bench_whole import write_site
from tests.benchmarks.table import Row, print_rows

SETTLED = 10.0
"""Seconds without work after which a start is over."""
START = 120.0
"""Seconds after which a daemon has let go of what its start read."""
PATIENCE = 1800.0
"""Seconds after which what was waited for counts as never coming."""
EDITS = 3


@contextmanager
def running(root: Path) -> Iterator[int]:
    """The daemon's process id."""
    command = [sys.executable, "-m", "syndicate", "--config", str(root / "syndicate.toml"), "run"]
    with subprocess.Popen(command, stderr=subprocess.DEVNULL, env=os.environ) as process:
        try:
            yield process.pid
        finally:
            process.terminate()


def read_cpu(pid: int) -> float:
    """CPU seconds of it and of the processes that it started, also those that ended."""
    ticks = 0
    for one in (pid, *_list_children(pid)):
        with suppress(OSError):
            values = Path(f"/proc/{one}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()
            ticks += sum(map(int, values[11:15]))
    return ticks / os.sysconf("SC_CLK_TCK")


def settle(pid: int) -> None:
    """Wait until the start is over."""
    before, used = -1.0, read_cpu(pid)
    while used - before > 0.01 * SETTLED:
        time.sleep(SETTLED)
        before, used = used, read_cpu(pid)


def read_memory(pid: int, name: str) -> float:
    """In megabytes."""
    status = Path(f"/proc/{pid}/status").read_text(encoding="utf-8")
    return next(int(line.split()[1]) for line in status.splitlines() if line.startswith(name)) / 1024


def measure_edit(root: Path, pid: int, post: Path, number: int) -> tuple[float, float]:
    """CPU seconds and seconds of the clock from the saved file to the feed that says the same."""
    words = f"One more line, number {number}, at {time.time_ns()}."
    feed = root / "feeds" / "atom.xml"
    text, cpu, began = post.read_text(encoding="utf-8"), read_cpu(pid), time.perf_counter()
    post.write_text(f"{text}\n{words}\n", encoding="utf-8")
    wait_for(lambda: words in feed.read_text(encoding="utf-8"))
    return read_cpu(pid) - cpu, time.perf_counter() - began


def wait_for(is_done: Callable[[], bool], pause: float = 0.01) -> None:
    end = time.monotonic() + PATIENCE
    while not is_done():
        if time.monotonic() > end:
            raise TimeoutError("the daemon does nothing")
        time.sleep(pause)


@dataclass(frozen=True, slots=True)
class Whole:
    """What a publication of everything took: megabytes of the daemon at most and once it is over, CPU seconds."""

    most: float
    later: float
    cpu: float
    beside: float
    """Megabytes of the process that publishes, and of those that it lets draw, at most."""


def measure_whole(root: Path, pid: int) -> Whole:
    config, cpu = root / "syndicate.toml", read_cpu(pid)
    Path(f"/proc/{pid}/clear_refs").write_text("5", encoding="ascii")  # the most is counted from now on
    config.write_text(config.read_text(encoding="utf-8").replace("A blog", "Another blog"), encoding="utf-8")
    beside = [0.0]

    def is_done() -> bool:
        beside.append(sum(_read_unshared(child) for child in _list_children(pid)))
        return "Another blog" in (root / "feeds" / "opml.xml").read_text(encoding="utf-8")

    wait_for(is_done, pause=0.2)
    settle(pid)
    most, used = read_memory(pid, "VmHWM"), read_cpu(pid) - cpu
    time.sleep(START)
    return Whole(most, read_memory(pid, "VmRSS"), used, max(beside))


def _list_children(pid: int) -> list[int]:
    """With theirs; a process may end while we look."""
    found: list[int] = []
    with suppress(OSError):
        for task in Path(f"/proc/{pid}/task").iterdir():
            for child in map(int, (task / "children").read_text(encoding="ascii").split()):
                found += [child, *_list_children(child)]
    return found


def _read_unshared(pid: int) -> float:
    """Megabytes that it has for itself alone, and its part of what it shares."""
    with suppress(OSError):
        lines = Path(f"/proc/{pid}/smaps_rollup").read_text(encoding="ascii").splitlines()
        return next(int(line.split()[1]) for line in lines if line.startswith("Pss:")) / 1024
    return 0.0


def list_rows(count: int = 10_000, seconds: float = 240.0) -> Iterator[Row]:
    with TemporaryDirectory() as folder:
        root = Path(folder)
        write_site(root, count)
        with (root / "syndicate.toml").open("a", encoding="utf-8") as config:
            config.write('sizes = ["400x210"]\n')
        run(root, "publish")
        yield from list_rows_of(root, count, seconds)


def list_rows_of(root: Path, count: int, seconds: float) -> Iterator[Row]:
    """Of a site that is published."""
    newest = root / "content" / "posts" / f"post-{count - 1:05d}.md"
    with running(root) as pid:
        settle(pid)
        time.sleep(START)
        cpu = read_cpu(pid)
        time.sleep(seconds)
        idle, memory = (read_cpu(pid) - cpu) / seconds, read_memory(pid, "VmRSS")
        edits = [measure_edit(root, pid, newest, number) for number in range(EDITS)]
        settle(pid)
        after = read_memory(pid, "VmRSS")
        whole = measure_whole(root, pid)
    work = f"`run`, {count:,} posts"
    yield Row(f"{work}, idle for {seconds:.0f} s", f"{idle * 100:.2f} % of one core", "≤ 0.1 %")
    yield Row(f"{work}, memory: idle, after {EDITS} edits", f"{memory:.0f}, {after:.0f} MB", "≤ 150 MB")
    megabytes = f"{whole.most:.0f} MB at most, {whole.later:.0f} MB two minutes later, {whole.cpu:.1f} CPU s"
    megabytes += f"; beside it {whole.beside:.0f} MB"
    yield Row(f"{work}, everything published anew", megabytes, "≤ 150 MB")
    cpu, clock = (sorted(values)[EDITS // 2] for values in zip(*edits, strict=True))
    told = f"{cpu:.2f} CPU s, {clock:.1f} s, {QUIET_MS / 1000} s of them the wait for more"
    yield Row(f"{work}, one edit, saved to swapped", told, "≤ 1 s")


if __name__ == "__main__":
    print_rows(list_rows(*map(int, sys.argv[1:2]), *map(float, sys.argv[2:])))
