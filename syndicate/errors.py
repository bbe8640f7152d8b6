"""Every error syndicate raises on purpose, by what the caller does next.

SyndicateError                  shown to the person: what, where, what to do
├── UsageError                  the words typed were wrong: exit 2
│   └── Overtaken               … or fit no more: plan it anew
├── ConfigError                 syndicate.toml or a credential is wrong: exit 2
├── ContentError                one post is wrong: it becomes a Problem, the rest goes on
├── StateError                  the state database cannot be used now
│   ├── AlreadyRunning          another daemon owns this state: leave it alone
│   ├── Contradicted            this state is older than what was sent, lost or another's: send nothing
│   ├── StateMoved              another run has changed the state elsewhere: drop the round, read it again
│   └── LostLease               this delivery belongs to another worker now: drop it
├── FetchError                  a page, picture or hub did not answer as it should: try again later
│   └── HostAway                … nor did its whole server: ask that nothing more in this round
│       └── HostRefused         … because it is private, and a setting forbids that
└── NetworkError                a network did not publish; nothing below is ever retried by the network itself
    ├── Unavailable             surely not published: try again with back-off
    │   ├── RateLimited         … not before `retry_at`
    │   ├── NotReady            … media or container still in the making, ask again at `retry_at`
    │   └── Spoiled             … what was prepared cannot be used: prepare it anew
    ├── Rejected                surely not published and never will be: the delivery failed
    │   ├── Gone                … because what was to be changed is not there any more
    │   ├── Misfit              … because it is too long or large: composed anew within the limits it may fit
    │   └── Duplicate           … because an equal post exists: after an Uncertain one it is ours, else a refusal
    ├── Uncertain               may have been published: settle by looking, never send again blindly
    └── Blocked                 the account cannot be used until a person acts: pause it, lose nothing
        ├── Unauthorised        the token is dead, revoked or lacks a right
        └── PaymentRequired     no credit left, or our own money limit is reached

One border for trouble: what goes wrong with one post, picture, entry or account harms no other.

    with contain(lambda error: problems.append(to_problem(post, error))):
        entries.append(render(post))

Contained is every `Exception` and the panic of a Rust library, whatever its cause. Not contained is what makes going on
wrong for everything else: a broken or lost state, a lease in other hands, a full disk, and the wish to stop. Those end
the round; whoever repeats rounds says so with `survive` and goes on with the next one.
"""

from __future__ import annotations

import copyreg
import errno
import traceback
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from datetime import datetime
from typing import Literal, NoReturn, overload

HINTS: Mapping[int, str] = {
    errno.EACCES: "check its owner",
    errno.EPERM: "check its owner",
    errno.EROFS: "mount it so that it may be written",
    errno.ENOSPC: "free space",
    errno.EDQUOT: "free space",
    errno.EIO: "check the disk",
    errno.ENOTDIR: "a file is where a folder should be: move it away",
    errno.EEXIST: "take away what is there",
    errno.ENOMEM: "close other programs, or give the machine more memory",
    errno.EMFILE: "allow more open files (ulimit -n)",
    errno.ENFILE: "close other programs",
}
"""What to do about a failure of the system, by its number."""


class SyndicateError(Exception):
    """An error meant for a person. `hint` says what to do, `where` names a file, key or account."""

    def __init__(self, message: str, *, where: str = "", hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.where = where
        self.hint = hint

    def __reduce__(self) -> tuple[object, ...]:
        """Other processes hand us theirs, whatever else a kind needs when it is made."""
        return copyreg.__newobj__, (type(self), *self.args), vars(self)  # type: ignore[attr-defined]

    def __str__(self) -> str:
        where = f"{self.where}: " if self.where else ""
        hint = f" ({self.hint})" if self.hint else ""
        return f"{where}{self.message}{hint}"


class UsageError(SyndicateError):
    """The command line or a request asks for something that does not exist or fit."""


class Overtaken(UsageError):
    """What was planned fits no more: plan it anew, and ask again."""


class ConfigError(SyndicateError):
    """syndicate.toml, a template or a credential is wrong or missing."""


class ContentError(SyndicateError):
    """One post cannot be read. `line` is 1-based, 0 where unknown."""

    def __init__(self, message: str, *, where: str = "", line: int = 0, key: str = "", hint: str = "") -> None:
        super().__init__(message, where=where, hint=hint)
        self.line = line
        self.key = key


class CommitAwaited(ContentError):
    """One post cannot be read before git tells its date: the next commit may mend it."""


class StateError(SyndicateError):
    """The state database is locked, full, missing or from a newer version."""


class AlreadyRunning(StateError):
    """Another daemon holds this state."""


class Contradicted(StateError):
    """What was published says that this state does not know everything: nothing may be sent by it."""


class StateMoved(StateError):
    """The state that lives in a branch or a bucket is another one than we read: nothing of ours counts."""


class LostLease(StateError):
    """The lease on a delivery ran out and another worker took it."""


class FetchError(SyndicateError):
    """A GET did not bring what it should: refused address, too large, wrong type, no answer."""


class TooLarge(FetchError):
    """The answer has more bytes than were asked for."""


class HostAway(FetchError):
    """No connection to `server` (host and port), or no whole answer within its time."""

    def __init__(self, message: str, *, server: str, where: str = "", hint: str = "") -> None:
        super().__init__(message, where=where, hint=hint)
        self.server = server


class HostRefused(HostAway):
    """The guard does not let us connect to `server`; `hint` says which setting would."""


class NetworkError(SyndicateError):
    """A network did not publish. `where` is the account; the message never holds a secret."""


class Unavailable(NetworkError):
    """Surely not published; the network or the way to it is down, or asks to come back."""


class RateLimited(Unavailable):
    """Surely not published; come back at `retry_at` (aware UTC), None where the network did not say."""

    def __init__(self, message: str, *, retry_at: datetime | None = None, where: str = "", hint: str = "") -> None:
        super().__init__(message, where=where, hint=hint)
        self.retry_at = retry_at


class NotReady(RateLimited):
    """A media file or container is still processed. What was reached so far is already in the message."""


class Spoiled(Unavailable):
    """Surely not published, since the network cannot use what was prepared. `prepared` is where to begin anew."""

    def __init__(self, message: str, *, prepared: Mapping[str, str], where: str = "", hint: str = "") -> None:
        super().__init__(message, where=where, hint=hint)
        self.prepared = prepared


class Rejected(NetworkError):
    """Surely not published: the network refuses this message as it is."""


class Gone(Rejected):
    """The published message that was to be changed is not there any more."""


class Misfit(Rejected):
    """Nothing was asked of the network: the message is beyond its limits."""


class Duplicate(Rejected):
    """This call did not publish, because the network already shows an equal post.

    After an uncertain attempt of the same delivery that post is ours: `remote_id` and `url` name it where the
    network does, else it has to be found. On a first attempt it is a refusal like any other.
    """

    def __init__(self, message: str, *, remote_id: str = "", url: str = "", where: str = "", hint: str = "") -> None:
        super().__init__(message, where=where, hint=hint)
        self.remote_id = remote_id
        self.url = url


class Uncertain(NetworkError):
    """The call may have published: timeout after sending, cut connection, 5xx, unreadable success."""


class Blocked(NetworkError):
    """The account cannot publish until a person acts. Its deliveries wait."""


class Unauthorised(Blocked):
    """The credentials are missing, wrong, expired or lack a permission. A login helps, unless `hint` knows better."""

    def __init__(self, message: str, *, where: str = "", hint: str = "") -> None:
        super().__init__(message, where=where, hint=hint or (f"run: syndicate login {where}" if where else ""))


class PaymentRequired(Blocked):
    """The network wants money first, or the account's own spending cap is reached."""


def tell_for_log(error: Exception) -> str:
    """What a log says of an error: ours is a sentence, of any other only its kind and its place.

    The texts of others may repeat a secret.
    """
    if isinstance(error, SyndicateError):
        return str(error)
    if is_memory_short(error):
        return f"there is not enough memory ({HINTS[errno.ENOMEM]})"
    return f"unexpected {type(error).__name__}\n{''.join(traceback.format_tb(error.__traceback__))}".rstrip()


# --- the border ---

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


def is_memory_short(error: BaseException) -> bool:
    """Whether there was no memory for it; a library that is not loaded, or a thread that does not begin, tells so."""
    words = {ImportError: ("failed to map segment", "allocate memory"), RuntimeError: ("can't start new thread",)}
    said = next((words[kind] for kind in words if isinstance(error, kind)), ())
    return isinstance(error, MemoryError) or any(word in str(error) for word in said)
