"""What a person types: global options anywhere, and a plain sentence for what does not fit."""

import io
import json
import os
import pty
import socket
import subprocess
import sys
from contextlib import redirect_stderr, redirect_stdout
from pathlib import Path

import pytest
from rich.cells import cell_len

from syndicate.cli.root import call, complete_account, complete_slug
from syndicate.cli.terminal import put_globals_first
from tests.journeys.blog import Blog


@pytest.fixture(scope="module")
def blog(tmp_path_factory):
    """A published blog with a post from before, and one that waits."""
    blog = Blog(tmp_path_factory.mktemp("blog"))
    blog.write("old")
    blog.run("publish")
    blog.write("fresh")
    blog.run("publish")
    return blog


@pytest.mark.parametrize(
    ("typed", "understood"),
    [
        ("plan --json", "--json plan"),
        ("-q publish", "-q publish"),
        ("queue hold 3 -c a.toml", "-c a.toml queue hold 3"),
        ("queue hold 3 --config=a.toml -vv", "--config=a.toml -vv queue hold 3"),
        ("post x --text --json", "post x --text --json"),
        ("cards -- --json", "cards -- --json"),
        ("plan --config", "--config plan"),
    ],
)
def test_global_options_may_stand_anywhere(typed, understood):
    """Except where they are somebody's text."""
    assert put_globals_first(typed.split()) == understood.split()


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ("pln", "no such command 'pln'; did you mean plan?"),
        ("plan --chek", "no such option: --chek; did you mean --check"),
        ("post", "missing argument 'SLUG'"),
        ("publish --only feed", "'feed' is not one of 'feeds', 'cards'"),
        ("serve --port abc", "'--port': not a whole number"),
        ("serve --port 70000", "must be 65535 or less"),
        ("queue hold seven", "'ID': not a whole number"),
        ("settle 1 --sent here", '"here" is not an address'),
        ("queue move 1 --to someday", 'syndicate: "someday" is not a time'),
        ("queue hold 999", "there is no delivery 999"),
        ("queue --account timelin", 'there is no account "timelin" in syndicate.toml (known: timeline)'),
        ("queue --slug frsh", 'no post has the slug "frsh"'),
        ("queue release --all --slug frsh", 'no post has the slug "frsh" (did you mean "fresh"?)'),
        ("queue skip 2", "delivery 2 is planned: there is nothing to skip; cancel it"),
        ("queue retry 1", "delivery 1 is skipped: there is nothing to retry; release it"),
        ("why zebra", 'no post has the slug "zebra" (such as '),
        ("same fresh fresh", '"fresh" is one post'),
        ("post frsh", 'did you mean "fresh"?'),
        ("post fresh --to timelin", "did you mean timeline?"),
        ("post fresh --at someday", '"someday" is not a time'),
        ("queue move 1 --to 2020-01-01", "lies in the past"),
        ("settle 1", "say either --sent URL or --not-sent"),
        ("login timeline", "Local timeline needs no login"),
        ("stats nowhere.log", "nowhere.log: cannot be read: No such file or directory"),
        ("worker", "many machines need PostgreSQL"),
    ],
)
def test_misuse_is_told_in_a_sentence_and_ends_with_two(blog, typed, said):
    """What was wrong and what to write, on standard error, with nothing on standard output."""
    ran = blog.run(*typed.split(), code=2)
    assert said in ran.err
    assert (ran.out, ran.err.count("\n")) == ("", 1)


@pytest.mark.parametrize(
    "typed",
    [
        "publish", "plan", "plan --all", "doctor", "status", "queue", "queue --all", "queue hold 2", "queue release 2",
        "queue edit 2 --text Hello", "queue move 2 --to tomorrow", "why fresh", "accounts", "accounts --online",
        "adopt timeline", "cards", "cards --check", "cards --sheet sheet.html", "amend", "amend --dry-run",
        "post fresh --dry-run", "schema", "stats empty.log",
    ],
)  # fmt: skip
def test_json_is_all_that_a_command_prints(blog, monkeypatch, typed):
    """One JSON document on standard output, nothing on standard error."""
    monkeypatch.chdir(blog.root)
    (blog.root / "empty.log").touch()
    out, err = io.StringIO(), io.StringIO()
    with redirect_stdout(out), redirect_stderr(err):
        assert call([*typed.split(), "--json"]) in {0, 1}
    json.loads(out.getvalue())
    assert err.getvalue() == ""


def test_a_folder_names_its_configuration(blog):
    """`-c DIR` is `-c DIR/syndicate.toml`; without one the sentence names the file and no error number."""
    assert call(["status", "-c", str(blog.root), "--json"]) in {0, 1}
    err = io.StringIO()
    with redirect_stderr(err):
        assert call(["status", "-c", str(blog.root / "content")]) == 2
    assert err.getvalue().strip().endswith("syndicate.toml: cannot be read: No such file or directory")


def test_what_the_system_refuses_is_a_sentence(blog):
    """No traceback for a place where nothing can be written."""
    ran = blog.run("cards", "--sheet", "/dev/null/sheet.html", code=1)
    assert ran.err.startswith("syndicate: /dev/null")


def test_a_sheet_does_not_silence_the_check(blog):
    """`cards --check --sheet FILE` writes the page and still judges: the lines and the exit code of the check."""
    blog.write("wordy", title="word " * 120)
    alone = blog.run("cards", "--check", code=1)
    both = blog.run("cards", "--check", "--sheet", str(blog.root / "sheet.html"), code=1)
    assert "the title is cut" in alone.err + alone.out
    assert (both.out, both.err) == (alone.out, alone.err)
    assert (blog.root / "sheet.html").stat().st_size > 0


def test_a_taken_port_is_told_before_anything_runs(blog):
    """Serving, alone or beside the daemon."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        for words in (["serve"], ["run", "--serve"]):
            ran = blog.run(*words, "--port", port, code=2)
            assert f"cannot listen on 127.0.0.1:{port}: Address already in use" in ran.err


def test_a_reader_that_has_seen_enough_is_no_error(blog):
    """`syndicate schema | head -1` ends quietly."""
    command = " ".join(blog.command("schema"))
    ran = subprocess.run(
        ["bash", "-c", f"set -o pipefail; {command} | head -1"],
        capture_output=True, check=False, env=blog.environment(), timeout=60,
    )  # fmt: skip
    assert (ran.returncode, ran.stdout, ran.stderr) == (0, b"{\n", b"")


def test_words_stay_whole_on_a_narrow_terminal(blog):
    """On 60 columns the reason stands below its delivery, broken between words; on 80 titles are cut, slugs never."""
    blog.write("fresh", title="A title that is longer than the terminal, 朝のラジオ体操 and more of it")
    blog.run("publish")
    shown = run_on_terminal(blog.command("queue", "--all"), blog.environment() | {"COLUMNS": "60", "TERM": "dumb"})
    lines = [line.rstrip() for line in shown.splitlines()]
    assert lines[0].split() == ["id", "state", "when", "account"]
    for words in ("queue --all", "plan", "status"):
        wide = run_on_terminal(blog.command(*words.split()), blog.environment() | {"COLUMNS": "80", "TERM": "dumb"})
        assert max(map(cell_len, wide.splitlines())) <= 80
        assert "--all" not in words or "… (fresh)" in wide
    at = lines.index("    baseline: the post was already there when the account")
    assert lines[at + 1] == "        was turned on"


def run_on_terminal(command, environment):
    """What a command writes to a terminal."""
    mine, theirs = pty.openpty()
    process = subprocess.Popen(command, stdin=theirs, stdout=theirs, stderr=theirs, env=environment)
    os.close(theirs)
    pieces = []
    try:
        while piece := os.read(mine, 65536):
            pieces.append(piece)
    except OSError:  # Linux says so when the other side is closed
        pass
    os.close(mine)
    assert process.wait(60) == 0
    return b"".join(pieces).decode()


@pytest.mark.parametrize(
    ("typed", "offered"),
    [
        ("syndicate pl", ["plan"]),
        ("syndicate post fr", ["fresh"]),
        ("syndicate login ", ["timeline"]),
        ("syndicate queue --account ", ["timeline"]),
    ],
)
def test_the_shell_completes_commands_slugs_and_accounts(blog, typed, offered):
    """What TAB asks of the program, as Bash asks it."""
    asked = {"_SYNDICATE_COMPLETE": "complete_bash", "COMP_WORDS": typed, "COMP_CWORD": str(typed.count(" "))}
    command = [str(Path(sys.executable).with_name("syndicate"))]
    environment = blog.environment() | asked
    ran = subprocess.run(command, cwd=blog.root, env=environment, capture_output=True, check=True, timeout=60)
    assert ran.stdout.decode().split() == offered


def test_outside_of_a_site_nothing_is_offered(tmp_path, monkeypatch):
    """An error in the middle of somebody's typing helps nobody."""
    monkeypatch.chdir(tmp_path)
    assert (complete_slug(""), complete_account("")) == ([], [])
