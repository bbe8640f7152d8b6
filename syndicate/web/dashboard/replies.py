"""Answers that every part of the dashboard gives: redirects, and errors in plain words."""

from __future__ import annotations

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import PlainTextResponse, RedirectResponse, Response

from syndicate.errors import SyndicateError
from syndicate.web.dashboard.rows import to_segment


def base_of(request: Request) -> str:
    """The path of the dashboard, without a slash at its end."""
    return str(request.scope.get("root_path", ""))


def go(request: Request, back: str = "", key: str = "") -> RedirectResponse:
    """To the desk, or to the story of the post that `back` names; `key` is that of a note to show there."""
    place = f"/post/{to_segment(back)}" if back else "/"
    return RedirectResponse(f"{base_of(request)}{place}" + (f"?note={key}#note" if key else ""), 303)


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
