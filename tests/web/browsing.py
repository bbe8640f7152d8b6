"""The dashboard of a real site behind a real socket, and a browser at it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import httpx

from syndicate.web import make_app
from syndicate.web.dashboard import make_dashboard, open_door
from syndicate.web.dashboard.sessions import make_ticket
from tests.web.desk import CONFIG, Desk, find_token
from tests.web.serving import everything, serving


@dataclass(frozen=True)
class Served:
    """A running server and the desk behind it."""

    desk: Desk
    address: str


def serve(password: str, root: Path, config: str = CONFIG) -> Iterator[Served]:
    desk = Desk(root, config)
    door = open_door(desk.app, listening="127.0.0.1", password=password)
    assert door
    dashboard = make_dashboard(desk.app, door)
    app = make_app(str(root / "feeds"), desk.app.settings, dashboard=dashboard, is_published=everything)
    with desk.app, serving(app) as address:
        yield Served(desk, address)


def enter(client: httpx.Client, desk: Desk) -> None:
    """Open a session as the one-time address does."""
    assert client.get("/enter", params={"key": make_ticket(desk.app)}).headers["location"] == "/dashboard/"


def browse(address: str) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=f"{address}/dashboard", headers={"Origin": address}) as client:
        yield client


def fields(client: httpx.Client, **more: str) -> dict[str, str]:
    return {"token": find_token(client.get("/list").text), "action": "hold", "number": "7"} | more
