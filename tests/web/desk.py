"""A real site as a person's desk, and what a browser does with its pages."""

from __future__ import annotations

import re
from contextlib import AbstractContextManager
from dataclasses import dataclass, fields, replace
from datetime import UTC, datetime, timedelta
from html.parser import HTMLParser
from pathlib import Path

from sqlalchemy import Connection, delete, insert, text

from syndicate.app.app import App
from syndicate.model import NEW, Attachment, Delivery, Message, Receipt, State
from syndicate.store.mapping import render_message, render_receipt
from syndicate.store.schema import attempts, deliveries, passes, posts

CONFIG = """
[site]
title = "Blog"
url = "https://blog.example"
[cards]
fetch = false
[accounts.timeline]
network = "local"
"""
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


class Desk:
    """A real site whose clock and outbox a test sets: one post, "hello", with the message 7 on "timeline"."""

    def __init__(self, root: Path, config: str = CONFIG) -> None:
        self.at = NOW
        (root / "content" / "posts").mkdir(parents=True, exist_ok=True)
        (root / "syndicate.toml").write_text(config, encoding="utf-8")
        self.posts = root / "content" / "posts"
        self.app = App(root / "syndicate.toml", clock=lambda: self.at)
        self.put(DELIVERY)

    def begin_another_day(self) -> None:
        """As new, a day later: nobody is logged in any more, no wrong password counts."""
        self.at += timedelta(days=1)
        with self._writing() as connection:
            connection.execute(delete(passes))
        self.put(DELIVERY)

    def put(self, *rows: Delivery) -> None:
        """Let the outbox hold these rows, and the state know their posts."""
        with self._writing() as connection:
            for table in (attempts, deliveries, posts):
                connection.execute(delete(table))
            for row in rows:
                connection.execute(insert(deliveries).values(site="default", **_columns(row)))
            for post_id, row in {row.post_id: row for row in rows}.items():
                connection.execute(insert(posts).values(site="default", **_post(post_id, row)))

    def rename_column(self, before: str, after: str) -> None:
        """Of the table of messages: no question about them is answered under another name."""
        with self._writing() as connection:
            connection.execute(text(f"ALTER TABLE deliveries RENAME COLUMN {before} TO {after}"))

    def states(self) -> dict[int, str]:
        """The state of each message."""
        return {one.id: one.state.value for one in self.app._site.store.list_deliveries()}

    def _writing(self) -> AbstractContextManager[Connection]:
        return self.app._site.store._database.writing()


def _columns(row: Delivery) -> dict[str, object]:
    values = {field.name: getattr(row, field.name) for field in fields(row)}
    return values | {
        "occasion": row.occasion.name,
        "occasion_kind": row.occasion.kind,
        "message": render_message(row.message) if row.message else None,
        "receipt": render_receipt(row.receipt) if row.receipt else None,
        "created_at": row.created_at or NOW,
        "key": f"key-{row.id}",
    }


def _post(post_id: str, row: Delivery) -> dict[str, object]:
    title = row.message.title if row.message else row.slug
    names = dict.fromkeys(("published_at", "updated_at", "first_seen_at"), NOW)
    return {
        "id": post_id,
        "source": f"{post_id}.md",
        "slug": row.slug,
        "permalink": "https://blog.example/",
        "title": title,
        "digest": "",
        **names,
    }


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
        self.words += data

    def find_all(self, tag: str, name: str) -> list[str]:
        return [given[name] for found, given in self.tags if found == tag and name in given]


def find_token(text: str) -> str:
    return re.findall(r'name="token" value="(\w+)"', text)[0]
