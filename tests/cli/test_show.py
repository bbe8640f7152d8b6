"""How a terminal of any width shows lines: words and addresses whole; a pipe gets them as they are."""

import io
from contextlib import redirect_stdout

import pytest

from syndicate.app.reports import Finding
from syndicate.cli import init as begin
from syndicate.cli import show

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
    begin._show_findings([*one_file, *(Finding("warning", "no date", f"{name}.md:2") for name in "abcd")], 0)
    assert capsys.readouterr().out.splitlines() == [
        "~ a.md: 4 times, first in a.md:1: mojibake 1",
        "! 4 files: first in a.md:2: no date",
    ]
