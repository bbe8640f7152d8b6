"""Server-sent events: open pages hear that something changed, and read themselves anew."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from hashlib import sha256
from time import monotonic

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from syndicate.app.app import App

PAUSE = 1.0
"""Seconds between two looks at the state, however many pages are open."""
_TURNS = 50
"""Looks of one answer; then the browser asks again, so that no answer lasts for ever."""


class Events:
    """What GET /events answers."""

    def __init__(self, app: App) -> None:
        self._app = app
        self._looked_at = -PAUSE
        self._version = ""

    async def listen(self, request: Request) -> Response:
        """An event for every change since the one that the browser heard last."""
        heard = request.headers.get("last-event-id", "")
        return StreamingResponse(self._tell(heard), media_type="text/event-stream", headers={"X-Accel-Buffering": "no"})

    async def _tell(self, heard: str) -> AsyncIterator[str]:
        last = heard or await self._look()
        yield f"retry: 2000\nid: {last}\n\n"
        for _ in range(_TURNS):
            version = await self._look()
            if version != last:
                last = version
                yield f"event: change\nid: {version}\ndata: {version}\n\n"
            await asyncio.sleep(PAUSE)

    async def _look(self) -> str:
        """Changes whenever the state does; pages that are open at the same time share a look."""
        if monotonic() - self._looked_at >= PAUSE:
            self._looked_at = monotonic()
            self._version = await run_in_threadpool(self._read_version)
        return self._version

    def _read_version(self) -> str:
        with self._app.borrow() as site:
            is_running = site.store.is_daemon_running()
            return sha256(f"{site.store.read_version()} {is_running}".encode()).hexdigest()[:16]
