"""`token`: the ways in. One address that opens the dashboard, and named tokens for programs that use the API."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Annotated

import typer

from syndicate.cli.root import DONE, PlainCommand, app, globals_of
from syndicate.cli.show import local_time, print_json, print_table
from syndicate.cli.terminal import read_time
from syndicate.errors import UsageError

if TYPE_CHECKING:
    from syndicate.app.app import App
    from syndicate.store.passes import ApiToken

token_app = typer.Typer(
    help="Let a browser into the dashboard, or programs into the API.",
    rich_markup_mode=None,
    invoke_without_command=True,
)
app.add_typer(token_app, name="token")

Name = Annotated[str, typer.Argument(metavar="NAME", help="What the token is called; a name says whose it is.")]


@token_app.callback()
def token(
    context: typer.Context,
    browser: Annotated[bool, typer.Option("--browser", help="An address that opens the dashboard once.")] = False,
) -> int:
    """Let a browser into the dashboard, or programs into the API.

    The address of --browser works once, within ten minutes, on this machine; the browser then stays logged in for
    30 days.
    """
    if context.invoked_subcommand:
        return DONE
    if not browser:
        raise UsageError("say what it is for", hint="`syndicate token --browser`, or `syndicate token make NAME`")
    given = globals_of(context)
    with given.open_app() as app:
        address = make_way_in(app, _find_server(app))
    if given.json:
        print_json({"url": address})
    else:
        print(address)
    return DONE


@token_app.command(cls=PlainCommand)
def make(
    context: typer.Context,
    name: Name,
    write: Annotated[bool, typer.Option("--write", help="Let it change things, not only read them.")] = False,
    ends: Annotated[str, typer.Option("--ends", metavar="TIME", help='When it ends, such as "90d"; else never.')] = "",
) -> int:
    """Make a token for a program that uses the API. It is shown this once."""
    from syndicate.store.passes import Scope
    from syndicate.web.dashboard.sessions import make_token

    given = globals_of(context)
    scopes = (Scope.READ, Scope.WRITE) if write else (Scope.READ,)
    with given.open_app() as app, app.borrow() as site:
        ends_at = app.now() + read_time(ends, where="--ends") if ends else None
        made, key = make_token(site, name, scopes, app.now(), ends_at)
    if given.json:
        print_json({"token": key, "name": made.name, "scopes": made.scopes, "ends_at": made.ends_at})
        return DONE
    print(key)
    if given.verbosity >= 0:
        print(f"Keep it: only its digest is stored. It may {_say_scopes(made)}.", file=sys.stderr)
    return DONE


@token_app.command("list", cls=PlainCommand)
def list_all(context: typer.Context) -> int:
    """Show the tokens of the API by name, and what each may do."""
    given = globals_of(context)
    with given.open_app() as app, app.borrow() as site:
        found, zone, now = site.store.list_tokens(), app.settings.site.timezone, app.now()
    if given.json:
        print_json(found)
    elif found:
        rows = [
            (
                one.name,
                _say_scopes(one),
                local_time(one.created_at, zone, now=now),
                local_time(one.ends_at, zone, now=now),
            )
            for one in found
        ]
        print_table(("name", "may", "made", "ends"), rows)
    else:
        print("There is no token. `syndicate token make NAME` makes one.")
    return DONE


@token_app.command(cls=PlainCommand)
def revoke(context: typer.Context, name: Name) -> int:
    """Let a token pass no more, from this moment."""
    from syndicate.web.dashboard.sessions import revoke_token

    given = globals_of(context)
    with given.open_app() as app, app.borrow() as site:
        revoke_token(site, name)
    if given.json:
        print_json({"revoked": name})
    elif given.verbosity >= 0:
        print(f"{name} is not accepted any more.")
    return DONE


def _say_scopes(token: ApiToken) -> str:
    return " and ".join(token.scopes)


def make_way_in(app: App, address: str) -> str:
    """An address that opens the dashboard of a server once."""
    from syndicate.web.dashboard.sessions import make_ticket

    return f"{address}/dashboard/enter?key={make_ticket(app)}"


def _find_server(app: App) -> str:
    """Where this site is served on this machine. Raises UsageError where it is not."""
    from urllib.parse import urlsplit

    from syndicate.web.dashboard.security import is_loopback
    from syndicate.web.server import find_server

    with app.using() as site:
        address = find_server(site.server_file)
    if not address:
        raise UsageError("nothing serves this site now", hint="start `syndicate run --serve` or `syndicate serve`")
    if not is_loopback(urlsplit(address).hostname or ""):
        raise UsageError(f"the server listens on {address} alone", hint="open its /dashboard/ and give the password")
    return address
