"""What is coming is said before it comes, and what a person decided lasts, by the real command line."""

import re
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from syndicate.app.app import open_app
from tests.journeys.blog import CONFIG, TRIAL, Blog

SOON = datetime.now(UTC) + timedelta(hours=12)
DYING = """
[accounts.company]
network = "linkedin"
delay = "1d"
"""
SPENDING = """
[accounts.x]
network = "x"
max_cost = 0.30
price_with_link = 0.2
"""


def write_news(blog: Blog, *slugs: str) -> None:
    """Posts of today, on a blog whose accounts have their baseline."""
    blog.run("publish")
    for slug in slugs:
        blog.write(slug, date=f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ}")


@pytest.fixture
def dying(tmp_path, monkeypatch: pytest.MonkeyPatch) -> Blog:
    """A LinkedIn token that dies before the message of tomorrow is due, and cannot be renewed."""
    monkeypatch.setenv("SYNDICATE_COMPANY_ACCESS_TOKEN", "token")
    monkeypatch.setenv("SYNDICATE_COMPANY_EXPIRES_AT", SOON.isoformat())
    blog = Blog(tmp_path, TRIAL + DYING)
    write_news(blog, "first", "second")
    return blog


def test_a_token_that_dies_before_a_message_is_due_is_told_everywhere(dying: Blog):
    """Before it is queued and after, by `plan`, `status` and `doctor`, with the command that helps."""
    soon = SOON.astimezone(ZoneInfo("Europe/Berlin"))
    told = f"company: its token dies on {soon:%Y-%m-%d %H:%M}, before 2 messages are due"
    assert told in dying.run("plan").err
    dying.run("publish")
    plan = dying.run("plan")
    assert told in plan.err
    assert plan.out.count("run `syndicate login company`") == 2
    dying.run("plan", "--check", code=1)
    assert told in dying.run("status", code=1).err
    assert told in dying.run("doctor").out


def test_one_account_under_two_names_is_told_everywhere(dying: Blog, monkeypatch: pytest.MonkeyPatch):
    """Each post would go out there twice; two names with other posts each are meant so."""
    monkeypatch.setenv("SYNDICATE_FIRM_ACCESS_TOKEN", "token")
    monkeypatch.setenv("SYNDICATE_FIRM_EXPIRES_AT", SOON.isoformat())
    twin, told = DYING.replace("accounts.company", "accounts.firm"), "company and firm are the same account"
    (dying.root / "syndicate.toml").write_text(TRIAL + DYING + twin, encoding="utf-8")
    assert told in dying.run("plan").err
    assert told in dying.run("status", code=1).err
    assert told in dying.run("doctor").out
    assert told in dying.run("accounts").err
    (dying.root / "syndicate.toml").write_text(f'{TRIAL}{DYING}{twin}\nonly = ["Firm"]\n', encoding="utf-8")
    assert told not in dying.run("plan").err


def test_a_token_that_renews_itself_or_lives_long_enough_is_no_news(dying: Blog, monkeypatch: pytest.MonkeyPatch):
    """With a refresh token, or with days to spare, nothing is said."""
    dying.run("publish")
    monkeypatch.setenv("SYNDICATE_COMPANY_REFRESH_TOKEN", "refresh")
    assert "token dies" not in dying.run("plan").err
    monkeypatch.delenv("SYNDICATE_COMPANY_REFRESH_TOKEN")
    monkeypatch.setenv("SYNDICATE_COMPANY_EXPIRES_AT", (SOON + timedelta(days=5)).isoformat())
    assert "token dies" not in dying.run("plan").err


UNREADY = """
[accounts.never]
network = "mastodon"
instance = "https://masto.test"
"""


def test_a_message_for_an_account_that_nobody_logged_in_waits_for_that(tmp_path):
    """So say `plan`, `publish`, `queue`, `status` and `once`, each once; none says when it goes out."""
    blog = Blog(tmp_path, TRIAL + UNREADY)
    write_news(blog, "first")
    waits = "no credentials: the access token is missing (run: syndicate login never)"
    foreseen, published, plan = (blog.run(word) for word in ("plan", "publish", "plan"))
    assert (foreseen.out.count("planned at once"), foreseen.out.count(waits)) == (1, 1)
    assert "1 message will go out: `syndicate plan` shows when.\n1 message waits for its account" in published.out
    assert (plan.out.count("planned at once"), plan.out.count(waits)) == (1, 1)
    assert waits in blog.run("queue").out
    status = blog.run("status", code=1)
    assert "no problems" not in status.out
    assert "never" not in status.out
    assert status.err.count(waits.removeprefix("no ")) == 1
    passed = blog.run("once", code=1)
    assert passed.err.count("never, no credentials") == 1
    assert "What is left waits for you." in passed.out


def test_many_new_posts_are_asked_about_once(tmp_path):
    """`publish` and `once` say one sentence for each account, not one more on the other stream."""
    blog = Blog(tmp_path)
    write_news(blog, *(f"{number}-news" for number in range(7)))
    for words, code in (("publish", 0), ("once", 1)):
        said = blog.run(words, code=code)
        assert (said.out + said.err).count("held on timeline: ") == 1


def test_a_pause_that_is_over_is_told_no_more(tmp_path):
    """Neither by `status` nor by the pass that sent after it."""
    blog = Blog(tmp_path, TRIAL)
    write_news(blog, "first")
    blog.run("publish")
    now = datetime.now(UTC)
    with open_app(tmp_path / "syndicate.toml") as app, app.using() as site:
        site.store.pause_account("timeline", "429", now - timedelta(hours=2), now - timedelta(hours=1))
    said = [blog.run("status"), blog.run("plan"), blog.run("once")]
    assert "pause" not in "".join(one.out + one.err for one in said)
    assert blog.timeline()


@pytest.fixture
def spending(tmp_path, monkeypatch: pytest.MonkeyPatch) -> Blog:
    """Two messages for X at 20 cents each, and a limit of 30."""
    for name in ("CONSUMER_KEY", "CONSUMER_SECRET", "ACCESS_TOKEN", "ACCESS_TOKEN_SECRET"):
        monkeypatch.setenv(f"SYNDICATE_X_{name}", "secret")
    blog = Blog(tmp_path, TRIAL + SPENDING)
    write_news(blog, "first", "second")
    return blog


def test_plan_sums_the_cost_and_says_what_the_limit_will_hold(spending: Blog):
    """Of what waits and of what would be added, and until when there is no money."""
    until = datetime.now(UTC) + timedelta(days=30)
    plan = spending.run("plan")
    assert "x: $0.00 for what waits, and $0.40 for what would be added" in plan.out
    assert "`max_cost` will hold 1 message for your word" in plan.err
    spending.run("publish")
    (cost,) = spending.run("--json", "plan").json["costs"]
    assert (cost["waiting"], cost["coming"], cost["limit"]) == (0.4, 0.0, 0.3)
    (held,) = cost["held"]
    assert held["slug"] == "second"
    assert abs(datetime.fromisoformat(held["until"]) - until) < timedelta(minutes=5)
    spending.run("plan", "--check", code=1)


def test_a_release_wins_over_the_wish_in_the_post(tmp_path):
    """A post that was there before and asks to be skipped stays on its way once a person releases it."""
    blog = Blog(tmp_path)
    blog.write("old", social={"all": {"skip": True}})
    blog.run("publish")
    (row,) = blog.run("--json", "queue", "--all").json
    assert (row["state"], row["reason"]) == ("skipped", "baseline")
    blog.run("queue", "release", str(row["id"]))
    blog.run("publish")
    assert blog.run("--json", "queue").json[0]["state"] == "due"
    blog.write("old")
    blog.run("publish")
    assert blog.run("--json", "queue").json[0]["state"] == "due"


def test_plan_shows_waiting_messages_as_the_next_publication_leaves_them(tmp_path):
    """At the slots of another time zone, or not at all where the post was taken back."""
    blog = Blog(tmp_path, CONFIG.replace("[schedule]", '[schedule]\nslots = ["12:34"]'))
    for featured in (False, True):
        for slug in ("stays", "goes"):
            blog.write(slug, featured=featured)
        blog.run("publish")
    assert blog.run("queue").out.count("\tplanned\t") == 2
    config = blog.root / "syndicate.toml"
    config.write_text(config.read_text().replace("Europe/Berlin", "Asia/Kolkata"))
    blog.write("goes", draft=True)
    waiting = blog.run("plan").out.partition("Nothing new")[0]
    assert [line[-5:] for line in re.findall(r"planned (.+?) ·", waiting)] == ["12:34"]
    assert waiting.count("  cancelled · its post is gone") == 1
