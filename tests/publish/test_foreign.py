"""A published folder that is somebody else's, too: a generator's "public", an author's own files."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from syndicate.app.publish import ask
from syndicate.model import Artefact
from syndicate.output.folder import FolderOutput
from syndicate.publish.manifest import Manifest
from syndicate.publish.publish import publish
from tests.journeys.blog import CONFIG
from tests.publish.house import Counting, House

PUBLIC = CONFIG + '\n[storage]\npublish_to = "public"\n'
THEIRS = (
    "index.html",
    "rss.xml",
    "feed.json",
    "opml.xml",
    "syndication.json",
    "timeline.html",
    "meta/first.html",
    "featured/atom.xml",
    "cards/first.png",
    "cards/first.0123456789.jpg",
)


class Public(House):
    """A blog that publishes into its generator's folder."""

    def __init__(self, root: Path) -> None:
        super().__init__(root, PUBLIC)

    @property
    def feeds(self) -> Path:
        return self.root / "public"

    def generate(self, *names: str) -> dict[str, bytes]:
        """The generator runs and writes its own."""
        for name in names:
            path = self.feeds / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(f"the generator's {name}".encode())
        return {name: (self.feeds / name).read_bytes() for name in names}


@pytest.mark.slow
def test_a_generators_files_stay_and_the_rest_is_published(tmp_path):
    """Each file that stands in our way is told with a hint, every time, with exit code 1; all others are written."""
    blog = Public(tmp_path)
    blog.write("first", featured=True)
    theirs = blog.generate(*THEIRS, "about/index.html")
    refused = {f"public/{name}" for name in THEIRS} - {"public/cards/first.0123456789.jpg"}
    for _ in range(2):
        published = blog.run("--json", "publish", code=1).json
        assert {problem["source"] for problem in published["problems"]} == refused
        assert all("publish_to" in problem["hint"] for problem in published["problems"])
        assert blog.files().items() >= theirs.items()
        assert {"atom.xml", "featured/rss.xml", "meta/_alternates.html", "featured/feed.json"} <= blog.files().keys()
    told = blog.run("publish", code=1).err
    assert f"{len(refused)} files: first in public/cards/first.png: was not written by syndicate" in told
    # The stranger's files taken away, ours take their place, and all is well.
    for name in THEIRS:
        (blog.feeds / name).unlink()
    blog.run("publish")
    assert blog.files().keys() >= {name.removeprefix("public/") for name in refused}
    assert blog.run("publish").out == "No file changed.\n"


@pytest.mark.slow
@pytest.mark.parametrize("part", ["feeds", "cards"])
def test_parts_refuse_as_the_whole_does(tmp_path, part):
    """`publish --only` ends with exit code 1 where a file of somebody else stands in its way."""
    blog = Public(tmp_path)
    blog.write("first")
    theirs = blog.generate("rss.xml", "cards/first.png")
    published = blog.run("--json", "publish", "--only", part, code=1).json
    (problem,) = published["problems"]
    assert problem["source"] == {"feeds": "public/rss.xml", "cards": "public/cards/first.png"}[part]
    assert blog.files().items() >= theirs.items()


@pytest.mark.slow
def test_a_generator_that_writes_over_ours(tmp_path):
    """What it put in place of our files is left when posts change, and when those posts are gone."""
    blog = Public(tmp_path)
    blog.write("first")
    blog.write("second", featured=True)
    blog.run("publish")
    theirs = blog.generate("index.html", "meta/second.html", "featured/rss.xml", "cards/second.png")
    (blog.posts / "second.md").unlink()
    blog.write("first", title="Another title")
    sources = {problem["source"] for problem in blog.run("--json", "publish", code=1).json["problems"]}
    assert sources == {"public/index.html", "public/featured/rss.xml"} & sources
    assert "public/index.html" in sources
    assert blog.files().items() >= theirs.items()


@pytest.mark.slow
def test_a_lost_memory_costs_time_and_nothing_else(tmp_path):
    """Without manifest and cache every file, also of own templates that say nothing of us, is written anew."""
    blog = House(tmp_path)
    pages = tmp_path / "templates" / "pages"
    pages.mkdir(parents=True)
    (pages / "index.html").write_text("<!doctype html><HEAD lang='en'>\n<title>{{ latest|length }}</title>")
    (pages / "timeline.html").write_text("<p>{{ entries|length }} {{ site.title }}</p>")
    blog.write("first", title="One", featured=True)
    blog.run("publish")
    blog.lose_cache()
    blog.lose_manifest()
    blog.write("first", title="Two", featured=True)
    blog.write("second")
    (tmp_path / "syndicate.toml").write_text(CONFIG.replace('"Notes"', '"Other notes"'))
    published = blog.run("--json", "publish").json
    assert published["problems"] == []
    assert blog.files().keys() - {path for path in blog.files() if path.startswith("cards/")} <= set(
        published["written"]
    )


@pytest.mark.slow
def test_a_second_checkout_takes_the_folder_over(tmp_path):
    """A copy of the site without state and cache publishes over the copied files and sends nothing."""
    first = House(tmp_path / "first")
    first.write("first", featured=True)
    first.run("publish")
    second = House(tmp_path / "second")
    shutil.copytree(first.posts, second.posts, dirs_exist_ok=True)
    shutil.copytree(first.feeds, second.feeds)
    second.write("first", title="Changed")
    published = second.run("--json", "publish", code=1).json
    assert published["problems"] == []
    assert "the previous state database is lost" in published["contradiction"]
    assert "featured/rss.xml" in first.files()
    assert "Changed" in second.entries()


@pytest.mark.slow
def test_an_own_page_of_long_ago_is_refused_with_a_word(tmp_path):
    """A page without our mark whose memory is lost is told from a stranger's by nobody: it stays, and that is said."""
    blog = House(tmp_path)
    blog.write("first")
    blog.feeds.mkdir()
    (blog.feeds / "index.html").write_text("<p>made by an own template, before pages were marked</p>")
    err = blog.run("publish", code=1).err
    assert "feeds/index.html: was not written by syndicate" in err
    assert "take this file away" in err


@pytest.mark.slow
def test_what_needs_no_write_is_not_read(tmp_path):
    """A publication reads the files it has to write and the few that are made anew each time, and no other."""
    blog = House(tmp_path)
    for number in range(12):
        blog.write(f"post-{number}")
    blog.run("publish")
    old = next(path for path in blog.files() if path.startswith("cards/post-3.") and path.count(".") == 2)
    with blog.wired() as site:
        site.output = counting = Counting(blog.feeds)
        blog.write("post-3", title="Changed")
        publish(site, site.accounts.facts, ask(site, "", blog.now))
    read, written = (
        {call.removeprefix(word) for call in counting.calls if call.startswith(word)} for word in ("read ", "write ")
    )
    assert read - written == {"timeline.json"}
    assert {path for path in read if path.startswith(("meta/post", "cards/"))} == {
        path for path in blog.files() if path.startswith(("meta/post-3.", "cards/post-3."))
    } - {old}
    assert len(read) <= 12


RSS = (
    '<?xml version="1.0"?><rss version="2.0"><channel><title>x</title><generator>Hugo</generator>'
    "<item><description><![CDATA[We write <generator>syndicate</generator>]]></description></item></channel></rss>"
)
BLOGROLL = (
    '<?xml version="1.0" encoding="UTF-8"?>\n<opml version="2.0">\n<head>\n<title>Friends</title>\n</head>\n<body>\n'
    '<outline type="rss" text="A" title="A" xmlUrl="https://a.example/rss.xml"/>\n'
    '<outline type="rss" text="B" title="B" xmlUrl="https://b.example/feed.json"/>\n</body>\n</opml>\n'
)


STRANGE = {
    "an RSS feed that quotes us": ("rss.xml", RSS),
    "an archive that quotes us": ("archive/1.rss", RSS),
    "an Atom feed that quotes us": (
        "atom.xml",
        '<feed><entry><content type="xhtml"><generator>syndicate</generator></content></entry></feed>',
    ),
    "a JSON feed on one line": (
        "feed.json",
        '{"version":"https://jsonfeed.org/version/1.1","title":"x","items":[{"id":"1"}]}',
    ),
    "a JSON feed with indents": (
        "feed.json",
        '{\n  "version": "https://jsonfeed.org/version/1.1",\n  "items": [\n]}\n',
    ),
    "an empty JSON file": ("feed.json", ""),
    "other data about posts": ("syndication.json", '{"a": {"card": null}}'),
    "an empty object": ("syndication.json", "{\n}\n"),
    "a list of friends": ("opml.xml", BLOGROLL),
    "an unfinished list": (
        "opml.xml",
        '<?xml version="1.0"?>\n<opml version="2.0">\n<head>\n<title>Mine</title>\n</head>\n<body>\n',
    ),
    "a generator's page": ("index.html", '<meta name="generator" content="Hugo 0.150"><p>syndicate</p>'),
    "a page that quotes us": ("index.html", '<pre>&lt;meta name="generator" content="syndicate"&gt;</pre>'),
    "an empty page": ("index.html", ""),
    "a page without a body tag": ("meta/a.html", '<link rel="canonical" href="https://a.example/">\n<p>A</p>\n'),
    "a page on one line": ("meta/a.html", '<link rel="canonical" href="https://a.example/"><title>A</title>\n'),
    "our page elsewhere": ("meta/index.html", '<!doctype html><meta name="generator" content="syndicate">'),
}


@pytest.mark.parametrize("kind", STRANGE)
def test_what_looks_nearly_like_ours_is_theirs(folder, open_manifest, kind):
    """A feed that quotes us, a list of friends' feeds, a page of another generator: all stay."""
    path, theirs = STRANGE[kind]
    folder.write([Artefact(path, "text/plain", theirs.encode())])
    assert open_manifest().write([Artefact(path, "text/plain", b"ours")]) == ()
    assert folder.read(path) == theirs.encode()


@pytest.mark.slow
def test_everything_we_publish_shows_that_it_is_ours(tmp_path, store):
    """Each published file of a site with all kinds of feeds is known without any memory, but for nothing."""
    blog = House(tmp_path, CONFIG + "\n[feeds]\nby_min_posts = 1\narchives = true\nitems = 2\n")
    for number in range(5):
        blog.write(f"post-{number}", title=f'The "{number}" & <more>', featured=number == 1, category="Café & <Bar>")
    blog.run("publish")
    published = blog.files()
    assert any(path.startswith("archive/") for path in published)
    assert any(path.startswith("category/") for path in published)
    manifest = Manifest(FolderOutput(blog.feeds), store, "feeds")
    manifest.write([Artefact(path, "text/plain", data + b" ") for path, data in published.items()])
    assert manifest.problems == ()


@pytest.mark.slow
def test_a_site_without_posts_is_known_too(tmp_path):
    """Feeds with no entry, an OPML of one feed and an empty syndication.json are ours."""
    blog = House(tmp_path)
    blog.run("publish")
    blog.lose_manifest()
    blog.write("first", featured=True)
    assert blog.run("--json", "publish").json["problems"] == []


@pytest.mark.slow
def test_a_format_that_is_left_out_leaves_a_strangers_file(tmp_path):
    """formats = ["atom"] removes our rss.xml, and never one that the author put there."""
    blog = House(tmp_path)
    blog.write("first")
    blog.run("publish")
    one = CONFIG + '\n[feeds]\nformats = ["atom"]\n'
    (tmp_path / "syndicate.toml").write_text(one)
    (blog.feeds / "rss.xml").write_bytes(b"the author's own")
    published = blog.run("--json", "publish").json
    assert "feed.json" in published["removed"]
    assert blog.files()["rss.xml"] == b"the author's own"
    assert published["problems"] == []
