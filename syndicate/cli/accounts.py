"""Logins: `accounts`, `login`, `adopt`."""

from __future__ import annotations

import getpass
import hmac
import sys
import threading
import webbrowser
from collections.abc import Mapping
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import TYPE_CHECKING, Annotated
from urllib.parse import parse_qs, urlsplit

import typer

from syndicate.cli.answers import warn_of_state
from syndicate.cli.root import DONE, NEEDS_A_PERSON, command, complete_account, globals_of
from syndicate.cli.show import plural, print_json, print_table
from syndicate.errors import UsageError

if TYPE_CHECKING:
    from syndicate.app.app import App
    from syndicate.networks.base import LoginField, LoginPage, LogsIn

AccountName = Annotated[
    str,
    typer.Argument(
        metavar="ACCOUNT", autocompletion=complete_account, help="Its name in syndicate.toml: [accounts.NAME]."
    ),
]


@command()
def accounts(
    context: typer.Context,
    online: Annotated[bool, typer.Option("--online", help="Ask each network which of its accounts this is.")] = False,
    resume: Annotated[
        str,
        typer.Option(
            "--resume",
            metavar="ACCOUNT",
            autocompletion=complete_account,
            help="Resume a paused account once its problem is fixed.",
        ),
    ] = "",
) -> int:
    """See who is logged in, and how long the tokens live.

    Without --online nothing is asked: it only looks whether the credentials are there.
    """
    from syndicate.app.accounts import list_twins

    given = globals_of(context)
    with given.open_app() as app:
        if resume:
            app.resume_account(resume)
        rows = app.list_accounts(online=online)
        with app.using() as site:
            twins = list_twins(site)
    if given.json:
        print_json(rows)
    elif rows:
        cells = [(row.name, row.network, row.state, row.who, row.expires, row.note) for row in rows]
        print_table(("account", "network", "state", "who", "token", "note"), cells)
    else:
        print("No accounts yet; add [accounts.NAME] to syndicate.toml.")
    for line in () if given.json else twins:
        print(f"! {line}", file=sys.stderr)
    return NEEDS_A_PERSON if any(row.state.needs_person for row in rows) else DONE


@command()
def login(
    context: typer.Context,
    account: AccountName,
    paste: Annotated[
        bool, typer.Option("--paste", help="Paste the code by hand: for a machine without a browser.")
    ] = False,
) -> int:
    """Log in to a network and store the token safely."""
    with globals_of(context).open_app() as app:
        print(walk_through(app, account, paste=paste))
    return DONE


@command()
def adopt(
    context: typer.Context,
    account: AccountName,
    accept: Annotated[
        bool,
        typer.Option(
            "--accept", help="The account cannot show its posts, and you have looked: what waits there is held."
        ),
    ] = False,
) -> int:
    """Record what is already on an account, so that it is not sent.

    Reads the account's own posts and matches their links with yours.
    """
    given = globals_of(context)
    with given.open_app() as app:
        adopted = app.adopt(account, accept=accept)
        contradiction = app.find_contradiction()
    if given.json:
        print_json(adopted)
    elif accept and not adopted:
        print(f"{account} is accepted as it is. `syndicate queue` shows what is held there.")
    elif not adopted:
        print(f"No link to one of your posts was found on {account}.")
    else:
        print(f"{plural(len(adopted), 'copy', 'copies')} of your posts on {account}, recorded as sent:")
        for slug, url in adopted:
            print(f"  {slug}  {url}")
    return warn_of_state(contradiction)


# --- `login`: questions, browser, the code that comes back; what is asked and sent is the network's business ---

WAIT_SECONDS = 300


def walk_through(app: App, account: str, *, paste: bool) -> str:
    """Log an account in and return the sentence that says as whom. Raises UsageError where it needs no login."""
    from syndicate.networks.base import AskAgain

    network = app.open_login(account)
    answers = {field.name: _ask(field) for field in network.login_fields}
    finish = _finish_pasted if paste else _finish_looped
    try:
        secrets = finish(network, answers)
    except AskAgain as again:
        print(f"\n{again.message[0].upper()}{again.message[1:]}.")
        secrets = finish(network, {**answers, **again.answers})
    return app.store_login(account, secrets)


def _ask(field: LoginField) -> str:
    question = f"{field.label} ({field.help}): " if field.help else f"{field.label}: "
    if field.secret and sys.stdin.isatty():
        return getpass.getpass(question).strip()
    return _read_line(question)


def _read_line(question: str) -> str:
    """What is typed, "" where a pipe has ended. Raises EOFError where a person ends it: Ctrl-D gives up, as Ctrl-C."""
    print(question, end="", flush=True)
    line = sys.stdin.readline()
    if not line:
        print()  # what comes next has a line of its own
        if sys.stdin.isatty():
            raise EOFError
    return line.strip()


def _finish_pasted(network: LogsIn, answers: Mapping[str, str]) -> Mapping[str, str]:
    page = network.begin_login(answers, redirect="")
    code = _ask_for_code(page) if page else ""
    return network.finish_login(answers, page, code)


def _ask_for_code(page: LoginPage) -> str:
    _show_note(page)
    print(
        f"\nOpen this address, allow access, and paste the code (or the whole address you land on):\n\n  {page.url}\n"
    )
    pasted = _read_line("Code: ")
    asked = parse_qs(urlsplit(pasted).query)
    return asked["code"][0].removesuffix("#_") if "code" in asked else pasted


def _show_note(page: LoginPage) -> None:
    if page.note:
        print(f"\n{page.note}")


def _finish_looped(network: LogsIn, answers: Mapping[str, str]) -> Mapping[str, str]:
    """Open the browser and catch the redirect on a loopback port of our own."""
    with _Catcher() as catcher:
        page = network.begin_login(answers, redirect=catcher.url)
        if page is None:
            return network.finish_login(answers, None, "")
        if dict(page.memory or {}).get("redirect_uri", catcher.url) != catcher.url:
            return network.finish_login(
                answers, page, _ask_for_code(page)
            )  # it only comes back to registered addresses
        _show_note(page)
        print(f"\nOpening your browser. If it does not open, go to\n\n  {page.url}\n")
        # A browser in the terminal keeps `open` busy until it has an answer from us.
        threading.Thread(target=webbrowser.open, args=(page.url,), daemon=True).start()
        return network.finish_login(answers, page, catcher.wait(page.state))


class _Catcher(HTTPServer):
    """Listens on 127.0.0.1 for one redirect that carries our state."""

    timeout = WAIT_SECONDS

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Answer)
        self.caught: dict[str, list[str]] = {}

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}/callback"

    def wait(self, state: str) -> str:
        """The code of the redirect. Raises UsageError where none came, or a stranger's."""
        while not self.caught:
            self.handle_request()
            if not self.caught and not self.waiting:
                raise UsageError("no answer from the browser in five minutes", hint="try --paste")
        if "error" in self.caught:
            raise UsageError(f"the network said no: {self.caught['error'][0][:200]}")
        if not hmac.compare_digest(self.caught.get("state", [""])[0], state):
            raise UsageError("the answer does not belong to this login", hint="start again")
        return self.caught["code"][0]

    waiting = True

    def handle_timeout(self) -> None:
        self.waiting = False


class _Answer(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        asked = urlsplit(self.path)
        query = parse_qs(asked.query)
        belongs = asked.path == "/callback" and ({"code", "error"} & set(query))
        if belongs and isinstance(self.server, _Catcher):
            self.server.caught = query
        self.send_response(200 if belongs else 404)
        self.send_header("Content-Type", "text/plain; charset=utf-8")
        self.end_headers()
        self.wfile.write(b"Done. You can close this page and go back to the terminal.\n" if belongs else b"")

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the name it has in http.server
        """Say nothing: the address holds the code."""
