"""Looks for inputs that break a promise: `python -m tests.fuzz [--minutes N] [--only TARGET]… [--seed N]`.

Prints executions, findings and the slowest growth of each function; 1 where there is a finding. What Hypothesis
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
    """The number of findings of one target; a process that died or hung is one."""
    command = [sys.executable, "-m", "tests.fuzz.run", name, str(seconds), str(seed)]
    try:
        ran = subprocess.run(command, capture_output=True, text=True, check=False, timeout=seconds * 2 + 300)
    except subprocess.TimeoutExpired:
        print(f"{name:<14} FINDING: the job does not end")
        return 1
    lines = ran.stdout.splitlines()
    if ran.returncode or not lines:
        print(f"{name:<14} FINDING: the process ended with {ran.returncode}\n{ran.stderr[-4000:]}")
        return 1
    outcome: dict[str, Any] = json.loads(lines[-1])
    print(
        f"{name:<14} {outcome['executions']:>8,} executions in {outcome['seconds']:.0f} s, slowest"
        f" {outcome['slowest']:.2f} s, {outcome['memory']} MB of memory, {len(outcome['findings'])} findings",
        flush=True,
    )
    for place, told in outcome["findings"].items():
        print(f"--- FINDING {name}: {place}\n{told}\n")
    return len(outcome["findings"])


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
