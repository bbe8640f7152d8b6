"""A publication or status without news is answered at a glance; whatever is news is left to the whole program."""

from __future__ import annotations

import sqlite3
import subprocess
import sys
from collections.abc import Callable
from contextlib import closing, nullcontext
from pathlib import Path

import pytest

from syndicate.cli.answers import answer
from syndicate.store.file import lock_states
from tests.journeys.blog import CONFIG, TRIAL, Blog

HEAVY = {"alembic", "cryptography", "httpx", "jinja2", "keyring", "PIL", "pydantic", "rich", "sqlalchemy", "typer"}
HEAVY |= {"feedgen", "frontmatter", "lxml", "uharfbuzz", "yaml"}  # what reads posts, renders feeds and draws
HEAVY |= {f"syndicate.{room}" for room in ("content.reading", "deliver", "publish.drawing", "publish.publish")}
LOADED = f"""
import sys
from syndicate.cli import main
sys.argv[0] = "syndicate"
try:
    main()
finally:
    print(sorted({HEAVY!r} & set(sys.modules)))
"""


@pytest.fixture
def published(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Blog:
    """A blog with a post and a broken one, published; a person stands in its folder."""
    blog = Blog(tmp_path / "blog")
    blog.write("fine")
    (blog.posts / "broken.md").write_text("---\ntitle: [\n---\n")
    blog.run("publish", code=1)
    monkeypatch.chdir(blog.root)
    return blog


def test_it_says_what_the_whole_program_says(published, capsys):
    """Word for word, with the problems that are still there and the exit code that stands for them."""
    whole = published.run("publish", code=1)
    assert answer(["publish"]) == 1
    said = capsys.readouterr()
    assert (said.out, said.err) == (whole.out, whole.err)
    assert "broken.md" in said.err


def test_it_loads_nothing_heavy(published):
    """Neither what reads command lines and configurations nor what opens a database or a connection."""
    assert load(published, "publish") == (1, ["No file changed.", "[]"])


def load(blog: Blog, *command: str) -> tuple[int, list[str]]:
    """The exit code of a process of its own, and its lines; the last one names what it loaded of the heavy."""
    words = [sys.executable, "-c", LOADED, *command]
    ran = subprocess.run(words, cwd=blog.root, capture_output=True, text=True, check=False)
    return ran.returncode, ran.stdout.splitlines()


def damage(path: Path) -> None:
    path.write_bytes(b"rubbish" * 400)


CHANGES: dict[str, Callable[[Path], object]] = {
    "a post": lambda root: (root / "content/posts/fine.md").write_text(
        "---\ntitle: New\ndate: 2026-01-02\n---\nNew.\n"
    ),
    "another post": lambda root: (root / "content/posts/more.md").write_text("---\ntitle: More\n---\nMore.\n"),
    "the settings": lambda root: (root / "syndicate.toml").write_text(f"{CONFIG}# a remark\n"),
    "a template": lambda root: _write(root / "templates/messages/default.txt", "{{ title }}"),
    "a feed that went": lambda root: (root / "feeds/rss.xml").unlink(),
    "a lost cache": lambda root: (root / ".syndicate/cache.db").unlink(),
    "a memory of another program": lambda root: (root / ".syndicate/settings.json").write_text('{"version": "0"}'),
    "a damaged memory": lambda root: damage(root / ".syndicate/settings.json"),
    "a damaged state": lambda root: damage(root / ".syndicate/state.db"),
}


def _write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True)
    path.write_text(text)


def test_a_change_is_left_to_the_whole_program(published, capsys):
    """Nothing is said before that; what it has published is told at a glance again."""
    for name, change in CHANGES.items():
        assert answer(["publish"]) == 1, name
        capsys.readouterr()
        change(published.root)
        assert answer(["publish"]) is None, name
        assert capsys.readouterr() == ("", ""), name
        if name != "a damaged state":
            published.run("publish", code=1)
    (published.root / ".syndicate/state.db").unlink()
    assert answer(["publish"]) is None


def test_so_is_a_secret_that_everybody_could_read(published, monkeypatch):
    """A file of secrets in the published folder is refused, though no file of the site changed."""
    monkeypatch.setenv("SYNDICATE_MASTODON_TOKEN_FILE", str(published.root / "feeds/token"))
    assert answer(["publish"]) is None


@pytest.fixture
def quiet(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Blog:
    """A blog whose account was taken away after it had sent something, published; a person stands in its folder."""
    blog = Blog(tmp_path / "blog")
    blog.write("fine")
    blog.run("once")
    (blog.root / "syndicate.toml").write_text(CONFIG.partition("[accounts")[0])
    blog.run("publish")
    monkeypatch.chdir(blog.root)
    return blog


def test_a_status_says_what_the_whole_program_says(quiet, capsys):
    """Word for word, also that a daemon runs."""
    for holding in (nullcontext(), lock_states(quiet.root / ".syndicate/state.db")):
        with holding:
            whole = quiet.run("status")
            assert answer(["status"]) == 0
        said = capsys.readouterr()
        assert (said.out, said.err) == (whole.out, whole.err)
    assert "daemon running" in said.out


TROUBLES = {
    "a message that waits": ("UPDATE deliveries SET state = 'held'", "UPDATE deliveries SET state = 'sent'"),
    "a message that cannot be read": ("UPDATE deliveries SET due_at = 'never'", "UPDATE deliveries SET due_at = 1"),
    "a paused account": ("UPDATE accounts SET paused_at = 1", "UPDATE accounts SET paused_at = NULL"),
}


def change(root: Path, query: str) -> None:
    with closing(sqlite3.connect(root / ".syndicate/state.db")) as connection, connection:
        connection.execute(query)


def test_a_status_with_news_is_left_to_the_whole_program(quiet, capsys):
    """A message, an account, a row that was damaged since somebody looked at all of them, a post, the state itself."""
    for name, (trouble, end) in TROUBLES.items():
        change(quiet.root, trouble)
        assert answer(["status"]) is None, name
        assert capsys.readouterr() == ("", ""), name
        change(quiet.root, end)
        quiet.run("status")
        assert answer(["status"]) == 0, name
        capsys.readouterr()
    quiet.write("another")
    assert answer(["status"]) is None
    quiet.run("publish")
    assert answer(["status"]) == 0
    (quiet.root / ".syndicate/state.db").unlink()
    assert answer(["status"]) is None


ACCOUNTS = """
[accounts.town]
network = "mastodon"
instance = "https://social.example"
[accounts.hook]
network = "webhook"
url = "https://hook.example/in"
[accounts.later]
network = "bluesky"
handle = "ada.example"
enabled = false
"""
SECRETS = {"SYNDICATE_TOWN_ACCESS_TOKEN": "token", "SYNDICATE_HOOK_SECRET": "whsec_c2VjcmV0c2VjcmV0c2VjcmV0c2VjcmV0"}


@pytest.fixture
def calm(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Blog:
    """A blog with accounts, of which one has spoken, and nothing waits; the environment has the secrets."""
    blog = Blog(tmp_path / "blog", TRIAL)
    blog.write("fine")
    blog.run("once")
    (blog.root / "syndicate.toml").write_text(TRIAL + ACCOUNTS)
    for name, secret in SECRETS.items():
        monkeypatch.setenv(name, secret)
    blog.run("publish")
    monkeypatch.chdir(blog.root)
    return blog


def test_a_status_with_accounts_says_what_the_whole_program_says(calm, monkeypatch, capsys):
    """Word for word: where all could send, where a secret is missing, or its file cannot be read."""
    troubles = {"": "", "TOWN_ACCESS_TOKEN": "", "HOOK_SECRET": "", "TOWN_ACCESS_TOKEN_FILE": "gone"}
    for variable, secret in troubles.items():
        if variable:
            monkeypatch.setenv(f"SYNDICATE_{variable}", secret)
        whole = calm.run("status", code=int(bool(variable)))
        assert answer(["status"]) == whole.code, variable
        said = capsys.readouterr()
        assert (said.out, said.err) == (whole.out, whole.err), variable
    assert "town, no credentials: the file it names cannot be read" in said.err
    assert "hook, no credentials: the secret is missing" in said.err


def test_it_loads_nothing_heavy_either(calm):
    """Of accounts only their networks' own code: no client, no keyring where the environment has all secrets."""
    code, lines = load(calm, "status")
    assert (code, lines[0], lines[-1]) == (0, "Notes: 1 post, no problems", "[]")
    assert load(calm, "queue")[1][-1] == "['pydantic', 'sqlalchemy', 'typer']"


def test_what_waits_is_told_without_what_publishes_or_draws(calm):
    """`status`, `plan`, `why` and `queue` with a message that waits, a paused account, one that follows edits."""
    disturb(calm)
    calm.run("status", code=1)
    assert load(calm, "status")[1][-1] == "['jinja2']"  # an edit is compared with what it would say
    assert load(calm, "plan")[1][-1] == "['jinja2']"
    assert load(calm, "why", "more")[1][-1] == "['jinja2']"
    assert load(calm, "queue")[1][-1] == "['pydantic', 'sqlalchemy', 'typer']"


def disturb(blog: Blog) -> None:
    """A message that waits, a paused account, one that follows edits; published."""
    follows = ACCOUNTS.replace('network = "mastodon"', 'network = "mastodon"\non_edit = "edit"')
    (blog.root / "syndicate.toml").write_text(TRIAL + follows)
    blog.write("more", date="2026-02-01T09:00:00Z")
    blog.run("publish")
    change(blog.root, "UPDATE accounts SET paused_at = 1, pause_reason = 'no' WHERE name = 'town'")
    change(
        blog.root, "UPDATE deliveries SET state = 'held', reason = 'turned_up' WHERE slug = 'more' AND account = 'hook'"
    )


def test_what_waits_is_told_as_the_whole_program_tells_it(calm, capsys):
    """Word for word, with the exit code: every way to ask for what waits, and for the posts."""
    disturb(calm)
    asked = [["status"], ["plan"], ["plan", "--all", "--check"], ["why", "more"], ["why", "fine"]]
    for words in asked:
        whole = calm.run(*words, code=int(words == ["status"]))
        assert answer(words) == whole.code, words
        said = capsys.readouterr()
        assert (said.out, said.err) == (whole.out, whole.err), words
    assert answer(["why", "nobody"]) is None


def test_a_status_of_accounts_with_news_is_left_to_the_whole_program(calm, capsys):
    """A published copy that the state may not know, a post that was edited, a state that changed since."""
    assert answer(["status"]) == 0
    capsys.readouterr()
    (calm.feeds / "syndication.json").write_bytes((calm.feeds / "syndication.json").read_bytes() + b"\n")
    assert [answer([word]) for word in ("status", "plan")] == [None, None]
    calm.run("publish")
    calm.write("fine", body="Other words.")
    assert [answer(words) for words in (["status"], ["plan"], ["why", "fine"])] == [None, None, None]
    assert capsys.readouterr() == ("", "")


@pytest.mark.parametrize(
    "words",
    [
        ["publish", "--json"],
        ["status", "--json"],
        ["publish", "-q"],
        ["-c", "x", "publish"],
        ["plan", "--json"],
        ["queue"],
        ["why"],
        [],
    ],
)
def test_so_is_every_other_command(words):
    """With further options, another configuration, another name."""
    assert answer(words) is None
