"""Several processes read many files as one does, and none of them is needed."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from syndicate.content import folder as many
from syndicate.model import Settings, Site, Snapshot, Storage
from tests.content.golden import read_snapshot


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    (tmp_path / "posts").mkdir()
    for number in range(30):
        text = f"---\ntitle: Post {number}\ndate: 2025-01-02\n---\nText *{number}*.\n"
        (tmp_path / "posts" / f"{number}.md").write_text(text, encoding="utf-8")
    (tmp_path / "posts" / "broken.md").write_text('---\ntitle: "open\n---\n', encoding="utf-8")
    site = Site(title="B", url="https://blog.example", content="posts")
    return Settings(root=str(tmp_path), site=site, storage=Storage(database="", publish_to="", cache=""))


@pytest.fixture
def alone(settings: Settings) -> Snapshot:
    return read_snapshot(settings)


def with_processes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(many, "MANY", 1)
    monkeypatch.setattr(many, "_AT_ONCE", 4)
    monkeypatch.setattr("os.sched_getaffinity", lambda _pid: range(3))


@pytest.mark.slow
def test_processes_read_what_one_process_reads(
    settings: Settings, alone: Snapshot, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Same posts, same bodies, same problems, in the same order, and nobody is left running."""
    started = []
    popen = subprocess.Popen
    with_processes(monkeypatch)
    monkeypatch.setattr(
        subprocess, "Popen", lambda *given, **named: started.append(popen(*given, **named)) or started[-1]
    )
    assert read_snapshot(settings) == alone
    assert len(started) == 2
    assert all(one.poll() is not None for one in started)


@pytest.mark.parametrize("executable", ["/nowhere/python", "/bin/false"])
def test_files_are_read_in_one_process(
    executable: str, settings: Settings, alone: Snapshot, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where a process cannot be started, or dies, everything is read all the same."""
    with_processes(monkeypatch)
    monkeypatch.setattr(sys, "executable", executable)
    assert read_snapshot(settings) == alone


def test_few_files_need_no_second_process(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    """One edited post starts no process."""
    monkeypatch.setattr("os.sched_getaffinity", lambda _pid: range(3))
    monkeypatch.setattr(many, "Process", lambda *_given: pytest.fail("a process was started"))
    assert read_snapshot(replace(settings)).posts
