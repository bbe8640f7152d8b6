"""The process that is killed: the real delivery, store and networks, with a trap at one of its steps."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from time import monotonic
from typing import Any, cast

from syndicate.deliver import Tools, deliver_due
from syndicate.http import Client
from syndicate.model import Account, Attachment, Delivery, Message
from syndicate.networks import open_network
from syndicate.networks.base import Network
from syndicate.store import open_store
from syndicate.store.store import Store
from tests.networks.case import PIXEL, Case
from tests.networks.test_bluesky import CASE as BLUESKY
from tests.networks.test_discord import CASE as DISCORD
from tests.networks.test_mastodon import CASE as MASTODON
from tests.networks.vault import MemoryVault

START = datetime(2026, 11, 24, 9, 0, tzinfo=UTC)
CASES: Mapping[str, Case] = {"keeps-keys": MASTODON, "keyed": BLUESKY, "blind": DISCORD}

Step = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Orders:
    """Which state and servers to work on, and at which step to die (-1: somebody else sees to that)."""

    path: str
    urls: Mapping[str, str]
    die_at: int


def run_victim(orders: Orders) -> None:
    """Deliver what is due, one step after the other."""
    steps = 0

    def step(name: str) -> None:
        nonlocal steps
        if steps == orders.die_at:
            os.kill(os.getpid(), signal.SIGKILL)
        steps += 1

    with (
        open_store(f"sqlite:///{orders.path}", "default") as store,
        wired(store, orders.urls, timedelta(0), step) as tools,
    ):
        deliver_due(tools, threads=1)


@contextmanager
def wired(store: Store, urls: Mapping[str, str], later: timedelta, step: Step) -> Iterator[Tools]:
    """The app's site in small, with a step before and after whatever touches the disk or the network."""
    started = monotonic()

    def clock() -> datetime:
        return START + later + timedelta(seconds=monotonic() - started)

    def open_account(account: Account) -> Network:
        network = open_network(account, MemoryVault(CASES[account.name].secrets), http)
        return cast(Network, Steps(network, step))

    with Client(allow_private=True, clock=clock) as http:
        yield Tools(
            store=cast(Store, Steps(store, step)),
            accounts={name: _account(name, url) for name, url in urls.items()},
            open_network=open_account,
            compose=_compose,
            load_attachment=lambda attachment: PIXEL,
            check_ready=lambda account, message: "",
            next_slot=lambda account, at: at,
            notify=lambda notice: None,
            clock=clock,
            jitter=lambda: 0.5,
            owner=f"process-{os.getpid()}-{later}",
        )


def _account(name: str, url: str) -> Account:
    return Account(name=name, network=CASES[name].network, options=CASES[name].options(url))


def _compose(delivery: Delivery) -> Message:
    link = f"https://blog.example/{delivery.slug}/"
    image = Attachment(path="a.png", media_type="image/png", alt="A fox", width=1, height=1, url=f"{link}a.png")
    text = f"Post {delivery.post_id} is out\n\n{link}"
    return Message(text=text, link=link, title="A post", image=image if delivery.account != "blind" else None)


class Steps:
    """Anything, with a step before and after each call of its methods.

    They stand in the object itself: from Python 3.12 on a protocol looks for methods there and asks no `__getattr__`.
    """

    def __init__(self, inner: object, step: Step) -> None:
        self._inner = inner
        self._step = step
        for name in dir(type(inner)):
            if not name.startswith("_") and callable(getattr(type(inner), name)):
                setattr(self, name, self._watch(name, getattr(inner, name)))

    def __getattr__(self, name: str) -> Any:
        return getattr(self._inner, name)

    def _watch(self, name: str, method: Callable[..., Any]) -> Callable[..., Any]:
        def call(*values: Any, **named: Any) -> Any:
            self._step(f"before {name}")
            result = method(*values, **named)
            self._step(f"after {name}")
            return result

        return call
