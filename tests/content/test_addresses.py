"""Slugs and permalinks that can do no harm."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path, PurePosixPath
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from syndicate.config.read import make_settings as read_config
from syndicate.content.permalinks import (
    MAX_SLUG,
    Named,
    absolute_permalink,
    date_in_name,
    make_permalink,
    make_slug,
    path_of,
    slugify,
)
from syndicate.errors import ContentError
from syndicate.model import Site
from tests.content.golden import make_settings, read_snapshot

NEW_YEAR = datetime(2024, 12, 31, 23, 30, tzinfo=UTC).astimezone(ZoneInfo("Europe/Berlin"))


def _site(permalink: str = "/blog/{slug}/", url: str = "https://blog.example") -> Site:
    return Site(title="T", url=url, permalink=permalink, timezone="Europe/Berlin")


def _made(pattern: str, source: str = "a.md", *, generator: str = "", slug: str = "hello", **facts: Any) -> str:
    site = replace(_site(pattern), generator=generator)
    return make_permalink(site, Named(source, slug, **facts))


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
    assert _made(pattern, source, dated_at=NEW_YEAR, categories=names, title=title) == permalink


def test_a_name_keeps_its_capitals() -> None:
    """{name} is the file's, without a date; a slug that the post declares wins ."""
    made = [
        _made("/{name}/", "2025-01-02-My Post.md", slug=slug, declared=declared)
        for slug, declared in (("my-post", ""), ("Own", "Own"))
    ]
    assert made == ["https://blog.example/My-Post/", "https://blog.example/Own/"]


def test_a_post_beside_its_folder_leaves_no_gap_in_its_address() -> None:
    """{folders} is nothing for a post that lies in none, and for a bundle there; a title of signs is its slug."""
    for source in ("hello.md", "hello/index.md"):
        assert _made("/posts/{folders}/{slug}/", source) == "https://blog.example/posts/hello/"
    assert _made("/{title}/", title="???") == "https://blog.example/hello/"


def test_hugo_ends_an_address_that_names_no_file() -> None:
    """`url: /about` is the page /about/, `url: /about.html` that very file."""
    wanted = {"/about": "/about/", "about/": "/about/", "/old/about.html": "/old/about.html"}
    made = {url: absolute_permalink(_site(), url, closing="/") for url in wanted}
    assert made == {url: f"https://blog.example{path}" for url, path in wanted.items()}


def test_a_post_without_categories_leaves_no_gap_in_its_address() -> None:
    """As Jekyll builds its pages."""
    assert _made("/{categories}/{slug}.html") == "https://blog.example/hello.html"


def test_a_permalink_with_a_date_needs_one() -> None:
    """A post without a date cannot be at an address made of it."""
    with pytest.raises(ContentError, match="needs a date"):
        _made("/{year}/{slug}/")


def test_permalinks_are_percent_encoded_and_below_the_site() -> None:
    """Letters of any script are encoded as browsers do; a site may live in a folder."""
    site = _site(url="https://example.org/blog")
    assert make_permalink(site, Named("a.md", "é")) == "https://example.org/blog/blog/%C3%A9/"


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
    assert path_of("git--blob/the-@-sign.md") == "git--blob/the-@-sign"
    assert path_of("Cafe\u0301/-a-.md") == "Caf\u00e9/a"


# As the generators themselves build them; the first five were read from Hugo 0.131 and Jekyll 4.3.
@pytest.mark.parametrize(
    ("generator", "pattern", "source", "facts", "path"),
    [
        ("hugo", "/p/{slug}/", "x.md", {"declared": "EOY Letter 2023"}, "/p/eoy-letter-2023/"),
        ("hugo", "/p/{slug}/", "x.md", {"declared": "C++ & C#, What`s  é - z"}, "/p/c++-c%23-whats-%C3%A9-z/"),
        ("hugo", "/p/{path}/", "What's new & C++ #1, (x)!.md", {}, "/p/whats-new--c++-%231-x/"),
        ("hugo", "/p/{slug}/", "What's new & C++ #1, (x)!.md", {}, "/p/whats-new-c++-%231-x/"),
        ("hugo", "/{title}/", "x.md", {"title": "What is C++ -- new?  a - b"}, "/what-is-c--new-a-b/"),
        ("hugo", "/{folders}/{slug}/", "Deep/2024-01-02-X/index.md", {}, "/deep/2024-01-02-x/"),
        ("jekyll", "/{name}.html", "2024-01-02-My Post (2).md", {}, "/My-Post-(2).html"),
        ("jekyll", "/{slug}/", "2024-01-02-My_Post.md", {}, "/my-post/"),
        ("jekyll", "/{categories}/{name}/", "en/News/_posts/2024-01-02-a.md", {"categories": ["B"]}, "/en/news/b/a/"),
        ("eleventy", "/blog/{path}/", "fourth/fourth.md", {}, "/blog/fourth/"),
        ("eleventy", "/blog/{path}/", "in/2024-01-02-My Post.md", {}, "/blog/in/2024-01-02-My%20Post/"),
        ("eleventy", "/blog/{name}/", "in/2024-01-02-My Post.md", {}, "/blog/My%20Post/"),
        ("astro", "/blog/{path}/", "2024/My Post v1.0/index.md", {}, "/blog/2024/my-post-v10/"),
        ("astro", "/blog/{path}/", "a/b.md", {"declared": "own/way"}, "/blog/own/way/"),
        ("docusaurus", "/blog/{path}", "2019-05-28-first.md", {}, "/blog/2019/05/28/first"),
        ("docusaurus", "/blog/{path}", "2021-8-1-b/index.mdx", {}, "/blog/2021/8/1/b"),
        ("docusaurus", "/blog/{path}", "in/plain.md", {"declared": "/own"}, "/blog/own"),
        ("nuxt", "/blog/{path}", "1.notes/2.may day.md", {}, "/blog/notes/may-day"),
        ("nuxt", "/blog/{slug}", "2023.md", {}, "/blog/2023"),
        ("jekyll", "/{other_language}/{name}/", "a.md", {"language": "pt-BR"}, "/pt-BR/a/"),
        ("jekyll", "/{other_language}/{name}/", "a.md", {"language": "en"}, "/a/"),
        ("zola", "/{folders}/{slug}/", "Notes/2024-01-02-Größe 1.0.md", {}, "/notes/grosse-1-0/"),
        ("pelican", "/{category}/{slug}.html", "Long Walks/x.md", {"title": "C++ & Über"}, "/long-walks/c-uber.html"),
    ],
)
def test_each_generator_fills_words_by_its_own_rules(
    generator: str, pattern: str, source: str, facts: dict[str, Any], path: str
) -> None:
    """Small letters, signs, dates in names, declared slugs: each as that program builds its pages."""
    assert _made(pattern, source, generator=generator, **facts) == f"https://blog.example{path}"


def test_a_folder_with_its_own_pattern_begins_anew() -> None:
    """[site.permalinks]: the innermost folder counts, and {folders} are those below it."""
    site = replace(_site("/x/{slug}/"), permalinks={"notes": "/n/{folders}/{slug}/", "notes/old": "/o/{slug}/"})
    made = [make_permalink(site, Named(f"{source}.md", "a")) for source in ("b/a", "notes/c/a", "notes/old/a")]
    assert [one.removeprefix(site.url) for one in made] == ["/x/a/", "/n/c/a/", "/o/a/"]


@pytest.mark.parametrize(
    ("source", "siblings", "pattern", "language", "path"),
    [
        ("a/index.fr.md", (), "/blog/{slug}/", "fr", "/fr/blog/a/"),
        ("hello.fr.md", ("hello.md",), "/{path}/", "fr", "/fr/hello/"),
        ("2026-01-02-hello.pt-br.md", ("2026-01-02-hello.en.md",), "/{year}/{slug}/", "pt-BR", "/pt-br/2026/hello/"),
        ("hello.en.md", ("hello.fr.md",), "/{slug}/", "en", "/hello/"),
        ("socket.io.md", (), "/{slug}/", "en", "/socket.io/"),
        ("hello.fr.md", (), "/{slug}/", "en", "/hello.fr/"),
        ("fr/hello.md", ("en/hello.md",), "/blog/{slug}/", "fr", "/fr/blog/hello/"),
        ("fr/hello.md", ("hello.md",), "/{path}/", "fr", "/fr/hello/"),
        ("fr/hello.md", ("de/hello.md",), "/{language}/{slug}/", "fr", "/fr/hello/"),
        ("it/hello.md", ("go/other.md",), "/{slug}/", "en", "/hello/"),
        ("vi/index.md", ("ml/index.md", "birds/index.md"), "/{slug}/", "en", "/vi/"),
        ("vi/index.md", ("ml/index.md", "birds.md"), "/{slug}/", "en", "/vi/"),
        ("a/fr/index.md", ("a/en/index.md",), "/{slug}/", "fr", "/fr/a/"),
    ],
)
def test_a_translation_has_its_language_and_address_from_its_path(
    tmp_path: Path, source: str, siblings: tuple[str, ...], pattern: str, language: str, path: str
) -> None:
    """By the file's name or a folder, where other files say that it is meant so; it shares a group with the others."""
    settings = make_settings(tmp_path, permalink=pattern)
    for name in (source, *siblings):
        (tmp_path / "posts" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "posts" / name).write_text("---\ntitle: T\ndate: 2026-01-02\n---\nText\n")
    posts = {post.source: post for post in read_snapshot(settings).posts}
    post = posts[source]
    assert (post.language, post.permalink) == (language, f"https://blog.example{path}")
    has_translation = language != "en" or source == "hello.en.md"
    assert all((posts[name].group == post.group) is has_translation for name in siblings)


@pytest.mark.parametrize(
    ("site", "posts", "addresses"),
    [
        # as Hugo 0.131 lists them
        (
            'generator = "hugo"\n[site.permalinks]\nen = "/{path}/"\nde = "/de/{path}/"',
            {"de/a.md": "url: rel/x", "de/b.md": "url: /abs/y", "en/a.md": "url: rel/x"},
            ["/de/rel/x/", "/abs/y/", "/rel/x/"],
        ),
        (
            'generator = "hugo"\n[site.permalinks]\nen = "/en/{path}/"\nde = "/de/{path}/"',
            {"de/a.md": "url: rel/x", "en/a.md": "url: rel/x"},
            ["/de/rel/x/", "/en/rel/x/"],
        ),
        # as Polyglot's documentation says
        (
            'generator = "jekyll"\npermalink = "/{other_language}/{name}/"',
            {"a.md": "lang: zh-CN", "b.md": "lang: fr\npermalink: /own/", "en.md": "lang: en", "nl/a.md": "lang: nl"},
            ["/zh-CN/a/", "/fr/own/", "/en/", "/nl/a/"],
        ),
    ],
)
def test_a_translation_that_declares_its_address_has_its_language_before_it(
    tmp_path: Path, site: str, posts: dict[str, str], addresses: list[str]
) -> None:
    """Hugo's `url:` without a slash, and whatever Jekyll's Polyglot serves in another language than the site's."""
    for source, line in posts.items():
        (tmp_path / "c" / source).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "c" / source).write_text(f"---\ntitle: A\ndate: 2025-01-02\n{line}\n---\n", encoding="utf-8")
    head = '[site]\ntitle = "N"\nurl = "https://a.example"\ncontent = "c"\n'
    found = read_snapshot(read_config(f"{head}{site}\n", root=tmp_path)).posts
    assert [post.permalink.removeprefix("https://a.example") for post in found] == addresses
