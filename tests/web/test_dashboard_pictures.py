"""Pictures of a post with a message: chosen on the pages and by the API, looked at, and attached when it is sent."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path

import httpx
import pytest
from PIL import Image

from syndicate.app.app import App
from syndicate.cli.daemon import _make_web
from syndicate.model import State
from syndicate.web.dashboard.sessions import make_ticket
from tests.journeys.blog import CONFIG, Blog
from tests.networks.fake_mastodon import TOKEN, FakeMastodon
from tests.web.desk import Page, find_token
from tests.web.serving import serving

HILLS = Path(__file__).parents[2] / "templates" / "starter" / "static" / "images" / "hills-at-dawn.jpg"
MORE = """
[accounts.toot]
network = "mastodon"
instance = "{url}"
ready_within = "0s"
not_ready = "send"
[accounts.threads]
network = "threads"
"""
BODY = """Words.

![A red mill](/mill.png)

![A tower](tower.png)

![Lost](/lost.png)
"""


@pytest.fixture
def mastodon() -> Iterator[FakeMastodon]:
    with FakeMastodon() as fake:
        yield fake


@pytest.fixture
def app(tmp_path: Path, mastodon: FakeMastodon) -> Iterator[App]:
    """A post with a lead picture, and three in its text: one served, one beside it, one that is not there."""
    blog = Blog(tmp_path, CONFIG.replace("[cards]", "allow_private = true\n[cards]") + MORE.format(url=mastodon.url))
    (tmp_path / "static").mkdir()
    shutil.copy(HILLS, tmp_path / "static" / "hills.jpg")
    Image.new("RGB", (300, 200), "red").save(tmp_path / "static" / "mill.png")
    Image.new("RGB", (150, 1800), "blue").save(blog.posts / "tower.png")
    blog.write("one", image="/hills.jpg", imageAlt="The hills at dawn", body=BODY)
    blog.write("bare")
    blog.run("publish")
    with App(tmp_path / "syndicate.toml") as app:
        app.store_login("toot", {"access_token": TOKEN})
        yield app


@pytest.fixture
def client(app: App) -> Iterator[httpx.Client]:
    with (
        serving(_make_web(app, "127.0.0.1")) as address,
        httpx.Client(
            base_url=f"{address}/dashboard", headers={"Origin": address}, follow_redirects=True, timeout=60
        ) as client,
    ):
        client.get(f"/enter?key={make_ticket(app)}")
        client.headers["X-Syndicate-Token"] = find_token(client.get("/new").text)
        yield client


def send(client: httpx.Client, path: str, **form: object) -> httpx.Response:
    return client.post(path, data={"token": client.headers["X-Syndicate-Token"], **form})


def test_a_picture_of_the_text_is_chosen_seen_and_sent(app: App, client: httpx.Client, mastodon: FakeMastodon) -> None:
    """With its own alt text; the author's next picture under the same address is the one that goes out."""
    pictures = {one["alt"]: one["media"] for one in client.get("/api/v1/posts/one").json()["pictures"]}
    assert list(pictures) == ["The hills at dawn", "A red mill", "A tower", "Lost"]
    mill = pictures["A red mill"]
    number = next(one.id for one in app.list_deliveries(account="toot", slug="one", everything=True))
    page = Page(client.get(f"/message/{number}").text)
    offered = [given["value"] for tag, given in page.tags if given.get("name") == "media"]
    assert offered == ["", "image", *pictures.values(), "none"]
    looked = Page(send(client, f"/message/{number}", value="", alt="", media=mill).text)
    picture = next(src for src in looked.find_all("img", "src") if f"one.{mill}." in src)
    assert "A red mill" in looked.find_all("img", "alt")
    assert client.get(f"http://{client.base_url.netloc.decode()}{picture}").content.startswith(b"\xff\xd8")
    assert not app._site.store.get_delivery(number).is_own
    edited = client.post(f"/api/v1/deliveries/{number}/edit", json={"text": "", "media": mill}).json()
    assert (edited["media"], edited["alt"]) == (mill, "A red mill")
    Image.new("RGB", (200, 400), "green").save(app.config.parent / "static" / "mill.png")
    app.publish()
    app.change_deliveries("release", (number,))
    app.deliver_due(only=(number,))
    assert app._site.store.get_delivery(number).state is State.SENT
    ((media_id, sent),) = mastodon.media.items()
    assert (sent["alt"], sent["type"], mastodon.published[0]["media_ids"]) == ("A red mill", "image/jpeg", [media_id])
    assert Image.open(BytesIO(sent["data"])).size == (200, 400)


def test_what_cannot_go_out_is_refused_when_it_is_chosen(app: App, client: httpx.Client) -> None:
    """A picture that is not there, of a shape that the network takes not, or of another post."""
    pictures = {one["alt"]: one["media"] for one in client.get("/api/v1/posts/one").json()["pictures"]}
    ids = {one.account: one.id for one in app.list_deliveries(slug="one", everything=True)}
    for account, media, why in [
        ("toot", pictures["Lost"], "the picture cannot be read"),
        ("threads", pictures["A tower"], "threads takes no picture of 133 by 1600 pixels"),
        ("toot", "photo-00000000", "the post has no such picture"),
    ]:
        answer = client.post(f"/api/v1/deliveries/{ids[account]}/edit", json={"text": "", "media": media})
        assert (answer.status_code, why in answer.json()["detail"].lower()) == (409, True), answer.text
        words = {"post": "one", "to": [account], "again": True, "at": "slot", "media": media}
        assert why in client.post("/api/v1/deliveries", json=words).json()["detail"].lower()
        form = {"post": "one", "to": account, "when": "slot", "media": media}
        assert why in Page(send(client, "/new", **form, action="look").text).words.lower()
        assert not app._site.store.get_delivery(ids[account]).is_own
    assert (
        "no such picture" in Page(send(client, "/new", post="bare", to="toot", when="slot", media="photo").text).words
    )
    assert app.list_deliveries(slug="bare", account="toot", everything=True)[0].media == ""


def test_the_lead_picture_goes_with_a_new_message(app: App, client: httpx.Client) -> None:
    """Looked at before it is kept, with its own alt text or the person's; the next publication leaves it."""
    words = {"post": "one", "value": "Look.", "to": ["timeline"], "when": "slot", "media": "photo", "alt": "A hill"}
    before = app.list_deliveries(everything=True)
    seen = Page(send(client, "/new", **words, action="look").text)
    picture = next(src for src in seen.find_all("img", "src") if "one.photo." in src)
    assert ("A hill" in seen.words, "Look." in seen.words, app.list_deliveries(everything=True)) == (True, True, before)
    number = send(client, "/new", **words, again="yes") and app.list_deliveries(slug="one")[-1].id
    assert (app._site.store.get_delivery(number).media, app._site.store.get_delivery(number).alt) == ("photo", "A hill")
    app.publish()
    place = f"http://{client.base_url.netloc.decode()}{picture}"
    assert client.get(place).content.startswith(b"\xff\xd8")
    looked = send(client, f"/message/{number}", value="", alt="", media="photo")
    assert "The hills at dawn" in Page(looked.text).find_all("img", "alt")
    assert app._site.store.get_delivery(number).alt == "A hill"
    send(client, "/act", action="edit", number=number, value="Look.", media="none", alt="")
    assert app._site.store.get_delivery(number).media == "none"


def test_a_picture_that_its_post_has_no_more_goes_nowhere(app: App, client: httpx.Client) -> None:
    """Taken out of the post, it leaves the message that was to carry it, as does its alt text, and that is told."""
    words = {"post": "one", "to": ["timeline"], "again": True, "at": "slot", "media": "photo", "alt": "A hill"}
    number = client.post("/api/v1/deliveries", json=words).json()["deliveries"][0]["id"]
    assert client.get(f"/api/v1/deliveries/{number}").json()["alt"] == "A hill"
    file = Path(app._site.settings.root, app._site.settings.site.content, "one.md")
    file.write_text(re.sub("(?m)^image.*\n", "", file.read_text()))
    app.publish()
    row = client.get(f"/api/v1/deliveries/{number}").json()
    assert "not in the post any more" in row["warnings"][0]
    app.deliver_due(only=(number,))
    sent = app._site.store.get_delivery(number).message
    assert sent is not None
    assert (sent.image, sent.card.alt) == (None, "One · Notes")
