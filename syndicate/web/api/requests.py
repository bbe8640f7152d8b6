"""What the API takes: parameters and bodies. OpenAPI and the parsing of requests are made of these models."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import Annotated, Literal

from pydantic import AfterValidator, AwareDatetime, BaseModel, BeforeValidator, ConfigDict, Field, StringConstraints

from syndicate.model import State
from syndicate.text import drop_controls

_MOST_WORDS, _MOST_TEXT, _MOST_URL = 200, 20_000, 2048
_NUMBER = re.compile(r"[0-9]{1,16}")
_DATE = re.compile(r"\d{4}-\d\d-\d\d[Tt ].*")


def _refuse_odd_number(value: object) -> object:
    """Python reads "1_0" and " 7 " as numbers, too; to JSON 5.0 is a whole number."""
    if isinstance(value, float) and value.is_integer():
        return int(value)
    if isinstance(value, str) and not _NUMBER.fullmatch(value):
        raise ValueError("a whole number is expected")
    return value


def _read_date(value: object) -> object:
    """Seconds since 1970 are a number to us, not a date."""
    if not isinstance(value, str) or not _DATE.fullmatch(value):
        raise ValueError("a date with time and offset is expected, as in RFC 3339")
    return datetime.fromisoformat(value.upper())


def _to_utc(value: datetime) -> datetime:
    try:
        return value.astimezone(UTC)
    except OverflowError as error:
        raise ValueError("that is too far away") from error


_Plain = BeforeValidator(_refuse_odd_number)
Number = Annotated[int, Field(ge=1, le=10**15), _Plain]
Limit = Annotated[int, Field(ge=1, le=500, description="So many at most."), _Plain]
Page = Annotated[int, Field(ge=1, le=10**6, description="Which page of so many."), _Plain]
Minutes = Annotated[int, Field(ge=-525_600, le=525_600), _Plain]
Moment = Annotated[AwareDatetime, BeforeValidator(_read_date), AfterValidator(_to_utc)]
LocalTime = Annotated[str, StringConstraints(pattern=r"^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}$")]
"""Of the site's zone, as a field for a time gives it."""
Words = Annotated[str, StringConstraints(max_length=_MOST_WORDS), AfterValidator(drop_controls)]
Name = Annotated[str, StringConstraints(min_length=1, max_length=_MOST_WORDS, pattern=r"^[^\x00-\x1f\x7f]+$")]
Text = Annotated[str, StringConstraints(max_length=_MOST_TEXT), AfterValidator(drop_controls)]
Url = Annotated[str, StringConstraints(max_length=_MOST_URL, pattern=r"^https?://[!-~]+$")]


_InText = Annotated[str, StringConstraints(pattern=r"^photo-[0-9a-f]{8}$")]
Media = Literal["", "card", "image", "photo", "none"] | _InText
_MEDIA = (
    'What goes with it: a link card, the card as a picture, the post\'s lead picture ("photo") or one of its text, as '
    "the post names them, nothing"
)


class Asked(BaseModel):
    """Parameters of the path and the query, and bodies. What nobody knows is refused: no typo is passed over."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Nothing(Asked):
    """No parameters."""


class DeliveryFilter(Asked):
    which: Literal["waiting", "needs_you", "all"] = Field(
        "waiting", description="Which of them, where no state is named."
    )
    state: State | None = Field(None, description="Only those in this state.")
    account: Words = Field("", description="Only this account's.")
    occasion: Words = Field("", description='Only of this occasion: "new", a flag, "evergreen" or "manual".')
    words: Words = Field("", description="Only where post or text hold each of these words.")
    since: Moment | None = Field(None, description="Not before this moment.")
    until: Moment | None = Field(None, description="Before this moment.")
    limit: Limit = 100
    page: Page = 1


class DeliveryNumber(Asked):
    id: Number = Field(description="The number that `syndicate queue` shows.")


class PostFilter(Asked):
    words: Words = Field("", description="Only posts that hold each of these words.")
    limit: Limit = 100
    page: Page = 1


class PostSlug(Asked):
    slug: Name = Field(description="The slug of the post.")


class AccountName(Asked):
    name: Name = Field(description="The account's name in syndicate.toml.")


class HistoryFilter(Asked):
    account: Words = Field("", description="Only this account's.")
    slug: Words = Field("", description="Only this post's.")
    before: Number | None = Field(None, description="Only lines before this one: `number` of the last line you have.")
    limit: Limit = 100


class CountsFilter(Asked):
    account: Words = Field("", description="Only this account's.")
    by: Literal["newest", "likes", "boosts", "replies", "quotes", "total"] = Field("newest", description="The order.")
    limit: Limit = 100


class Move(Asked):
    at: Moment | LocalTime | None = Field(None, description="When it is to go; without an offset in the site's zone.")
    by_minutes: Minutes | None = Field(None, description="Or how much later it is to go.")
    force: bool = Field(False, description="Overrule quiet hours, gaps and other rules of the account.")


class Many(Move):
    """One action on some messages; `at`, `by_minutes` and `force` belong to "move"."""

    action: Literal["hold", "release", "skip", "cancel", "retry", "move"]
    ids: list[Number] = Field(min_length=1, max_length=500, description="Numbers of deliveries.")
    seen: dict[Annotated[str, StringConstraints(pattern=r"^[0-9]{1,16}$")], State] = Field(
        {},
        max_length=500,
        description="In which state you saw each, by its number: what somebody decided against since is not released.",
        json_schema_extra={"additionalProperties": False},
    )


class Edit(Asked):
    text: Text = Field(description='The words to send; "" lets them be composed from the post again.')
    alt: Text | None = Field(None, description="The alt text of the picture; null keeps what is there.")
    media: Media | None = Field(None, description=f'{_MEDIA}; "" for what the account has, null keeps what is there.')


class Settle(Asked):
    url: Url | None = Field(description="Where the message is shown; null where it was not sent.")


class NewMessage(Asked):
    post: Name = Field(description="The slug of the post that it is about.")
    to: list[Name] = Field(min_length=1, max_length=100, description="Accounts.")
    text: Text = Field("", description='The words to send; "" lets them be composed from the post.')
    at: Moment | LocalTime | Literal["now", "slot"] = Field(
        "now", description='A time (without an offset in the site\'s zone), "now", or "slot": each account\'s next one.'
    )
    media: Media = Field("", description=f'{_MEDIA}; "" for what the account has.')
    alt: Text = Field("", description='The alt text of that picture; "" for its own.')
    again: bool = Field(False, description="Also where the post went to the account before.")


class Measured(Asked):
    """A text for a delivery that there is, or for accounts."""

    text: Text
    delivery: Number | None = Field(None, description="Measure it as the words of this delivery.")
    post: Words = Field("", description="Else: the slug of the post that it is about, whose link may be added.")
    to: list[Name] = Field([], max_length=100, description="And the accounts.")
