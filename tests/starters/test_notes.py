"""`init` counts the posts that will be left out or look different, and says why."""

from syndicate.starters import guess_site
from tests.starters.test_guess import write


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


def test_a_usual_blog_needs_no_word(tmp_path):
    """Nothing is said where nothing is to be said."""
    write(tmp_path, {"hugo.toml": "", "content/posts/a/index.md": "+++\ntitle = 'A'\nimage = './a.jpg'\n+++\n"})
    assert guess_site(tmp_path).notes == ()
