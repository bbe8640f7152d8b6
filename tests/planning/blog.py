"""A blog in memory: posts, accounts, and a ledger folded from plans as the store folds it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from syndicate.content.parsing import digest_body
from syndicate.model import (
    Account,
    Action,
    CardRef,
    KnownDelivery,
    KnownPost,
    Ledger,
    Limits,
    NetworkFacts,
    Plan,
    PlannedDelivery,
    Post,
    Reason,
    ScheduleRules,
    Settings,
    Site,
    Snapshot,
    State,
    Storage,
    can_move,
)
from syndicate.model.post import make_sketch
from syndicate.planning.make_plan import make_plan
from syndicate.text.counting import Counter

SITE = Site(title="Small Things", url="https://blog.example.com", timezone="Europe/Berlin", language="en")
NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)
TEMPLATE = "{{ text }}\n\n{{ link }}\n\n{{ hashtags }}"
AT_ONCE = ScheduleRules(timezone="Europe/Berlin")
FACTS = {
    "mastodon": NetworkFacts(
        network="mastodon", limits=Limits(500, Counter.MASTODON, per_link=23), can_thread=True, warns=True
    ),
    "bluesky": NetworkFacts(network="bluesky", limits=Limits(300, max_bytes=3000), media="card", can_thread=True),
    "x": NetworkFacts(
        network="x", limits=Limits(280, Counter.WEIGHTED, per_link=23), cost=0.015, cost_with_link=0.2, can_thread=True
    ),
    "telegram": NetworkFacts(network="telegram", limits=Limits(4096, Counter.UTF16, caption=1024)),
    "local": NetworkFacts(network="local", limits=Limits(5000)),
}
CARD = CardRef(
    path="cards/hello.3f.jpg",
    url="https://blog.example.com/feeds/cards/hello.3f.jpg",
    stable_url="https://blog.example.com/feeds/cards/hello.jpg",
    media_type="image/jpeg",
    width=1200,
    height=630,
    size=90_000,
    alt="Hello over a harbour at dawn",
)


def make_post(name: str, **fields: Any) -> Post:
    """A post whose path, slug, link and digest follow from its name, if not said otherwise."""
    slug = fields.get("slug", name)
    body = fields.pop("body", make_body(name))
    known: dict[str, Any] = {
        "source": f"{name}.md",
        "slug": slug,
        "title": f"About {name}",
        "permalink": f"{SITE.url}/blog/{slug}/",
        "published_at": NOW - timedelta(days=2),
        "social_share": f"Read about {name}.",
        "digest": f"digest of {name}",
        "fields_digest": f"fields of {name}",
    }
    return write_body(Post(**{**known, **fields}), body)


def make_body(name: str, words: int = 60) -> str:
    """A body that shares nothing with that of another name."""
    return " ".join(f"{name}{number}" for number in range(words))


def write_body(post: Post, body: str) -> Post:
    """The post with another body, as its author wrote it; readers see the change."""
    digest = post.digest if body == post.markdown else f"{post.digest} {body}"
    return replace(post, markdown=body, digest=digest, source_digest=digest_body(body), sketch=make_sketch(body))


def edit(post: Post, more: str = "and more") -> Post:
    """The post with a few words more."""
    return write_body(post, f"{post.markdown} {more}")


def make_account(name: str, **fields: Any) -> Account:
    """An account of the network of its name, without slots."""
    return Account(**{"name": name, "network": name, "on": ("new", "featured"), "schedule": AT_ONCE, **fields})


def make_settings(*accounts: Account) -> Settings:
    """A site with these accounts."""
    storage = Storage(database="sqlite://", publish_to="/feeds", cache="/cache")
    return Settings(root="/", site=SITE, storage=storage, accounts=accounts)


@dataclass
class Blog:
    """Files, rules and memory; `publish` plans and remembers, as the delivery and the store do."""

    accounts: tuple[Account, ...] = ()
    files: dict[str, Post] = field(default_factory=dict)
    ledger: Ledger = field(default_factory=Ledger)
    now: datetime = NOW
    changed_at: datetime | None = None
    templates: dict[str, str] = field(default_factory=dict)
    facts: Mapping[str, NetworkFacts] = field(default_factory=lambda: FACTS)

    def write(self, *posts: Post) -> None:
        """Save files, replacing those of the same path."""
        self.files |= {post.source: post for post in posts}

    def edit(self, source: str, **fields: Any) -> None:
        """Change a post in place."""
        self.files[source] = replace(self.files[source], **fields)

    def plan(self) -> Plan:
        """What would happen now."""
        templates = {account.name: self.templates.get(account.name, TEMPLATE) for account in self.accounts}
        facts = {account.name: self.facts[account.network] for account in self.accounts}
        snapshot = Snapshot(tuple(self.files.values()), changed_at=self.changed_at, newest="old1.md")
        settings = make_settings(*self.accounts)
        return make_plan(snapshot, self.ledger, settings, facts=facts, templates=templates, cards={}, now=self.now)

    def publish(self) -> Plan:
        """Plan, and remember what the plan says."""
        plan = self.plan()
        self.ledger = fold(self.ledger, plan)
        return plan

    def deliver(self) -> list[KnownDelivery]:
        """Send what is due now; returns it."""
        due = [row for row in self.ledger.deliveries if row.state is State.PLANNED and row.due_at <= self.now]
        sent = {row.id: replace(row, state=State.SENT, sent_at=self.now, url=f"https://net/{row.id}") for row in due}
        self.ledger = replace(self.ledger, deliveries=tuple(sent.get(row.id, row) for row in self.ledger.deliveries))
        return due

    def release(self, *rows: KnownDelivery) -> None:
        """A person lets rows go."""
        free = {
            row.id: replace(row, state=State.PLANNED, overruled=row.reason, reason=Reason.NONE, chosen=Action.RELEASE)
            for row in rows
        }
        self.ledger = replace(self.ledger, deliveries=tuple(free.get(row.id, row) for row in self.ledger.deliveries))

    def live(self, days: float) -> None:
        """Time goes by."""
        self.now += timedelta(days=days)

    def rows(self, account: str = "", occasion: str = "") -> list[KnownDelivery]:
        """Rows of the outbox."""
        rows = self.ledger.deliveries
        return [row for row in rows if account in {"", row.account} and occasion in {"", row.occasion.name}]


def fold(ledger: Ledger, plan: Plan) -> Ledger:
    """What the store remembers after a plan: rows added once, changes only where the state may move."""
    posts: dict[str, KnownPost] = {row.id: row for row in ledger.posts}
    posts |= {item.id: item.known for item in plan.identified if item.is_new or item.is_changed}
    posts |= {row.id: replace(row, gone_at=row.gone_at or plan.now) for row in plan.gone}
    rows = {_key(row): row for row in ledger.deliveries}
    for planned in plan.deliveries:
        rows.setdefault(_key(planned), _to_known(planned, len(rows) + 1, plan.now))
    changes = {change.delivery_id: change for change in plan.changes}
    for key, row in rows.items():
        change = changes.get(row.id)
        if change and (change.state is row.state or can_move(row.state, change.state)):
            rows[key] = replace(
                row, state=change.state, due_at=change.due_at, reason=change.reason, detail=change.detail
            )
            if change.chosen:
                rows[key] = replace(rows[key], chosen=change.chosen, chosen_due_at=change.chosen_due_at)
    return replace(
        ledger,
        posts=tuple(posts.values()),
        drafts=tuple(({draft.source: draft for draft in (*ledger.drafts, *plan.drafts)}).values()),
        deliveries=tuple(rows.values()),
        baselined_at={**dict.fromkeys(plan.baselined, plan.now), **ledger.baselined_at},
        away={
            name: since
            for name, since in {**ledger.away, **plan.away}.items()
            if since is not None and name not in plan.forgotten
        },
        reading=plan.reading or ledger.reading,
        listening=ledger.listening if plan.listening is None else plan.listening,
        baselined=(ledger.baselined - plan.forgotten) | plan.baselined,
    )


def _key(row: KnownDelivery | PlannedDelivery) -> tuple[str, str, str, int]:
    return row.post_id, row.account, row.occasion.name, row.part


def _to_known(row: PlannedDelivery, number: int, at: datetime) -> KnownDelivery:
    return KnownDelivery(
        id=number,
        post_id=row.post_id,
        account=row.account,
        occasion=row.occasion,
        part=row.part,
        state=row.state,
        due_at=row.due_at,
        reason=row.reason,
        chosen=row.chosen,
        chosen_due_at=row.chosen_due_at,
        detail=row.detail,
        created_at=at,
    )
