"""What syndicate.toml asks of networks in vain is told at once: file, line, key, and what may have been meant."""

import gzip
import json
import os
import sqlite3
import subprocess
import sys
from contextlib import closing

import pytest

from syndicate.errors import tell_for_log
from tests.journeys.blog import CONFIG, Blog

HEAD = CONFIG.partition("[accounts.timeline]")[0]
LINE = HEAD.count("\n") + 1


@pytest.mark.parametrize(
    ("written", "said"),
    [
        ("mastadon", 'there is no network "mastadon"; did you mean "mastodon"'),
        ("Twitter", 'there is no network "Twitter"; did you mean "x"?'),
        ("lokal", 'did you mean "local"?'),
        ("carrier pigeon", "known: local, mastodon, bluesky, x, "),
    ],
)
def test_an_unknown_network_names_file_line_key_and_the_nearest(tmp_path, written, said):
    """A typing error in `network` leads straight to its place, whatever command is run."""
    blog = Blog(tmp_path, f'{HEAD}[accounts.main]\nnetwork = "{written}"\n')
    for words in (["plan"], ["publish"], ["doctor"], ["accounts"], ["status"]):
        error = blog.run(*words, code=2).err
        assert error.startswith(f"syndicate: {tmp_path}/syndicate.toml: one thing is wrong\n")
        assert f"  line {LINE + 1}, accounts.main.network: " in error
        assert said in error


@pytest.mark.parametrize(
    ("written", "said"),
    [("[[accounts]]\nname = 'x'\n", "accounts: must be a table: [accounts.NAME]"), ("[[cards]]\n", "table: [cards]")],
)
def test_a_list_of_tables_is_answered_with_the_heading_to_write(tmp_path, written, said):
    """Many other programs name what they hold in lists."""
    assert said in Blog(tmp_path, f"{HEAD.partition('[cards]')[0]}{written}").run("plan", code=2).err


def test_all_mistakes_of_all_accounts_are_told_at_once(tmp_path):
    """Unknown, missing and impossible options, each with its line; keys that every account takes are near ones, too."""
    accounts = (
        '[accounts.one]\nnetwork = "mastodon"\ninstanse = "https://social.example"\n'
        '[accounts.two]\nnetwork = "local"\ntemplte = "short"\nfrequency = 3\n'
        '[accounts.three]\nnetwork = "nowhere"\n'
    )
    error = Blog(tmp_path, HEAD + accounts).run("plan", code=2).err
    assert "5 things are wrong" in error
    assert f"line {LINE}, accounts.one.instance: is missing: " in error
    assert f"line {LINE + 2}, accounts.one.instanse: there is no such key; did you mean instance?" in error
    assert f"line {LINE + 5}, accounts.two.templte: there is no such key; did you mean template?" in error
    assert f"line {LINE + 6}, accounts.two.frequency: there is no such key; " in error
    assert f"line {LINE + 8}, accounts.three.network: " in error


def test_mistakes_of_all_kinds_are_told_together_and_as_json(tmp_path):
    """Unknown networks beside wrong keys and values; a program that asks for JSON gets errors as JSON, too."""
    config = HEAD.replace('title = "Notes"', 'titel = "Notes"') + '[accounts.main]\nnetwork = "mastadon"\n'
    blog = Blog(tmp_path, config)
    said = blog.run("publish", code=2).err
    assert "3 things are wrong" in said
    assert 'there is no network "mastadon"; did you mean "mastodon"?' in said
    error = json.loads(blog.run("publish", "--json", code=2).err)
    assert (error["kind"], error["code"], error["where"]) == ("ConfigError", 2, f"{tmp_path}/syndicate.toml")
    assert "site.titel" in error["error"]
    right = Blog(tmp_path)
    right.write("slug")
    assert json.loads(right.run("why", "slog", "--json", code=2).err)["hint"] == 'did you mean "slug"?'
    assert json.loads(right.run("--json", "wy", code=2).err)["kind"]


def test_one_count_of_problems(tmp_path):
    """`publish`, `doctor`, `status` and the dashboard name the same, each once, many of a kind as one line."""
    blog = Blog(tmp_path)
    for number in range(5):
        blog.write(f"post{number}", lang=f"not a language {number}")
    blog.write("twin", permalink="/blog/post0/")
    (tmp_path / "templates" / "messages").mkdir(parents=True)
    (tmp_path / "templates" / "messages" / "local.txt").write_text("{{ nonsense }")
    published = blog.run("publish", code=1).err.splitlines()
    template = "templates/messages/local.txt or default.txt"
    *problems, doubt = published
    assert [line.partition(":")[0] for line in problems] == ["twin.md", "5 files", template]
    assert "first in post" in problems[1]
    assert "is an example and nobody's site" in doubt
    found = blog.run("--json", "doctor", code=1).json
    assert sum(one["level"] == "problem" for one in found) == 7
    assert blog.run("doctor", code=1).out.count("is not a language tag") == 1
    status = blog.run("--json", "status").json
    assert (status["problems"], status["doubts"]) == (7, [doubt.removeprefix("! ")])


def test_a_log_that_cannot_be_unpacked_is_told(tmp_path):
    """One that is cut short; a line without end is no request, and costs no memory."""
    blog, whole = Blog(tmp_path), gzip.compress(os.urandom(9_000))
    (tmp_path / "log.gz").write_bytes(whole[:4_000])
    assert "log.gz: is damaged, or cut short" in blog.run("stats", str(tmp_path / "log.gz"), code=2).err
    (tmp_path / "log.gz").write_bytes(gzip.compress(bytes(350_000)))
    assert "in 4 lines (4 of them unreadable)" in blog.run("stats", str(tmp_path / "log.gz")).out


@pytest.mark.parametrize(
    "foreign",
    [
        "CREATE TRIGGER t AFTER INSERT ON posts BEGIN SELECT 1; END",
        "CREATE VIEW v AS SELECT 1",
        "UPDATE alembic_version SET version_num = x'00ff'",
    ],
)
def test_a_backup_that_a_stranger_wrote_is_refused(tmp_path, foreign):
    """Triggers and views, which act by themselves, and a version that is none never get into the state."""
    blog = Blog(tmp_path)
    blog.run("publish")
    blog.run("backup", str(tmp_path / "copy.db"))
    with closing(sqlite3.connect(tmp_path / "copy.db")) as connection, connection:
        connection.execute(foreign)
    assert "is not a backup of a state" in blog.run("restore", str(tmp_path / "copy.db"), code=2).err


def test_nothing_leaves_for_a_network_while_the_address_is_an_example(tmp_path):
    """Whoever only looks is warned; what publishes or sends is refused, with the place and what to write there."""
    blog = Blog(tmp_path, HEAD + '[accounts.main]\nnetwork = "mastodon"\ninstance = "https://social.example"\n')
    blog.write("hello")
    for words in (["publish"], ["once"], ["run"], ["post", "hello"]):
        error = blog.run(*words, code=2).err
        assert "[site] url: https://notes.example is an example (write where your pages live" in error
    assert not blog.feeds.exists()
    blog.run("plan")
    Blog(tmp_path, HEAD + '[accounts.main]\nnetwork = "local"\n').run("publish")


NO_LIBRARY = "libsqlite3.so.0: failed to map segment from shared object"
SHORT = "there is not enough memory (close other programs, or give the machine more memory)"


@pytest.mark.parametrize(
    "error",
    [MemoryError(), ImportError(NO_LIBRARY), RuntimeError("can't start new thread")],
    ids=lambda one: type(one).__name__,
)
def test_too_little_memory_is_a_sentence(error):
    """Nobody is helped by the place where it ran out."""
    assert tell_for_log(error) == SHORT


@pytest.mark.parametrize("library", ["typer", "sqlalchemy"])
def test_a_command_that_cannot_be_loaded_for_want_of_memory_says_so_in_one_sentence(tmp_path, library):
    """Before the command line is there, and after."""
    poor = f"""
import sys
from syndicate.cli import main
class Poor:
    def find_spec(name, *_):
        if name == {library!r}: raise ImportError({NO_LIBRARY!r})
sys.meta_path.insert(0, Poor)
sys.argv[1:] = ["status"]
main()
"""
    Blog(tmp_path, HEAD).write("hello")
    done = subprocess.run([sys.executable, "-c", poor], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.startswith("syndicate: ")
    assert done.stderr.endswith("(close other programs, or give the machine more memory)\n")
    assert done.stderr.count("\n") == 1
