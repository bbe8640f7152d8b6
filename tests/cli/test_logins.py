"""`login`, `accounts` and `adopt` on the fakes of two networks, as a person walks through them."""

import io
import urllib.request
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest

from tests.journeys.blog import CONFIG, Blog
from tests.networks.fake import Reply
from tests.networks.fake_bluesky import HANDLE, PASSWORD, FakeBluesky
from tests.networks.fake_mastodon import TOKEN, FakeMastodon


@pytest.fixture
def mastodon():
    with FakeMastodon() as fake:
        fake.route("GET", "/oauth/authorize", lambda request: allow(request.query))
        yield fake


@pytest.fixture
def bluesky():
    with FakeBluesky() as fake:
        yield fake


def allow(query):
    """The person presses "Authorise": back to where the login came from."""
    code = urlencode({"code": "good-code", "state": query["state"]})
    return Reply(302, "", headers={"Location": f"{query['redirect_uri']}?{code}"})


@pytest.fixture
def blog(tmp_path, mastodon, bluesky):
    config = CONFIG.replace("[cards]", "allow_private = true\n[cards]").partition("[accounts.timeline]")[0]
    accounts = (
        f'[accounts.toot]\nnetwork = "mastodon"\ninstance = "{mastodon.url}"\n'
        f'[accounts.sky]\nnetwork = "bluesky"\nservice = "{bluesky.url}"\nhandle = "{HANDLE}"\n'
    )
    return Blog(tmp_path, config + accounts)


@pytest.fixture
def answer(monkeypatch):
    """Lines that the person types."""
    return lambda *lines: monkeypatch.setattr("sys.stdin", io.StringIO("\n".join([*lines, ""])))


def test_the_browser_brings_the_token(blog, answer, monkeypatch):
    """The whole OAuth walk over loopback, also with a browser that keeps `open` busy until it has its answer."""
    monkeypatch.setattr("webbrowser.open", lambda url: urllib.request.urlopen(url, timeout=10).close())
    answer("")
    ran = blog.run("login", "toot")
    assert ran.out.splitlines()[0].startswith("Access token (leave empty to log in with the browser): ")
    assert "toot is @fox@127.0.0.1" in ran.out
    assert "ready" in blog.run("accounts", "--online", code=1).out.splitlines()[0]


def test_a_second_login_of_the_same_person_is_told(blog, answer):
    """The browser was still logged in as the first: each post would go out there twice."""
    settings = blog.root / "syndicate.toml"
    first = settings.read_text().partition("[accounts.toot]")[2].partition("[accounts.sky]")[0]
    settings.write_text(f"{settings.read_text()}\n[accounts.again]{first}")
    for name in ("toot", "again"):
        answer("", "good-code")
        ran = blog.run("login", name, "--paste")
    assert "toot and again are the same account" in ran.out


def test_the_code_can_be_pasted(blog, answer):
    """For a machine without a browser."""
    answer("", "good-code")
    ran = blog.run("login", "toot", "--paste")
    page = next(line.strip() for line in ran.out.splitlines() if "/oauth/authorize" in line)
    assert parse_qs(urlsplit(page).query)["redirect_uri"] == ["urn:ietf:wg:oauth:2.0:oob"]
    assert "toot is @fox@127.0.0.1" in ran.out


def test_a_password_is_enough_for_bluesky(blog, answer):
    """No browser is opened where there is nothing to open."""
    answer(PASSWORD)
    assert f"sky is @{HANDLE}" in blog.run("login", "sky").out


def test_a_refused_login_leaves_the_working_one(blog, answer):
    """A typing error does not log anybody out."""
    answer(TOKEN)
    blog.run("login", "toot")
    answer("wrong")
    assert "401" in blog.run("login", "toot", code=1).err
    assert blog.run("accounts", "--online", code=1).out.splitlines()[0].split("\t")[:3] == ["toot", "mastodon", "ready"]


def test_a_refused_first_login_is_not_kept(blog, answer):
    """What the network called wrong does not make the account look ready."""
    answer("wrong")
    assert "401" in blog.run("login", "toot", code=1).err
    assert "the access token is missing" in blog.run("accounts", code=1).out


def test_a_login_that_cannot_be_checked_is_kept_and_told(blog, answer, mastodon):
    """A network that is down refuses nothing; the person hears that the login is stored unchecked."""
    config = blog.root / "syndicate.toml"
    config.write_text(config.read_text().replace(mastodon.url, "http://127.0.0.1:9"))
    answer(TOKEN)
    ran = blog.run("login", "toot", code=1)
    assert "cannot be reached" in ran.err
    assert "(the login is kept unchecked; `syndicate accounts --online` tells whether it is right)" in ran.err
    assert blog.run("accounts", code=1).out.splitlines()[0].split("\t")[2] == "ready"


def test_the_environment_that_wins_is_named(blog, answer, monkeypatch):
    """Who stores a token and sees no effect is told why."""
    monkeypatch.setenv("SYNDICATE_TOOT_ACCESS_TOKEN", TOKEN)
    answer("another")
    assert "SYNDICATE_TOOT_ACCESS_TOKEN in the environment wins" in blog.run("login", "toot").out


def test_adopting_finds_our_links_on_the_account(blog, answer, mastodon):
    """What another tool posted is recorded as sent and not sent again."""
    blog.write("old")
    answer(TOKEN)
    blog.run("login", "toot")
    assert blog.run("adopt", "toot").out == "No link to one of your posts was found on toot.\n"
    body = b'{"status": "Look: https://notes.example/blog/old/?utm_source=elsewhere"}'
    headers = {"Authorization": f"Bearer {TOKEN}", "Content-Type": "application/json"}
    urllib.request.urlopen(urllib.request.Request(f"{mastodon.url}/api/v1/statuses", body, headers), timeout=10).close()
    assert blog.run("adopt", "toot").out.startswith("1 copy of your posts on toot, recorded as sent:\n  old  http")
    assert "is on toot already" in blog.run("post", "old", "--to", "toot", code=2).err


def test_posting_without_credentials_is_told_at_once(blog):
    """The message waits, and the person hears why before wondering; also in a dry run."""
    blog.write("old")
    ran = blog.run("post", "old", "--to", "sky", "--dry-run")
    assert ran.err == "! sky, no credentials: the app password is missing (run: syndicate login sky)\n"
    assert "old → sky (bluesky), manual" in ran.out


def test_a_pass_says_that_the_rest_waits_for_a_person(blog):
    """Where accounts cannot send, nobody reads that nothing is left to send."""
    blog.write("old")
    assert blog.run("once", code=1).out.endswith("\nWhat is left waits for you.\n")


def test_what_a_login_needs_is_told_in_few_words(blog):
    """One secret is named; where many would do, none is."""
    config = blog.root / "syndicate.toml"
    config.write_text(config.read_text() + '[accounts.ex]\nnetwork = "x"\n[accounts.chat]\nnetwork = "discord"\n')
    notes = [line.split("\t")[-1] for line in blog.run("accounts", code=1).out.splitlines()]
    assert "the webhook url or bot token is missing (run: syndicate login chat)" in notes
    assert "no key or token is stored (run: syndicate login ex)" in notes


def test_status_names_accounts_that_cannot_send(blog):
    """An account that waits for a login needs a person, before any message does; JSON says the same."""
    ran = blog.run("status", code=1)
    assert "  ! sky, no credentials: the app password is missing (run: syndicate login sky)\n" in ran.err
    assert len(blog.run("--json", "status", code=1).json["unready"]) == 2
