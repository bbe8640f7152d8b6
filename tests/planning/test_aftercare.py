"""Published messages follow their posts only where the account asks for it."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from syndicate.errors import ContentError
from syndicate.model import NEW, Account, Attachment, Delivery, KnownPost, Message, Receipt, State
from syndicate.planning.deliveries.edits import (
    GONE_FOR,
    MOST_EDITS,
    MOST_REMOVALS,
    Composers,
    choose_automatic,
    plan_amendments,
)
from tests.containment.troubles import TROUBLES, name_of

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
    message=Message(text="before", origin="first"),
    receipt=Receipt("1", "https://l.example/1"),
    sent_at=NOW - timedelta(days=8),
)
ASKS = Account(name="a", network="local", on_edit="edit", on_delete="delete")
OTHERS = [
    replace(POST, id=f"other-{n}", source=f"other-{n}.md", slug=f"other-{n}", title=f"Other {n}", permalink=f"/{n}/")
    for n in range(100)
]


def plan(delivery=SENT, post=POST, account=ASKS, text="after", origin="second", known=()):
    """With a hundred other posts that are still there."""
    composers = Composers(lambda _: Message(text=text, origin=origin), lambda _: origin)
    everything = {one.id: one for one in (post, *(known or OTHERS))}
    return plan_amendments([delivery], everything, {account.name: account}, composers, NOW)


def gone(*sources, at=NOW - GONE_FOR):
    return [replace(POST, id=source, source=source, gone_at=at) for source in sources]


def removals(vanished, present):
    """What is planned for one message of each vanished post, and why some of it waits."""
    known = {one.id: one for one in (*vanished, *present)}
    sent = [replace(SENT, post_id=one.id) for one in vanished]
    composers = Composers(lambda _: Message(text=""), lambda _: "")
    return plan_amendments(sent, known, {"a": ASKS}, composers, NOW)


def test_an_edited_post_edits_its_message():
    """A post that changed after sending, and gives another text, is an edit."""
    (one,) = plan()
    assert one.message == Message(text="after", origin="second")
    assert not one.is_removal
    assert choose_automatic([one]) == (one,)


def test_an_edited_article_is_an_edit_under_the_same_words():
    """Where the whole post was published, its Markdown counts."""
    sent = replace(SENT, message=Message(text="same", markdown="before", origin="first"))
    composers = Composers(lambda _: Message(text="same", markdown="after", origin="second"), lambda _: "second")
    (one,) = plan_amendments([sent], {"p": POST}, {"a": ASKS}, composers, NOW)
    assert one.message is not None
    assert one.message.markdown == "after"


def test_a_corrected_alt_text_is_an_edit_of_its_own_kind():
    """The words stay the same, and what only readers of alt texts hear is told apart."""
    image = Attachment(path="c.jpg", media_type="image/jpeg", alt="before", width=1, height=1)
    sent = replace(SENT, message=Message(text="same", image=image, origin="first"))
    after = Message(text="same", image=replace(image, alt="after"), origin="second")
    (one,) = plan_amendments([sent], {"p": POST}, {"a": ASKS}, Composers(lambda _: after, lambda _: "second"), NOW)
    assert one.is_alt_alone
    assert not one.is_silent


@pytest.mark.parametrize(
    "change",
    [
        {"account": Account(name="a", network="local")},
        {"origin": "first"},
        {"delivery": replace(SENT, text="my own words")},
        {"delivery": replace(SENT, receipt=None)},
        {"delivery": replace(SENT, state=State.UNCERTAIN)},
        {
            "delivery": replace(SENT, message=Message(text="sent by an early version")),
            "post": replace(POST, updated_at=SENT.sent_at - timedelta(hours=1)),
        },
    ],
    ids=["policy off", "new template", "text by hand", "no copy", "outcome unknown", "not edited since"],
)
def test_what_is_left_alone(change):
    """Without policy, change, copy or certainty nothing is edited; a person's own text never is."""
    assert plan(**change) == ()


def test_a_change_that_no_reader_of_the_message_sees_is_only_remembered():
    """The post was edited, its message would be the same: a later template must not count that as an edit."""
    (one,) = plan(text="before")
    assert one.is_silent


def test_more_than_five_edited_posts_wait_for_a_person():
    """A tool that goes over many posts edits nothing by itself; six messages of one post are one edit."""
    sent = [replace(SENT, post_id=f"other-{n}") for n in range(MOST_EDITS + 1)]
    composers = Composers(lambda _: Message(text="after", origin="second"), lambda _: "second")
    known = {one.id: one for one in OTHERS}
    many = plan_amendments(sent, known, {"a": ASKS}, composers, NOW)
    assert [one.waits for one in many] == ["6 posts were edited at once"] * 6
    assert choose_automatic(many) == ()
    few = plan_amendments(sent[:MOST_EDITS] * 2, known, {"a": ASKS}, composers, NOW)
    assert choose_automatic(few) == few


@pytest.mark.parametrize(("gone_for", "removed"), [(GONE_FOR - timedelta(minutes=1), 0), (GONE_FOR, 1)])
def test_a_removal_waits_an_hour(gone_for, removed):
    """A post that is gone for a moment only (a checkout) loses no message."""
    amendments = plan(post=replace(POST, gone_at=NOW - gone_for))
    assert [one.is_removal for one in amendments] == [True] * removed
    assert [one.permalink for one in amendments] == [POST.permalink] * removed


def test_what_cannot_be_composed_stays():
    """A post whose message cannot be made any more keeps the message it has."""

    def fail(_):
        raise ContentError("gone")

    composers = Composers(fail, lambda _: "second")
    assert plan_amendments([SENT], {"p": POST}, {"a": ASKS}, composers, NOW) == ()


@pytest.mark.parametrize(
    ("vanished", "present", "waits"),
    [
        (gone("a.md"), OTHERS, ""),
        (gone("a.md"), OTHERS[:4], "1 of 5 posts went at once"),
        (gone("a.md"), OTHERS[:5], ""),
        (gone("2024/a.md", "2024/b.md"), OTHERS, "all posts of 2024/ went at once"),
        (gone("2024/a.md"), [*OTHERS, replace(OTHERS[0], id="x", source="2024/b.md")], ""),
        (gone("a/index.md"), OTHERS, ""),
        (gone("blog/a/index.md", "blog/b/index.md"), OTHERS, "all posts of blog/ went at once"),
        (gone("blog/a/index.md"), [*OTHERS, replace(OTHERS[0], id="x", source="blog/b/index.md")], ""),
        (
            gone("de/2024/a.md"),
            [*OTHERS, replace(OTHERS[0], id="x", source="de/b.md")],
            "all posts of de/2024/ went at once",
        ),
        (gone(*(f"a{n}.md" for n in range(MOST_REMOVALS + 1))), OTHERS, "6 posts went at once"),
    ],
    ids=["one", "fifth", "sixth", "folder", "part", "bundle", "bundles", "one bundle", "inner folder", "many"],
)
def test_a_checkout_removes_nothing_by_itself(vanished, present, waits):
    """A fifth of all posts, or a whole folder, gone in one read, waits for a person; so do more than five."""
    planned = removals(vanished, present)
    assert {one.waits for one in planned} == {waits}
    assert choose_automatic(planned) == (() if waits else planned)


def test_a_post_that_goes_on_as_a_copy_is_not_removed():
    """Copied first and deleted then: its text is there under another name, or a person is asked whether it is."""
    (vanished,) = gone("p.md")
    copy = replace(POST, id="copy", source="copy.md", slug="copy", permalink="/copy/")
    (one,) = removals([vanished], [*OTHERS, copy])
    assert one.waits == "p may go on as copy"
    composers = Composers(lambda _: Message(text=""), lambda _: "")
    known = {one.id: one for one in (replace(vanished, id="p"), *OTHERS)}
    (asked,) = plan_amendments([SENT], known, {"a": ASKS}, composers, NOW, asked={"p"})
    assert "tell whether it is the same post" in asked.waits


def test_a_read_in_pieces_is_one_read():
    """Posts that went a few minutes apart went together; what went long before did not."""
    first, second = gone("2024/a.md"), gone("2024/b.md", at=NOW - GONE_FOR - timedelta(minutes=20))
    assert {one.waits for one in removals([*first, *second], OTHERS)} == {"all posts of 2024/ went at once"}
    long_ago = gone("2024/b.md", at=NOW - timedelta(days=9))
    rest = [*OTHERS, replace(OTHERS[0], id="x", source="2024/c.md")]
    assert {one.waits for one in removals([*first, *long_ago], rest)} == {""}


def test_an_emptied_folder_removes_nothing_at_all():
    """Where no post is there any more, not even a person is asked."""
    assert removals(gone("a.md", "b.md"), []) == ()


def test_what_comes_back_cancels_what_waited():
    """A post that is there again is gone no more, whatever was planned an hour ago."""
    assert len(removals(gone("a.md"), OTHERS)) == 1
    assert plan(post=replace(POST, gone_at=None), origin="first") == ()


@pytest.mark.parametrize("trouble", TROUBLES, ids=name_of)
def test_a_message_that_fails_to_be_composed_keeps_no_other_from_its_edit(trouble):
    """Whatever nobody foresaw in one of three posts, the other two messages are edited."""

    def compose(delivery):
        if delivery.post_id == "odd":
            raise trouble
        return Message(text="after", origin="second")

    names = ("good", "odd", "fine")
    known = {name: replace(POST, id=name) for name in names}
    sent = [replace(SENT, post_id=name) for name in names]
    planned = plan_amendments(sent, known, {"a": ASKS}, Composers(compose, lambda _: "second"), NOW)
    assert [one.delivery.post_id for one in planned] == ["good", "fine"]
