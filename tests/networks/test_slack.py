"""Slack on a fake, by webhook and by bot.

Of the fourteen scenarios these have no case here: 6 and 7 (neither token expires), 9 (Slack accepts equal messages),
10 (Slack fetches pictures itself). For the webhook 2, 3 and 4 end with the person, and 12 and 13 do not exist.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta

import pytest

from syndicate.errors import ConfigError, RateLimited, Rejected, Unauthorised, Uncertain
from syndicate.http import Client
from syndicate.model import Account, Receipt
from syndicate.networks import facts_of, open_network
from syndicate.networks.base import Deletes, Edits, Finds, Resends
from tests.networks.case import LINK, NOW, TEXT, Case, deliver, picture
from tests.networks.fake import Reply, cut_before_commit, drop_reply_after_commit, rate_limit, status
from tests.networks.fake_slack import BOT_TOKEN, CHANNEL, PATH, FakeSlack, no
from tests.networks.vault import MemoryVault

HOOK = f"https://hooks.slack.com{PATH}"
CASE = Case(
    network="slack",
    fake=FakeSlack,
    options=lambda url: {"hooks": url},
    secrets={"webhook_url": HOOK},
    publish=f"POST {PATH}",
    too_long=replace(TEXT, text="x" * 4001),
    unauthorised=Reply(403, "invalid_token"),
    reads_success=False,
    leaks=(PATH, "slackhooktoken1"),
)
BOT = Case(
    network="slack",
    label="slack-bot",
    fake=FakeSlack,
    options=lambda url: {"api": f"{url}/api", "channel": CHANNEL},
    secrets={"bot_token": BOT_TOKEN},
    publish="POST /api/chat.postMessage",
    too_long=replace(TEXT, text="x" * 4001),
    unauthorised=no("invalid_auth"),
)
MORE_CASES = (BOT,)
CARD = replace(picture(), url="https://blog.example/feeds/cards/a.png")

both = pytest.mark.parametrize("case", [CASE, BOT], ids=["webhook", "bot"])


@pytest.fixture
def fake() -> Iterator[FakeSlack]:
    with FakeSlack() as running:
        yield running


@both
def test_text_is_escaped_and_its_markup_off(fake: FakeSlack, http: Client, case: Case) -> None:
    """`& < >` and no other character; `<!channel>` in a post rings nobody."""
    case.open(fake.url, http).send(replace(TEXT, text=f"<!channel> a & b *x*\n{LINK}"), key="k")
    body = fake.published[0]["body"]
    assert body["text"] == f"&lt;!channel&gt; a &amp; b *x*\n{LINK}"
    assert (body["mrkdwn"], body["unfurl_links"]) == (False, True)
    assert "blocks" not in body


@both
def test_an_image_stands_below_the_text_with_its_alt_text(fake: FakeSlack, http: Client, case: Case) -> None:
    """Slack fetches the published file itself."""
    case.open(fake.url, http).send(replace(TEXT, text="a < b", image=CARD), key="k")
    assert fake.published[0]["body"]["blocks"] == [
        {
            "type": "rich_text",
            "elements": [{"type": "rich_text_section", "elements": [{"type": "text", "text": "a < b"}]}],
        },
        {"type": "image", "image_url": CARD.url, "alt_text": "A fox in snow"},
    ]


@both
def test_words_in_blocks_are_words(fake: FakeSlack, http: Client, case: Case) -> None:
    """No mention, no formatting, and a link that shows where it leads; the text for notifications is the same."""
    text = f"<!channel> @here *bold* see {LINK}."
    case.open(fake.url, http).send(replace(TEXT, text=text, image=CARD), key="k")
    words, _ = fake.published[0]["body"]["blocks"]
    assert words["elements"][0]["elements"] == [
        {"type": "text", "text": "<!channel> @here *bold* see "},
        {"type": "link", "url": LINK},
        {"type": "text", "text": "."},
    ]


def test_an_edit_sends_only_what_the_contract_lists(fake: FakeSlack, http: Client) -> None:
    """chat.update knows no `mrkdwn` and unfurls nothing: blocks keep the words as they are, alt text included."""
    bot = BOT.open(fake.url, http)
    receipt = bot.send(TEXT, key="k")
    bot.edit(receipt, replace(TEXT, text="*new* words", image=CARD), key="e")
    body = fake.sent("chat.update")[0].json()
    assert set(body) <= {"channel", "ts", "text", "blocks", "parse", "link_names"}
    assert body["blocks"][0]["elements"][0]["elements"] == [{"type": "text", "text": "*new* words"}]
    assert body["blocks"][1]["alt_text"] == "A fox in snow"


@both
def test_an_image_without_an_address_is_refused(fake: FakeSlack, http: Client, case: Case) -> None:
    """Better told than left out."""
    with pytest.raises(Rejected, match="no public address"):
        case.open(fake.url, http).send(replace(TEXT, image=picture()), key="k")
    assert fake.published == []


def test_unfurling_can_be_switched_off(fake: FakeSlack, http: Client) -> None:
    """The option reaches both switches."""
    options = {"hooks": fake.url, "unfurl": "false"}
    account = Account(name="mine", network="slack", options=options)
    open_network(account, MemoryVault({"webhook_url": HOOK}), http).send(TEXT, key="k")
    body = fake.published[0]["body"]
    assert (body["unfurl_links"], body["unfurl_media"]) == (False, False)


@both
@pytest.mark.parametrize(
    ("text", "image", "fits"),
    [
        ("🦊" * 2000, False, True),
        ("🦊" * 2000 + "x", False, False),
        ("e\u0301" * 2000, False, True),
        ("狐" * 4000, False, True),
        ("x" * (4000 - len(LINK)) + LINK, False, True),
        ("x" * 3000, True, True),
        ("x" * 3001, True, False),
    ],
)
def test_exactly_at_and_one_over_the_limit(
    fake: FakeSlack, http: Client, case: Case, text: str, image: bool, fits: bool
) -> None:
    """4,000 as Slack advises, 3,000 in the section above a picture."""
    message = replace(TEXT, text=text, image=CARD if image else None)
    network = case.open(fake.url, http)
    if fits:
        network.send(message, key="k")
    else:
        with pytest.raises(Rejected):
            network.send(message, key="k")
    assert len(fake.published) == fits


def test_a_webhook_gives_no_id_and_can_do_nothing_more(fake: FakeSlack, http: Client) -> None:
    """The key stands in for an id; finding, changing, deleting do not exist."""
    network = CASE.open(fake.url, http)
    receipt = network.send(TEXT, key="key-1")
    assert (receipt.remote_id, receipt.url) == ("key-1", "")
    assert not isinstance(network, Finds | Resends | Edits | Deletes)


def test_a_webhook_is_called_where_its_address_says(fake: FakeSlack, http: Client) -> None:
    """Slack has more than one host (hooks.slack-gov.com), and the address is a secret of that host alone."""
    account = Account(name="mine", network="slack")
    open_network(account, MemoryVault({"webhook_url": f"{fake.url}{PATH}"}), http).send(TEXT, key="k")
    assert len(fake.published) == 1


def test_a_webhook_that_does_not_say_ok_leaves_it_unknown(fake: FakeSlack, http: Client) -> None:
    """A proxy's page with status 200 is no "ok"."""
    fake.fail(status(200, "<html>welcome</html>"))
    with pytest.raises(Uncertain):
        CASE.open(fake.url, http).send(TEXT, key="k")


def test_a_bot_has_a_permalink_and_its_failure_undoes_nothing(fake: FakeSlack, http: Client) -> None:
    """The address is asked for after publishing; a publication stays one without it."""
    network = BOT.open(fake.url, http)
    assert network.send(TEXT, key="k").url.startswith(f"https://foxes.slack.com/archives/{CHANNEL}/p17")
    fake.fail(status(500), on="getPermalink")
    assert network.send(TEXT, key="k2").url == ""
    assert len(fake.published) == 2


def test_a_bot_finds_what_a_lost_reply_left(fake: FakeSlack, http: Client) -> None:
    """Escapes, bracketed links and other people's messages do not hide the copy."""
    network = BOT.open(fake.url, http)
    message = replace(TEXT, text=f"a < b & c\n\n{LINK}?x=1&y=2", link=f"{LINK}?x=1&y=2")
    fake.chatter(2)
    fake.fail(drop_reply_after_commit(), on="postMessage")
    with pytest.raises(Uncertain):
        network.send(message, key="k")
    fake.chatter(150)
    found = network.find(message, key="k", since=NOW - timedelta(days=1))
    assert found.remote_id == next(each["ts"] for each in fake.published if each["user"] == "U0BOT")
    assert found.url


def test_a_bot_finds_nothing_where_nothing_was_published(fake: FakeSlack, http: Client) -> None:
    """Neither a call that died before the commit nor an old copy counts."""
    network = BOT.open(fake.url, http)
    fake.now = NOW - timedelta(days=3)
    network.send(TEXT, key="older")
    fake.now = NOW
    fake.fail(cut_before_commit(), on="postMessage")
    with pytest.raises(Uncertain):
        network.send(TEXT, key="k")
    assert network.find(TEXT, key="k", since=NOW) is None


def test_an_answer_in_a_thread_is_found_in_the_thread(fake: FakeSlack, http: Client) -> None:
    """A channel's history leaves replies out, so the thread is read."""
    network = BOT.open(fake.url, http)
    first = network.send(TEXT, key="k1")
    answer = replace(TEXT, reply_to=first)
    second = network.send(answer, key="k2")
    assert fake.published[0]["thread_ts"] == first.remote_id
    assert network.find(answer, key="k2", since=NOW).remote_id == second.remote_id
    assert network.find(TEXT, key="k1", since=NOW).remote_id == first.remote_id


@both
def test_a_limit_is_kept(fake: FakeSlack, http: Client, case: Case) -> None:
    """429 with Retry-After."""
    fake.fail(rate_limit({"Retry-After": "30"}, "ratelimited"), on=case.publish)
    with pytest.raises(RateLimited) as caught:
        case.open(fake.url, http).send(TEXT, key="k")
    assert caught.value.retry_at == NOW + timedelta(seconds=30)


@pytest.mark.parametrize(
    ("code", "body", "kind"),
    [
        (400, "invalid_payload", Rejected),
        (400, "no_text", Rejected),
        (400, "too_many_attachments", Rejected),
        (403, "action_prohibited", Unauthorised),
        (403, "invalid_token", Unauthorised),
        (404, "no_service", Unauthorised),
        (404, "no_active_hooks", Unauthorised),
        (404, "no_team", Unauthorised),
        (404, "channel_not_found", Unauthorised),
        (410, "channel_is_archived", Unauthorised),
        (500, "rollup_error", Uncertain),
    ],
)
def test_a_webhooks_refusals(fake: FakeSlack, http: Client, code: int, body: str, kind: type) -> None:
    """Plain-text bodies, told by their words."""
    fake.fail(status(code, body))
    with pytest.raises(kind) as caught:
        CASE.open(fake.url, http).send(TEXT, key="k")
    assert type(caught.value) is kind


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        ("ratelimited", RateLimited),
        ("invalid_auth", Unauthorised),
        ("token_revoked", Unauthorised),
        ("not_in_channel", Unauthorised),
        ("msg_too_long", Rejected),
        ("restricted_action", Rejected),
        ("internal_error", Uncertain),
        ("fatal_error", Uncertain),
    ],
)
def test_a_refusal_in_the_dress_of_a_success(fake: FakeSlack, http: Client, error: str, kind: type) -> None:
    """The Web API says no with status 200."""
    fake.fail(lambda request, handle: no(error), on="postMessage")
    with pytest.raises(kind) as caught:
        BOT.open(fake.url, http).send(TEXT, key="k")
    assert type(caught.value) is kind


def test_edit_and_delete_by_bot(fake: FakeSlack, http: Client) -> None:
    """Words change in place; deleting twice is fine, changing what is gone is refused."""
    network = BOT.open(fake.url, http)
    receipt = network.send(TEXT, key="k")
    network.edit(receipt, replace(TEXT, text="New words"), key="e")
    assert fake.published[0]["text"] == "New words"
    network.delete(receipt)
    network.delete(receipt)
    assert fake.published == []
    with pytest.raises(Rejected, match="message_not_found"):
        network.edit(receipt, TEXT, key="e")


@pytest.mark.parametrize(("channel", "is_kept"), [(CHANNEL, False), ("C9999999999", True)])
def test_a_message_is_changed_and_deleted_in_its_own_channel(
    fake: FakeSlack, http: Client, channel: str, is_kept: bool
) -> None:
    """The one it was sent to; for one that a person settled by its address, the configured one."""
    sent = BOT.open(fake.url, http).send(TEXT, key="k")
    receipt = sent if is_kept else Receipt(sent.url, sent.url)
    account = Account(name="mine", network="slack", options={"api": f"{fake.url}/api", "channel": channel})
    network = open_network(account, MemoryVault(BOT.secrets), http)
    network.edit(receipt, replace(TEXT, text="New words"), key="e")
    assert fake.published[0]["text"] == "New words"
    network.delete(receipt)
    assert fake.published == []


def test_verify(fake: FakeSlack, http: Client) -> None:
    """The bot says who it is; a webhook only has the right form."""
    assert BOT.open(fake.url, http).verify().name == "foxbot in Foxes"
    assert CASE.open(fake.url, http).verify().abilities == ("post",)
    with pytest.raises(ConfigError) as caught:
        CASE.open(fake.url, http, MemoryVault({"webhook_url": "https://example.com/s3cret"})).verify()
    assert "s3cret" not in str(caught.value)


def test_list_recent_shows_only_the_bots_own(fake: FakeSlack, http: Client) -> None:
    """For `adopt`: the links in it, other people's messages left out."""
    network = BOT.open(fake.url, http)
    fake.chatter(2)
    deliver(network, TEXT)
    (recent,) = network.list_recent()
    assert (recent.text, recent.links, recent.published_at) == (TEXT.text, (LINK,), NOW)


@both
def test_login_is_pasting(fake: FakeSlack, http: Client, case: Case) -> None:
    """The webhook's address, or the bot's token."""
    network = case.open(fake.url, http, MemoryVault())
    name = network.login_fields[0].name
    assert network.begin_login({}, redirect="") is None
    assert network.finish_login({name: " x "}, None, "") == {name: "x"}


def test_planning_knows_what_a_bot_can_and_a_webhook_cannot() -> None:
    """A bot threads and reads back, so links may go into replies and lost answers settle themselves."""
    webhook = facts_of(Account(name="mine", network="slack"))
    bot = facts_of(Account(name="mine", network="slack", options={"channel": "C1"}))
    assert not webhook.can_thread
    assert bot.can_thread
