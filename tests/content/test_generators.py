"""Posts as the programs that build sites write them, read as those programs do."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from syndicate.config.read import make_settings
from syndicate.content import SiteData, look_at_posts
from syndicate.content.folder import ContentFolder
from syndicate.content.parsing import parse_post
from syndicate.model import Post, Snapshot
from syndicate.text.generator_code import MARK
from tests.content import golden
from tests.content.golden import describe, list_cases, read_case, read_snapshot

HEAD = "---\ntitle: T\ndate: 2025-01-02\n---\n"


def read(tmp_path: Path, files: dict[str, str], site: str = "", more: str = "") -> Snapshot:
    for name, text in files.items():
        path = tmp_path / "posts" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    text = f'[site]\ntitle = "T"\nurl = "https://blog.example"\ncontent = "posts"\n{site}\n{more}'
    return read_snapshot(make_settings(text, root=tmp_path))


def read_one(tmp_path: Path, text: str, name: str = "a.md", site: str = "", more: str = "") -> Post:
    (post,) = read(tmp_path, {name: text}, site, more).posts
    return post


@pytest.mark.parametrize(
    ("generator", "sources"),
    [
        ("hugo", ["a/index.md", "b/c.md", "d.md"]),
        ("jekyll", ["a/index.md", "a/more/deep.md", "a/notes.md", "b/c.md", "d.md"]),
    ],
)
def test_what_lies_in_a_bundle_is_no_post(tmp_path: Path, generator: str, sources: list[str]) -> None:
    """For Hugo and Zola a folder with an index.md is one post, and further files in it belong to that."""
    files = dict.fromkeys(("a/index.markdown", "a/index.knit.md"), HEAD) if generator == "hugo" else {}
    files |= dict.fromkeys(("a/index.md", "a/notes.md", "a/more/deep.md", "b/c.md", "d.md"), HEAD)
    found = read(tmp_path, files, f'generator = "{generator}"\npermalink = "/{{path}}/"')
    assert [post.source for post in found.posts if post.source in sources] == sources
    assert len(found.posts) + len(found.problems) == len(sources)


def test_the_day_of_publication_wins_and_the_address_keeps_the_day_of_writing(tmp_path: Path) -> None:
    """Hugo's publishDate says when a post is public; its permalinks are made of `date`, in its own zone."""
    text = "---\ntitle: T\ndate: 2025-01-01T00:30:00+02:00\npublishDate: 2025-03-04\n---\n"
    post = read_one(tmp_path, text, site='generator = "hugo"\npermalink = "/{year}/{month}/{day}/{slug}/"')
    assert post.published_at == datetime(2025, 3, 4, tzinfo=UTC)
    assert post.permalink == "https://blog.example/2025/01/01/a/"


def test_pelican_s_lines_are_front_matter(tmp_path: Path) -> None:
    """Names before colons up to the first empty line, a value may go on below; its slug is made of the title."""
    text = "Title: Über Walks\nDate: 2025-01-02 10:20\nSummary: One\n  and two\n\nText: not a name.\n"
    post = read_one(tmp_path, text, site='generator = "pelican"\npermalink = "/{year}/{slug}.html"')
    assert (post.title, post.summary, post.markdown) == ("Über Walks", "One and two", "Text: not a name.")
    assert post.permalink == "https://blog.example/2025/uber-walks.html"
    assert not read(tmp_path / "other", {"b.md": "Note: words of a text\n\nMore."}).posts


@pytest.mark.parametrize(
    ("name", "text", "day", "warns"),
    [
        ("2017-03-01-a.md", "---\ntitle: T\ndate: 2017-02-29 11:00:00\n---\n", 1, True),
        ("a.md", "---\ntitle: T\npath: 2017/03/05/a\n---\n", 5, False),
        ("a.md", "---\ntitle: T\ndate: 2017-03-06 18:30:22 2017 -0000\n---\n", 6, False),
        ("a.md", "---\ntitle: T\ndate:\n  created: 2017-03-07\n---\n", 7, False),
    ],
    ids=["a day that is none", "in the address", "year twice", "table"],
)
def test_a_date_is_found_where_other_generators_find_it(
    tmp_path: Path, name: str, text: str, day: int, warns: bool
) -> None:
    """In the file's name where the written one names no day, in a declared address, in what Ruby and MkDocs read."""
    post = read_one(tmp_path, text, name, 'generator = "zola"', '[fields]\npermalink = "path"')
    assert post.published_at
    assert (post.published_at.month, post.published_at.day) == (3, day)
    assert bool(post.problems) is warns


def test_a_text_in_quotes_may_go_on_at_the_margin(tmp_path: Path) -> None:
    """YAML forbids it, and what other generators read it with allows it, as it does tabs in a list in brackets."""
    post = read_one(tmp_path, '---\ntitle: T\ndescription: "One. \nAnd two."\ndate: 2025-01-02\n---\nText\n')
    assert post.summary == "One. And two."
    post = read_one(tmp_path / "tabs", '---\ntitle: T\ndate: 2025-01-02\ntags: [\n\t"a",\n\t"b"\n]\n---\nText\n')
    assert post.keywords == ("a", "b")


def test_a_post_may_be_html(tmp_path: Path) -> None:
    """What Markdown would take for code stays markup, and is made safe as ever."""
    text = f"{HEAD}<p>One</p>\n\n    <p>Two <script>x</script></p>\n"
    post = read_one(tmp_path, text, "a.html", more='[content]\ninclude = ["**/*.html"]')
    assert "<pre>" not in post.html
    assert "script" not in post.html
    assert "Two" in post.html


def test_a_post_declares_its_address_in_its_generator_s_words(tmp_path: Path) -> None:
    """Jekyll's colons and Eleventy's templates; the same in another generator's post is a warning."""
    for generator, written in (
        ("jekyll", "/:year/x-:title/"),
        ("eleventy", "/{{ page.date | date: '%Y' }}/x-a/"),
        ("", "/:year/"),
    ):
        text = f'---\ntitle: T\ndate: 2025-01-02\npermalink: "{written}"\n---\n'
        post = read_one(tmp_path / generator, text, site=f'generator = "{generator}"\npermalink = "/{{slug}}/"')
        assert post.permalink.endswith("/2025/x-a/" if generator else "/a/")
        assert bool(post.problems) is not bool(generator)


def test_what_a_site_does_not_say_of_itself_stops_no_post(tmp_path: Path) -> None:
    """A site without author and description, and a post that asks for something else."""
    assert read_one(tmp_path, f"{HEAD}By {{{{ site.nobody }}}} and {{{{ site.title }}}}.\n").title == "T"


def test_nikola_s_comment_is_front_matter(tmp_path: Path) -> None:
    """Lines ".. name: value" in a comment; an empty one is none, and a comment of words is no front matter."""
    text = "<!--\n.. title: A walk\n.. slug: far-out\n.. date: 2025-01-02 10:20:00 UTC\n.. link: \n-->\n\nWords.\n"
    post = read_one(tmp_path, text, "2025/a.md", site='permalink = "/posts/{folders}/{slug}/"')
    assert (post.title, post.markdown, post.permalink) == (
        "A walk", "Words.", "https://blog.example/posts/2025/far-out/"
    )  # fmt: skip
    assert post.published_at == datetime(2025, 1, 2, 10, 20, tzinfo=UTC)
    assert not read(tmp_path / "other", {"b.md": "<!-- note: words -->\n\nMore."}).posts


def test_pelican_s_values_reach_to_the_end_of_the_line(tmp_path: Path) -> None:
    """A colon in one ends nothing, though YAML would forbid it; so it is where no fence is around them."""
    for fences in (("---\n", "---\n"), ("", "\n")):
        text = 'title: Walks: "Far" out\ndate: 2025-01-02\ntags: [a, b]\n'.join(fences) + "Text: one\n"
        post = read_one(tmp_path, text, site='generator = "pelican"\npermalink = "/{slug}/"')
        assert (post.title, post.markdown) == ('Walks: "Far" out', "Text: one")


def test_jekyll_takes_a_whole_time_without_a_zone_for_utc(tmp_path: Path) -> None:
    """As Ruby does, so that an address may have the next day; a day, and a time in minutes, are local."""
    for written, day in (("2025-01-02 23:30:00", 3), ("2025-01-02 23:30", 2), ("2025-01-02", 2)):
        site = 'timezone = "Europe/Berlin"\ngenerator = "jekyll"\npermalink = "/{day}/{slug}/"'
        text = f"---\ntitle: T\ndate: {written}\n---\n"
        assert (
            read_one(tmp_path / f"{day}{len(written)}", text, site=site).permalink == f"https://blog.example/0{day}/a/"
        )


def test_a_dated_index_is_called_like_its_folder(tmp_path: Path) -> None:
    """Eleventy's fileSlug of "walk/2025-01-02-index.md" is "walk"; an ending .html belongs to no name."""
    files = dict.fromkeys(("walk/2025-01-02-index.md", "run/2025-01-02-index.md"), HEAD)
    found = read(tmp_path, files, 'generator = "eleventy"\npermalink = "/b/{name}/"')
    assert {post.permalink.removeprefix("https://blog.example") for post in found.posts} == {"/b/walk/", "/b/run/"}
    post = read_one(tmp_path / "m", HEAD, "2025-01-02-a.html.markdown", 'permalink = "/{name}.html"')
    assert post.permalink == "https://blog.example/a.html"


def test_hugo_counts_only_folders_with_an_index_as_sections(tmp_path: Path) -> None:
    """`:title` is the title even beside a slug, and an address without an ending is a folder."""
    files = {
        "posts/Deep One/_index.md": "",
        "posts/Deep One/plain/a.md": HEAD.replace("---\n", "---\nslug: own\n", 1),
        "posts/b.md": HEAD.replace("---\n", "---\nurl: /u/:slug\n", 1),
        "posts/c.md": HEAD,
    }
    site = 'generator = "hugo"\n[site.permalinks]\nposts = "/p/{sections}/{only_title}/"'
    found = read(tmp_path, files, site, '[content]\ninclude = ["posts/**/*.md"]')
    assert {post.source: post.permalink.removeprefix("https://blog.example") for post in found.posts} == {
        "posts/Deep One/plain/a.md": "/p/deep-one/t/", "posts/b.md": "/u/t/", "posts/c.md": "/p/t/"
    }  # fmt: skip


def test_a_translation_s_language_takes_the_place_of_the_site_s_in_the_path(tmp_path: Path) -> None:
    """Where the site's own language stands before every path, as Hugo's defaultContentLanguageInSubdir does it."""
    files = {"a.md": HEAD, "a.de.md": HEAD}
    found = read(tmp_path, files, 'language = "en-GB"\npermalink = "/en/{slug}/"')
    assert {post.permalink for post in found.posts} == {"https://blog.example/en/a/", "https://blog.example/de/a/"}


def test_folders_of_languages_are_in_an_address_once(tmp_path: Path) -> None:
    """Jekyll's folders above _posts are categories already."""
    files = {f"{code}/news/_posts/2025-01-02-a.md": HEAD for code in ("zh_tw", "en")}
    found = read(tmp_path, files, 'generator = "jekyll"\npermalink = "/{categories}/{year}/{name}/"')
    assert {post.permalink for post in found.posts} == {
        "https://blog.example/zh_tw/news/2025/a/", "https://blog.example/en/news/2025/a/"
    }  # fmt: skip


def test_eleventy_s_values_beside_a_post_are_its_front_matter(tmp_path: Path) -> None:
    """In YAML or JSON, called like the post; what the post says itself counts, and a change of either is seen."""
    site = 'generator = "eleventy"\npermalink = "/{path}/"'
    values = {"a/index.yml": "title: A\ndate: 2025-01-02\nlang: de", "b.11tydata.json": '{"title": "No", "desc": "D"}'}
    posts = read(tmp_path, values | {"a/index.md": "Text", "b.md": HEAD, "c.md": "None"}, site)
    assert [(post.title, post.language, post.summary) for post in posts.posts] == [
        ("A", "de", "Text"),
        ("T", "en", "D"),
    ]
    assert [problem.source for problem in posts.problems] == ["c.md"]
    settings = make_settings(
        f'[site]\ntitle = "T"\nurl = "https://a.example"\ncontent = "posts"\n{site}', root=tmp_path
    )
    folder, before = ContentFolder(settings), look_at_posts(settings).fingerprint
    assert [post.title for post in folder.read().posts] == ["A", "T"]
    (tmp_path / "posts/a/index.yml").write_text("title: Another\ndate: 2025-01-02", encoding="utf-8")
    assert look_at_posts(settings).fingerprint != before
    assert [post.title for post in folder.read().posts] == ["Another", "T"]
    (tmp_path / "posts/a/index.yml").write_text("title: [", encoding="utf-8")
    assert "the YAML cannot be read" in folder.read().problems[0].message
    assert [post.title for post in read(tmp_path, {}, 'generator = "hugo"').posts] == ["T"]


# --- What posts may take from the generator's own files ---


@pytest.mark.parametrize("name", ["_data/a.yml", "data/deep/a.json", "_config.yml"])
@pytest.mark.parametrize("is_link", [False, True])
def test_a_link_is_not_followed(tmp_path: Path, name: str, is_link: bool) -> None:
    """A contributor's link may lead to a secret, and what a post shows is public. A file in its place is read."""
    secret = tmp_path / ".env"
    secret.write_text('{"token": "abc"}')
    file = tmp_path / name
    file.parent.mkdir(parents=True, exist_ok=True)
    if is_link:
        file.symlink_to(secret)
    else:
        file.write_bytes(secret.read_bytes())
    settings = golden.make_settings(tmp_path)
    hugo = replace(settings, site=replace(settings.site, generator="hugo"))
    assert _find(SiteData(hugo), name) == (None if is_link else "abc")


@pytest.mark.parametrize("name", ["config.yml", "data/deep/a.yml"])
def test_a_name_that_other_programs_use_counts_for_hugo_alone(tmp_path: Path, name: str) -> None:
    """The settings of a server, or its data, are not the site's."""
    (tmp_path / "data/deep").mkdir(parents=True)
    (tmp_path / name).write_text("token: abc")
    settings = golden.make_settings(tmp_path)
    hugo = replace(settings, site=replace(settings.site, generator="hugo"))
    assert [_find(SiteData(one), name) for one in (settings, hugo)] == [None, "abc"]


def test_a_folder_that_is_a_link_is_not_entered(tmp_path: Path) -> None:
    """Nor one above the file."""
    (tmp_path / "private").mkdir()
    (tmp_path / "private" / "a.yml").write_text("token: abc")
    (tmp_path / "_data").mkdir()
    (tmp_path / "_data" / "deep").symlink_to(tmp_path / "private")
    (tmp_path / "data").symlink_to(tmp_path / "private")
    data = SiteData(golden.make_settings(tmp_path))
    assert [_find(data, name) for name in ("data/deep/a.yml", "data/a.yml")] == [None, None]


def test_a_name_longer_than_any_file_names_nothing(tmp_path: Path) -> None:
    """The system refuses to look for it."""
    data = SiteData(golden.make_settings(tmp_path))["data"]
    assert data["a" * 300] is None  # type: ignore[index]


def _find(values: object, name: str) -> object:
    """`site.data.a.token` for _data/a.yml, `site.token` for the settings."""
    path = name.removeprefix("_").rpartition(".")[0].split("/")
    for step in (*(path if len(path) > 1 else ()), "token"):
        values = values.get(step) if hasattr(values, "get") else None
    return values


# --- Whole posts in the shapes that generators and people write ---


OTHERS = {
    "other.md": HEAD,
    "2024/near.mdx": HEAD,
    "2024/bundle/index.md": HEAD,
    "_posts/2024-01-02-old.md": HEAD,
    "name with space.md": HEAD,
    "once/twice.md": HEAD,
    "again/twice.md": HEAD,
    "draft.md": HEAD.replace("title: T", "title: T\ndraft: true"),
    "broken.md": "---\ntitle: [\n---\n",
    "_hidden.md": HEAD,
    "../../static/static.md": "a",
    "../about.md": HEAD,
    "../../secret.md": HEAD,
}


@pytest.mark.parametrize(
    ("written", "addresses"),
    [
        ("[a](../other.md)", ["/other/"]),
        ("[a](../other.md?b=c#part 'T')", ["/other/?b=c#part"]),
        ("[a](near.mdx) [b](./near.mdx)", ["/2024/near/", "/2024/near/"]),
        ("[a](bundle/index.md)", ["/2024/bundle/"]),
        ("[a](other.md) [b](/other.md)", ["/other/", "/other/"]),
        ("[a](/content/posts/other.md) [b](/posts/2024/near.mdx)", ["/other/", "/2024/near/"]),
        ("[a](@/posts/other.md) [b](@site/other.md)", ["/other/", "/other/"]),
        ("[a](<../name with space.md>) [b](../name%20with%20space.md)", ["/name-with-space/", "/name-with-space/"]),
        ("[a][b]\n\n[b]: ../other.md", ["/other/"]),
        ('a <a href="../other.md">b</a>', ["/other/"]),
        ("[![](/b.png)](../other.md)", ["/other/"]),
        ('[a]({{< ref "other" >}}) [b]({{% relref "/posts/other.md#part" %}})', ["/other/", "/other/#part"]),
        ("[a]({{< ref path='bundle' lang='en' >}}) [b]({{< ref other >}})", ["/2024/bundle/", "/other/"]),
        ('[a]({{< ref "#part" >}})', ["/2024/linking/#part"]),
        ("[a]({% post_url 2024-01-02-old %})", ["/_posts/2024-01-02-old/"]),
        ("[a]({{ site.url }}{{ site.baseurl }}{% link _posts/2024-01-02-old.md %}#b)", ["/_posts/2024-01-02-old/#b"]),
        ("[a](/static.md)", ["/static.md"]),
        ("`[a](../other.md)`", []),
        ("[a](gone.md) [b](./other.md)", []),
        ("[a](gone.md#part) [b](<gone.md> 'T') [c][d]\n\n[d]: gone.md", []),
        ('a <a href="gone.md" title="T">b</a>', []),
        ("[a](../draft.md) [b](../broken.md) [c](../_hidden.md)", []),
        ("[a](../../../secret.md) [b](../about.md) [c](/../secret.md) [d](/etc/../../x.md)", []),
        ('[a]({{< ref "twice" >}}) [b]({{< ref "gone" >}}) [c]({% post_url gone %}) [d]({% link about.md %})', []),
    ],
)
def test_a_link_to_another_post_s_file_leads_to_its_page(tmp_path: Path, written: str, addresses: list[str]) -> None:
    """As Markdown, Hugo, Jekyll, Zola and Docusaurus write it; of a link to no post the words stay."""
    for name, text in {**OTHERS, "2024/linking.md": f"{HEAD}{written}\n"}.items():
        path = tmp_path / "content/posts" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    text = '[site]\ntitle = "T"\nurl = "https://blog.example"\ncontent = "content/posts"\npermalink = "/{path}/"\n'
    posts = {post.source: post for post in read_snapshot(make_settings(text, root=tmp_path)).posts}
    post = posts["2024/linking.md"]
    assert re.findall('href="https://blog.example([^"]*)"', post.html) == addresses
    assert post.html.count("<a") == len(addresses)
    assert MARK not in post.markdown
    assert "gone.md" not in post.markdown.partition("[d]:")[0]
    assert "]()" not in post.markdown
    assert not post.left_out


def test_a_link_in_html_to_another_post_s_file_leads_to_its_page() -> None:
    """So it is in a post that is written in HTML, and code shows what it shows."""
    body = "<p><a class='x' href='b.md'>b</a> <a href=\"gone.md\">g</a> <code>&lt;a href=\"b.md\"&gt;</code></p>"
    known = {"b.md": "https://blog.example/b/?a&b"}
    settings = make_settings(
        '[site]\ntitle = "T"\nurl = "https://blog.example"\ncontent = "posts"\n', root=Path("/nowhere")
    )
    post = parse_post(
        f"{HEAD}{body}", "a.html", "/nowhere/a.html", settings, find_page=lambda _, name: known.get(name, MARK)
    )
    assert post.html == '<p><a href="https://blog.example/b/?a&amp;b">b</a> g <code>&lt;a href="b.md"&gt;</code></p>'


@pytest.mark.parametrize("folder", list_cases(), ids=lambda folder: folder.name)
def test_post_reads_as_expected(folder: Path) -> None:
    """Every field, repair, problem and the HTML of a case are what was looked at and committed."""
    post = read_case(folder)
    assert describe(post) == (folder / "expected.json").read_text(encoding="utf-8")
    assert post.html + "\n" == (folder / "expected.html").read_text(encoding="utf-8")
