"""LinkedIn on a fake that wants its headers and cuts unescaped text."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qs, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from syndicate.errors import (
    Blocked,
    Duplicate,
    NotReady,
    RateLimited,
    Rejected,
    Unauthorised,
    Unavailable,
    Uncertain,
    UsageError,
)
from syndicate.http import Client
from syndicate.model import Account, Message
from syndicate.networks import open_network
from syndicate.networks.linkedin import LinkedIn, build_content, escape, next_midnight
from tests.networks.case import LINK, NOW, PIXEL, TEXT, Case, deliver, picture
from tests.networks.conftest import Clock
from tests.networks.fake import Reply, drop_reply_after_commit, rate_limit, status
from tests.networks.fake_linkedin import CLIENT_SECRET, TOKEN, FakeLinkedIn
from tests.networks.vault import MemoryVault

CASE = Case(
    network="linkedin",
    fake=FakeLinkedIn,
    options=lambda url: {"api": url, "oauth": url},
    secrets={"access_token": TOKEN},
    publish="POST /rest/posts",
    too_long=replace(TEXT, text="x" * 2901),
    unauthorised=Reply(401, {"status": 401, "code": "EXPIRED_ACCESS_TOKEN", "message": "The token has expired"}),
    leaks=("linkedin-upload-secret",),
)
POST = CASE.publish


@pytest.fixture
def linkedin(fake: FakeLinkedIn, http: Client) -> LinkedIn:
    network: LinkedIn = CASE.open(fake.url, http)
    return network


def _open(fake: FakeLinkedIn, http: Client, vault: MemoryVault | None = None, **options: str) -> LinkedIn:
    account = Account(name="mine", network="linkedin", options={**CASE.options(fake.url), **options})
    network = open_network(account, vault or MemoryVault(CASE.secrets), http)
    assert isinstance(network, LinkedIn)
    return network


@pytest.mark.parametrize(
    ("text", "escaped"),
    [
        ("plain words", "plain words"),
        ("A title (part 1)", r"A title \(part 1\)"),
        (r"a\b|c{d}e@f[g]h<i>j*k_l~m", r"a\\b\|c\{d\}e\@f\[g\]h\<i\>j\*k\_l\~m"),
        ("#python rocks", "#python rocks"),
        ("#foo_bar", r"#foo\_bar"),
        ("C# and # alone", r"C\# and \# alone"),
        ("see https://a.example/b_c~d*e", "see https://a.example/b_c~d*e"),
        ("see https://a.example/b_(c)", "see https://a.example/b_%28c%29"),
        ("(see https://a.example/b)", r"\(see https://a.example/b\)"),
        ("https://a.example/#section and #tag", "https://a.example/#section and #tag"),
    ],
)
def test_little_text_is_escaped(text: str, escaped: str) -> None:
    """Every reserved sign, except in hashtags and addresses."""
    assert escape(text) == escaped


@given(st.text(st.sampled_from("ab1 .,\n\\|{}@[]()<>#*_~é日")))
def test_nothing_unescaped_is_left(text: str) -> None:
    """What LinkedIn would stop at never stands alone, and taking the backslashes away gives the text."""
    written = escape(text)
    assert not re.search(r"(?<!\\)(?:\\\\)*[|{}@\[\]()<>*_~]", written)
    assert re.sub(r"\\(.)", r"\1", written, flags=re.DOTALL) == text


def test_a_post_arrives_whole(linkedin: LinkedIn, fake: FakeLinkedIn) -> None:
    """Brackets and underscores survive; the id comes from a header, the permalink from the id."""
    text = f"Notes (part 1) on snake_case [draft] <3\n\n{LINK}\n\n#Python"
    receipt = linkedin.send(replace(TEXT, text=text), key="k")
    assert fake.published[0]["text"] == text
    assert receipt.url == f"https://www.linkedin.com/feed/update/{receipt.remote_id}/"
    assert fake.published[0]["body"]["author"] == "urn:li:person:AbC123"


def test_all_headers_are_sent(linkedin: LinkedIn, fake: FakeLinkedIn) -> None:
    """Version, protocol, type and token."""
    linkedin.send(TEXT, key="k")
    headers = fake.sent(POST)[0].headers
    assert headers["linkedin-version"] == "202607"
    assert headers["x-restli-protocol-version"] == "2.0.0"
    assert headers["content-type"] == "application/json"


def test_a_link_gets_a_card(linkedin: LinkedIn, fake: FakeLinkedIn, clock: Clock) -> None:
    """LinkedIn looks at no page: title, description and thumbnail travel with the post."""
    message = _prepared(linkedin, replace(TEXT, card=picture()), clock)
    linkedin.send(message, key="k")
    article = fake.published[0]["body"]["content"]["article"]
    assert (article["source"], article["title"], article["description"]) == (LINK, "A title", "What it says.")
    assert fake.images[article["thumbnail"]] == PIXEL
    assert article["thumbnailAltText"] == "A fox in snow"


def test_an_image_takes_the_place_of_the_card(linkedin: LinkedIn, fake: FakeLinkedIn, clock: Clock) -> None:
    """Article or media, not both."""
    linkedin.send(_prepared(linkedin, replace(TEXT, image=picture()), clock), key="k")
    content = fake.published[0]["body"]["content"]
    assert content == {"media": {"id": "urn:li:image:D0", "altText": "A fox in snow"}}
    assert build_content(Message(text="words only")) is None


def _prepared(linkedin: LinkedIn, message: Message, clock: Clock) -> Message:
    message = linkedin.prepare(message, key="k")
    clock.pass_by(timedelta(seconds=10))
    return linkedin.prepare(message, key="k")


def test_a_member_waits_ten_seconds_for_an_image(linkedin: LinkedIn, fake: FakeLinkedIn, clock: Clock) -> None:
    """The state may not be read with a member's token, so time has to do."""
    message = linkedin.prepare(replace(TEXT, image=picture()), key="k")
    with pytest.raises(NotReady) as caught:
        linkedin.prepare(message, key="k")
    assert caught.value.retry_at == NOW + timedelta(seconds=10)
    clock.pass_by(timedelta(seconds=10))
    message = linkedin.prepare(message, key="k")
    assert linkedin.prepare(message, key="k") is message


@pytest.mark.parametrize(
    ("state", "error"), [("PROCESSING", NotReady), ("WAITING_UPLOAD", NotReady), ("PROCESSING_FAILED", Rejected)]
)
def test_a_readable_state_is_believed(http: Client, clock: Clock, state: str, error: type) -> None:
    """A page's token may ask: then the answer counts, not the clock."""
    with FakeLinkedIn(readable_images=True) as fake:
        linkedin = _open(fake, http, author="urn:li:organization:7")
        message = linkedin.prepare(replace(TEXT, image=picture()), key="k")
        fake.image_status = state
        clock.pass_by(timedelta(minutes=1))
        with pytest.raises(error):
            linkedin.prepare(message, key="k")
        fake.image_status = "AVAILABLE"
        assert deliver(linkedin, message).remote_id
        assert fake.published[0]["body"]["author"] == "urn:li:organization:7"


@pytest.mark.parametrize(
    ("code", "words"),
    [
        (422, "ERROR :: /content/media/id :: image is not ready"),
        (400, "The media asset urn:li:image:D0 is still being processed"),
        (400, "urn:li:image:D0 is in status WAITING_UPLOAD"),
        (422, "Cannot attach the image now. Please try again later."),
    ],
)
def test_an_image_that_is_not_ready_on_posting_is_waited_for(
    linkedin: LinkedIn, fake: FakeLinkedIn, clock: Clock, code: int, words: str
) -> None:
    """LinkedIn says it in words only: nothing was posted, and ten seconds later the same message goes out."""
    message = _prepared(linkedin, replace(TEXT, image=picture()), clock)
    fake.fail(status(code, {"status": code, "message": words}), on=POST)
    with pytest.raises(NotReady) as caught:
        linkedin.send(message, key="k")
    assert caught.value.retry_at == clock.now + timedelta(seconds=10)
    assert linkedin.send(message, key="k").remote_id


def test_a_picture_that_can_never_be_used_is_a_refusal(linkedin: LinkedIn, fake: FakeLinkedIn, clock: Clock) -> None:
    """So are the same words about a message without a picture: waiting would not help."""
    message = _prepared(linkedin, replace(TEXT, image=picture()), clock)
    fake.fail(status(422, {"message": "The image's processing_failed"}), on=POST)
    with pytest.raises(Rejected):
        linkedin.send(message, key="k")
    fake.fail(status(422, {"message": "image is not ready"}), on=POST)
    with pytest.raises(Rejected):
        linkedin.send(TEXT, key="k")


@pytest.mark.parametrize("code", [{"code": "REVOKED_ACCESS_TOKEN"}, {"serviceErrorCode": 65601}])
def test_a_new_token_is_given_ten_seconds(fake: FakeLinkedIn, http: Client, code: dict[str, object]) -> None:
    """A token of this minute is called revoked (65601) until all of LinkedIn knows it; an older one is dead."""
    new = MemoryVault({**CASE.secrets, "expires_at": (NOW + timedelta(days=60)).isoformat()})
    old = MemoryVault({**CASE.secrets, "expires_at": (NOW + timedelta(days=59)).isoformat()})
    refusal = status(401, {"status": 401, "message": "The token was revoked", **code})
    fake.fail(refusal, on=POST, times=2)
    with pytest.raises(NotReady) as caught:
        _open(fake, http, new).send(TEXT, key="k")
    assert caught.value.retry_at == NOW + timedelta(seconds=10)
    with pytest.raises(Unauthorised):
        _open(fake, http, old).send(TEXT, key="k")
    assert _open(fake, http, new).send(TEXT, key="k").remote_id


def test_a_login_stands_where_linkedin_does_not_know_the_token_yet(fake: FakeLinkedIn, http: Client) -> None:
    """The check after a login then says so, and refuses nothing."""
    new = MemoryVault({**CASE.secrets, "expires_at": (NOW + timedelta(days=60)).isoformat()})
    fake.fail(status(401, {"code": "REVOKED_ACCESS_TOKEN"}), on="/v2/userinfo")
    assert "new token" in _open(fake, http, new).verify().warnings[0]


@pytest.mark.parametrize(
    "text", ["x" * 2900, "👍" * 1450, "日" * 2900, "e\u0301" * 1450], ids=["latin", "emoji", "cjk", "marks"]
)
def test_a_text_at_the_limit_goes_out_and_one_more_does_not(linkedin: LinkedIn, fake: FakeLinkedIn, text: str) -> None:
    """UTF-16 units, a hundred short of where LinkedIn may cut."""
    linkedin.send(Message(text=text), key="k")
    with pytest.raises(Rejected, match="2,901 of 2,900"):
        linkedin.send(Message(text=f"{text}!"), key="k2")
    assert len(fake.published) == 1


def test_a_duplicate_names_the_post_that_exists(linkedin: LinkedIn, fake: FakeLinkedIn) -> None:
    """After a lost answer one more call settles it: refused, with the URN of ours."""
    fake.fail(drop_reply_after_commit(), on=POST)
    with pytest.raises(Uncertain):
        linkedin.send(TEXT, key="k")
    assert linkedin.resend_until(NOW) == NOW + timedelta(hours=1)
    with pytest.raises(Duplicate) as caught:
        linkedin.send(TEXT, key="k")
    assert caught.value.remote_id == fake.published[0]["id"]
    assert caught.value.url.endswith(f"{fake.published[0]['id']}/")
    assert len(fake.published) == 1


def test_a_daily_limit_ends_at_midnight_utc(linkedin: LinkedIn, fake: FakeLinkedIn) -> None:
    """LinkedIn sends no headers; its day begins at 00:00 UTC."""
    said = "Resource level throttle APPLICATION_AND_MEMBER DAY limit for calls to this resource is reached."
    fake.fail(rate_limit(body={"status": 429, "serviceErrorCode": 101, "message": said}), on=POST)
    with pytest.raises(RateLimited) as caught:
        linkedin.send(TEXT, key="k")
    assert caught.value.retry_at == datetime(2026, 11, 25, 0, 5, tzinfo=UTC)
    assert next_midnight(datetime(2026, 12, 31, 23, 59, tzinfo=UTC)) == datetime(2027, 1, 1, 0, 5, tzinfo=UTC)


def test_a_retired_version_names_the_setting(fake: FakeLinkedIn, http: Client) -> None:
    """426 pauses the account: a person has to write a newer version."""
    with pytest.raises(Blocked, match=r"\[accounts\.mine\], such as version"):
        _open(fake, http, version="202501").send(TEXT, key="k")


def test_an_old_version_is_pointed_out_in_time(fake: FakeLinkedIn, http: Client, clock: Clock) -> None:
    """Ten months after its month, before LinkedIn stops serving it."""
    linkedin = _open(fake, http)
    assert linkedin.verify().warnings == ()
    clock.now = datetime(2027, 6, 1, tzinfo=UTC)
    assert "202607" in linkedin.verify().warnings[0]


@pytest.mark.parametrize(
    ("reply", "kind"),
    [
        (Reply(401, {"code": "REVOKED_ACCESS_TOKEN", "message": "revoked"}), Unauthorised),
        (Reply(403, {"code": "ACCESS_DENIED", "message": "Not enough permissions to access: posts"}), Unauthorised),
        (Reply(400, {"message": "ERROR :: /commentary :: bad"}), Rejected),
        (Reply(422, {"message": "ERROR :: /commentary :: is too long"}), Rejected),
        (Reply(409, {"message": "Content is a duplicate of urn:li:ugcPost:7"}), Duplicate),
        (Reply(503, {"message": "busy"}), Uncertain),
        (Reply(201, b""), Uncertain),
        (Reply(201, b"", {"x-restli-id": "nonsense"}), Uncertain),
    ],
)
def test_refusals_are_told_apart(linkedin: LinkedIn, fake: FakeLinkedIn, reply: Reply, kind: type) -> None:
    """The table of errors, row by row."""
    fake.fail(lambda request, handle: reply, on=POST)
    with pytest.raises(kind) as caught:
        linkedin.send(TEXT, key="k")
    assert type(caught.value) is kind


@pytest.mark.parametrize(
    ("visibility", "option", "sent"),
    [
        ("", "", "PUBLIC"),
        ("", "connections", "CONNECTIONS"),
        ("private", "", "CONNECTIONS"),
        ("unlisted", "", "PUBLIC"),
    ],
)
def test_visibility_is_translated(fake: FakeLinkedIn, http: Client, visibility: str, option: str, sent: str) -> None:
    """The message's word wins over the account's option."""
    _open(fake, http, visibility=option).send(replace(TEXT, visibility=visibility), key="k")
    assert fake.published[0]["body"]["visibility"] == sent


@pytest.mark.parametrize("message", [replace(TEXT, visibility="direct"), replace(TEXT, warning="Food")])
def test_what_linkedin_cannot_say_is_refused(linkedin: LinkedIn, fake: FakeLinkedIn, message: Message) -> None:
    """No direct messages and no warnings here."""
    with pytest.raises(Rejected):
        linkedin.send(message, key="k")
    assert fake.requests == []


def test_only_the_words_can_be_edited(linkedin: LinkedIn, fake: FakeLinkedIn) -> None:
    """A partial update, escaped like the first text."""
    receipt = linkedin.send(TEXT, key="k")
    linkedin.edit(receipt, replace(TEXT, text="Better (now)"), key="k")
    assert fake.published[0]["text"] == "Better (now)"


def test_the_end_of_the_token_is_known(fake: FakeLinkedIn, http: Client) -> None:
    """From the vault, without a call; unknown where a person pasted only the token."""
    dated = MemoryVault({**CASE.secrets, "expires_at": "2027-01-23T09:00:00+00:00"})
    assert _open(fake, http, dated).expires_at() == datetime(2027, 1, 23, 9, tzinfo=UTC)
    assert _open(fake, http).expires_at() is None
    assert _open(fake, http, dated).renew() == datetime(2027, 1, 23, 9, tzinfo=UTC)
    assert fake.requests == []


def test_a_partner_may_renew(fake: FakeLinkedIn, http: Client) -> None:
    """With a refresh token the new end is sixty days away, and stored."""
    secrets = {"refresh_token": "linkedin-refresh-1", "client_id": "c", "client_secret": CLIENT_SECRET}
    vault = MemoryVault({**CASE.secrets, **secrets})
    assert _open(fake, http, vault).renew() == NOW + timedelta(days=60)
    assert vault.get("expires_at") == (NOW + timedelta(days=60)).isoformat()


@pytest.mark.parametrize(("code", "kind"), [(503, Unavailable), (429, RateLimited), (400, Unauthorised)])
def test_an_outage_while_renewing_is_no_refusal(fake: FakeLinkedIn, http: Client, code: int, kind: type) -> None:
    """The account is paused where LinkedIn says no, not where it is away; the next round renews."""
    secrets = {"refresh_token": "linkedin-refresh-1", "client_id": "c", "client_secret": CLIENT_SECRET}
    network = _open(fake, http, MemoryVault({**CASE.secrets, **secrets}))
    fake.fail(status(code, {"error_description": "no linkedin-refresh-1"}), on="accessToken")
    with pytest.raises(kind) as caught:
        network.renew()
    assert type(caught.value) is kind
    assert "linkedin-refresh-1" not in str(caught.value)
    assert network.renew() == NOW + timedelta(days=60)


def test_a_login_stores_the_token_and_its_end(linkedin: LinkedIn, fake: FakeLinkedIn) -> None:
    """Browser, code, sixty days."""
    answers = {"client_id": "c", "client_secret": CLIENT_SECRET}
    page = linkedin.begin_login(answers, redirect="http://127.0.0.1:9/cb")
    assert page is not None
    query = {name: values[0] for name, values in parse_qs(urlsplit(page.url).query).items()}
    assert (query["redirect_uri"], query["state"]) == ("http://127.0.0.1:9/cb", page.state)
    secrets = linkedin.finish_login(answers, page, "good")
    assert secrets["access_token"] == TOKEN
    assert secrets["expires_at"] == (NOW + timedelta(days=60)).isoformat()
    with pytest.raises(Unauthorised) as caught:
        linkedin.finish_login(answers, page, "bad")
    assert CLIENT_SECRET not in str(caught.value)


def test_a_pasted_token_begins_its_sixty_days(linkedin: LinkedIn, fake: FakeLinkedIn) -> None:
    """Made in the portal a moment ago; no page to open."""
    assert linkedin.begin_login({"access_token": "t"}, redirect="") is None
    secrets = linkedin.finish_login({"access_token": "t"}, None, "")
    assert secrets == {"access_token": "t", "expires_at": (NOW + timedelta(days=60)).isoformat()}


@pytest.mark.parametrize("answers", [{}, {"client_id": "c"}, {"client_id": "c", "client_secret": "s"}])
def test_a_browser_login_needs_the_app(linkedin: LinkedIn, answers: dict[str, str]) -> None:
    """Said before a page is opened that cannot work."""
    with pytest.raises(UsageError):
        linkedin.begin_login(answers, redirect="")
