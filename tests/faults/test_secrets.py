"""Secrets in the vault, servers that repeat them in every answer, and everything that is ever shown."""

from __future__ import annotations

import json
import logging
from base64 import b64encode
from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from pathlib import Path
from urllib.parse import unquote

import httpx
import pytest

from syndicate.app.app import App
from syndicate.app.rounds import Rounds
from syndicate.cli.daemon import _make_web
from syndicate.cli.root import call
from syndicate.vault import open_vault
from tests.app.late import wait_for_accounts
from tests.faults.site import Pages
from tests.networks.case import Case
from tests.networks.fake import Fake, Fault, Reply, Request
from tests.networks.test_contract import ONLINE
from tests.networks.test_oauth import CASE as OAUTH2
from tests.web.serving import serving

CONFIG = """
[site]
title = "Notes"
url = "{pages}"
author = "Ada"
allow_private = true
[cards]
fetch = false
"""
CODES = (400, 401, 403, 422, 429, 500, 503)
COMMANDS = (
    ("publish",),
    ("plan",),
    ("queue",),
    ("queue", "--all"),
    ("status",),
    ("why", "post-1"),
    ("why", "post-2"),
    ("accounts",),
    ("accounts", "--online"),
    ("doctor",),
    ("doctor", "--online"),
    ("post", "post-1", "--dry-run", "--again"),
    ("post", "post-2", "--again"),
    ("amend", "--dry-run"),
)
PAGES = ("/dashboard/", "/dashboard/login", "/dashboard/post/post-1", "/dashboard/post/post-2", "/dashboard/nothing")


class Talkers:
    """One account on each network; the fakes repeat its secrets when `talk` says so."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.cases: Mapping[str, Case] = {f"account-{number}": case for number, case in enumerate((*ONLINE, OAUTH2))}
        self.fakes: dict[str, Fake] = {}

    @property
    def config(self) -> Path:
        return self.root / "syndicate.toml"

    @property
    def secrets(self) -> set[str]:
        found = {secret for case in self.cases.values() for secret in (*case.secrets.values(), *case.leaks)}
        return found | {_pack(case.secrets) for case in self.cases.values() if "client_secret" in case.secrets}

    def found(self, closing: ExitStack) -> None:
        (self.root / "content" / "posts").mkdir(parents=True)
        lines = [CONFIG.format(pages=closing.enter_context(Pages()).url)]
        for name, case in self.cases.items():
            self.fakes[name] = closing.enter_context(case.fake())
            options = case.options(self.fakes[name].url)
            lines.append(f'[accounts.{name}]\nnetwork = "{case.network}"\nold_after = "3650d"\nmost_at_once = 0')
            lines += [f"{key} = {json.dumps(value)}" for key, value in options.items()]
            open_vault(str(self.root / ".syndicate"), name).put(case.secrets)
        self.config.write_text("\n".join(lines), encoding="utf-8")

    def write(self, slug: str) -> None:
        front = f'title: "{slug}"\ndate: "2026-01-05T09:00:00Z"\nsocialShare: "Read {slug}."'
        (self.root / "content" / "posts" / f"{slug}.md").write_text(f"---\n{front}\n---\n\nText.\n", encoding="utf-8")

    def talk(self, code: int) -> None:
        """Every further call is refused in words that repeat the request, in each usual place."""
        for name, fake in self.fakes.items():
            fake.fail(_repeat(self.cases[name], code), times=1000)

    def deliver(self) -> None:
        with App(self.config) as app:
            for name in self.cases:
                app.resume_account(name)
            daemon = Rounds(app)
            daemon.publish_round()
            app.deliver_due()
            daemon.look_after_round(lambda _lines: None)
            wait_for_accounts()


def _pack(secrets: Mapping[str, str]) -> str:
    """An application's name and password as they stand in a header."""
    return b64encode(f"{secrets.get('client_id', '')}:{secrets['client_secret']}".encode()).decode()


def _repeat(case: Case, code: int) -> Fault:
    """What a server that helps in debugging says: the request as it came, its credentials first."""
    secrets = (*case.secrets.values(), *case.leaks)

    def fault(request: Request, _handle: object) -> Reply:
        came = f"{request.path} {unquote(request.path)} {request.query} {request.headers} {request.body!r}"
        known = " ".join(secret for secret in secrets if secret in came)
        said = f"refused: {request.headers.get('authorization', '')} {known} {came}"
        return Reply(code, {"message": said, "error": {"message": said, "code": 190, "type": said}, "errors": [said]})

    return fault


@pytest.fixture
def talkers(tmp_path: Path) -> Iterator[Talkers]:
    with ExitStack() as closing:
        talkers = Talkers(tmp_path / "site")
        talkers.found(closing)
        yield talkers


def _read_all(folder: Path) -> Iterator[tuple[str, str]]:
    for path in folder.rglob("*"):
        if path.is_file():
            yield path.relative_to(folder).as_posix(), path.read_bytes().decode("latin-1")


def test_no_secret_is_ever_shown(
    talkers: Talkers, caplog: pytest.LogCaptureFixture, capsys: pytest.CaptureFixture[str]
) -> None:
    """Sent or refused by servers that repeat the secrets: no command, JSON, page, log at DEBUG or file has one."""
    caplog.set_level(logging.DEBUG)
    shown: dict[str, str] = {}
    talkers.write("old")
    talkers.deliver()
    talkers.write("post-1")
    talkers.deliver()
    for number, code in enumerate(CODES, 2):
        talkers.talk(code)
        talkers.write(f"post-{number}")
        talkers.deliver()
    for words in COMMANDS:
        for options in (["-v"], ["--json"]):
            call(["--config", str(talkers.config), *options, *words])
            told = capsys.readouterr()
            shown[f"{options} {words}"] = told.out + told.err
    with App(talkers.config) as app, serving(_make_web(app, "127.0.0.1")) as address:
        shown |= {page: httpx.get(f"{address}{page}").text for page in PAGES}
    shown |= dict(_read_all(talkers.root))
    shown["log"] = caplog.text
    assert len(talkers.secrets) > 20
    assert sum(len(fake.published) for fake in talkers.fakes.values()) > 10
    assert "refused:" in shown["['--json'] ('queue',)"]
    found = [(place, secret) for place, text in shown.items() for secret in talkers.secrets if secret in text]
    assert found == []
