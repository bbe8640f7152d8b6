"""How long a publication takes, from the first feed on disk to all of it, beside Hugo: a part of docs/benchmarks.md.

    python -m tests.benchmarks.bench_whole [POSTS …]

Both read the same Markdown files of about 8 KB. Hugo makes the same three feeds and nothing else: RSS, Atom and JSON
with the whole text of the newest 50 posts. Ours are there early; what follows are archives of all posts, three feeds
for each category and flag, compressed forms, and the tags for each page's head. Hugo is left out where it is missing.
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
HUGO_ROW = "Hugo, the same three feeds"
NEWEST = "newest RSS, Atom and JSON on disk, cold"
ALL, SAME, EDIT, STATUS = "all of it, cold", "nothing changed", "one edit, command line", "`status`"
GOALS = {ALL: "≤ 20 CPU s, ≤ 150 MB", SAME: "≤ 0.35 CPU s", EDIT: "≤ 0.6 CPU s", STATUS: "≤ 0.4 CPU s"}
OURS = """[site]
title = "A blog"
url = "https://blog.example"
content = "content/posts"
[cards]
fetch = false
"""
HUGO = """baseURL = "https://blog.example/"
title = "A blog"
disableKinds = ["404", "robotstxt", "sitemap", "section", "taxonomy", "term"]
[permalinks]
posts = "/blog/:slug/"
[mediaTypes."application/atom+xml"]
suffixes = ["xml"]
[mediaTypes."application/feed+json"]
suffixes = ["json"]
[outputFormats.RSS]
baseName = "rss"
[outputFormats.ATOM]
mediaType = "application/atom+xml"
baseName = "atom"
[outputFormats.FEED]
mediaType = "application/feed+json"
baseName = "feed"
isPlainText = true
[outputs]
home = ["RSS", "ATOM", "FEED"]
[[cascade]]
[cascade.build]
render = "never"
list = "always"
[cascade._target]
kind = "page"
"""
PAGES = "{{ $pages := first 50 .Site.RegularPages }}"
DAY = '"2006-01-02T15:04:05Z07:00"'
LAYOUTS = {
    "list.rss.xml": PAGES
    + """<rss version="2.0"><channel><title>{{ .Title }}</title><link>{{ .Permalink }}</link>
{{ range $pages }}<item><title>{{ .Title }}</title><link>{{ .Permalink }}</link><guid>{{ .Permalink }}</guid>
<pubDate>{{ .Date }}</pubDate><description>{{ .Params.excerpt }}</description>{{ range .Params.categories }}
<category>{{ . }}</category>{{ end }}<encoded>{{ .Content | html }}</encoded></item>{{ end }}</channel></rss>""",
    "list.atom.xml": PAGES
    + """<feed xmlns="http://www.w3.org/2005/Atom"><title>{{ .Title }}</title><id>{{ .Permalink }}</id>
{{ range $pages }}<entry><title>{{ .Title }}</title><link href="{{ .Permalink }}"/><id>{{ .Permalink }}</id>
<published>{{ .Date.Format DAY }}</published><updated>{{ .Lastmod.Format DAY }}</updated>
<summary>{{ .Params.excerpt }}</summary>{{ range .Params.categories }}<category term="{{ . }}"/>{{ end }}
<content type="html">{{ .Content | html }}</content></entry>{{ end }}</feed>""".replace("DAY", DAY),
    "list.feed.json": PAGES
    + """{"version":"https://jsonfeed.org/version/1.1","title":{{ .Title | jsonify }},"items":[
{{ range $at, $page := $pages }}{{ if $at }},{{ end }}{"id":{{ .Permalink | jsonify }},"title":{{ .Title | jsonify }},
"date_published":"{{ .Date.Format DAY }}","content_html":{{ .Content | jsonify }}}{{ end }}]}""".replace("DAY", DAY),
}


def write_site(root: Path, count: int) -> None:
    posts, layouts = root / "content" / "posts", root / "layouts" / "_default"
    posts.mkdir(parents=True)
    layouts.mkdir(parents=True)
    for number in range(count):
        (posts / f"post-{number:05d}.md").write_text(make_post(number))
    for name, text in LAYOUTS.items():
        (layouts / name).write_text(text)
    (root / "syndicate.toml").write_text(OURS)
    (root / "hugo.toml").write_text(HUGO)


def make_post(number: int) -> str:
    chance = Random(number)
    body = "\n\n".join(" ".join(chance.choices(WORDS, k=80)) + " and *so* [on](/blog/x/)." for _ in range(12))
    return POST.format(
        number=number,
        date=(datetime(2015, 1, 1, tzinfo=UTC) + timedelta(hours=8 * number)).isoformat(),
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
    """Run it to its end, and look all the time whether the `first` files are there."""
    waited = [root / path for path in first]
    began, found = time.perf_counter(), (0.0, 0.0)
    process = subprocess.Popen(command, cwd=root, stdout=subprocess.DEVNULL)
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


def measure(count: int) -> dict[str, Used]:
    """By what was done. Hugo runs before and after, so that a machine that slows down slows both."""
    ours = (sys.executable, "-m", "syndicate")
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        write_site(root, count)
        newest = root / "content" / "posts" / f"post-{count - 1:05d}.md"
        found = {}
        if shutil.which("hugo"):
            found[HUGO_ROW] = run(root, "hugo", "--quiet", "--destination", "hugo")
        found[ALL] = run(root, *ours, *FEEDS, first=("feeds/rss.xml", "feeds/atom.xml", "feeds/feed.json"))
        if shutil.which("hugo"):
            found[HUGO_ROW] = min(found[HUGO_ROW], run(root, "hugo", "--quiet", "--destination", "hugo2"), key=_cpu)
        found[SAME] = run(root, *ours, *FEEDS)
        newest.write_text(newest.read_text() + "\nOne more line.\n")
        found[EDIT] = run(root, *ours, *FEEDS)
        found[STATUS] = run(root, *ours, "status")
    return found


def _cpu(used: Used) -> float:
    return used.cpu


def tell(found: Mapping[int, Mapping[str, Used]]) -> Iterator[str]:
    """The table, a row for each work; how CPU grows is the exponent of the number of posts, 1 for twice as much."""
    sizes = sorted(found)
    yield f"| work | {' | '.join(f'{size:,} posts' for size in sizes)} | CPU grows by | to reach, 10,000 |"
    yield f"|---|{'---|' * len(sizes)}---|---|"
    hugo = [found[size].get(HUGO_ROW) for size in sizes]
    if all(hugo):
        yield _row(HUGO_ROW, [f"{one.cpu:.1f} CPU s, {one.seconds:.1f} s" for one in hugo if one], "", "")
    every = [found[size][ALL] for size in sizes]
    cells = [_compare(one, peer) for one, peer in zip(every, hugo, strict=True)]
    yield _row(NEWEST, cells, _grow(sizes, [one.first_cpu for one in every]), "CPU ≤ 1.0 ×, clock ≤ 1.5 × Hugo")
    for work, goal in GOALS.items():
        used = [found[size][work] for size in sizes]
        cells = [f"{one.cpu:.2f} CPU s, {one.megabytes:.0f} MB" for one in used]
        yield _row(work, cells, _grow(sizes, [one.cpu for one in used]), goal)


def _compare(one: Used, peer: Used | None) -> str:
    cell = f"{one.first_cpu:.1f} CPU s, {one.first_seconds:.1f} s"
    ratios = f": {one.first_cpu / peer.cpu:.1f} ×, {one.first_seconds / peer.seconds:.1f} × Hugo" if peer else ""
    return cell + ratios


def _grow(sizes: Sequence[int], cpu: Sequence[float]) -> str:
    if len(sizes) < 2:
        return ""
    return f"n^{log(cpu[-1] / cpu[0]) / log(sizes[-1] / sizes[0]):.2f}"


def _row(work: str, cells: Sequence[str], growth: str, goal: str) -> str:
    return f"| {' | '.join((work, *cells, growth, goal))} |"


def main(sizes: Sequence[int]) -> None:
    for line in tell({size: measure(size) for size in sizes}):
        print(line, flush=True)


if __name__ == "__main__":
    main([int(word) for word in sys.argv[1:]] or [1_000, 10_000])
