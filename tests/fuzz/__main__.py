"""Looks for inputs that break a promise: `python -m tests.fuzz [--minutes N] [--only TARGET]… [--seed N]`.

Prints executions, findings and the slowest growth of each function; 1 where there is a finding. What was
found is kept in .hypothesis/fuzz and tried first the next time. Hypothesis, since in equal time it found all that
atheris did on these grammars and more, and makes its findings small.
"""

from __future__ import annotations

import argparse
import json
import secrets
import subprocess
import sys
import time
from typing import Any

from tests.fuzz.growth import WORST, measure_within
from tests.fuzz.targets import TARGETS

GROWTH = "growth"
_GROWTH_SHARE = 3
"""Measuring every function under every unit takes as long as some targets together."""
_ROUND = 60
"""Seconds of one process."""


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz")
    parser.add_argument("--minutes", type=float, default=4)
    parser.add_argument("--only", action="append", choices=[*TARGETS, GROWTH])
    parser.add_argument("--seed", type=int, default=secrets.randbelow(2**31))
    given = parser.parse_args()
    names = given.only or [*TARGETS, GROWTH]
    shares = sum(_GROWTH_SHARE if name == GROWTH else 1 for name in names)
    each = given.minutes * 60 / shares
    print(f"seed {given.seed}, {each:.0f} s for each of {len(names)} targets")
    findings = 0
    for name in names:
        if name == GROWTH:
            findings += _measure_growth(each * _GROWTH_SHARE, given.seed)
        else:
            findings += _fuzz(name, each, given.seed)
    print(f"{findings} open findings")
    return min(findings, 1)


def _fuzz(name: str, seconds: float, seed: int) -> int:
    """The number of findings of one target, which gets a fresh process each minute: Hypothesis fills its memory."""
    rounds = max(1, round(seconds / _ROUND))
    outcomes = [_run_target(name, seconds / rounds, seed + 1000 * number) for number in range(rounds)]
    findings = {place: told for outcome in outcomes for place, told in outcome["findings"].items()}
    print(
        f"{name:<14} {sum(one['executions'] for one in outcomes):>8,} executions"
        f" in {sum(one['seconds'] for one in outcomes):.0f} s, slowest {max(one['slowest'] for one in outcomes):.2f} s,"
        f" {max(one['memory'] for one in outcomes)} MB of memory, {len(findings)} findings",
        flush=True,
    )
    for place, told in findings.items():
        print(f"--- FINDING {name}: {place}\n{told}\n")
    return len(findings)


def _run_target(name: str, seconds: float, seed: int) -> dict[str, Any]:
    """Its outcome; a process that died or hung is a finding."""
    command = [sys.executable, "-m", "tests.fuzz.run", name, str(seconds), str(seed)]
    died = {"executions": 0, "seconds": 0, "slowest": 0, "memory": 0}
    try:
        ran = subprocess.run(command, capture_output=True, text=True, check=False, timeout=seconds * 2 + 300)
    except subprocess.TimeoutExpired:
        return {**died, "findings": {"the process": "the job does not end"}}
    lines = ran.stdout.splitlines()
    if ran.returncode or not lines:
        return {**died, "findings": {"the process": f"it ended with {ran.returncode}\n{ran.stderr[-4000:]}"}}
    outcome: dict[str, Any] = json.loads(lines[-1])
    return outcome


def _measure_growth(seconds: float, seed: int) -> int:
    findings, measured, began = 0, 0, time.monotonic()
    for _, found in measure_within(seconds, seed):
        bad = [one for one in found if one.exponent > WORST]
        findings, measured = findings + len(bad), measured + len(found)
        for one in bad or found[:1]:
            print("--- FINDING" if one in bad else "growth     ", one, flush=True)
    print(f"{GROWTH:<14} {measured:>8,} measurements in {time.monotonic() - began:.0f} s, {findings} findings")
    return findings


if __name__ == "__main__":
    sys.exit(main())
