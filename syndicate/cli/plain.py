"""Help as people read it: commands in the order of a day's work, "SLUG" where Typer writes "{SLUG} <str>"."""

from __future__ import annotations

import re
from typing import Any

from typer.core import TyperCommand, TyperGroup

ORDER = (
    "init", "doctor", "publish", "plan", "post", "run", "serve", "status", "queue", "why", "settle", "amend",
    "accounts", "login", "adopt", "cards", "stats", "backup", "restore", "worker", "schema",
)  # fmt: skip


class PlainCommand(TyperCommand):
    """A command whose arguments are shown by name alone."""

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
