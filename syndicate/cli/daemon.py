"""What keeps running, and the ways in to it: `run`, `serve`, `worker`, `token`."""

from __future__ import annotations

import gc
import logging
import os
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated

import typer

from syndicate.cli.root import DONE, PlainCommand, app, command, globals_of, leave, leave_after
from syndicate.cli.show import local_time, print_json, print_table
from syndicate.cli.terminal import JsonFormatter, LogFormatter, UnblockedHandler, read_time
from syndicate.errors import UsageError, survive, tell_for_log

if TYPE_CHECKING:
    from starlette.types import ASGIApp

    from syndicate.app.app import App
    from syndicate.app.rounds import Pulse
    from syndicate.store.passes import ApiToken
    from syndicate.web import Health
    from syndicate.web.server import Listener


log = logging.getLogger("syndicate")

_SETTINGS = 10.0
"""Seconds between two looks at syndicate.toml of who only serves."""
Host = Annotated[str, typer.Option("--host", metavar="ADDRESS", help="Address to listen on.")]
Port = Annotated[
    int, typer.Option("--port", metavar="PORT", min=0, max=65535, help="Port to listen on; 0 takes a free one.")
]


class LogFormat(StrEnum):
    """How lines of the log are written."""

    TEXT = "text"
    JSON = "json"


Log = Annotated[LogFormat, typer.Option("--log", help="Lines for people, or JSON objects for programs.")]
HealthPort = Annotated[
    int,
    typer.Option("--health", metavar="PORT", min=0, max=65535, help="Serve /healthz and /metrics to this machine."),
]


def keep_running(verbosity: int, form: LogFormat = LogFormat.TEXT) -> None:
    """What a process needs that lives long: garbage collected, and a log.

    Lines for a person or the journal on standard error; libraries stay silent below warnings.
    """
    gc.enable()
    level = {-1: logging.WARNING, 0: logging.INFO}.get(verbosity, logging.DEBUG if verbosity > 0 else logging.ERROR)
    lines = UnblockedHandler()
    plain = LogFormatter("%(asctime)s %(levelname)-7s %(message)s", "%Y-%m-%d %H:%M:%S")
    lines.setFormatter(JsonFormatter() if form is LogFormat.JSON else plain)
    logging.basicConfig(handlers=[lines])
    logging.getLogger("syndicate").setLevel(level)
    logging.getLogger("apscheduler").setLevel(logging.ERROR)  # it warns of ticks left out, as after a clock set forward


@command()
def run(
    context: typer.Context,
    serve: Annotated[bool, typer.Option("--serve", help="Serve the feeds and the dashboard as well.")] = False,
    host: Host = "127.0.0.1",
    port: Port = 8080,
    health: HealthPort = 0,
    log: Log = LogFormat.TEXT,
) -> int:
    """Watch, publish, deliver on schedule, ping hubs: until stopped.

    Ctrl-C or SIGTERM ends it within 30 seconds: nothing new begins, and open calls may finish.
    """
    from syndicate.app.rounds import Pulse, Rounds
    from syndicate.daemon import PATIENCE, Daemon

    given, pulse = globals_of(context), Pulse(PATIENCE)
    keep_running(given.verbosity, log)
    with given.open_app() as app, app.lock_daemon(), ExitStack() as closing:
        alongside, app.list_failed = [], pulse.list_reasons
        if serve:
            from syndicate.web.server import make_server

            alongside.append(make_server(*closing.enter_context(_open_web(app, host, port, pulse))))
        if health:
            alongside.append(_serve_health(app, pulse, health))
        if not Daemon(Rounds(app), pulse=pulse).run(alongside=alongside):
            leave(DONE)
    return DONE


@contextmanager
def _open_web(app: App, host: str, port: int, pulse: Pulse | None = None) -> Iterator[tuple[ASGIApp, Listener]]:
    """What is served, and where it listens."""
    from syndicate.app.dashboard import read_password
    from syndicate.web.dashboard.security import is_loopback
    from syndicate.web.server import find_local_address, listen, told_where

    app.state_place.waits = False  # a page in a browser rather says so
    web = _make_web(app, host, _make_health(app, pulse))
    with app.using() as site:
        server_file = site.server_file
    with listen(host, port) as listener:
        address = find_local_address(listener)
        with told_where(server_file, address):
            if not read_password(os.environ) and is_loopback(host):
                _tell_way_in(app, address)
            yield web, listener


def _tell_way_in(app: App, address: str) -> None:
    """A one-time address for a person at a terminal. A log keeps what it is told, and others may read it."""
    if sys.stderr.isatty():
        print(f"Dashboard: {make_way_in(app, address)} (works once, for ten minutes)", file=sys.stderr)
    else:
        log.info("`syndicate token --browser` prints an address that opens the dashboard")


def _make_health(app: App, pulse: Pulse | None) -> Health:
    from syndicate.app.metrics import list_state_troubles
    from syndicate.web import TOKEN, Health

    def list_troubles() -> tuple[str, ...]:
        if pulse and (still := pulse.list_still()):
            return still  # what made the loops stand still may be a state that does not answer us, either
        with app.using() as site:
            return (*(pulse.list_failed() if pulse else ()), *list_state_troubles(site))

    def render() -> tuple[bytes, str]:
        with app.using() as site:
            return app.metrics.render(site, app.now())

    return Health(list_troubles, render, os.environ.get(TOKEN, ""))


def _serve_health(app: App, pulse: Pulse, port: int) -> Callable[[threading.Event], None]:
    """A loop that serves the two pages, and nothing else, to this machine."""
    from syndicate.web import make_health_app
    from syndicate.web.server import listen, make_server

    return make_server(make_health_app(_make_health(app, pulse)), listen("127.0.0.1", port))


def _make_web(app: App, host: str, health: Health | None = None) -> ASGIApp:
    """The feeds, the dashboard and the API as one application, which follows the settings of the app."""
    from syndicate.app.dashboard import read_password
    from syndicate.web import Current, make_app
    from syndicate.web.api import make_api
    from syndicate.web.dashboard import make_dashboard, open_door

    door = open_door(app, listening=host, password=read_password(os.environ))
    dashboard = make_dashboard(app, door) if door else None
    app.open_for_threads()
    api = make_api(app, door)
    return Current(
        lambda: app.settings,
        lambda now: make_app(
            now.storage.publish_to, now, is_published=app.is_published, dashboard=dashboard, api=api, health=health
        ),
    )


@command()
def serve(context: typer.Context, host: Host = "127.0.0.1", port: Port = 8080, log: Log = LogFormat.TEXT) -> int:
    """Serve the feeds over HTTP, and the dashboard: until stopped."""
    from syndicate.web import server

    given = globals_of(context)
    keep_running(given.verbosity, log)
    with given.open_app() as app, _open_web(app, host, port) as (web, listener):
        threading.Thread(target=_follow_settings, args=(app,), name="syndicate-settings", daemon=True).start()
        server.serve(web, listener)
    return DONE


def _follow_settings(app: App) -> None:
    """Take up a changed syndicate.toml, as a daemon does."""
    from syndicate.app.rounds import take_up_settings

    while True:
        time.sleep(_SETTINGS)
        with survive(lambda error: log.error("%s", tell_for_log(error))):
            take_up_settings(app)


@command()
def worker(context: typer.Context, health: HealthPort = 0, log: Log = LogFormat.TEXT) -> int:
    """Work as one of many machines on PostgreSQL.

    Where PostgreSQL is away it waits, and goes on when it comes back.
    """
    from syndicate.app.rounds import Pulse, Rounds
    from syndicate.cluster import PATIENCE, keep_working

    given, pulse, stop = globals_of(context), Pulse(PATIENCE), threading.Event()
    keep_running(given.verbosity, log)
    with given.open_app() as app:
        if health:
            serve_pages = _serve_health(app, pulse, health)
            threading.Thread(target=serve_pages, args=(stop,), name="syndicate-health", daemon=True).start()
        settings = app.settings
        keep_working(settings.storage.database, settings.site.name, lambda: Rounds(app), leave_after, pulse)
        stop.set()
    return DONE


# --- `token`: the ways in. One address that opens the dashboard, and named tokens for programs that use the API ---

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
        times = [[local_time(at, zone, now=now) for at in (one.created_at, one.ends_at)] for one in found]
        rows = [(one.name, _say_scopes(one), *at) for one, at in zip(found, times, strict=True)]
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
    given.say({"revoked": name}, f"{name} is not accepted any more.")
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
