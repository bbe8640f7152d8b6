"""A published folder that would show what nobody may see is refused, by whatever name it goes."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest

from syndicate.config.read import make_settings, read_settings
from syndicate.errors import ConfigError

SITE = '[site]\ntitle = "Notes"\nurl = "https://blog.example"\ncontent = "{content}"\n'
STORAGE = '[storage]\npublish_to = "{publish_to}"\ndatabase = "{database}"\n'


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A blog beside other folders, with links to itself and to its posts."""
    blog = tmp_path / "blog"
    for name in ("content/posts", "feeds", ".syndicate", "public/feeds", "out"):
        (blog / name).mkdir(parents=True)
    (blog / "again").symlink_to(blog)
    (blog / "out" / "posts").symlink_to(blog / "content" / "posts")
    (tmp_path / "posts-link").symlink_to(blog / "content")
    return blog


def read(
    root: Path,
    publish_to: str,
    *,
    content: str = "content/posts",
    database: str = "sqlite:///.syndicate/state.db",
    environ: Mapping[str, str] | None = None,
) -> None:
    text = SITE.format(content=content) + STORAGE.format(publish_to=publish_to, database=database)
    make_settings(text, root=root, environ=environ or {})


@pytest.mark.parametrize(
    ("publish_to", "held"),
    [
        (".", "the configuration and the posts' files and the state and the state database"),
        ("./", "the configuration"),
        ("feeds/..", "the configuration"),
        ("..", "the configuration"),
        ("/", "the configuration"),
        ("again", "the configuration"),
        ("again/.", "the configuration"),
        ("content", "the posts' files"),
        ("content/posts", "the posts' files"),
        ("content/posts/", "the posts' files"),
        ("../posts-link", "the posts' files"),
        ("again/content", "the posts' files"),
        (".syndicate", "the state"),
    ],
)
def test_a_folder_that_holds_what_is_private_is_refused(root: Path, publish_to: str, held: str) -> None:
    """The site's folder, what is above it, posts and state: by dots, by links, by whole paths."""
    with pytest.raises(ConfigError) as raised:
        read(root, publish_to)
    assert f"line 6, storage.publish_to: everybody could read {held}" in str(raised.value)


def test_a_link_to_the_posts_does_not_hide_them(root: Path) -> None:
    """Posts that are linked into the published folder lie in it for every other server."""
    with pytest.raises(ConfigError, match="the posts' files"):
        read(root, "out", content="out/posts")


def test_a_database_in_the_published_folder_is_refused(root: Path) -> None:
    """Wherever it says it is."""
    for database in ("sqlite:///feeds/state.db", f"sqlite:///{root}/feeds/deep/state.db?timeout=3"):
        with pytest.raises(ConfigError, match="the state database, which"):
            read(root, "feeds", database=database)


def test_a_secret_in_the_published_folder_is_refused(root: Path) -> None:
    """A file that the environment names as one of ours; other programs' are not our business."""
    inside = {"SYNDICATE_TOOT_ACCESS_TOKEN_FILE": str(root / "feeds" / "token")}
    with pytest.raises(ConfigError, match="the file of SYNDICATE_TOOT_ACCESS_TOKEN_FILE"):
        read(root, "feeds", environ=inside)
    read(root, "feeds", environ={"OTHER_FILE": str(root / "feeds" / "token"), "SYNDICATE_X_FILE": "/run/secrets/x"})


@pytest.mark.parametrize("publish_to", ["feeds", "public/feeds", "new/deep", "s3://bucket/content", "/var/www/feeds"])
def test_a_folder_of_its_own_is_fine(root: Path, publish_to: str) -> None:
    """Below the site or elsewhere, there already or not, also where the site's folder is that of the posts."""
    read(root, publish_to)
    read(root, publish_to, content=".")


def test_a_running_daemon_keeps_what_it_has(root: Path) -> None:
    """The file itself is read by the same rules."""
    (root / "syndicate.toml").write_text(SITE.format(content="content/posts") + '[storage]\npublish_to = "."\n')
    with pytest.raises(ConfigError, match="everybody could read"):
        read_settings(root / "syndicate.toml")


@pytest.mark.parametrize(("one", "other"), [("my-blog", "my_blog"), ("Blog", "blog"), ("a--b", "a-b"), ("a", "a-")])
def test_two_accounts_share_no_variable(root: Path, one: str, other: str) -> None:
    """Names that differ only in what a variable's name cannot show are refused, with both names."""
    text = (
        SITE.format(content="content") + f'[accounts.{one}]\nnetwork = "local"\n[accounts.{other}]\nnetwork = "local"\n'
    )
    with pytest.raises(ConfigError) as raised:
        make_settings(text, root=root, environ={})
    assert f"accounts.{other}: shares its secrets' variables SYNDICATE_" in str(raised.value)
    assert f'with "{one}"' in str(raised.value)
