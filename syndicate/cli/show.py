"""How results look: tables for people, plain lines when piped, JSON for programs."""

from __future__ import annotations

import dataclasses
import shutil
import sys
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from enum import Enum
from pathlib import Path
from typing import TYPE_CHECKING, TextIO
from zoneinfo import ZoneInfo

from syndicate.model import Attempt, Delivery, Occasion, PlannedChange, PlannedDelivery, Problem, gather_problems
from syndicate.planning.deliveries import say_reason, say_why
from syndicate.text import escape_controls

if TYPE_CHECKING:
    from rich.console import Console


_SHORTEST_TITLE = 10
_COLOURS = {
    "sent": "green",
    "planned": "cyan",
    "due": "cyan",
    "sending": "yellow",
    "held": "yellow",
    "uncertain": "bold red",
    "failed": "red",
    "missed": "red",
    "skipped": "dim",
    "cancelled": "dim",
}


def print_json(value: object, *, titles: Mapping[str, str] | None = None, file: TextIO | None = None) -> None:
    """Any of our values as indented JSON with sorted keys; instants are ISO 8601, secrets are never in values.

    With `titles`, by post id, every delivery says what its post is called.
    """
    import orjson

    options = orjson.OPT_INDENT_2 | orjson.OPT_SORT_KEYS | orjson.OPT_NON_STR_KEYS
    (file or sys.stdout).write(orjson.dumps(_plain(value, titles), option=options).decode() + "\n")


def _plain(value: object, titles: Mapping[str, str] | None = None) -> object:
    if isinstance(value, Occasion):
        return value.name
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        fields = (field for field in dataclasses.fields(value) if field.repr)
        own = {field.name: _plain(getattr(value, field.name), titles) for field in fields}
        return own | _say_why(value) | _say_title(value, titles)
    if isinstance(value, Mapping):
        return {str(key): _plain(inner, titles) for key, inner in value.items()}
    if isinstance(value, Iterable) and not isinstance(value, str):
        return [_plain(inner, titles) for inner in value]
    return _plain_scalar(value)


def _say_why(value: object) -> dict[str, object]:
    """The sentence beside the data, where something has a reason."""
    if isinstance(value, Attempt):
        return {"why": say_reason(value.reason, value.detail)}
    return {"why": say_why(value)} if isinstance(value, Delivery | PlannedDelivery | PlannedChange) else {}


def _say_title(value: object, titles: Mapping[str, str] | None) -> dict[str, object]:
    if titles is None or not isinstance(value, Delivery):
        return {}
    return {"title": titles.get(value.post_id, "")}


def _plain_scalar(value: object) -> object:
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, datetime):
        return value.isoformat().replace("+00:00", "Z")
    if isinstance(value, timedelta):
        return value.total_seconds()
    return value if isinstance(value, str | int | float | None) else str(value)


def make_console(*, stderr: bool = False) -> Console:
    """Rich's own colours must reach the terminal, so what is printed through it has to be plain before."""
    from rich.console import Console

    stream = sys.stderr if stderr else sys.stdout
    return Console(file=getattr(stream, "raw", stream), highlight=False, soft_wrap=False)


def print_table(columns: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """A table on a terminal, tab-separated lines in a pipe, nothing without rows.

    The last column holds addresses and reasons: on a terminal they get a line of their own and stay whole.
    """
    if not rows:
        return
    if not sys.stdout.isatty():
        for row in rows:
            print("\t".join(cell.replace("\n", " ") for cell in row))
        return
    from rich.cells import cell_len
    from rich.text import Text

    console = make_console()
    lines = _narrow([[*columns[:-1], ""], *rows], shutil.get_terminal_size().columns)
    widths = [max(cell_len(line[column]) for line in lines) for column in range(len(lines[0]) - 2)] + [0]
    for number, line in enumerate(lines):
        text = Text(style="" if number else "bold")
        for cell, width in zip(line, widths, strict=False):
            gap = " " * (width - cell_len(cell) + 2 if width else 0)
            text.append(escape_controls(cell) + gap, style=_COLOURS.get(cell, "") if number else "")
        console.print(text, soft_wrap=True)
        for below in filter(None, line[-1].split("\n")):
            for piece in _fill(f"{' ' * (widths[0] + 2)}{below}"):
                console.print(Text(escape_controls(piece), style="dim"), soft_wrap=True)


def _narrow(lines: Sequence[Sequence[str]], width: int) -> Sequence[Sequence[str]]:
    """The lines; where one is too wide for the terminal, the column before the last goes below, too (long slugs)."""
    from rich.cells import cell_len

    columns = range(len(lines[0]) - 1)
    if sum(max(cell_len(line[column]) for line in lines) + 2 for column in columns) <= width + 2:
        return lines
    head, *rest = lines
    return [[*head[:-2], ""], *([*line[:-2], "\n".join(filter(None, line[-2:]))] for line in rest)]


def name_post(title: str, slug: str) -> str:
    """ "A title (slug)", the slug alone where the title says no more."""
    return slug if not title or title.casefold().replace(" ", "-") == slug else f"{title} ({slug})"


def name_posts(posts: Sequence[tuple[str, str]], left: Sequence[Sequence[str]]) -> list[str]:
    """Posts by title and slug ("A title (slug)"), titles cut so that the line beside the cells on the left fits."""
    from rich.cells import cell_len, set_cell_size

    widths = [max(map(cell_len, column), default=0) + 2 for column in zip(*left, strict=True)]
    room = shutil.get_terminal_size().columns - sum(widths)
    names = []
    for title, slug in posts:
        spare = room - cell_len(slug) - 3
        if spare < _SHORTEST_TITLE:
            names.append(slug)
        elif cell_len(title) > spare:
            names.append(f"{set_cell_size(title, spare - 1).rstrip()}… ({slug})")
        else:
            names.append(name_post(title, slug))
    return names


def tell(text: str, *, indent: int | None = None, file: TextIO | None = None) -> None:
    """Lines of words. On a terminal they are wrapped between words, what follows is indented, addresses stay whole."""
    stream = file or sys.stdout
    lines = text.splitlines()
    print(
        "\n".join([piece for line in lines for piece in _fill(line, indent)] if stream.isatty() else lines), file=stream
    )


def _fill(line: str, indent: int | None = None) -> Sequence[str]:
    """What follows the first line is indented by four more than it, or by `indent`."""
    own = len(line) - len(line.lstrip(" "))
    later = " " * (own + 4 if indent is None else indent)
    return _wrap_cells(line.strip(" "), max(shutil.get_terminal_size().columns, 30), " " * own, later)


def _wrap_cells(line: str, width: int, first: str, later: str) -> list[str]:
    """Wrapped between words by what a terminal shows: a wide character takes two columns. Addresses stay whole."""
    from rich.cells import cell_len, chop_cells

    lines, current, has_word = [], first, False
    for word in line.split(" "):
        if has_word and cell_len(f"{current} {word}") > width:
            lines.append(current)
            current, has_word = later, False
        room = width - cell_len(current) - has_word
        least = max(min(room, width - cell_len(later)), 2)
        *whole, rest = [word] if word.isascii() or cell_len(word) <= room else chop_cells(word, least)
        for piece in whole:
            lines.append(f"{current} {piece}" if has_word else current + piece)
            current, has_word = later, False
        current, has_word = f"{current} {rest}" if has_word else current + rest, True
    return [*lines, current]


def print_quoted(text: str, mark: str = "│") -> None:
    """A message's text behind a bar; long lines are wrapped on a terminal, left whole in a pipe."""
    for line in text.splitlines():
        for piece in _wrap(line):
            print(f"  {mark} {piece}".rstrip())


def _wrap(line: str) -> Sequence[str]:
    if not sys.stdout.isatty():
        return [line]
    return _wrap_cells(line, max(shutil.get_terminal_size().columns - 5, 20), "", "")


def print_problems(problems: Sequence[Problem]) -> None:
    """Each problem with file and line, many of a kind as one, on standard error."""
    for problem in gather_problems(problems):
        tell(str(problem), file=sys.stderr)


def local_time(at: datetime | None, zone: str, *, now: datetime) -> str:
    """An instant in the site's zone: "Mon 24 Nov 09:00", with the year when it is another one."""
    if at is None:
        return "never"
    there = at.astimezone(ZoneInfo(zone))
    same_year = there.year == now.astimezone(ZoneInfo(zone)).year
    return f"{there:%a} {there.day} {there:%b %H:%M}" if same_year else f"{there.day} {there:%b %Y %H:%M}"


def short_path(place: str) -> str:
    """A folder as a person standing here would write it; addresses stay as they are."""
    path = Path(place)
    is_near = "://" not in place and path.is_relative_to(Path.cwd())
    return f"{path.relative_to(Path.cwd()).as_posix()}/" if is_near else place


def plural(number: int, one: str, many: str = "") -> str:
    """ "1 post", "3 posts"."""
    return f"{number:,} {one if number == 1 else many or one + 's'}"
