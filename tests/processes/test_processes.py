"""Another process answers as we would, and whatever happens to it costs no more than an answer."""

from __future__ import annotations

import os
import pickle
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from syndicate.processes import MOST_SHARED, Fenced, NoProcess, Process, count_cores, count_others


def begin_dividing(dividend: int) -> Callable[[int], tuple[float, int]]:
    """Answers with a quotient and with who found it; says something on the way."""

    def divide(divisor: int) -> tuple[float, int]:
        sys.stdout.write("a word on the way")
        return dividend / divisor, os.getpid()

    return divide


def fail_at_once(_given: int) -> Callable[[int], int]:
    raise RuntimeError


@pytest.mark.slow
def test_questions_are_answered_one_after_another() -> None:
    """By another process, which may print, and whose failures are no answers."""
    with Process(begin_dividing, 12) as process:
        answers = []
        for divisor in (3, 0, 4):
            process.give(divisor)
            answers.append(process.take())
    assert answers[1] is None
    assert [answer and answer[0] for answer in (answers[0], answers[2])] == [4, 3]
    assert {answer[1] for answer in answers if answer}.isdisjoint({os.getpid()})


@pytest.mark.slow
def test_a_killed_process_answers_no_more() -> None:
    """Each question to it comes back without an answer, at once."""
    with Process(begin_dividing, 12) as process:
        process.give(3)
        answer = process.take()
        assert answer
        os.kill(answer[1], signal.SIGKILL)
        for divisor in (1, 2):
            process.give(divisor)
            assert process.take() is None


@pytest.mark.slow
def test_only_the_one_that_asked_ends_it() -> None:
    """systemd and a terminal that closes ask all processes to stop; the one that asked may still need its answer."""
    with Process(begin_dividing, 12) as process:
        process.give(3)
        answer = process.take()
        assert answer
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
            os.kill(answer[1], number)
        process.give(4)
        assert process.take() == (3, answer[1])


@pytest.mark.slow
def test_one_that_cannot_begin_answers_nothing() -> None:
    """As if it had not been there."""
    with Process(fail_at_once, 12) as process:
        process.give(3)
        assert process.take() is None


def test_no_process_no_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where none can be started, whoever asks does it alone."""
    monkeypatch.setattr(sys, "executable", "/nowhere/python")
    with Process(begin_dividing, 12) as process:
        process.give(3)
        assert process.take() is None


@pytest.mark.slow
@pytest.mark.parametrize("last", ["", "process.give('hang')"])
def test_it_ends_when_the_one_that_asked_is_killed(last: str) -> None:
    """Nobody is left behind: its questions end, and so does it, also in the middle of its work."""
    lines = (
        "import os, signal",
        "from tests.processes.test_processes import begin_odd_jobs",
        "from syndicate.processes import Process",
        "process = Process(begin_odd_jobs, None).__enter__()",
        "process.give('who')",
        "print(process.take(), flush=True)",
        last,
        "os.kill(os.getpid(), signal.SIGKILL)",
    )
    killed = subprocess.run([sys.executable, "-c", "\n".join(lines)], capture_output=True, text=True, check=False)
    assert killed.returncode == -signal.SIGKILL
    assert is_gone_soon(int(killed.stdout))


def is_gone_soon(pid: int) -> bool:
    """It may take a moment until its end is seen; an orphan that nobody waits for counts as gone."""
    for _ in range(200):
        try:
            if Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()[0] == "Z":
                return True
        except FileNotFoundError:
            return True
        signal.sigtimedwait([], 0.05)
    return False


@pytest.mark.parametrize(("cores", "others"), [(1, 0), (2, 1), (4, 3), (64, 3)])
def test_how_many_others(cores: int, others: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """One core is ours, and memory sets a bound."""
    monkeypatch.setattr("os.sched_getaffinity", lambda _pid: range(cores))
    assert count_others() == others


def test_where_a_system_knows_no_affinity_all_cores_count(monkeypatch: pytest.MonkeyPatch) -> None:
    """As on macOS."""
    monkeypatch.delattr("os.sched_getaffinity")
    monkeypatch.setattr("os.cpu_count", lambda: 5)
    assert count_cores() == 5


class Odd(Exception):
    """Can be sent, and not be received."""

    def __init__(self, one: int, two: int) -> None:
        super().__init__()


def begin_oddly(_given: int) -> Callable[[int], object]:
    return lambda number: Odd(1, 2) if number == 1 else number


@pytest.mark.slow
def test_after_an_answer_that_cannot_be_read_there_are_none() -> None:
    """What comes next could be the rest of it, or the answer to another question."""
    with Process(begin_oddly, 0) as process:
        answers = []
        for number in (0, 1, 2):
            process.give(number)
            answers.append(process.take())
    assert answers == [0, None, None]


def test_another_version_of_us_answers_nothing() -> None:
    """Where the package was exchanged under a running daemon, what is sent means something else there."""
    script = "from syndicate.processes import answer_questions; answer_questions('0', -1, 0)"
    asked = pickle.dumps((begin_dividing, 12)) + pickle.dumps(3)
    done = subprocess.run([sys.executable, "-c", script], input=asked, capture_output=True, check=False)
    assert (done.returncode, done.stdout) == (0, b"")


def _rest_often() -> None:
    for _ in range(60):
        time.sleep(0.1)


def begin_odd_jobs(_given: None) -> Callable[[str], str | bytes]:
    """Obeys whoever asks: ends, hangs, fills its memory, fails, or says who it is."""

    def work(job: str) -> str | bytes:
        if job == "crash":
            os.kill(os.getpid(), signal.SIGSEGV)
        if job == "work":
            _rest_often()
        if job == "have it done":
            worker = threading.Thread(target=_rest_often)
            worker.start()
            worker.join()
        if job == "hang":
            signal.pause()
        if job == "fill":
            return bytes(500_000_000)
        if job == "fail":
            raise ValueError
        return str(os.getpid())

    return work


@pytest.fixture
def fenced() -> Iterator[Fenced[str, str]]:
    patience = timedelta(seconds=5)
    with Fenced[str, str](begin_odd_jobs, "who", memory=100_000_000, patience=patience) as fenced:
        yield fenced


@pytest.mark.slow
@pytest.mark.parametrize("job", ["crash", "hang", "fill", "fail"])
def test_what_ends_a_fenced_process_costs_one_answer(fenced: Fenced[str, str], job: str) -> None:
    """The next question has its answer, by a fresh one."""
    before = fenced.ask("who", str)
    assert fenced.ask(job, str) is None
    after = fenced.ask("who", str)
    assert after
    assert after != before


@pytest.mark.slow
def test_one_that_has_time_without_end_is_given_up_where_it_does_nothing() -> None:
    """While it works, be it ever so slowly and in another thread, it is waited for."""
    with Process(begin_odd_jobs, None, still=timedelta(seconds=2)) as process:
        for job in ("work", "have it done", "hang"):
            process.give(job)
            answer = process.take()
            assert bool(answer) == process.is_alive == (job != "hang")


@pytest.mark.slow
def test_a_fenced_process_answers_many_questions(fenced: Fenced[str, str]) -> None:
    """It is begun once."""
    assert len({fenced.ask("who", str) for _ in range(5)}) == 1


@pytest.mark.slow
def test_a_fenced_process_may_begin_again_after_its_end(fenced: Fenced[str, str]) -> None:
    """Closed between two publications, it is there for the next."""
    before = fenced.ask("who", str)
    fenced.close()
    assert fenced.ask("who", str) != before


def test_no_fenced_process_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where none can be started, whoever asks has to know."""
    monkeypatch.setattr(sys, "executable", "/nowhere/python")
    fenced = Fenced[str, str](begin_odd_jobs, "who", memory=0, patience=timedelta(seconds=2))
    with pytest.raises(NoProcess):
        fenced.ask("who", str)


def begin_lending(_given: int) -> Callable[[int], pickle.PickleBuffer]:
    return lambda size: pickle.PickleBuffer(bytes(range(256)) * size)


@pytest.mark.slow
def test_large_parts_of_an_answer_come_whole() -> None:
    """Through the memory that both see; what has no room there is no answer."""
    with Process(begin_lending, 0) as process:
        for size, whole in ((1, True), (40_000, True), (MOST_SHARED // 256 + 1, False), (3, True)):
            process.give(size)
            answer = process.take()
            assert (answer is not None and bytes(answer) == bytes(range(256)) * size) is whole
            del answer
