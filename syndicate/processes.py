"""Work done by other processes: shared, since threads keep only one core busy with Python, or fenced in.

Each is this module, run by the same interpreter, with a pipe in and a pipe out, and ends when we do, however we end,
and whatever it is doing then.
Large parts of an answer come through memory that both see. Where a process cannot be had, dies, or fails, there is no
answer: whoever shares work must be able to do it as well; what is fenced in has no answer then.
"""

from __future__ import annotations

import ctypes
import mmap
import os
import pickle
import select
import signal
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from datetime import timedelta
from pathlib import Path
from typing import IO, Generic, Self, TypeVar

from syndicate import __version__
from syndicate.errors import contain

# What comes through these pipes was written by ourselves.
# ruff: noqa: S301

MOST = 3
"""Other processes at most: each weighs as much as we do."""
STILL = timedelta(minutes=2)
"""Who did nothing at all from one such look to the next, hangs: even a wait for somebody else's server ends sooner."""
MOST_SHARED = 64_000_000
"""Bytes of the large parts of one answer."""

Given = TypeVar("Given")
Question = TypeVar("Question")
Answer = TypeVar("Answer")
Result = TypeVar("Result")


_HARMLESS = frozenset({
    "PATH", "HOME", "USER", "LOGNAME", "SHELL", "LANG", "LANGUAGE", "TZ", "TMPDIR", "SSL_CERT_FILE", "SSL_CERT_DIR",
    "DISPLAY", "WAYLAND_DISPLAY", "DBUS_SESSION_BUS_ADDRESS",
})  # fmt: skip


def clean_environment(environ: Mapping[str, str]) -> dict[str, str]:
    """What another program may know of our environment: where things are and who we are, no secret."""
    return {name: value for name, value in environ.items() if name in _HARMLESS or name.startswith(("LC_", "XDG_"))}


def ask_program(
    words: Sequence[str], seconds: float, variables: Mapping[str, str] | None = None
) -> subprocess.CompletedProcess[bytes]:
    """What another program answers. It waits for no person and hears no secret. Raises TimeoutExpired."""
    environment = clean_environment(os.environ) | dict(variables or {})
    quiet = subprocess.DEVNULL
    return subprocess.run(  # noqa: S603
        words, stdin=quiet, capture_output=True, check=False, timeout=seconds, env=environment
    )


def count_cores() -> int:
    """Cores that we may use: a container or `taskset` may leave us few of many."""
    affinity = getattr(os, "sched_getaffinity", None)  # Linux
    return len(affinity(0)) if affinity else os.cpu_count() or 1


def give_memory_back() -> None:
    """To the system: glibc keeps what threads freed, each its own, several times what is in use."""
    trim = getattr(ctypes.CDLL(None), "malloc_trim", None)
    if trim is not None:
        trim(0)


def count_others() -> int:
    """Other processes that are worth while: we keep one core busy ourselves."""
    return min(count_cores() - 1, MOST)


class Process(Generic[Given, Question, Answer]):
    """Another process that calls `begin(given)` and then answers questions, one at a time, with what that returned.

    `begin` is named in a module. `memory` is what it may fill while it works, in bytes, 0 for any; `patience` how long
    an answer may take, None as long as it does not stand `still`. Use it as a context manager.
    """

    def __init__(
        self,
        begin: Callable[[Given], Callable[[Question], Answer]],
        given: Given,
        *,
        memory: int = 0,
        patience: timedelta | None = None,
        still: timedelta = STILL,
    ) -> None:
        self._patience, self._still = patience, still
        self._window: mmap.mmap | None = None
        self._other: subprocess.Popen[bytes] | None = None
        with suppress(OSError, ValueError), _open_shared() as shared:
            self._window = mmap.mmap(shared.fileno(), MOST_SHARED)
            self._other = _start(shared.fileno(), memory)
        self._send((begin, given))

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()

    @property
    def is_alive(self) -> bool:
        return self._other is not None

    def give(self, question: Question) -> None:
        """Let it begin; `take` its answer before the next question."""
        self._send(question)

    def take(self) -> Answer | None:
        """The answer, None where there is none. Buffers in it are good until the next question."""
        if self._other is None or self._other.stdout is None or not self._is_answered(self._other.stdout.fileno()):
            self._end()
            return None
        with contain(lambda _: self._end()):  # half an answer may come to anything, and its rest before the next
            sizes: list[int] = pickle.load(self._other.stdout)
            ends = [sum(sizes[: number + 1]) for number in range(len(sizes))]
            view = memoryview(self._window or b"")
            buffers = [view[end - size : end] for end, size in zip(ends, sizes, strict=True)]
            answer: Answer = pickle.load(self._other.stdout, buffers=buffers)
            return answer
        return None

    def close(self) -> None:
        self._end()
        if self._window:
            with suppress(BufferError):  # somebody still looks at an answer
                self._window.close()

    def _is_answered(self, answers: int) -> bool:
        """Whether something came in time; also where the other side just ended."""
        watch = select.poll()
        watch.register(answers, select.POLLIN)
        worked = ""
        while not watch.poll((self._patience or self._still).total_seconds() * 1000):
            before, worked = worked, self._tell_work()
            if self._patience or (worked and worked == before):
                return False
        return True

    def _tell_work(self) -> str:
        """Another text whenever one of its threads has worked; "" where the system does not tell."""
        with suppress(OSError):  # a thread may have ended since
            threads = Path(f"/proc/{self._other.pid}/task").iterdir() if self._other else ()
            return "".join((thread / "schedstat").read_text("ascii") for thread in threads)
        return ""

    def _send(self, what: object) -> None:
        if self._other and self._other.stdin:
            try:
                pickle.dump(what, self._other.stdin)
                self._other.stdin.flush()
            except OSError:
                self._end()

    def _end(self) -> None:
        other, self._other = self._other, None
        if other:
            other.kill()  # it keeps nothing
            other.communicate()


class NoProcess(Exception):
    """None can be started, or none that works."""


class Fenced(Generic[Question, Answer]):
    """A process with little memory and time, for work on what strangers made. When it dies, one answer is lost.

    It is started when something is asked, and begun anew after a death. Threads may share it.
    """

    def __init__(
        self,
        begin: Callable[[None], Callable[[Question], Answer]],
        first: Question,
        memory: int,
        patience: timedelta | None,
    ) -> None:
        """`first` is a harmless question, by whose answer a process shows that it works."""
        self._begin = begin
        self._first = first
        self._memory = memory
        self._patience = patience
        self._lock = threading.Lock()
        self._process: Process[None, Question, Answer] | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()

    def close(self) -> None:
        with self._lock:
            self._end()

    def ask(self, question: Question, use: Callable[[Answer], Result]) -> Result | None:
        """What `use` makes of the answer; None where there is none.

        A process that is still there and has no answer may have kept too much from before: a fresh one is asked, too.
        Raises NoProcess where none can be had.
        """
        with self._lock:
            is_fresh = self._process is None
            answer = self._ask(question)
            if answer is None and self._process and not is_fresh:
                self._end()
                answer = self._ask(question)
            found = None if answer is None else use(answer)
            if answer is None:
                self._end()
            return found

    def _ask(self, question: Question) -> Answer | None:
        if self._process is None:
            self._process = Process(self._begin, None, memory=self._memory, patience=self._patience)
            self._process.give(self._first)
            if self._process.take() is None:
                self._end()
                raise NoProcess
        self._process.give(question)
        answer = self._process.take()
        if not self._process.is_alive:
            self._end()
        return answer

    def _end(self) -> None:
        if self._process:
            self._process.close()
            self._process = None


def _open_shared() -> IO[bytes]:
    """A file without a name, in memory where the system can; it takes as much room as is written to it."""
    try:
        shared: IO[bytes] = os.fdopen(os.memfd_create("syndicate"), "w+b", buffering=0)
    except (AttributeError, OSError):  # only Linux has it
        shared = tempfile.TemporaryFile(buffering=0)  # noqa: SIM115 - the caller's context manager
    shared.truncate(MOST_SHARED)
    return shared


def _start(shared: int, memory: int) -> subprocess.Popen[bytes]:
    script = f"from {__name__} import answer_questions; answer_questions({__version__!r}, {shared}, {memory})"
    command = [sys.executable, "-P", "-c", script]
    quiet, pipe = subprocess.DEVNULL, subprocess.PIPE
    # NumPy's library of linear algebra, which nobody here needs, takes memory for each of its threads.
    environment = {**_list_environment(is_fenced=memory > 0), "OPENBLAS_NUM_THREADS": "1"}
    return subprocess.Popen(  # noqa: S603
        command, stdin=pipe, stdout=pipe, stderr=quiet, pass_fds=[shared], env=environment
    )


def _list_environment(*, is_fenced: bool) -> Mapping[str, str]:
    """Ours; where strangers' files are worked on, no secret, and what Python and its libraries need to start."""
    if not is_fenced:
        return os.environ
    started = {name: value for name, value in os.environ.items() if name.startswith(("PYTHON", "LD_", "DYLD_"))}
    return clean_environment(os.environ) | started


def answer_questions(version: str, shared: int, memory: int) -> None:
    """The life of such a process: until nobody asks any more. `version` is that of the one who asks.

    Another one would read our values wrongly: a package may be exchanged under a running daemon.
    """
    if version != __version__:
        return
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):  # a terminal or systemd sends them to us, too
        signal.signal(number, signal.SIG_IGN)  # the one that asked ends, when it is ready to, and so do we
    threading.Thread(target=_end_with_asker, daemon=True).start()
    window = mmap.mmap(shared, MOST_SHARED)
    answers = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # whatever else prints must not come between
    with suppress(EOFError, BrokenPipeError):
        begin, given = pickle.load(sys.stdin.buffer)
        work = begin(given)
        if memory:
            _limit_memory(memory)
        while True:
            answers.write(_pack(_try(work, pickle.load(sys.stdin.buffer)), window))
            answers.flush()


def _end_with_asker() -> None:
    """Also in the middle of work: nobody may write on beside whoever takes the place of the one that asked."""
    asker = select.poll()
    asker.register(0, 0)  # that the pipe's other end is closed is told in any case
    asker.poll()
    os._exit(0)


def _limit_memory(most: int) -> None:
    """So much may be filled beside what is there already; where it is too little, a crash leaves no core file.

    Only Linux tells what is there, and counts what a process fills itself apart from the code that all share.
    """
    import resource  # noqa: PLC0415 - only here

    with suppress(OSError, ValueError):
        status = Path("/proc/self/status").read_text(encoding="ascii")
        present = int(status.partition("VmData:")[2].split()[0]) * 1024
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
        resource.setrlimit(resource.RLIMIT_DATA, (present + most, present + most))


def _pack(answer: object, window: mmap.mmap) -> bytes:
    """An answer as bytes; its buffers lie in the window, their sizes before it. One that is too large becomes none."""
    buffers: list[pickle.PickleBuffer] = []
    packed = pickle.dumps(answer, protocol=5, buffer_callback=buffers.append)
    raws = [one.raw() for one in buffers]
    if sum(map(len, raws)) > MOST_SHARED:
        return _pack(None, window)
    at = 0
    for raw in raws:
        window[at : at + len(raw)] = raw
        at += len(raw)
    return pickle.dumps([len(raw) for raw in raws]) + packed


def _try(work: Callable[[Question], Answer], question: Question) -> Answer | None:
    """None where it failed: whoever shares work does it again, and so sees what went wrong."""
    with contain(lambda _error: None):
        return work(question)
    return None
