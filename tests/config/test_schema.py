"""The JSON Schema for editors and the program agree on what a syndicate.toml may hold."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from syndicate.app.accounts import find_mistakes, make_schema
from syndicate.config.read import make_settings
from syndicate.config.tables import write_duration
from syndicate.config.values import parse_duration
from syndicate.errors import ConfigError

SITE = '[site]\ntitle = "Notes"\nurl = "https://blog.example"\n'
STARTER = Path(__file__).parents[2] / "templates" / "starter" / "syndicate.toml"
TOOT = '[accounts.toot]\nnetwork = "mastodon"\ninstance = "https://toot.example"\n'
GOOD = (
    'url = "HTTPS://blog.example/sub/"',
    'permalink = "/{year}/{slug}/"',
    'author = {name = "Ada"}',
    'author = ["Ada", {name = "Grace", url = "https://grace.example"}]',
    'timezone = "America/Argentina/Buenos_Aires"',
    'static = "public"',
    '[cards]\nkeep = "1d 12h"\nmax_bytes = "512KB"\nsizes = "1200x630"',
    "[cards]\nkeep = 0\nmax_bytes = 512000",
    '[schedule]\nslots = "mon-fri 09:00"\nquiet = "22:00-07:00"\ngap = "90 min"',
    '[schedule]\nslots = ["0 9 * * mon-fri", "weekdays at 9am and 5pm", "saturday noon"]\nquiet = ""',
    '[feeds]\nformats = "rss"\nby = ["category", "author"]\nindexnow_key = "0123456789abcdef"',
    TOOT,
    TOOT + 'on = "featured"\nvisibility = "unlisted"\nslots = []\ngrace = "2h"',
    '[accounts.a_b-C]\nnetwork = "local"\non = ["new", "trending", "staff_pick"]',
)
BAD = (
    'titel = "x"',
    'url = "notes"',
    'url = "ftp://blog.example"',
    'url = "https://blog.example/?a=1"',
    'permalink = "/{year}/"',
    'permalink = "/{sluug}/{slug}/"',
    'content = "../elsewhere"',
    'content = "/srv"',
    'language = "de_DE!"',
    'name = "My Blog"',
    '[cards]\nkeep = "soon"',
    '[cards]\nkeep = "P30D"',
    "[cards]\nkeep = 30",
    '[cards]\nsizes = ["100x100"]',
    '[cards]\nmax_bytes = "a lot"',
    '[cards]\naccent = "red"',
    '[schedule]\nquiet = "25:00-07:00"',
    '[schedule]\nquiet = "22:00"',
    '[schedule]\nslots = ["mon 25:00"]',
    '[schedule]\nslots = ["09:75"]',
    '[feeds]\nindexnow_key = "x"',
    '[feeds]\nformats = ["rss2"]',
    '[accounts.toot]\nnetwork = "twitter"',
    '[accounts.toot]\ninstance = "https://toot.example"',
    '[accounts.toot]\nnetwork = "mastodon"',
    '[accounts.toot]\nnetwork = "mastodon"\ninstance = ""',
    TOOT + 'visibilty = "public"',
    TOOT + 'chat = "@x"',
    TOOT + 'on = ["draft"]',
    TOOT + 'on = ["manual-2"]',
    TOOT + 'on = ["two words"]',
    '[accounts."my blog"]\nnetwork = "local"',
)


@pytest.fixture(scope="module")
def schema() -> dict[str, Any]:
    made = make_schema()
    Draft202012Validator.check_schema(made)
    return made


def read(text: str) -> str:
    """A whole file around some lines of the site's table."""
    lines = SITE.replace('url = "https://blog.example"\n', "") if text.startswith("url") else SITE
    return lines + text


def is_taken(text: str) -> bool:
    try:
        settings = make_settings(text, root=Path("/srv/notes"), environ={})
    except ConfigError:
        return False
    return not [mistake for account in settings.accounts for mistake in find_mistakes(account)]


@pytest.mark.parametrize("text", GOOD)
def test_what_the_program_takes_the_schema_takes(schema: dict[str, Any], text: str) -> None:
    """Every way of writing a value that works is no mistake in the editor."""
    assert is_taken(read(text))
    assert [error.message for error in Draft202012Validator(schema).iter_errors(tomllib.loads(read(text)))] == []


@pytest.mark.parametrize("text", BAD)
def test_what_the_program_refuses_the_schema_refuses(schema: dict[str, Any], text: str) -> None:
    """Unknown networks and keys, missing options, hours that no clock has, addresses that are none."""
    assert not is_taken(read(text))
    assert not Draft202012Validator(schema).is_valid(tomllib.loads(read(text)))


def test_the_sample_site_is_right(schema: dict[str, Any]) -> None:
    """What `init` writes has no mark in the editor."""
    assert Draft202012Validator(schema).is_valid(tomllib.loads(STARTER.read_text()))


def test_lengths_of_time_are_shown_as_people_write_them(schema: dict[str, Any]) -> None:
    """No default is an ISO 8601 duration or null, and each is one that the program reads."""
    tables = schema["$defs"]
    assert tables["CardsTable"]["properties"]["keep"]["default"] == "30d"
    assert tables["AccountTable"]["properties"]["evergreen_after"]["default"] == "180d"
    assert not [one for one in find_defaults(schema) if one is None or (isinstance(one, str) and one.startswith("P"))]
    for span in (timedelta(0), timedelta(days=1, hours=12), timedelta(minutes=90), timedelta(seconds=1)):
        assert parse_duration(write_duration(span)) == span


def find_defaults(value: object) -> Iterator[object]:
    if isinstance(value, dict):
        if "default" in value:
            yield value["default"]
        for inner in value.values():
            yield from find_defaults(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from find_defaults(inner)


@pytest.mark.parametrize("length", ["99999999999999d", "1e3h", "9" * 400 + "s"])
def test_a_length_beyond_all_clocks_is_a_mistake(length: str) -> None:
    """It is told like any other, with its line."""
    with pytest.raises(ConfigError, match=r"line 5, cards\.keep"):
        make_settings(f'{SITE}[cards]\nkeep = "{length}"\n', root=Path("/srv/notes"), environ={})
