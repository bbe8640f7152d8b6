"""What every network in the table owes the delivery, whatever it speaks. Each test file gives its CASE."""

from __future__ import annotations

import logging
import re
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import fields
from datetime import timedelta
from importlib import import_module
from importlib.util import find_spec

import pytest

from syndicate.errors import (
    Blocked,
    ConfigError,
    NetworkError,
    RateLimited,
    Rejected,
    SyndicateError,
    Unauthorised,
    Unavailable,
    Uncertain,
)
from syndicate.http import Client
from syndicate.model import Account, Limits, ScheduleRules
from syndicate.networks import NETWORKS, describe
from tests.networks.case import NOW, Case, deliver
from tests.networks.fake import (
    Fake,
    answer_twice_as_long,
    cut_before_commit,
    drop_reply_after_commit,
    garbage_body,
    html_error,
    rate_limit,
    reset_before_read,
    status,
)
from tests.networks.vault import MemoryVault


def _has_test_file(name: str) -> bool:
    return find_spec(f"tests.networks.test_{name}") is not None


def _cases(name: str) -> tuple[Case, ...]:
    """The network's CASE, and its MORE_CASES where it has several ways in (a webhook and a bot)."""
    module = import_module(f"tests.networks.test_{name}")
    return (module.CASE, *getattr(module, "MORE_CASES", ()))


CASES = [case for name in NETWORKS if _has_test_file(name) for case in _cases(name)]
ONLINE = [case for case in CASES if case.publish]


def _named(case: Case) -> str:
    return case.label or case.network


every = pytest.mark.parametrize("case", CASES, ids=_named)
every_online = pytest.mark.parametrize("case", ONLINE, ids=_named)


@pytest.fixture
def fake(case: Case) -> Iterator[Fake]:
    with case.fake() as running:
        yield running


@contextmanager
def raises(
    case: Case, kinds: type[SyndicateError] | tuple[type[SyndicateError], ...]
) -> Iterator[list[SyndicateError]]:
    """The block raises one of the kinds, says it briefly and without markup, and shows no secret."""
    caught: list[SyndicateError] = []
    with pytest.raises(kinds) as info:
        yield caught
    caught.append(info.value)
    shown = "".join(traceback.format_exception(info.value))
    for secret in (*case.secrets.values(), *case.leaks):
        assert secret not in shown + repr(info.value)
    assert len(info.value.message) <= 600
    assert not re.search(r"<(html|body|h1)", info.value.message)


def test_every_network_has_a_test_file() -> None:
    """A network in the table without tests/networks/test_<name>.py (and its CASE) would escape this contract."""
    assert [name for name in NETWORKS if not _has_test_file(name)] == []


@every
def test_description_names_the_network_and_states_limits(case: Case) -> None:
    """The table's name, the description's name and the facts' name are one, and limits are real numbers."""
    description = describe(case.network)
    assert description.name == description.facts.network == case.network
    assert isinstance(description.facts.limits, Limits)
    assert description.facts.limits.characters > 0
    assert all(option.help for option in description.options)
    assert all(secret.help for secret in description.secrets)


@every
def test_no_option_hides_behind_an_accounts_own_key(case: Case) -> None:
    """[accounts.NAME] is one table: an option named like a rule of the house would never reach the network.

    Three of the house's own keys do, by way of the message.
    """
    own = {field.name for kind in (Account, ScheduleRules) for field in fields(kind)}
    own -= {"visibility", "language", "warning"}
    assert own.isdisjoint(option.name for option in describe(case.network).options)


@every_online
def test_empty_credentials_are_refused_before_any_call(case: Case, fake: Fake, http: Client) -> None:
    """An account without secrets says so and sends nothing."""
    with pytest.raises((Unauthorised, ConfigError)):
        deliver(case.open(fake.url, http, MemoryVault()), case.message)
    assert fake.requests == []


@every_online
def test_a_message_is_published_once_with_a_receipt(case: Case, fake: Fake, http: Client) -> None:
    """One send makes one post and brings back its id."""
    receipt = deliver(case.open(fake.url, http), case.message)
    assert receipt.remote_id
    assert len(fake.published) == 1


@every_online
def test_a_refused_token_blocks_the_account(case: Case, fake: Fake, http: Client) -> None:
    """401 pauses the account instead of failing the delivery."""
    network = case.open(fake.url, http)
    fake.fail(lambda request, handle: case.unauthorised, on=case.publish, times=9)
    with raises(case, Unauthorised):
        deliver(network, case.message)
    assert fake.published == []


@every_online
def test_forbidden_is_final(case: Case, fake: Fake, http: Client) -> None:
    """403 is a refusal of the message or of the account, never a reason to try again."""
    network = case.open(fake.url, http)
    fake.fail(status(403, {"error": "This action is not allowed"}), on=case.publish, times=9)
    with raises(case, (Rejected, Unauthorised)):
        deliver(network, case.message)


@every_online
def test_retry_after_becomes_an_instant(case: Case, fake: Fake, http: Client) -> None:
    """429 with Retry-After says when to come back, in aware UTC."""
    network = case.open(fake.url, http)
    fake.fail(rate_limit({"Retry-After": "120"}), on=case.publish, times=9)
    with raises(case, RateLimited) as caught:
        deliver(network, case.message)
    assert isinstance(caught[0], RateLimited)
    assert caught[0].retry_at == NOW + timedelta(seconds=120)


@every_online
def test_a_limit_without_a_date_is_still_a_limit(case: Case, fake: Fake, http: Client) -> None:
    """429 without any header is RateLimited; a date, where the network's rules give one, lies ahead."""
    network = case.open(fake.url, http)
    fake.fail(rate_limit(), on=case.publish, times=9)
    with raises(case, RateLimited) as caught:
        deliver(network, case.message)
    assert isinstance(caught[0], RateLimited)
    assert caught[0].retry_at is None or caught[0].retry_at > NOW


@every_online
@pytest.mark.parametrize("code", [500, 502, 504])
def test_a_server_error_on_the_publishing_call_is_uncertain(case: Case, fake: Fake, http: Client, code: int) -> None:
    """A 5xx answer to a create call may hide a published post."""
    network = case.open(fake.url, http)
    fake.fail(status(code, {"error": "Internal Server Error"}), on=case.publish, times=9)
    with raises(case, Uncertain):
        deliver(network, case.message)


@every_online
@pytest.mark.parametrize("code", [301, 302, 307, 308])
def test_a_redirect_is_a_setting_to_mend(case: Case, fake: Fake, http: Client, code: int) -> None:
    """It is not followed (a POST would become a GET, the secret would travel on); the account waits for the person."""
    network = case.open(fake.url, http)
    fake.fail(status(code, b"", {"Location": f"{fake.url}/elsewhere"}), on=case.publish, times=9)
    with raises(case, Blocked):
        deliver(network, case.message)
    assert fake.sent("elsewhere") == fake.published == []


@every_online
def test_an_html_error_page_is_uncertain_and_told_in_words(case: Case, fake: Fake, http: Client) -> None:
    """A proxy's page is not parsed as an answer and not shown as markup."""
    network = case.open(fake.url, http)
    fake.fail(html_error(502), on=case.publish, times=9)
    with raises(case, Uncertain):
        deliver(network, case.message)


@every_online
@pytest.mark.parametrize(
    ("fault", "published"),
    [
        (drop_reply_after_commit(), 1),
        (answer_twice_as_long(), 1),
        (cut_before_commit(), 0),
        (reset_before_read(), 0),
    ],
    ids=["drop_reply_after_commit", "short_body", "cut_before_commit", "reset_before_read"],
)
def test_a_cut_connection_is_uncertain(case: Case, fake: Fake, http: Client, fault: object, published: int) -> None:
    """Once the request was sent, a lost answer proves nothing; and no second call is made."""
    network = case.open(fake.url, http)
    fake.fail(fault, on=case.publish, times=9)  # type: ignore[arg-type]
    with raises(case, Uncertain):
        deliver(network, case.message)
    assert len(fake.published) == published
    assert len(fake.sent(case.publish)) == 1


@every_online
def test_a_slow_commit_is_uncertain(case: Case, fake: Fake, hasty: Client) -> None:
    """A read timeout after the work was done is not a failure."""
    network = case.open(fake.url, hasty)
    fake.fail(fake.delay(), on=case.publish)
    with raises(case, Uncertain):
        deliver(network, case.message)
    assert len(fake.published) == 1


@pytest.mark.parametrize("case", [case for case in ONLINE if case.reads_success], ids=_named)
def test_an_unreadable_success_is_uncertain(case: Case, fake: Fake, http: Client) -> None:
    """200 with a broken body gives no id, so the post has to be looked for."""
    network = case.open(fake.url, http)
    fake.fail(garbage_body(), on=case.publish, times=9)
    with raises(case, Uncertain):
        deliver(network, case.message)
    assert len(fake.published) == 1


@every_online
def test_a_closed_port_is_unavailable(case: Case, http: Client) -> None:
    """Where nobody listens, nothing can have been published."""
    with case.fake() as gone:
        url = gone.url
    with raises(case, Unavailable):
        deliver(case.open(url, http), case.message)


@pytest.mark.parametrize("case", [case for case in ONLINE if case.too_long], ids=_named)
def test_a_message_over_the_limit_is_rejected_before_the_call(case: Case, fake: Fake, http: Client) -> None:
    """A text that cannot fit is refused here, whole, and costs no call."""
    assert case.too_long is not None
    with raises(case, Rejected):
        deliver(case.open(fake.url, http), case.too_long)
    assert fake.sent(case.publish) == []


@every_online
def test_no_secret_reaches_a_log_or_repr(
    case: Case, fake: Fake, http: Client, caplog: pytest.LogCaptureFixture
) -> None:
    """With every logger at DEBUG, neither a success nor a refusal writes a secret; reprs hold none either."""
    caplog.set_level(logging.DEBUG)
    network = case.open(fake.url, http)
    deliver(network, case.message)
    fake.fail(status(403, {"error": "no"}), on=case.publish, times=9)
    with pytest.raises(NetworkError):
        deliver(network, case.message, key="key-2")
    for secret in (*case.secrets.values(), *case.leaks):
        assert secret not in caplog.text + repr(network) + repr(network.limits)
