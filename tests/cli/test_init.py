"""`init` says what it guessed from what, and touches nothing but syndicate.toml."""

import io
import re
from contextlib import redirect_stderr, redirect_stdout
from pathlib import Path

import pytest

from syndicate.cli.root import call


def run(*words):
    out, err = io.StringIO(), io.StringIO()
    with redirect_stdout(out), redirect_stderr(err):
        code = call(words)
    return code, out.getvalue(), err.getvalue()


@pytest.fixture
def hugo(tmp_path):
    (tmp_path / "content" / "posts").mkdir(parents=True)
    (tmp_path / "hugo.toml").write_text('title = "Dunes"\nbaseURL = "https://dunes.example/"\n')
    (tmp_path / "content" / "posts" / "one.md").write_text("---\ntitle: One\n---\nText\n")
    return tmp_path


def test_a_guess_shows_each_value_with_its_source(hugo):
    """What was found, what was not, and the next steps."""
    code, out, _ = run("init", str(hugo))
    assert code == 0
    assert out.startswith("This looks like Hugo: 1 post in content/posts/.\n")
    assert re.search(r"^  title +Dunes +from hugo.toml$", out, re.MULTILINE)
    assert re.search(r"^  timezone +not found +please fill it in$", out, re.MULTILINE)
    assert "\nThe first `publish` announces no post that is public by then; posts that come after it go out.\n" in out
    assert "syndicate doctor" in out
    assert {path.name for path in hugo.iterdir()} == {"content", "hugo.toml", "syndicate.toml"}


def test_an_address_that_cannot_be_it_is_shown_once_beside_the_question(hugo):
    """A bare host in the generator's settings is neither taken nor called "not found"."""
    (hugo / "hugo.toml").write_text('title = "Dunes"\nbaseURL = "dunes.example"\n')
    _, out, _ = run("init", str(hugo))
    lines = [line.split() for line in out.splitlines() if line.startswith("  url ")]
    assert [line[:6] for line in lines] == [["url", "dunes.example", "hugo.toml", "says", "so,", "which"]]


def test_a_dry_run_shows_the_file_and_writes_nothing(hugo, tmp_path_factory):
    """Neither into a blog nor into an empty folder."""
    _, out, _ = run("init", str(hugo), "--dry-run")
    assert 'publish_to = "static/feeds"' in out
    assert not (hugo / "syndicate.toml").exists()
    empty = tmp_path_factory.mktemp("empty")
    _, out, _ = run("init", str(empty), "--dry-run")
    assert "  content/posts/a-garden-that-waters-itself.md\n" in out
    assert list(empty.iterdir()) == []


def test_a_second_init_is_refused(hugo):
    """A configuration that somebody corrected is never written over."""
    run("init", str(hugo))
    before = (hugo / "syndicate.toml").read_bytes()
    code, _, err = run("init", str(hugo))
    assert (code, "is there already" in err) == (2, True)
    assert (hugo / "syndicate.toml").read_bytes() == before


@pytest.mark.parametrize(
    ("make", "said"),
    [
        (lambda folder: (folder / "site").write_text("x"), "is a file"),
        (lambda folder: ((folder / "site").mkdir(), (folder / "site" / "song.mp3").touch()), "holds no Markdown posts"),
    ],
)
def test_a_place_that_holds_no_blog_is_refused(tmp_path, make, said):
    """A file, or a folder of other things."""
    make(tmp_path)
    code, _, err = run("init", str(tmp_path / "site"))
    assert code == 2
    assert said in err


@pytest.mark.slow
def test_state_and_secrets_stay_out_of_repositories(hugo):
    """Git ignores the folder that syndicate makes."""
    run("init", str(hugo))
    run("publish", "--config", str(hugo))
    assert Path(hugo, ".syndicate", ".gitignore").read_text() == "*\n"
