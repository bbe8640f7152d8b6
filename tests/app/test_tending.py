"""Accounts looked after: tokens renewed in time, limits read, the person warned, over real HTTP and real files."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from syndicate.app.login import list_accounts
from syndicate.app.maintenance import ENDS_SOON, LOOK_AGAIN, look_after
from syndicate.app.site import OpenSite
from syndicate.config.read import read_settings
from syndicate.vault import Keyring
from tests.containment.troubles import TROUBLES, name_of
from tests.networks.fake import Fake, Reply, Request
from tests.networks.fake_linkedin import CLIENT_SECRET, TOKEN, FakeLinkedIn
from tests.networks.fake_mastodon import FakeMastodon
from tests.store.conftest import blank as blank  # noqa: PLC0414 - a fixture of the store's tests

NOW = datetime(2026, 3, 1, 9, tzinfo=UTC)
DAY, HALF_HOUR = timedelta(days=1), timedelta(minutes=30)
PARTNER = {"refresh_token": "linkedin-refresh-1", "client_id": "c", "client_secret": CLIENT_SECRET}


class Hook(Fake):
    """Takes notices; with `status` it refuses them."""

    status = 200

    def __init__(self) -> None:
        super().__init__()
        self.route("POST", "/hook", self.take)

    def take(self, request: Request) -> Reply:
        if self.status == 200:
            self.published.append(request.json()["text"])
        return Reply(self.status)


class BrokenKeyring:
    """Knows no secret, and fails over LinkedIn's."""

    def __init__(self, trouble: BaseException) -> None:
        self.trouble = trouble

    def get_password(self, service: str, username: str) -> str | None:
        if username.startswith("linkedin"):
            raise self.trouble
        return TOKEN if username == "mastodon/access_token" else None

    def set_password(self, service: str, username: str, password: str) -> None:
        raise RuntimeError("s3cret")


@dataclass
class Place:
    """Accounts "mastodon" and "linkedin" with their fakes, and a webhook for notices."""

    root: Path
    mastodon: FakeMastodon
    linkedin: FakeLinkedIn
    hook: Hook

    def __post_init__(self) -> None:
        self.path = self.root / "syndicate.toml"
        self.path.write_text(
            '[site]\ntitle = "Notes"\nurl = "https://blog.example"\nallow_private = true\n'
            f'[notices]\nwebhook = "{self.hook.url}/hook"\n'
            f'[accounts.linkedin]\nnetwork = "linkedin"\napi = "{self.linkedin.url}"\noauth = "{self.linkedin.url}"\n'
            f'[accounts.mastodon]\nnetwork = "mastodon"\ninstance = "{self.mastodon.url}"\n'
        )
        self.open()

    def open(self) -> None:
        self.site = OpenSite(read_settings(self.path))
        self.use_keyring(None)

    def restart(self) -> None:
        self.close()
        self.open()

    def close(self) -> None:
        self.site.close()
        self.site.close_store()

    def use_keyring(self, keyring: Keyring | None) -> None:
        """This one instead of the machine's own."""
        vars(self.site.accounts)["_keyring"] = keyring

    def log_in(self, account: str, **secrets: str) -> None:
        self.site.accounts.vault(self.site.accounts.get(account)).put({"access_token": TOKEN, **secrets})

    def log_in_linkedin(self, ends: datetime, further: Mapping[str, str] | None = None) -> None:
        self.log_in("linkedin", expires_at=ends.isoformat(), **(further or {}))

    def look(self, at: datetime) -> tuple[str, ...]:
        """One round. The moment is the test's, the token's new end is the true clock's: surely later."""
        return look_after(self.site, at)

    def look_daily(self, days: int) -> list[str]:
        return [line for number in range(days) for line in self.look(NOW + number * DAY)]

    def end_of_token(self) -> str:
        return self.site.accounts.vault(self.site.accounts.get("linkedin")).get("expires_at")

    def read_limit(self) -> int | None:
        limits = self.site.store.find_limits("mastodon")
        return limits.characters if limits else None

    def asked(self) -> int:
        return len(self.mastodon.requests)


@pytest.fixture
def place(tmp_path: Path, blank: Path) -> Iterator[Place]:
    """Logged in on Mastodon."""
    with ExitStack() as stack:
        fakes = [stack.enter_context(fake) for fake in (FakeMastodon(), FakeLinkedIn(), Hook())]
        place = Place(tmp_path, *fakes)
        (place.site.state_folder / "state.db").write_bytes(blank.read_bytes())
        place.log_in("mastodon")
        yield place
        place.close()


def test_limits_are_read_and_kept(place: Place) -> None:
    """The server says 1,234 characters, and so does the state afterwards."""
    place.mastodon.max_characters = 1234
    place.log_in_linkedin(NOW + 60 * DAY)
    assert place.look(NOW) == ()
    assert place.read_limit() == 1234


def test_an_account_in_order_is_left_alone_for_a_day(place: Place) -> None:
    """Rounds every half hour ask nothing; the day after they ask again, and a restart changes neither."""
    place.log_in_linkedin(NOW + 60 * DAY)
    place.look(NOW)
    asked = place.asked()
    for number in range(47):
        place.look(NOW + (number + 1) * HALF_HOUR)
    place.restart()
    place.look(NOW + LOOK_AGAIN - HALF_HOUR)
    assert place.asked() == asked
    place.look(NOW + LOOK_AGAIN)
    assert place.asked() > asked


def test_a_clock_that_went_back_looks_again(place: Place) -> None:
    """An account found in order in the future may not be left alone until then."""
    place.log_in_linkedin(NOW + 600 * DAY)
    place.look(NOW + 300 * DAY)
    asked = place.asked()
    place.look(NOW)
    assert place.asked() > asked


def test_a_token_is_renewed_before_it_ends(place: Place) -> None:
    """Two weeks early, in the vault, under its lock; after that there is peace."""
    place.log_in_linkedin(NOW + ENDS_SOON, PARTNER)
    (line,) = place.look(NOW)
    assert line == f"linkedin: the token was renewed and lives until {place.end_of_token()[:10]}"
    assert datetime.fromisoformat(place.end_of_token()) > NOW + ENDS_SOON
    assert place.look(NOW + HALF_HOUR) == ()
    assert len(place.linkedin.sent("accessToken")) == 1
    assert place.hook.published == []


def test_a_token_of_unknown_end_is_renewed_once(place: Place) -> None:
    """As one from the environment is: from then on its end is known."""
    place.log_in("linkedin", **PARTNER)
    assert "was renewed and lives until" in place.look(NOW)[0]
    assert [place.look(NOW + number * HALF_HOUR) for number in (1, 2)] == [(), ()]
    assert len(place.linkedin.sent("accessToken")) == 1


def test_a_token_of_unknown_end_that_cannot_be_renewed_is_left_alone(place: Place) -> None:
    """LinkedIn renews for partners only: nothing is asked, nothing is said."""
    place.log_in("linkedin")
    assert place.look_daily(3) == []
    assert place.linkedin.sent("accessToken") == []


def test_a_token_that_lives_long_is_not_renewed(place: Place) -> None:
    """A day more than two weeks, and LinkedIn hears nothing."""
    place.log_in_linkedin(NOW + ENDS_SOON + DAY, PARTNER)
    assert place.look(NOW) == ()
    assert place.linkedin.requests == []


def test_a_token_that_cannot_be_renewed_is_told_in_time(place: Place) -> None:
    """Each of the last days that count once, however often one looks; the words say what to do."""
    place.log_in_linkedin(NOW + 20 * DAY)
    place.look_daily(22)
    for number in range(4):
        place.look(NOW + 22 * DAY + number * HALF_HOUR)
    told = [text.removeprefix("The token of linkedin ") for text in place.hook.published]
    then = ". Log in again: syndicate login linkedin"
    assert told == [f"ends in {when}{then}" for when in ("14 days", "7 days", "3 days", "24 hours")]


def test_a_token_that_has_ended_is_told_as_such(place: Place) -> None:
    """Who was away hears the truth."""
    place.log_in_linkedin(NOW - DAY)
    place.look(NOW)
    assert place.hook.published == ["The token of linkedin has ended. Log in again: syndicate login linkedin"]


def test_a_notice_that_did_not_go_out_goes_out_later(place: Place) -> None:
    """Once: what the webhook refused is sent with the next round, and no more after that."""
    place.log_in_linkedin(NOW + 5 * DAY)
    place.hook.status = 500
    assert "the notice webhook answered 500" in place.look(NOW)
    place.hook.status = 200
    place.look(NOW + HALF_HOUR)
    place.look(NOW + 2 * HALF_HOUR)
    assert len(place.hook.published) == 1


def test_a_refused_renewal_is_said_and_tried_again(place: Place) -> None:
    """The person hears of it days before the end; when LinkedIn is well again the token is renewed."""
    place.log_in_linkedin(NOW + 5 * DAY, {**PARTNER, "refresh_token": "wrong"})
    lines = place.look(NOW)
    assert lines[0].startswith("linkedin: the token could not be renewed: ")
    assert CLIENT_SECRET not in "".join(lines)
    assert len(place.hook.published) == 1
    place.log_in_linkedin(NOW + 5 * DAY, PARTNER)
    assert "was renewed" in place.look(NOW + HALF_HOUR)[0]


def test_a_server_in_trouble_stops_no_other(place: Place) -> None:
    """LinkedIn is down: a line of its own, and Mastodon is asked."""
    place.log_in_linkedin(NOW + 5 * DAY, PARTNER)
    place.linkedin.fail(lambda request, handle: Reply(500, "down"), on="accessToken")
    assert place.look(NOW)[0].startswith("linkedin: the token could not be renewed: ")
    assert place.read_limit() == 500


def test_a_secret_that_cannot_be_read_stops_no_other(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    """The file that the environment names is missing: that is said, and Mastodon is asked."""
    monkeypatch.setenv("SYNDICATE_LINKEDIN_EXPIRES_AT_FILE", str(place.root / "none"))
    (line,) = place.look(NOW)
    assert line.startswith("linkedin: SYNDICATE_LINKEDIN_EXPIRES_AT_FILE: ")
    assert place.read_limit() == 500


def test_an_unexpected_error_stops_no_other_and_says_no_secret(place: Place) -> None:
    """A keyring that breaks over one account: a line without its words."""
    place.use_keyring(BrokenKeyring(RuntimeError("s3cret")))
    assert place.look(NOW) == ("linkedin: unexpected RuntimeError",)
    assert place.read_limit() == 500


@pytest.mark.parametrize("trouble", TROUBLES, ids=name_of)
def test_an_account_that_cannot_be_opened_costs_its_own_row(place: Place, trouble: BaseException) -> None:
    """Publishing knows what both take, the list shows both, and the other one's limits are read."""
    place.use_keyring(BrokenKeyring(trouble))
    assert place.site.accounts.facts.keys() == {"linkedin", "mastodon"}
    rows = list_accounts(place.site, online=False, now=NOW)
    assert [(row.name, row.state) for row in rows] == [("linkedin", "refused"), ("mastodon", "ready")]
    assert len(place.look(NOW)) == 1
    assert place.read_limit() == 500


def test_a_disabled_account_is_left_alone(place: Place) -> None:
    """Nobody asks, nobody warns."""
    place.log_in_linkedin(NOW + DAY)
    place.path.write_text(
        place.path.read_text().replace('network = "linkedin"', 'network = "linkedin"\nenabled = false')
    )
    place.restart()
    assert place.look(NOW) == ()
    assert place.hook.published == []
