"""What networks share: calling them, and reading what they answer (which error it is, when to come back, their words).

A network looks for its own codes first and leaves the rest to `by_status` (RFC 9110).
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, TypedDict, Unpack
from urllib.parse import quote

from syndicate.errors import (
    Blocked,
    ConfigError,
    Gone,
    Misfit,
    NetworkError,
    PaymentRequired,
    RateLimited,
    Rejected,
    Unauthorised,
    Unavailable,
    Uncertain,
)
from syndicate.http import Client, Response
from syndicate.model import Account, Attachment, Limits, Message
from syndicate.text import drop_controls, plain_line
from syndicate.text.counting import Counter, count, fit
from syndicate.text.links import split_address

if TYPE_CHECKING:
    from syndicate.networks.base import Vault

MAX_WORDS = 500
"""Characters of a server's text that are shown."""
LONGEST_WAIT = timedelta(days=31)
"""A header that says more is taken for nonsense."""
_EPOCH_FROM = 1_000_000_000
"""Numbers from here on are Unix seconds, below it seconds from now."""
_NUMBER = re.compile(r"[ \t]*[0-9]{1,15}(\.[0-9]{1,9})?[ \t]*")
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
    moment = _parse_number(text, now) if _NUMBER.fullmatch(text) else _parse_date(text)
    if moment is None or moment - now > LONGEST_WAIT:
        return None
    return max(moment, now)


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


# --- how an account calls its network: the headers that log it in, failures told in the house's errors ---

ParsesFailure = Callable[[Refusal], NetworkError]
"""What a refusal of this network means: by the network's own codes, then by its status."""


class Parts(TypedDict, total=False):
    """What a request may carry besides its method and address."""

    params: Mapping[str, str] | None
    json: object
    form: Mapping[str, str] | None
    files: Mapping[str, tuple[str, bytes, str]] | None
    content: bytes | None
    headers: Mapping[str, str] | None


@dataclass(frozen=True, slots=True)
class Api:
    """One account's way to its network. Neither headers nor secrets show in its repr."""

    http: Client
    account: str
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    secrets: tuple[str, ...] = field(default=(), repr=False)
    """Blotted out of whatever the server says."""
    parse_failure: ParsesFailure = Refusal.by_status
    base: str = ""
    """Stands before every address."""

    def call(self, method: str, url: str, *, publishes: bool = False, **parts: Unpack[Parts]) -> Response:
        """Any answer to one call. Every unclear ending is Uncertain where it publishes, else Unavailable."""
        signed: Parts = {**parts, "headers": {**self.headers, **(parts.get("headers") or {})}}
        return self.http.call(method, self.base + url, publishes=publishes, where=self.account, **signed)

    def publish(self, method: str, url: str, **parts: Unpack[Parts]) -> Response:
        """The irreversible call, once. Returns successes only."""
        response = self.call(method, url, publishes=True, **parts)
        if not response.is_success:
            raise self.failure(response, publishes=True)
        return response

    def ask(self, method: str, url: str, **parts: Unpack[Parts]) -> Response:
        """A call that publishes nothing. Returns successes only."""
        response = self.call(method, url, **parts)
        if not response.is_success:
            raise self.failure(response)
        return response

    def read(self, url: str, query: Mapping[str, str] | None = None) -> object:
        """The parsed answer to a GET, None where it is not JSON."""
        answer: object = self.ask("GET", url, params=query).json()
        return answer

    def ask_unless(self, fulfilled: Callable[[Response], bool], method: str, url: str, **parts: Unpack[Parts]) -> None:
        """A call that publishes nothing, where some refusals mean that the wish is fulfilled (deleted before)."""
        response = self.call(method, url, **parts)
        if not response.is_success and not fulfilled(response):
            raise self.failure(response)

    def failure(self, response: Response, *, publishes: bool = False) -> NetworkError:
        """What an answer means that is no success."""
        return self.parse_failure(Refusal(response, self.account, publishes, self.secrets))


def is_missing(response: Response) -> bool:
    """Whether what was to be deleted is gone."""
    return response.status == 404


def require_secret(vault: Vault, name: str, account: str) -> str:
    """A secret of the account; raises Unauthorised where it is missing."""
    value = vault.get(name).strip()
    if not value:
        variable = re.sub(r"[^A-Z0-9]+", "_", f"SYNDICATE_{account}_{name}".upper())
        hint = f"run: syndicate login {account}, or set {variable}"
        raise Unauthorised(f"the {name.replace('_', ' ')} is missing", where=account, hint=hint)
    return value


def require_option(account: Account, name: str) -> str:
    """An option of the account; raises ConfigError where it is missing."""
    value = account.options.get(name, "").strip()
    if not value:
        raise ConfigError(f"{name} is missing", where=f"[accounts.{account.name}]", hint=f'add {name} = "…"')
    return value


def refuse_non_number(account: Account, name: str) -> None:
    """Raise ConfigError where an option is there and is not a whole number."""
    value = account.options.get(name, "")
    if value and not (value.isascii() and value.isdecimal()):
        raise ConfigError(f"{name} must be a number, not {value!r}", where=f"[accounts.{account.name}]")


def read_dollars(account: Account, name: str, default: float) -> float:
    """A price among the options. Raises ConfigError where it is not an amount of US dollars."""
    value = account.options.get(name, "").strip()
    if not value:
        return default
    if not re.fullmatch(r"[0-9]{1,6}(\.[0-9]{1,6})?", value):
        where = f"accounts.{account.name}.{name}"
        raise ConfigError(f'"{value}" is not a price', where=where, hint=f'US dollars, such as {name} = "{default}"')
    return float(value)


def with_prepared(message: Message, **ids: str) -> Message:
    """The message with further remote ids in `prepared`."""
    return replace(message, prepared={**message.prepared, **ids})


# --- the last look before a call: a message that cannot fit is refused, whole, before anything is spent ---


def shorten(text: str, limit: int, counter: Counter = Counter.CODEPOINTS) -> str:
    """A title or summary within its field, ended at a word and never inside what people see as one character."""
    return fit(text, lambda part: count(part, counter) <= limit)


def refuse_misfits(message: Message, limits: Limits, *, account: str) -> None:
    """Raise Misfit where the network would refuse or silently cut the message."""
    excess = limits.find_excess(message.text, with_image=message.image is not None)
    if excess:
        raise Misfit(f"the text is too long: {excess}", where=account)
    for attachment in filter(None, (message.image, message.card)):
        _refuse_attachment(attachment, limits, account)


def _refuse_attachment(attachment: Attachment, limits: Limits, account: str) -> None:
    if attachment.media_type not in limits.image_types:
        raise Misfit(f"the network takes no {attachment.media_type} ({attachment.path})", where=account)
    if len(attachment.data) > limits.image_bytes:
        size = f"{len(attachment.data):,} of {limits.image_bytes:,} bytes"
        raise Misfit(f"the image {attachment.path} is too large: {size}", where=account)
    if not limits.fits_alt(attachment.alt):
        raise Misfit(f"the image's alt text is longer than {limits.alt} characters", where=account)


def refuse_unpublished_image(message: Message, *, account: str) -> None:
    """Raise Rejected where a network that fetches images itself has no address to fetch from."""
    if message.image and not message.image.url.startswith(("http://", "https://")):
        hint = "this network fetches images itself: publish the cards first, and set feeds_url if they live elsewhere"
        raise Rejected("the image has no public address", where=account, hint=hint)


def refuse_warning(message: Message, *, account: str) -> None:
    """Raise Rejected for a content warning where the network has none: it must not be lost in silence."""
    if message.warning:
        hint = "put the warning into the text, or leave it out for this account"
        raise Rejected("this network has no content warnings", where=account, hint=hint)


def refuse_private(message: Message, *, account: str) -> None:
    """Raise Rejected for a message meant for few where the network only knows everybody."""
    if message.visibility.lower() not in {"", "public", "unlisted"}:
        raise Rejected(f'this network has no visibility "{message.visibility}"', where=account)
