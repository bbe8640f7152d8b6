"""What the built site tells: addresses that it serves, and bodies as its pages show them."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from syndicate.config.read import make_settings
from syndicate.content.body import to_xpath
from syndicate.content.built import parse_page
from syndicate.content.folder import ContentFolder
from syndicate.model import Post, Settings
from tests.content.golden import read_whole

CANONICAL = '<link rel="canonical" href="https://blog.example{}">'


def post(title: str, day: str = "2025-01-02", text: str = "Ours.") -> str:
    return f"---\ntitle: {title}\ndate: {day}\n---\n{text}\n"


def write(root: Path, files: dict[str, str]) -> None:
    for name, text in files.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text, encoding="utf-8")


def settle(root: Path, more: str = "") -> Settings:
    site = 'title = "T"\nurl = "https://blog.example"\ncontent = "posts"\npermalink = "/blog/{slug}/"\nbuilt = "public"'
    return make_settings(f"[site]\n{site}\n{more}", root=root)


def addresses(folder: ContentFolder) -> dict[str, str]:
    return {post.source: post.permalink.removeprefix("https://blog.example") for post in folder.read().posts}


PAGES = [
    ("public/blog/a/index.html", "<title>Alpha</title>", "/blog/a/"),
    ("public/blog/a.html", "<title>Alpha</title>", "/blog/a.html"),
    ("public/blog/a/index.html", CANONICAL.format("/blog/a"), "/blog/a"),
    ("public/writing/2025/alpha/index.html", "<h1>Alpha</h1>", "/writing/2025/alpha/"),
    ("public/x/index.html", f"{CANONICAL.format('/x')}<meta property=og:title content='Alpha'>", "/x"),
    ("public/x.html", "<title>Alpha | A blog</title>", "/x.html"),
    ("public/x.html", '<link rel="canonical" href="https://elsewhere.example/y"><h1>Alpha</h1>', "/x.html"),
    ("public/sitemap.xml", "<loc>https://blog.example/blog/a</loc>", "/blog/a"),
    ("public/feed.xml", "<item><title>Alpha</title><link>https://blog.example/n/1</link></item>", "/n/1"),
    ("public/x.html", f"{CANONICAL.format('/blog/a')}<h1>Alpha</h1>", "/blog/a/"),
    ("public/x.html", '<meta http-equiv="refresh" content="0; url=/y"><h1>Alpha</h1>', "/blog/a/"),
    ("public/feeds/meta/a.html", "<h1>Alpha</h1>", "/blog/a/"),
]


@pytest.mark.parametrize(("name", "text", "address"), PAGES)
def test_the_address_is_the_page_s_own(tmp_path: Path, name: str, text: str, address: str) -> None:
    """By its place, its canonical address, its title; never a redirect's, a copy's, or one of ours."""
    write(tmp_path, {"posts/a.md": post("Alpha"), "public/index.html": "<title>A blog</title>", name: text})
    assert addresses(ContentFolder(settle(tmp_path))) == {"a.md": address}


def test_a_title_that_two_have_tells_nothing_but_with_its_day(tmp_path: Path) -> None:
    """Notes of the same name on different days are told apart; on the same day the rule stays."""
    posts = {
        f"posts/{name}.md": post("News", f"2025-01-0{day}") for name, day in (("a", 1), ("b", 2), ("c", 3), ("d", 3))
    }
    pages = {f"public/n{day}/index.html": f'<h1>News</h1><time datetime="2025-01-0{day}">' for day in (1, 2, 3)}
    write(tmp_path, posts | pages)
    assert addresses(ContentFolder(settle(tmp_path))) == {
        "a.md": "/n1/", "b.md": "/n2/", "c.md": "/blog/c/", "d.md": "/blog/d/"
    }  # fmt: skip


def test_new_permalinks_of_the_generator_are_followed_where_its_feed_tells_them_too(tmp_path: Path) -> None:
    """A page and its entry in the site's feed are one page with one title, however often that is told."""
    feed = "<item><title>Alpha</title><link>https://blog.example{}</link></item>"
    write(tmp_path, {"posts/a.md": post("Alpha")})
    for path in ("/blog/a/", "/2025/alpha/"):
        write(tmp_path, {f"public{path}index.html": "<h1>Alpha</h1>", "public/index.xml": feed.format(path)})
        assert addresses(ContentFolder(settle(tmp_path))) == {"a.md": path}
        (tmp_path / f"public{path}index.html").unlink()


def test_what_was_learned_outlives_the_page_and_ends_with_the_name(tmp_path: Path) -> None:
    """A folder that is emptied before a build changes no address; a post that is renamed is somewhere else."""
    write(tmp_path, {"posts/a.md": post("Alpha"), "public/old/index.html": "<h1>Alpha</h1>"})
    folder = ContentFolder(settle(tmp_path))
    assert addresses(folder) == {"a.md": "/old/"}
    (tmp_path / "public/old/index.html").unlink()
    (tmp_path / "public/old").rmdir()
    assert addresses(folder) == {"a.md": "/old/"}
    write(tmp_path, {"posts/a.md": post("Alpha\nslug: new")})
    assert addresses(folder) == {"a.md": "/blog/new/"}


def test_an_address_that_only_the_generator_computes_is_no_problem_where_its_page_is_built(tmp_path: Path) -> None:
    """Else it is one, with the way out."""
    permalink = 'permalink: "{{ site.blog }}/a/index.html"'
    write(tmp_path, {"posts/a.md": post(f"Alpha\n{permalink}"), "posts/b.md": post(f"Beta\n{permalink}")})
    write(tmp_path, {"public/x/a/index.html": "<h1>Alpha</h1>"})
    folder = ContentFolder(settle(tmp_path))
    assert addresses(folder) == {"a.md": "/x/a/", "b.md": "/blog/b/"}
    hints = {one.source: [problem.hint for problem in one.problems] for one in folder.read().posts}
    assert hints == {"a.md": [], "b.md": ["write it out, or let your built site tell it: [site] built"]}


def test_the_two_are_compared(tmp_path: Path) -> None:
    """Which posts have a page, and which of those are elsewhere than the pattern says."""
    write(tmp_path, {f"posts/{name}.md": post(name.title()) for name in ("alpha", "beta", "gamma")})
    write(tmp_path, {"public/blog/alpha/index.html": "<h1>Alpha</h1>", "public/b.html": "<h1>Beta</h1>"})
    folder = ContentFolder(settle(tmp_path))
    folder.read()
    served = {post.source: (post.by_rule, address) for post, address in folder.list_served()}
    site = "https://blog.example"
    assert served == {
        "alpha.md": ("", f"{site}/blog/alpha/"),
        "beta.md": (f"{site}/blog/beta/", f"{site}/b.html"),
    }


ARTICLE = (
    "<body><nav>Menu</nav><article class='post wide'><header>By me</header><h1>Alpha</h1>"
    "<p>Theirs, <b>rendered</b>.</p>"
    "<blockquote>Q<footer>Who</footer></blockquote><script>x()</script><span aria-hidden='true'>#</span>"
    "<img src='hill.png' onerror='x()'></article></body>"
)


def read_body(folder: ContentFolder) -> Post:
    (whole,) = read_whole(folder).posts
    return whole


@pytest.mark.parametrize("selector", ["article", ".post", "body article.wide", "article.post.wide"])
def test_the_body_is_the_built_page_s_where_wanted(tmp_path: Path, selector: str) -> None:
    """Sanitised, without title, menu, byline and what browsers hide; a quotation keeps its source."""
    write(tmp_path, {"posts/a.md": post("Alpha"), "public/blog/a/index.html": ARTICLE})
    html = read_body(ContentFolder(settle(tmp_path, f'[content]\nbody = "{selector}"'))).html
    assert "Theirs, <b>rendered</b>." in html
    assert "Who" in html
    assert 'src="https://blog.example/blog/a/hill.png"' in html
    assert not any(word in html for word in ("By me", "Alpha", "Menu", "x()", "#</span>"))


def test_an_older_page_is_not_used_and_updated_follows_the_source(tmp_path: Path) -> None:
    """After an edit the body is ours until the next build; a build alone is no edit of the author's."""
    write(tmp_path, {"posts/a.md": post("Alpha"), "public/blog/a/index.html": ARTICLE})
    folder = ContentFolder(settle(tmp_path, '[content]\nbody = "article"'))
    built = read_body(folder)
    write(tmp_path, {"posts/a.md": post("Alpha", text="Edited.")})
    os.utime(tmp_path / "posts/a.md", ns=(2**62, 2**62))
    edited = read_body(folder)
    assert edited.html == "<p>Edited.</p>"
    write(tmp_path, {"public/blog/a/index.html": ARTICLE.replace("Theirs", "Anew"), "public/sitemap.xml": ""})
    os.utime(tmp_path / "public/blog/a/index.html", ns=(2**62 + 1, 2**62 + 1))
    again = read_body(folder)
    assert "Anew" in again.html
    assert built.source_digest != edited.source_digest == again.source_digest


def test_a_page_of_any_bytes_is_read(tmp_path: Path) -> None:
    """What a program wrote may be anything; ours is as good a body then."""
    write(tmp_path, {"posts/a.md": post("Alpha")})
    path = tmp_path / "public/blog/a/index.html"
    path.parent.mkdir(parents=True)
    for data in (b"", b"\xff\xfe\x00", b"<" * 100_000, b"<div>" * 50_000, b"<article>\x00</article>"):
        path.write_bytes(data)
        assert read_body(ContentFolder(settle(tmp_path, '[content]\nbody = "article"'))).permalink.endswith("/blog/a/")
    assert parse_page("<meta content=x>" * 3, "a.html", 0).titles == ()
    assert parse_page(f"<meta {'a' * 200_000}>", "a.html", 0).titles == ()
    assert to_xpath("main #a.b").count("//") == 2
