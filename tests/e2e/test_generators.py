"""Real generators build small sites: every address, title and picture is the one that `init` alone led to.

`make generators` installs what the machine lacks into .generators/. Zola comes by no package that is to be had here, so
its rules stand on its documentation and on published sites alone: that test says so instead of running.
"""

from __future__ import annotations

import html
import os
import re
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import unquote, urljoin

import pytest

from syndicate.cli.root import call
from syndicate.config.read import read_settings
from syndicate.model import Post
from tests.content.golden import read_snapshot

pytestmark = pytest.mark.e2e

HOME = Path(__file__).parents[2] / ".generators"
PATIENCE = 600
"""Seconds: a bundler's first build on a busy machine."""
SITE = "https://walks.example"
BODY = "\nWords about it.\n"


@dataclass(frozen=True, slots=True)
class Site:
    """A small blog, how it is built, and how many posts it has."""

    files: dict[str, str]
    command: tuple[str, ...]
    built: str
    posts: int


def front(title: str, day: str, more: str = "") -> str:
    """YAML in which the title is written as people write it, and the picture lies among the served files."""
    return f"---\ntitle: '{title}'\ndate: {day}\nimage: /images/hill.png\n{more}---\n{BODY}"


def lines(title: str, day: str) -> str:
    """The same as Pelican has it."""
    return f"Title: {title}\nDate: {day}\nimage: /images/hill.png\n{BODY}"


def head(canonical: str, title: str, image: str) -> str:
    """What a template says of a page."""
    return (
        f'<html><head><link rel="canonical" href="{canonical}"><meta property="og:title" content="{title}">'
        f'<meta property="og:image" content="{image}"></head>'
    )


HUGO = Site(
    {
        "hugo.toml": f'title = "Walks"\nbaseURL = "{SITE}/sub/"\ndefaultContentLanguage = "en"\n'
        'disableKinds = ["taxonomy", "term"]\n[permalinks]\nnotes = "/:year/:monthname/:slug/"\n'
        'news = "/n/:yearday/:slugorfilename"\n'
        '[languages.en]\ncontentDir = "content/en"\n[languages.de]\ncontentDir = "content/de"\n',
        "content/en/posts/_index.md": "---\ntitle: Posts\n---\n",
        "content/en/posts/2024/Deep Folder/My Walk.md": front("Café & more", "2024-03-01"),
        "content/en/posts/2024-03-02-dated.md": front("A date before its name", "2024-03-02"),
        "content/en/posts/bundle/index.md": front("A bundle", "2024-03-03", "slug: EOY Letter 2023\n"),
        "content/en/posts/bundle/extra.md": "---\ntitle: No post\ndate: 2024-03-03\n---\n",
        "content/en/posts/moved.md": front("Moved", "2024-03-04", "url: /Elsewhere/page\n"),
        "content/en/notes/late.md": front("It''s late: C++ -- new?", "2024-03-05T00:30:00+05:00"),
        "content/en/notes/own.md": front("Own", "2024-03-06", "slug: Its Own\npublishDate: 2024-04-01\n"),
        "content/en/news/2024-03-07-what's (new) & #1.md": front("Signs", "2024-03-07"),
        "content/de/posts/wanderung.md": front("Wanderung", "2024-03-08"),
        "layouts/_default/single.html": head(
            "{{ .Permalink }}", "{{ .Title }}", '{{ absURL (strings.TrimLeft "/" .Params.image) }}'
        ),
        "layouts/_default/list.html": "list",
        "layouts/index.html": "front",
    },
    ("hugo", "--quiet"),
    "public",
    8,
)
JEKYLL = Site(
    {
        "_config.yml": f"title: Walks\nurl: {SITE}\nbaseurl: /sub\ntimezone: America/New_York\npermalink: pretty\n"
        "exclude: [syndicate.toml]\ndefaults:\n  - scope: {path: notes, type: posts}\n"
        "    values: {permalink: '/n/:short_year/:i_month/:title.html'}\n",
        "_posts/2024-03-01-First-Walk (1).md": front(
            "Café & more", "2024-03-01", "layout: post\ncategories: Slow walks\n"
        ),
        "_posts/deep/2024-03-02-second.markdown": front("Second", "2024-03-02 23:30 -0500", "layout: post\n"),
        "_posts/2024-03-03-third.html": front("Third", "2024-03-03", "layout: post\ncategory: Long Walks\n"),
        "_posts/2024-03-04-own.md": front("Own", "2024-03-04", "layout: post\npermalink: /p/:year/:y_day/:slug\n"),
        "_posts/2024-03-05-slugged.md": front("Slugged", "2024-03-05", "layout: post\nslug: Its Own\n"),
        "notes/_posts/2024-03-06-Sixth.md": front("Sixth", "2024-03-06", "layout: post\n"),
        "en/news/_posts/2024-03-07-seventh.md": front(
            "Seventh", "2024-03-07", "layout: post\ncategories: [en, more]\n"
        ),
        "_layouts/post.html": head(
            "{{ page.url | absolute_url }}", "{{ page.title | escape }}", "{{ page.image | absolute_url }}"
        ),
    },
    ("jekyll", "build", "--quiet"),
    "_site",
    7,
)
ELEVENTY = Site(
    {
        "eleventy.config.js": 'module.exports = () => ({ dir: { input: "content", includes: "../_includes" } });\n',
        "content/_data/metadata.json": f'{{"title": "Walks", "url": "{SITE}/"}}',
        "content/blog/blog.11tydata.json": '{"layout": "post.njk", "tags": "posts"}',
        "content/blog/first-walk.md": front("Café & more", "2024-03-01"),
        "content/blog/2024-03-02-My Walk.md": front("Second", "2024-03-02", "slug: not-used\n"),
        "content/blog/fourth/fourth.md": front("Fourth", "2024-03-04"),
        "content/blog/deep/2024-03-05-fifth/index.md": front("Fifth", "2024-03-05"),
        "content/blog/own.md": front("It''s its own", "2024-03-06", "permalink: '/p/{{ page.fileSlug }}/'\n"),
        "content/blog/titled.md": front("By Title", "2024-03-07", "permalink: '/t/{{ title | slugify }}/'\n"),
        "_includes/post.njk": head(f"{SITE}{{{{ page.url }}}}", "{{ title }}", f"{SITE}{{{{ image }}}}"),
    },
    ("npx", "eleventy", "--quiet"),
    "_site",
    6,
)
ASTRO = Site(
    {
        "astro.config.mjs": f"export default {{ site: '{SITE}', devToolbar: {{ enabled: false }} }};\n",
        "package.json": '{"name": "walks", "type": "module", "private": true}',
        "src/consts.ts": "export const SITE_TITLE = 'Walks';\n",
        "src/content.config.ts": "import { defineCollection, z } from 'astro:content';\n"
        "import { glob } from 'astro/loaders';\n"
        "const blog = defineCollection({\n  loader: glob({ base: './src/data/walks', pattern: '**/*.md' }),\n"
        "  schema: z.object({ title: z.string(), date: z.coerce.date(), image: z.string() }),\n});\n"
        "export const collections = { blog };\n",
        "src/data/walks/first-walk.md": front("Café & more", "2024-03-01"),
        "src/data/walks/2024/My Walk v1.0.md": front("Second", "2024-03-02"),
        "src/data/walks/bundle/index.md": front("Third", "2024-03-03"),
        "src/data/walks/own.md": front("Own", "2024-03-04", "slug: in/its-own\n"),
        "src/pages/blog/[...id].astro": "---\nimport { getCollection } from 'astro:content';\n"
        "export async function getStaticPaths() {\n  const posts = await getCollection('blog');\n"
        "  return posts.map((post) => ({ params: { id: post.id }, props: post }));\n}\n"
        "const { data } = Astro.props;\n---\n"
        + head("{X}", "{Y}", "{Z}")
        .replace('"{X}"', "{new URL(Astro.url.pathname, Astro.site)}")
        .replace('"{Y}"', "{data.title}")
        .replace('"{Z}"', "{new URL(data.image, Astro.site)}"),
    },
    ("npx", "astro", "build"),
    "dist",
    4,
)
DOCUSAURUS = Site(
    {
        "docusaurus.config.js": f"module.exports = {{\n  title: 'Walks',\n  url: '{SITE}',\n  baseUrl: '/sub/',\n"
        "  onBrokenLinks: 'ignore',\n  presets: [['classic', { docs: false, blog: { routeBasePath: 'log' } }]],\n};\n",
        "package.json": '{"name": "walks", "private": true}',
        "blog/2024-03-01-first-walk.md": front("Café & more", "2024-03-01"),
        "blog/2024/03/02/second.md": front("Second", "2024-03-02"),
        "blog/2024-03-03-bundle/index.md": front("Third", "2024-03-03"),
        "blog/deep/plain.mdx": front("Fourth", "2024-03-04"),
        "blog/own.md": front("Own", "2024-03-05", "slug: /in/its-own\n"),
        "src/pages/index.js": "export default () => null;\n",
    },
    ("npx", "docusaurus", "build"),
    "build",
    5,
)
PELICAN = Site(
    {
        "pelicanconf.py": f"SITENAME = 'Walks'\nSITEURL = '{SITE}'\nPATH = 'content'\nTIMEZONE = 'Europe/Berlin'\n"
        "DEFAULT_LANG = 'en'\nTHEME = 'theme'\nSTATIC_PATHS = ['images']\n"
        "ARTICLE_URL = '{category}/{date:%b}/{slug}/'\n"
        "ARTICLE_SAVE_AS = '{category}/{date:%b}/{slug}/index.html'\n",
        "content/long walks/one.md": lines("Café & more: C++", "2024-03-01 00:30"),
        "content/two.md": lines("Second", "2024-03-02\nSlug: its-own\nCategory: Slow"),
        "content/long walks/three.md": lines("Größe, 3. Teil", "2024-03-03"),
        "theme/static/x.css": "",
        "theme/templates/article.html": head(
            "{{ SITEURL }}/{{ article.url }}", "{{ article.title }}", "{{ SITEURL }}{{ article.image }}"
        ),
        **{f"theme/templates/{name}.html": "x" for name in ("index", "archives", "authors", "categories", "tags", "tag",
                                                            "category", "author", "page")},
    },
    ("pelican", "--fatal", "errors", "--quiet"),
    "output",
    3,
)  # fmt: skip
SITES = {
    "hugo": HUGO, "jekyll": JEKYLL, "eleventy": ELEVENTY, "astro": ASTRO, "docusaurus": DOCUSAURUS, "pelican": PELICAN,
}  # fmt: skip


def write(root: Path, files: dict[str, str]) -> None:
    for name, text in files.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text, encoding="utf-8")


def build(root: Path, site: Site) -> None:
    """Run the generator, with what .generators/ holds beside what the machine has."""
    if (HOME / "node_modules").is_dir():
        (root / "node_modules").symlink_to(HOME / "node_modules")
    path = f"{HOME / 'python/bin'}:{HOME / 'node_modules/.bin'}:{os.environ['PATH']}"
    command = [word for word in site.command if word != "npx"]
    found = shutil.which(command[0], path=path)
    if found is None:
        if shutil.which("npm") is None:
            pytest.skip("without npm Eleventy, Astro and Docusaurus cannot be installed")
        pytest.fail(f"{command[0]} is not here: run `make generators`")
    environment = {**os.environ, "PATH": path, "CI": "true", "ASTRO_TELEMETRY_DISABLED": "1", "NODE_ENV": "production"}
    done = subprocess.run(
        [found, *command[1:]], cwd=root, env=environment, capture_output=True, text=True, timeout=PATIENCE, check=False
    )
    assert done.returncode == 0, f"{done.stdout[-3000:]}\n{done.stderr[-3000:]}"


def read(root: Path) -> dict[str, Post]:
    return {post.source: post for post in read_snapshot(read_settings(root / "syndicate.toml")).posts}


def find_page(built: Path, address: str, site_url: str) -> str:
    """The page that a server has for this address."""
    path = unquote(address.removeprefix(site_url)).strip("/")
    places = [built / path / "index.html", built / f"{path}.html", built / path]
    page = next((place for place in places if place.is_file()), None)
    assert page, f"nothing was built for {address}"
    return page.read_text(encoding="utf-8")


def tell(page: str, pattern: str) -> str:
    found = re.search(pattern, page)
    assert found, page[:2000]
    return html.unescape(next(group for group in found.groups() if group is not None))


_CANONICAL = r'rel="?canonical"? href=(?:"([^"]+)"|([^">\s]+))'


@pytest.mark.parametrize("name", SITES)
def test_every_address_title_and_picture_is_as_the_generator_builds_it(tmp_path: Path, name: str) -> None:
    """By `init` alone, before anything is built; and the built site, looked at afterwards, agrees with each."""
    site = SITES[name]
    write(tmp_path, site.files)
    assert call(["-q", "init", str(tmp_path)]) == 0
    posts = read(tmp_path)
    assert len(posts) == site.posts
    build(tmp_path, site)
    url = read_settings(tmp_path / "syndicate.toml").site.url
    for post in posts.values():
        page = find_page(tmp_path / site.built, post.permalink, url)
        assert unquote(post.permalink) == unquote(tell(page, _CANONICAL))
        assert post.title in tell(page, r'property="?og:title"? content="([^"]*)"')
        assert post.picture
        assert post.picture.url == tell(page, r'property="?og:image"? content=(?:"([^"]+)"|([^">\s]+))')
    (tmp_path / "syndicate.toml").unlink()
    assert call(["-q", "init", str(tmp_path)]) == 0
    learned = read_settings(tmp_path / "syndicate.toml")
    assert learned.site.built == site.built
    assert {post.source: post.permalink for post in read_snapshot(learned).posts} == {
        source: post.permalink for source, post in posts.items()
    }
    assert not any(post.by_rule for post in read_snapshot(learned).posts)


LINKED = {
    "hugo": (
        "content/posts/linking.md",
        {
            "hugo.toml": f'title = "Walks"\nbaseURL = "{SITE}/sub/"\n[permalinks]\nnotes = "/:year/:month/:slug/"\n',
            "content/posts/2024/Deep Walk.md": front("Deep", "2024-03-01"),
            "content/posts/bundle/index.md": front("Bundle", "2024-03-02"),
            "content/notes/late.md": front("Late", "2024-03-03", "slug: Its Own\n"),
            "layouts/_default/single.html": "{{ .Content }}",
            "layouts/_default/list.html": "list",
            # Links in Markdown to files, as themes with Hugo's own render hook resolve them.
            "layouts/_default/_markup/render-link.html": "{{ $u := urls.Parse .Destination }}{{ $d := .Destination }}"
            "{{ if not $u.Scheme }}{{ with .Page.GetPage $u.Path }}{{ $d = .RelPermalink }}{{ end }}{{ end }}"
            '{{ with $u.Fragment }}{{ $d = printf "%s#%s" (index (split $d "#") 0) . }}{{ end }}'
            '<a href="{{ $d | safeURL }}">{{ .Text }}</a>',
        },
        """[a]({{< ref "late" >}}) [b]({{< relref "/notes/late.md#part" >}}) [c]({{< ref "bundle" >}})
        [d](bundle/index.md) [e]({{% ref "posts/bundle/index.md" %}}) [f](<2024/Deep Walk.md>)
        [g](/notes/late.md#part)""",
        7,
    ),
    "jekyll": (
        "_posts/2024-03-05-linking.md",
        {
            "_config.yml": f"title: Walks\nurl: {SITE}\nbaseurl: /sub\npermalink: pretty\nexclude: [syndicate.toml]\n",
            "_posts/2024-03-01-First Walk.md": front("First", "2024-03-01", "layout: post\n"),
            "_posts/deep/2024-03-02-second.md": front("Second", "2024-03-02", "layout: post\ncategory: Long\n"),
            "notes/_posts/2024-03-03-third.md": front("Third", "2024-03-03", "layout: post\nslug: Its Own\n"),
            "_layouts/post.html": "{{ content }}",
        },
        """[a]({% post_url deep/2024-03-02-second %}) [b]({% post_url notes/2024-03-03-third %}#part)
        [c]({% link notes/_posts/2024-03-03-third.md %})
        [d]({{ site.url }}{% link _posts/2024-03-01-First Walk.md %})""",
        4,
    ),
}


@pytest.mark.parametrize("name", LINKED)
def test_links_between_posts_lead_where_the_generator_lets_them_lead(tmp_path: Path, name: str) -> None:
    """By the names of their files, in its own tags and in Markdown."""
    source, files, body, count = LINKED[name]
    text = f"---\ntitle: Linking\ndate: 2024-03-05\nlayout: post\n---\n{body}\n"
    write(tmp_path, {**files, source: text})
    assert call(["-q", "init", str(tmp_path)]) == 0
    post = next(post for post in read(tmp_path).values() if post.title == "Linking")
    build(tmp_path, SITES[name])
    page = find_page(tmp_path / SITES[name].built, post.permalink, f"{SITE}/sub")
    links = [urljoin(post.permalink, html.unescape(link)) for link in re.findall('<a href="([^"]*)"', page)]
    assert len(links) == count
    assert [*map(unquote, links)] == [unquote(html.unescape(one)) for one in re.findall('<a href="([^"]*)"', post.html)]


def test_zola_builds_what_was_guessed() -> None:
    """Its packages are in none of the registries that these tests use."""
    if shutil.which("zola") is None:
        pytest.skip("zola cannot be installed here: neither Debian, PyPI nor npm has it; its rules are tested by table")
