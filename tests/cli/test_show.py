"""How a terminal of any width shows lines: words and addresses whole; a pipe gets them as they are."""

from __future__ import annotations

import io
import json
import logging
import os
import subprocess
import sys
from contextlib import redirect_stdout
from pathlib import Path

import pytest

from syndicate.cli import init as begin
from syndicate.cli import show
from syndicate.cli.show import print_json
from syndicate.cli.terminal import LogFormatter, PlainStream, UnblockedHandler, plain_streams
from syndicate.model import Finding
from tests.content.golden import make_settings, read_snapshot
from tests.journeys.blog import Blog

ADDRESS = "https://notes.example/a-very-long-address-that-no-terminal-of-forty-columns-holds/"


class Terminal(io.StringIO):
    """A stream that says it is a terminal."""

    def isatty(self):
        return True


@pytest.fixture
def shown(monkeypatch):
    """What something prints on a terminal of forty columns, as lines."""
    monkeypatch.setenv("COLUMNS", "40")
    monkeypatch.setenv("TERM", "dumb")

    def show_it(work):
        with redirect_stdout(Terminal()) as terminal:
            work()
        return [line.rstrip() for line in terminal.getvalue().splitlines()]

    return show_it


def test_a_sentence_is_wrapped_between_words(shown):
    """What follows is indented, an address stays whole, lines stay lines."""
    text = f"! one.md: the card is without its picture, {ADDRESS}: no answer\n  next"
    assert shown(lambda: show.tell(text)) == [
        "! one.md: the card is without its",
        "    picture,",
        f"    {ADDRESS}:",
        "    no answer",
        "  next",
    ]


def test_a_word_without_end_is_broken_within_the_screen(shown):
    """Also where what follows is indented further than its beginning."""
    assert max(map(len, shown(lambda: show.tell("ß" * 120)))) == 40


def test_a_pipe_gets_a_sentence_as_it_is(capsys, monkeypatch):
    """Programs read lines."""
    monkeypatch.setenv("COLUMNS", "40")
    show.tell("word " * 30)
    assert capsys.readouterr().out == "word " * 30 + "\n"


def test_a_long_slug_goes_below_its_line(shown):
    """A table that is too wide keeps its columns; the slug and the reason stand below, each whole."""
    slug = "the-slug-of-a-post-that-is-much-too-long"
    rows = [("1", "held", slug, "it waits"), ("2", "sent", "b", "")]
    assert shown(lambda: show.print_table(("id", "state", "post", "reason"), rows)) == [
        "id  state",
        "1   held",
        f"    {slug}",
        "    it waits",
        "2   sent",
        "    b",
    ]


def test_doctor_ends_with_what_is_worst(capsys):
    """In a long list eyes are at the end; within a level the order stays."""
    findings = [Finding("problem", "p1"), Finding("problem", "p2"), Finding("repair", "r"), Finding("ok", "fine")]
    begin._show_findings(findings, 0)
    out, err = capsys.readouterr()
    assert out.splitlines() == ["✓ fine", "~ r", "✗ p1", "✗ p2"]
    assert err == "2 problems, 0 warnings, 1 repair\n"


def test_many_lines_of_one_file_are_not_many_files(capsys):
    """A kind that comes often is one line, which says where: in one file or in how many."""
    one_file = [Finding("repair", f"mojibake {number}", f"a.md:{number}") for number in range(1, 5)]
    files = [Finding("warning", "no date", f"{name}.md:2") for name in "abcd"]
    begin._show_findings([*one_file, *files, *(Finding("ok", "ready", f"account {name}") for name in "abcd")], 0)
    assert capsys.readouterr().out.splitlines() == [
        *(f"✓ account {name}: ready" for name in "abcd"),  # each of which is somebody's question
        "~ a.md: 4 times, first in a.md:1: mojibake 1",
        "! 4 files: first in a.md:2: no date",
    ]


EVIL = "a\x1b]0;owned\x07b\x9bc\u202ed\u2066e\rf\x00"
SHOWN = "a\\u001b]0;owned\\u0007b\\u009bc\\u202ed\\u2066e\\u000df\\u0000"


def test_what_is_printed_steers_no_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    """C0, C1 and bidirectional controls are shown as what they are, on both streams; tabs and lines stay."""
    with plain_streams():
        sys.stdout.write(f"{EVIL}\tx\n")
        sys.stderr.write(f"{EVIL}\n")
    assert capsys.readouterr() == (f"{SHOWN}\tx\n", f"{SHOWN}\n")


def test_json_stays_json(capsys: pytest.CaptureFixture[str]) -> None:
    """What is escaped is escaped as JSON does it, so programs read the text itself."""
    with plain_streams():
        print_json({"a": "b\x9bc\u202ed"})
    out = capsys.readouterr().out
    assert out.isascii()
    assert json.loads(out) == {"a": "b\x9bc\u202ed"}


def test_a_half_surrogate_stops_no_output() -> None:
    """Names of files that are not UTF-8 come as such."""
    raw = io.TextIOWrapper(io.BytesIO(), encoding="utf-8")
    PlainStream(raw).write("a\udcffb")
    raw.flush()
    assert raw.buffer.getvalue() == b"a\\udcffb"  # type: ignore[attr-defined]


def test_a_log_line_cannot_be_forged() -> None:
    """What follows a line break is indented, so that only we begin a line with a time."""
    record = logging.LogRecord("a", logging.INFO, "", 0, "one\n2026-01-01 ERROR two\x1b[2J", None, None)
    assert LogFormatter("%(levelname)s %(message)s").format(record) == ("INFO one\n    2026-01-01 ERROR two\\u001b[2J")


@pytest.mark.slow
def test_a_log_that_nobody_reads_keeps_nobody_waiting() -> None:
    """A full pipe blocks no line of ours; who reads again finds the first lines, and how many were left out."""
    reader, writer = os.pipe()
    handler = UnblockedHandler(writer, most=100, patience=0.01)
    for number in range(5000):
        handler.handle(logging.LogRecord("a", logging.INFO, "", 0, f"{number} {'x' * 500}", None, None))
    handler.flush()
    said, left_out = [""], 0
    with open(reader, encoding="utf-8") as log:  # noqa: PTH123 - a descriptor
        while len(said) - 1 + left_out < 5000:
            line = log.readline()
            if "left out" in line:
                left_out += int(line.split()[0].replace(",", ""))
            else:
                said.append(line)
    os.close(writer)
    assert said[1].startswith("0 x")
    assert left_out > 4000


@pytest.mark.slow
def test_a_post_is_called_the_same_in_every_locale(tmp_path: Path) -> None:
    """Python would read its name by the locale, and find another post."""
    blog = Blog(tmp_path)
    blog.write("zażółć")
    locale = {"PATH": os.environ["PATH"], "PYTHONPATH": os.pathsep.join(sys.path), "LC_ALL": "POSIX", "PYTHONUTF8": "0"}
    command = [sys.executable, "-m", "syndicate", "-c", blog.root / "syndicate.toml", "why", "zażółć"]
    shown = subprocess.run(command, env=locale, capture_output=True, check=True, encoding="utf-8").stdout
    assert "zażółć" in shown


def test_lines_of_a_log_that_wait_for_one_another_wait_for_no_trouble_and_no_end() -> None:
    """A warning, and whoever flushes before leaving, have all of them written, in the order in which they were said."""
    reader, writer = os.pipe()
    handler = UnblockedHandler(writer, pause=3600)
    with open(reader, encoding="utf-8") as log:  # noqa: PTH123 - a descriptor
        for level, line in ((logging.INFO, "asked"), (logging.WARNING, "trouble")):
            handler.handle(logging.LogRecord("a", level, "", 0, line, None, None))
        assert [log.readline(), log.readline()] == ["asked\n", "trouble\n"]
        handler.handle(logging.LogRecord("a", logging.INFO, "", 0, "the last", None, None))
        handler.flush()
        os.close(writer)
        assert log.read() == "the last\n"


@pytest.mark.parametrize("name", ["a\x1b[2J.md", "a\nb.md", "a\u202eb.md", "folder\x07/b.md", "a\x85.md"])
def test_a_file_named_with_control_characters_is_a_problem(tmp_path: Path, name: str) -> None:
    """Its post is left out, the others stay, and the problem can be printed."""
    for one in (name, "good.md"):
        path = tmp_path / "posts" / one
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("---\ntitle: T\n---\nBody\n")
    snapshot = read_snapshot(make_settings(tmp_path))
    assert [post.source for post in snapshot.posts] == ["good.md"]
    (problem,) = snapshot.problems
    assert problem.message == "the file name holds control characters"
    assert str(problem).isprintable()
