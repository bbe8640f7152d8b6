"""An existing blog folder is read, never changed, and gives a syndicate.toml that says where each value came from."""

import resource
import tomllib
from dataclasses import replace
from pathlib import Path

import pytest

from syndicate.config.read import make_settings
from syndicate.content.folder import ContentFolder
from syndicate.errors import ConfigError
from syndicate.starters import Guess, guess_site, render_config, write_new_files

POST = '---\ntitle: "Hello"\ndate: 2025-01-02\nsocial_share: "Look"\nteaser: "x"\n---\nText\n'

BLOGS = {
    "Hugo": (
        {
            "hugo.toml": 'title = "Dunes"\nbaseURL = "https://dunes.example/"\nlanguageCode = "en-GB"\n'
            '[permalinks]\nposts = "/:year/:month/:slug/"\n',
            "content/posts/hello.md": POST,
        },
        ("Dunes", "https://dunes.example", "content/posts", "/{year}/{month}/{title}/"),
    ),
    "Jekyll": (
        {
            "_config.yml": "title: Reeds\nurl: https://reeds.example\nbaseurl: /blog\npermalink: pretty\n",
            "_posts/2025-01-02-hello.md": POST,
        },
        ("Reeds", "https://reeds.example/blog", "_posts", "/{categories}/{year}/{month}/{day}/{name}/"),
    ),
    "Eleventy": (
        {
            "eleventy.config.js": 'export default () => ({ dir: { input: "content" } })',
            "_data/metadata.js": 'export default { title: "Gulls", url: "https://gulls.example/", language: "en" }',
            "content/blog/hello.md": POST,
        },
        ("Gulls", "https://gulls.example", "content/blog", "/blog/{path}/"),
    ),
    "Astro": (
        {
            "astro.config.mjs": "export default defineConfig({ site: 'https://stars.example' })",
            "src/consts.ts": "export const SITE_TITLE = 'Stars';",
            "src/pages/blog/[...slug].astro": "",
            "src/content/blog/hello.mdx": POST,
        },
        ("Stars", "https://stars.example", "src/content/blog", "/blog/{path}/"),
    ),
    "Next.js": (
        {
            "next.config.mjs": "export default {}",
            "data/siteMetadata.js": "module.exports = { title: 'Kites', siteUrl: 'https://kites.example' }",
            "app/blog/[slug]/page.tsx": "",
            "data/blog/hello.mdx": POST,
        },
        ("Kites", "https://kites.example", "data/blog", "/blog/{slug}"),
    ),
    "Markdown files": (
        {"writing/hello.md": POST, "readme.md": "# no front matter"},
        ("My blog", "?", "writing", "?"),
    ),
}


def write(folder, files):
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")


@pytest.mark.parametrize("generator", BLOGS)
def test_each_generator_tells_title_address_folder_and_permalink(tmp_path, generator):
    """Generators are recognised from their own files; what a plain folder does not tell is a question."""
    files, expected = BLOGS[generator]
    write(tmp_path, files)
    guess = guess_site(tmp_path)
    assert guess.generator == generator
    assert (guess.title, guess.url, guess.content, guess.permalink) == expected


@pytest.mark.parametrize("generator", BLOGS)
def test_the_proposal_is_a_valid_configuration(tmp_path, generator):
    """What init writes is accepted once its questions are answered, with the field names that posts use."""
    write(tmp_path, BLOGS[generator][0])
    text = render_config(guess_site(tmp_path))
    if '"?"' in text:
        with pytest.raises(ConfigError, match="is a question yet"):
            make_settings(text, root=tmp_path)
        text = text.replace('url = "?"', 'url = "https://blog.example"').replace('"?"', '"/{slug}/"')
    settings = make_settings(text, root=tmp_path)
    assert settings.content.fields == {"socialShare": "social_share", "excerpt": "teaser"}


def test_every_guess_names_its_source(tmp_path):
    """A line of the proposal says which file it comes from, and what could not be found says so."""
    write(tmp_path, BLOGS["Hugo"][0])
    text = render_config(guess_site(tmp_path))
    assert 'title = "Dunes"  # from hugo.toml' in text
    write(tmp_path, {"hugo.toml": 'title = "Dunes"\n'})
    assert 'url = "?"  # where do your pages live?' in render_config(guess_site(tmp_path))


@pytest.mark.parametrize(
    ("permalinks", "guessed"),
    [
        ("", "/posts/{path}/"),
        ('[permalinks]\nposts = "/:sections/:filename/"', "/posts/{sections}/{name}/"),
        ('[permalinks]\nposts = "/:sections[0]/:sections[1:]/:slug"', "/posts/{sections}/{title}/"),
        ('[permalinks.page]\nposts = "/:year/:title/"', "/{year}/{only_title}/"),
        ('[permalinks]\npost = "/:year/:title/"', "/posts/{path}/"),
        ('[permalinks]\nposts = "/:yearday/:slug.html"', "/{yearday}/{title}.html/"),
        ('[permalinks]\nposts = "/:2006/:Jan/:02/:filename"', "/{year}/{short_month}/{day}/{name}/"),
        ('[languages.en.permalinks]\nposts = "/own/:slug"', "/own/{title}/"),
        ("disablePathToLower = true", "/posts/{path}/"),
        ('[permalinks]\nposts = "/:unheard/:title/"', "?"),
    ],
)
def test_hugo_pages_lie_where_their_files_do_unless_it_says_otherwise(tmp_path, permalinks, guessed):
    """Folders belong to the address; `:title` is the title, `:filename` the file."""
    write(tmp_path, {"hugo.toml": f'title = "Dunes"\n{permalinks}\n', "content/posts/2024/hello.md": POST})
    assert guess_site(tmp_path).permalink == guessed


@pytest.mark.parametrize(
    ("page", "config", "guessed"),
    [
        ("[...slug].astro", "", "/blog/{path}/"),
        ("[slug].astro", "base: '/sub'", "/blog/{path}/"),
        ("[...id].astro", "trailingSlash: 'never'", "/blog/{path}"),
        ("[slug].astro", "build: { format: 'file' }", "/blog/{path}"),
    ],
)
def test_astro_addresses_follow_the_page_and_the_settings(tmp_path, page, config, guessed):
    """The page tells the beginning; trailingSlash and build.format say how an address ends."""
    write(tmp_path, {"astro.config.mjs": f"export default {{ {config} }}", f"src/pages/blog/{page}": ""})
    write(tmp_path, {"src/content/blog/2024/hello.md": POST})
    assert guess_site(tmp_path).permalink == guessed


@pytest.mark.parametrize(
    ("permalink", "guessed"),
    [
        ("/writing/{{ page.fileSlug }}/", "/writing/{name}/"),
        ("{{ title | slugify }}/index.html", "/{title}/"),
        ("/{{ page.date | date }}/{{ page.fileSlug }}/", "?"),
    ],
)
def test_eleventy_addresses_follow_the_folder_s_data_file(tmp_path, permalink, guessed):
    """What can be said in our words is; what cannot is a question."""
    write(tmp_path, {"eleventy.config.js": "", "posts/hello.md": POST})
    write(tmp_path, {"posts/posts.11tydata.js": f'export default {{ layout: "p", permalink: "{permalink}" }};'})
    assert guess_site(tmp_path).permalink == guessed


def test_next_js_tells_its_title_in_the_layout_and_its_address_in_the_site_map(tmp_path):
    """As the starters of the app router have them; an empty folder of a usual name is not where the posts are."""
    metadata = "metadata = { title: { default: 'Kites', template: '%s | Kites' }, description: 'Of wind.' }"
    write(
        tmp_path,
        {
            "next.config.js": "",
            "app/layout.tsx": f"export const {metadata}",
            "app/sitemap.ts": "export const baseUrl = 'https://kites.example'",
            "app/blog/[slug]/page.tsx": "",
            "app/blog/posts/hello.mdx": POST,
            "content/.gitkeep": "",
        },
    )
    guess = guess_site(tmp_path)
    assert (guess.title, guess.url, guess.description) == ("Kites", "https://kites.example", "Of wind.")
    assert (guess.content, guess.permalink, guess.posts) == ("app/blog/posts", "/blog/{slug}", 1)


@pytest.mark.parametrize("empty", ["content/posts/_index.md", "content/posts/.gitkeep"])
def test_the_section_with_posts_is_the_blog(tmp_path, empty):
    """Two sections of usual names: the one that holds posts."""
    write(tmp_path, {"hugo.toml": "", empty: "---\ntitle: x\n---\n", "content/blog/hello.md": POST})
    assert guess_site(tmp_path).content == "content/blog"


@pytest.mark.parametrize("named", ["mainSections = ['essais']", "[params]\nmainSections = ['essais']"])
def test_the_main_sections_of_hugo_are_the_blog(tmp_path, named):
    """Whatever they are called, and however many posts another section of a usual name has."""
    posts = {f"content/{name}.md": POST for name in ("essais/one", "posts/two", "posts/three")}
    write(tmp_path, {"hugo.toml": named, **posts})
    assert guess_site(tmp_path).content == "content/essais"


@pytest.mark.slow
@pytest.mark.parametrize(
    ("settings", "file", "content"),
    [
        ("hugo.toml", "content/2024/05/hello.md", "content"),
        ("notes.txt", "2024/hello.md", "."),
        ("notes.txt", "texts/2024/05/hello.md", "texts"),
    ],
)
def test_a_folder_of_a_year_is_not_the_blog(tmp_path, settings, file, content):
    """Next year's posts come into another one (as Micro.blog exports them)."""
    write(tmp_path, {settings: "", file: POST})
    assert guess_site(tmp_path).content == content


def test_nothing_is_touched(tmp_path):
    """Guessing changes no file and makes none."""
    write(tmp_path, BLOGS["Astro"][0])
    before = {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()}
    guess_site(tmp_path)
    assert {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()} == before


def test_an_empty_folder_is_no_blog(tmp_path):
    """Without generator files or posts there is nothing to guess."""
    assert guess_site(tmp_path) is None


@pytest.mark.parametrize("text", ["\x00\xff", "title: [", "{", "= = =", "title = 'x"])
def test_a_broken_settings_file_does_not_stop_the_guess(tmp_path, text):
    """Whatever the generator's file holds, posts are still found."""
    write(tmp_path, {"_config.yml": text, "hugo.toml": text, "_posts/2025-01-02-a.md": POST})
    assert guess_site(tmp_path).content == "_posts"


def test_new_files_never_replace_old_ones(tmp_path):
    """write_new_files leaves what exists and says what it wrote."""
    write(tmp_path, {"a.txt": "mine"})
    assert write_new_files(tmp_path, {"a.txt": b"yours", "deep/b.txt": b"new"}) == ("deep/b.txt",)
    assert (tmp_path / "a.txt").read_text() == "mine"


def test_a_full_disk_leaves_no_half_file(tmp_path: Path) -> None:
    """Else the next init would take it for the person's own, and every command for broken settings."""
    _, most = limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (10, most))
    try:
        with pytest.raises(OSError, match="File too large"):
            write_new_files(tmp_path, {"syndicate.toml": b"[site]\ntitle = 'Notes'\n"})
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("title", "read"),
    [("a\x7fb", "a\x7fb"), ("a\ud800b", "a?b"), ('a"\\\nb', 'a"\\\nb')],
    ids=["DEL", "half a character", "quotes"],
)
def test_any_title_makes_settings_that_can_be_read(title: str, read: str) -> None:
    """Other programs allow in theirs what TOML does not."""
    guess = Guess(generator="x", title=title, url="https://blog.example", content="posts", permalink="/{slug}/")
    assert tomllib.loads(render_config(guess).encode().decode())["site"]["title"] == read


@pytest.mark.slow
@pytest.mark.parametrize("name", ["hugo.json", "hugo.toml", "hugo.yaml"])
def test_settings_of_a_thousand_brackets_tell_nothing(tmp_path: Path, name: str) -> None:
    """A guess needs no perfect file, and no file stops it."""
    (tmp_path / "content").mkdir()
    (tmp_path / name).write_text(f"{'a=' if name.endswith('toml') else ''}{'[' * 100_000}")
    guess = guess_site(tmp_path)
    assert guess is None or guess.title == "My blog"


def test_capitals_of_file_names_stay_in_addresses(tmp_path):
    """Jekyll's `:title` and Eleventy's path keep them."""
    write(tmp_path / "j", {"_config.yml": "permalink: /:year/:title/\nexclude: [syndicate.toml]"})
    write(tmp_path / "j", {"_posts/2025-01-02-Hello.md": POST})
    write(tmp_path / "e", {"eleventy.config.js": "", "posts/Hello.md": POST})
    assert guess_site(tmp_path / "j").permalink == "/{year}/{name}/"
    assert guess_site(tmp_path / "e").permalink == "/posts/{path}/"


def test_jekyll_is_told_to_leave_the_settings_out_only_once(tmp_path):
    """Where syndicate.toml is excluded already, nothing is left to advise."""
    for excluded, advises in (("", True), ("exclude: [syndicate.toml]", False), ("exclude: all", True)):
        write(tmp_path, {"_config.yml": f"title: T\n{excluded}\n", "_posts/2025-01-02-hello.md": POST})
        assert bool(guess_site(tmp_path).advice) is advises


def test_eleventy_is_told_to_copy_the_feeds_and_to_read_no_template_there(tmp_path):
    """Only what its settings do not say yet."""
    copies, ignores = 'eleventyConfig.addPassthroughCopy("feeds")', 'eleventyConfig.ignores.add("feeds")'
    for config in ("", copies, ignores, f"{copies}\n{ignores}"):
        write(tmp_path, {"eleventy.config.js": config, "posts/hello.md": POST})
        advice = guess_site(tmp_path).advice
        assert [line in advice for line in (copies, ignores)] == [line not in config for line in (copies, ignores)]


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("_config.yml", "- " * 90_000 + "a"),
        ("_config.yml", "x:\n  " + "? " * 90_000 + "a"),
        ("_config.yml", "a0: &a0 [1]\n" + "".join(f"a{n}: &a{n} [{f'*a{n - 1}, ' * 10}]\n" for n in range(1, 11))),
        ("hugo.toml", "a." * 90_000 + "b = 1"),
        ("hugo.toml", "a = " + "[" * 90_000),
        ("package.json", "[" * 190_000),
    ],
    ids=["compact", "keys", "aliases", "dots", "brackets", "json"],
)
def test_a_setting_nested_without_end_is_no_setting(tmp_path: Path, name: str, text: str) -> None:
    """What would overflow a reader's stack or keep it for ever is left alone; the posts are still found."""
    (tmp_path / name).write_text(text)
    (tmp_path / "posts").mkdir()
    (tmp_path / "posts" / "hello.md").write_text(POST)
    guess = guess_site(tmp_path)
    assert guess is not None
    assert guess.content == "posts"


SMALL = {
    "Hexo": (
        {"_config.yml": "url: https://a.example\npermalink: :year/:title/\n", "source/_posts/b.md": POST},
        "/{year}/{path}/",
    ),
    "MkDocs": (
        {"mkdocs.yml": "plugins:\n  - blog\n", "docs/blog/posts/b.md": POST},
        "/blog/{year}/{month}/{day}/{title}/",
    ),
    "VitePress": ({".vitepress/config.ts": "cleanUrls: true", "posts/b.md": POST}, "/posts/{path}"),
    "Gatsby": (
        {"gatsby-config.js": "", "gatsby-node.js": "createFilePath({})", "content/blog/b/index.md": POST},
        "/{path}/",
    ),
    "SvelteKit": (
        {"svelte.config.js": "", "src/routes/blog/[slug]/+page.svelte": "", "posts/b.md": POST},
        "/blog/{slug}",
    ),
    "Remix": ({"app/root.tsx": "", "app/routes/blog.$slug.tsx": "", "content/blog/b.mdx": POST}, "/blog/{slug}"),
    "Nuxt": ({"nuxt.config.ts": "", "content/blog/b.md": POST}, "/blog/{path}"),
    "Quarto": ({"_quarto.yml": "", "posts/b/index.qmd": POST, "posts/b.md": POST}, "/posts/{path}/"),
    "Lume": ({"_config.ts": 'import lume from "lume/mod.ts"', "posts/b.md": POST}, "/posts/{folders}/{name}/"),
    "Zola": ({"config.toml": 'base_url = "https://a.example"', "content/blog/b.md": POST}, "/blog/{folders}/{slug}/"),
    "Pelican": ({"pelicanconf.py": "ARTICLE_URL = '{date:%Y}/{slug}/'", "content/b.md": POST}, "/{year}/{slug}/"),
    "Docusaurus": ({"docusaurus.config.js": "blog: { routeBasePath: '/' }", "blog/b.md": POST}, "/{path}"),
    "Bridgetown": (
        {"bridgetown.config.yml": "permalink: simple\n", "src/_posts/2025-01-02-b.md": POST},
        "/{categories}/{name}/",
    ),
    "VuePress": ({"docs/.vuepress/config.js": "", "blog/b.md": POST}, "?"),
}


@pytest.mark.parametrize("generator", SMALL)
def test_further_generators_are_recognised_by_name(tmp_path, generator):
    """With the addresses that are usual there, or their routes; else the address is a question."""
    files, permalink = SMALL[generator]
    write(tmp_path, files)
    guess = guess_site(tmp_path)
    assert (guess.generator, guess.permalink) == (generator, permalink)


@pytest.mark.slow
def test_settings_in_folders_of_their_own_and_data_in_yaml(tmp_path):
    """Hugo reads config/_default with all below it; Eleventy may be taught YAML; an advertisement's link is no site."""
    mounts = "mounts:\n  - {source: content/en, target: content, lang: en}\n  - {source: de, target: content, lang: de}"
    write(tmp_path / "h", {
        "config/_default/config.toml": "[languages.en]\n[languages.de]", "config/_default/module/module.yaml": mounts,
        "content/en/blog/a.md": POST, "de/blog/b.md": POST,
    })  # fmt: skip
    guess = guess_site(tmp_path / "h")
    assert dict(guess.permalinks) == {"content/en/blog": "/blog/{path}/", "de/blog": "/de/blog/{path}/"}
    data = "permalink: '/b/{{ page.date | own }}/'"
    write(tmp_path / "e", {"eleventy.config.js": "", "blog/blog.yml": data, "blog/a.md": POST})
    assert guess_site(tmp_path / "e").permalink == "?"
    advert = "url: 'https://other.example/?from=us'"
    write(tmp_path / "v", {".vitepress/config.ts": advert, "blog/a.md": POST})
    assert guess_site(tmp_path / "v").url == "?"


def test_hugo_keeps_to_what_is_mounted_and_to_each_section(tmp_path):
    """A mount takes the place of content/; each section has its pattern; other languages their beginning."""
    mounts = '[[module.mounts]]\nsource = "texts"\ntarget = "content"\n[permalinks]\nnotes = "/n/:slug"\n'
    write(
        tmp_path / "a",
        {"hugo.toml": mounts, "texts/posts/b.md": POST, "texts/notes/c.md": POST, "content/posts/d.md": POST},
    )
    guess = guess_site(tmp_path / "a")
    assert (guess.content, dict(guess.permalinks)) == ("texts", {"notes": "/n/{title}/", "posts": "/posts/{path}/"})
    languages = '[languages.en]\ncontentDir = "en"\n[languages.de]\ncontentDir = "de"\n'
    write(tmp_path / "b", {"hugo.toml": languages, "en/posts/b.md": POST, "de/posts/c.md": POST})
    assert dict(guess_site(tmp_path / "b").permalinks) == {
        "en/posts": "/posts/{path}/",
        "de/posts": "/de/posts/{path}/",
    }


def test_jekyll_s_folders_of_posts_and_nearest_default(tmp_path):
    """Several folders _posts are read from the top; the default whose scope is nearest says the permalink."""
    defaults = "defaults:\n- {scope: {path: '', type: posts}, values: {permalink: '/:title/'}}\n"
    defaults += "- {scope: {path: notes}, values: {permalink: '/n/:i_day/:title'}}\n"
    posts = ("_posts/2025-01-02-a.md", "notes/_posts/2025-01-02-b.md")
    write(tmp_path, {"_config.yml": defaults} | dict.fromkeys(posts, POST))
    guess = guess_site(tmp_path)
    assert (guess.content, guess.permalink) == (".", "/{name}/")
    assert dict(guess.permalinks) == {"notes/_posts": "/n/{i_day}/{name}"}
    polyglot = {"_config.yml": "languages: [en, fr]\ndefault_lang: en\npermalink: /:title/"}
    write(tmp_path / "p", polyglot | {"_posts/2025-01-02-a.md": POST})
    assert guess_site(tmp_path / "p").permalink == "/{other_language}/{name}/"


@pytest.mark.slow
def test_a_title_under_another_name_is_found_and_no_network_is_an_address(tmp_path):
    """What most posts have instead of a title; the site's own address among those of networks; posts in public/."""
    post = "---\nnewstitle: Hello\ndate: 2025-01-02\n---\n"
    data = 'module.exports = { url: "https://opencollective.com/us", origin: "https://a.example" }'
    write(tmp_path / "e", {"eleventy.config.js": "", "_data/site.js": data, "blog/b.md": post})
    guess = guess_site(tmp_path / "e")
    assert (guess.url, guess.fields["title"]) == ("https://a.example", "newstitle")
    both = post.replace("newstitle: Hello", "disqus_title: Other\nTitle: Hello")
    write(tmp_path / "t", {"eleventy.config.js": "", "blog/b.md": both})
    assert "title" not in guess_site(tmp_path / "t").fields
    write(
        tmp_path / "n", {"next.config.js": "trailingSlash: true", "app/[slug]/page.tsx": "", "public/a/index.md": POST}
    )
    guess = guess_site(tmp_path / "n")
    assert (guess.content, guess.permalink) == ("public", "/{slug}/")


def test_icon_and_logo_are_found_where_they_are_served(tmp_path: Path) -> None:
    """The best icon by its address, the logo by its file; the proposal names both."""
    for name in ("static/favicon.ico", "static/apple-touch-icon.png", "assets/favicon.png", "static/images/logo.png"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_bytes(b"x")
    (tmp_path / "hugo.toml").write_text('title = "T"\nbaseURL = "https://t.example/"\n')
    (tmp_path / "content/posts").mkdir(parents=True)
    (tmp_path / "content/posts/a.md").write_text(POST)
    guess = guess_site(tmp_path)
    assert guess is not None
    assert (guess.icon, guess.logo) == ("/apple-touch-icon.png", "static/images/logo.png")
    written = tomllib.loads(render_config(guess))
    assert (written["site"]["icon"], written["cards"]["logo"]) == (guess.icon, guess.logo)


@pytest.mark.parametrize(
    ("files", "url"),
    [
        ({"public/robots.txt": "User-agent: *\nSitemap: https://kites.test/sitemap.xml\n"}, "https://kites.test"),
        ({"netlify.toml": '[context.production.environment]\nSITE_URL = "https://kites.test/"\n'}, "https://kites.test"),
        ({"README.md": "# [Kites](https://www.kites.test)", "package.json": '{"name": "kites"}'}, "https://www.kites.test"),
        ({"README.md": "Made with [Winds](https://winds.test)", "package.json": '{"name": "kites"}'}, "?"),
        ({"next.config.js": "", "lib/site.js": "const siteUrl =\n  process.env.URL || 'https://kites.test';"},
         "https://kites.test"),
        ({"posts/a.md": f"{POST}https://kites.test", "package.json": '{"name": "my.kites.test"}'}, "?"),
        ({"package.json": '{"name": "x", "homepage": "https://github.com/ann/kites"}'}, "?"),
    ],
)  # fmt: skip
def test_the_address_is_looked_for_where_sites_say_it(tmp_path, files, url):
    """robots.txt, the settings of hosts, scripts, and a README whose link is called like the site."""
    write(tmp_path, {"next.config.js": "", "app/blog/[slug]/page.tsx": "", "posts/hello.md": POST} | files)
    assert guess_site(tmp_path).url == url


@pytest.mark.slow
def test_routes_in_groups_and_lists_of_posts_are_told_apart(tmp_path):
    """(groups) are no part of an address; a page of numbers or of a tag shows no post, nor one that asks for others."""
    write(tmp_path, {"next.config.js": "", "app/(site)/[locale]/blog/[...slug]/page.tsx": "", "posts/hello.md": POST})
    assert guess_site(tmp_path).permalink == "/blog/{path}"
    astro = {"astro.config.mjs": "export default {}", "src/content/posts/hello.md": POST}
    pages = {"src/pages/[...page].astro": "getCollection('posts')", "src/pages/posts/[...slug].astro": "getSorted()"}
    write(tmp_path / "other", astro | pages)
    assert guess_site(tmp_path / "other").permalink == "/posts/{path}/"
    posts = {"src/content/journal/a.md": POST, "src/content/podcast/a.md": POST}
    own = {"src/pages/[...slug].astro": "getCollectionByName('posts')", "src/pages/tags/[tag].astro": "'podcast'"}
    own["src/pages/journal/[entry].astro"] = "getCollectionByName('journal'); back = 'posts'"
    write(tmp_path / "own", astro | posts | own)
    assert dict(guess_site(tmp_path / "own").permalinks) == {"journal": "/journal/{path}/", "posts": "/{path}/"}
    tags = "path: `/tags/${kebabCase(tag)}/`; const value = createFilePath({}); path: `/b${node.fields.slug}`"
    write(tmp_path / "g", {"gatsby-config.js": "", "gatsby-node.js": tags, "content/blog/a/index.md": POST})
    assert guess_site(tmp_path / "g").permalink == "/b/{path}/"
    (tmp_path / "g/gatsby-config.js").write_text("options: { path: `${__dirname}/content/` }", encoding="utf-8")
    assert guess_site(tmp_path / "g").permalink == "/b/blog/{path}/"
    (tmp_path / "g/gatsby-node.js").write_text("createFilePath({ basePath: `blog` })", encoding="utf-8")
    assert guess_site(tmp_path / "g").permalink == "/{path}/"
    config = 'starlightChangelogs({ base: "changes" }), site: "https://a.example"'
    write(tmp_path / "s", {"astro.config.mjs": config, "src/content/docs/blog/a.md": POST})
    assert (guess := guess_site(tmp_path / "s")).permalink == "/blog/{path}/"
    assert guess.url == "https://a.example"


def test_addresses_with_a_day_are_made_of_dated_names(tmp_path):
    """Where a route has year, month and day and most files begin with them, whatever date the front matter has."""
    page = "src/pages/[year]/[month]/[day]/[slug].astro"
    write(tmp_path, {"astro.config.mjs": "", page: "getCollection('posts')", "src/content/posts/2025-01-02-a.md": POST})
    guess = guess_site(tmp_path)
    assert guess.permalink == "/{year}/{month}/{day}/{undated}/"
    settings = make_settings(render_config(replace(guess, url="https://a.example")), root=tmp_path)
    late = tmp_path / "src/content/posts/2024-05-06-b.md"
    late.write_text("---\ntitle: B\ndate: 2025-07-08\n---\n", encoding="utf-8")
    assert [post.permalink for post in ContentFolder(settings).read().posts] == [
        "https://a.example/2024/05/06/b/",
        "https://a.example/2025/01/02/a/",
    ]
