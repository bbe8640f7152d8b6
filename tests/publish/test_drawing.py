"""Cards of a plan: one that fails stops no other, and each is what every account takes."""

from __future__ import annotations

import pytest
from PIL import Image

from syndicate.cards import ONLY_JPEG
from syndicate.model import CardRules, Limits
from syndicate.pictures import RECORDS
from syndicate.publish.card_renderer import suit_networks
from tests.journeys.blog import CONFIG, TRIAL
from tests.publish.house import House, make_picture

pytestmark = pytest.mark.slow

INSTAGRAM = TRIAL + '\n[accounts.photos]\nnetwork = "instagram"\nuser = "17"\n'


def break_layout_for(blog: House, letters: int) -> None:
    """A layout of the site's own whose expression fails for titles of so many letters."""
    own = blog.root / "templates" / "cards"
    own.mkdir(parents=True)
    layout = '[boxes.card]\nkind = "column"\npadding = [50, 60]\nchildren = ["title"]\n'
    layout += f'[boxes.title]\nkind = "text"\ntext = "{{{{ title }}}}"\nheight = "300 / (title | length - {letters})"\n'
    (own / "type.toml").write_text(layout, encoding="utf-8")


@pytest.fixture
def blog(tmp_path) -> House:
    return House(tmp_path)


def cards_of(blog: House) -> set[str]:
    return {path for path in blog.files() if path.startswith("cards/")}


@pytest.fixture
def broken(tmp_path) -> House:
    """Two posts, of which one breaks the layout."""
    blog = House(tmp_path, CONFIG.replace("[cards]", '[cards]\nlayout = "type"'))
    break_layout_for(blog, len("Broken"))
    blog.write("broken")
    blog.write("whole-post")
    return blog


def test_an_expression_that_fails_for_one_post_stops_no_other(broken):
    """Its card is left out with a warning that names post, layout and expression; feeds have both posts."""
    ran = broken.run("publish")
    assert "broken.md: the card cannot be drawn" in ran.err
    assert "title | length - 6" in ran.err
    assert {path.split(".")[0] for path in cards_of(broken)} == {"cards/whole-post"}
    assert set(broken.entries()) == {"Broken", "Whole-Post"}


def test_a_card_that_failed_is_drawn_once_its_layout_is_mended(broken):
    """The next publication has it."""
    broken.run("publish")
    (broken.root / "templates" / "cards" / "type.toml").unlink()
    broken.run("publish")
    assert {path.split(".")[0] for path in cards_of(broken)} == {"cards/whole-post", "cards/broken"}


def test_a_check_goes_on_after_a_card_that_fails(broken):
    """The failure is one problem among the others, for the post it belongs to."""
    findings = broken.run("--json", "cards", "--check", code=1).out
    assert findings.count("cannot be drawn") == 1
    assert "broken.md" in findings


def test_the_sheet_shows_what_is_known_of_each_card(broken, tmp_path):
    """Layout, theme and contrast under a card, its problems beside it, and a place for the one that failed."""
    (tmp_path / "static").mkdir()
    (tmp_path / "static" / "a.png").write_bytes(make_picture(1600, 900))
    broken.write("photo-post", image="/a.png")
    broken.run("cards", "--sheet", str(tmp_path / "sheet.html"))
    page = (tmp_path / "sheet.html").read_text(encoding="utf-8")
    assert page.count("<section") == 3
    assert "type, vivid, contrast" in page
    assert "the picture has no alt text" in page
    assert "the card cannot be drawn" in page
    assert "data:image/webp;base64," in page


def test_a_damaged_file_is_told_with_what_to_do(blog, tmp_path):
    """The warning says that the card is without it, why, and where to mend that."""
    (tmp_path / "static").mkdir()
    (tmp_path / "static" / "a.png").write_bytes(b"no picture")
    blog.write("first", image="/a.png")
    err = " ".join(blog.run("publish").err.split())
    assert "the card is without its picture" in err
    assert "(correct the file, or image in the post)" in err


FETCHING = CONFIG.replace("fetch = false", "fetch = true")
BESIDE = FETCHING.replace("[site]", "[site]\nallow_private = true")


def test_a_picture_that_cannot_be_fetched_is_told_with_what_to_do(tmp_path):
    """It is tried again, and a copy in the site needs no server."""
    blog = House(tmp_path, BESIDE)
    blog.write("first", image="http://127.0.0.1:9/a.png")
    err = " ".join(blog.run("publish").err.split())
    assert "the card is without its picture" in err
    assert "it is tried again later; or save the picture in the site" in err


def test_a_private_address_is_refused_until_the_setting_is_there(tmp_path):
    """The setting is named; once it is there, the address is tried at once."""
    blog = House(tmp_path, FETCHING)
    blog.write("first", image="http://127.0.0.1:9/a.png")
    assert "allow_private = true" in blog.run("publish").err
    House(tmp_path, BESIDE)
    assert "it refuses connections" in " ".join(blog.run("publish").err.split())


def test_many_pictures_on_a_server_that_is_away_are_one_line(tmp_path):
    """It says how many cards lack theirs."""
    blog = House(tmp_path, BESIDE)
    for number in range(40):
        blog.write(f"post-{number}", image=f"http://127.0.0.1:9/{number}.png")
    err = " ".join(blog.run("publish").err.split())
    assert "40 cards are without their pictures from http://127.0.0.1:9: no answer: it refuses connections" in err
    assert err.count("127.0.0.1") == 1


def test_pictures_that_are_not_fetched_are_told_with_what_to_do(blog):
    """With fetching turned off nothing is tried again: the setting is named."""
    blog.write("first", image="https://pictures.example/a.png")
    err = " ".join(blog.run("publish").err.split())
    assert "pictures are not fetched (cards.fetch is off) (save the picture in the site and name that file" in err
    assert "tried again" not in err


def test_pictures_nobody_uses_are_dropped_with_their_cards(blog, tmp_path):
    """A month after a post vanished its card goes, and what the cache kept of its picture."""
    (tmp_path / "static").mkdir()
    (tmp_path / "static" / "a.png").write_bytes(make_picture())
    (tmp_path / "static" / "b.png").write_bytes(make_picture(700))
    blog.write("first", image="/a.png")
    gone = blog.write("second", image="/b.png")
    with blog.open() as app:
        app.publish()
    gone.unlink()
    for days in (1, 40):
        blog.wait(days=days)
        with blog.open() as app:
            app.publish()
    with blog.wired() as site:
        assert [key.rpartition("/")[2] for key in site.cache.get_all(RECORDS)] == ["a.png"]


def test_a_network_that_takes_only_jpeg_gets_jpeg(tmp_path):
    """With an Instagram account flat cards are JPEG too: that network fetches the published file itself."""
    blog = House(tmp_path, INSTAGRAM)
    blog.write("first")
    blog.run("publish")
    (path,) = [path for path in cards_of(blog) if path.count(".") == 1]
    assert path == "cards/first.jpg"
    with Image.open(blog.feeds / path) as image:
        assert image.format == "JPEG"
    assert "the card is left out" not in blog.run("--json", "plan").out


def test_an_account_added_later_changes_the_cards(tmp_path):
    """The palette PNG of before is drawn anew as a JPEG."""
    blog = House(tmp_path)
    blog.write("first")
    blog.run("publish")
    assert "cards/first.png" in cards_of(blog)
    blog.config.write_text(INSTAGRAM, encoding="utf-8")
    blog.run("publish")
    assert "cards/first.jpg" in cards_of(blog)


@pytest.mark.parametrize(
    ("limits", "expected"),
    [
        ([], ("jpeg", 280_000)),
        ([Limits(500)], ("jpeg", 280_000)),
        ([Limits(500), Limits(500, image_types=("image/jpeg",))], (ONLY_JPEG, 280_000)),
        ([Limits(500), Limits(500, image_bytes=90_000)], ("jpeg", 90_000)),
    ],
)
def test_rules_follow_the_strictest_account(limits, expected):
    """One account without PNG, or with little room, decides for all cards; more room than asked for changes nothing."""
    rules = suit_networks(CardRules(), limits)
    assert (rules.format, rules.max_bytes) == expected
