"""A publication of edits alone writes what the whole one would, and is left to that where anything else is new."""

from __future__ import annotations

import sqlite3
import subprocess
import sys
from collections.abc import Mapping, Sequence
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from syndicate.app.app import App
from syndicate.content import SeenPosts
from syndicate.planning.feeds import Members
from syndicate.publish import Remembered, keep_remembered, read_remembered
from tests.journeys.blog import CONFIG
from tests.publish.house import NOW, House

SETTINGS = f"""{CONFIG}
[feeds]
items = 4
archive_items = 3
by = ["category", "author", "language"]
by_min_posts = 1
max_bytes = "24KB"
[accounts.more]
network = "local"
folder = "more"  # of the site
on = ["new", "featured", "evergreen"]
on_edit = "edit"
on_delete = "delete"
evergreen_after = "3d"
except = ["Letters"]
"""
WORDS = "A river runs behind the house where we planted garlic and wrote letters about stones, year after year. " * 3
FIRST: Mapping[str, Any] = {"category": "Garden", "featured": False, "body": WORDS}
SLUGS = tuple(f"post-{number}" for number in range(8))
WITH_ALT: Mapping[str, Any] = {"image": "https://images.example/a.jpg", "imageAlt": "A"}
CHANGES: Sequence[Mapping[str, Any]] = (
    {"body": f"{WORDS} One more line."},
    {"body": f"{WORDS} And another one, [on](/x/)."},
    {"body": "Everything is new, and nothing of it was ever said before by anybody in this small blog of ours."},
    {"body": WORDS * 12},
    {"body": ""},
    {"body": "{{< x >}} {{ page.title }} <Tabs/>"},
    {"title": "Another title"},
    {"title": "Another titel", "excerpt": "What it is about."},
    {"keywords": ["stones"]},
    {"socialShare": "Say something else."},
    {"socialShare": ""},
    {"social": {"timeline": {"skip": True}}},
    {"social": {"timeline": {"skip": False}}},
    {"social": {"timeline": {"text": "Own words."}}},
    {"evergreen": True},
    {"category": "Letters"},
    {"featured": True},
    {"author": "Eve"},
    {"language": "de", "translationKey": "one"},
    WITH_ALT,
    {"imageAlt": "B"},
    {"image": "/missing.png"},
    {"date": "2026-01-20T09:00:00Z"},
    {"date": "2026-03-03T09:00:00Z"},
    {"id": "own"},
    {"permalink": "/elsewhere/"},
    {"draft": True},
    {"syndication": ["https://social.example/1"]},
    {},
)


class Twin(House):
    """A blog of which each post is a mapping of its fields."""

    def __init__(self, root: Path) -> None:
        super().__init__(root, SETTINGS)
        self.fields: dict[str, dict[str, Any]] = {}
        for number, slug in enumerate(SLUGS):
            self.put(slug, {**FIRST, "date": f"2026-01-{10 + number}T09:00:00Z"})

    def put(self, slug: str, change: Mapping[str, Any]) -> None:
        self.fields[slug] = {**self.fields.get(slug, {}), **change}
        self.write(slug, **self.fields[slug])

    def act(self, app: App, action: str, slug: str, change: Mapping[str, Any]) -> None:
        if action == "edit":
            self.put(slug, change)
        elif action == "add":
            self.put(f"{slug}-more", {**FIRST, **change})
        elif action == "remove":
            (self.posts / f"{slug}.md").unlink(missing_ok=True)
        elif action == "wait":
            self.wait(hours=30)
        else:
            app.deliver_due()

    def rows(self) -> list[list[Any]]:
        """What the state says of posts, messages and files, but for replaced cards, which are tidied up once a day."""
        kept = "post_id != '' OR path NOT LIKE 'cards/%'"
        files = f"SELECT path, digest, post_id, card FROM published_files WHERE {kept} ORDER BY path"
        with closing(sqlite3.connect(self.root / ".syndicate" / "state.db")) as connection:
            queries = ("SELECT * FROM posts ORDER BY id", "SELECT * FROM deliveries ORDER BY id", files)
            return [connection.execute(query).fetchall() for query in queries]


def forget_posts(app: App) -> None:
    """The next publication cannot tell what was edited."""
    with app.using() as site:
        site.cache.drop("publication", ["posts default"])


ACTIONS = st.tuples(
    st.sampled_from(("edit",) * 8 + ("add", "remove", "wait", "deliver")),
    st.sampled_from(SLUGS),
    st.sampled_from(CHANGES),
    st.sampled_from(("feeds", "feeds", "feeds", "")),
)


@pytest.mark.slow
@settings(max_examples=8)
@given(st.lists(ACTIONS, min_size=1, max_size=8))
@example([("edit", slug, change, "") for slug, change in zip(SLUGS, CHANGES, strict=False)])
@example([("edit", "post-1", {"id": "own"}, "feeds"), ("edit", "post-0", {"socialShare": "Say more."}, "feeds")])
@example([("edit", "post-0", WITH_ALT, only) for only in ("feeds", "", "feeds")])
@example([("edit", slug, change, "feeds") for slug, change in zip(SLUGS * 3, CHANGES, strict=False)])
def test_edits_write_what_the_whole_publication_would(actions):
    """Twins with the same posts: one may publish edits alone, the other looks at everything each time."""
    with TemporaryDirectory() as folder:
        little, whole = (Twin(Path(folder) / name) for name in ("little", "whole"))
        with little.open() as one, whole.open() as other:
            one.publish(), other.publish()
            for *action, only in actions:
                little.act(one, *action), whole.act(other, *action)
                little.wait(minutes=1), whole.wait(minutes=1)
                forget_posts(other)
                written = one.publish(only=only).written
                assert sorted(written) == sorted(other.publish(only=only).written), action
                assert little.files() == whole.files(), action
                assert little.rows() == whole.rows(), action


LOADED = "print(*sorted({'sqlalchemy', 'pydantic', 'typer', 'PIL.Image'} & set(sys.modules)))"


def test_an_edit_loads_no_heavy_room(tmp_path):
    """Neither SQLAlchemy, nor what reads configurations and command lines, nor what draws."""
    blog = House(tmp_path, now=datetime.now(UTC))
    blog.write("first", body=WORDS)
    blog.write("second", body=WORDS[:80])
    blog.run("publish", "--only", "feeds")
    blog.write("first", body=f"{WORDS} More.")
    words = "import sys; from syndicate.cli import main; sys.argv = ['', 'publish', '--only', 'feeds']"
    script = f"{words}\ntry: main()\nfinally: {LOADED}"
    ran = subprocess.run(
        [sys.executable, "-c", script], cwd=tmp_path, env=blog.environment(), capture_output=True, text=True, check=True
    )
    assert ran.stdout.splitlines() == ["Wrote 5 files in feeds/.", "1 changed post.", ""]
    assert "More." in (blog.feeds / "rss.xml").read_text(encoding="utf-8")
    assert blog.run("--json", "publish", "--only", "feeds").json["written"] == []


def test_a_post_that_came_while_others_were_read_ends_nothing(tmp_path: Path) -> None:
    """It stands in a feed, though nobody heard of its file yet: nothing is remembered, and all is read again."""
    feed = Members(name="", label="", ids=("early", "late"), shown=2, updated_at=NOW)
    seen = SeenPosts({"early.md": "mark"}, "digest", "rest")
    known = Remembered("made of", "schema", seen, {"early.md": "early", "late.md": "late"}, {}, {}, (feed,))
    with House(tmp_path).wired() as site:
        keep_remembered(site.cache, "default", known)
        assert read_remembered(site.cache, "default") is None
