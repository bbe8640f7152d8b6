"""Real generators build the sample blogs: the guessed addresses are theirs, and our snippets bring the tags in."""

import json
import re
import subprocess
from pathlib import Path
from urllib.parse import unquote

import pytest

from syndicate.cli.root import call

PAGE = (Path(__file__).parents[2] / "docs" / "posts.md").read_text(encoding="utf-8")
BODY = "Words about it.\n\n![A hill](/images/hill.png)\n"

HUGO = {
    "hugo.toml": 'title = "Dunes"\nbaseURL = "https://dunes.example/"\ntimeZone = "Europe/Amsterdam"\n'
    'disableKinds = ["taxonomy"]\n[permalinks.page]\nposts = "/:year/:month/:slug/"\n',
    "content/posts/_index.md": "---\ntitle: Posts\n---\n",
    "content/posts/first-walk.md": f'+++\ntitle = "First walk"\ndate = 2025-03-01T00:30:00+01:00\n+++\n{BODY}',
    "content/posts/Second Walk.md": f"---\ntitle: Second walk\ndate: 2025-04-02\n---\n{BODY}",
    "content/posts/third/index.md": f"---\ntitle: Third walk\ndate: 2025-05-03\nslug: round-the-lake\n---\n{BODY}",
    "content/posts/draft.md": f"---\ntitle: Draft\ndate: 2025-05-04\ndraft: true\n---\n{BODY}",
    "layouts/index.html": "front",
    "layouts/_default/list.html": "list",
}
JEKYLL = {
    "_config.yml": "title: Reeds\nurl: https://reeds.example\ntimezone: America/New_York\nexclude: [syndicate.toml]\n",
    "_posts/2025-03-01-first-walk.md": f"---\nlayout: post\ntitle: First walk\ncategories: slow walks\n---\n{BODY}",
    "_posts/2025-04-02-second.markdown": f"---\nlayout: post\ntitle: 2nd\ndate: 2025-04-02 23:30 -0400\n---\n{BODY}",
    "_posts/2025-05-03-third.md": f"---\nlayout: post\ntitle: Third\ncategories: [Long Walks]\n---\n{BODY}",
}

# No permalinks here: pages lie where their files do. A title of its own per post, so that no two rules agree by chance.
HUGO_FOLDERS = {
    "hugo.toml": 'title = "Dunes"\nbaseURL = "https://dunes.example/sub/"\ndisableKinds = ["taxonomy"]\n',
    "content/posts/2024/plain.md": f"---\ntitle: One\ndate: 2024-03-01\n---\n{BODY}",
    "content/posts/2024/Deep Folder/My Post.md": f"---\ntitle: Two\ndate: 2024-03-02\n---\n{BODY}",
    "content/posts/2024/bundle/index.md": f"---\ntitle: Three\ndate: 2024-03-03\n---\n{BODY}",
    "content/posts/2024/slugged.md": f"---\ntitle: Four\ndate: 2024-03-04\nslug: another-name\n---\n{BODY}",
    "content/posts/2024/named/index.md": f"---\ntitle: Five\ndate: 2024-03-05\nslug: called-so\n---\n{BODY}",
    "content/posts/moved.md": f"---\ntitle: Six\ndate: 2024-03-06\nurl: /Elsewhere/page\n---\n{BODY}",
    "content/posts/file.md": f"---\ntitle: Seven\ndate: 2024-03-07\nurl: old/page.html\n---\n{BODY}",
    "layouts/index.html": "front",
    "layouts/_default/list.html": "list",
}
# Addresses of titles, which file names do not tell.
HUGO_TITLES = {
    "hugo.toml": 'title = "Dunes"\nbaseURL = "https://dunes.example/"\ndisableKinds = ["taxonomy"]\n'
    '[permalinks]\nposts = "/:sections/:slug/"\n',
    "content/posts/a.md": f'---\ntitle: "It\'s here: C++ & Rust?"\ndate: 2024-03-01\n---\n{BODY}',
    "content/posts/b.md": f'---\ntitle: "Café – 50% (v1.2)"\ndate: 2024-03-02\n---\n{BODY}',
    "content/posts/c.md": f"---\ntitle: Other\ndate: 2024-03-03\nslug: called-so\n---\n{BODY}",
    "layouts/index.html": "front",
    "layouts/_default/list.html": "list",
}


def take_snippet(language: str) -> str:
    """The block of that language in docs/posts.md."""
    found = re.search(rf"```{language}\n(.*?)```", PAGE, re.DOTALL)
    assert found
    return found[1]


def begin(folder: Path, files: dict[str, str]) -> None:
    """Write a blog, and let syndicate guess and publish."""
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    assert call(["init", str(folder)]) == 0
    assert call(["publish", "--config", str(folder)]) == 0


def assert_pages_have_their_cards(feeds: Path, built: Path, site: str) -> None:
    """For each post, the page that the generator built at its permalink names the card."""
    posts = json.loads((feeds / "syndication.json").read_text(encoding="utf-8")).values()
    assert len(posts) == 3
    for post in posts:
        path = built / unquote(post["permalink"].removeprefix(f"{site}/"))
        page = (path / "index.html" if path.is_dir() else path).read_text(encoding="utf-8")
        assert post["card"]["url"] in page


@pytest.mark.e2e
def test_hugo_builds_each_page_where_it_was_guessed_with_its_tags(tmp_path):
    """Permalink patterns, bundles, declared slugs and capital letters; a draft without tags stops nothing."""
    begin(tmp_path, HUGO | {"layouts/_default/single.html": f"<head>{take_snippet('go-html-template')}</head>"})
    subprocess.run(["hugo", "--quiet", "--buildDrafts"], cwd=tmp_path, check=True, timeout=60)
    assert_pages_have_their_cards(tmp_path / "static/feeds", tmp_path / "public", "https://dunes.example")
    assert (tmp_path / "public/feeds/rss.xml").is_file()


@pytest.mark.e2e
@pytest.mark.parametrize(
    ("blog", "site", "number"),
    [(HUGO_FOLDERS, "https://dunes.example/sub", 7), (HUGO_TITLES, "https://dunes.example", 3)],
    ids=["folders", "titles"],
)
def test_hugo_pages_in_folders_and_by_title_are_where_they_were_guessed(tmp_path, blog, site, number):
    """Folders, bundles, `slug:` and `url:` without [permalinks]; titles with signs where it goes by titles."""
    page = "<head>{{ .Permalink }}</head>"
    begin(tmp_path, blog | {"layouts/_default/single.html": page})
    subprocess.run(["hugo", "--quiet"], cwd=tmp_path, check=True, timeout=60)
    posts = json.loads((tmp_path / "static/feeds/syndication.json").read_text(encoding="utf-8")).values()
    assert len(posts) == number
    for post in posts:
        path = tmp_path / "public" / unquote(post["permalink"].removeprefix(f"{site}/"))
        built = (path / "index.html" if path.is_dir() else path).read_text(encoding="utf-8")
        assert post["permalink"] in built


@pytest.mark.e2e
def test_jekyll_builds_each_page_where_it_was_guessed_with_its_tags(tmp_path):
    """Categories in the address (two, none, one with a space) and days in the blog's own zone."""
    begin(tmp_path, JEKYLL | {"_layouts/post.html": f"<head>{take_snippet('liquid')}</head>"})
    for link in re.findall(r"`(mkdir -p _data.*?)`", PAGE):
        subprocess.run(["sh", "-c", link], cwd=tmp_path, check=True, timeout=10)
    subprocess.run(["jekyll", "build", "--quiet"], cwd=tmp_path, check=True, timeout=60)
    assert_pages_have_their_cards(tmp_path / "feeds", tmp_path / "_site", "https://reeds.example")
    assert (tmp_path / "_site/feeds/rss.xml").is_file()
