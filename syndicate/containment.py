"""One border for trouble: what goes wrong with one post, picture, entry or account harms no other.

    with contain(lambda error: problems.append(to_problem(post, error))):
        entries.append(render(post))

Contained is every `Exception` and the panic of a Rust library, whatever its cause. Not contained is what makes going on
wrong for everything else: a broken or lost state, a lease in other hands, a full disk, and the wish to stop. Those end
the round; whoever repeats rounds says so with `survive` and goes on with the next one.
"""

from __future__ import annotations

import errno
from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Literal, NoReturn, overload

from syndicate.errors import StateError, SyndicateError

_DISK_IS_FULL = frozenset({errno.ENOSPC, errno.EDQUOT})


class Panic(SyndicateError):
    """A Rust library gave up; PyO3 raises that as a BaseException, which no `except Exception` would stop."""


class Border(AbstractContextManager[None, bool]):
    """Where trouble ends. mypy knows by the types whether code behind the block can be reached."""

    def __init__(self, tell: Callable[[Exception], object], judge: Callable[[BaseException], Exception | None]) -> None:
        self._tell, self._judge = tell, judge

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> bool:
        trouble = self._judge(error) if error else None
        if trouble is None:
            return False
        self._tell(trouble)
        return True


@overload
def contain(tell: Callable[[Exception], NoReturn]) -> AbstractContextManager[None, Literal[False]]: ...
@overload
def contain(tell: Callable[[Exception], object]) -> AbstractContextManager[None, bool]: ...
def contain(tell: Callable[[Exception], object]) -> AbstractContextManager[None, bool]:
    """Run the block; trouble in it is handed to `tell` and ends there.

    StateError, a full disk, KeyboardInterrupt, SystemExit and whatever `tell` itself raises go on to the caller.
    """
    return Border(tell, as_trouble)


def survive(tell: Callable[[Exception], object]) -> Border:
    """Run a whole round; whatever ends it is handed to `tell`, but for the wish to stop."""
    return Border(tell, _as_exception)


def as_trouble(error: BaseException) -> Exception | None:
    """The error as something that may be contained; None where the whole round has to end."""
    if isinstance(error, StateError) or is_disk_full(error):
        return None
    return _as_exception(error)


def _as_exception(error: BaseException) -> Exception | None:
    if is_panic(error):
        return Panic("a library gave up on it").with_traceback(error.__traceback__)
    return error if isinstance(error, Exception) else None


def is_panic(error: BaseException) -> bool:
    """Whether PyO3 raised it for a Rust panic: each library brings a class of that name of its own."""
    return type(error).__name__ == "PanicException" and not isinstance(error, Exception)


def is_disk_full(error: BaseException) -> bool:
    """Whether the disk, or the person's share of it, has no room; also where another error stands in front."""
    seen: BaseException | None = error
    while seen is not None:
        if isinstance(seen, OSError) and seen.errno in _DISK_IS_FULL:
            return True
        seen = seen.__cause__
    return False
