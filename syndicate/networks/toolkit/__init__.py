"""What networks share. Here the reading of answers: which error a status is, when to come back, what the server said.

Pure. A network looks for its own codes first and leaves the rest to `by_status` (RFC 9110).
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from urllib.parse import quote

from syndicate.errors import (
    Blocked,
    Gone,
    NetworkError,
    PaymentRequired,
    RateLimited,
    Rejected,
    Unauthorised,
    Unavailable,
    Uncertain,
)
from syndicate.http import Response
from syndicate.text.cleaning import drop_controls, plain_line
from syndicate.text.links import split_address

MAX_WORDS = 500
"""Characters of a server's text that are shown."""
LONGEST_WAIT = timedelta(days=31)
"""A header that says more is taken for nonsense."""
_EPOCH_FROM = 1_000_000_000
"""Numbers from here on are Unix seconds, below it seconds from now."""
_WORD_KEYS = ("error_description", "description", "message", "detail", "error_message", "error", "errors", "title")
_CREDENTIALS = re.compile(r"\b([Bb]earer|[Bb]asic(?= \S*[A-Z0-9=])) [\w.~+/=-]{8,}")
"""As they stand in an Authorization header; "basic authentication" is not one."""
_QUERY = re.compile(r"""(?<=[\w/.])\?[^\s"'<>?]*=[^\s"'<>]*""")
"""As an address of an upload has it; it may be a key to it."""
_NAMED_SECRET = re.compile(r"""(?i)("[\w-]{0,40}(?:token|jwt|secret|passw)[\w-]{0,40}"\s*+:\s*+")[^"]++""")
"""As an answer to a login holds them: a new secret that nobody knows yet."""
_WAIT_HEADERS = ("retry-after", "x-ratelimit-reset-after", "x-ratelimit-reset", "ratelimit-reset", "x-rate-limit-reset")


def error_of(response: Response, *, account: str, publishes: bool, secrets: Iterable[str] = ()) -> NetworkError:
    """What an answer means by its status alone; a success is here because its body could not be read."""
    status = response.status
    said = f"the network answered {status}: {words_of(response, secrets)}"
    if status == 429:
        return RateLimited(said, retry_at=retry_at_of(response), where=account)
    if status == 401:
        return Unauthorised(said, where=account)
    if status == 402:
        return PaymentRequired(said, where=account)
    if 300 <= status < 400:
        return Blocked(f"the network answered {status}", where=account, hint=_redirect_hint(response))
    if 400 <= status < 500 and status != 408:
        is_gone = status in {404, 410} and not publishes
        return (Gone if is_gone else Rejected)(said, where=account)
    return Uncertain(said, where=account) if publishes else Unavailable(said, where=account)


@dataclass(frozen=True, slots=True)
class Refusal:
    """An answer that is no success, and all that is needed to say what it means."""

    response: Response
    account: str
    publishes: bool
    secrets: tuple[str, ...] = field(default=(), repr=False)

    @property
    def status(self) -> int:
        return self.response.status

    @property
    def said(self) -> str:
        """What the server said, as a person may see it."""
        return words_of(self.response, self.secrets)

    def find(self, *path: str) -> str:
        """The text at a path of the answer, "" where there is none."""
        return pick_text(self.response.json(), *path)

    def to(self, kind: type[NetworkError], said: str = "", *, hint: str = "") -> NetworkError:
        """An error in the server's words, or in others."""
        return kind(said or self.said, where=self.account, hint=hint)

    def wait(self, retry_at: datetime | None = None, said: str = "") -> RateLimited:
        """To come back at that moment, else when the headers say."""
        return RateLimited(said or self.said, retry_at=retry_at or retry_at_of(self.response), where=self.account)

    def by_status(self) -> NetworkError:
        """What is left to the status."""
        return error_of(self.response, account=self.account, publishes=self.publishes, secrets=self.secrets)


def _redirect_hint(response: Response) -> str:
    """Only the host: the path may hold a token."""
    try:
        host = split_address(response.headers.get("location", "")).hostname
    except ValueError:
        host = None
    return f"the configured address leads on to {say(host)}; use the final one" if host else "use the final address"


def words_of(response: Response, secrets: Iterable[str] = ()) -> str:
    """What the server said, in at most 500 characters, one line, without markup and secrets."""
    words = _find_words(response.json()) or _plain(response.text)
    return say(words, secrets) or "no explanation"


def say(words: str, secrets: Iterable[str] = ()) -> str:
    """A network's words as a person may see them: one short line without controls and secrets."""
    return hide(plain_line(words[: MAX_WORDS * 40]), secrets)[:MAX_WORDS]


def hide(text: str, secrets: Iterable[str]) -> str:
    """The text with every secret blotted out, as it is and as it stands in an address; credentials of headers too."""
    for secret in sorted(filter(None, secrets), key=len, reverse=True):
        text = text.replace(secret, "…").replace(quote(secret, safe=""), "…")
    return _NAMED_SECRET.sub(r"\1…", _CREDENTIALS.sub(r"\1 …", _QUERY.sub("?…", text)))


def _find_words(answer: object, depth: int = 5) -> str:
    if isinstance(answer, str) or depth == 0:
        return answer if isinstance(answer, str) else ""
    if isinstance(answer, list):
        return "; ".join(filter(None, (_find_words(each, depth - 1) for each in answer[:5])))
    if not isinstance(answer, dict):
        return ""
    return next(filter(None, (_find_words(answer.get(key), depth - 1) for key in _WORD_KEYS)), "")


def _plain(text: str) -> str:
    """A page without its markup, styles and scripts; any other text as it is."""
    if not text.lstrip().startswith("<"):
        return text[: MAX_WORDS * 2]
    bare = re.sub(r"(?is)<(head|style|script)\b.*?</\1>", " ", text[:20_000])
    return re.sub(r"<[^>]*>?", " ", bare)


def retry_at_of(response: Response) -> datetime | None:
    """When to come back, from the most explicit header that says so; None where none does."""
    headers, now = response.headers, response.received_at
    return next(filter(None, (parse_moment(headers.get(name, ""), now) for name in _WAIT_HEADERS)), None)


def parse_moment(text: str, now: datetime) -> datetime | None:
    """An instant from "120", "0.65", Unix seconds, an HTTP date or ISO 8601; never before `now`, None for nonsense."""
    moment = _parse_number(text, now) if _is_number(text) else _parse_date(text)
    if moment is None or moment - now > LONGEST_WAIT:
        return None
    return max(moment, now)


def _is_number(text: str) -> bool:
    return re.fullmatch(r"[ \t]*[0-9]{1,15}(\.[0-9]{1,9})?[ \t]*", text) is not None


def _parse_number(text: str, now: datetime) -> datetime | None:
    number = float(text)
    try:
        return datetime.fromtimestamp(number, UTC) if number >= _EPOCH_FROM else now + timedelta(seconds=number)
    except (OverflowError, ValueError, OSError):
        return None


def _parse_date(text: str) -> datetime | None:
    for parse in (datetime.fromisoformat, parsedate_to_datetime):
        try:
            moment = parse(text.strip())
            return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
        except (ValueError, TypeError, IndexError, OverflowError):
            continue
    return None


# --- values from answers whose shape nobody promised: a wrong shape is None, "" or [] ---


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
    """The text or whole number at a path as text without control characters, "" where there is none."""
    found = pick(value, *path)
    return drop_controls(str(found)) if isinstance(found, str | int) and not isinstance(found, bool) else ""


def pick_digits(value: object, *path: str | int) -> str:
    """The number at a path in digits, "" where there is none that a database would count by."""
    found = pick_text(value, *path)
    return found if re.fullmatch(r"[0-9]{1,20}", found) else ""


def pick_count(value: object, *path: str | int) -> int | None:
    """How many, None where an answer has no sensible number there."""
    found = pick(value, *path)
    return found if isinstance(found, int) and not isinstance(found, bool) and 0 <= found < 10**12 else None


def pick_list(value: object, *path: str | int) -> list[object]:
    """The list at a path, empty where there is none."""
    found = pick(value, *path)
    return found if isinstance(found, list) else []


def pick_instant(value: object, *path: str | int) -> datetime | None:
    """The instant at a path, from ISO 8601 or Unix seconds; aware UTC, None where there is none."""
    found = pick_text(value, *path)
    try:
        if found.isdecimal() and len(found) != 8:  # 20260131 is a day
            return datetime.fromtimestamp(int(found), UTC)
        moment = datetime.fromisoformat(found)
        return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
    except (ValueError, OverflowError, OSError):
        return None


def pick_wait(response: Response, *path: str | int) -> datetime | None:
    """The instant that a number of seconds in the body stands for, None where there is no sensible number."""
    seconds = pick(response.json(), *path)
    if isinstance(seconds, bool) or not isinstance(seconds, int | float) or not math.isfinite(seconds) or seconds < 0:
        return None
    return response.received_at + timedelta(seconds=min(float(seconds), LONGEST_WAIT.total_seconds()))
