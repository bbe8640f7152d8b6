"""How long reading posts takes: cold, warm, after one edit, beside what a plain script would do in the same run.

    python tests/benchmarks/bench_content.py [POSTS …]

The peer does less: python-frontmatter with PyYAML's C loader, markdown-it-py, nh3 with its defaults; no mending, no
addresses made absolute, no fields, no index. A ratio above 1 means we are faster. Peak memory is the process's own,
so each size runs in a process of its own.
"""

from __future__ import annotations

import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import frontmatter
import nh3
from markdown_it import MarkdownIt

from syndicate.content import look_at_posts
from syndicate.content.folder import ContentFolder
from syndicate.model import Settings, Site, Storage
from syndicate.store.cache import open_cache

PARAGRAPH = (
    "Lorem ipsum dolor sit amet, *consectetur* adipiscing elit, sed do [eiusmod](/tempor) incididunt ut labore et "
    "dolore magna aliqua. Ut enim ad minim veniam, quis nostrud **exercitation** ullamco laboris nisi.\n\n"
)
BODY = (PARAGRAPH * 3 + "## A heading\n\n- one\n- two\n- three\n\n" + PARAGRAPH + "> A quotation.\n\n") * 3
POST = """---
title: "Post {n}: what happened on day {n}"
date: 2024-{month:02d}-{day:02d}T10:00:00Z
excerpt: "In short, day {n} went well."
category: Days
categories: [{{"type": "exact", "name": "Days"}}, {{"type": "general", "name": "Life"}}]
tags: [day, note]
image: "https://images.example/{n}.jpg"
imageCredit: "Photo by [Ann](https://ann.example)"
featured: {featured}
---

{body}"""


def write_posts(folder: Path, count: int) -> Settings:
    (folder / "posts").mkdir()
    for n in range(count):
        values = {"n": n, "month": n % 12 + 1, "day": n % 28 + 1, "featured": str(n % 10 == 0).lower(), "body": BODY}
        (folder / "posts" / f"post-{n:05d}.md").write_text(POST.format(**values), encoding="utf-8")
    site = Site(title="B", url="https://blog.example", content="posts")
    return Settings(root=str(folder), site=site, storage=Storage(database="", publish_to="", cache=""))


def read_plainly(folder: Path) -> int:
    """What a script of ten lines does with the same posts."""
    markdown = MarkdownIt()
    size = 0
    for path in sorted((folder / "posts").glob("*.md")):
        post = frontmatter.loads(path.read_text(encoding="utf-8"))
        size += len(nh3.clean(markdown.render(post.content)))
    return size


def seconds(action: Callable[[], object]) -> float:
    start = time.perf_counter()
    action()
    return time.perf_counter() - start


def measure(count: int) -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        settings = write_posts(folder, count)
        with open_cache(str(folder / "cache.db")) as cache:
            reader = ContentFolder(settings, cache)
            cold = seconds(reader.read)
            peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
            warm = seconds(ContentFolder(settings, cache).read)
            edited = folder / "posts" / "post-00001.md"
            edited.write_text(edited.read_text(encoding="utf-8") + "One more line.\n", encoding="utf-8")
            one_edit = seconds(reader.read)
            unchanged = seconds(lambda: look_at_posts(settings).fingerprint)
            whole = seconds(lambda: reader.fill(reader.read().posts))
        peer = seconds(lambda: read_plainly(folder))
    print(
        f"{count:>6} posts   cold {cold:6.2f} s ({cold / count * 1e6:4.0f} µs a post, peak {peak:4.0f} MB)", end="   "
    )
    print(f"peer {peer:6.2f} s, ratio {peer / cold:4.1f}")
    print(f"{'':>14}warm {warm * 1000:6.0f} ms   bodies too {whole * 1000:6.0f} ms", end="   ")
    print(f"one edit {one_edit * 1000:6.0f} ms   nothing changed {unchanged * 1000:6.0f} ms")


if __name__ == "__main__":
    if len(sys.argv) == 2:
        measure(int(sys.argv[1]))
    else:
        for size in sys.argv[1:] or ["1000", "10000"]:
            subprocess.run([sys.executable, __file__, size], check=True)
