"""Keys and names of cards."""

from __future__ import annotations

from dataclasses import fields, replace

import pytest

from syndicate.cards import card_key, card_paths, digest_design, list_layout_names
from syndicate.model import CardRules
from tests.cards.conftest import CONTENT, ROOT


def key(content=CONTENT, *, design="d", fonts="f", picture="p", size=(1200, 630)):
    return card_key(content, design_digest=design, fonts_digest=fonts, picture=picture, size=size)


@pytest.mark.parametrize("name", [field.name for field in fields(CONTENT)])
def test_every_word_changes_the_key(name):
    """No word of the content is left out of the key."""
    value = getattr(CONTENT, name)
    others = {"focus": (0.2, 0.4), "code": ("feeds",)}
    other = others.get(name) or ((not value) if isinstance(value, bool) else value + "x")
    assert key(replace(CONTENT, **{name: other})) != key()


@pytest.mark.parametrize("changed", [{"design": "e"}, {"fonts": "g"}, {"picture": ""}, {"size": (1080, 1080)}])
def test_design_fonts_picture_and_size_change_the_key(changed):
    """Everything else that shapes a card is in its key too."""
    assert key(**changed) != key() == key()


def test_neighbouring_words_do_not_run_together():
    """Moving a letter from one field to the next is another card."""
    assert key(replace(CONTENT, category="ab", author="c")) != key(replace(CONTENT, category="a", author="bc"))


@pytest.mark.parametrize(
    ("rules", "files", "logo"),
    [
        (CardRules(theme="dark"), {"cover": "x"}, b""),
        (CardRules(accent="#123"), {"cover": "x"}, b""),
        (CardRules(), {"cover": "y"}, b""),
        (CardRules(), {"cover": "x", "own": ""}, b""),
        (CardRules(), {"cover": "x"}, b"logo"),
    ],
)
def test_the_design_is_known_by_rules_files_and_logo(rules, files, logo):
    """A changed rule, layout file or logo is another design; rules that only concern keeping are not."""
    usual = digest_design(CardRules(), {"cover": "x"})
    assert digest_design(rules, files, logo) != usual == digest_design(CardRules(fetch=False), {"cover": "x"})


def test_a_card_has_a_name_for_its_bytes_and_one_for_ever():
    """The first path changes with the bytes, the second does not; further sizes say theirs."""
    hashed, stable = card_paths("hello", b"one", "image/jpeg")
    assert stable == "cards/hello.jpg"
    assert hashed.startswith("cards/hello.")
    assert hashed != card_paths("hello", b"two", "image/jpeg")[0]
    assert card_paths("hello", b"one", "image/png", "1080x1080")[1] == "cards/hello.1080x1080.png"


def test_no_slug_takes_the_name_of_another_posts_card():
    """Whatever a post is called: by hash, by size, or by what another had to be called because of these."""
    sizes, data, kind = ("", "1080x1080"), b"one", "image/jpeg"
    slugs, taken = {"hello", "HELLO2", "a.1x1_", "wallpaper.1920x1080"}, set[str]()
    for _ in range(4):  # each round adds the names that the round before gave, as slugs
        names = [path for slug in slugs for size in sizes for path in card_paths(slug, data, kind, size)]
        assert len(names) == len({name.casefold() for name in names})
        taken |= set(names)
        slugs |= {name.removeprefix("cards/").removesuffix(".jpg") for name in names}
    assert "cards/wallpaper.1920x1080_.jpg" in taken


def test_a_sites_own_layout_is_read_beside_ours():
    """The shipped layouts are always there, since any of them may be fallen back to."""
    shipped = {path.stem for path in (ROOT / "templates" / "cards").glob("*.toml")}
    assert {*list_layout_names(CardRules())} == shipped
    assert list_layout_names(CardRules(layout="mine")) == (*list_layout_names(CardRules()), "mine")
