"""One border for trouble: what goes wrong with one post, picture, entry or account harms no other.

    with contain(lambda error: problems.append(to_problem(post, error))):
        entries.append(render(post))

Contained is every `Exception` and the panic of a Rust library, whatever its cause. Not contained is what makes going on
wrong for everything else: a broken or lost state, a lease in other hands, a full disk, and the wish to stop. Those end
the round; whoever repeats rounds says so with `survive` and goes on with the next one.
"""

from __future__ import annotations

import errno
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from syndicate.errors import StateError, SyndicateError

_DISK_IS_FULL = frozenset({errno.ENOSPC, errno.EDQUOT})


class Panic(SyndicateError):
    """A Rust library gave up; PyO3 raises that as a BaseException, which no `except Exception` would stop."""


@contextmanager
def contain(tell: Callable[[Exception], object]) -> Iterator[None]:
    """Run the block; trouble in it is handed to `tell` and ends there.

    StateError, a full disk, KeyboardInterrupt, SystemExit and whatever `tell` itself raises go on to the caller.
    """
    try:
        yield
    except BaseException as error:
        trouble = as_trouble(error)
        if trouble is None:
            raise
        tell(trouble)


@contextmanager
def survive(tell: Callable[[Exception], object]) -> Iterator[None]:
    """Run a whole round; whatever ends it is handed to `tell`, but for the wish to stop."""
    try:
        yield
    except BaseException as error:
        trouble = _as_exception(error)
        if trouble is None:
            raise
        tell(trouble)


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
