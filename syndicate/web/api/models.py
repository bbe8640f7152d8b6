"""What the API answers. OpenAPI and the answers are made of these models."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Self

from pydantic import BaseModel, ConfigDict, Field

from syndicate.model import Action, Reason, State


class Shown(BaseModel):
    model_config = ConfigDict(from_attributes=True, frozen=True)

    @classmethod
    def of(cls, source: object, **further: object) -> Self:
        """What a value says by the same names, and what else there is to say."""
        told = {name: getattr(source, name) for name in cls.model_fields if name not in further}
        return cls.model_validate(told | further)


class PlannedMessage(Shown):
    """A message as it would go out."""

    post: str = Field(description="The slug of its post.")
    account: str
    network: str
    occasion: str
    part: int = Field(description="1, or the place in a thread.")
    state: State
    due_at: datetime
    title: str
    text: str = Field(description="As it was or would be sent.")
    media: str = Field(description='What a person chose to go with it, "" for what the account has.')
    alt: str = Field(description="The alt text of what goes with it.")
    count: int = Field(description="Length as the network counts, 0 where unknown.")
    limit: int
    cost: float = Field(description="US dollars.")
    reason: Reason
    why: str = Field(description="The reason in a sentence.")
    warnings: tuple[str, ...]


class DeliveryShown(PlannedMessage):
    """One row of the outbox."""

    id: int
    chosen: Action | None = Field(description="What a person did to it last.")
    actions: tuple[Action, ...] = Field(description="What can be done to it now.")
    attempts: int
    sent_at: datetime | None
    url: str = Field(description="The published copy.")


class DeliveryList(Shown):
    deliveries: tuple[DeliveryShown, ...]
    total: int


class Refused(Shown):
    id: int
    detail: str = Field(description="Why this one was not changed.")
    hint: str


class ManyChanged(Shown):
    told: str = Field(description="What it came to, in a sentence.")
    changed: tuple[DeliveryShown, ...]
    refused: tuple[Refused, ...]


class MeasureShown(Shown):
    account: str
    count: int = Field(description="As its network counts.")
    limit: int
    excess: str = Field(description='How much too long it is, "" where it fits.')


class Measures(Shown):
    counts: tuple[MeasureShown, ...]


class Step(Shown):
    """What happened to a message once."""

    at: datetime
    action: str
    outcome: str
    state: State
    reason: Reason
    why: str


class DeliveryStory(DeliveryShown):
    """One message and how it came to where it is."""

    history: tuple[Step, ...]


class ProblemShown(Shown):
    source: str
    line: int
    key: str
    message: str
    hint: str


class PostShown(Shown):
    slug: str
    title: str
    source: str
    published_at: datetime | None
    is_draft: bool
    card: str = Field(description="Path of its card below the published folder.")
    messages: Mapping[State, int]
    problems: tuple[ProblemShown, ...]


class PostList(Shown):
    posts: tuple[PostShown, ...]
    problems: tuple[ProblemShown, ...] = Field(description="Of all posts, those that cannot be read included.")
    total: int


class PictureShown(Shown):
    media: str = Field(description='What a message calls it: "photo" is the lead picture.')
    url: str
    alt: str


class PostStory(Shown):
    slug: str
    title: str
    permalink: str
    pictures: tuple[PictureShown, ...] = Field(description="Its own ones, which messages may carry.")
    lines: tuple[str, ...] = Field(description="Its story in sentences.")
    deliveries: tuple[DeliveryShown, ...]


class AccountShown(Shown):
    name: str
    network: str
    state: str
    who: str
    expires: str
    note: str
    messages: Mapping[State, int]
    last_trouble: str
    last_trouble_at: datetime | None


class AccountList(Shown):
    accounts: tuple[AccountShown, ...]


class FeedShown(Shown):
    path: str
    size: int
    entries: int
    changed_at: datetime | None
    trouble: str


class FeedList(Shown):
    feeds: tuple[FeedShown, ...]
    total: int


class HistoryLine(Step):
    number: int
    delivery: int
    post: str
    account: str
    network: str


class History(Shown):
    lines: tuple[HistoryLine, ...]


class ReactionsShown(Shown):
    """How often others answered; null where the network does not say."""

    likes: int | None
    boosts: int | None
    replies: int | None
    quotes: int | None


class CountedShown(Shown):
    at: datetime
    looked_at: datetime = Field(description="The last moment at which they were still so.")
    reactions: ReactionsShown


class CountedMessageShown(Shown):
    delivery: int
    post: str
    title: str
    account: str
    network: str
    url: str
    sent_at: datetime | None
    counts: tuple[CountedShown, ...] = Field(description="One for each change, the oldest first.")


class Counts(Shown):
    messages: tuple[CountedMessageShown, ...]


class BudgetShown(Shown):
    """What the messages of one account will cost, in US dollars."""

    account: str
    waiting: float
    coming: float
    spent: float
    limit: float


class PlanShown(Shown):
    deliveries: tuple[PlannedMessage, ...] = Field(description="What would be added to the outbox.")
    waiting: tuple[PlannedMessage, ...] = Field(description="What waits in it.")
    problems: tuple[ProblemShown, ...]
    warnings: tuple[str, ...]
    budgets: tuple[BudgetShown, ...]


class Preview(Shown):
    messages: tuple[PlannedMessage, ...]
    moved: tuple[int, ...] = Field(description="Deliveries that would be sent at that time instead of a second one.")


class StatusShown(Shown):
    posts: int
    problems: int
    counts: Mapping[State, int]
    next_at: datetime | None
    daemon: bool
    disk: str
    paused: tuple[str, ...]
    resting: tuple[str, ...]
    unready: tuple[str, ...]
    dying: tuple[str, ...]
    coming: tuple[int, ...] = Field(description="Numbers of the few deliveries that go out next.")
    needs_you: tuple[int, ...] = Field(description="Numbers of deliveries.")
    questions: tuple[str, ...]
    amendments: tuple[str, ...]
    contradiction: str
    damaged: tuple[str, ...]


class FaultShown(BaseModel):
    where: str = Field(description='What of the request is meant, such as "query limit" or "body at".')
    message: str


class ProblemDetails(BaseModel):
    """RFC 9457."""

    type: str
    title: str
    status: int
    detail: str
    hint: str = Field(description="What to do about it.")
    errors: tuple[FaultShown, ...]
