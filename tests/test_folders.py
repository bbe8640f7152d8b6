"""Folders without end, pipes and devices, met by everything that walks or opens what it did not make itself."""

from __future__ import annotations

import os
import socket
import subprocess
from collections.abc import Callable, Iterator
from contextlib import closing, suppress
from pathlib import Path
from tempfile import mkdtemp

import pytest

from syndicate.folders import MAX_DEPTH, NotAFile, open_file, open_private, replace_file, walk
from syndicate.model import Artefact
from syndicate.output.folder import FolderOutput
from syndicate.starters import guess_site
from syndicate.templates import fingerprint_templates
from syndicate.watcher import list_folders
from tests.journeys.blog import Blog

POST = '---\ntitle: "Hello"\ndate: 2025-01-02\n---\nText.\n'


@pytest.fixture(scope="module")
def endless() -> Iterator[Path]:
    """A blog whose folder of posts holds more folders in one another than Python's stack has room for.

    None of pytest's own folders: what clears those calls itself for each level.
    """
    blog = Blog(Path(mkdtemp(prefix="endless-")))
    dig(blog.posts)
    yield blog.posts
    subprocess.run(["rm", "-rf", blog.root], check=True)  # which does not call itself for each level


def dig(folder: Path, depth: int = 1_200) -> None:
    here = os.open(folder, os.O_RDONLY)
    for _ in range(depth):
        os.mkdir("d", dir_fd=here)
        below = os.open("d", os.O_RDONLY, dir_fd=here)
        os.close(here)
        here = below
    os.close(here)


WALKS: dict[str, tuple[str, Callable[[Path], object]]] = {
    "the published folder": ("feeds", lambda root: FolderOutput(root / "feeds").list_files()),
    "templates": ("templates/pages", lambda root: fingerprint_templates(str(root))),
    "what is watched": ("content", lambda root: list(list_folders([root / "content"]))),
    "a new blog": ("content/posts", guess_site),
    "a new blog's Hugo settings": ("config/_default", guess_site),
    "a new blog's built site": ("public/a", guess_site),
}


@pytest.mark.slow
@pytest.mark.parametrize("name", WALKS)
def test_no_depth_of_folders_ends_a_walk(tmp_path: Path, endless: Path, name: str) -> None:
    """What lies too deep is passed over, by everything that walks; what lies higher is seen."""
    folder, look = WALKS[name]
    (tmp_path / folder).parent.mkdir(parents=True, exist_ok=True)
    (tmp_path / folder).symlink_to(endless)
    (tmp_path / "posts").mkdir()
    (tmp_path / "posts/a.md").write_text(POST)
    look(tmp_path)
    assert sum(entry.name == "d" for entry in walk(tmp_path / folder)) == MAX_DEPTH + 1


@pytest.mark.slow
def test_a_post_in_endless_folders_and_a_missing_picture_stop_nobody(endless: Path) -> None:
    """A publication looks through folders for what may bring the picture; the good post is out all the same."""
    blog = Blog(endless.parent.parent)
    blog.write("good")
    (blog.posts / "bad.md").write_text(POST.replace("---\nText", "image: /nowhere.png\n---\nText"))
    told = blog.run("publish", code=1).err
    assert "nested too deeply" in told
    assert "/nowhere.png" in told
    assert "good" in (blog.feeds / "rss.xml").read_text()


def test_only_files_are_opened(tmp_path: Path) -> None:
    """A pipe would wait for ever for somebody to write, a device never ends, a socket has nothing to read."""
    os.mkfifo(tmp_path / "pipe")
    with closing(socket.socket(socket.AF_UNIX)) as listening:
        listening.bind(str(tmp_path / "socket"))
    (tmp_path / "device").symlink_to("/dev/zero")
    for name in ("pipe", "socket", "device", "."):
        with pytest.raises(NotAFile):
            open_file(tmp_path / name)
    (tmp_path / "file").write_bytes(b"x")
    with open_file(tmp_path / "file") as file:
        assert file.read() == b"x"


@pytest.mark.parametrize("name", ["content/posts/b.md", "README.md", "CNAME", "hugo.toml"])
def test_a_pipe_in_a_new_blog_tells_nothing(tmp_path: Path, name: str) -> None:
    """init asks many files what they say; the post beside it is found."""
    (tmp_path / "content/posts").mkdir(parents=True)
    (tmp_path / "content/posts/a.md").write_text(POST)
    os.mkfifo(tmp_path / name)
    guess = guess_site(tmp_path)
    assert guess is not None
    assert guess.posts == 1


def test_what_is_no_file_where_one_is_published_reads_as_nothing(tmp_path: Path) -> None:
    """doctor compares what is published with what lies there; the pipe itself is told as being in the way."""
    output = FolderOutput(tmp_path)
    os.mkfifo(tmp_path / "rss.xml")
    (tmp_path / "atom.xml").symlink_to("/dev/zero")
    assert output.read_many(["rss.xml", "atom.xml"]) == {}
    assert output.find_blocked(["rss.xml", "atom.xml"]) == {"rss.xml", "atom.xml"}


def test_a_folder_in_the_place_of_a_compressed_form_costs_that_form(tmp_path: Path) -> None:
    """The file and its other forms are written."""
    output = FolderOutput(tmp_path)
    (tmp_path / "rss.xml.gz/x").mkdir(parents=True)
    for data in (b"a" * 2_000, b"b" * 2_000):
        assert output.write([Artefact("rss.xml", "application/rss+xml", data, None)]) == ("rss.xml",)
    assert {path.name for path in tmp_path.iterdir()} == {"rss.xml", "rss.xml.gz", "rss.xml.br", "rss.xml.zst"}


def test_a_pipe_in_the_place_of_kept_settings_is_not_waited_for(tmp_path: Path) -> None:
    """They are read anew instead, by every command."""
    blog = Blog(tmp_path)
    blog.write("hello")
    (tmp_path / ".syndicate").mkdir()
    os.mkfifo(tmp_path / ".syndicate/settings.json")
    blog.run("publish")
    blog.run("status")


def test_a_file_in_the_place_of_the_state_is_told_with_advice(tmp_path: Path) -> None:
    """As every failure of the system is that a person can do something about."""
    blog = Blog(tmp_path)
    (tmp_path / ".syndicate").write_text("")
    assert "a file is where a folder should be: move it away" in blog.run("status", code=1).err


def test_what_root_makes_belongs_to_whoever_has_the_folder(tmp_path: Path) -> None:
    """After `sudo syndicate login` the user's daemon reads the secrets; behind a link nothing changes hands."""
    blog, far = tmp_path / "blog", tmp_path / "far"
    blog.mkdir()
    far.touch()
    (blog / "link").symlink_to(far)
    before = far.stat().st_uid
    with suppress(PermissionError):  # tests run as anybody: then all of it is theirs
        os.chown(blog, 12345, 12345)
    replace_file(blog / "secrets.vault", b"")
    for name in ("write.lock", "link"):
        os.close(open_private(blog / name))
    owners = [path.stat().st_uid for path in (blog / "secrets.vault", blog / "write.lock", far)]
    assert owners == [blog.stat().st_uid, blog.stat().st_uid, before]


# Each names a start again and again that another pattern of the same settings goes on from to the end of the file.
ENDLESS = {
    "astro.config.mjs": ("a", " ", "base: '/"),
    "src/content/config.ts": ("x = defineCollection({ ", "collections = {", "a", "const a = '"),
    "src/consts.ts": ("author = {", "SITE_TITLE = '", " "),
    "docusaurus.config.js": ("\n", "blog: {", "plugin-content-blog', {"),
    "pelicanconf.py": (" \n", "SITENAME = '"),
    "conf.py": ("POSTS = (\n", "POSTS = ('a"),
    "mkdocs.yml": ("\n ", "   \n", "x\n  \n"),
    "eleventy.config.js": ("permalink: (", "input: "),
    "gatsby-node.js": ("path: `${", "value:`"),
    "next.config.js": ("title: {", "siteUrl "),
    "static/robots.txt": ("\n", "sitemap: http://a"),
}


@pytest.mark.parametrize(("name", "begins"), ENDLESS.items())
def test_settings_without_end_are_looked_through_once(tmp_path: Path, name: str, begins: tuple[str, ...]) -> None:
    """init ends, whatever a generator's file repeats to its end: none of these took less than minutes."""
    for path in (name, "posts/a.md", "docs/blog/posts/a.md", "src/content/blog/a.md"):
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
    for begin in begins:
        start = "plugins:\n  - blog:\n" if name == "mkdocs.yml" else ""
        (tmp_path / name).write_text(start + begin * (200_000 // len(begin)))
        (tmp_path / "posts/a.md").write_text(POST)
        (tmp_path / "astro.config.mjs").touch() if name.startswith("src/") else None
        guess = guess_site(tmp_path)
        assert guess is None or len(guess.title + guess.url + guess.permalink) < 1_600
