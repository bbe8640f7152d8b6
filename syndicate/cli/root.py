"""The root of the command line: global options, the table of commands, and how errors leave the program."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from syndicate import __version__
from syndicate.errors import ConfigError, SyndicateError, UsageError

if TYPE_CHECKING:
    from syndicate.app.hall import App

DONE, NEEDS_A_PERSON, WRONG_USE, INTERRUPTED = 0, 1, 2, 130

app = typer.Typer(
    name="syndicate",
    help="Feeds, share cards and social posts for people who write Markdown.",
    rich_markup_mode=None,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    add_completion=True,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)

_MODULES = ("begin", "publish", "post", "queue", "daemon", "accounts", "cards", "stats")


@dataclass(frozen=True, slots=True)
class Globals:
    """The options before the command."""

    config: Path | None = None
    json: bool = False
    verbosity: int = 0

    def open_app(self) -> App:
        """The hall, opened on the nearest or named syndicate.toml."""
        from syndicate.app.hall import open_app

        return open_app(self.config)


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
        Path | None, typer.Option("--config", "-c", help="syndicate.toml to use; else the nearest one upwards.")
    ] = None,
    json: Annotated[bool, typer.Option("--json", help="Print JSON for programs.")] = False,
    verbose: Annotated[int, typer.Option("--verbose", "-v", count=True, help="Say more; twice for everything.")] = 0,
    quiet: Annotated[int, typer.Option("--quiet", "-q", count=True, help="Say only what went wrong.")] = 0,
    version: Annotated[
        bool, typer.Option("--version", callback=_print_version, is_eager=True, help="Print the version.")
    ] = False,
) -> None:
    del version  # its callback has ended the program already
    context.obj = Globals(config, json, verbose - quiet)


def run() -> None:
    """The process's way in and out."""
    sys.exit(call(sys.argv[1:]))


def call(words: Sequence[str]) -> int:
    """Run one command line; every error becomes a sentence on standard error and an exit code."""
    for module in _MODULES:
        import_module(f"syndicate.cli.{module}")
    try:
        result = app(list(words), standalone_mode=False)
    except typer.Exit as end:
        return end.exit_code
    except (KeyboardInterrupt, typer.Abort):
        return INTERRUPTED
    except BrokenPipeError:
        sys.stderr.close()
        return DONE
    except SyndicateError as error:
        print(f"syndicate: {error}", file=sys.stderr)
        return WRONG_USE if isinstance(error, UsageError | ConfigError) else NEEDS_A_PERSON
    except typer.TyperException as error:
        message = error.format_message()
        print(message if message.startswith("Usage:") else f"syndicate: {message}", file=sys.stderr)
        return WRONG_USE
    return result if isinstance(result, int) else DONE
