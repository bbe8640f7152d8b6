"""How long a publication takes, from the first feed on disk to all of it, beside Hugo: a part of docs/benchmarks.md.

    python -m tests.benchmarks.bench_whole [POSTS …] [--cards]

All read the same Markdown files of about 8 KB. Hugo makes the same three feeds and nothing else: RSS, Atom and JSON
with the whole text of the newest 50 posts; so does Eleventy, and Pelican two of them. Ours are there early; what
follows are archives of all posts, three feeds for each category and flag, compressed forms, and the tags for the head
of each page. What shows the outbox is asked after two accounts were turned on. With --cards a card is drawn for each
post, too.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from math import log
from pathlib import Path
from random import Random

from tests.benchmarks.bench_feeds import TOPICS, WORDS
from tests.benchmarks.peers import list_peers, write_peers
from tests.benchmarks.table import Row, print_rows

POST = """---
title: "Post {number}: a title of ordinary length"
date: "{date}"
slug: "post-{number}"
excerpt: "What post {number} is about, in a sentence or two, as a person would write it. And so on."
topics: ["{topic}"]
categories: ["{topic}", "{other}"]
featured: {featured}
image: "https://images.example/{number}.jpg?w=1200"
imageAlt: "A picture"
socialShare: "Read post {number}, it is good."
---

{body}

## A heading

- one
- two

> A quotation.
"""
FEEDS = ("publish", "--only", "feeds")
NEWEST = "newest RSS, Atom and JSON on disk, cold"
ALL, SAME, EDIT, STATUS = "all of it, cold", "nothing changed", "one edit, command line", "`status` without accounts"
ASKED = "`status` of a site with accounts"
CARDS = "all of it with a card for each post, cold"
GOALS = {
    ALL: "≤ 20 CPU s, ≤ 150 MB",
    CARDS: "≤ 200 CPU s",
    SAME: "≤ 0.35 CPU s",
    EDIT: "≤ 0.6 CPU s",
    STATUS: "≤ 0.4 CPU s",
    ASKED: "≤ 0.4 CPU s",
    "`queue`": "",
    "`why`": "",
    "`plan`": "",
}
OURS_ROWS = (NEWEST, *GOALS)
OURS = """[site]
title = "A blog"
url = "https://blog.example"
content = "content/posts"
[cards]
fetch = false
"""
ACCOUNTS = """
[accounts.timeline]
network = "local"
[accounts.town]
network = "mastodon"
instance = "https://social.example"
"""
SECRETS = {"SYNDICATE_TOWN_ACCESS_TOKEN": "a token that is never used"}


def write_site(root: Path, count: int) -> None:
    posts = root / "content" / "posts"
    posts.mkdir(parents=True)
    for number in range(count):
        (posts / f"post-{number:05d}.md").write_text(make_post(number))
    (root / "syndicate.toml").write_text(OURS)


def make_post(number: int) -> str:
    chance = Random(number)
    body = "\n\n".join(" ".join(chance.choices(WORDS, k=80)) + " and *so* [on](/blog/x/)." for _ in range(12))
    return POST.format(
        number=number,
        date=(datetime(2015, 1, 1, tzinfo=UTC) + timedelta(hours=2 * number)).isoformat(),  # 50,000 posts are all out
        topic=TOPICS[number % 8],
        other=TOPICS[number // 8 % 8],
        featured=str(number % 10 == 0).lower(),
        body=body,
    )


@dataclass(frozen=True, slots=True)
class Used:
    """What a command took: CPU seconds of it and its children, seconds of the clock, the largest process."""

    cpu: float
    seconds: float
    megabytes: float
    first_cpu: float = 0.0
    first_seconds: float = 0.0
    """Until the files that somebody waits for were there."""


def run(root: Path, *command: str, first: Sequence[str] = ()) -> Used:
    """Run it to its end, and look all the time whether the `first` files are there. Installed programs are compiled."""
    waited = [root / path for path in first]
    began, found = time.perf_counter(), (0.0, 0.0)
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"} | SECRETS
    process = subprocess.Popen(command, cwd=root, stdout=subprocess.DEVNULL, env=environment)
    while not (ended := os.wait4(process.pid, os.WNOHANG))[0]:
        if not any(found) and waited and all(path.exists() for path in waited):
            found = _read_cpu(process.pid), time.perf_counter() - began
        time.sleep(0.02)
    _, status, used = ended
    process.returncode = os.waitstatus_to_exitcode(status)
    assert process.returncode == 0, command
    return Used(used.ru_utime + used.ru_stime, time.perf_counter() - began, used.ru_maxrss / 1024, *found)


def _read_cpu(pid: int) -> float:
    values = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()
    return sum(map(int, values[11:15])) / os.sysconf("SC_CLK_TCK")


def measure(count: int, *, cards: bool = False) -> dict[str, Used]:
    """By what was done. Peers run before and after ours, so that a machine that slows down slows all."""
    ours = (sys.executable, "-m", "syndicate")
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        write_site(root, count)
        write_peers(root, count)
        newest = root / "content" / "posts" / f"post-{count - 1:05d}.md"
        found = run_peers(root, count)
        found[ALL] = run(root, *ours, *FEEDS, first=("feeds/rss.xml", "feeds/atom.xml", "feeds/feed.json"))
        found |= {row: min(found[row], used, key=_cpu) for row, used in run_peers(root, count).items()}
        found[SAME] = run(root, *ours, *FEEDS)
        newest.write_text(newest.read_text() + "\nOne more line.\n")
        found[EDIT] = run(root, *ours, *FEEDS)
        found[STATUS] = run(root, *ours, "status")
        (root / "syndicate.toml").write_text(OURS.replace("[cards]", "allow_private = true\n[cards]") + ACCOUNTS)
        run(root, *ours, *FEEDS)
        found[ASKED] = run(root, *ours, "status")
        found["`queue`"] = run(root, *ours, "queue")
        found["`why`"] = run(root, *ours, "why", "post-7")
        found["`plan`"] = run(root, *ours, "plan")
        if cards:
            shutil.rmtree(root / "feeds")
            shutil.rmtree(root / ".syndicate")
            found[CARDS] = run(root, *ours, "publish")
    return found


def run_peers(root: Path, count: int) -> dict[str, Used]:
    """Each from nothing; what it wrote has to be there."""
    found = {}
    for peer in (one for one in list_peers() if count <= one.most):
        for folder in {path.partition("/")[0] for path in peer.files}:
            shutil.rmtree(root / folder, ignore_errors=True)
        found[peer.row] = run(root, *peer.command)
        assert all((root / path).stat().st_size for path in peer.files), peer.row
    return found


def _cpu(used: Used) -> float:
    return used.cpu


def list_rows(sizes: Sequence[int], *, cards: bool = False) -> Iterator[Row]:
    """How CPU grows is the exponent of the number of posts, 1 for twice as much."""
    found = {size: measure(size, cards=cards) for size in sizes}
    for work in dict.fromkeys(work for size in sizes for work in found[size] if work not in OURS_ROWS):
        of_peer = {size: found[size][work] for size in sizes if work in found[size]}
        yield _row(work, {size: f"{one.cpu:.1f} CPU s, {one.seconds:.1f} s" for size, one in of_peer.items()})
    every = {size: found[size][ALL] for size in sizes}
    hugo = {size: next((found[size][work] for work in found[size] if work.startswith("Hugo")), None) for size in sizes}
    cells = {size: _compare(one, hugo[size]) for size, one in every.items()}
    first = {size: one.first_cpu for size, one in every.items()}
    yield _row(NEWEST, cells, first, "CPU ≤ 1.0 ×, clock ≤ 1.5 × Hugo")
    for work, goal in GOALS.items():
        used = {size: found[size][work] for size in sizes if work in found[size]}
        cells = {size: f"{one.cpu:.2f} CPU s, {one.megabytes:.0f} MB" for size, one in used.items()}
        if used:
            yield _row(work, cells, {size: one.cpu for size, one in used.items()}, goal)


def _compare(one: Used, peer: Used | None) -> str:
    cell = f"{one.first_cpu:.1f} CPU s, {one.first_seconds:.1f} s"
    ratios = f": {one.first_cpu / peer.cpu:.1f} ×, {one.first_seconds / peer.seconds:.1f} × Hugo" if peer else ""
    return cell + ratios


def _row(work: str, cells: Mapping[int, str], cpu: Mapping[int, float] = {}, goal: str = "") -> Row:
    told = [f"{size:,}: {cell}" for size, cell in cells.items()]
    if len(cpu) > 1:
        (least, few), *_, (most, many) = cpu.items()
        told.append(f"n^{log(many / few) / log(most / least):.2f}")
    return Row(work, "<br>".join(told), f"{goal} of 10,000 posts" if goal else "")


if __name__ == "__main__":
    given = [int(word) for word in sys.argv[1:] if word.isdecimal()]
    print_rows(list_rows(given or (1_000, 10_000), cards="--cards" in sys.argv))
