"""Where the lead image is."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from syndicate.content.parsing import parse_post
from syndicate.content.picture import list_pictures, make_credit, parse_focus
from syndicate.model import Credit, MediaFile, Picture, Post
from tests.content.golden import make_settings


@pytest.fixture
def site(tmp_path: Path) -> Path:
    """A site with an image beside a post, one in a static folder, and one outside of everything."""
    for name in (
        "site/posts/one/beside.png",
        "site/posts/one/images/inner.png",
        "site/public/images/served.png",
        "site/assets/a.png",
        "outside.png",
        "site/secret.toml",
    ):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"x")
    return tmp_path / "site"


def _post(site: Path, front: str) -> Post:
    source = "one/index.md"
    return parse_post(f"---\ntitle: T\n{front}\n---\nBody", source, str(site / "posts" / source), make_settings(site))


@pytest.mark.parametrize(
    ("image", "url", "file"),
    [
        ("beside.png", "https://blog.example/blog/one/beside.png", "posts/one/beside.png"),
        ("./beside.png?v=1", "https://blog.example/blog/one/beside.png?v=1", "posts/one/beside.png"),
        ("/images/served.png", "https://blog.example/images/served.png", "public/images/served.png"),
        ("images/served.png", "https://blog.example/images/served.png", "public/images/served.png"),
        ("/public/images/served.png", "https://blog.example/images/served.png", "public/images/served.png"),
        ("../../public/images/served.png", "https://blog.example/public/images/served.png", "public/images/served.png"),
        ("/assets/a.png", "https://blog.example/assets/a.png", "assets/a.png"),
        ("a.png", "https://blog.example/a.png", "assets/a.png"),
        ("[[a.png|300]]", "https://blog.example/a.png", "assets/a.png"),
        ("inner.png", "https://blog.example/blog/one/images/inner.png", "posts/one/images/inner.png"),
        ("https://i.example/a.png", "https://i.example/a.png", ""),
        ("//i.example/a.png", "https://i.example/a.png", ""),
    ],
)
def test_images_are_found(site: Path, image: str, url: str, file: str) -> None:
    """Beside the post, in a served folder, or remote; always with an absolute address."""
    picture = _post(site, f'image: "{image}"').picture
    assert picture is not None
    assert picture.url == url
    assert picture.path == (str(site / file) if file else "")


def test_a_picture_among_the_sources_has_no_public_address(tmp_path: Path) -> None:
    """Astro serves what lies below src/ under a name of its own; what is served as it is stays public."""
    site = tmp_path / "site"
    for name in ("src/assets/hero.png", "src/posts/near.png", "posts/one/here.png", "src/static/a.png"):
        (site / name).parent.mkdir(parents=True, exist_ok=True)
        (site / name).write_bytes(b"x")
    settings = make_settings(site)
    settings = replace(settings, site=replace(settings.site, static=("src/static",)))
    wanted = {"../assets/hero.png": False, "@/assets/hero.png": False, "./near.png": False, "/a.png": True}
    for image, is_public in wanted.items():
        post = parse_post(f"---\ntitle: T\nimage: '{image}'\n---\nBody", "a.md", str(site / "src/posts/a.md"), settings)
        assert post.picture is not None
        assert post.picture.path
        assert post.picture.is_public is is_public
    assert _post(site, "image: here.png").picture == Picture(
        "https://blog.example/blog/one/here.png", path=str(site / "posts/one/here.png")
    )


@pytest.mark.parametrize(
    "image", ["../../../outside.png", "/../outside.png", "link.png", "../../secret.toml", "gone.png", "a\\0b.png"]
)
def test_no_file_outside_the_site_is_read(site: Path, image: str) -> None:
    """Neither a path nor a link leads out, and only images are images; the author is told."""
    (site / "posts/one/link.png").symlink_to(site.parent / "outside.png")
    post = _post(site, f'image: "{image}"')
    assert post.picture is None or post.picture.path == ""
    assert [problem.key for problem in post.problems] == ["image"]


@pytest.mark.parametrize(
    ("static", "image", "is_shown"),
    [
        (("public",), "/private/a.png", False),
        (("public",), "../../private/a.png", False),
        (("public",), "away.png", False),
        (("public",), "/served.png", True),
        (("public",), "../../public/served.png", True),
        (("public",), "/away.png", False),
        ((".",), "/private/a.png", True),
        ((".",), "/.syndicate/a.png", False),
        ((".",), "/../outside.png", False),
        (("../shared",), "/b.png", True),
        (("public",), "../../src/a.png", False),
        (("src/img",), "../../src/a.png", True),
    ],
)
def test_a_post_shows_pictures_of_declared_folders_alone(site, static, image, is_shown) -> None:
    """A contributor names no other file of the site, by path or by link; the author may declare any folder."""
    for name in ("private/a.png", ".syndicate/a.png", "public/served.png", "../shared/b.png", "src/a.png"):
        (site / name).parent.mkdir(parents=True, exist_ok=True)
        (site / name).write_bytes(b"x")
    for link in ("posts/one/away.png", "public/away.png"):
        (site / link).symlink_to(site / "private/a.png")
    settings = make_settings(site)
    settings = replace(settings, site=replace(settings.site, static=static))
    text = f"---\ntitle: T\nimage: {image}\n---\nBody"
    picture = parse_post(text, "one/index.md", str(site / "posts/one/index.md"), settings).picture
    assert bool(picture and picture.path) is is_shown


@pytest.mark.slow
@pytest.mark.parametrize(
    "image", ["/" + "a/" * 100_000 + "x.png", "../" * 80_000 + "x.png", "/public/" + "./" * 600 + "a.png"]
)
def test_a_path_of_a_hundred_thousand_folders_is_not_walked(site, image) -> None:
    """It took ten seconds for each place to look in."""
    post = _post(site, f'image: "{image}"')
    assert post.picture is None or post.picture.path == ""
    assert [problem.key for problem in post.problems] == ["image"]


@pytest.mark.parametrize("image", ["javascript:alert(1)", "data:image/png;base64,AA", "http://[", "file:///etc/passwd"])
def test_strange_addresses_are_no_picture(site: Path, image: str) -> None:
    """Only http addresses and paths."""
    post = _post(site, f'image: "{image}"')
    assert post.picture is None
    assert [(problem.key, problem.line) for problem in post.problems] == [("image", 3)]


SHAPES = (
    """image: https://i.example/a.png
imageAlt: An **a**
imageCredit: By [Me](https://me.example)
focus: [0.2, 0.8]""",
    """cover:
  image: https://i.example/a.png
  alt: An a
  credit: By [Me](https://me.example)
  focus: 20% 80%""",
    """image: {url: 'https://i.example/a.png', alt: An a,
  credit: 'By [Me](https://me.example)', focus: {x: 0.2, y: 0.8}}""",
    """coverImage: {src: https://i.example/a.png}
coverAlt: An a
photoCredit: By <a href='https://me.example'>Me</a>
focalPoint: 0.2 0.8""",
    """feature_image: https://i.example/a.png
feature_image_alt: An a
feature_image_caption: By <a href='https://me.example'>Me</a>
focus: [0.2, 0.8]""",
    """params:
  cover: {image: https://i.example/a.png, focus: [0.2, 0.8]}
  imageAlt: An a
  imageCredit: By [Me](https://me.example)""",
    """images: [https://i.example/a.png, https://i.example/b.png]
image_alt: An a
image_credit: By [Me](https://me.example)
imageFocus: 0.2,0.8""",
)


@pytest.mark.parametrize("front", SHAPES)
def test_pictures_in_every_shape(site: Path, front: str) -> None:
    """A text, a table, a list: the same picture."""
    picture = _post(site, front).picture
    assert picture is not None
    assert (picture.url, picture.alt, picture.credit, picture.focus) == (
        "https://i.example/a.png", "An a", Credit("By Me", "https://me.example"), (0.2, 0.8),
    )  # fmt: skip


@pytest.mark.parametrize(
    ("written", "place"),
    [
        ("top", (0.5, 0.0)),
        ("right", (1.0, 0.5)),
        ("bottom left", (0.0, 1.0)),
        ("center", (0.5, 0.5)),
        ([1], (1.0, 0.5)),
        ("25%", (0.25, 0.5)),
    ],
)
def test_focus_in_words_and_numbers(written: object, place: tuple[float, float]) -> None:
    """What is not said is the middle."""
    assert parse_focus(written) == place


@pytest.mark.parametrize("written", ["", "up", [2, 0], [0.1, 0.2, 0.3], {}, 5, ["nan", 0], True])
def test_no_focus(written: object) -> None:
    """Anything else is refused."""
    with pytest.raises(ValueError, match=r"\w"):
        parse_focus(written)


@pytest.mark.parametrize(
    ("text", "credit"),
    [
        ("", None),
        ("Ann", Credit("Ann")),
        (
            "Photo by [Ann](https://a.example/@ann) on [Site](https://b.example)",
            Credit("Photo by Ann on Site", "https://a.example/@ann"),
        ),
        ("<https://a.example>", Credit("https://a.example", "https://a.example")),
        ("[Ann](javascript:alert)", Credit("Ann")),
    ],
)
def test_credits(text: str, credit: Credit | None) -> None:
    """Plain words and the first link."""
    assert make_credit(text) == credit


TEXT = """
![The lead](beside.png)

First ![A *served* one](/images/served.png "Title") and <img alt="From &amp; afar" src="https://i.example/a.png?b=1&amp;c">.

![again](/images/served.png?w=2) ![][named] ![no](javascript:x) ![no](../../secret.toml)
![Space](</images/a served one.png>) ![Beside](<my own.png>)

```
![code](https://i.example/code.png)
```

[named]: /assets/a.png
"""


def test_the_pictures_of_a_text_have_names_of_their_own(site: Path) -> None:
    """Each once with its alt text and file, after the lead picture; none of code; a moved site changes no name."""
    settings, source = make_settings(site), "one/index.md"
    for name in ("public/images/a served one.png", "posts/one/my own.png"):
        (site / name).write_bytes(b"x")
    front = "---\ntitle: T\nimage: beside.png\nimageAlt: Lead\n---\n"
    post = parse_post(front + TEXT, source, str(site / "posts" / source), settings)
    found = list_pictures(post, settings)
    assert [(one.alt, one.url, Path(one.path).name) for one in found.values()] == [
        ("Lead", "https://blog.example/blog/one/beside.png", "beside.png"),
        ("A served one", "https://blog.example/images/served.png", "served.png"),
        ("From & afar", "https://i.example/a.png?b=1&c", ""),
        ("", "https://blog.example/assets/a.png", "a.png"),
        ("no", "https://blog.example/secret.toml", ""),
        ("Space", "https://blog.example/images/a%20served%20one.png", "a served one.png"),
        ("Beside", "https://blog.example/blog/one/my%20own.png", "my own.png"),
    ]
    names = list(found)
    assert names[0] == "photo"
    assert all(len(name) == 14 and name.startswith("photo-") for name in names[1:])
    moved = replace(settings, site=replace(settings.site, url="https://moved.example"))
    again = parse_post(front + TEXT, source, str(site / "posts" / source), moved)
    assert list(list_pictures(again, moved)) == names


# --- Sound, film and other files that a post brings along ---


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


# --- Pictures in the text that the generator serves under names of its own ---

BODY = """
![A <b>hill</b>](./hill.png)

![ref][one] and ![Served](/images/served.png) and ![Far](https://i.example/a.png)

<img src="../assets/raw.png" alt="Raw"> ![](hill.png)

![Not there](./gone.png)

[one]: @/assets/ref.png
"""


@pytest.fixture
def unserved_site(tmp_path: Path) -> Path:
    """Pictures beside a post, in another source folder, and in the folder that is served."""
    names = ("src/posts/hill.png", "src/assets/raw.png", "src/assets/ref.png", "public/images/served.png")
    for name in (*names, "posts/hill.png", "astro.config.mjs"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_bytes(b"x")
    return tmp_path


def render(unserved_site: Path, folder: str) -> str:
    text = f"---\ntitle: T\nslug: one\n---\n{BODY}"
    settings = make_settings(unserved_site)
    settings = replace(settings, site=replace(settings.site, content=folder))
    return parse_post(text, "a.md", str(unserved_site / folder / "a.md"), settings).html


def test_words_stand_for_pictures_below_src(unserved_site: Path) -> None:
    """Astro's own pictures become their alt texts, without any nothing is left; others keep their addresses."""
    html = render(unserved_site, "src/posts")
    assert "<p><em>A &lt;b&gt;hill&lt;/b&gt;</em></p>" in html
    assert "<em>ref</em>" in html
    assert "<em>Raw</em>" in html
    assert [part.split('"')[0] for part in html.split('src="')[1:]] == [
        "https://blog.example/images/served.png",
        "https://i.example/a.png",
        "https://blog.example/blog/one/gone.png",
    ]


def test_other_generators_serve_what_lies_beside_a_post(unserved_site: Path) -> None:
    """Outside src/, and where no Astro is at work, a picture beside its post is published with it."""
    assert 'src="https://blog.example/blog/one/hill.png"' in render(unserved_site, "posts")
    (unserved_site / "astro.config.mjs").unlink()
    assert 'src="https://blog.example/blog/one/hill.png"' in render(unserved_site, "src/posts")
