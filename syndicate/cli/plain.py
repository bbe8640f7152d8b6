"""What a person reads is plain: help in the order of a day's work, and no character that steers the terminal."""

from __future__ import annotations

import logging
import re
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, TextIO, cast

from typer.core import TyperCommand, TyperGroup

from syndicate.text.cleaning import escape_controls

ORDER = (
    "init", "doctor", "publish", "plan", "post", "run", "serve", "status", "queue", "why", "settle", "amend",
    "accounts", "login", "adopt", "cards", "stats", "backup", "restore", "worker", "schema",
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


class PlainStream:
    """A terminal, pipe or file that gets no character to steer it by, whoever wrote the text: see `escape_controls`."""

    def __init__(self, raw: TextIO) -> None:
        self.raw = raw

    def write(self, text: str) -> int:
        """As files do."""
        return self.raw.write(escape_controls(text))

    def __getattr__(self, name: str) -> Any:
        return getattr(self.raw, name)


@contextmanager
def plain_streams() -> Iterator[None]:
    """Whatever is printed meanwhile goes through `PlainStream`."""
    before = sys.stdout, sys.stderr
    sys.stdout, sys.stderr = (cast("TextIO", PlainStream(stream)) for stream in before)
    try:
        yield
    finally:
        sys.stdout, sys.stderr = before


class LogFormatter(logging.Formatter):
    """Lines of a log that nobody else can forge: what follows a line break is indented."""

    def format(self, record: logging.LogRecord) -> str:
        """As `logging` does it, made plain."""
        return escape_controls(super().format(record)).replace("\n", "\n    ")
