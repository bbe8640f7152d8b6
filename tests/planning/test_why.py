"""`syndicate why`: the story of a post in sentences."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from zoneinfo import ZoneInfo

import pytest

from syndicate.errors import UsageError
from syndicate.model import FEATURED, NEW, Action, Attempt, Delivery, Message, Problem, Reason, Receipt, State
from syndicate.planning.deliveries import explain, say_reason, say_why, tell_missing
from tests.planning.blog import NOW, Blog, make_account, make_post

BERLIN = ZoneInfo("Europe/Berlin")


def delivery(number: int, state: State, **fields: object) -> Delivery:
    """A row of the outbox."""
    known: dict[str, object] = {
        "post_id": "p",
        "slug": "a",
        "account": "mastodon",
        "network": "mastodon",
        "occasion": NEW,
    }
    return Delivery(**{"id": number, "state": state, "due_at": NOW, "key": "k", **known, **fields})  # type: ignore[arg-type]


def test_a_public_post_with_its_deliveries_and_their_trail() -> None:
    """Identity, dates in the zone, each delivery with what happened, and the copy's address."""
    blog = Blog((make_account("mastodon"),))
    blog.write(make_post("a", flags=frozenset({"featured"})))
    blog.publish()
    sent = delivery(1, State.SENT, receipt=Receipt("9", "https://net/9"))
    held = delivery(2, State.HELD, occasion=FEATURED, part=2, reason=Reason.APPROVAL)
    trail = [
        Attempt(1, NOW, "send", "timeout", State.UNCERTAIN, Reason.BACK_OFF, "no answer"),
        Attempt(1, NOW + timedelta(minutes=1), "find", "found", State.SENT),
    ]
    lines = explain("a", blog.plan(), blog.ledger.posts[0], [held, sent], {1: trail}, zone=BERLIN)
    assert lines == (
        'a: "About a" in a.md',
        "id tag:blog.example.com,2026-11-22:a, first seen 2026-11-24 13:00",
        "is public since 2026-11-22 13:00, last changed 2026-11-22 13:00",
        "flags: featured",
        "mastodon (new): delivery 1 is sent, https://net/9",
        "  2026-11-24 13:00 send: timeout → uncertain - no answer",
        "  2026-11-24 13:01 find: found → sent",
        "mastodon (featured, part 2): delivery 2 is held, due 2026-11-24 13:00 - waits for approval",
    )


def test_the_old_address_of_a_moved_post_is_told_where_messages_lead_there() -> None:
    """A message that leads to the page of now, with UTM parameters, too, says nothing."""
    blog = Blog((make_account("mastodon"),))
    blog.write(make_post("a"))
    now = blog.publish().identified[0].post.permalink
    said = []
    for link in (now, f"{now}?utm_source=m", "https://blog.example.com/before/"):
        sent = delivery(1, State.SENT, receipt=Receipt("9", "https://net/9"), message=Message(text="A", link=link))
        said.append(explain("a", blog.plan(), blog.ledger.posts[0], [sent], {}, zone=BERLIN)[4:])
    assert said == [(), (), (f"its messages lead to https://blog.example.com/before/: redirect that to {now}",)]


def test_every_post_that_had_the_name_is_told() -> None:
    """The one of now first, with its own messages; then each other with its."""
    blog = Blog((make_account("mastodon"),))
    blog.write(make_post("a"))
    old = replace(blog.publish().identified[0].known, id="old", title="Of cats", gone_at=NOW)
    sent = replace(delivery(1, State.SENT, receipt=Receipt("9", "https://net/9")), post_id="old")
    lines = explain("a", blog.plan(), blog.ledger.posts[0], [sent], {}, zone=BERLIN, earlier=[old])
    assert lines[0] == 'a: "About a" in a.md'
    assert lines[-2:] == (
        'another post had this name: "Of cats", id old, gone since 2026-11-24 13:00',
        "mastodon (new): delivery 1 is sent, https://net/9",
    )


def test_what_would_happen_now() -> None:
    """New rows with time, length and reason; changes of rows; problems of the file."""
    blog = Blog((make_account("mastodon"), make_account("x", on=())))
    blog.publish()
    blog.write(make_post("a", published_at=NOW + timedelta(days=1)))
    lines = explain("a", blog.plan(), None, [], {}, zone=BERLIN)
    assert "becomes public at 2026-11-25 13:00, last changed 2026-11-25 13:00" in lines
    assert "mastodon (new): would be planned for 2026-11-25 13:00, 38 of 500" in lines
    assert 'x (new): would be skipped - this account does not post on the occasion "new"' in lines
    blog.publish()
    blog.edit("a.md", published_at=NOW + timedelta(days=2))
    lines = explain("a", blog.plan(), blog.ledger.posts[0], [delivery(1, State.PLANNED)], {}, zone=BERLIN)
    assert "would change: delivery 1 becomes planned at 2026-11-26 13:00: its post was given another date" in lines


def test_a_post_that_is_gone() -> None:
    """Its row is remembered, and it is said why nothing goes out."""
    blog = Blog((make_account("mastodon"),))
    blog.write(make_post("a"))
    blog.publish()
    blog.files.clear()
    blog.publish()
    lines = explain("a", blog.plan(), blog.ledger.posts[0], [], {}, zone=BERLIN)
    assert lines[-1] == "not public: its file is gone or it is a draft"
    plan = replace(blog.plan(), problems=(Problem("a.md", "a merge conflict is not resolved"),))
    lines = explain("a", plan, blog.ledger.posts[0], [], {}, zone=BERLIN)
    assert lines[-2:] == ("not public: its file cannot be read", "problem: a.md: a merge conflict is not resolved")


def test_a_slug_that_nobody_knows() -> None:
    """An error with the nearest one that exists."""
    blog = Blog()
    blog.write(make_post("harbour"))
    with pytest.raises(UsageError, match='no post has the slug "harbor"') as caught:
        explain("harbor", blog.plan(), None, [], {}, zone=BERLIN)
    assert caught.value.hint == 'did you mean "harbour"?'


def test_a_draft_and_a_broken_file_are_told_as_such() -> None:
    """Who names a post that is not public yet hears why it is none."""
    plan = replace(Blog().plan(), problems=(Problem("torn.md", "a quote is never closed", 3),))
    draft = replace(make_post("later"), is_draft=True)
    assert (
        tell_missing("later", plan, [draft]).hint == f"{draft.source} is a draft: it can be sent once it is published"
    )
    assert "torn.md:3: a quote is never closed" in tell_missing("torn", plan, [draft]).hint


@pytest.mark.parametrize("reason", Reason)
def test_every_reason_has_its_sentence(reason: Reason) -> None:
    """With its data in it, and nothing left to fill; only no reason at all says nothing."""
    sentence = say_reason(reason, "first\nsecond {}")
    assert bool(sentence) == bool(reason)
    assert "{}" not in sentence.replace("second {}", "")


def test_a_copy_without_an_address_is_told_without_one() -> None:
    """A webhook of Slack names none."""
    assert (say_reason(Reason.SENT, "https://a.test/1"), say_reason(Reason.SENT)) == ("sent: https://a.test/1", "sent")


def test_a_part_that_is_refused_says_how_a_thread_is_sent_anew() -> None:
    """The part before it may have been deleted there; the first part of a thread has none."""
    part = delivery(2, State.FAILED, part=2, reason=Reason.REFUSED, detail="the network answered 404", attempts=1)
    assert say_why(part).startswith("the network answered 404. If the part before it was deleted there, cancel this,")
    assert f"`syndicate post {part.slug} --to {part.account} --again`" in say_why(part)
    assert say_why(replace(part, part=1)) == "the network answered 404"


def test_a_choice_is_told_where_nothing_else_is() -> None:
    """Beside the reason while the message waits, alone without one, and not once it is out."""
    at = delivery(1, State.DUE, chosen=Action.MOVE)
    assert say_why(at) == "moved by you"
    assert say_why(replace(at, reason=Reason.PER_DAY, detail="3")) == (
        "the limit of 3 messages a day is reached (moved by you)"
    )
    assert say_why(replace(at, state=State.SENT, reason=Reason.SENT, detail="https://net/1")) == "sent: https://net/1"
