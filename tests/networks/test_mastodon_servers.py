"""The cousins of Mastodon, and what each server says of itself: software, limits, keys, refusals of its own."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from syndicate.errors import Rejected, Unauthorised, Uncertain
from syndicate.http import Client
from syndicate.model import Message
from syndicate.networks.base import AskAgain
from syndicate.networks.mastodon import Mastodon
from syndicate.networks.mastodon.servers import BROAD_SCOPES, SCOPES, parse_server
from syndicate.text.counting import Counter
from tests.networks.case import LINK, NOW, TEXT, deliver, picture
from tests.networks.fake import Reply, cut_before_commit, status
from tests.networks.fake_mastodon import TOKEN, FakeMastodon
from tests.networks.test_mastodon import CASE, POST


@pytest.fixture
def mastodon(fake: FakeMastodon, http: Client) -> Mastodon:
    network: Mastodon = CASE.open(fake.url, http)
    return network


@pytest.mark.parametrize("software", ["mastodon", "gotosocial", "takahe"])
def test_a_warning_counts_with_the_text(http: Client, software: str) -> None:
    """Servers add the two; one over is refused here, and costs no call."""
    with FakeMastodon(software) as fake:
        mastodon: Mastodon = CASE.open(fake.url, http)
        mastodon.send(Message(text="x" * 490, warning="y" * 10), key="k")
        with pytest.raises(Rejected, match="501 of 500"):
            mastodon.send(Message(text="x" * 490, warning="y" * 11), key="k2")
        assert len(fake.sent(POST)) == len(fake.published) == 1


def test_a_server_of_the_first_api_states_its_limits(mastodon: Mastodon, fake: FakeMastodon) -> None:
    """Where /api/v2/instance is missing, /api/v1/instance is read."""
    fake.fail(status(404), on="GET /api/v2/instance")
    fake.route("GET", "/api/v1/instance", lambda request: Reply(200, {"version": "3.4.1", "max_toot_chars": 777}))
    assert mastodon.read_limits().characters == 777


def test_limits_come_from_the_server(http: Client) -> None:
    """A server with 5,000 characters takes a long text that the default would refuse."""
    with FakeMastodon(max_characters=5000) as fake:
        mastodon: Mastodon = CASE.open(fake.url, http)
        limits = mastodon.read_limits()
        assert (limits.characters, limits.per_link, limits.image_bytes) == (5000, 23, 2_000_000)
        assert limits.image_types == ("image/jpeg", "image/png")
        mastodon.send(Message(text="x" * 4000), key="k")
        assert len(fake.published) == 1


MASTODON = ("mastodon", Counter.MASTODON, 23, 500, True)


GOTOSOCIAL = ("gotosocial", Counter.CODEPOINTS, None, 5000, False)


SERVERS = [
    ("mastodon", {}, "mastodon", Counter.MASTODON, 23, 500, True),
    ("glitchcafe", {}, "mastodon", Counter.MASTODON, 23, 500, True),
    ("gotosocial", {}, "gotosocial", Counter.CODEPOINTS, None, 5000, False),
    ("pixelfed", {}, "pixelfed", Counter.CODEPOINTS, None, 500, False),
    ("takahē", {}, "takahe", Counter.CODEPOINTS, None, 500, False),
    ("Akkoma", {}, "akkoma", Counter.CODEPOINTS, None, 5000, True),
    ("hollo", {}, "hollo", Counter.CODEPOINTS, None, 10000, True),
    ("snac", {}, "snac", Counter.CODEPOINTS, None, 500, False),
    (None, {"version": "2.7.2 (compatible; Pleroma 2.9.1)"}, "pleroma", Counter.CODEPOINTS, None, 5000, True),
    (None, {"version": "4.5.1"}, "mastodon", Counter.MASTODON, 23, 500, True),
    (None, {"version": "4.5.1", "source_url": "https://github.com/mastodon/mastodon"}, *MASTODON),
    (None, {"version": "0.17.3"}, "", Counter.CODEPOINTS, None, 500, False),
    (None, {"version": "0.20", "source_url": "https://codeberg.org/superseriousbusiness/gotosocial"}, *GOTOSOCIAL),
    (None, {"version": "0.20.2 git-abc"}, "", Counter.CODEPOINTS, None, 500, False),
    (None, {"max_toot_chars": 1111}, "", Counter.CODEPOINTS, None, 1111, False),
    (None, {"configuration": "broken"}, "", Counter.CODEPOINTS, None, 500, False),
    (None, None, "", Counter.CODEPOINTS, None, 500, False),
]


@pytest.mark.parametrize(("name", "instance", "software", "counter", "per_link", "characters", "keeps_key"), SERVERS)
def test_each_family_of_servers_is_known(
    name: str | None,
    instance: object,
    software: str,
    counter: Counter,
    per_link: int | None,
    characters: int,
    keeps_key: bool,
) -> None:
    """Software by nodeinfo, else by version; strict counting and no trust in keys where it is unknown."""
    server = parse_server({"software": {"name": name}} if name else None, instance)
    assert server.software == software
    assert (server.limits.counter, server.limits.per_link) == (counter, per_link)
    assert (server.limits.characters, server.limits.alt) == (characters, 1500)
    assert server.dialect.keeps_key is keeps_key


@pytest.mark.parametrize(("software", "window"), [("mastodon", 1), ("hollo", 1), ("gotosocial", 0), ("takahe", 0)])
def test_a_second_call_is_trusted_only_where_the_key_is_kept(http: Client, software: str, window: int) -> None:
    """One hour with Mastodon, no time with software that ignores the header."""
    with FakeMastodon(software) as fake:
        assert CASE.open(fake.url, http).resend_until(NOW) == NOW + timedelta(hours=window)


def test_a_silent_server_gets_no_trust(mastodon: Mastodon, fake: FakeMastodon) -> None:
    """Where the software cannot be asked, a second call is never safe."""
    fake.fail(cut_before_commit(), times=9)
    assert mastodon.resend_until(NOW) == NOW


def test_a_seen_key_on_pixelfed_is_uncertain(http: Client) -> None:
    """Pixelfed spends the key even when the post fails: only looking tells."""
    with FakeMastodon("pixelfed") as fake:
        pixelfed: Mastodon = CASE.open(fake.url, http)
        message = replace(TEXT, image=picture())
        deliver(pixelfed, message)
        with pytest.raises(Uncertain):
            deliver(pixelfed, message)


def test_pixelfed_wants_a_picture(http: Client) -> None:
    """Said before the call, with the key to set."""
    with FakeMastodon("pixelfed") as fake:
        with pytest.raises(Rejected, match=r"media = .image."):
            CASE.open(fake.url, http).send(TEXT, key="k")
        assert fake.sent(POST) == []


def test_a_refusal_by_pixelfed_is_about_the_post(http: Client) -> None:
    """There 403 stands for what others call 422."""
    with FakeMastodon("pixelfed") as fake:
        fake.fail(status(403, {"error": "Empty statuses are not allowed"}), on=POST)
        with pytest.raises(Rejected):
            deliver(CASE.open(fake.url, http), replace(TEXT, image=picture()))


@pytest.mark.parametrize("reply", [Reply(401, b""), Reply(400, "Bad Request"), Reply(422, b""), Reply(403, {})])
def test_every_way_to_refuse_a_token_is_understood(mastodon: Mastodon, fake: FakeMastodon, reply: Reply) -> None:
    """Servers say it with JSON, text or nothing at all."""
    fake.fail(lambda request, handle: reply, on="verify_credentials")
    with pytest.raises(Unauthorised):
        mastodon.verify()


@pytest.mark.parametrize("body", ["Bad Request", b""])
@pytest.mark.parametrize("on", ["POST /api/v1/statuses", "POST /api/v2/media"])
def test_a_bare_400_is_a_dead_token_where_the_account_is_refused_too(
    mastodon: Mastodon, fake: FakeMastodon, on: str, body: str | bytes
) -> None:
    """Small servers call a dead token a bad request: the account waits, the message is not lost."""
    message = replace(TEXT, image=picture())
    fake.fail(status(400, body), on=on)
    fake.fail(status(400, body), on="verify_credentials")
    with pytest.raises(Unauthorised):
        deliver(mastodon, message)
    fake.fail(status(400, body), on=on)
    with pytest.raises(Rejected):
        deliver(mastodon, message)


@pytest.mark.parametrize(
    ("software", "stated", "scopes"),
    [
        ("mastodon", None, SCOPES),
        ("mastodon", ["read", "write", "profile", *SCOPES.split()], SCOPES),
        ("gotosocial", None, SCOPES),
        ("takahe", None, BROAD_SCOPES),
        ("other", ["read", "write", "follow"], BROAD_SCOPES),
        ("other", [], SCOPES),
    ],
)
def test_a_login_asks_for_no_more_than_the_server_needs(
    http: Client, software: str, stated: list[str] | None, scopes: str
) -> None:
    """The four narrow scopes, and broad ones only where nothing else works; that is said."""
    with FakeMastodon(software) as fake:
        fake.states_scopes = stated
        network = CASE.open(fake.url, http)
        page = network.begin_login({}, redirect="")
        assert network.finish_login({}, page, "good-code") == {"access_token": TOKEN}
        assert fake.granted == scopes
        assert fake.sent("/api/v1/apps")[0].form()["scopes"] == scopes
        assert bool(page.note) == (scopes == BROAD_SCOPES)


def test_a_token_refused_for_its_scopes_is_asked_for_again(http: Client) -> None:
    """A server nobody knows gives a narrow token and refuses it: the second consent is for broad ones."""
    with FakeMastodon("nobody-knows") as fake:
        fake.refuses_narrow = True
        network = CASE.open(fake.url, http)
        with pytest.raises(AskAgain) as again:
            network.finish_login({}, network.begin_login({}, redirect=""), "good-code")
        page = network.begin_login(again.value.answers, redirect="")
        assert network.finish_login(again.value.answers, page, "good-code") == {"access_token": TOKEN}
        assert network.verify().name == "@fox@127.0.0.1"


@pytest.mark.parametrize(
    ("acct", "domain", "name"),
    [
        ("fox", "blog.example", "@fox@blog.example"),
        ("fox@small.example", "blog.example", "@fox@small.example"),
        ("fox", "https://blog.example/", "@fox@blog.example"),
        ("fox", "", "@fox@127.0.0.1"),
    ],
)
def test_the_handle_shown_is_the_servers_own(http: Client, acct: str, domain: str, name: str) -> None:
    """Handles end in the server's domain, which need not be the host of its addresses."""
    with FakeMastodon() as fake:
        fake.acct, fake.domain = acct, domain
        assert CASE.open(fake.url, http).verify().name == name


def test_a_server_that_reads_markdown_shows_what_was_written(http: Client) -> None:
    """Hollo: names of files stay whole, lines stay lines, and the copy is found again by its words."""
    text = f"Read `__init__.py` and *this*\nnext line\n\n#snake_case {LINK}"
    message = Message(text=text, created_at=NOW)
    with FakeMastodon("hollo") as fake:
        network = CASE.open(fake.url, http)
        network.send(message, key="k")
        content = fake.published[0]["content"]
        assert "Read `__init__.py` and *this*<br />" in content
        assert "#snake_case" in content
        assert network.find(message, key="k", since=NOW) is not None


KEPT = "the server keeps the picture's alt text of before"


@pytest.mark.parametrize(
    ("software", "kept"),
    [
        ("mastodon", ""),
        ("gotosocial", ""),
        ("hollo", ""),
        ("snac", "the server keeps the picture's alt text of before"),
    ],
)
def test_a_corrected_alt_text_is_sent_and_read_back(http: Client, software: str, kept: str) -> None:
    """In the edit, else at the picture itself; where neither helps, that is said."""
    with FakeMastodon(software) as fake:
        network = CASE.open(fake.url, http)
        receipt = deliver(network, Message(text="A picture", image=picture("A fx"), created_at=NOW))
        changed = network.edit(receipt, Message(text="A picture", image=picture("A fox")), key="e")
        assert changed.remark == kept
        (media,) = fake.media.values()
        assert media["alt"] == ("A fx" if kept else "A fox")
        assert changed.ref["media"] == receipt.ref["media"]
