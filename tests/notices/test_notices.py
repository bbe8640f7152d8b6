"""The person hears of it by every configured way, and a broken way is told without stopping the others."""

from __future__ import annotations

import email
import json
import shlex
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from email import policy
from pathlib import Path

import pytest

from syndicate.http import Client
from syndicate.model import Notices
from syndicate.notices import Notice, NoticeKind, send_notice
from tests.networks.fake import Fake, Reply, Request
from tests.notices.mail import MailServer

NOTICE = Notice(
    kind=NoticeKind.ACCOUNT,
    account="mastodon",
    subject="mastodon is paused",
    text="The token is dead – run: syndicate login mastodon",
    at=datetime(2026, 3, 29, 9, 0, tzinfo=UTC),
    delivery_id=7,
    slug="a-post",
)
WRITE = "import sys, os; open(sys.argv[1], 'w').write(sys.stdin.read() + os.environ['SYNDICATE_NOTICE_SUBJECT'])"


@pytest.fixture
def http() -> Iterator[Client]:
    with Client(allow_private=True) as client:
        yield client


class Hook(Fake):
    """A webhook that answers with a chosen status."""

    def __init__(self, status: int) -> None:
        super().__init__()
        self.status = status
        self.route("POST", "/hook/{secret}", self.take)

    def take(self, request: Request) -> Reply:
        self.published.append(request.json())
        return Reply(self.status)


def command(path: Path, script: str = WRITE) -> str:
    return shlex.join([sys.executable, "-c", script, str(path)])


def test_a_command_gets_the_notice_on_its_input_and_in_variables(http: Client, tmp_path: Path) -> None:
    """JSON on standard input, parts in SYNDICATE_NOTICE_… variables; words are split without a shell."""
    path = tmp_path / "it's $HOME; touch x"
    assert send_notice(NOTICE, Notices(command=command(path)), http) == ()
    written = path.read_text()
    assert written.endswith("}mastodon is paused")
    told = json.loads(written.removesuffix("mastodon is paused"))
    assert (told["kind"], told["account"], told["delivery_id"]) == ("account", "mastodon", 7)
    assert told["at"] == "2026-03-29T09:00:00+00:00"


def test_a_command_learns_no_secret(http: Client, tmp_path: Path) -> None:
    """Tokens stand in our environment; the command's is clean."""
    path, script = tmp_path / "told", "import sys, os; open(sys.argv[1], 'w').write(' '.join(os.environ))"
    environ = {"PATH": "/usr/bin:/bin", "SYNDICATE_MASTODON_TOKEN": "s3cret", "AWS_SECRET_ACCESS_KEY": "s3cret"}
    assert send_notice(NOTICE, Notices(command=command(path, script)), http, environ) == ()
    told = path.read_text().split()
    assert "SYNDICATE_NOTICE_TEXT" in told
    assert not {"SYNDICATE_MASTODON_TOKEN", "AWS_SECRET_ACCESS_KEY"} & set(told)


def test_a_command_is_found_where_the_path_says(http: Client, tmp_path: Path) -> None:
    """A script of the person's own, with other programs in it."""
    script, told = tmp_path / "tell-me", tmp_path / "told"
    script.write_text(f'#!/bin/sh\ncat > "{told}"\n')
    script.chmod(0o700)
    environ = {"PATH": f"{tmp_path}:/usr/bin:/bin"}
    assert send_notice(NOTICE, Notices(command="tell-me"), http, environ) == ()
    assert json.loads(told.read_text())["subject"] == NOTICE.subject


def test_a_command_that_fails_is_told_with_its_code(http: Client) -> None:
    """Pipes and redirections are a shell's, and there is none: `cat` looks for files of these names."""
    (trouble,) = send_notice(NOTICE, Notices(command="cat >> notices.txt"), http, {"PATH": "/usr/bin:/bin"})
    assert trouble == "the notice command ended with exit code 1 (it runs without a shell)"


def test_a_webhook_gets_the_notice_as_json(http: Client) -> None:
    """One POST."""
    with Hook(204) as hook:
        assert send_notice(NOTICE, Notices(webhook=f"{hook.url}/hook/s3cret"), http) == ()
        assert [told["text"] for told in hook.published] == [NOTICE.text]
        assert hook.requests[0].headers["content-type"] == "application/json"


def test_a_mail_goes_to_the_person(http: Client) -> None:
    """Through the server that SYNDICATE_SMTP_URL names, logged in, with a subject of one line."""
    with MailServer() as server:
        environ = {"SYNDICATE_SMTP_URL": f"smtp://me:p%40ss@{server.address}", "SYNDICATE_SMTP_FROM": "blog@x.example"}
        two_lines = Notice(kind=NoticeKind.ACCOUNT, account="a", subject="one\ntwo", text=NOTICE.text, at=NOTICE.at)
        assert send_notice(two_lines, Notices(email="me@x.example"), http, environ) == ()
        (mail,) = (email.message_from_bytes(raw, policy=policy.default) for raw in server.mails)
        assert (mail["To"], mail["From"]) == ("me@x.example", "blog@x.example")
        assert mail["Subject"] == "syndicate: one two"
        assert mail.get_content().strip() == NOTICE.text
        assert any(line.upper().startswith("AUTH PLAIN") for line in server.heard)


@pytest.mark.parametrize(
    "ways",
    [
        Notices(command=shlex.join([sys.executable, "-c", "raise SystemExit(3)"])),
        Notices(command="/nowhere/a-command s3cret"),
        Notices(command="an 'open quote s3cret"),
        Notices(webhook="http://127.0.0.1:9/s3cret"),
        Notices(webhook="not a url s3cret"),
        Notices(email="me@x.example"),
    ],
    ids=["exit code", "no command", "no words", "no answer", "no address", "no mail server"],
)
def test_a_broken_way_is_told_without_its_secret(http: Client, ways: Notices) -> None:
    """One sentence a way; addresses and commands may be secrets and are not repeated."""
    (trouble,) = send_notice(NOTICE, ways, http, {"SYNDICATE_SMTP_URL": "smtp://u:s3cret@127.0.0.1:9"})
    assert trouble
    assert "s3cret" not in trouble


def test_a_refusing_webhook_and_a_refused_login_are_told(http: Client) -> None:
    """The status of the webhook is told; the mail server's refusal too."""
    with Hook(500) as hook, MailServer(refuses_login=True) as server:
        ways = Notices(webhook=f"{hook.url}/hook/s3cret", email="me@x.example")
        environ = {"SYNDICATE_SMTP_URL": f"smtp://u:s3cret@{server.address}"}
        troubles = send_notice(NOTICE, ways, http, environ)
        assert len(troubles) == 2
        assert "500" in troubles[0]
        assert "s3cret" not in "".join(troubles)
        assert server.mails == []


def test_one_broken_way_leaves_the_others(http: Client, tmp_path: Path) -> None:
    """The command fails, the webhook hears it."""
    with Hook(200) as hook:
        ways = Notices(command="/nowhere/a-command", webhook=f"{hook.url}/hook/x")
        assert len(send_notice(NOTICE, ways, http)) == 1
        assert len(hook.published) == 1


def test_without_a_way_nothing_happens(http: Client) -> None:
    """No configuration, no notice, no trouble."""
    assert send_notice(NOTICE, Notices(), http) == ()
