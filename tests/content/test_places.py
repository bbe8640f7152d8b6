"""One address and one name for each post: what the ledger gave to one, no other post takes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from syndicate.content.folder import ContentFolder
from syndicate.model import KnownPost, Post, Settings, Snapshot
from tests.content.golden import make_settings

NOW = datetime(2026, 12, 24, tzinfo=UTC)
HERS = "permalink: /blog/hers/\n"


class Blog:
    """A content folder on disk, and what a ledger would remember of it after each read."""

    def __init__(self, settings: Settings) -> None:
        self.posts = Path(settings.root, "posts")
        self.rows: dict[str, KnownPost] = {}
        self._folder = ContentFolder(settings, list_known=self._list_rows)
        self._now = NOW

    def _list_rows(self) -> tuple[KnownPost, ...]:
        return tuple(self.rows.values())

    def write(self, source: str, extra: str = "", *, year: int = 2025, body: str = "") -> None:
        path = self.posts / source
        path.parent.mkdir(parents=True, exist_ok=True)
        text = body or f"What {source} has to say about boats, trains and the long way home."
        path.write_text(f"---\ntitle: About {source}\ndate: {year}-01-01\n{extra}---\n{text}\n")

    def read(self) -> Snapshot:
        return self._folder.read()

    def learn(self) -> dict[str, str]:
        """Source → address of what is published now, remembered from here on."""
        snapshot, self._now = self.read(), self._now + timedelta(hours=1)
        here = {post.source: post for post in snapshot.posts}
        for source, row in self.rows.items():
            if source not in here and not snapshot.is_unreadable(source):
                self.rows[source] = replace(row, gone_at=self._now)
        self.rows |= {source: self._make_row(post) for source, post in here.items()}
        return {source: post.permalink.removeprefix("https://blog.example") for source, post in here.items()}

    def _make_row(self, post: Post) -> KnownPost:
        before = self.rows.get(post.source)
        return KnownPost(
            id=post.source, source=post.source, slug=post.slug, permalink=post.permalink, title=post.title, digest="",
            published_at=NOW, updated_at=NOW, first_seen_at=before.first_seen_at if before else self._now,
            source_digest=post.source_digest, sketch=post.sketch,
        )  # fmt: skip

    def list_names(self) -> dict[str, str]:
        return {post.source: post.slug for post in self.read().posts}


@pytest.fixture
def make_blog(tmp_path: Path) -> Callable[..., Blog]:
    """Blogs with a pattern of addresses."""

    def make(permalink: str = "/blog/{slug}/") -> Blog:
        (tmp_path / "posts").mkdir(exist_ok=True)
        return Blog(make_settings(tmp_path, permalink=permalink))

    return make


@pytest.fixture
def blog(make_blog: Callable[..., Blog]) -> Blog:
    """Hers is known, and another post, older in its date and known for longer."""
    blog = make_blog()
    blog.write("other.md", year=2020)
    blog.learn()
    blog.write("hers.md")
    assert blog.learn() == {"hers.md": "/blog/hers/", "other.md": "/blog/other/"}
    return blog


@pytest.mark.parametrize("extra", [HERS, "slug: hers\n", f"slug: Hers\n{HERS}", "permalink: /blog/HERS/\nslug: hers\n"])
def test_a_known_post_takes_no_address_of_another_one(blog: Blog, extra: str) -> None:
    """However old it is and however it asks; it has its own place again as soon as it asks no longer."""
    blog.write("other.md", extra, year=2020)
    for _ in range(2):
        assert blog.learn() == {"hers.md": "/blog/hers/"}
        (problem,) = blog.read().problems
        assert (problem.source, "already belongs to hers.md, which was there before" in problem.message) == (
            "other.md",
            1,
        )
    blog.write("other.md", year=2020)
    assert blog.learn() == {"hers.md": "/blog/hers/", "other.md": "/blog/other/"}


@pytest.mark.parametrize("taker", ["other.md", "copy.md"])
def test_an_address_waits_for_a_post_that_cannot_be_read(blog: Blog, taker: str) -> None:
    """Neither a known post nor a new one takes it in the meantime, and when the file is mended all is as it was."""
    text = (blog.posts / "hers.md").read_text()
    blog.write("hers.md", 'broken: "\n')
    blog.write(taker, HERS, year=2020)
    assert "/blog/hers/" not in blog.learn().values()
    told = {problem.source: problem.message for problem in blog.read().problems}
    assert "belongs to hers.md, which cannot be read now" in told[taker]
    (blog.posts / "hers.md").write_text(text)
    assert blog.learn()["hers.md"] == "/blog/hers/"
    blog.write("hers.md", 'broken: "\n')
    (blog.posts / "hers.md").unlink()
    assert blog.learn()[taker] == "/blog/hers/"


def test_where_two_have_an_address_already_neither_leaves_for_a_file_that_cannot_be_read(blog: Blog) -> None:
    """An earlier ledger may hold one address twice: the one that is out stays out."""
    blog.rows["other.md"] = replace(blog.rows["other.md"], permalink=blog.rows["hers.md"].permalink)
    blog.write("other.md", HERS, year=2020)
    blog.write("hers.md", 'broken: "\n')
    assert blog.learn() == {"other.md": "/blog/hers/"}


@pytest.mark.parametrize("is_edited", [False, True])
def test_a_renamed_file_keeps_its_address(blog: Blog, *, is_edited: bool) -> None:
    """Against a known post and an older copy that ask for it at that very moment."""
    body = (blog.posts / "hers.md").read_text().rpartition("---\n")[2].strip()
    title = 'title: "About hers.md"\n'
    (blog.posts / "hers.md").unlink()
    blog.write("new/hers.md", HERS, body="Quite other words, as they came to mind." if is_edited else body)
    renamed = blog.posts / "new" / "hers.md"
    renamed.write_text(renamed.read_text().replace("title: About new/hers.md\n", title))
    blog.write("other.md", HERS, year=2020)
    blog.write("copy.md", HERS, year=2010)
    assert blog.learn() == {"new/hers.md": "/blog/hers/"}


@pytest.mark.parametrize("is_broken_between", [False, True])
def test_two_posts_exchange_their_addresses(blog: Blog, *, is_broken_between: bool) -> None:
    """In one save or in two, one of them with a slip between."""
    blog.write("other.md", HERS, year=2020)
    if is_broken_between:
        assert blog.learn() == {"hers.md": "/blog/hers/"}
        blog.write("hers.md", 'broken: "\n')
        assert blog.learn() == {}
    blog.write("hers.md", "permalink: /blog/other/\n")
    assert blog.learn() == {"hers.md": "/blog/other/", "other.md": "/blog/hers/"}


def test_in_a_moved_section_the_known_post_comes_before_the_new_one(blog: Blog, make_blog: Callable[..., Blog]) -> None:
    """All addresses are new to the ledger, as they are to one of an earlier version."""
    moved = make_blog("/notes/{slug}/")
    moved.rows = blog.rows
    moved.write("old/hers.md", year=2010)
    assert moved.learn() == {"hers.md": "/notes/hers/", "other.md": "/notes/other/"}
    assert [problem.source for problem in moved.read().problems] == ["old/hers.md"]


def test_without_a_ledger_the_older_post_has_the_address(make_blog: Callable[..., Blog]) -> None:
    """And nobody is said to have been there before."""
    blog = make_blog()
    blog.write("a.md", HERS, year=2026)
    blog.write("b.md", HERS, year=2025)
    (problem,) = blog.read().problems
    assert (problem.source, "is also that of b.md" in problem.message) == ("a.md", True)


@pytest.fixture
def reviews(make_blog: Callable[..., Blog]) -> Blog:
    """Two posts of one slug, known under their names."""
    blog = make_blog("/{year}/{slug}/")
    for year in (2024, 2025):
        blog.write(f"{year}/review.md", year=year)
    blog.learn()
    assert blog.list_names() == {"2024/review.md": "review", "2025/review.md": "2025-review"}
    return blog


@pytest.mark.parametrize("is_known", [False, True])
@pytest.mark.parametrize(("slug", "name"), [("2025-review", "coins"), ("Review", "coins"), ("coins", "coins")])
def test_a_name_that_was_given_stays(reviews: Blog, slug: str, name: str, *, is_known: bool) -> None:
    """With whom it was given to, whoever claims it afterwards as slug; also while that file cannot be read."""
    elsewhere = "permalink: https://other.example/coins/\n"
    if is_known:
        reviews.write("evil.md", elsewhere, year=2010)
        reviews.rows["evil.md"] = replace(reviews.rows["2024/review.md"], id="e", source="evil.md", slug="evil",
            permalink="https://other.example/coins/", first_seen_at=NOW - timedelta(days=9))  # fmt: skip
    reviews.write("evil.md", f"slug: {slug}\n{elsewhere}", year=2010)
    names = {"2024/review.md": "review", "2025/review.md": "2025-review", "evil.md": name}
    for _ in range(2):
        assert reviews.list_names() == names
        reviews.learn()
    for broken in ("2024/review.md", "2025/review.md"):
        text = (reviews.posts / broken).read_text()
        reviews.write(broken, 'broken: "\n')
        assert reviews.list_names() == {source: name for source, name in names.items() if source != broken}
        (reviews.posts / broken).write_text(text)


def test_no_two_posts_have_one_name_whatever_slugs_are_claimed(reviews: Blog) -> None:
    """Even the name that would be made for a newcomer from its address may be somebody's slug already."""
    reviews.write("evil.md", "slug: 2026-review\npermalink: /x/\n", year=2010)
    reviews.write("2026/review.md", year=2026)
    made = reviews.list_names()["2026/review.md"]
    reviews.write("evil2.md", f"slug: {made}\npermalink: /y/\n", year=2010)
    names = reviews.list_names()
    assert len(set(names.values())) == len(names) == 5
