"""What `serve` gives out: what was published, and nothing else that lies in the same folder."""

from __future__ import annotations

from pathlib import Path

from syndicate.app.app import App
from tests.journeys.blog import CONFIG
from tests.publish.house import House

KEY = "0123456789abcdef"
FOREIGN = {
    "draft.html": b"<!doctype html><title>Not yet</title>",
    "secrets.env": b"TOKEN=x",
    "syndicate.toml": CONFIG.encode(),
    "post.md": b"---\ntitle: Draft\n---\n",
    "cards/holiday.jpg": b"\xff\xd8",
    "cards/one.0123456789.jpg": b"\xff\xd8",
    "data.json": b'{"a": 1}',
    "sub/timeline.json": b"[]",
    "fedcba9876543210.txt": KEY.encode(),
    "atom.xml.bak": b"<feed/>",
}


def test_only_what_was_published_is_given_out(tmp_path: Path) -> None:
    """Every file of ours, the timeline and the key for IndexNow; no draft, secret or picture of somebody else."""
    blog = write(tmp_path)
    with blog.open() as app:
        app.publish()
        app.post(app.plan_post("one", to=(), at="", text="", again=False))
        ours = blog.files()
        assert {"index.html", "rss.xml", "timeline.json", "timeline.html", "syndication.json"} <= ours.keys()
        assert any(path.startswith("cards/") for path in ours)
        plant(blog.feeds)
        assert find_refused(app, ours) == []
        assert find_refused(app, FOREIGN) == sorted(FOREIGN)
        assert app.is_published(f"{KEY}.txt", f"{KEY}\n".encode())
        assert not app.is_published(f"{KEY}.txt", b"something else")


def test_files_of_ours_that_others_wrote_over_are_not(tmp_path: Path) -> None:
    """A name that we published says nothing of other bytes under it."""
    blog = write(tmp_path)
    with blog.open() as app:
        app.publish()
        assert find_refused(app, dict.fromkeys(blog.files(), b"secret")) == sorted(blog.files())


def test_a_lost_cache_is_made_good_by_the_next_publication(tmp_path: Path) -> None:
    """On a fresh checkout everything is served again as soon as something was published."""
    blog = write(tmp_path)
    with blog.open() as app:
        app.publish()
    before = blog.files()
    blog.lose_cache()
    plant(blog.feeds)
    with blog.open() as app:
        assert "rss.xml" not in find_refused(app, before)
        app.publish()
        assert find_refused(app, {path: data for path, data in blog.files().items() if path not in FOREIGN}) == []
        assert find_refused(app, FOREIGN) == sorted(FOREIGN)


def write(root: Path) -> House:
    blog = House(root, CONFIG + f'\n[feeds]\nindexnow_key = "{KEY}"\n')
    for slug in ("one", "two"):
        blog.write(slug)
    return blog


def plant(folder: Path) -> None:
    for path, data in FOREIGN.items():
        (folder / path).parent.mkdir(exist_ok=True)
        (folder / path).write_bytes(data)


def find_refused(app: App, files: dict[str, bytes]) -> list[str]:
    return sorted(path for path, data in files.items() if not app.is_published(path, data))
