"""A real folder on a real disk: what is read, what is refused, what is remembered."""

from __future__ import annotations

import os
import re
import socket
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from syndicate.content import look_at_posts
from syndicate.content.folder import ContentFolder
from syndicate.content.reading import MAX_BYTES, read_edited
from syndicate.content.records import Memory
from syndicate.errors import ContentError
from syndicate.model import KnownPost, Settings, Snapshot
from syndicate.text import normalize
from tests.content.golden import make_settings, read_snapshot, read_whole

NOW = datetime(2026, 12, 24, tzinfo=UTC)


@pytest.fixture
def site(tmp_path: Path) -> Settings:
    """An empty content folder."""
    (tmp_path / "posts").mkdir()
    return make_settings(tmp_path)


def _write(site: Settings, source: str, text: str | bytes = "---\ntitle: T\n---\nBody\n") -> Path:
    path = Path(site.root, "posts", source)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    return path


def _post(title: str, extra: str = "") -> str:
    return f"---\ntitle: {title}\n{extra}---\nBody of {title}.\n"


def _sources(snapshot: Snapshot) -> list[str]:
    return [post.source for post in snapshot.posts]


def test_a_folder_without_anything_is_a_disk_that_is_away(site: Settings) -> None:
    """Several posts do not vanish together and leave nothing; the last one may, and a file that is no post says so."""
    folder = ContentFolder(site)
    assert _sources(folder.read()) == []
    paths = [_write(site, source) for source in ("a.md", "b.md")]
    folder.read()
    for path in paths:
        path.unlink()
    with pytest.raises(ContentError, match="folder is empty"):
        folder.read()
    _write(site, ".keep")
    assert _sources(folder.read()) == []
    post = _write(site, "c.md")
    folder.read()
    for path in (post, Path(site.root, "posts", ".keep")):
        path.unlink()
    assert _sources(folder.read()) == []


def test_posts_are_found_and_the_rest_is_not(site: Settings) -> None:
    """Markdown in any folder, sorted; no hidden, temporary, section or foreign file."""
    for source in ("b.md", "a.markdown", "deep/er/c.mdx", "_drafts/d.md", "bundle/index.md"):
        _write(site, source)
    for source in (
        ".hidden.md",
        ".git/e.md",
        "_index.md",
        "#f.md#",
        ".#f.md",
        "g.md~",
        "~$h.md",
        "i.txt",
        "node_modules/j.md",
        "4913",
    ):
        _write(site, source)
    assert _sources(read_snapshot(site)) == ["_drafts/d.md", "a.markdown", "b.md", "bundle/index.md", "deep/er/c.mdx"]


def test_globs_choose(site: Settings) -> None:
    """`include` and `ignore` are globs below the content folder."""
    for source in ("a.md", "x/b.md", "x/y/c.md", "note-1.md", "z/d.txt"):
        _write(site, source)
    chosen = replace(
        site, content=replace(site.content, include=("*.md", "x/**/*.md", "z/"), ignore=("note-?.md", "**/y/*"))
    )
    assert _sources(read_snapshot(chosen)) == ["a.md", "x/b.md", "z/d.txt"]


def test_a_missing_folder_is_an_error_and_no_empty_site(site: Settings) -> None:
    """When the folder is away, nothing may look deleted."""
    Path(site.root, "posts").rmdir()
    for read in (read_snapshot, look_at_posts):
        with pytest.raises(ContentError, match="does not exist"):
            read(site)


@pytest.mark.parametrize(
    ("data", "message", "line"),
    [
        (b"", "empty", 0),
        (b" \n\n ", "empty", 0),
        (b"---\ntitle: T\n---\ncaf\xe9\n", "byte 20 is not UTF-8", 4),
        (b"\xef\xbb\xbf---\ntitle: \xff\n---\n", "byte 14 is not UTF-8", 2),
        (b"\xff\xfe-\x00-", "not UTF-16", 1),
        (b"---\ntitle: a: b\n---\n", "YAML cannot be read", 2),
        (b"---\ntitle: a\n", "never ends", 1),
        (b"---\ndate: 2025-01-01\n---\n<!-- words -->", "no title", 1),
        (b"---\ndate: 2025-01-01\ntitel: T\n---\nwords", "no title", 1),
        ("---\ntitle: \u200b\u200d \u3164\u0301\n---\nwords".encode(), "no title", 1),
        (b"---\ntitle: a\ndate: never\n---\n", "not a date", 3),
        (b"x" * (MAX_BYTES + 1), "larger than", 0),
        (b"---\ntitle: a\n---\n" + b"<div>" * 10_000, "nested too deeply", 0),
    ],
)
def test_one_bad_post_is_a_problem_and_the_others_go_on(site: Settings, data: bytes, message: str, line: int) -> None:
    """The problem names file, line and trouble; the post is unreadable, not gone."""
    _write(site, "good.md")
    _write(site, "sub/bad.md", data)
    snapshot = read_snapshot(site)
    assert _sources(snapshot) == ["good.md"]
    assert [(problem.source, problem.line) for problem in snapshot.problems] == [("sub/bad.md", line)]
    assert message in snapshot.problems[0].message
    assert snapshot.unreadable == ("sub/bad.md",)


@pytest.mark.parametrize(
    "data",
    [
        "---\ntitle: Grüße\n---\nBody".encode("utf-8-sig"),
        "---\r\ntitle: Grüße\r\n---\r\nBody\r\n".encode(),
        "---\rtitle: Grüße\r---\rBody".encode(),
        "\ufeff---\ntitle: Grüße\n---\nBody".encode("utf-16-le"),
        "\ufeff---\ntitle: Grüße\n---\nBody".encode("utf-16-be"),
        "ï»¿---\ntitle: Grüße\n---\nBody".encode(),
        '---\ntitle: "Gru\u0308\u00dfe\x07\ufffe"\n---\nBody'.encode(),
    ],
    ids=["bom", "crlf", "cr", "utf-16-le", "utf-16-be", "broken-bom", "nfd-and-controls"],
)
def test_every_way_to_write_the_same_text(site: Settings, data: bytes) -> None:
    """Byte order marks, line ends and control characters make no difference."""
    _write(site, "a.md", data)
    (post,) = read_snapshot(site).posts
    assert (post.title, post.html) == ("Grüße", "<p>Body</p>")


def test_a_duplicate_address_names_both_and_the_older_stays(site: Settings) -> None:
    """A copy with a later date never takes the address of the original; case does not make a difference."""
    _write(site, "new.md", _post("New", "slug: Same\ndate: 2025-02-01\n"))
    _write(site, "old.md", _post("Old", "slug: same\ndate: 2025-01-01\n"))
    _write(site, "undated.md", _post("Undated", "slug: same\n"))
    _write(site, "draft.md", _post("Draft", "slug: same\ndate: 2020-01-01\ndraft: true\n"))
    snapshot = read_snapshot(site)
    assert _sources(snapshot) == ["old.md"]
    assert [problem.source for problem in snapshot.problems] == ["draft.md", "new.md", "undated.md"]
    assert snapshot.unreadable == ("draft.md", "new.md", "undated.md")
    assert all("old.md" in problem.message and problem.key == "permalink" for problem in snapshot.problems)


@pytest.mark.parametrize(
    ("known_source", "kept"), [("2026/xmas.md", "2026/xmas.md"), ("moved.md", "2019/xmas.md"), ("", "2019/xmas.md")]
)
def test_a_post_that_is_known_keeps_its_place(site: Settings, known_source: str, kept: str) -> None:
    """An older namesake that is imported later is left out, not the post that was announced."""
    _write(site, "2026/xmas.md", _post("Xmas", "date: 2026-12-24\n"))
    _write(site, "2019/xmas.md", _post("Xmas", "date: 2019-12-24\n"))
    row = KnownPost(
        id="x", source=known_source, slug="Xmas", permalink="", title="Xmas", digest="",
        published_at=NOW, updated_at=NOW, first_seen_at=NOW,
    )  # fmt: skip
    found = ContentFolder(site, list_known=lambda: (row,) if known_source else ()).read()
    assert _sources(found) == [kept]


def test_one_address_belongs_to_one_post(site: Settings) -> None:
    """The same permalink twice is a clash too, whatever the slugs are."""
    _write(site, "a.md", _post("A", "permalink: /same/\n"))
    _write(site, "b.md", _post("B", "permalink: /same/\n"))
    snapshot = read_snapshot(site)
    assert _sources(snapshot) == ["a.md"]
    assert [(problem.source, problem.key) for problem in snapshot.problems] == [("b.md", "permalink")]


def test_posts_of_one_slug_at_different_addresses_have_names_of_their_own(site: Settings) -> None:
    """The first known keeps the slug, others are called by their address; where it goes, the next one inherits it."""
    site = replace(site, site=replace(site.site, permalink="/{path}/"))
    for year in ("2024", "2025", "2026"):
        _write(site, f"{year}/news.md", _post(f"News {year}", f"date: {year}-01-01\n"))
    _write(site, "taken.md", _post("Taken", "slug: 2026-news\n"))
    first_seen = {"2024/news.md": NOW, "2025/news.md": NOW - timedelta(days=1)}
    rows = [
        KnownPost(
            id=source, source=source, slug="news", permalink="", title="", digest="",
            published_at=NOW, updated_at=NOW, first_seen_at=at,
        )
        for source, at in first_seen.items()
    ]  # fmt: skip
    folder = ContentFolder(site, list_known=lambda: rows)
    names = {post.source: (post.slug, post.shared_slug) for post in folder.read().posts}
    odd = "2026-news-" + sha256(b"https://blog.example/2026/news/").hexdigest()[:8]
    assert names == {
        "2024/news.md": ("2024-news", "news"),
        "2025/news.md": ("news", "news"),
        "2026/news.md": (odd, "news"),
        "taken.md": ("2026-news", ""),
    }
    Path(site.root, "posts/2025/news.md").unlink()
    assert {post.slug for post in folder.read().posts} == {"news", odd, "2026-news"}


def test_links_out_of_the_folder_are_refused(site: Settings) -> None:
    """A link to a file inside is read, one that leads out is a problem, folders are read where they are."""
    outside = Path(site.root, "outside")
    outside.mkdir()
    (outside / "secret.md").write_text(_post("Secret"))
    _write(site, "real/a.md", _post("A"))
    posts = Path(site.root, "posts")
    (posts / "file.md").symlink_to(outside / "secret.md")
    (posts / "folder").symlink_to(outside)
    (posts / "loop").symlink_to(posts)
    (posts / "real" / "sub").mkdir()
    (posts / "real" / "sub" / "again").symlink_to(posts / "real")
    (posts / "real" / "up").symlink_to(posts / "real")
    (posts / "dangling.md").symlink_to(posts / "nowhere.md")
    (posts / "b.md").symlink_to(posts / "real" / "a.md")
    snapshot = read_snapshot(site)
    assert _sources(snapshot) == ["b.md", "real/a.md"]
    assert [problem.source for problem in snapshot.problems if "leads out" in problem.message] == ["file.md", "folder"]


def test_what_is_no_file_is_left_alone(site: Settings) -> None:
    """A pipe or socket with the name of a post never blocks the reading."""
    os.mkfifo(Path(site.root, "posts", "pipe.md"))
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(Path(site.root, "posts", "s.md")))
        _write(site, "a.md")
        assert _sources(read_snapshot(site)) == ["a.md"]


@pytest.mark.parametrize(
    "rest",
    [
        " (Ada's conflicted copy 2026-11-29).md",
        " (In Konflikt stehende Kopie von Ada 2026-11-29).md",
        " (Cópia conflitante de Ada 2026-11-29).md",
        " (Adas motstridiga kopia 2026-11-29).md",
        " (Конфликтующая копия 2026-11-29).md",
        " (Ada の競合コピー 2026-11-29).md",
        normalize("NFKD", " (Ada의 충돌된 사본 2026-11-29).md"),
        " (Conflicted copy MacBook 202611290915).md",
        " (Ada's case conflict 1).md",
        " [Conflict].md",
        ".sync-conflict-20261129-091522-ABCDEFG.md",
        "_conflict-20261129-091522.md",
        "_DiskStation_Ada_Nov-29-0915-2026_Conflict.md",
        ".conflict1.md",
        "-DESKTOP-1A2B3C4.md",
        "_REMOTE_4711.md",
    ],
)
def test_what_a_program_leaves_after_a_conflict_is_no_post(site: Settings, rest: str) -> None:
    """Each program and each of its languages has a name of its own for it."""
    for name in ("hills", "hills (conflict)", "my-new-laptop-charger", "trade-conflict-20261129"):
        _write(site, f"{name}.md")
    _write(site, f"hills{rest}")
    snapshot = read_snapshot(site)
    assert len(snapshot.posts) == 4
    assert "after a conflict" in snapshot.problems[0].message


def test_a_post_whose_text_is_in_icloud_is_there_and_cannot_be_read(site: Settings) -> None:
    """A placeholder lies in its place, so it is not gone."""
    _write(site, "deep/.a.md.icloud", b"bplist00")
    _write(site, ".photo.jpg.icloud", b"bplist00")
    snapshot = read_snapshot(site)
    assert snapshot.unreadable == ("deep/a.md",)
    assert "iCloud" in snapshot.problems[0].message


def test_a_file_name_that_is_no_text_is_a_problem(site: Settings) -> None:
    """Bytes that are no UTF-8 in a name cannot become an address."""
    Path(os.fsdecode(os.fsencode(site.root) + b"/posts/caf\xe9.md")).write_text(_post("A"))
    snapshot = read_snapshot(site)
    assert snapshot.posts == ()
    assert "not UTF-8" in snapshot.problems[0].message


def _states(site: Settings) -> Iterator[Snapshot]:
    """The folder through a life of edits, as one remembering reader sees it."""
    folder = ContentFolder(site, Memory())
    for change in (
        lambda: _write(site, "a.md", _post("A")),
        lambda: _write(site, "b/index.md", _post("B")),
        lambda: _write(site, "a.md", _post("A much longer")),
        lambda: _write(site, "c.md", b"---\nbroken: [\n---\n"),
        lambda: Path(site.root, "posts", "b").rename(Path(site.root, "posts", "d")),
        lambda: _write(site, "c.md", _post("C")),
        lambda: Path(site.root, "posts", "a.md").unlink(),
        lambda: _write(site, "a.md", b""),
        lambda: None,
    ):
        change()
        yield read_whole(folder)


def test_a_remembering_reader_sees_what_a_fresh_one_sees(site: Settings) -> None:
    """Adding, editing, breaking, moving and deleting: the index is never wrong."""
    for seen in _states(site):
        assert seen == read_snapshot(site)


def _link(site: Settings, to: str, title: str = "Linking") -> Path:
    return _write(site, f"{title.lower()}.md", f"{_post(title)}[x]({to}.md) [y]({{{{< ref {to} >}}}})\n")


def _list_links(snapshot: Snapshot) -> list[str]:
    return [link for post in snapshot.posts for link in re.findall('href="https://blog.example([^"]*)"', post.html)]


@pytest.mark.parametrize("forget", [False, True])
def test_links_follow_the_post_that_they_lead_to(site: Settings, *, forget: bool) -> None:
    """It moves, is a draft, is gone and comes again: whoever reads sees what is seen the first time."""
    cache = Memory()
    folder = ContentFolder(site, cache)
    _link(site, "b")
    shown = []
    for extra in ("slug: one\n", "slug: two\n", "slug: two\ndraft: true\n", None, "slug: three\n"):
        if extra is None:
            Path(site.root, "posts", "b.md").unlink()
        else:
            _write(site, "b.md", _post("B", extra))
            read_edited(site, cache, ["b.md"])
        folder = ContentFolder(site, cache) if forget else folder
        seen = read_whole(folder)
        assert seen == read_snapshot(site)
        shown.append(_list_links(seen))
    assert shown == [[f"/blog/{slug}/"] * 2 if slug else [] for slug in ("one", "two", "", "", "three")]


def test_links_of_an_edit_and_in_circles_are_those_of_a_whole_read(site: Settings) -> None:
    """Posts that link to one another and to themselves; one that is read by itself says the same."""
    cache = Memory()
    for title, to in (("A", "b"), ("B", "a"), ("C", "c")):
        _link(site, to, title)
    edited = read_edited(site, cache, ["a.md"])
    whole = read_snapshot(site)
    assert edited
    assert ContentFolder(site, cache).fill(edited.values()) == whole.posts[:1]
    assert read_snapshot(site, cache) == whole
    assert _list_links(whole) == [f"/blog/{slug}/" for slug in "bbaacc"]


@pytest.mark.slow
def test_of_links_without_end_the_first_ones_lead_to_posts(site: Settings) -> None:
    """What is kept of one post has its limit."""
    _write(site, "b.md", _post("B"))
    lines = "\n".join(f"[x](b.md#{number}) [y]({number}.md)" for number in range(1_000))
    _write(site, "a.md", f"{_post('A')}{lines}\n")
    assert _list_links(read_snapshot(site)) == [f"/blog/b/#{number}" for number in range(500)]


def test_a_reader_without_bodies_can_fill_some(site: Settings) -> None:
    """The outline has everything but the bodies, which come for the posts that are asked for."""
    for title in ("A", "B"):
        _write(site, f"{title}.md", _post(title))
    folder = ContentFolder(site)
    outline = folder.read()
    assert [(post.html, post.markdown) for post in outline.posts] == [("", ""), ("", "")]
    assert folder.fill(outline.posts[1:]) == read_snapshot(site).posts[1:]


def test_unchanged_posts_are_the_same_objects(site: Settings) -> None:
    """A second reading builds only the post that changed."""
    for title in ("A", "B"):
        _write(site, f"{title}.md", _post(title))
    folder = ContentFolder(site)
    before = folder.read().posts
    _write(site, "B.md", _post("B changed"))
    after = folder.read().posts
    assert after[0] is before[0]
    assert after[1].title == "B changed"


@pytest.mark.slow
def test_the_cache_gives_the_same_posts_to_another_process(site: Settings) -> None:
    """Posts, problems and bodies survive in the cache file's bytes, every field of them."""
    case = Path(__file__).parent / "cases"
    for folder in case.iterdir():
        _write(site, f"{folder.name}.md", (folder / "post.md").read_bytes())
    _write(site, "broken.md", b"---\na: [\n---\n")
    cache = Memory()
    first = read_snapshot(site, cache)
    assert first == read_snapshot(site, cache) == read_snapshot(site)
    assert len(first.posts) >= 10


def test_posts_that_nobody_reads_are_let_go_and_come_back(site: Settings) -> None:
    """A daemon idles without them; the next read finds the same, what changed and what went meanwhile."""
    cache = _Counted()
    folder = ContentFolder(site, cache)
    for name in ("a.md", "b.md", "c.md"):
        _write(site, name, _post(name))
    before = folder.read()
    assert not folder.let_go()  # somebody was just here
    assert folder.let_go(after=-1)
    assert not folder.let_go(after=-1)
    cache.written.clear()
    assert folder.read() == before
    assert cache.written == []
    folder.let_go(after=-1)
    _write(site, "a.md", _post("A changed"))
    Path(site.root, "posts", "b.md").unlink()
    assert [post.title for post in folder.read().posts] == ["A changed", "c.md"]
    assert read_whole(folder) == read_snapshot(site)


class _Counted(Memory):
    """A cache that notes which keys are written."""

    def __init__(self) -> None:
        super().__init__()
        self.written: list[str] = []

    def put_many(self, kind: str, items: object) -> None:
        self.written += [f"{kind} {key}" for key in items]  # type: ignore[attr-defined]
        super().put_many(kind, items)  # type: ignore[arg-type]


def test_one_edit_writes_one_body_and_one_row(site: Settings) -> None:
    """Work follows the change, not the size of the site; without a change nothing is written."""
    for number in range(30):
        _write(site, f"{number}.md", _post(f"P{number}"))
    cache = _Counted()
    read_snapshot(site, cache)
    cache.written.clear()
    read_snapshot(site, cache)
    assert cache.written == []
    _write(site, "7.md", _post("Edited and longer"))
    read_snapshot(site, cache)
    assert sorted(cache.written) == ["body default 7.md", "post default 7.md"]


def test_touching_a_file_reads_it_and_parses_nothing(site: Settings) -> None:
    """A changed stat with the same bytes keeps the parsed post and its body."""
    path = _write(site, "a.md", _post("A"))
    cache = _Counted()
    before = read_snapshot(site, cache)
    cache.written.clear()
    os.utime(path, ns=(1, 1))
    assert read_snapshot(site, cache) == before
    assert not any("body" in key for key in cache.written)


@pytest.mark.parametrize("damage", [b"", b"{", b"[]", b'{"a.md": [1]}', b"\xff"])
def test_a_damaged_cache_costs_time_only(site: Settings, damage: bytes) -> None:
    """Whatever stands in the cache, the files are the truth."""
    _write(site, "a.md", _post("A"))
    cache = Memory()
    fresh = read_snapshot(site, cache)
    for key in cache.get_all("post"):
        damaged = Memory()
        damaged.put_many("post", {**cache.get_all("post"), key: damage})
        if "/body/" not in key:
            assert read_snapshot(site, damaged) == fresh


def test_a_lost_body_is_read_from_its_file(site: Settings) -> None:
    """The cache may forget; the file does not."""
    _write(site, "a.md", _post("A"))
    cache = Memory()
    fresh = read_snapshot(site, cache)
    cache.drop("post", [key for key in cache.get_all("post") if "/body/" in key])
    assert read_snapshot(site, cache) == fresh


class _Forgetful(Memory):
    """A cache that keeps nothing, as on a full disk."""

    def put_many(self, kind: str, items: object) -> None:
        """Lose everything."""


def test_a_full_disk_costs_time_only(site: Settings) -> None:
    """A cache that stores nothing still gives whole posts; a file that went away in between is left out, not gone."""
    _write(site, "a.md", _post("A"))
    path = _write(site, "b.md", _post("B"))
    assert read_snapshot(site, _Forgetful()) == read_snapshot(site)
    folder = ContentFolder(site, _Forgetful())
    outline = folder.read()
    path.unlink()
    assert [post.source for post in folder.fill(outline.posts)] == ["a.md"]


def test_other_settings_read_anew(site: Settings) -> None:
    """A changed rule is not answered from the memory of the old one."""
    _write(site, "a.md", _post("A"))
    cache = Memory()
    read_snapshot(site, cache)
    moved = replace(site, site=replace(site.site, url="https://moved.example"))
    (post,) = read_snapshot(moved, cache).posts
    assert post.permalink == "https://moved.example/blog/a/"


def test_an_image_that_comes_later_is_found(site: Settings) -> None:
    """A post whose picture was missing is looked at again though the post did not change."""
    _write(site, "one/index.md", _post("One", "image: late.png\n"))
    cache = Memory()
    (post,) = read_snapshot(site, cache).posts
    assert post.picture is not None
    assert (post.picture.path, len(post.problems)) == ("", 1)
    _write(site, "one/late.png", b"x")
    (post,) = read_snapshot(site, cache).posts
    assert post.picture is not None
    assert (Path(post.picture.path).name, post.problems) == ("late.png", ())


def test_the_stamp_moves_with_every_change_and_with_nothing_else(site: Settings) -> None:
    """Adding, editing, removing a post or changing the settings; not other files."""
    _write(site, "a.md")
    found = [look_at_posts(site).fingerprint]
    _write(site, "notes.txt")
    assert look_at_posts(site).fingerprint == found[0]
    _write(site, "b.md")
    found.append(look_at_posts(site).fingerprint)
    _write(site, "b.md", "longer than before, surely longer than before")
    found.append(look_at_posts(site).fingerprint)
    found.append(look_at_posts(replace(site, digest="other")).fingerprint)
    assert len(set(found)) == 4
    Path(site.root, "posts", "b.md").unlink()
    assert look_at_posts(site).fingerprint == found[0]


ANY_FILE = st.binary(max_size=300) | st.text(max_size=300).map(
    lambda text: f"---\ntitle: T\n{text}\n---\n{text}".encode("utf-8", "replace")
)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(ANY_FILE)
def test_any_bytes_are_a_post_or_a_problem(site: Settings, data: bytes) -> None:
    """No content of a file raises, and the good post beside it is always there."""
    _write(site, "any.md", data)
    _write(site, "good.md", _post("Good", "slug: good-post\ndate: 1990-01-01\nid: good\n"))
    snapshot = read_snapshot(site)
    assert "good.md" in _sources(snapshot)
    assert len(snapshot.posts) + len(snapshot.problems) == 2
