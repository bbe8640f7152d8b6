"""What a delivery costs in one process, with the state in SQLite.

    python -m tests.benchmarks.bench_deliveries [MESSAGES]

CPU seconds from "all are due" to "all are sent": to the local timeline, and over HTTP (a look at the page, and one
call) to a server that is another process.
"""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from syndicate.app.app import open_app
from tests.benchmarks.table import Row, print_rows
from tests.faults.neighbours import SECRET, Healthy

SITE = """
[site]
title = "Notes"
url = "{pages}"
timezone = "UTC"
allow_private = true
[cards]
fetch = false
[schedule]
most_at_once = 100000
[accounts.there]
network = "{network}"
"""
NETWORKS = {"to `local`": ("local", 300), "over HTTP": ('webhook"\nurl = "{pages}/hook', 150)}
"""With how many shall be sent for each CPU second."""


def measure(root: Path, network: str, pages: str, count: int) -> float:
    """Deliveries for each CPU second."""
    posts = root / "content" / "posts"
    posts.mkdir(parents=True)
    (root / "syndicate.toml").write_text(SITE.format(pages=pages, network=network.format(pages=pages)))
    _write(posts, "old")
    with open_app(root / "syndicate.toml") as app:
        app.publish(only="feeds")
    for number in range(count):
        _write(posts, f"post-{number}")
    with open_app(root / "syndicate.toml") as app:
        app.publish(only="feeds")
        began = time.process_time()
        done = app.deliver_due()
        used = time.process_time() - began
    assert sum(one.state.value == "sent" for one in done) == count, [one.state for one in done][:5]
    return count / used


def _write(posts: Path, slug: str) -> None:
    text = f'---\ntitle: "{slug}"\ndate: "{time.strftime("%Y-%m-%d")}"\nsocialShare: "Read {slug}."\n---\n\nText.\n'
    (posts / f"{slug}.md").write_text(text, encoding="utf-8")


@contextmanager
def _serving() -> Iterator[str]:
    """The address of a server in another process, so that its work is not counted."""
    command = [sys.executable, "-m", "tests.benchmarks.bench_deliveries", "serve"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        yield process.stdout.readline().strip()
        process.kill()


def serve() -> None:
    with Healthy() as server:
        print(server.url, flush=True)
        sys.stdin.read()


def list_rows(count: int = 300) -> Iterator[Row]:
    os.environ["SYNDICATE_THERE_SECRET"] = SECRET
    with _serving() as pages:
        for name, (network, goal) in NETWORKS.items():
            with TemporaryDirectory() as folder:
                sent = measure(Path(folder), network, pages, count)
            yield Row(f"deliveries {name}, SQLite, one process", f"{sent:.0f} for each CPU s", f"≥ {goal}")


if __name__ == "__main__":
    if sys.argv[1:] == ["serve"]:
        serve()
    else:
        print_rows(list_rows(*map(int, sys.argv[1:])))
