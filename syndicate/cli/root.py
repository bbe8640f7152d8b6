"""The root of the command line: global options, the table of commands, and how errors leave the program."""

from __future__ import annotations

import errno
import logging
import os
import re
import signal
import sys
import threading
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import cache, partial
from importlib import import_module
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING, Annotated, Any, NoReturn

import typer
from typer.core import TyperCommand, TyperGroup
from typer.main import get_command

from syndicate import __version__
from syndicate.cli.show import print_json, tell
from syndicate.cli.terminal import explain_misuse, plain_streams, put_globals_first
from syndicate.errors import HINTS, ConfigError, SyndicateError, UsageError, is_memory_short

if TYPE_CHECKING:
    from syndicate.app.app import App


ORDER = (
    "init", "doctor", "publish", "plan", "post", "run", "serve", "status", "queue", "why", "settle", "amend",
    "accounts", "login", "adopt", "cards", "stats", "backup", "restore", "prune", "worker", "schema",
)  # fmt: skip


class PlainCommand(TyperCommand):
    """A command whose arguments are shown by name alone: "SLUG" where Typer writes "{SLUG} <str>"."""

    def collect_usage_pieces(self, ctx: Any) -> list[str]:
        return [piece.replace("{", "").replace("}", "") for piece in super().collect_usage_pieces(ctx)]

    def format_options(self, ctx: Any, formatter: Any) -> None:
        for heading, kind in (("Arguments", "argument"), ("Options", "option")):
            rows = [_row(ctx, param) for param in self.get_params(ctx) if param.param_type_name == kind]
            if shown := [row for row in rows if row]:
                with formatter.section(heading):
                    formatter.write_dl(shown)


class PlainGroup(TyperGroup):
    """The commands in `ORDER`, then the rest."""

    def list_commands(self, ctx: Any) -> list[str]:
        known = super().list_commands(ctx)
        return [*(name for name in ORDER if name in known), *(name for name in known if name not in ORDER)]


def _row(ctx: Any, param: Any) -> tuple[str, str] | None:
    record = param.get_help_record(ctx)
    if record is None:
        return None
    name, text = record
    if param.param_type_name == "argument":
        name = re.sub(r"[{}\[\]]", "", param.get_usage_pieces(ctx)[0])
    return name, text.replace("  [required]", "")


PATIENCE = 2.0
"""Seconds to clean up after Ctrl-C."""
DONE, NEEDS_A_PERSON, WRONG_USE, INTERRUPTED = 0, 1, 2, 130

app = typer.Typer(
    name="syndicate",
    cls=PlainGroup,
    help="Feeds, share cards and social posts for people who write Markdown.",
    rich_markup_mode=None,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    add_completion=True,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)
command = partial(app.command, cls=PlainCommand)
"""Decorator: a command of `syndicate`."""

_MODULES = ("init", "publish", "post", "queue", "daemon", "accounts")


@dataclass(frozen=True, slots=True)
class Globals:
    """The options before the command."""

    config: Path | None = None
    json: bool = False
    verbosity: int = 0

    def open_app(self) -> App:
        """The app, opened on the nearest or named syndicate.toml."""
        from syndicate.app.app import open_app

        named = self.config
        app = open_app(named / "syndicate.toml" if named and named.is_dir() else named)
        if app.settings.storage.state and is_pull_request(os.environ):
            app.state_place.only_looks = True
        return app

    def say(self, value: Mapping[str, object], words: str) -> None:
        """What was done: for programs as JSON, for a person in words unless they want silence."""
        if self.json:
            print_json(value)
        elif self.verbosity >= 0:
            tell(words)


def is_pull_request(environ: Mapping[str, str]) -> bool:
    """Whether a CI works on what is not accepted yet: it may come from anybody, and its pages are not live."""
    kinds = (environ.get("GITHUB_EVENT_NAME", ""), environ.get("CI_PIPELINE_SOURCE", ""), environ.get("CI_EVENT", ""))
    return any("pull_request" in kind or "merge_request" in kind or kind == "merge_group" for kind in kinds)


def globals_of(context: typer.Context) -> Globals:
    found = context.find_object(Globals)
    return found if found is not None else Globals()


def _print_version(value: bool) -> None:
    if value:
        print(f"syndicate {__version__}")
        raise typer.Exit


@app.callback()
def root(
    context: typer.Context,
    config: Annotated[
        Path | None,
        typer.Option("--config", "-c", metavar="FILE", help="syndicate.toml to use; else the nearest one upwards."),
    ] = None,
    json: Annotated[bool, typer.Option("--json", help="Print JSON for programs.")] = False,
    verbose: Annotated[
        int,
        typer.Option(
            "--verbose", "-v", count=True, show_default=False, help="Say more in the log of run, serve and worker."
        ),
    ] = 0,
    quiet: Annotated[
        int, typer.Option("--quiet", "-q", count=True, show_default=False, help="Say only what went wrong.")
    ] = 0,
    version: Annotated[
        bool, typer.Option("--version", callback=_print_version, is_eager=True, help="Print the version.")
    ] = False,
) -> None:
    del version  # its callback has ended the program already
    context.obj = Globals(config, json, verbose - quiet)


def run() -> NoReturn:
    """The process's way in and out."""
    signal.signal(signal.SIGINT, _interrupt)
    sys.exit(call(sys.argv[1:]))


def _interrupt(number: int, frame: FrameType | None, seconds: float = PATIENCE) -> None:
    """Ctrl-C: clean up, but do not wait for threads that wait for somebody else's server."""
    leave_after(seconds, INTERRUPTED)
    signal.default_int_handler(number, frame)


def end_tidily(seconds: float) -> None:
    """Let Ctrl-C and SIGTERM leave so much time: who holds a state that lives elsewhere has to let go of it."""
    if signal.getsignal(signal.SIGINT) is not _interrupt:
        return  # we are not a process of our own
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda number, frame: _interrupt(number, frame, seconds))


def leave_after(seconds: float, code: int = DONE) -> None:
    """End the process after so long, whatever still runs: it takes up again where it stands on disk."""
    timer = threading.Timer(seconds, leave, (code,))
    timer.daemon = True
    timer.start()


def leave(code: int) -> NoReturn:
    """End the process now, without waiting for its threads."""
    logging.shutdown()
    for stream in (sys.stdout, sys.stderr):
        with suppress(OSError, ValueError):
            stream.flush()
    os._exit(code)


def call(words: Sequence[str]) -> int:
    """Run one command line; every error becomes a sentence on standard error and an exit code."""
    with plain_streams():
        return _call(words)


@cache
def load_commands() -> TyperGroup:
    """The whole command line: every module of commands adds its own to `app`."""
    for module in _MODULES:
        import_module(f"syndicate.cli.{module}")
    group = get_command(app)
    assert isinstance(group, TyperGroup)
    return group


def _call(words: Sequence[str]) -> int:
    ordered = put_globals_first(words)
    try:
        result = load_commands()(ordered, standalone_mode=False)
        sys.stdout.flush()
        return result if isinstance(result, int) else DONE
    except typer.Exit as end:
        return end.exit_code
    except (KeyboardInterrupt, typer.Abort):
        return INTERRUPTED
    except BrokenPipeError:  # `| head` has seen enough; nothing may be written when Python ends either
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return DONE
    except (MemoryError, ImportError, RuntimeError) as error:
        if not is_memory_short(error):
            raise
        _say(OSError(errno.ENOMEM, os.strerror(errno.ENOMEM)), NEEDS_A_PERSON, as_json=_asks_for_json(ordered))
        return NEEDS_A_PERSON
    except (SyndicateError, typer.TyperException, OSError) as error:
        is_misuse = isinstance(error, UsageError | ConfigError | typer.TyperException)
        code = WRONG_USE if is_misuse else NEEDS_A_PERSON
        _say(error, code, as_json=_asks_for_json(ordered))
        return code


def _asks_for_json(ordered: Sequence[str]) -> bool:
    """Whether --json stands among the options before the command."""
    for before, word in zip(["", *ordered], ordered, strict=False):
        if word == "--json":
            return True
        if not word.startswith("-") and before not in {"-c", "--config"}:
            break
    return False


def _say(error: Exception, code: int, *, as_json: bool) -> None:
    """The error as a sentence on standard error; as JSON for programs that asked for that."""
    place, message, hint = "", str(error), ""
    if isinstance(error, typer.TyperException):
        sentence = explain_misuse(error)
        message = sentence.removeprefix("syndicate: ")
    elif isinstance(error, OSError):  # a full disk, a folder that nobody may write
        place, message = str(error.filename or ""), error.strerror or str(error)
        hint = HINTS.get(error.errno or 0, "")
        sentence = f"syndicate: {place}: {message}" if place else f"syndicate: {message}"
        sentence += f" ({hint})" if hint else ""
    else:
        sentence = f"syndicate: {error}"
    if isinstance(error, SyndicateError):
        place, message, hint = error.where, error.message, error.hint
    if as_json:
        kind = type(error).__name__
        print_json({"error": message, "where": place, "hint": hint, "kind": kind, "code": code}, file=sys.stderr)
    else:
        tell(sentence, file=sys.stderr)


# --- What the shell offers after TAB ---
# Slugs and account names of the site around the current folder, never an error.


def complete_slug(incomplete: str) -> list[str]:
    """Posts, the newest first."""
    from syndicate.app.app import open_app

    try:
        with open_app() as app:
            slugs = [one.post.slug for one in app.make_plan().identified]
    except (SyndicateError, OSError):
        return []
    return [slug for slug in slugs if slug.startswith(incomplete)]


def complete_account(incomplete: str) -> list[str]:
    """Accounts of syndicate.toml, in its order."""
    from syndicate.config import find_config
    from syndicate.config.read import read_settings

    try:
        names = [account.name for account in read_settings(find_config(Path.cwd())).accounts]
    except (SyndicateError, OSError):
        return []
    return [name for name in names if name.startswith(incomplete)]
