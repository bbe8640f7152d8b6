"""`login` walks through a network's own flow: questions, browser, code."""

from __future__ import annotations

import io
import threading
import urllib.error
import urllib.request
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from syndicate.cli import accounts
from syndicate.errors import UsageError
from syndicate.networks.base import AskAgain, LoginField, LoginPage
from tests.journeys.blog import Blog


@dataclass
class Hall:
    """A app whose one account logs in to `network`."""

    network: object
    stored: dict = field(default_factory=dict)

    def open_login(self, account):
        return self.network

    def store_login(self, account, secrets):
        self.stored[account] = dict(secrets)
        return f"{account} is ada."


@dataclass
class Flow:
    """A login with one question and a page; `registered` is the only address it comes back to."""

    registered: str = ""
    login_fields = (LoginField("client_id", "Client id"),)
    redirect: str = ""

    def begin_login(self, answers, *, redirect):
        self.redirect = redirect
        memory = {"redirect_uri": self.registered or redirect}
        return LoginPage("https://network.example/authorize", state="s1", memory=memory)

    def finish_login(self, answers, page, code):
        return {"token": f"{answers['client_id']}-{code}"}


def visit(url: str) -> int:
    try:
        with urllib.request.urlopen(url, timeout=10) as answer:
            return answer.status
    except urllib.error.HTTPError as error:
        return error.code


def browser(flow: Flow, *queries: str):
    """Stands in for a person's browser: follows the page and comes back to the loopback address."""

    def open_page(_url):
        def come_back():
            for query in queries:
                visit(f"{flow.redirect}{query}")

        threading.Thread(target=come_back).start()
        return True

    return open_page


def test_the_browser_brings_the_code_back(monkeypatch):
    """The redirect with our state carries the code; favicon requests in between do not disturb."""
    flow, app = Flow(), None
    app = Hall(flow)
    monkeypatch.setattr("sys.stdin", io.StringIO("id1\n"))
    monkeypatch.setattr("webbrowser.open", browser(flow, "/favicon.ico", "?code=c1&state=s1"))
    assert accounts.walk_through(app, "toot", paste=False) == "toot is ada."
    assert app.stored == {"toot": {"token": "id1-c1"}}


def test_a_strangers_answer_is_refused(monkeypatch):
    """A redirect with another state stores nothing."""
    flow = Flow()
    app = Hall(flow)
    monkeypatch.setattr("sys.stdin", io.StringIO("id1\n"))
    monkeypatch.setattr("webbrowser.open", browser(flow, "?code=evil&state=other"))
    with pytest.raises(UsageError, match="does not belong"):
        accounts.walk_through(app, "toot", paste=False)
    assert app.stored == {}


@pytest.mark.parametrize("pasted", ["c2", "https://registered.example/done?code=c2&state=s1#_"])
def test_a_pasted_code_or_address_works(monkeypatch, pasted):
    """Where the network only returns to a registered address, the person pastes what they land on."""
    flow = Flow(registered="https://registered.example/done")
    app = Hall(flow)
    monkeypatch.setattr("sys.stdin", io.StringIO(f"id1\n{pasted}\n"))
    accounts.walk_through(app, "toot", paste=False)
    assert app.stored == {"toot": {"token": "id1-c2"}}


def test_the_end_of_the_input_ends_the_line_of_the_question(monkeypatch, capsys):
    """What is said after a pipe has ended stands below the question, not behind it."""
    monkeypatch.setattr("sys.stdin", io.StringIO(""))
    accounts.walk_through(Hall(Flow()), "toot", paste=True)
    out = capsys.readouterr().out
    assert out.startswith("Client id: \n")
    assert out.endswith("Code: \n")


def test_ending_the_input_at_a_terminal_gives_up(monkeypatch):
    """Ctrl-D at a question asks no network."""
    app = Hall(Flow())
    terminal = io.StringIO("")
    terminal.isatty = lambda: True
    monkeypatch.setattr("sys.stdin", terminal)
    with pytest.raises(EOFError):
        accounts.walk_through(app, "toot", paste=True)
    assert app.stored == {}


class Wary(Flow):
    """A server that refuses what it gave for narrow scopes."""

    def begin_login(self, answers, *, redirect):
        note = "It takes all or nothing." if answers.get("scopes") else ""
        return LoginPage("https://network.example/authorize", note=note)

    def finish_login(self, answers, page, code):
        if not answers.get("scopes"):
            raise AskAgain("the server refuses it", answers={"scopes": "all"})
        return super().finish_login(answers, page, code)


def test_a_server_that_refuses_its_own_token_is_asked_again(monkeypatch, capsys):
    """The person hears why a second consent is needed, and what it is for."""
    app = Hall(Wary())
    monkeypatch.setattr("sys.stdin", io.StringIO("id1\nc1\nc2\n"))
    assert accounts.walk_through(app, "toot", paste=True) == "toot is ada."
    assert app.stored == {"toot": {"token": "id1-c2"}}
    said = capsys.readouterr().out
    assert "The server refuses it." in said
    assert "It takes all or nothing." in said


def test_a_token_is_shown_once_and_passes_until_it_is_revoked(tmp_path: Path) -> None:
    """Its key is printed alone, so that it can be piped, and stands in no file of the state."""
    blog = Blog(tmp_path)
    made = blog.run("token", "make", "laptop")
    key = made.out.strip()
    assert key.startswith("syn_")
    assert "It may read." in made.err
    assert blog.run("token", "make", "editor", "--write", "--ends", "30d", "--json").json["scopes"] == ["read", "write"]
    assert "laptop" in blog.run("token", "make", "laptop", code=2).err
    listed = blog.run("token", "list").out
    assert [line.split("\t")[:2] for line in listed.splitlines()] == [["editor", "read and write"], ["laptop", "read"]]
    state = b"".join(path.read_bytes() for path in (tmp_path / ".syndicate").rglob("*") if path.is_file())
    assert key.encode() not in state
    assert key not in listed
    blog.run("token", "revoke", "laptop")
    assert "known: editor" in blog.run("token", "revoke", "laptop", code=2).err


@pytest.mark.slow
def test_a_restored_backup_lets_nobody_in(tmp_path: Path) -> None:
    """It may hold tokens that were revoked since it was made."""
    blog = Blog(tmp_path)
    blog.run("token", "make", "old")
    blog.run("backup", str(tmp_path / "state.backup"))
    blog.run("token", "revoke", "old")
    blog.run("restore", str(tmp_path / "state.backup"))
    assert blog.run("token", "list", "--json").json == []


@pytest.mark.slow
def test_a_token_that_cannot_be_is_refused(tmp_path: Path) -> None:
    """Names that would break a table, ends that are over, nothing said at all."""
    blog = Blog(tmp_path)
    for words in (["make", "a\tb"], ["make", ""], ["make", "x", "--ends", "0"], ["make", "x", "--ends", "soon"], []):
        assert blog.run("token", *words, code=2).err
    assert blog.run("token", "list").out.startswith("There is no token.")
