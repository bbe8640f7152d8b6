"""Pictures in the text that the generator serves under names of its own."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from syndicate.content.parsing import parse_post
from tests.content.golden import make_settings

BODY = """
![A <b>hill</b>](./hill.png)

![ref][one] and ![Served](/images/served.png) and ![Far](https://i.example/a.png)

<img src="../assets/raw.png" alt="Raw"> ![](hill.png)

![Not there](./gone.png)

[one]: @/assets/ref.png
"""


@pytest.fixture
def site(tmp_path: Path) -> Path:
    """Pictures beside a post, in another source folder, and in the folder that is served."""
    names = ("src/posts/hill.png", "src/assets/raw.png", "src/assets/ref.png", "public/images/served.png")
    for name in (*names, "posts/hill.png", "astro.config.mjs"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_bytes(b"x")
    return tmp_path


def render(site: Path, folder: str) -> str:
    text = f"---\ntitle: T\nslug: one\n---\n{BODY}"
    settings = make_settings(site)
    settings = replace(settings, site=replace(settings.site, content=folder))
    return parse_post(text, "a.md", str(site / folder / "a.md"), settings).html


def test_words_stand_for_pictures_below_src(site: Path) -> None:
    """Astro's own pictures become their alt texts, without any nothing is left; others keep their addresses."""
    html = render(site, "src/posts")
    assert "<p><em>A &lt;b&gt;hill&lt;/b&gt;</em></p>" in html
    assert "<em>ref</em>" in html
    assert "<em>Raw</em>" in html
    assert [part.split('"')[0] for part in html.split('src="')[1:]] == [
        "https://blog.example/images/served.png",
        "https://i.example/a.png",
        "https://blog.example/blog/one/gone.png",
    ]


def test_other_generators_serve_what_lies_beside_a_post(site: Path) -> None:
    """Outside src/, and where no Astro is at work, a picture beside its post is published with it."""
    assert 'src="https://blog.example/blog/one/hill.png"' in render(site, "posts")
    (site / "astro.config.mjs").unlink()
    assert 'src="https://blog.example/blog/one/hill.png"' in render(site, "src/posts")
