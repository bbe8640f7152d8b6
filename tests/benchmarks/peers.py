"""Site generators that make the newest feeds of the same posts, for the tables of docs/benchmarks.md.

Each writes the whole text of the newest 50 posts and no page of any post. One that is missing is left out: Hugo is
looked for on the path, the others where `make generators` puts them.
"""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

HUGO = """baseURL = "https://blog.example/"
title = "A blog"
disableKinds = ["404", "robotstxt", "sitemap", "section", "taxonomy", "term"]
[permalinks]
posts = "/blog/:slug/"
[mediaTypes."application/atom+xml"]
suffixes = ["xml"]
[mediaTypes."application/feed+json"]
suffixes = ["json"]
[outputFormats.RSS]
baseName = "rss"
[outputFormats.ATOM]
mediaType = "application/atom+xml"
baseName = "atom"
[outputFormats.FEED]
mediaType = "application/feed+json"
baseName = "feed"
isPlainText = true
[outputs]
home = ["RSS", "ATOM", "FEED"]
[[cascade]]
[cascade.build]
render = "never"
list = "always"
[cascade._target]
kind = "page"
"""
PAGES = "{{ $pages := first 50 .Site.RegularPages }}"
DAY = '"2006-01-02T15:04:05Z07:00"'
LAYOUTS = {
    "list.rss.xml": PAGES
    + """<rss version="2.0"><channel><title>{{ .Title }}</title><link>{{ .Permalink }}</link>
{{ range $pages }}<item><title>{{ .Title }}</title><link>{{ .Permalink }}</link><guid>{{ .Permalink }}</guid>
<pubDate>{{ .Date }}</pubDate><description>{{ .Params.excerpt }}</description>{{ range .Params.categories }}
<category>{{ . }}</category>{{ end }}<encoded>{{ .Content | html }}</encoded></item>{{ end }}</channel></rss>""",
    "list.atom.xml": PAGES
    + """<feed xmlns="http://www.w3.org/2005/Atom"><title>{{ .Title }}</title><id>{{ .Permalink }}</id>
{{ range $pages }}<entry><title>{{ .Title }}</title><link href="{{ .Permalink }}"/><id>{{ .Permalink }}</id>
<published>{{ .Date.Format DAY }}</published><updated>{{ .Lastmod.Format DAY }}</updated>
<summary>{{ .Params.excerpt }}</summary>{{ range .Params.categories }}<category term="{{ . }}"/>{{ end }}
<content type="html">{{ .Content | html }}</content></entry>{{ end }}</feed>""".replace("DAY", DAY),
    "list.feed.json": PAGES
    + """{"version":"https://jsonfeed.org/version/1.1","title":{{ .Title | jsonify }},"items":[
{{ range $at, $page := $pages }}{{ if $at }},{{ end }}{"id":{{ .Permalink | jsonify }},"title":{{ .Title | jsonify }},
"date_published":"{{ .Date.Format DAY }}","content_html":{{ .Content | jsonify }}}{{ end }}]}""".replace("DAY", DAY),
}
ELEVENTY = """module.exports = (config) => {
  config.addCollection("newest", (all) => all.getFilteredByGlob("content/posts/*.md").slice(-50).reverse());
  config.addGlobalData("eleventyComputed.permalink", () => (data) => data.feed ? data.permalink : false);
  return { dir: { input: ".", output: "eleventy" } };
};
"""
ELEVENTY_FEEDS = {
    "rss": """<rss version="2.0"><channel><title>A blog</title><link>https://blog.example/</link>
{% for post in collections.newest %}<item><title>{{ post.data.title | escape }}</title><guid>{{ post.data.slug }}</guid>
<pubDate>{{ post.date | date: "%a, %d %b %Y %H:%M:%S %z" }}</pubDate>
<description>{{ post.data.excerpt | escape }}</description>
<encoded>{{ post.content | escape }}</encoded></item>{% endfor %}</channel></rss>""",
    "atom": """<feed xmlns="http://www.w3.org/2005/Atom"><title>A blog</title><id>https://blog.example/</id>
{% for post in collections.newest %}<entry><title>{{ post.data.title | escape }}</title><id>{{ post.data.slug }}</id>
<published>{{ post.date | date: "%Y-%m-%dT%H:%M:%SZ" }}</published><summary>{{ post.data.excerpt | escape }}</summary>
<content type="html">{{ post.content | escape }}</content></entry>{% endfor %}</feed>""",
    "json": """{"version":"https://jsonfeed.org/version/1.1","title":"A blog","items":[
{% for post in collections.newest %}{"id":{{ post.data.slug | json }},"title":{{ post.data.title | json }},
"content_html":{{ post.content | json }}}{% unless forloop.last %},{% endunless %}{% endfor %}]}""",
}
PELICAN = """SITENAME = "A blog"
SITEURL = FEED_DOMAIN = "https://blog.example"
PATH, OUTPUT_PATH = "pelican-posts", "pelican"
TIMEZONE = "UTC"
AUTHOR_SAVE_AS = CATEGORY_SAVE_AS = TAG_SAVE_AS = ARTICLE_SAVE_AS = DRAFT_SAVE_AS = ""
DIRECT_TEMPLATES = []
FEED_ALL_ATOM, FEED_ALL_RSS, CATEGORY_FEED_ATOM = "atom.xml", "rss.xml", None
AUTHOR_FEED_ATOM = AUTHOR_FEED_RSS = TRANSLATION_FEED_ATOM = None
FEED_MAX_ITEMS, RSS_FEED_SUMMARY_ONLY = 50, False
"""
_PLACE = Path(__file__).parents[2] / ".generators"


@dataclass(frozen=True, slots=True)
class Peer:
    """A generator: its row, what it is called by, and the files that it must have written."""

    row: str
    command: tuple[str, ...]
    files: tuple[str, ...]
    most: int
    """Posts up to which it is run."""


def list_peers() -> Iterator[Peer]:
    """Those that are here."""
    if found := shutil.which("hugo"):
        files = ("hugo/rss.xml", "hugo/atom.xml", "hugo/feed.json")
        yield Peer("Hugo, the same three feeds", (found, "--quiet", "--destination", "hugo"), files, 1_000_000)
    eleventy, pelican = _PLACE / "node_modules/.bin/eleventy", _PLACE / "python/bin/pelican"
    if eleventy.exists() and shutil.which("node"):
        files = ("eleventy/rss.xml", "eleventy/atom.xml", "eleventy/feed.json")
        yield Peer("Eleventy, the same three feeds", (str(eleventy), "--quiet"), files, 1_000)
    if pelican.exists():
        files = ("pelican/rss.xml", "pelican/atom.xml")
        yield Peer("Pelican, RSS and Atom alone", (str(pelican), "--quiet"), files, 1_000)


def write_peers(root: Path, count: int) -> None:
    """What they need beside the posts of a site."""
    layouts = root / "layouts" / "_default"
    layouts.mkdir(parents=True)
    for name, text in LAYOUTS.items():
        (layouts / name).write_text(text)
    (root / "hugo.toml").write_text(HUGO)
    (root / ".eleventy.js").write_text(ELEVENTY)
    (root / ".eleventyignore").write_text("layouts\nfeeds\npelican-posts\n")
    for name, text in ELEVENTY_FEEDS.items():
        place = "feed.json" if name == "json" else f"{name}.xml"
        (root / f"{name}.liquid").write_text(f"---\npermalink: /{place}\nfeed: true\n---\n{text}")
    (root / "pelicanconf.py").write_text(PELICAN)
    if any(peer.row.startswith("Pelican") and count <= peer.most for peer in list_peers()):
        _write_for_pelican(root)


def _write_for_pelican(root: Path) -> None:
    """The same posts with the front matter that Pelican reads: names without quotes."""
    place = root / "pelican-posts"
    place.mkdir()
    for path in sorted((root / "content" / "posts").iterdir()):
        head, body = path.read_text().removeprefix("---\n").split("---\n", 1)
        wanted = re.findall(r'^(title|date|slug|excerpt): "(.*)"$', head, re.MULTILINE)
        lines = [f"{name.replace('excerpt', 'summary')}: {value}" for name, value in wanted]
        (place / path.name).write_text("\n".join(lines) + f"\n\n{body}")
