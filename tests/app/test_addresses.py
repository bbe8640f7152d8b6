"""`init` learns addresses from the built site and tells how many fit; `doctor` compares; a question stops `publish`."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from syndicate.cli.root import call

DAYS = {"alpha": "2025-01-02", "beta": "2025-03-04", "gamma": "2024-05-06"}


def write(root: Path, files: dict[str, str]) -> None:
    for name, text in files.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text, encoding="utf-8")


def build(root: Path, pattern: str, files: dict[str, str] | None = None) -> None:
    """A folder that no generator is recognised in, with its built site; the last post is not built yet."""
    site = "https://notes.example"
    write(root, {"dist/index.html": f'<link rel="canonical" href="{site}/"><title>Notes</title>'} | (files or {}))
    for name, day in DAYS.items():
        year, month, _ = day.split("-")
        path = pattern.format(year=year, month=month, slug=name)
        write(root, {f"writing/{name}.md": f"---\ntitle: The {name}\ndate: {day}\n---\nText\n"})
        write(root, {f"dist{path}index.html": f'<link href="{site}{path}" rel="canonical"><h1>The {name}</h1>'})
    write(root, {"writing/delta.md": "---\ntitle: The delta\ndate: 2025-06-07\n---\nText\n"})


@pytest.mark.parametrize("pattern", ["/log/{year}/{month}/{slug}/", "/{slug}/", "/a/b/{slug}/"])
def test_init_learns_address_and_pattern_from_the_built_site(
    tmp_path: Path, pattern: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """Nothing else tells them; the post that is not built yet follows the same pattern."""
    build(tmp_path, pattern)
    assert call(["--json", "init", str(tmp_path)]) == 0
    told = json.loads(capsys.readouterr().out)
    assert (told["guess"]["url"], told["guess"]["permalink"]) == ("https://notes.example", pattern)
    assert (told["fit"]["fits"], told["fit"]["of"], told["fit"]["where"]) == (3, 3, "dist/")
    assert call(["--config", str(tmp_path), "publish"]) == 0
    posts = json.loads((tmp_path / "feeds/syndication.json").read_text()).values()
    wanted = [*DAYS.items(), ("delta", "2025-06-07")]
    made = [pattern.format(year=day[:4], month=day[5:7], slug=name) for name, day in wanted]
    assert {post["permalink"] for post in posts} == {f"https://notes.example{path}" for path in made}


def test_doctor_says_how_many_addresses_are_as_the_site_serves_them(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The one that differs is told with both addresses, and the served one is published."""
    build(tmp_path, "/{slug}/")
    assert call(["-q", "init", str(tmp_path)]) == 0
    (tmp_path / "dist/beta").rename(tmp_path / "dist/moved")
    write(tmp_path, {"dist/moved/index.html": "<h1>The beta</h1>"})
    call(["--config", str(tmp_path), "doctor"])
    said = " ".join(capsys.readouterr().out.split())
    assert "2 of 3 addresses as your site serves them; these 1 differ" in said
    assert "https://notes.example/beta/ by permalink, https://notes.example/moved/ as served" in said
    assert call(["--config", str(tmp_path), "publish"]) == 0
    assert "https://notes.example/moved/" in (tmp_path / "feeds/rss.xml").read_text()


def test_what_nothing_tells_is_a_question_and_stops_every_publication(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Both lines are named at once, and nothing is written."""
    write(tmp_path, {"writing/a.md": "---\ntitle: A\ndate: 2025-01-02\n---\nText\n"})
    assert call(["init", str(tmp_path)]) == 0
    assert call(["--config", str(tmp_path), "publish"]) == 2
    said = capsys.readouterr().err
    assert "site.url: is a question yet" in said
    assert "site.permalink: is a question yet" in said
    assert not (tmp_path / "feeds").exists()


def test_init_names_what_it_left_out(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The posts are read as `publish` will read them."""
    write(tmp_path, {"writing/a.md": "---\ntitle: A\n---\n", "writing/b.md": "---\nlang: de\n---\nText\n"})
    assert call(["init", str(tmp_path)]) == 0
    said = capsys.readouterr().out
    assert "1 post in writing/" in said
    assert "left out: b.md" in said


def test_a_generator_is_asked_only_where_a_person_says_so(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Where there is none to ask, that is said; `publish` knows no such option."""
    write(tmp_path, {"writing/a.md": "---\ntitle: A\ndate: 2025-01-02\n---\nText\n"})
    assert call(["init", str(tmp_path), "--ask-generator"]) == 2
    assert "no generator here lists its addresses" in capsys.readouterr().err
    assert call(["publish", "--ask-generator"]) == 2


@pytest.mark.parametrize("start", ["", "https://notes.test", "http://notes.test"])
def test_init_learns_the_pattern_from_links_between_posts(
    tmp_path: Path, start: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """Without a rule or a built site; whole addresses tell the host as well, and one link alone tells nothing."""
    for name, day in DAYS.items():
        links = " ".join(f"[x]({start}/log/{DAYS[other][:4]}/{other}/)" for other in DAYS if other != name)
        text = f"[code](https://code.example/{name}/src) {links}"
        write(tmp_path, {f"writing/{name}.md": f"---\ntitle: The {name}\ndate: {day}\n---\n{text}\n"})
    call(["--json", "init", str(tmp_path), "--dry-run"])
    guess = json.loads(capsys.readouterr().out)["guess"]
    assert (guess["url"], guess["permalink"]) == (start or "?", "/log/{year}/{slug}/")


def test_a_pattern_that_makes_every_link_wins_over_a_route_that_makes_some(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """[slug] may be the whole name of a file, with its date; only links tell."""
    names = [f"2025-01-0{day}-part-{day}" if day % 2 else f"part-{day}" for day in range(1, 8)]
    for name in names:
        links = " ".join(f"[x](/blog/{other})" for other in names if other != name)
        write(tmp_path, {f"content/blog/{name}.md": f"---\ntitle: About {name[-1]}\ndate: 2025-01-02\n---\n{links}\n"})
    write(tmp_path, {"next.config.js": "", "app/blog/[slug]/page.tsx": 'baseUrl = "https://notes.example"'})
    call(["--json", "init", str(tmp_path), "--dry-run"])
    assert json.loads(capsys.readouterr().out)["guess"]["permalink"] == "/blog/{path}"
