"""A desk in memory, and what a browser does with its pages."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from html.parser import HTMLParser

from syndicate.app.reports import AccountRow
from syndicate.errors import UsageError
from syndicate.model import NEW, Attachment, Delivery, Message, PlannedDelivery, Problem, Receipt, Settings, State
from syndicate.templates import read_template
from tests.formats.samples import settings

NOW = datetime(2026, 11, 24, 19, 42, tzinfo=UTC)
PICTURE = Attachment(path="cards/a b.3fa9c1.jpg", media_type="image/jpeg", alt="A card", width=1200, height=630)
MESSAGE = Message(text="Read it.\n\nhttps://blog.example/blog/hello/", title="Hello", card=PICTURE, language="en")
DELIVERY = Delivery(
    id=7,
    post_id="p",
    slug="hello",
    account="timeline",
    network="local",
    occasion=NEW,
    state=State.PLANNED,
    due_at=NOW + timedelta(hours=14),
    key="k",
    message=MESSAGE,
)


def delivery(number: int, state: State, **more: object) -> Delivery:
    return replace(DELIVERY, id=number, state=state, **more)


def sent(number: int, url: str, **more: object) -> Delivery:
    return delivery(number, State.SENT, sent_at=NOW, receipt=Receipt("1", url), **more)


@dataclass
class MemoryDesk:
    """A `web.desk.Desk` that keeps what it was told to do."""

    deliveries: list[Delivery] = field(default_factory=lambda: [DELIVERY])
    accounts: list[AccountRow] = field(default_factory=list)
    problems: tuple[Problem, ...] = ()
    settings: Settings = field(default_factory=settings)
    at: datetime = NOW
    done: list[tuple[object, ...]] = field(default_factory=list)
    broken: Exception | None = None
    contradiction: str = ""
    passes: dict[tuple[str, str], datetime] = field(default_factory=dict)
    refusal: str = ""

    def begin_another_day(self) -> None:
        """As new, a day later: nobody is logged in any more, no wrong password counts."""
        fresh = MemoryDesk(at=self.at + timedelta(days=1))
        vars(self).update(vars(fresh))

    def now(self) -> datetime:
        return self.at

    def read_template(self, name: str) -> str:
        return read_template("/", name)

    def is_daemon_running(self) -> bool:
        return True

    def find_contradiction(self) -> str:
        return self.contradiction

    def list_waiting(self) -> tuple[Delivery, ...]:
        if self.broken:
            raise self.broken
        return tuple(one for one in self.deliveries if one.state is not State.SENT)

    def list_sent(self, most: int) -> tuple[Delivery, ...]:
        return tuple(one for one in self.deliveries if one.state is State.SENT)[:most]

    def list_of_post(self, slug: str) -> tuple[Delivery, ...]:
        return tuple(one for one in self.deliveries if one.slug == slug)

    def preview(self, deliveries: Sequence[Delivery]) -> tuple[PlannedDelivery, ...]:
        return tuple(
            PlannedDelivery(
                post_id=one.post_id,
                slug=one.slug,
                account=one.account,
                network=one.network,
                occasion=one.occasion,
                part=one.part,
                state=one.state,
                due_at=one.due_at,
                reason=one.reason,
                detail=one.detail,
                message=one.message,
                count=len(one.message.text) if one.message else 0,
                limit=100,
            )
            for one in deliveries
        )

    def list_problems(self) -> tuple[Problem, ...]:
        return self.problems

    def list_accounts(self) -> Sequence[AccountRow]:
        return self.accounts

    def explain(self, slug: str) -> tuple[str, ...]:
        if not self.list_of_post(slug):
            raise UsageError(f'no post has the slug "{slug}"', hint="look again")
        return (f"{slug}: a post", "  a step")

    def change(self, action: str, number: int, value: str) -> Delivery:
        self.done.append((action, number, value))
        return DELIVERY

    def answer_many(self, action: str, account: str) -> int:
        self.done.append((action, account))
        return 7

    def check_text(self, number: int, text: str) -> None:
        if self.refusal:
            raise UsageError(self.refusal, hint="nothing was changed")

    def keep_pass(self, kind: str, key: str, lasts: timedelta) -> None:
        self.passes[kind, key] = self.at + lasts

    def has_pass(self, kind: str, key: str) -> bool:
        return self.passes.get((kind, key), self.at) > self.at

    def take_pass(self, kind: str, key: str) -> bool:
        return self.has_pass(kind, key) and bool(self.passes.pop((kind, key)))

    def resume(self, account: str) -> None:
        self.done.append(("resume", account))


@dataclass
class Page(HTMLParser):
    """Tags with their attributes, and forms with their fields."""

    text: str

    def __post_init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.tags: list[tuple[str, dict[str, str]]] = []
        self.forms: list[dict[str, str]] = []
        self.words = ""
        self.feed(self.text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        self.tags.append((tag, given))
        if tag == "form":
            self.forms.append({"action": given["action"], "method": given["method"], "fields": ""})
        if tag in {"input", "button", "textarea"} and "name" in given:
            self.forms[-1]["fields"] += f" {given['name']}={given.get('value', '')}"

    def handle_data(self, data: str) -> None:
        self.words += data if self.lasttag != "style" else ""

    def find_all(self, tag: str, name: str) -> list[str]:
        return [given[name] for found, given in self.tags if found == tag and name in given]


def find_token(text: str) -> str:
    return re.findall(r'name="token" value="(\w+)"', text)[0]
