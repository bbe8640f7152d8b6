"""Dates that Eleventy takes from git or from the file, and front matter that only it can run."""

from __future__ import annotations

import os
import subprocess
from datetime import UTC, datetime
from pathlib import Path

import pytest

from syndicate.content.folder import ContentFolder
from syndicate.content.post_dates import Span, parse_log
from syndicate.model import Settings, Site, Storage
from tests.content.golden import read_snapshot


def _settings(root: Path) -> Settings:
    site = Site(title="T", url="https://blog.example", content="posts")
    return Settings(root=str(root), site=site, storage=Storage(database="", publish_to="", cache=""))


def _write(root: Path, name: str, front: str) -> None:
    path = root / "posts" / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"---\ntitle: T\n{front}\n---\nBody {name}\n", encoding="utf-8")


def _git(root: Path, *words: str, at: str = "2024-01-01T00:00:00Z") -> None:
    quiet = {"GIT_CONFIG_GLOBAL": "/dev/null", "GIT_CONFIG_SYSTEM": "/dev/null", "GIT_AUTHOR_DATE": at}
    names = {f"GIT_{who}_{what}": "a@b.example" for who in ("AUTHOR", "COMMITTER") for what in ("NAME", "EMAIL")}
    environment = {**os.environ, **quiet, **names, "GIT_COMMITTER_DATE": "2026-01-01T00:00:00Z"}
    subprocess.run(["git", *words], cwd=root, check=True, timeout=30, env=environment, capture_output=True)


def _commit(root: Path, at: str) -> None:
    _git(root, "add", "-A")
    _git(root, "commit", "-m", "x", at=at)


def test_dates_come_from_git(tmp_path: Path) -> None:
    """The first and the last commit of a file, through a new name, each as its author dated it."""
    _git(tmp_path, "init")
    _write(tmp_path, "old name.md", "date: git Created")
    _write(tmp_path, "last.md", 'date: "git Last Modified"')
    _commit(tmp_path, "2024-01-01T10:00:00+02:00")
    (tmp_path / "posts/old name.md").rename(tmp_path / "posts/new.md")
    _write(tmp_path, "last.md", 'date: "git Last Modified"\nlead: x')
    _commit(tmp_path, "2024-02-02T00:00:00Z")
    _write(tmp_path, "fresh.md", "date: git created")
    posts = {post.source: post for post in read_snapshot(_settings(tmp_path)).posts}
    assert posts["new.md"].published_at == datetime(2024, 1, 1, 8, tzinfo=UTC)
    assert posts["last.md"].published_at == datetime(2024, 2, 2, tzinfo=UTC)
    assert posts["fresh.md"].published_at is None
    assert [problem.text for problem in posts["fresh.md"].problems] == [
        "date: git tells no date yet: the post counts as written when it is first seen (commit it)"
    ]


@pytest.mark.parametrize(
    ("front", "says"),
    [
        ("date: git Created", "x.md:3: date: git tells no date: not a git repository"),
        ("date: Last Modified", 'x.md:3: date: "Last Modified" is a time of the file, which every copy and checkout'),
        ("date: Created", 'or "git Created" in a git repository)'),
    ],
)
def test_a_date_that_cannot_be_had_says_what_to_write(tmp_path: Path, front: str, says: str) -> None:
    """File, line, key and what to do; no other post suffers."""
    _write(tmp_path, "x.md", front)
    _write(tmp_path, "good.md", "date: 2024-01-01")
    snapshot = read_snapshot(_settings(tmp_path))
    assert [post.source for post in snapshot.posts] == ["good.md"]
    assert says in str(snapshot.problems[0])


def test_an_update_that_git_cannot_tell_does_not_stop_a_post(tmp_path: Path) -> None:
    """`updated` is a courtesy: a warning, and the post stands."""
    _write(tmp_path, "x.md", "date: 2024-01-01\nupdated: git Last Modified")
    (post,) = read_snapshot(_settings(tmp_path)).posts
    assert post.updated_at is None
    assert "so it does not count" in post.problems[0].message


@pytest.mark.slow
def test_a_part_of_a_repository_is_no_witness(tmp_path: Path) -> None:
    """In a shallow clone every file would be as old as its oldest commit."""
    origin = tmp_path / "origin"
    origin.mkdir()
    _git(origin, "init")
    for day in ("2024-01-01T00:00:00Z", "2024-01-02T00:00:00Z"):
        _write(origin, "x.md", f"date: git Created\nday: {day}")
        _commit(origin, day)
    _git(tmp_path, "clone", "--depth", "1", f"file://{origin}", "clone")
    (problem,) = read_snapshot(_settings(tmp_path / "clone")).problems
    assert "a shallow clone) (git fetch --unshallow)" in str(problem)


@pytest.mark.parametrize(("fence", "name"), [("---js", "JavaScript"), ("---coffee", '"coffee"')])
def test_front_matter_that_only_a_generator_can_run_is_told(tmp_path: Path, fence: str, name: str) -> None:
    """It is neither a post nor the text of one."""
    path = tmp_path / "posts" / "x.md"
    path.parent.mkdir()
    path.write_text(f'\n{fence}\nconst title = "T";\n---\n# Heading\n', encoding="utf-8")
    (problem,) = read_snapshot(_settings(tmp_path)).problems
    assert str(problem).startswith(f"x.md:2: the front matter is {name}, which only your generator can run (write it")


def test_a_log_is_read_through_renames() -> None:
    """Newest first: names of then lead to the name of today, also twice, also where a name is used again."""
    log = (
        "\x01300\0\nM\0c\0\x01250\0\nA\0a\0\x01200\0\nR100\0b\0c\0\x01150\0\nR090\0a\0b\0M\0d\0\x01100\0\nA\0a\0A\0d\0"
    )
    times = {name: (int(a.timestamp()), int(b.timestamp())) for name, (a, b) in parse_log(log).items()}
    assert times == {"c": (100, 300), "a": (250, 250), "d": (100, 150)}
    assert parse_log("") == {}
    assert parse_log("\x01100\0\nA\0a\0")["a"] == Span(*[datetime.fromtimestamp(100, UTC)] * 2)


def test_a_commit_mends_what_git_could_not_tell(tmp_path: Path) -> None:
    """The file stays the same, and yet the next read finds its date."""
    _write(tmp_path, "x.md", "date: git Created")
    folder = ContentFolder(_settings(tmp_path))
    assert folder.read().posts == ()
    _git(tmp_path, "init")
    _commit(tmp_path, "2024-01-01T00:00:00Z")
    (post,) = folder.read().posts
    assert post.published_at == datetime(2024, 1, 1, tzinfo=UTC)


@pytest.mark.slow
def test_a_hook_of_another_repository_does_not_mislead(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Git names its own repository to the hooks it runs, which may publish: the posts' own one is asked."""
    _git(tmp_path, "init")
    _write(tmp_path, "x.md", "date: git Created")
    _commit(tmp_path, "2024-01-01T00:00:00Z")
    monkeypatch.setenv("GIT_DIR", ".")
    monkeypatch.setenv("GIT_WORK_TREE", "/nowhere")
    (post,) = read_snapshot(_settings(tmp_path)).posts
    assert post.published_at == datetime(2024, 1, 1, tzinfo=UTC)


@pytest.mark.slow
def test_a_persons_own_git_settings_change_no_date(tmp_path: Path) -> None:
    """Git may be told to show signatures in every log: that is no part of ours."""
    _git(tmp_path, "init")
    _write(tmp_path, "x.md", "date: git Created")
    _commit(tmp_path, "2024-01-01T00:00:00Z")
    _git(tmp_path, "config", "log.showSignature", "true")
    _sign_last_commit(tmp_path)
    (post,) = read_snapshot(_settings(tmp_path)).posts
    assert post.published_at == datetime(2024, 1, 1, tzinfo=UTC)


def _sign_last_commit(root: Path) -> None:
    """By nobody: what git says of a signature comes in between either way."""
    raw = subprocess.run(["git", "cat-file", "commit", "HEAD"], cwd=root, check=True, capture_output=True).stdout
    head, _, message = raw.partition(b"\n\n")
    signature = b"\ngpgsig -----BEGIN SSH SIGNATURE-----\n x\n -----END SSH SIGNATURE-----"
    words = ["git", "hash-object", "-t", "commit", "-w", "--stdin"]
    whole = head + signature + b"\n\n" + message
    made = subprocess.run(words, cwd=root, input=whole, check=True, capture_output=True).stdout.decode().strip()
    _git(root, "update-ref", "HEAD", made)


def test_files_among_the_posts_are_no_repository(tmp_path: Path) -> None:
    """A contributor may commit files that git takes for one, with a program in their settings."""
    _git(tmp_path, "init")
    _write(tmp_path, "x.md", "date: git Created")
    folder = tmp_path / "posts"
    for name, text in {
        "HEAD": "ref: refs/heads/main",
        "refs/heads/main": "1" * 40,
        "objects/x.md": "",
        "config": f"""[core]\nrepositoryformatversion = 1\nbare = true\n[extensions]\npartialClone = x\n
            [remote "x"]\nurl = {tmp_path}\npromisor = true\nuploadpack = "touch {tmp_path}/ran; false"\n""",
    }.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)
    read_snapshot(_settings(tmp_path))
    assert not (tmp_path / "ran").exists()


def test_git_that_cannot_tell_is_asked_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Ten thousand posts in a folder without a repository are no ten thousand calls, each round anew."""
    git = tmp_path / "bin" / "git"
    git.parent.mkdir()
    git.write_text(f"#!/bin/sh\necho asked >>{tmp_path}/calls\necho 'fatal: broken' >&2\nexit 128\n")
    git.chmod(0o755)
    monkeypatch.setenv("PATH", str(git.parent))
    for name in ("a.md", "b.md", "c.md"):
        _write(tmp_path, name, "date: git Created")
    assert len(read_snapshot(_settings(tmp_path)).problems) == 3
    assert (tmp_path / "calls").read_text() == "asked\n"


def test_a_commit_of_no_time_tells_nothing() -> None:
    """Clocks write years that no calendar holds; other commits of the same file still count."""
    log = "\x0199999999999999\0\nM\0a\0A\0b\0\x01100\0\nA\0a\0"
    assert parse_log(log) == {"a": Span(*[datetime.fromtimestamp(100, UTC)] * 2)}
