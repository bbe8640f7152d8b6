"""Published messages follow their posts only where the account asks for it."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from syndicate.errors import ContentError
from syndicate.model import NEW, Account, Delivery, KnownPost, Message, Receipt, State
from syndicate.planning.deliveries.edits import GONE_FOR, MOST_REMOVALS, choose_automatic, plan_amendments

NOW = datetime(2026, 5, 1, 12, tzinfo=UTC)
POST = KnownPost(
    id="p",
    source="p.md",
    slug="p",
    permalink="https://n.example/p/",
    title="P",
    digest="d",
    published_at=NOW - timedelta(days=9),
    updated_at=NOW - timedelta(hours=1),
    first_seen_at=NOW - timedelta(days=9),
)
SENT = Delivery(
    id=1,
    post_id="p",
    slug="p",
    account="a",
    network="local",
    occasion=NEW,
    state=State.SENT,
    due_at=NOW,
    key="k",
    message=Message(text="before"),
    receipt=Receipt("1", "https://l.example/1"),
    sent_at=NOW - timedelta(days=8),
)
ASKS = Account(name="a", network="local", on_edit="edit", on_delete="delete")


def plan(delivery=SENT, post=POST, account=ASKS, text="after"):
    return plan_amendments([delivery], {post.id: post}, {account.name: account}, lambda _: Message(text=text), NOW)


def test_an_edited_post_edits_its_message():
    """Content that changed after sending, and gives another text, is an edit."""
    (one,) = plan()
    assert one.message == Message(text="after")
    assert not one.is_removal


def test_an_edited_article_is_an_edit_under_the_same_words():
    """Where the whole post was published, its Markdown counts."""
    sent = replace(SENT, message=Message(text="same", markdown="before"))
    after = Message(text="same", markdown="after")
    (one,) = plan_amendments([sent], {"p": POST}, {"a": ASKS}, lambda _: after, NOW)
    assert one.message == after


@pytest.mark.parametrize(
    "change",
    [
        {"account": Account(name="a", network="local")},
        {"text": "before"},
        {"post": replace(POST, updated_at=SENT.sent_at - timedelta(hours=1))},
        {"delivery": replace(SENT, text="my own words")},
        {"delivery": replace(SENT, receipt=None)},
        {"delivery": replace(SENT, state=State.UNCERTAIN)},
    ],
    ids=["policy off", "same text", "not edited since", "text by hand", "no copy", "outcome unknown"],
)
def test_what_is_left_alone(change):
    """Without policy, change, copy or certainty nothing is edited; a person's own text never is."""
    assert plan(**change) == ()


@pytest.mark.parametrize(("gone_for", "removed"), [(GONE_FOR - timedelta(minutes=1), 0), (GONE_FOR, 1)])
def test_a_removal_waits_an_hour(gone_for, removed):
    """A post that is gone for a moment only (a checkout) loses no message."""
    amendments = plan(post=replace(POST, gone_at=NOW - gone_for))
    assert [one.is_removal for one in amendments] == [True] * removed


def test_what_cannot_be_composed_stays():
    """A post whose message cannot be made any more keeps the message it has."""

    def fail(_):
        raise ContentError("gone")

    assert plan_amendments([SENT], {"p": POST}, {"a": ASKS}, fail, NOW) == ()


def test_many_removals_at_once_are_a_persons_decision():
    """Up to five removals happen by themselves; more are left, edits go on."""
    few = plan(post=replace(POST, gone_at=NOW - GONE_FOR)) * MOST_REMOVALS
    assert choose_automatic(few) == few
    assert choose_automatic(few + few[:1] + plan()) == plan()
