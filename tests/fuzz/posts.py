"""A folder of good posts and hostile ones between them, published whole by the real command."""

from __future__ import annotations

import io
import json
import logging
import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from tempfile import TemporaryDirectory

from hypothesis import strategies as st

from syndicate.app.app import App
from syndicate.content.parsing import parse_post
from syndicate.errors import ContentError
from syndicate.model import State
from tests.content.golden import make_settings
from tests.fuzz import address_guard
from tests.fuzz.feeds import judge_folder, judge_html
from tests.fuzz.markup import File, files
from tests.fuzz.pictures import PICTURES
from tests.fuzz.target import Check, Target, find_controls, find_steering, plain
from tests.journeys.blog import Blog

_CONFIG = """
[site]
title = "Notes & <b>"
url = "https://notes.example"
timezone = "Europe/Berlin"
author = "Ada"
[feeds]
by = ["category", "author", "language"]
by_min_posts = 2
source_markdown = true
[schedule]
old_after = "365000d"
most_at_once = 0
[accounts.timeline]
network = "local"
on = ["new", "featured"]
"""
_GOOD = ("a-first", "h-middle", "zz-last")
_SETTINGS = make_settings(Path("/nowhere"))
_pictures = st.lists(PICTURES.inputs, max_size=2)


def _write_hostile(blog: Blog, given: Sequence[File], pictures: Sequence[bytes]) -> None:
    for number, picture in enumerate(pictures):
        (blog.posts / f"p{number}.jpg").write_bytes(picture)
        blog.write(f"p{number}", image=f"p{number}.jpg")
    for file in given:
        path = blog.posts / file.name
        with suppress(OSError, ValueError):  # a name that this disk cannot have
            path.parent.mkdir(exist_ok=True)
            path.write_bytes(file.data)


class _Log(logging.Handler):
    def __init__(self) -> None:
        super().__init__()
        self.text = io.StringIO()

    def emit(self, record: logging.LogRecord) -> None:
        self.text.write(record.getMessage())


def _judge(blog: Blog, said: Sequence[str]) -> None:
    """The good posts are everywhere, and nothing that came out harms its reader."""
    items = json.loads((blog.feeds / "feed.json").read_bytes())["items"]
    entries = {item["title"]: item for item in items if "title" in item}  # a note has none
    timeline = json.dumps(blog.timeline())
    for slug in _GOOD:
        assert f"<p>Body of {slug}.</p>" in entries.get(slug.title(), {}).get("content_html", ""), (
            f"{slug} is not published whole"
        )
        assert list((blog.feeds / "cards").glob(f"{slug}.*")), f"{slug} has no card"
        assert f"Read {slug}." in timeline, f"{slug} is not delivered"
    for one in said:
        assert not find_steering(one), f"control characters in what is said: {find_steering(one)!r}"
    assert not address_guard.asked, f"asked {address_guard.asked}"
    judge_folder(blog.feeds)


def _deliver(blog: Blog) -> Iterator[str]:
    with App(blog.root / "syndicate.toml") as app:
        published = app.publish()
        for problem in published.problems:
            assert problem.source, f"a problem without its source: {problem}"
            yield problem.message[:0]
        app.deliver_due()
        for row in app.list_deliveries(everything=True):
            assert row.state in {State.SENT, State.SKIPPED, State.HELD, State.FAILED}, (
                f"{row.slug} is {row.state}: {row.reason} {row.detail[:200]}"
            )


@contextmanager
def open_blog() -> Iterator[Check]:
    log = _Log()
    logging.getLogger("syndicate").addHandler(log)
    with TemporaryDirectory() as folder:
        root, begun = Path(folder, "site"), Path(folder, "begun")
        blog = Blog(root, _CONFIG)
        blog.write("before")
        blog.run("publish")  # what is there on the first run is not news
        shutil.copytree(root, begun)

        def check(given: tuple[list[File], list[bytes]]) -> None:
            """The hostile posts cost only themselves."""
            shutil.rmtree(root)
            shutil.copytree(begun, root)
            address_guard.asked.clear()
            log.text = io.StringIO()
            for slug in _GOOD:
                blog.write(slug, body=f"Body of {slug}.")
            _write_hostile(blog, *given)
            ran = blog.run("publish", code=_Any())
            list(_deliver(blog))
            told = blog.run("doctor", code=_Any())
            _judge(blog, [ran.out, ran.err, told.out, told.err, log.text.getvalue()])

        yield check


def check_entry(given: File) -> None:
    """A post that can be read at all is harmless in every one of its fields, in a time that suits its length."""
    with suppress(ContentError, UnicodeDecodeError):
        post = parse_post(
            given.data.decode(), "a.mdx" if given.name.endswith("mdx") else "a.md", "/nowhere/a.md", _SETTINGS
        )
        judge_html(post.html)
        for one in (
            post.title,
            post.summary,
            post.slug,
            *post.keywords,
            *(category.name for category in post.categories),
        ):
            assert not find_controls(one), f"control characters in a field: {one!r}"
        assert not find_controls(post.social_share), f"control characters in a message: {post.social_share!r}"
        assert post.title, "a post without a title"
        assert post.permalink.startswith(("http://", "https://")), f"a permalink {post.permalink!r}"
        if post.picture:
            assert post.picture.url.startswith(("http://", "https://")), f"a picture {post.picture.url!r}"


class _Any(int):
    """Equals both ends that content may have: done, and done with problems."""

    def __eq__(self, other: object) -> bool:
        return other in {0, 1}

    def __ne__(self, other: object) -> bool:
        return not self == other

    __hash__ = int.__hash__


ENTRIES = Target(
    name="entries", inputs=files.map(lambda given: given[0]), open=plain(check_entry), longest=10, memory=600
)
POSTS = Target(
    name="posts",
    inputs=st.tuples(files.filter(lambda given: len(given) > 2), _pictures),
    open=open_blog,
    longest=60,
    memory=700,
)
