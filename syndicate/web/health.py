"""`/healthz` and `/metrics` for whoever watches over the program: monitors, containers, Prometheus."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from dataclasses import dataclass

from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import BaseRoute, Route

from syndicate.web.dashboard.security import is_loopback

TOKEN = "SYNDICATE_METRICS_TOKEN"  # noqa: S105 - the name of a variable
_OWN = {"Cache-Control": "no-store"}


@dataclass(frozen=True, slots=True)
class Health:
    """What the two pages ask."""

    list_troubles: Callable[[], tuple[str, ...]]
    """A sentence for each thing that stands still; empty where all is well."""
    render_metrics: Callable[[], tuple[bytes, str]]
    """The figures, and their media type."""
    token: str = ""
    """What opens the metrics from elsewhere; without one only this machine may read them."""


def list_routes(health: Health) -> list[BaseRoute]:
    """The two pages as routes of an application."""

    async def healthz(_request: Request) -> Response:
        troubles = await run_in_threadpool(health.list_troubles)
        text = "\n".join(troubles) or "ok"
        return PlainTextResponse(f"{text}\n", 503 if troubles else 200, headers=_OWN)

    async def metrics(request: Request) -> Response:
        if not _may_read(request, health.token):
            return PlainTextResponse("The metrics are for this machine, or for a token.\n", 403, headers=_OWN)
        figures, media_type = await run_in_threadpool(health.render_metrics)
        return Response(figures, media_type=media_type, headers=_OWN)

    return [Route("/healthz", healthz), Route("/metrics", metrics)]


def make_health_app(health: Health) -> Starlette:
    """The two pages alone, for a process that serves nothing else."""
    return Starlette(routes=list_routes(health))


def _may_read(request: Request, token: str) -> bool:
    """By the token; without one from this machine, and not through a proxy on it."""
    given = request.headers.get("authorization", "")
    if token:
        return secrets.compare_digest(given.encode(), f"Bearer {token}".encode())
    is_passed_on = any(name in request.headers for name in ("forwarded", "x-forwarded-for", "x-real-ip", "via"))
    return not is_passed_on and is_loopback(request.client.host if request.client else "")
