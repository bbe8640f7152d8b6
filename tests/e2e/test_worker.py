"""`syndicate worker` as a person starts it: a real process on a real PostgreSQL."""

from __future__ import annotations

import signal
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path
from time import monotonic, sleep

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
