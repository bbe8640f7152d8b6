"""What a post, a delivery and a site cost: the figures of docs/scale.md.

    python -m tests.benchmarks.bench_costs [POSTS]

Real commands on a made blog; a message goes through a real socket to a server in this process. CPU seconds are those
of the command and its children; they hardly grow when a machine is busy, seconds of the clock do and are not told.
"""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from PIL import Image

from tests.benchmarks.bench_whole import write_site
from tests.faults.neighbours import Healthy, Neighbours, Silent

MESSAGES = 60
CARDS = 60
IDLE = 60
FEEDS = ("publish", "--only", "feeds")
DRAW = ("publish", "--only", "cards")


@dataclass(frozen=True, slots=True)
class Used:
    """What a command took."""

    cpu: float
    megabytes: float


def run(root: Path, *words: str, environment: Mapping[str, str] = os.environ) -> Used:
    """`syndicate` to its end."""
    command = [sys.executable, "-m", "syndicate", "--config", str(root / "syndicate.toml"), *words]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, env=environment)
    assert process.stderr is not None
    told = process.stderr.read()
    _, status, used = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    assert process.returncode == 0, told.decode()
    return Used(used.ru_utime + used.ru_stime, used.ru_maxrss / 1024)


def measure_feeds(root: Path, count: int) -> Iterator[tuple[str, str]]:
    """Publishing: first the feeds, then all of it. No post has a photo at hand, so its card is flat."""
    write_site(root, count)
    cold, drawn, still = run(root, *FEEDS), run(root, "publish"), run(root, "publish")
    newest = root / "content" / "posts" / f"post-{count - 1:05d}.md"
    newest.write_text(newest.read_text(encoding="utf-8") + "\nOne more line.\n", encoding="utf-8")
    edited = run(root, "publish")
    feeds = root / "feeds"
    cards = feeds / "cards"
    yield "A post read and put into its feeds for the first time", f"{cold.cpu / count * 1000:.1f} ms of CPU"
    yield "A share card without a photo", f"{(drawn.cpu - edited.cpu) / count * 1000:.0f} ms of CPU"
    yield f"`publish` of {count:,} posts, feeds, the first time", _tell(cold)
    yield f"`publish` of {count:,} posts, one edited", _tell(edited)
    yield f"`publish` of {count:,} posts, nothing changed", _tell(still)
    yield "A post on disk: published files without cards", _weigh(feeds, parts=count, without=cards)
    yield "A post on disk: state and cache", _weigh(root / ".syndicate", parts=count)


def measure_cards(root: Path) -> Iterator[tuple[str, str]]:
    """Drawing, from photos of 1600 pixels."""
    write_site(root, CARDS)
    photo = root / "static" / "photo.jpg"
    photo.parent.mkdir(exist_ok=True)
    noise = Image.effect_noise((200, 134), 60).resize((1600, 1067))
    Image.merge("RGB", [noise, noise.rotate(180), noise]).save(photo, quality=90)
    for post in (root / "content" / "posts").iterdir():
        lines = post.read_text(encoding="utf-8").splitlines(keepends=True)
        text = "".join('image: "/photo.jpg"\n' if line.startswith("image:") else line for line in lines)
        post.write_text(text, encoding="utf-8")
    run(root, *FEEDS)
    drawn, still = run(root, *DRAW), run(root, *DRAW)
    yield "A share card from a photo", f"{(drawn.cpu - still.cpu) / CARDS * 1000:.0f} ms of CPU"


def measure_messages(root: Path) -> Iterator[tuple[str, str]]:
    """Sending: looking at the page, one call, and everything that is written down."""
    with Healthy() as healthy, Silent() as silent:
        site = Neighbours(root, healthy, silent, 0)
        for number in range(MESSAGES):
            site.write(f"post-{number}")
        run(root, "publish", environment=site.environment())
        before = (root / ".syndicate" / "state.db").stat().st_size
        sent = run(root, "once", environment=site.environment())
        assert len(healthy.published) == MESSAGES
        still = run(root, "once", environment=site.environment())
        after = (root / ".syndicate" / "state.db").stat().st_size
        yield "A message, from due to sent", f"{(sent.cpu - still.cpu) / MESSAGES * 1000:.0f} ms of CPU"
        yield "A message in the state, once sent", f"{max(after - before, 0) / MESSAGES / 1024:.1f} KB more on disk"
        yield "`once` with nothing to do", _tell(still)
        yield from _idle(site)


def _idle(site: Neighbours) -> Iterator[tuple[str, str]]:
    with site.start("run") as process:
        site.wait_for(lambda: "watching" in site.read_log())
        time.sleep(15)  # what a start does is over
        before = read_cpu(process.pid)
        time.sleep(IDLE)
        used = (read_cpu(process.pid) - before) / IDLE
        status = Path(f"/proc/{process.pid}/status").read_text(encoding="utf-8")
    (memory,) = (int(line.split()[1]) for line in status.splitlines() if line.startswith("VmRSS"))
    yield "`run` with nothing to do", f"{used * 100:.1f} % of one core, {memory / 1024:.0f} MB"


def read_cpu(pid: int) -> float:
    values = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()
    return (int(values[11]) + int(values[12])) / os.sysconf("SC_CLK_TCK")


def _tell(used: Used) -> str:
    return f"{used.cpu:.1f} s of CPU, {used.megabytes:.0f} MB"


def _weigh(folder: Path, *, parts: int, without: Path | None = None) -> str:
    files = [file for file in folder.rglob("*") if file.is_file() and (without is None or without not in file.parents)]
    assert files, folder
    return f"{sum(file.stat().st_size for file in files) / parts / 1024:.0f} KB"


def main(count: int) -> None:
    print("| what | costs |\n|---|---|")
    with TemporaryDirectory() as folder:
        root = Path(folder)
        for place in ("feeds", "cards", "messages"):
            (root / place).mkdir()
        for rows in (
            measure_feeds(root / "feeds", count),
            measure_cards(root / "cards"),
            measure_messages(root / "messages"),
        ):
            for what, costs in rows:
                print(f"| {what} | {costs} |", flush=True)


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 1_000)
