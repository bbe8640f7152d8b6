"""The daemon as a real process: it notices, publishes, delivers, and leaves when it is asked to."""

import os
import signal
import socket
import subprocess
import time
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

from syndicate.app.site import MANY
from syndicate.store.file import take_turn
from tests.journeys.blog import CONFIG, TRIAL, Blog
from tests.processes.test_processes import is_gone_soon

DEADLINE = 120
"""Seconds after which a condition counts as never met; a healthy machine needs about two."""


@contextmanager
def daemon(blog: Blog, *words: str):
    """`syndicate run` in a process, ended by its id whatever happens."""
    signal.signal(signal.SIGHUP, signal.SIG_DFL)  # who tests with `nohup` ignores it, and so would the daemon
    with (blog.root / "daemon.log").open("w") as log:
        process = subprocess.Popen(
            blog.command("run", *words), stdin=subprocess.DEVNULL, stderr=log, env=blog.environment(), cwd=blog.root
        )
        try:
            yield process
        finally:
            if process.poll() is None:
                process.kill()
            process.wait(10)


def read_log(blog: Blog) -> str:
    return (blog.root / "daemon.log").read_text()


def wait_until(condition, process, blog: Blog) -> None:
    """Poll a condition of another process, until the deadline."""
    end = time.monotonic() + DEADLINE
    while not condition():
        assert process.poll() is None, read_log(blog)
        assert time.monotonic() < end, read_log(blog)
        time.sleep(0.1)


def stop(process) -> int:
    process.send_signal(signal.SIGTERM)
    return process.wait(DEADLINE)


def test_a_new_file_becomes_feed_card_and_message(tmp_path):
    """A post saved while the daemon runs is published and announced; after SIGHUP, too; SIGTERM ends it with code 0."""
    blog = Blog(tmp_path)
    blog.write("old", title="Old")
    with daemon(blog) as process:
        wait_until((blog.feeds / "feed.json").exists, process, blog)
        wait_until(lambda: "Old" in blog.entries(), process, blog)
        process.send_signal(signal.SIGHUP)
        wait_until(lambda: "looking at everything anew" in read_log(blog), process, blog)
        # A half-written file first: it must neither break anything nor be announced as it is.
        half = blog.posts / "fresh.md"
        half.write_text('---\ntitle: "Fre', encoding="utf-8")
        blog.write("fresh", title="Fresh", date="2026-02-01T09:00:00Z")
        wait_until(lambda: len(blog.timeline()) == 1, process, blog)
        code = stop(process)
    assert code == 0, read_log(blog)
    assert set(blog.entries()) == {"Old", "Fresh"}
    assert blog.timeline()[0]["content_text"].startswith("Read fresh.")
    assert any(path.name.startswith("fresh.") for path in (blog.feeds / "cards").iterdir())


@pytest.mark.slow
def test_the_content_folder_may_go_away_and_come_back(tmp_path):
    """While the folder is gone nothing published is lost; when it is back the daemon goes on."""
    blog = Blog(tmp_path)
    blog.write("old", title="Old")
    with daemon(blog) as process:
        wait_until(lambda: (blog.feeds / "feed.json").exists() and "Old" in blog.entries(), process, blog)
        away = tmp_path / "away"
        blog.posts.rename(away)
        (away / "new.md").write_text((away / "old.md").read_text().replace("Old", "New"), encoding="utf-8")
        wait_until(lambda: "content folder does not exist" in read_log(blog), process, blog)
        assert set(blog.entries()) == {"Old"}
        away.rename(blog.posts)
        wait_until(lambda: set(blog.entries()) == {"Old", "New"}, process, blog)
        code = stop(process)
    assert code == 0, read_log(blog)


@pytest.mark.slow
def test_two_sites_share_one_state_and_run_beside_each_other(tmp_path):
    """Each site's daemon publishes and announces its own posts only; a second daemon of either is refused."""
    shared = f'\n[storage]\ndatabase = "sqlite:///{tmp_path}/shared.db"\n'
    blogs = [
        Blog(tmp_path / name, CONFIG.replace("[site]", f'[site]\nname = "{name}"') + shared) for name in ("one", "two")
    ]
    for blog in blogs:
        blog.write("old")
    with daemon(blogs[0]) as first, daemon(blogs[1]) as second:
        for blog, process in zip(blogs, (first, second), strict=True):
            wait_until((blog.feeds / "feed.json").exists, process, blog)
            blog.write(f"news-of-{blog.root.name}", date="2026-02-01T09:00:00Z")
        for blog, process in zip(blogs, (first, second), strict=True):
            wait_until(lambda here=blog: len(here.timeline()) == 1, process, blog)
            assert f"news-of-{blog.root.name}" in blog.timeline()[0]["content_text"]
            again = subprocess.run(
                blog.command("run"),
                capture_output=True,
                text=True,
                timeout=DEADLINE,
                env=blog.environment(),
                check=False,
            )
            assert again.returncode == 1
            assert f'already runs on this state for the site "{blog.root.name}"' in again.stderr
        codes = [stop(process) for process in (first, second)]
    assert codes == [0, 0], [read_log(blog) for blog in blogs]


def list_children(pid: int) -> list[int]:
    children: list[int] = []
    for task in Path(f"/proc/{pid}/task").iterdir():
        with suppress(OSError):  # the thread may have ended since
            children += map(int, (task / "children").read_text(encoding="ascii").split())
    return children


@pytest.fixture
def stalled(tmp_path):
    """A blog whose publication stands still: its first card waits for a picture that does not come."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        blog = Blog(tmp_path, TRIAL.replace("fetch = false", "fetch = true"))
        blog.fill(MANY)
        blog.write("old", image=f"http://127.0.0.1:{server.getsockname()[1]}/hills.jpg")
        server.settimeout(DEADLINE)
        yield blog, server


@pytest.mark.slow
def test_a_killed_publication_is_told_and_begun_again(stalled):
    """The process that publishes much dies alone: the daemon says so, and goes on, and the next one writes the feed."""
    blog, server = stalled
    with daemon(blog) as process:
        asked, _ = server.accept()
        (publisher,) = list_children(process.pid)
        os.kill(publisher, signal.SIGKILL)
        wait_until(lambda: "the process that publishes hung or was killed" in read_log(blog), process, blog)
        asked.close()
        process.send_signal(signal.SIGHUP)
        again, _ = server.accept()
        again.close()
        wait_until(lambda: "wrote" in read_log(blog), process, blog)
        code = stop(process)
    assert code == 0, read_log(blog)


@pytest.mark.slow
def test_a_message_that_falls_due_before_an_edit_is_published_says_what_the_post_says_now(tmp_path):
    """While nobody can publish, another process reads the posts for it, which stays a while."""
    blog = Blog(tmp_path)
    blog.fill(MANY)
    blog.write("old")
    blog.run("publish")
    blog.write("old", socialShare="Words of now.")
    with take_turn(tmp_path / ".syndicate" / "publish.lock"), daemon(blog) as process:
        blog.run("queue", "release", "1")
        wait_until(blog.timeline, process, blog)
        assert len(list_children(process.pid)) == 1
        code = stop(process)
    (said,) = blog.timeline()
    assert "Words of now." in said["content_text"], read_log(blog)
    assert code == 0, read_log(blog)


@pytest.mark.slow
def test_a_killed_daemon_leaves_nobody_who_publishes(stalled):
    """Its process ends with it, in the middle of its work, and another daemon publishes."""
    blog, server = stalled
    with daemon(blog) as process:
        asked, _ = server.accept()
        (publisher,) = list_children(process.pid)
        process.kill()
        process.wait(DEADLINE)
        asked.close()
        assert is_gone_soon(publisher)
    server.close()
    with daemon(blog) as process:
        wait_until(lambda: "wrote" in read_log(blog), process, blog)
        assert stop(process) == 0, read_log(blog)


@pytest.mark.slow
def test_a_publication_may_finish_when_all_are_asked_to_stop(stalled):
    """systemd asks every process of a service: the daemon waits for the other one, which goes on."""
    blog, server = stalled
    with daemon(blog) as process:
        asked, _ = server.accept()
        (publisher,) = list_children(process.pid)
        for pid in (publisher, process.pid):
            os.kill(pid, signal.SIGTERM)
        wait_until(lambda: "stopping" in read_log(blog), process, blog)
        asked.close()
        code = process.wait(DEADLINE)
    assert code == 0, read_log(blog)
    assert "stopped without waiting" not in read_log(blog)
    assert set(blog.entries()) == {"Old"}
