"""Facebook Pages, Instagram and Threads: one Graph API. Errors, usage headers, token lives, listings.

developers.facebook.com/docs/graph-api/guides/error-handling.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta

import orjson

from syndicate.errors import Blocked, Duplicate, NetworkError, NotReady, Rejected, Unauthorised, Unavailable, Uncertain
from syndicate.http import Response
from syndicate.networks.base import Recent
from syndicate.networks.toolkit import LONGEST_WAIT, Api, Refusal, pick, pick_list, pick_text, retry_at_of, say
from syndicate.networks.toolkit.readback import CLOCK_SKEW, Is, Listing, Page, read_listing, read_page

TOKEN_CODES = frozenset({102, 190, 1404078})
PERMISSION_CODES = frozenset({10, *range(200, 300)})
POLICY_CODES = frozenset({368, 2207051, 4279013})
LIMIT_CODES = frozenset({4, 17, 32, 341, 613, 80001, 1390008, 2207042})
PASSING_CODES = frozenset({1, 2})
DUPLICATE = 506
NOT_READY = frozenset({4279009, 2207027})
CARD_FAILED = 4279047


class CardFailed(Unavailable):
    """Surely not published: the preview of the link could not be fetched."""


_KINDS: tuple[tuple[frozenset[int], type[NetworkError], str], ...] = (
    (TOKEN_CODES | PERMISSION_CODES, Unauthorised, ""),
    (POLICY_CODES, Blocked, "look at the account on the network itself"),
    (frozenset({CARD_FAILED}), CardFailed, "the page's preview could not be fetched; is the page public?"),
    (frozenset({DUPLICATE}), Duplicate, ""),
)
READY_WAIT = timedelta(seconds=30)
"""Meta advises to wait about half a minute for media."""
PAGE = 25
ParsesPost = Callable[[object], Recent | None]
_USAGE_HEADERS = ("x-business-use-case-usage", "x-app-usage")


def parse_failure(refusal: Refusal) -> NetworkError:
    """What an unsuccessful Graph answer means, by code and subcode."""
    error, response = pick(refusal.response.json(), "error"), refusal.response
    codes = {code for code in (pick(error, "code"), pick(error, "error_subcode")) if isinstance(code, int)}
    said = _words(error, refusal.secrets)
    if response.status == 429 or codes & LIMIT_CODES:
        return refusal.wait(parse_regain(response), said)
    for found, kind, hint in _KINDS:
        if codes & found:
            return refusal.to(kind, said, hint=hint)
    if codes & NOT_READY:
        return NotReady(said, retry_at=response.received_at + READY_WAIT, where=refusal.account)
    if codes & PASSING_CODES or pick(error, "is_transient") is True:
        return refusal.to(Uncertain if refusal.publishes else Unavailable, said)
    if codes and response.status < 500:
        return refusal.to(Rejected, said)
    return refusal.by_status()


def _words(error: object, secrets: tuple[str, ...]) -> str:
    """The sentence meant for people where there is one, with the code that the documentation lists."""
    told = pick_text(error, "error_user_msg") or pick_text(error, "message") or "no explanation"
    code = "/".join(filter(None, (pick_text(error, "code"), pick_text(error, "error_subcode"))))
    return f"{say(told, secrets)} (code {code})"


def parse_regain(response: Response) -> datetime | None:
    """When calls are free again: Retry-After, else the longest "minutes to regain access" of the usage headers."""
    minutes = max((_regain_minutes(response.headers.get(name, "")) for name in _USAGE_HEADERS), default=0)
    wait = min(timedelta(minutes=minutes), LONGEST_WAIT)
    return retry_at_of(response) or (response.received_at + wait if minutes else None)


def _regain_minutes(header: str) -> int:
    try:
        usage = orjson.loads(header)
    except orjson.JSONDecodeError:
        return 0
    lists = usage.values() if isinstance(usage, dict) else ()
    found = [pick(each, "estimated_time_to_regain_access") for rows in lists for each in pick_list(rows)]
    return max((minutes for minutes in found if isinstance(minutes, int) and 0 < minutes < 100_000), default=0)


def parse_expiry(answer: object, now: datetime) -> datetime | None:
    """When a token just given out dies; None where the answer does not say (it lasts)."""
    seconds = pick(answer, "expires_in")
    return now + timedelta(seconds=seconds) if isinstance(seconds, int) and 0 < seconds < 10**9 else None


def list_posts(
    read: Callable[[Mapping[str, str]], object],
    fields: str,
    since: datetime | None,
    *,
    parse: ParsesPost,
    each: Mapping[str, Is],
    account: str,
) -> Listing:
    """Own posts, newest first, up to 250; what is older than `since` is left out, with room for two clocks."""
    query = {"fields": fields, "limit": str(PAGE)}
    if since:
        query["since"] = str(int((since - CLOCK_SKEW).timestamp()))

    def fetch(cursor: str) -> Page:
        answer = read(query | ({"after": cursor} if cursor else {}))
        following = pick_text(answer, "paging", "cursors", "after") if pick_list(answer, "data") else ""
        return read_page(answer, "data", parse=parse, each=each, following=following, account=account)

    return read_listing(fetch)


def delete_post(api: Api, url: str, params: Mapping[str, str] | None = None) -> None:
    """Meta says "does not exist" of what may not be deleted, too, so the post is looked at once more."""

    def is_gone(response: Response) -> bool:
        if "does not exist" not in pick_text(response.json(), "error", "message"):
            return False
        try:
            return not pick_text(api.read(url, {"fields": "id", **(params or {})}), "id")
        except Rejected:
            return True

    api.ask_unless(is_gone, "DELETE", url, params=params)
