"""How long feeds take: cold, warm, and after one edit, beside plain feedgen in the same run.

    python tests/benchmarks/bench_feeds.py [POSTS …]

Posts are made here (about 8 KB of HTML each, as after reading); times are the best of three where that is possible.
"cold" renders everything and writes it, "warm" finds that nothing changed, "one edit" changes the newest post or one
from the middle. Peak memory is the process's own, so each size runs in a process of its own.
"""

from __future__ import annotations

import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from pathlib import Path
from random import Random

from feedgen.feed import FeedGenerator

from syndicate.formats import list_documents
from syndicate.formats.jsonfeed import render as render_json
from syndicate.formats.xml_feeds import render_atom, render_rss
from syndicate.model import Author, Category, FeedRules, Identified, KnownPost, Picture, Post, Settings, Site, Storage
from syndicate.output.folder import FolderOutput
from syndicate.planning.feeds import plan_feeds
from syndicate.store.cache import FileCache, open_cache

START = datetime(2015, 1, 1, tzinfo=UTC)
NOW = datetime(2026, 1, 1, tzinfo=UTC)
TOPICS = ("Python", "Gardening", "Maps", "Letters", "Music", "Rivers", "Bread", "Chess")
SETTINGS = Settings(
    root="/blog",
    site=Site(title="A blog", url="https://blog.example", authors=(Author("Ann"),)),
    storage=Storage(database="", publish_to="", cache=""),
    feeds=FeedRules(hubs=("https://hub.example/",)),
)


WORDS = tuple(
    f"{a}{b}{c}"
    for a in ("con", "ma", "ri", "sto", "le", "un", "pre", "")
    for b in ("ver", "tal", "qui", "nor", "dish", "glam", "po", "ese")
    for c in ("ing", "ed", "s", "ly", "", "er")
)


def make_html(number: int) -> str:
    """About 8 KB of words that look as unlike each other as those of a text do."""
    chance = Random(number)
    paragraphs = (" ".join(chance.choices(WORDS, k=80)) for _ in range(14))
    return "".join(f"<p>{text} &amp; <em>so</em> on.</p>\n" for text in paragraphs)


def make_posts(count: int) -> list[Identified]:
    return [make_post(number) for number in range(count)]


def make_post(number: int, *, note: str = "") -> Identified:
    at = START + timedelta(hours=8 * number)
    post = Post(
        source=f"{number}.md",
        slug=f"post-{number}",
        title=f"Post {number}: a title of ordinary length{note}",
        permalink=f"https://blog.example/blog/post-{number}/",
        published_at=at,
        summary="What the post is about, in a sentence or two, as a person would write it. " * 2,
        html=make_html(number) + note,
        authors=(Author("Ann", "https://blog.example/ann"),),
        language="en",
        categories=(Category(TOPICS[number % 8], "exact"), Category(TOPICS[number // 8 % 8], "general")),
        picture=Picture(f"https://images.example/{number}.jpg?w=1200", "A picture"),
        flags=frozenset({"featured"}) if number % 10 == 0 else frozenset(),
        digest=sha256(f"{number}{note}".encode()).hexdigest(),
    )
    known = KnownPost(
        id=f"urn:uuid:{number:032x}",
        source=post.source,
        slug=post.slug,
        permalink=post.permalink,
        title=post.title,
        digest=post.digest,
        published_at=at,
        updated_at=NOW if note else at,
        first_seen_at=NOW,
    )
    return Identified(post=post, known=known, is_new=False, is_changed=bool(note))


@dataclass(slots=True)
class Times:
    """Seconds until the feeds were on disk, and until their compressed siblings were too."""

    on_disk: float
    packed: float


def publish(posts: Sequence[Identified], output: FolderOutput, cache: FileCache) -> Times:
    """Plan, render what is stale, write: the part of a publish that feeds are, a few documents at a time."""
    started, packing = time.perf_counter(), 0.0
    documents = list_documents(plan_feeds(posts, SETTINGS, {}, NOW))
    known = cache.get_all("fingerprint")
    stale = [one for one in documents if known.get(one.path) != one.fingerprint.encode()]
    for batch in (stale[at : at + 30] for at in range(0, len(stale), 30)):
        written = [document.make(cache) for document in batch]
        output.write_plain(written)
        cache.put_many("fingerprint", {document.path: document.fingerprint.encode() for document in batch})
        packing -= time.perf_counter()
        output.write_siblings(written)
        packing += time.perf_counter()
    whole = time.perf_counter() - started
    return Times(whole - packing, whole)


def render_plainly(posts: Sequence[Identified]) -> int:
    """What a script with feedgen does: everything in one RSS and one Atom document, nothing kept."""
    generator = FeedGenerator()
    generator.id("https://blog.example/")
    generator.title("A blog")
    generator.description("A blog")
    generator.link(href="https://blog.example/", rel="alternate")
    for one in posts:
        entry = generator.add_entry()
        entry.id(one.id)
        entry.title(one.post.title)
        entry.link(href=one.post.permalink)
        entry.summary(one.post.summary)
        entry.content(one.post.html, type="html")
        entry.published(one.known.published_at)
        entry.updated(one.known.updated_at)
    return len(generator.rss_str()) + len(generator.atom_str())


def render_whole(posts: Sequence[Identified]) -> int:
    """The three formats with every post in one document each, content to bytes, without cache or disk."""
    rules = replace(SETTINGS.feeds, items=len(posts), max_bytes=10**12, by=(), flags=(), archives=False)
    (feed,) = plan_feeds(posts, replace(SETTINGS, feeds=rules), {}, NOW)
    return sum(len(render(feed)) for render in (render_rss, render_atom, render_json))


def measure(work: Callable[[], object]) -> float:
    started = time.perf_counter()
    work()
    return time.perf_counter() - started


def best(work: Callable[[], object]) -> float:
    return min(measure(work) for _ in range(3))


def run(count: int) -> None:
    posts = make_posts(count)
    before = peak()
    newest, middle = [*posts], [*posts]
    newest[-1] = make_post(count - 1, note=" (edited)")
    middle[count // 2] = make_post(count // 2, note=" (edited)")
    with tempfile.TemporaryDirectory() as folder:
        output, cache = FolderOutput(Path(folder, "feeds")), open_cache(str(Path(folder, "cache.db")))
        cold = publish(posts, output, cache)
        warm = min((publish(posts, output, cache) for _ in range(3)), key=lambda times: times.packed)
        edited = publish(newest, output, cache)
        publish(posts, output, cache)
        older = publish(middle, output, cache)
    after = peak()
    whole, plain = best(lambda: render_whole(posts)), best(lambda: render_plainly(posts))
    print(f"{count:,} posts, {len(posts[0].post.html):,} bytes of HTML each")
    print(f"    peak memory {after:.0f} MB, of which {before:.0f} MB were the posts themselves")
    show("RSS + Atom + JSON of all posts, content to bytes", whole, plain)
    for what, times in (
        ("cold", cold),
        ("nothing changed", warm),
        ("newest edited", edited),
        ("old one edited", older),
    ):
        show(f"all feeds and archives, {what}: on disk", times.on_disk, plain)
        show("    … and compressed three times", times.packed, plain)
    show("plain feedgen: RSS + Atom of all posts", plain, plain)


def peak() -> float:
    """Peak memory of this process in MB. Pages of the cache file that the system mapped count too."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def show(what: str, seconds: float, plain: float) -> None:
    print(f"    {what:<50} {seconds * 1000:>9.1f} ms   {plain / seconds:>7.1f} times plain feedgen")


if __name__ == "__main__":
    sizes = [int(word) for word in sys.argv[1:]]
    if len(sizes) == 1:
        run(sizes[0])
    else:
        for size in sizes or [1_000, 10_000]:
            subprocess.run([sys.executable, __file__, str(size)], check=True)
