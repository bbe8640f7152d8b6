"""`syndicate once` as cron and a CI type it."""

import re
from datetime import UTC, datetime, timedelta

import pytest

from syndicate.app.app import App
from syndicate.app.rounds import make_pass
from tests.journeys.blog import CONFIG, TRIAL, Blog

CI = ("GITHUB_EVENT_NAME", "CI_PIPELINE_SOURCE", "CI_EVENT", "GITHUB_STEP_SUMMARY")


@pytest.fixture(autouse=True)
def _no_ci(monkeypatch: pytest.MonkeyPatch) -> None:
    """The tests themselves may run in a CI."""
    for name in CI:
        monkeypatch.delenv(name, raising=False)


@pytest.mark.slow
def test_one_pass_publishes_delivers_and_says_what_is_left(tmp_path, monkeypatch):
    """The message goes out once, the summary shows it as it reads, a pull request sends nothing."""
    blog = Blog(tmp_path)
    blog.write("old")
    blog.run("once")
    blog.write("fresh")
    blog.write("later", date="2099-01-01T09:00:00Z")
    monkeypatch.setenv("GITHUB_EVENT_NAME", "pull_request")
    tried = blog.run("once", "--json")
    assert [one["slug"] for one in tried.json["new"] if one["state"] == "planned"] == ["fresh", "later"]
    monkeypatch.setenv("GITHUB_EVENT_NAME", "push")
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(tmp_path / "summary.md"))
    done = blog.run("once")
    assert re.search(r"sent\t.*\tfresh\t", done.out)
    assert "1 message still to go out; run `syndicate once` again 1 Jan 2099 10:00." in done.out
    assert (
        "| fresh | timeline | sent | <https://notes.example/feeds/timeline.html"
        in (tmp_path / "summary.md").read_text()
    )
    assert blog.run("once", "--json").json["touched"] == []
    blog.write("broken", date="someday")
    assert "broken.md:3" in blog.run("once", code=1).err
    assert "not a length of time" in blog.run("once", "--wait", "soon", code=2).err


def test_a_pass_waits_for_what_comes_within_its_time(tmp_path):
    """A post that comes of age within `--wait` goes out in the same pass, one after it is named as the next."""
    now = [datetime(2026, 3, 1, 12, tzinfo=UTC)]
    blog = Blog(tmp_path)
    blog.write("old")
    with App(tmp_path / "syndicate.toml", lambda: now[0]) as app:
        app.publish()
        blog.write("soon", date="2026-03-01T12:05:00Z")
        blog.write("tomorrow", date="2026-03-02T12:00:00Z")

        def sleep(seconds: float) -> None:
            now[0] += timedelta(seconds=seconds)

        made = make_pass(app, timedelta(minutes=10), sleep)
    assert [(one.slug, one.state.value) for one in made.touched] == [("soon", "sent")]
    assert [one.slug for one in made.waiting] == ["tomorrow"]
    assert made.next_at == datetime(2026, 3, 2, 12, tzinfo=UTC)
    assert now[0] < datetime(2026, 3, 1, 12, 10, tzinfo=UTC)


@pytest.mark.slow
def test_a_job_whose_state_goes_with_its_disk_says_so(tmp_path, monkeypatch):
    """In a CI without `[storage] state` each run is a first run, which sends nothing: that is not well.

    A state that was there, or nobody to send to, is.
    """
    monkeypatch.setenv("CI", "true")
    blog = Blog(tmp_path / "here")
    assert "a CI job's first run" in blog.run("once", code=1).err
    blog.run("once")
    Blog(tmp_path / "there", CONFIG + f'[storage]\ndatabase = "sqlite:///{tmp_path}/kept.db"\n').run("once")
    Blog(tmp_path / "feeds", CONFIG.partition("[accounts")[0]).run("once")


@pytest.mark.slow
def test_secrets_that_cannot_be_read_stop_their_account_alone(tmp_path):
    """A cron job without the passphrase of the login: Mastodon says what it lacks, the timeline goes on."""
    blog = Blog(tmp_path, TRIAL + '[accounts.fox]\nnetwork = "mastodon"\ninstance = "https://social.test"\n')
    blog.write("old")
    blog.run("publish")
    (tmp_path / ".syndicate" / "secrets.vault").write_bytes(b"sealed with another key")
    blog.write("fresh")
    assert "! fox, no credentials: the key of the secrets cannot be read (set SYND" in blog.run("once", code=1).err
    assert [item["content_text"].partition("\n")[0] for item in blog.timeline()] == ["Read fresh."]
