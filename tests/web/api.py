"""The API of a real site behind a real socket."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from starlette.types import ASGIApp

from syndicate.store.passes import Scope
from syndicate.web import make_app
from syndicate.web.api.endpoints import ENDPOINTS
from syndicate.web.dashboard.sessions import make_token
from tests.web.desk import Desk
from tests.web.serving import everything, serving

CONTRACTED = [one.name for one in ENDPOINTS]
POST = "---\ntitle: Hello\nslug: hello\ndate: 2026-11-01\nsummary: Words.\n---\nText.\n"


def make_desk(root: Path) -> Desk:
    """One post, "hello", with the message 7 on "timeline"."""
    desk = Desk(root)
    (desk.posts / "p.md").write_text(POST, encoding="utf-8")
    return desk


def make_key(desk: Desk, name: str = "all", *scopes: Scope) -> str:
    with desk.app.borrow() as site:
        return make_token(site, name, scopes or tuple(Scope), desk.app.now(), None)[1]


@contextmanager
def serve_api(desk: Desk, api: ASGIApp, dashboard: ASGIApp | None = None) -> Iterator[str]:
    """The address of the API."""
    desk.app.open_for_threads()
    root = desk.app.config.parent
    app = make_app(str(root / "feeds"), desk.app.settings, is_published=everything, api=api, dashboard=dashboard)
    with desk.app, serving(app) as address:
        yield f"{address}/api/v1"
