"""`token`: named tokens made, listed and revoked at a terminal."""

from __future__ import annotations

from pathlib import Path

from tests.journeys.blog import Blog


def test_a_token_is_shown_once_and_passes_until_it_is_revoked(tmp_path: Path) -> None:
    """Its key is printed alone, so that it can be piped, and stands in no file of the state."""
    blog = Blog(tmp_path)
    made = blog.run("token", "make", "laptop")
    key = made.out.strip()
    assert key.startswith("syn_")
    assert "It may read." in made.err
    assert blog.run("token", "make", "editor", "--write", "--ends", "30d", "--json").json["scopes"] == ["read", "write"]
    assert "laptop" in blog.run("token", "make", "laptop", code=2).err
    listed = blog.run("token", "list").out
    assert [line.split("\t")[:2] for line in listed.splitlines()] == [["editor", "read and write"], ["laptop", "read"]]
    state = b"".join(path.read_bytes() for path in (tmp_path / ".syndicate").rglob("*") if path.is_file())
    assert key.encode() not in state
    assert key not in listed
    blog.run("token", "revoke", "laptop")
    assert "known: editor" in blog.run("token", "revoke", "laptop", code=2).err


def test_a_restored_backup_lets_nobody_in(tmp_path: Path) -> None:
    """It may hold tokens that were revoked since it was made."""
    blog = Blog(tmp_path)
    blog.run("token", "make", "old")
    blog.run("backup", str(tmp_path / "state.backup"))
    blog.run("token", "revoke", "old")
    blog.run("restore", str(tmp_path / "state.backup"))
    assert blog.run("token", "list", "--json").json == []


def test_a_token_that_cannot_be_is_refused(tmp_path: Path) -> None:
    """Names that would break a table, ends that are over, nothing said at all."""
    blog = Blog(tmp_path)
    for words in (["make", "a\tb"], ["make", ""], ["make", "x", "--ends", "0"], ["make", "x", "--ends", "soon"], []):
        assert blog.run("token", *words, code=2).err
    assert blog.run("token", "list").out.startswith("There is no token.")
