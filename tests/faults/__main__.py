"""`python -m tests.faults`: the whole campaign, with its table. Exit code 1 where a promise was broken."""

# ruff: noqa: T201 - the table is what this is for
from __future__ import annotations

import argparse
import os
import sys
from time import monotonic

from tests.faults.campaign import Result, replay, run_all, scratch
from tests.faults.kill import Toll, run_kills
from tests.faults.kill_cli import CliToll, run_cli_kills
from tests.faults.servers import KINDS, READS_BACK


def main() -> int:
    wanted = _parse()
    if wanted.seed is not None:
        return _show(wanted.seed)
    started = monotonic()
    result, toll, cli = Result(), Toll(), CliToll()
    processes = os.cpu_count() or 1
    for result in run_all(wanted.first, wanted.schedules, processes):
        _progress(f"{result.schedules:,} of {wanted.schedules:,} schedules, {len(result.broken)} broken")
    with scratch() as folder:
        for toll in run_kills(wanted.kills, folder):
            _progress(f"{toll.kills.total()} of {wanted.kills} kills, {len(toll.faults)} promises broken")
        for cli in run_cli_kills(wanted.cli_kills, folder, processes):
            _progress(f"{cli.blows} of {wanted.cli_kills} kills of commands, {len(cli.faults)} promises broken")
    _progress("")
    _print_schedules(result)
    _print_kills(toll)
    _print_cli_kills(cli)
    print(f"\n{monotonic() - started:.0f} s")
    return 1 if result.broken or toll.faults or cli.faults else 0


def _parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.faults", description=__doc__)
    parser.add_argument("--schedules", type=int, default=10_000)
    parser.add_argument("--kills", type=int, default=300)
    parser.add_argument("--cli-kills", type=int, default=300, help="kills of commands; 3000 take every step")
    parser.add_argument("--first", type=int, default=0, help="seed of the first schedule")
    parser.add_argument("--seed", type=int, help="replay one schedule and tell its story")
    return parser.parse_args()


def _show(seed: int) -> int:
    outcome = replay(seed)
    print("\n".join(outcome.story))
    print("\n".join(outcome.faults) or "every promise kept")
    return 1 if outcome.faults else 0


def _progress(line: str) -> None:
    if sys.stderr.isatty():
        sys.stderr.write(f"\r\x1b[K{line}")
        sys.stderr.flush()


def _print_schedules(result: Result) -> None:
    print(f"{result.schedules:,} schedules, {result.tally.total():,} troubles:")
    for name, times in sorted(result.tally.items()):
        print(f"  {name:<34} {times:>9,}")
    print("\nwhat the networks received (every delivery must arrive once):")
    for kind in KINDS:
        note = "" if kind in READS_BACK else "  (nothing can be read back: every unknown outcome is held)"
        print(f"  {kind:<12} {result.received[kind]:>9,} copies  {result.held[kind]:>7,} held for a person{note}")
    print(f"\npromises broken: {dict(result.promises_broken) or 'none: 0 duplicates, 0 silent losses'}")
    for outcome in result.broken[:10]:
        print(f"  --seed {outcome.seed}: {outcome.faults[0]}")


def _print_kills(toll: Toll) -> None:
    print(f"\n{toll.kills.total()} times kill -9 of the real process:")
    for step, times in sorted(toll.kills.items()):
        print(f"  {step:<34} {times:>5}")
    for account, copies in sorted(toll.published.items()):
        print(f"  {account:<12} {copies:>5} copies  {toll.held[account]:>5} held")
    print(f"promises broken: {toll.faults or 'none: 0 duplicates, 0 silent losses'}")


def _print_cli_kills(toll: CliToll) -> None:
    print(f"\n{toll.kills.total()} times kill -9 of the command line ({toll.through} were through before):")
    for command, times in sorted(toll.kills.items()):
        print(f"  {command:<34} {times:>5}")
    print("  at:")
    for step, times in sorted(toll.steps.items()):
        print(f"  {step:<34} {times:>5}")
    for account, copies in sorted(toll.copies.items()):
        print(f"  {account:<12} {copies:>5} copies  {toll.held[account]:>5} held")
    print(f"promises broken: {toll.faults or 'none: 0 duplicates, 0 losses, feeds and state whole'}")


if __name__ == "__main__":
    sys.exit(main())
