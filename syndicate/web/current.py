"""The server of the settings as they are now: a changed syndicate.toml is taken up while it runs."""

from __future__ import annotations

from collections.abc import Callable

from starlette.types import ASGIApp, Receive, Scope, Send

from syndicate.model import Settings


class Current:
    """An ASGI application that is made anew whenever `read` gives other settings."""

    def __init__(self, read: Callable[[], Settings], make: Callable[[Settings], ASGIApp]) -> None:
        self._read = read
        self._make = make
        self._made_of = read()
        self._app = make(self._made_of)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        settings = self._read()
        if settings is not self._made_of:
            self._app, self._made_of = self._make(settings), settings
        await self._app(scope, receive, send)
