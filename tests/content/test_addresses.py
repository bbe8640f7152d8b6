"""Slugs and permalinks that can do no harm."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import PurePosixPath

import pytest
from hypothesis import given
from hypothesis import strategies as st

from syndicate.content.addresses import (
    MAX_SLUG,
    absolute_permalink,
    date_in_name,
    make_permalink,
    make_slug,
    path_of,
    slugify,
)
from syndicate.errors import ContentError
from syndicate.model import Site

NEW_YEAR = datetime(2024, 12, 31, 23, 30, tzinfo=UTC)


def _site(permalink: str = "/blog/{slug}/", url: str = "https://blog.example") -> Site:
    return Site(title="T", url=url, permalink=permalink, timezone="Europe/Berlin")


@pytest.mark.parametrize(
    ("declared", "source", "title", "slug"),
    [
        ("my-slug", "a.md", "T", "my-slug"),
        ("Keeps-Case", "a.md", "T", "Keeps-Case"),
        ("../../etc/passwd", "a.md", "T", "etc-passwd"),
        ("..", "a.md", "T", "a"),
        ("/nested/slug/", "a.md", "T", "nested-slug"),
        ("a b\u00a0c?d#e", "a.md", "T", "a-b-c-d-e"),
        ("", "My Post.md", "T", "my-post"),
        ("", "folder/hello/index.md", "T", "hello"),
        ("", "2025-03-18-hello.md", "T", "hello"),
        ("", "2025-03-18-hello/index.mdx", "T", "hello"),
        ("", "v1.2.md", "T", "v1.2"),
        ("", "???.md", "A Title", "a-title"),
        ("", "index.md", "T", "index"),
        ("日本語", "a.md", "T", "日本語"),
        ("", "हिन्दी.md", "T", "हिन्दी"),
    ],
)
def test_slugs(declared: str, source: str, title: str, slug: str) -> None:
    """Declared, from the file or folder, from the title, in that order."""
    assert make_slug(declared, source, title) == slug


@given(st.text(), st.text(alphabet=st.characters(exclude_characters="/\x00")), st.text())
def test_no_slug_leads_out_of_a_folder(declared: str, name: str, title: str) -> None:
    """Whatever is written, a slug is one short file name."""
    slug = make_slug(declared, f"{name}.md", title)
    assert slug == PurePosixPath(slug).name
    assert slug not in {"", ".", ".."}
    assert not slug.startswith((".", "-"))
    assert len(slug.encode()) <= MAX_SLUG


def test_long_slugs_stay_apart() -> None:
    """Two slugs that differ beyond the limit are still two."""
    one, other = make_slug("a" * 300 + "b", "x.md", "T"), make_slug("a" * 300 + "c", "x.md", "T")
    assert one != other


@given(st.text())
def test_slugifying_twice_is_slugifying_once(text: str) -> None:
    """A slug is a slug."""
    assert slugify(slugify(text)) == slugify(text)


@pytest.mark.parametrize(
    ("pattern", "permalink"),
    [
        ("/blog/{slug}/", "https://blog.example/blog/hello/"),
        ("{slug}.html", "https://blog.example/hello.html"),
        ("/{year}/{month}/{day}/{slug}/", "https://blog.example/2025/01/01/hello/"),
        ("/{category}/{slug}/", "https://blog.example/machine-learning/hello/"),
        ("/{name}/", "https://blog.example/hello/"),
        ("/{path}/", "https://blog.example/Deep/folder/hello/"),
        ("/posts/{folders}/{slug}/", "https://blog.example/posts/deep/folder/hello/"),
        ("/{year}/{title}/", "https://blog.example/2025/its-here-c-dash-v1.2/"),
        ("/{categories}/{year}/{slug}/", "https://blog.example/machine%20learning/at%20home/2025/hello/"),
    ],
)
def test_permalink_patterns(pattern: str, permalink: str) -> None:
    """Every placeholder is filled, dates in the zone of the site."""
    names = ["Machine Learning", "At Home"]
    source, title = "Deep/folder/hello/index.md", "It's here: C++ & - dash (v1.2)"
    assert make_permalink(_site(pattern), "hello", source, NEW_YEAR, names, title=title) == permalink


def test_a_name_keeps_its_capitals() -> None:
    """{name} is the file's, without a date; a slug that the post declares wins (it gives no title then)."""
    made = [
        make_permalink(_site("/{name}/"), slug, "2025-01-02-My Post.md", None, [], title=title)
        for slug, title in (("my-post", "T"), ("Own", ""))
    ]
    assert made == ["https://blog.example/My-Post/", "https://blog.example/Own/"]


def test_a_post_beside_its_folder_leaves_no_gap_in_its_address() -> None:
    """{folders} is nothing for a post that lies in none, and for a bundle there; a title of signs is its slug."""
    for source in ("hello.md", "hello/index.md"):
        made = make_permalink(_site("/posts/{folders}/{slug}/"), "hello", source, None, [])
        assert made == "https://blog.example/posts/hello/"
    assert make_permalink(_site("/{title}/"), "hello", "a.md", None, [], title="???") == "https://blog.example/hello/"


def test_hugo_ends_an_address_that_names_no_file() -> None:
    """`url: /about` is the page /about/, `url: /about.html` that very file."""
    wanted = {"/about": "/about/", "about/": "/about/", "/old/about.html": "/old/about.html"}
    made = {url: absolute_permalink(_site(), url, closing="/") for url in wanted}
    assert made == {url: f"https://blog.example{path}" for url, path in wanted.items()}


def test_a_post_without_categories_leaves_no_gap_in_its_address() -> None:
    """As Jekyll builds its pages."""
    made = make_permalink(_site("/{categories}/{slug}.html"), "hello", "a.md", NEW_YEAR, [])
    assert made == "https://blog.example/hello.html"


def test_a_permalink_with_a_date_needs_one() -> None:
    """A post without a date cannot be at an address made of it."""
    with pytest.raises(ContentError, match="needs a date"):
        make_permalink(_site("/{year}/{slug}/"), "hello", "a.md", None, [])


def test_permalinks_are_percent_encoded_and_below_the_site() -> None:
    """Letters of any script are encoded as browsers do; a site may live in a folder."""
    site = _site(url="https://example.org/blog")
    assert make_permalink(site, "é", "a.md", None, []) == "https://example.org/blog/blog/%C3%A9/"


@pytest.mark.parametrize(
    ("declared", "permalink"),
    [
        ("/about/me/", "https://blog.example/about/me/"),
        ("about", "https://blog.example/about"),
        ("https://other.example/a", "https://other.example/a"),
        ("/:year/:title/", ""),
        ("/{{ page.fileSlug }}/", ""),
        ("javascript://x/", ""),
        ("http://[", ""),
    ],
)
def test_declared_permalinks(declared: str, permalink: str) -> None:
    """A plain path or address counts, a template of another generator does not."""
    assert absolute_permalink(_site(), declared) == permalink


@pytest.mark.parametrize(
    ("source", "written"),
    [("2025-3-8-a.md", "2025-3-8"), ("x/2025-03-18-a/index.md", "2025-03-18"), ("a-2025-03-18.md", "")],
)
def test_dates_in_file_names(source: str, written: str) -> None:
    """Jekyll's file names carry a date."""
    assert date_in_name(source) == written


def test_paths_are_safe() -> None:
    """{path} keeps folders and nothing else."""
    assert path_of("a b/../c/index.md") == "a-b/-/c"
