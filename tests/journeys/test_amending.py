"""Edits of published messages as the networks get them: whole articles, pictures with their bytes, ids of their own."""

from __future__ import annotations

import time

import pytest

from tests.journeys.blog import CONFIG, Blog
from tests.journeys.test_networks import Website
from tests.networks.fake_devto import KEY, FakeForem
from tests.networks.fake_matrix import ROOM, TOKEN, FakeMatrix
from tests.networks.fake_oauth import GIVEN, FakeTumblr
from tests.networks.fake_webhook import SECRET, FakeReceiver

HEAD = CONFIG.partition("[accounts.timeline]")[0].replace("[cards]", "allow_private = true\n[cards]")


@pytest.fixture
def website():
    with Website() as site:
        site.live["first"] = "First"
        yield site


def write(blog: Blog, *, words: str = "Read first.", body: str = "") -> None:
    path = blog.write("first", title="First", body=body or f"Go on: {words}")
    path.write_text(path.read_text().replace("Read first.", words))


def found(tmp_path, website, account: str) -> Blog:
    """A blog with one post published, and sent to the account."""
    head = HEAD.replace("https://notes.example", website.url)
    blog = Blog(tmp_path, f'{head}[accounts.there]\non_edit = "edit"\n{account}')
    write(blog)
    blog.run("publish")
    blog.run("post", "first")
    return blog


def amend(blog: Blog, **post: str) -> None:
    write(blog, **post)
    blog.run("publish")
    assert blog.run("amend").out == "first on there: edited\n"


def test_an_article_is_the_whole_post_and_follows_it(tmp_path, website, monkeypatch):
    """dev.to gets the Markdown, not the teaser; a change below the teaser is an edit, too."""
    monkeypatch.setenv("SYNDICATE_THERE_API_KEY", KEY)
    with FakeForem() as fake:
        blog = found(tmp_path, website, f'network = "devto"\napi = "{fake.url}"\n')
        assert fake.published[0]["article"]["body_markdown"].strip() == "Go on: Read first."
        amend(blog, body="Another [body](/about/).")
        changed = fake.published[0]["article"]["body_markdown"].strip()
        assert changed == f"Another [body]({website.url}/about/)."
        assert "Nothing to amend." in blog.run("amend").out


def test_a_room_sees_every_edit(tmp_path, website, monkeypatch):
    """A homeserver takes a transaction id once: each edit has its own, also one that takes back another."""
    monkeypatch.setenv("SYNDICATE_THERE_ACCESS_TOKEN", TOKEN)
    with FakeMatrix() as fake:
        blog = found(tmp_path, website, f'network = "matrix"\nhomeserver = "{fake.url}"\nroom = "{ROOM}"\n')
        for words in ("Read it twice.", "Read first.", "Read it twice."):
            amend(blog, words=words)
            assert fake.published[0]["content"]["m.new_content"]["body"].startswith(words)
        assert len(fake.published) == 4


def test_a_receiver_that_remembers_ids_hears_of_every_edit(tmp_path, website, monkeypatch):
    """The update is no repetition of the publication."""
    monkeypatch.setenv("SYNDICATE_THERE_SECRET", SECRET)
    with FakeReceiver() as fake:
        fake.now = int(time.time())
        blog = found(tmp_path, website, f'network = "webhook"\nurl = "{fake.url}/hook"\n')
        amend(blog, words="Read it twice.")
        amend(blog, words="Read first.")
        assert [event["type"] for event in fake.published] == ["post.published", "post.updated", "post.updated"]


def test_an_edit_that_writes_the_post_anew_brings_its_picture(tmp_path, website, monkeypatch):
    """Tumblr takes the whole post again, files and all."""
    for name, secret in GIVEN.items():
        monkeypatch.setenv(f"SYNDICATE_THERE_{name}".upper(), secret)
    with FakeTumblr() as fake:
        blog = found(tmp_path, website, f'network = "tumblr"\nblog = "foxes"\napi = "{fake.url}"\nmedia = "image"\n')
        sent = fake.published[0]["files"]["card"].data
        amend(blog, words="Read it twice.")
        assert fake.sent("PUT")[0].parts()["card"].data == sent != b""
