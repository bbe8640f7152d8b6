"""Values for tests of the outbox: a moment, planned rows, decisions, and a way into every state."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from syndicate.model import (
    NEW,
    Attachment,
    Decision,
    Delivery,
    Identified,
    KnownPost,
    Message,
    Plan,
    PlannedDelivery,
    Post,
    Reason,
    Receipt,
    State,
)
from syndicate.store.store import Store

SITE = "default"
NOW = datetime(2026, 3, 29, 0, 30, tzinfo=UTC)
LEASE = timedelta(minutes=5)
RECEIPT = Receipt("remote-1", "https://social.example/1", {"cid": "x"})
MESSAGE = Message(
    text="A post with ä and 👍🏽",
    link="https://blog.example/a/",
    image=Attachment(path="cards/a.jpg", media_type="image/jpeg", alt="A card", width=1200, height=630, data=b"jpeg"),
    tags=("Python",),
    reply_to=Receipt("remote-0", "https://social.example/0", {"root": "y"}),
    created_at=NOW + timedelta(microseconds=123456),
    prepared={"media": "m1"},
)


def planned(post: str = "p1", account: str = "mastodon", **changes: object) -> PlannedDelivery:
    values: dict[str, object] = {
        "post_id": post,
        "slug": f"slug-{post}",
        "account": account,
        "network": "fake",
        "occasion": NEW,
        "part": 1,
        "state": State.PLANNED,
        "due_at": NOW,
        "reason": Reason.OWN_WORDS,
        "detail": "its slot",
    }
    return PlannedDelivery(**values | changes)  # type: ignore[arg-type]


def known(post: str = "p1", **changes: object) -> KnownPost:
    values: dict[str, object] = {
        "id": post,
        "source": f"{post}.md",
        "slug": f"slug-{post}",
        "permalink": f"https://blog.example/{post}/",
        "title": f"Title of {post}",
        "digest": "d1",
        "published_at": NOW,
        "updated_at": NOW,
        "first_seen_at": NOW,
    }
    return KnownPost(**values | changes)  # type: ignore[arg-type]


def identified(row: KnownPost, *, is_new: bool = True) -> Identified:
    post = Post(source=row.source, slug=row.slug, title=row.title, permalink=row.permalink, published_at=NOW)
    return Identified(post=post, known=row, is_new=is_new, is_changed=not is_new)


def add(store: Store, *rows: PlannedDelivery) -> tuple[Delivery, ...]:
    return store.add_deliveries(rows or (planned(),), NOW)


def plan(**changes: object) -> Plan:
    return Plan(now=NOW, **changes)  # type: ignore[arg-type]


def decision(state: State, **changes: object) -> Decision:
    values: dict[str, object] = {
        "state": state,
        "outcome": "test",
        "reason": Reason.OWN_WORDS,
        "detail": f"became {state}",
    }
    values |= {"receipt": RECEIPT} if state is State.SENT else {}
    return Decision(**values | changes)  # type: ignore[arg-type]


def claim(store: Store, owner: str = "me", at: datetime = NOW) -> Delivery:
    delivery = store.claim(owner, at, LEASE)
    assert delivery is not None
    return delivery


def bring_to(store: Store, state: State) -> Delivery:
    """A delivery in this state, walked there by the store's own doors."""
    if state in {State.PLANNED, State.HELD, State.SKIPPED, State.MISSED, State.CANCELLED}:
        return add(store, planned(state=state))[0]
    add(store)
    delivery = store.keep_message(claim(store), MESSAGE, NOW, LEASE)
    if state is State.DUE:
        store.give_back(delivery)
        return store.get_delivery(delivery.id)
    delivery = store.intend(delivery, NOW, LEASE)
    return delivery if state is State.SENDING else store.record(delivery, "send", decision(state), NOW)
