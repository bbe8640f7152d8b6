"""kill -9 of the real command line: each command at its n-th step, or while its call is at a server.

After each kill other processes go on: the person types the command again, or only the daemon makes its rounds. Then
each account must show the message exactly once, and feeds and state must be whole.
"""

from __future__ import annotations

import logging
import os
import shutil
import signal
from collections import Counter
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from contextlib import ExitStack
from dataclasses import dataclass, field
from multiprocessing import get_context
from multiprocessing.process import BaseProcess
from pathlib import Path
from time import monotonic, sleep
from typing import Any

from tests.faults.audience import secrets_at_hand
from tests.faults.commands import COMMANDS
from tests.faults.site import PUBLISHES, SECRETS, Site, Town
from tests.faults.whole import judge_site
from tests.networks.fake import CUT, Fault

PATIENCE = 30
"""Seconds that a command may take before something is wrong with the campaign itself."""
DAEMON = "run"
"""The command that ends only when it is told to."""
SENDS = tuple(name for name in COMMANDS if name.startswith("post") or name == DAEMON)
"""The commands that talk to the networks themselves."""


@dataclass(frozen=True, slots=True)
class Blow:
    """Where a command dies: at a step, or by the hand of the server that has its call (`account`)."""

    command: str
    at: int = -1
    account: str = ""
    commits: bool = True
    types_again: bool = True
    again_at: int = -1
    """Where it dies the second time, -1 for nowhere."""


@dataclass(frozen=True, slots=True)
class Ending:
    """What came of one blow. `step` is "" where the command was through before its step came."""

    blow: Blow
    step: str
    copies: Counter[str]
    held: Counter[str]
    faults: tuple[str, ...]


@dataclass(slots=True)
class CliToll:
    """What all blows came to."""

    kills: Counter[str] = field(default_factory=Counter)
    steps: Counter[str] = field(default_factory=Counter)
    through: int = 0
    copies: Counter[str] = field(default_factory=Counter)
    held: Counter[str] = field(default_factory=Counter)
    faults: list[str] = field(default_factory=list)

    @property
    def blows(self) -> int:
        return self.kills.total() + self.through

    def add(self, ending: Ending) -> None:
        if ending.step:
            self.kills[ending.blow.command] += 1
            self.steps[ending.step] += 1
        else:
            self.through += 1
        self.copies += ending.copies
        self.held += ending.held
        self.faults += [f"{fault} ({ending.step}; {ending.blow})" for fault in ending.faults]


def run_cli_kills(kills: int, folder: Path, processes: int) -> Iterator[CliToll]:
    """The toll so far, after every kill."""
    toll = CliToll()
    if not kills:
        return
    with ProcessPoolExecutor(processes, get_context("spawn"), _settle_in, (folder,)) as pool:
        steps = dict(zip(COMMANDS, pool.map(_count_steps, COMMANDS), strict=True))
        for running in as_completed([pool.submit(_strike, blow) for blow in choose_blows(steps, kills)]):
            toll.add(running.result())
            yield toll


def choose_blows(steps: dict[str, int], kills: int) -> Sequence[Blow]:
    """Calls in flight first, then as many steps as are left, evenly over all commands."""
    calls = [
        Blow(command, account=account, commits=commits, types_again=again)
        for commits in (True, False)
        for again in (True, False)
        for command in SENDS
        for account in PUBLISHES
    ]
    every = [_choose(command, at) for command, count in steps.items() for at in range(count)]
    left = max(0, min(kills - len(calls), len(every)))
    return (calls + [every[number * len(every) // left] for number in range(left)])[:kills]


def _choose(command: str, at: int) -> Blow:
    """Half of the commands are typed again, and half of these die once more, earlier."""
    is_twice = at % 4 == 0 and command != DAEMON
    return Blow(command, at, types_again=at % 2 == 0, again_at=at // 2 if is_twice else -1)


class Ground:
    """The servers of one process, and a site for each command, to be copied."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self._closing = ExitStack()
        self._models: dict[str, Site] = {}
        self._number = 0

    def __enter__(self) -> Ground:
        logging.disable()
        self._closing.callback(logging.disable, logging.NOTSET)
        self._closing.enter_context(secrets_at_hand(SECRETS))
        self.town = self._closing.enter_context(Town())
        return self

    def __exit__(self, *exc: object) -> None:
        self._closing.close()

    def place(self, command: str) -> Site:
        """A site on which the command has not been typed yet."""
        if command not in self._models:
            self._models[command] = self._found(command)
        self.town.empty()
        self._number += 1
        return self._models[command].copy(self.root / f"site-{self._number}")

    def _found(self, command: str) -> Site:
        site = Site(self.root / f"model-{len(self._models)}", self.town)
        site.found(has_slots=COMMANDS[command].has_slots)
        COMMANDS[command].prepare(site)
        return site

    def count_steps(self, command: str) -> int:
        """The steps of the command when nobody disturbs it."""
        site = self.place(command)
        _see_through(site, command, site.start(*COMMANDS[command].words(site)))
        return len(site.list_steps())

    def strike(self, blow: Blow) -> Ending:
        """Kill one command, let others go on, and judge."""
        command, site = COMMANDS[blow.command], self.place(blow.command)
        words = command.words(site)
        step = _kill(site, blow, words)
        faults: list[str] = []
        if blow.again_at >= 0:
            _wait(site.start(*words, die_at=blow.again_at))
        if blow.command != DAEMON and (blow.types_again or command.must_repeat):
            faults += _type_again(site, words)
        asked = site.go_on(command.slug)
        faults += judge_site(site, command.slug, asked, wanted=command.wanted)
        copies = Counter({account: self.town.count(account, command.slug) for account in self.town.accounts})
        shutil.rmtree(site.root)
        return Ending(blow, step, copies, Counter(asked), tuple(faults))


def _kill(site: Site, blow: Blow, words: Sequence[str]) -> str:
    """The step at which it died, "" where it was through before."""
    victims: list[BaseProcess] = []
    if blow.account:
        site.town.accounts[blow.account].fail(_shoot(victims, commits=blow.commits), on=PUBLISHES[blow.account])
    victims.append(site.start(*words, die_at=blow.at))
    code = _see_through(site, blow.command, victims[0])
    site.town.wait_for_silence()
    if code != -signal.SIGKILL:
        return ""
    if not blow.account:
        return site.list_steps()[-1]
    return "call at the server, carried out" if blow.commits else "call at the server, not carried out"


def _shoot(victims: list[BaseProcess], *, commits: bool) -> Fault:
    """The server does its work, or not, and then shoots the caller."""

    def shoot(request: Any, handle: Any) -> Any:
        if commits:
            handle(request)
        victims[0].kill()
        return CUT

    return shoot


def _see_through(site: Site, command: str, process: BaseProcess) -> int:
    """Wait for its end; a daemon that has sent everything is told to stop."""
    last = monotonic() + PATIENCE
    while command == DAEMON and process.is_alive() and monotonic() < last and not _is_out(site, command):
        sleep(0.02)
    if command == DAEMON:
        process.terminate()
    code = _wait(process)
    if code not in {0, -signal.SIGKILL}:
        raise AssertionError(f"“{command}” ended with {code}: {site.read_said()}")
    return code


def _wait(process: BaseProcess) -> int:
    process.join(PATIENCE)
    code = process.exitcode
    process.kill()
    process.join()
    process.close()
    return -signal.SIGALRM if code is None else code


def _is_out(site: Site, command: str) -> bool:
    return all(site.town.count(account, COMMANDS[command].slug) for account in site.town.accounts)


def _type_again(site: Site, words: Sequence[str]) -> Iterator[str]:
    """The person tries once more; the command may refuse, but not break down."""
    code = _wait(site.start(*words))
    said = site.read_said()
    if code not in {0, 1, 2} or "Traceback" in said:
        yield f"crash: the command typed again ended with {code}: {said}"


_GROUND: list[Ground] = []
"""This worker's own, for as long as it lives."""


def _settle_in(folder: Path) -> None:
    root = folder / f"ground-{os.getpid()}"
    root.mkdir()
    _GROUND.append(Ground(root).__enter__())


def _count_steps(command: str) -> int:
    return _GROUND[0].count_steps(command)


def _strike(blow: Blow) -> Ending:
    return _GROUND[0].strike(blow)
