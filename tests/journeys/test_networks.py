"""The whole way to two real protocols over HTTP: page live, card attached, once, and settled when an answer is lost."""

import re

import pytest

from tests.journeys.blog import CONFIG, Blog
from tests.networks.fake import Fake, Reply, drop_reply_after_commit, rate_limit, status
from tests.networks.fake_bluesky import HANDLE, PASSWORD, FakeBluesky
from tests.networks.fake_mastodon import TOKEN, FakeMastodon


class Website(Fake):
    """The author's site: a page for each post that is deployed."""

    def __init__(self) -> None:
        super().__init__()
        self.live: dict[str, str] = {}
        self.route("GET", "/blog/{slug}/", self.page)

    def page(self, request):
        title = self.live.get(request.args["slug"])
        return Reply(200, f"<h1>{title}</h1>") if title else Reply(404, "not yet")


@pytest.fixture
def website():
    with Website() as site:
        yield site


@pytest.fixture
def mastodon():
    with FakeMastodon() as fake:
        yield fake


@pytest.fixture
def bluesky():
    with FakeBluesky() as fake:
        yield fake


@pytest.fixture
def blog(tmp_path, website, mastodon, bluesky, monkeypatch):
    monkeypatch.setenv("SYNDICATE_TOOT_ACCESS_TOKEN", TOKEN)
    monkeypatch.setenv("SYNDICATE_SKY_APP_PASSWORD", PASSWORD)
    config = CONFIG.replace("https://notes.example", website.url).replace("[cards]", "allow_private = true\n[cards]")
    config = config.partition("[accounts.timeline]")[0] + (
        f'[accounts.toot]\nnetwork = "mastodon"\ninstance = "{mastodon.url}"\nmedia = "image"\n'
        f'[accounts.sky]\nnetwork = "bluesky"\nservice = "{bluesky.url}"\nhandle = "{HANDLE}"\n'
    )
    blog = Blog(tmp_path, config)
    blog.write("old", title="Old")
    blog.run("publish")
    return blog


def test_a_message_waits_for_its_page_and_arrives_with_its_card(blog, website, mastodon, bluesky):
    """Nothing is sent while the page answers 404; once it is live both networks get text, link and card, once."""
    blog.write("fresh", title="Fresh", imageAlt="A fresh thing", keywords=["new things"])
    blog.run("publish")
    blog.run("post", "fresh")
    assert mastodon.published == []
    assert "404" in blog.run("queue").out
    website.live["fresh"] = "Fresh"
    blog.run("post", "fresh")
    (status,) = mastodon.published
    assert "Read fresh." in status["content"]
    assert "#NewThings" in status["content"]
    (media,) = mastodon.media.values()
    assert media["alt"].startswith("Fresh")
    (post,) = bluesky.posts.values()
    embed = post["value"]["embed"]["external"] if "value" in post else post["embed"]["external"]
    assert embed["uri"] == f"{website.url}/blog/fresh/"
    assert "thumb" in embed


def test_a_lost_answer_makes_no_second_copy(blog, website, mastodon, bluesky):
    """The server published, the answer was cut: the copy is found, adopted and not sent again."""
    website.live["old"] = "Old"
    mastodon.fail(drop_reply_after_commit(), on="POST /api/v1/statuses")
    assert "needs you" not in blog.run("post", "old", "--to", "toot").err
    assert len(mastodon.published) == 1
    (row,) = [one for one in blog.run("--json", "queue").json if one["account"] == "toot"]
    assert row["state"] == "uncertain"
    assert "already" in blog.run("post", "old", "--to", "toot", code=2).err
    assert len(mastodon.published) == 1


LONG = "".join(f"Sentence {number} tells of the garden and of its water. " for number in range(8)).strip()


def _post_threads(blog, website):
    """Mastodon alone, in threads, and the page of the long post is there."""
    toml = blog.root / "syndicate.toml"
    toml.write_text(toml.read_text().partition("[accounts.sky]")[0].replace('media = "image"', "thread = true"))
    website.live |= {"long": "Long"}


def _refuse_second_part(mastodon, answer):
    mastodon.fail(lambda request, handle: handle(request), on="POST /api/v1/statuses")
    mastodon.fail(answer, on="POST /api/v1/statuses")


@pytest.mark.parametrize(("before", "now", "parts"), [(500, 250, 2), (250, 500, 1)])
def test_a_thread_has_as_many_parts_as_the_limits_of_its_moment_need(blog, website, mastodon, before, now, parts):
    """The server's limit changed between planning and sending: all of the text is out, in order, and nothing waits."""
    _post_threads(blog, website)
    website.live |= {"old": "Old"}
    mastodon.max_characters = before
    blog.run("post", "old")
    blog.write("long", title="Long", socialShare=LONG)
    blog.run("publish")
    mastodon.max_characters = now
    blog.run("accounts", "--online")
    blog.run("once")
    thread = [status["body"] for status in reversed(mastodon.published)][1:]
    assert len(thread) == parts
    said = " ".join(re.sub(r"(?: \d/\d)?(?:\n\n.*)?$", "", body["status"], flags=re.DOTALL) for body in thread)
    assert said == LONG
    assert all(body.get("in_reply_to_id") for body in thread[1:])
    assert blog.run("--json", "queue").json == []


def test_the_rest_of_a_thread_waits_for_its_part_and_may_be_released(blog, website, mastodon):
    """Part 2 waits, and so does part 3, which says so; cancelled and released both go out, though part 1 is there."""
    _post_threads(blog, website)
    blog.write("long", title="Long", socialShare=f"{LONG} {LONG} {LONG}")
    blog.run("publish")
    _refuse_second_part(mastodon, rate_limit({"Retry-After": "3000"}))
    blog.run("post", "long")
    waiting = {row["part"]: row for row in blog.run("--json", "queue").json}
    assert waiting[3]["why"].startswith("waits for part 2 of its thread")
    assert blog.run("--json", "status").json["next_at"] >= waiting[2]["due_at"]
    blog.run("queue", "cancel", str(waiting[2]["id"]))
    blog.run("queue", "release", str(waiting[2]["id"]))
    blog.run("queue", "retry", str(waiting[2]["id"]))
    blog.run("once")
    counters = [re.search(r"\d/\d", shown["body"]["status"])[0] for shown in reversed(mastodon.published)]
    assert counters == ["1/3", "2/3", "3/3"]


def test_a_thread_that_goes_on_with_new_words_says_all_of_them(blog, website, mastodon):
    """The limit fell after part 1 of 2: a person is asked; released, part 2 goes out with all that follow it."""
    _post_threads(blog, website)
    blog.write("long", title="Long", socialShare=f"{LONG} {LONG}")
    blog.run("publish")
    _refuse_second_part(mastodon, status(422, {"error": "No"}))
    blog.run("post", "long", code=1)
    mastodon.max_characters = 250
    blog.run("accounts", "--online")
    (part,) = blog.run("--json", "queue").json
    blog.run("queue", "retry", str(part["id"]))
    blog.run("once", code=1)
    assert "the post or the limits changed after part 1" in blog.run("queue").out
    blog.run("queue", "release", "--all")
    blog.run("once")
    counters = [re.search(r"\d/\d", shown["body"]["status"])[0] for shown in reversed(mastodon.published)]
    assert counters == ["1/2", "2/4", "3/4", "4/4"]
    assert blog.run("--json", "queue").json == []


def test_a_thread_that_has_grown_is_shown_and_posted_whole(blog, website, mastodon):
    """Its message waits as one part; `plan` and the dry run show both that will go out, and `post` sends them."""
    _post_threads(blog, website)
    blog.write("long", title="Long", socialShare="Short.")
    blog.run("publish")
    blog.write("long", title="Long", socialShare=f"{LONG} {LONG}")
    for shown in (blog.run("plan"), blog.run("post", "long", "--dry-run")):
        assert re.findall(r"\d/2", shown.out) == ["1/2", "2/2"]
    assert blog.run("post", "long").out.count("\tsent\t") == len(mastodon.published) == 2
