"""How long a whole `syndicate publish --only feeds` takes: cold, unchanged, after an edit; beside Hugo.

    python -m tests.benchmarks.bench_whole [POSTS …]

Both read the same Markdown files of about 8 KB and write RSS, Atom and JSON with every post's full text, three more
documents for each category, and the tags for each page's head. We write archives of 50 posts and compress each document
three times; Hugo writes one document of all posts per format and compresses nothing. Hugo is left out where it is not
installed. Seconds are of the clock, CPU seconds of the process and its children, memory is the largest process.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
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
OURS = """[site]
title = "A blog"
url = "https://blog.example"
content = "content/posts"
[cards]
fetch = false
"""
HUGO = """baseURL = "https://blog.example/"
title = "A blog"
disableKinds = ["404", "robotstxt", "sitemap", "section", "taxonomy"]
[taxonomies]
topic = "topics"
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
term = ["RSS", "ATOM", "FEED"]
page = ["HTML"]
"""
PAGES = "{{ $pages := cond .IsHome .Site.RegularPages (first 50 .RegularPages) }}"
DAY = '"2006-01-02T15:04:05Z07:00"'
LAYOUTS = {
    "single.html": """<link rel="canonical" href="{{ .Permalink }}"><meta property="og:title" content="{{ .Title }}">
<meta name="description" content="{{ .Params.excerpt }}"><meta property="og:url" content="{{ .Permalink }}">
""",
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


def measure(what: str, command: Sequence[str], root: Path) -> None:
    """Run it to its end and say what it took."""
    started = time.perf_counter()
    process = subprocess.Popen(command, cwd=root, stdout=subprocess.DEVNULL)
    _, status, used = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    seconds = time.perf_counter() - started
    assert process.returncode == 0, command
    print(f"    {what:<20} {seconds:>7.2f} s   {used.ru_utime + used.ru_stime:>7.2f} s of CPU", end="   ")
    print(f"{used.ru_maxrss / 1024:>5.0f} MB", flush=True)


def run(count: int) -> None:
    ours = [sys.executable, "-m", "syndicate", "publish", "--only", "feeds"]
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        write_site(root, count)
        print(f"{count:,} posts", flush=True)
        if shutil.which("hugo"):
            measure("Hugo, cold", ["hugo", "--quiet", "--destination", "hugo"], root)
        measure("cold", ours, root)
        measure("nothing changed", ours, root)
        newest = root / "content" / "posts" / f"post-{count - 1:05d}.md"
        newest.write_text(newest.read_text() + "\nOne more line.\n")
        measure("newest edited", ours, root)


if __name__ == "__main__":
    for size in [int(word) for word in sys.argv[1:]] or [1_000, 10_000]:
        run(size)
