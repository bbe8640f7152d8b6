"""Sound, film and other files that a post brings along."""

from __future__ import annotations

from pathlib import Path

import pytest

from syndicate.content.parsing import parse_post
from syndicate.model import MediaFile
from tests.content.golden import make_settings


@pytest.mark.parametrize(
    ("written", "found"),
    [
        ("audio: https://cdn.example/a.mp3", MediaFile("https://cdn.example/a.mp3", "audio/mpeg")),
        ("audio: /talks/one.mp3", MediaFile("https://blog.example/talks/one.mp3", "audio/mpeg", 5)),
        ("video: film.mp4", MediaFile("https://blog.example/blog/post/film.mp4", "video/mp4", 3)),
        (
            "enclosure: {url: 'https://cdn.example/x', type: audio/mpeg, length: '12,345', title: One}",
            MediaFile("https://cdn.example/x", "audio/mpeg", 12345, "One"),
        ),
        ("enclosure: 'https://cdn.example/a.mp3 123 audio/mpeg'", MediaFile("https://cdn.example/a.mp3", "audio/mpeg")),
        ("audio: true", None),
        ("audio: https://cdn.example/a", None),
        ("audio: ../../outside.mp3", MediaFile("https://blog.example/outside.mp3", "audio/mpeg")),
        ("video: javascript:alert(1).mp4", None),
        ("audio: /.state/own.mp3", MediaFile("https://blog.example/.state/own.mp3", "audio/mpeg")),
    ],
)
def test_a_file_has_address_type_and_length(tmp_path: Path, written: str, found: MediaFile | None) -> None:
    """Its own bytes are counted where it is one of the site's; what leads nowhere is left out."""
    files = {"static/talks/one.mp3": b"12345", "posts/film.mp4": b"123", "posts/post.md": b"", ".state/own.mp3": b"1"}
    for name, data in files.items():
        (tmp_path / "site" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "site" / name).write_bytes(data)
    (tmp_path / "outside.mp3").write_bytes(b"secret")
    settings = make_settings(tmp_path / "site")
    file = str(tmp_path / "site" / "posts" / "post.md")
    post = parse_post(f"---\ntitle: T\n{written}\n---\nText\n", "post.md", file, settings)
    assert post.media == ((found,) if found else ())
