"""The command line: one module per group of commands, heavy rooms imported inside the command."""

from __future__ import annotations

import atexit
import gc
import os
import sys


def main() -> None:
    """The command `syndicate`. Exit codes: 0 done, 1 something needs a person, 2 usage or configuration.

    Most commands end before garbage in circles could matter; what keeps running (`daemon`) collects it again.
    """
    _read_names_as_utf8()
    gc.disable()
    atexit.register(gc.freeze)  # the interpreter looks through everything once more before it leaves
    try:
        sys.exit(_answer(sys.argv[1:]))
    except KeyboardInterrupt:
        sys.exit(130)
    except BrokenPipeError:  # `| head` has seen enough, as in `root`
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    except (MemoryError, ImportError, RuntimeError) as error:  # before `root` is there, which tells of all others
        from syndicate.errors import is_memory_short, tell_for_log

        if not is_memory_short(error):
            raise
        sys.exit(f"syndicate: {tell_for_log(error)}")


def _answer(words: list[str]) -> int:
    """The exit code of the command, which a glance may answer."""
    code = _glance(words)
    if code is None:
        from syndicate.cli.root import run

        run()
    sys.stdout.flush()
    return code


def _read_names_as_utf8() -> None:
    """Begin anew where Python reads file names by an older locale: a post is called the same in each of them."""
    if sys.getfilesystemencoding() != "utf-8" and os.environ.get("PYTHONUTF8") != "1":
        os.execve(sys.executable, sys.orig_argv, os.environ | {"PYTHONUTF8": "1"})  # noqa: S606 - ourselves


def _glance(words: list[str]) -> int | None:
    """The exit code of a command that a glance answered."""
    if words[:1] not in (["publish"], ["status"], ["plan"], ["why"]):
        return None
    from syndicate.cli.answers import answer

    return answer(words)
