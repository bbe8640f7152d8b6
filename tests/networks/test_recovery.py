"""What every network with a further ability owes: read back what was lost, send again without a second copy, delete."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta

import pytest

from syndicate.errors import Duplicate, NotReady, Uncertain
from syndicate.http import Client
from syndicate.model import Message, Receipt
from syndicate.networks import NETWORKS
from syndicate.networks.base import Deletes, Edits, Finds, Lists, Prepares, Resends, Verifies
from tests.networks.case import NOW, Case, deliver
from tests.networks.conftest import Clock
from tests.networks.fake import Fake, drop_reply_after_commit
from tests.networks.test_contract import ONLINE
from tests.networks.vault import MemoryVault


def _able(ability: type) -> list[Case]:
    """The cases whose network has the ability."""
    with Client() as client:
        return [case for case in ONLINE if isinstance(case.open("http://127.0.0.1:1", client), ability)]


def _named(case: Case) -> str:
    return case.network


finders = pytest.mark.parametrize("case", _able(Finds), ids=_named)
resenders = pytest.mark.parametrize("case", _able(Resends), ids=_named)
deleters = pytest.mark.parametrize("case", _able(Deletes), ids=_named)
listers = pytest.mark.parametrize("case", _able(Lists), ids=_named)
verifiers = pytest.mark.parametrize("case", _able(Verifies), ids=_named)
preparers = pytest.mark.parametrize("case", _able(Prepares), ids=_named)


@pytest.fixture
def fake(case: Case) -> Iterator[Fake]:
    with case.fake() as running:
        yield running


def test_the_table_has_networks_with_every_ability() -> None:
    """Otherwise the tests below would prove nothing."""
    assert {"mastodon", "bluesky"} <= set(NETWORKS)
    assert all(_able(ability) for ability in (Finds, Resends, Deletes, Lists, Verifies, Prepares))


@finders
def test_a_post_whose_answer_was_lost_is_found(case: Case, fake: Fake, http: Client) -> None:
    """Commit, cut, look: the one live copy becomes the receipt."""
    network = case.open(fake.url, http)
    fake.fail(drop_reply_after_commit(), on=case.publish)
    with pytest.raises(Uncertain):
        deliver(network, case.message)
    found = network.find(case.message, key="key-1", since=NOW)
    assert isinstance(found, Receipt)
    assert found.remote_id
    assert len(fake.published) == 1


@finders
def test_what_was_never_sent_is_not_found(case: Case, fake: Fake, http: Client) -> None:
    """A crash between the intent and the call leaves nothing to find; sending then makes one post."""
    assert case.open(fake.url, http).find(case.message, key="key-1", since=NOW) is None
    deliver(case.open(fake.url, http), case.message)
    assert len(fake.published) == 1


@finders
def test_a_post_whose_receipt_was_not_saved_is_found_again(case: Case, fake: Fake, http: Client) -> None:
    """A crash between the answer and the save: another process finds the same post."""
    receipt = deliver(case.open(fake.url, http), case.message)
    found = case.open(fake.url, http).find(case.message, key="key-1", since=NOW)
    assert (found.remote_id, found.url) == (receipt.remote_id, receipt.url)


@finders
def test_another_message_is_not_taken_for_ours(case: Case, fake: Fake, http: Client) -> None:
    """A different text and link of the same account is no proof."""
    other = replace(case.message, text="Quite another post", link="")
    deliver(case.open(fake.url, http), other, key="key-other")
    assert case.open(fake.url, http).find(case.message, key="key-1", since=NOW) is None


@resenders
def test_sending_again_makes_no_second_copy(case: Case, fake: Fake, http: Client) -> None:
    """Inside the network's own window a second call returns the first post, or a refusal that names it."""
    network = case.open(fake.url, http)
    fake.fail(drop_reply_after_commit(), on=case.publish)
    with pytest.raises(Uncertain):
        deliver(network, case.message)
    assert network.resend_until(NOW) > NOW
    try:
        remote_id = deliver(network, case.message).remote_id
    except Duplicate as refusal:
        remote_id = refusal.remote_id
    assert remote_id
    assert len(fake.published) == 1


@deleters
def test_deleting_twice_is_no_error(case: Case, fake: Fake, http: Client) -> None:
    """What is already gone may be deleted again."""
    network = case.open(fake.url, http)
    receipt = deliver(network, case.message)
    network.delete(receipt)
    network.delete(receipt)
    assert not isinstance(network, Finds) or network.find(case.message, key="key-1", since=NOW) is None


@pytest.mark.parametrize("name", ["bluesky", "x", "threads", "instagram"])
def test_what_cannot_be_edited_offers_no_edit(name: str, http: Client) -> None:
    """These networks have none, or none that readers would see."""
    case = next(case for case in ONLINE if case.network == name)
    assert not isinstance(case.open("http://127.0.0.1:1", http), Edits)


@listers
def test_own_posts_are_listed_with_their_links(case: Case, fake: Fake, http: Client) -> None:
    """`adopt` sees the link as it was sent, whatever the network made of it."""
    network = case.open(fake.url, http)
    receipt = deliver(network, case.message)
    (recent,) = network.list_recent()
    assert recent.receipt.remote_id == receipt.remote_id
    assert case.message.link in recent.links
    assert recent.published_at.utcoffset() is not None


@verifiers
def test_the_account_says_who_it_is(case: Case, fake: Fake, http: Client) -> None:
    """`accounts` shows a name, and publishes nothing to learn it."""
    assert case.open(fake.url, http).verify().name
    assert fake.published == []


@preparers
def test_preparing_is_repeatable_and_publishes_nothing(case: Case, fake: Fake, http: Client, clock: Clock) -> None:
    """Each step adds to `prepared` and can be resumed by another process; the end is the same message again."""
    message, vault, steps = case.illustrated, MemoryVault(case.secrets), 0
    while (further := _next_step(case.open(fake.url, http, vault), message, clock)) is not message:
        steps += 1
        message = further
    assert 0 < steps < 9
    assert fake.published == []


def _next_step(network: Prepares, message: Message, clock: Clock) -> Message:
    """One step; where the network asks for time it is given."""
    try:
        further = network.prepare(message, key="key-1")
    except NotReady as wait:
        clock.now = wait.retry_at or clock.now + timedelta(minutes=1)
        further = network.prepare(message, key="key-1")
    return message if further == message else further
