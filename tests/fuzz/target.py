"""What is fuzzed: a strategy of inputs, a check that must hold for each, and a time that one of them may take."""

from __future__ import annotations

import re
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from typing import Any

from hypothesis.strategies import SearchStrategy

Check = Callable[[Any], None]
"""Raises, by an assertion or by whatever the house let through, where a promise is broken."""

_CONTROLS = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]")
_STEERING = re.compile(f"{_CONTROLS.pattern}|[\u202a-\u202e\u2066-\u2069]")


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """One border. `open` makes what the checks share (a server, a site's folder) and gives the check."""

    name: str
    inputs: SearchStrategy[Any]
    open: Callable[[], AbstractContextManager[Check]]
    longest: float = 20
    """Seconds that one input may take: beyond them the job counts as hanging."""
    memory: int = 600
    """Megabytes that all processes together may fill."""


def plain(check: Check) -> Callable[[], AbstractContextManager[Check]]:
    """For a check that needs nothing around it."""
    return lambda: nullcontext(check)


def find_controls(text: str) -> str:
    """The control characters but line ends and tabs, lone surrogates and odd line ends in a text, "" for none."""
    return "".join(sorted(set(_CONTROLS.findall(text))))


def find_steering(text: str) -> str:
    """The same and what turns the order of letters around: what no terminal, log or receipt may get from others."""
    return "".join(sorted(set(_STEERING.findall(text))))
