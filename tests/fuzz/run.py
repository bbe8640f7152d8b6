"""One target in a process of its own: `python -m tests.fuzz.run TARGET SECONDS SEED` prints its outcome as JSON.

A process for each, because what is looked for may kill it, keep it for ever or fill its memory.
"""

from __future__ import annotations

import faulthandler
import json
import logging
import os
import pickle
import re
import sys
import time
import traceback
from contextlib import suppress
from dataclasses import asdict, dataclass, field
from hashlib import sha256
from pathlib import Path
from threading import Event, Thread
from typing import Any

from hypothesis import HealthCheck, Phase, given, seed, settings

from tests.fuzz import address_guard
from tests.fuzz.target import Check, Target
from tests.fuzz.targets import TARGETS

KEPT = Path(".hypothesis/fuzz")
"""Where the smallest input of each finding is kept, to begin with it the next time; git ignores it."""
CHILD = 210
"""Megabytes that a process which decodes pictures may fill."""
_PROMPT, _MOST = 10, 200
"""Seconds that one batch of examples should take, and how many findings are shown."""


@dataclass(slots=True)
class Outcome:
    target: str
    executions: int = 0
    findings: dict[str, str] = field(default_factory=dict)
    """By the place where it went wrong: the input and the end of the traceback."""
    seconds: float = 0
    slowest: float = 0
    slowest_input: str = ""
    memory: int = 0
    """Megabytes of all processes together; a good part is Hypothesis', which remembers its examples."""
    child: int = 0
    """Megabytes of the largest process below this one: what decodes pictures."""


def fuzz(target: Target, seconds: float, first_seed: int) -> Outcome:
    outcome, began = Outcome(target.name), time.monotonic()
    with target.open() as check, _Memory(outcome):
        batch = 0
        for kept in sorted((KEPT / target.name).glob("*.pickle")):
            _run_kept(check, outcome, kept)
        while (left := began + seconds - time.monotonic()) > 0 and len(outcome.findings) < _MOST:
            each = (time.monotonic() - began) / max(1, outcome.executions)
            examples = max(5, min(500, int(min(left, _PROMPT) / max(each, 1e-4)))) if batch else 20
            _run_batch(target, check, outcome, first_seed + batch, examples)
            batch += 1
    outcome.seconds = time.monotonic() - began
    if outcome.memory > target.memory:
        outcome.findings["memory"] = f"{outcome.memory} MB, more than the stated {target.memory}"
    if outcome.child > CHILD:
        outcome.findings["memory of a decoder"] = f"{outcome.child} MB, more than the promised {CHILD}"
    return outcome


def _run_kept(check: Check, outcome: Outcome, kept: Path) -> None:
    given = pickle.loads(kept.read_bytes())
    try:
        check(given)
    except Exception as error:  # noqa: BLE001 - whatever is raised is a finding
        _note(outcome, error, given)


def _run_batch(target: Target, check: Check, outcome: Outcome, number: int, examples: int) -> None:
    """Some examples. One that fails is made small, kept and noted; the batch ends with it."""

    @seed(number)
    @settings(
        max_examples=examples,
        deadline=None,
        database=None,  # it keeps nothing where the seed is ours
        phases=(Phase.generate, Phase.shrink),
        suppress_health_check=list(HealthCheck),
        report_multiple_bugs=True,
        print_blob=False,
    )
    @given(target.inputs)
    def one(given: Any) -> None:
        outcome.executions += 1
        faulthandler.dump_traceback_later(target.longest * 3, exit=True)
        began = time.monotonic()
        try:
            check(given)
        except Exception as error:
            _note(outcome, error, given)
            raise
        finally:
            faulthandler.cancel_dump_traceback_later()
            if time.monotonic() - began > outcome.slowest:
                outcome.slowest, outcome.slowest_input = time.monotonic() - began, _show(given)

    with suppress(Exception, BaseExceptionGroup):  # noted where it happened
        one()


def _note(outcome: Outcome, error: Exception, given: object) -> None:
    """Hypothesis repeats a failure while making its input small: the shortest one stays."""
    trace = traceback.extract_tb(error.__traceback__)
    ours = [one for one in trace if "/syndicate/" in one.filename or "/tests/" in one.filename]
    last = ours[-1] if ours else trace[-1]
    said = re.split(r"[^\w .,<>]", str(error), maxsplit=1)[0][:60] if isinstance(error, AssertionError) else ""
    place = f"{type(error).__name__} in {Path(last.filename).name}:{last.lineno} {said}".strip()
    text = f"{_show(given)}\n{''.join(traceback.format_exception(error)[-8:])}"
    if place not in outcome.findings or len(text) < len(outcome.findings[place]):
        outcome.findings[place] = text
        kept = KEPT / outcome.target / f"{sha256(place.encode()).hexdigest()[:12]}.pickle"
        kept.parent.mkdir(parents=True, exist_ok=True)
        kept.write_bytes(pickle.dumps(given))


def _show(given: object) -> str:
    text = repr(given)
    return text if len(text) < 2000 else f"{text[:1000]} … {text[-1000:]}"


class _Memory:
    """Looks now and then how much this process and all below it fill."""

    def __init__(self, outcome: Outcome) -> None:
        self._outcome = outcome
        self._ended = Event()
        self._thread = Thread(target=self._look, daemon=True)

    def __enter__(self) -> None:
        self._thread.start()

    def __exit__(self, *exc: object) -> None:
        self._ended.set()
        self._thread.join()

    def _look(self) -> None:
        while not self._ended.wait(0.2):
            whole, child = measure_tree()
            self._outcome.memory = max(self._outcome.memory, whole // 1_000_000)
            self._outcome.child = max(self._outcome.child, child // 1_000_000)


def measure_tree() -> tuple[int, int]:
    """Bytes of their own that this process and all below it fill together, and the largest below it; 0 without /proc."""
    sizes, parents = dict[int, int](), dict[int, int]()
    for status in Path("/proc").glob("[0-9]*/status"):
        try:
            found = dict(line.split(":", 1) for line in status.read_text().splitlines() if ":" in line)
        except OSError:
            continue
        number = int(found["Pid"])
        parents[number] = int(found["PPid"])
        sizes[number] = int(found.get("RssAnon", "0 kB").split()[0]) * 1024
    tree = {os.getpid()}
    while more := {one for one, parent in parents.items() if parent in tree} - tree:
        tree |= more
    below = [sizes.get(one, 0) for one in tree - {os.getpid()}]
    return sum(below) + sizes.get(os.getpid(), 0), max(below, default=0)


def main(name: str, seconds: float, first_seed: int) -> None:
    logging.getLogger("syndicate").setLevel(logging.CRITICAL)
    address_guard.install()
    print(json.dumps(asdict(fuzz(TARGETS[name], seconds, first_seed))))


if __name__ == "__main__":
    main(sys.argv[1], float(sys.argv[2]), int(sys.argv[3]))
