"""Answers that every part of the dashboard gives: redirects, and errors in plain words."""

from __future__ import annotations

import re
from urllib.parse import unquote

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import PlainTextResponse, RedirectResponse, Response

from syndicate.errors import SyndicateError

_PLACE = re.compile(r"/(?!/)[A-Za-z0-9/%._~-]{0,600}(?:\?[A-Za-z0-9%._~+&=:,-]{0,900})?")
"""A page of the dashboard as its own forms name it: a path that begins with one slash, and a query."""


def base_of(request: Request) -> str:
    """The path of the dashboard, without a slash at its end."""
    return str(request.scope.get("root_path", ""))


def go(request: Request, back: str = "", key: str = "") -> RedirectResponse:
    """To the page that `back` names, below the dashboard; `key` is that of a note to show there."""
    path, _, query = back.partition("?") if _is_place(back) else ("/", "", "")
    kept = [part for part in query.split("&") if part and not part.startswith("note=")]
    asked = "&".join([*kept, *([f"note={key}"] if key else [])])
    return RedirectResponse(f"{base_of(request)}{path}" + (f"?{asked}" if asked else ""), 303)


def _is_place(back: str) -> bool:
    steps = unquote(back.partition("?")[0]).split("/")
    return bool(_PLACE.fullmatch(back)) and not {".", ".."} & set(steps)


def say_error(_request: Request, error: Exception) -> Response:
    """What went wrong; of the unforeseen only that it did."""
    if isinstance(error, HTTPException):
        return PlainTextResponse(f"{error.detail}\n", error.status_code, error.headers)
    words = to_sentence(error) if isinstance(error, SyndicateError) else "Something broke."
    return PlainTextResponse(f"{words}\n", 500)


def to_sentence(error: SyndicateError) -> str:
    """Without `where`, which names an option of the command line."""
    text = error.message + (f": {error.hint}" if error.hint else "")
    return f"{text[:1].upper()}{text[1:]}" + ("" if text.endswith(("?", ".", "!")) else ".")
