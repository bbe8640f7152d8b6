"""Where the settings of a site say that its posts and its address are, and what they leave open."""

import pytest

from syndicate.config.read import make_settings
from syndicate.content.folder import ContentFolder
from syndicate.starters import guess_site, render_config
from tests.starters.test_guess import POST, write


@pytest.mark.parametrize(
    ("config", "url"),
    [
        ("url: `https://${domain}`,", "?"),
        ("url: 'https://a.example',", "https://a.example"),
    ],
)
def test_a_template_in_a_script_is_no_address(tmp_path, config, url):
    """What only a program can fill is a question, or told by another file."""
    write(tmp_path, {"docusaurus.config.js": f"export default {{\n  {config}\n}}", "blog/2025-01-02-a.md": POST})
    assert guess_site(tmp_path).url == url
    write(tmp_path, {"static/robots.txt": "Sitemap: https://dunes.test/sitemap/sitemap-0.xml"})
    assert guess_site(tmp_path).url == url.replace("?", "https://dunes.test")


def test_folders_are_where_the_settings_say(tmp_path):
    """Jekyll's `source`, also where a script copies it first, and Astro's `srcDir`; aliases of words are no bomb."""
    text = "url: &url https://a.example\npermalink: /:categories/:title/\n" + "x: *url\n" * 30
    for number, (source, place) in enumerate([("site", "site"), (".tmp/site", "site"), ("source", "source")]):
        folder = tmp_path / str(number)
        write(folder, {"_config.yml": f"{text}source: {source}\n", f"{place}/_posts/2025-01-02-a.md": POST})
        guess = guess_site(folder)
        assert (guess.generator, guess.url, guess.content) == ("Jekyll", "https://a.example", f"{place}/_posts")
        assert guess.permalink == "/{categories}/{name}/"
    page = {"pages/blog/[slug].astro": "getCollection('blog')", "content/blog/a.md": POST, "content/apps/a.md": POST}
    write(tmp_path / "astro", {f"source/{name}": content for name, content in page.items()})
    write(tmp_path / "astro", {"astro.config.mjs": "srcDir: './source', site: 'https://a.example'"})
    guess = guess_site(tmp_path / "astro")
    assert (guess.content, guess.permalink) == ("source/content/blog", "/blog/{path}/")


def test_a_rule_that_cannot_be_said_in_our_words_is_a_question(tmp_path):
    """Of pages that stand for two things, of names that a plugin fills, of categories that a page makes itself."""
    write(tmp_path / "p", {"pelicanconf.py": "ARTICLE_URL = '{date:%Y}/{filename}'", "content/a.md": POST})
    assert guess_site(tmp_path / "p").permalink == "?"
    for number, page in enumerate(["[...blog]/[slug]", "blog/[category]/[id]"]):
        text = "getCollection('blog'); params: { category: post.id.split('/')[0] }"
        files = {f"src/pages/{page}.astro": text, "src/pages/[...apps]/[slug].astro": "getCollection('apps')"}
        write(tmp_path / str(number), {"astro.config.mjs": "", "src/content/blog/a.md": POST, **files})
        write(tmp_path / str(number), {"src/content/apps/b.md": POST, "src/content/apps/c.md": POST})
        guess = guess_site(tmp_path / str(number))
        assert (guess.permalink, guess.permalinks, guess.content) == ("?", (), "src/content/blog")


def test_eleventy_s_sections_are_all_read(tmp_path):
    """Each folder whose own data file says that it holds posts, with the folders in them; a folder of pages is none."""
    for name, layout in (("journal", "post"), ("essays", "post"), ("pages", "page")):
        data = f'{{"layout": "{layout}.njk", "permalink": "/{name}/{{{{ page.fileSlug }}}}/"}}'
        write(tmp_path, {f"site/{name}/{name}.11tydata.json": data, f"site/{name}/a.md": POST})
    write(tmp_path, {"eleventy.config.js": "input: 'site'", "site/journal/next/b.md": POST})
    write(tmp_path, {"site/journal/next/next.json": '{"permalink": "/next/{{ page.fileSlug }}/"}'})
    guess = guess_site(tmp_path)
    assert guess.content == "site"
    assert dict(guess.permalinks) == {
        "essays": "/essays/{name}/", "journal": "/journal/{name}/", "journal/next": "/next/{name}/"
    }  # fmt: skip


def test_hugo_s_language_is_that_of_files_that_name_none(tmp_path):
    """`defaultContentLanguage`, whatever `languageCode` says; a region of the same language stays."""
    for code, main, language in (("bn", "en", "en"), ("en-gb", "en", "en-gb"), ("fr", "", "fr")):
        own = f"defaultContentLanguage: {main}\n" if main else ""
        write(tmp_path, {"hugo.yaml": f"title: T\nlanguageCode: {code}\n{own}", "content/posts/a.md": POST})
        assert guess_site(tmp_path).language == language


def test_a_site_without_a_title_is_called_like_its_host(tmp_path):
    """Hugo's title may be that of its language, Gatsby's stands before the plugins'; no link to a network is one."""
    config = {"config/_default/hugo.toml": 'baseURL = "https://www.kites.test/"', "content/posts/a.md": POST}
    write(tmp_path / "h", config)
    assert guess_site(tmp_path / "h").title == "kites.test"
    write(tmp_path / "h", {"config/_default/languages.en.toml": 'title = "Kites"'})
    assert guess_site(tmp_path / "h").title == "Kites"
    write(tmp_path / "g", {"gatsby-config.js": "siteMetadata: { title: 'Winds' },\nplugins: [{ title: 'RSS' }]"})
    write(tmp_path / "g", {"src/config.js": "social: [{ name: 'GitHub' }]", "content/posts/a.md": POST})
    assert guess_site(tmp_path / "g").title == "Winds"
    write(tmp_path / "g", {"gatsby-config.js": "siteMetadata: { url: 'https://winds.test' }"})
    assert guess_site(tmp_path / "g").title == "winds.test"


def test_sveltekit_is_known_without_a_file_of_its_own(tmp_path):
    """Its newest versions are set up in Vite's file."""
    write(tmp_path, {"src/routes/+page.svelte": "", "src/routes/blog/[slug]/+page.ts": "", "posts/a.md": POST})
    guess = guess_site(tmp_path)
    assert (guess.generator, guess.permalink, guess.publish_to) == ("SvelteKit", "/blog/{slug}", "static/feeds")


def test_the_list_of_a_folder_is_no_post_of_quartz(tmp_path):
    """A page index.md is that of its folder."""
    write(
        tmp_path, {"quartz.config.ts": "baseUrl: 'q.test'", "content/posts/a.md": POST, "content/posts/index.md": POST}
    )
    settings = make_settings(render_config(guess_site(tmp_path)), root=tmp_path)
    assert [post.permalink for post in ContentFolder(settings).read().posts] == ["https://q.test/posts/a"]


def test_what_quarto_makes_is_no_post(tmp_path):
    """`keep-md` leaves index.html.md beside index.qmd, and what begins with "_" is included elsewhere."""
    write(tmp_path, {"_quarto.yml": "website:\n  site-url: https://a.example\n"})
    write(tmp_path, dict.fromkeys(("blog/a/index.qmd", "blog/a/index.html.md", "blog/a/_b.qmd", "blog/_c/d.qmd"), POST))
    settings = make_settings(render_config(guess_site(tmp_path)), root=tmp_path)
    assert [post.permalink for post in ContentFolder(settings).read().posts] == ["https://a.example/blog/a/"]


def test_gatsby_s_posts_and_a_vault_tell_their_addresses(tmp_path):
    """`path` from the root in front matter; Quartz serves notes where they lie, at its `baseUrl`."""
    write(tmp_path / "g", {"gatsby-config.js": "", "content/posts/a.md": POST.replace("---\n", "---\npath: /x/a\n", 1)})
    write(tmp_path / "g", {"src/config.js": "social: [{ name: 'Codepen', url: 'https://codepen.io/me' }]"})
    assert (guess := guess_site(tmp_path / "g")).fields["permalink"] == "path"
    assert guess.url == "?"  # a profile is nobody's blog
    write(tmp_path / "q", {"quartz.config.ts": 'pageTitle: "Q", baseUrl: "q.example.net"', "content/posts/a.md": POST})
    guess = guess_site(tmp_path / "q")
    assert (guess.generator, guess.url, guess.permalink) == ("Quartz", "https://q.example.net", "/posts/{path}")


def test_middleman_says_where_its_articles_are(tmp_path):
    """`prefix` and `permalink` of its blog, as folders where it is told to make them; an ending .html is no name."""
    config = "activate :blog do |blog|\n  blog.prefix = 'b'\n  blog.permalink = '{year}/{title}.html'\nend\n"
    write(tmp_path, {"config.rb": config, "source/b/2025-01-02-a.html.md": POST})
    assert guess_site(tmp_path).permalink == "/b/{year}/{name}.html"
    write(tmp_path, {"config.rb": f"{config}activate :directory_indexes\n"})
    assert guess_site(tmp_path).permalink == "/b/{year}/{name}/"


# --- `init` counts the posts that will be left out or look different, and says why ---


def test_posts_that_need_a_word_are_counted(tmp_path):
    """JavaScript, dates of files, dates from git with and without a repository, front matter only."""
    write(
        tmp_path,
        {
            "eleventy.config.js": "",
            "posts/a.md": '---js\nconst title = "A";\n---\nText\n',
            "posts/b.md": "---\ntitle: B\ndate: Last Modified\n---\nText\n",
            "posts/c.md": '---\ntitle: C\ndate: "Created"\n---\nText\n',
            "posts/d.md": "---\ntitle: D\ndate: git Created\n---\ndate: Created\n",
        },
    )
    assert guess_site(tmp_path).notes == (
        "1 post in JavaScript, which only Eleventy can run: left out until their front matter is YAML.",
        '2 posts dated by the file, which every copy changes: left out until dated, or with "git Created".',
        "1 post dated by git: but this is not a repository.",
    )
    (tmp_path / ".git").mkdir()
    assert guess_site(tmp_path).notes[2] == "1 post dated by git: run syndicate where the whole repository is."


def test_pictures_without_an_address_are_counted(tmp_path):
    """Relative ones and aliases below src/, plain and nested; those below public/ and elsewhere are no trouble."""
    write(
        tmp_path,
        {
            "astro.config.mjs": "",
            "src/content/blog/a.md": '---\ntitle: A\nheroImage: "../../assets/a.jpg"\n---\n',
            "src/content/blog/b.md": "---\ntitle: B\ncover:\n  src: ./b.jpg\n---\n",
            "src/content/blog/c.md": "---\ntitle: C\nimage: ~/assets/c.jpg\n---\n",
            "src/content/blog/d.md": "---\ntitle: D\nheroImage: /d.jpg\n---\n",
        },
    )
    assert guess_site(tmp_path).notes == (
        "3 posts with a picture below src/: feeds show the share card instead. Below public/ it has an address.",
    )


def test_files_that_only_the_generator_reads_are_counted(tmp_path):
    """They are posts of the blog as well, and none of ours."""
    write(tmp_path, {"pelicanconf.py": "PATH = 'content'", "content/a.md": POST})
    write(tmp_path, {"content/b.rst": "B\n=\n", "content/c/d.rst": "D\n=\n", "content/e.txt": ""})
    assert guess_site(tmp_path).notes == ("2 .rst there: not read, syndicate reads Markdown.",)


def test_a_usual_blog_needs_no_word(tmp_path):
    """Nothing is said where nothing is to be said."""
    write(tmp_path, {"hugo.toml": "", "content/posts/a/index.md": "+++\ntitle = 'A'\nimage = './a.jpg'\n+++\n"})
    assert guess_site(tmp_path).notes == ()
