"""What a person reads is plain: help in the order of a day's work, and no character that steers the terminal."""

from __future__ import annotations

import json
import logging
import os
import re
import sys
import threading
from collections import deque
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from select import select
from typing import Any, TextIO, cast

from syndicate.errors import UsageError
from syndicate.text import escape_controls


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


class UnblockedHandler(logging.Handler):
    """Writes a log in a thread of its own, so that nobody waits for who reads it.

    A terminal that was stopped by Ctrl-S, or a full pipe that nobody empties, would else stop the whole process. What
    comes meanwhile is kept up to `most` lines; how many more there were is said afterwards. What follows within `pause`
    seconds is written together: waking that thread costs more than the line of a small answer does.
    """

    def __init__(self, descriptor: int = 2, *, most: int = 1000, patience: float = 2.0, pause: float = 0.05) -> None:
        super().__init__()
        self._descriptor, self._most, self._patience, self._pause = descriptor, most, patience, pause
        self._lines: deque[str] = deque()
        self._dropped = 0
        self._is_writing = self._is_pausing = self._is_urgent = False
        self._changed = threading.Condition()
        threading.Thread(target=self._write_all, name="log", daemon=True).start()

    def emit(self, record: logging.LogRecord) -> None:
        """As `logging` asks for it; never waits."""
        line = self.format(record)
        with self._changed:
            if len(self._lines) < self._most:
                self._lines.append(line)
            else:
                self._dropped += 1
            self._is_urgent |= record.levelno > logging.INFO or len(self._lines) > self._most // 2
            if self._is_urgent or not self._is_pausing:
                self._changed.notify_all()

    def flush(self) -> None:
        """Let what was said be written, as long as somebody reads it."""
        with self._changed:
            self._is_urgent = True
            self._changed.notify_all()
            self._changed.wait_for(lambda: not (self._lines or self._dropped or self._is_writing), self._patience)

    def _write_all(self) -> None:
        while True:
            with self._changed:
                self._is_writing, self._is_pausing = False, True
                self._changed.notify_all()
                self._changed.wait_for(lambda: self._is_urgent, self._pause)
                self._is_pausing = self._is_urgent = False
                self._changed.wait_for(lambda: self._lines or self._dropped)
                lines, dropped = [*self._lines], self._dropped
                self._lines.clear()
                self._dropped, self._is_writing = 0, True
            if dropped:
                lines.append(f"{dropped:,} more lines of the log were left out: nobody read them")
            self._write("\n".join(lines).encode(errors="replace") + b"\n")

    def _write(self, data: bytes) -> None:
        """By the system's own call: Python's streams hold a lock meanwhile that the end of the process waits for."""
        while data:
            try:
                data = data[os.write(self._descriptor, data) :]
            except BlockingIOError:
                select([], [self._descriptor], [])
            except OSError:
                return  # nobody will ever read it


class JsonFormatter(logging.Formatter):
    """One JSON object a line, for programs that collect logs."""

    def format(self, record: logging.LogRecord) -> str:
        """`at` in UTC, `level`, `logger`, `message`, and `trace` where there is one."""
        at = datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds")
        told = {"at": at, "level": record.levelname.lower(), "logger": record.name, "message": record.getMessage()}
        if record.exc_info:
            told["trace"] = self.formatException(record.exc_info)
        return json.dumps(told, ensure_ascii=False)


# --- The words a person typed, and what is said when they do not fit ---

_FLAGS = re.compile(r"--json|--verbose|--quiet|-v+|-q+|--config=.*|-c.+")
_WITH_VALUE = {"--config", "-c"}
_FREE_TEXT = {"--text"}
_PLAINER = (
    (re.compile(r"Value error, "), ""),
    (re.compile(r" ?\(Possible options: (.*?)\)"), r"; did you mean \1?"),
    (re.compile(r"\. Did you mean '([^']*)'\?"), r"; did you mean \1?"),
    (re.compile(r"Input should be a valid integer, unable to parse string as an integer"), "not a whole number"),
    (re.compile(r"Input should be (less|greater) than or equal to (\d+)"), r"must be \2 or \1"),
    (re.compile(r"\.$"), ""),
)


def put_globals_first(words: Sequence[str]) -> list[str]:
    """`syndicate plan --json` means `syndicate --json plan`. What follows `--text` or `--` stays where it is."""
    first: list[str] = []
    rest: list[str] = []
    left = list(words)
    while left:
        word = left.pop(0)
        if word == "--":
            return [*first, *rest, word, *left]
        if _FLAGS.fullmatch(word):
            first.append(word)
        elif word in _WITH_VALUE:
            first += [word, *left[:1]]
            left = left[1:]
        else:
            rest.append(word)
            if word in _FREE_TEXT:
                rest += left[:1]
                left = left[1:]
    return [*first, *rest]


def explain_misuse(error: Any) -> str:
    """A sentence for what Typer refuses, and the help page to read."""
    message = str(error.format_message())
    if message.startswith("Usage:"):
        return message
    for pattern, plainer in _PLAINER:
        message = pattern.sub(plainer, message)
    context = getattr(error, "ctx", None)
    path = context.command_path if context else "syndicate"
    return f"syndicate: {message[0].lower()}{message[1:]} (`{path} --help` shows what there is)"


def read_time(words: str, *, where: str) -> timedelta:
    """A length of time as a person types it: "10m", "90d", or "0"."""
    from syndicate.config.values import parse_duration

    try:
        return parse_duration(0 if words == "0" else words)
    except ValueError as error:
        raise UsageError(f'"{words}" is {error}', where=where) from error
