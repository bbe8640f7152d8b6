"""What an answer of `syndicate serve` costs it.

    python -m tests.benchmarks.bench_serving [REQUESTS]

The real command, asked over one kept connection: CPU milliseconds of the server for a 304, and for a whole feed.
"""

from __future__ import annotations

import http.client
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.benchmarks.bench_costs import read_cpu, run
from tests.benchmarks.bench_whole import write_site
from tests.benchmarks.table import Row, print_rows


def measure(connection: http.client.HTTPConnection, pid: int, headers: dict[str, str], count: int) -> float:
    """CPU milliseconds for each answer."""
    before = read_cpu(pid)
    for _ in range(count):
        connection.request("GET", "/feeds/atom.xml", headers=headers)
        connection.getresponse().read()
    return (read_cpu(pid) - before) / count * 1000


def list_rows(count: int = 2000) -> Iterator[Row]:
    with TemporaryDirectory() as folder:
        root = Path(folder)
        write_site(root, 50)
        run(root, "publish", "--only", "feeds")
        command = [sys.executable, "-m", "syndicate", "--config", str(root / "syndicate.toml"), "serve", "--port", "0"]
        with subprocess.Popen(command, stderr=subprocess.PIPE, text=True, env=os.environ) as server:
            assert server.stderr is not None
            port = int(next(line for line in server.stderr if "serving on" in line).rpartition(":")[2])
            connection = http.client.HTTPConnection("127.0.0.1", port)
            headers = {"Accept-Encoding": "gzip"}
            connection.request("GET", "/feeds/atom.xml", headers=headers)
            answer = connection.getresponse()
            answer.read()
            measure(connection, server.pid, headers, 200)
            whole = measure(connection, server.pid, headers, count)
            same = measure(connection, server.pid, headers | {"If-None-Match": answer.headers["ETag"]}, count)
            server.terminate()
    yield Row("a 304 by `serve`", f"{same:.2f} ms of CPU", "≤ 0.2 ms")
    yield Row("a whole feed by `serve`, compressed", f"{whole:.2f} ms of CPU")


if __name__ == "__main__":
    print_rows(list_rows(*map(int, sys.argv[1:])))
