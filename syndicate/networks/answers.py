"""What the answers of all networks have in common: the server's words, when to come back, what a status means.

Pure. A network looks for its own codes first and leaves the rest to `read_failure`.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime

from syndicate.errors import (
    Blocked,
    NetworkError,
    PaymentRequired,
    RateLimited,
    Rejected,
    Unauthorised,
    Unavailable,
    Uncertain,
)
from syndicate.http import Response

MAX_WORDS = 500
"""Characters of a server's text that are shown."""
LONGEST_WAIT = timedelta(days=31)
"""A header that says more is taken for nonsense."""
_EPOCH_FROM = 1_000_000_000
"""Numbers above this are Unix seconds, below it seconds from now."""
_WORD_KEYS = ("error_description", "description", "message", "detail", "error_message", "error", "title")


def pick(value: object, *path: str | int) -> object:
    """The value at a path of keys and indexes, None where an answer has another shape than expected."""
    for step in path:
        if isinstance(value, dict) and isinstance(step, str):
            value = value.get(step)
        elif isinstance(value, list) and isinstance(step, int) and -len(value) <= step < len(value):
            value = value[step]
        else:
            return None
    return value


def pick_text(value: object, *path: str | int) -> str:
    """The text or number at a path as text, "" where there is none."""
    found = pick(value, *path)
    return str(found) if isinstance(found, str | int) and not isinstance(found, bool) else ""


def pick_list(value: object, *path: str | int) -> list[object]:
    """The list at a path, empty where there is none."""
    found = pick(value, *path)
    return found if isinstance(found, list) else []


def read_words(response: Response, secrets: Iterable[str] = ()) -> str:
    """What the server said, in at most 500 characters, without markup and secrets."""
    words = _find_words(response.json()) or _plain(response.text)
    return hide_secrets(" ".join(words.split()), secrets)[:MAX_WORDS] or "no text"


def hide_secrets(text: str, secrets: Iterable[str]) -> str:
    """The text with every secret blotted out."""
    for secret in sorted(filter(None, secrets), key=len, reverse=True):
        text = text.replace(secret, "…")
    return text


def _find_words(answer: object) -> str:
    if isinstance(answer, str):
        return answer
    if isinstance(answer, list):
        return next(filter(None, map(_find_words, answer)), "")
    if not isinstance(answer, dict):
        return ""
    return next(filter(None, (_find_words(answer.get(key)) for key in (*_WORD_KEYS, "errors", "meta"))), "")


def _plain(text: str) -> str:
    """A page's title where it is a page, else the text itself."""
    if not text.lstrip().startswith("<"):
        return text[: MAX_WORDS * 2]
    title = re.search(r"<title[^>]{0,200}>([^<]{1,200})", text[:20_000], re.IGNORECASE)
    return f"a web page, “{title[1].strip()}”" if title else "a web page"


def read_retry_at(response: Response) -> datetime | None:
    """When to come back, from whichever header says so; None where none does."""
    headers = response.headers
    for name in (
        "retry-after",
        "x-ratelimit-reset-after",
        "x-ratelimit-reset",
        "ratelimit-reset",
        "x-rate-limit-reset",
    ):
        moment = read_moment(headers.get(name, ""), response.received_at)
        if moment is not None:
            return moment
    return None


def read_moment(text: str, now: datetime) -> datetime | None:
    """An instant from "120", "0.65", Unix seconds, an HTTP date or ISO 8601; never before `now`, None for nonsense."""
    moment = _read_number(text, now) if _is_number(text) else _read_date(text)
    if moment is None or moment - now > LONGEST_WAIT:
        return None
    return max(moment, now)


def _is_number(text: str) -> bool:
    return re.fullmatch(r"\s*\d{1,15}(\.\d{1,9})?\s*", text) is not None


def _read_number(text: str, now: datetime) -> datetime | None:
    number = float(text)
    try:
        return datetime.fromtimestamp(number, UTC) if number > _EPOCH_FROM else now + timedelta(seconds=number)
    except (OverflowError, ValueError, OSError):
        return None


def _read_date(text: str) -> datetime | None:
    for parse in (datetime.fromisoformat, parsedate_to_datetime):
        try:
            moment = parse(text.strip())
        except (ValueError, TypeError, IndexError):
            continue
        return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return None


def wait_seconds(response: Response, seconds: object) -> datetime | None:
    """An instant from a number of seconds found in a body, None where it is no sensible number."""
    if isinstance(seconds, bool) or not isinstance(seconds, int | float) or not math.isfinite(seconds) or seconds < 0:
        return None
    wait = min(float(seconds), LONGEST_WAIT.total_seconds())
    return response.received_at + timedelta(seconds=wait)


def read_failure(response: Response, *, where: str, secrets: Iterable[str] = ()) -> NetworkError:
    """What an answer to a publishing call means by its status alone (networks.md, section 0.1)."""
    status = response.status
    said = f"the network answered {status}: {read_words(response, secrets)}"
    if status == 429:
        return RateLimited(said, retry_at=read_retry_at(response), where=where)
    if status in {401, 403}:
        return Unauthorised(said, where=where, hint="check the account's rights, or log in again")
    if status == 402:
        return PaymentRequired(said, where=where)
    if 300 <= status < 400:
        return Blocked(said, where=where, hint="the configured address redirects; use the final one")
    if 400 <= status < 500 and status != 408:
        return Rejected(said, where=where)
    return Uncertain(said, where=where)


def harmless(error: NetworkError) -> NetworkError:
    """The same failure of a call that publishes nothing: where it may have been done, doing it again is fine."""
    if isinstance(error, Uncertain):
        return Unavailable(error.message, where=error.where, hint=error.hint)
    return error
