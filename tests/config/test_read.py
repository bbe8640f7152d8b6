"""syndicate.toml becomes Settings, or one error that lists everything wrong with it."""

from datetime import timedelta
from pathlib import Path

import pytest

from syndicate.config import find_config
from syndicate.config.read import make_settings, read_settings
from syndicate.config.tables import make_json_schema
from syndicate.errors import ConfigError
from syndicate.model import Author

SITE = '[site]\ntitle = "Notes"\nurl = "https://notes.example/"\n'
ROOT = Path("/srv/notes")


def test_the_smallest_file_is_enough():
    """A title and an address make a whole configuration, with paths below the file's folder."""
    settings = make_settings(SITE, root=ROOT)
    assert settings.site.url == "https://notes.example"
    assert settings.site.feeds_url == "https://notes.example/feeds"
    assert settings.storage.database == "sqlite:////srv/notes/.syndicate/state.db"
    assert settings.storage.publish_to == "/srv/notes/feeds"


def test_entities_in_the_name_of_the_blog_are_resolved():
    """WordPress exports "Ann&#8217;s Garden", which cards and messages would show as it stands."""
    toml = '[site]\ntitle = "Ann&#8217;s"\ndescription = "A &amp; B"\nurl = "https://notes.test"\n'
    settings = make_settings(toml, root=ROOT)
    assert (settings.site.title, settings.site.description) == ("Ann’s", "A & B")


def test_a_hub_keeps_its_slash_and_its_query():
    """It is another address without them."""
    hubs = ("https://hub.example/", "https://hub.example/push/?site=notes")
    settings = make_settings(f"{SITE}[feeds]\nhubs = {list(hubs)!r}\n", root=ROOT)
    assert settings.feeds.hubs == hubs


def test_every_problem_is_reported_at_once_with_its_line():
    """Three mistakes give one error that names three lines and the nearest known key."""
    text = '[site]\ntitel = "x"\nurl = "notes"\n[feeds]\nitms = 3\n'
    with pytest.raises(ConfigError) as caught:
        make_settings(text, root=ROOT)
    message = str(caught.value)
    assert "line 2, site.titel: there is no such key; did you mean title?" in message
    assert "line 3, site.url: not an absolute address" in message
    assert "line 5, feeds.itms: there is no such key; did you mean items?" in message


@pytest.mark.parametrize(
    ("line", "says"),
    [
        ('timezone = "Mars/Base"', "not a time zone"),
        ('[schedule]\nold_after = "9999999d"', "longer than a thousand years"),
        ('[schedule]\nold_after = "9e400d"', "not a length of time"),
        ('permalink = "/{year}/"', "must hold {slug}"),
        ('permalink = "/{sluug}/"', "{sluug} is unknown"),
        ('content = "../elsewhere"', "inside the site's folder"),
        ('content = "\\u0000"', "holds a NUL character"),
        ('[storage]\npublish_to = "\\u0000"', "holds a NUL character"),
        ('language = "de_DE!"', "not a language tag"),
        ('feeds_url = "ftp://x.example"', "not an absolute address"),
        ('name = "My Blog"', 'use small letters, digits, "-", "_" and "."'),
        ("thread = true", r"there is no such key; it belongs in \[accounts.NAME\]"),
        ('[cards]\nquiet = "22:00-07:00"', r"line 5, cards.quiet: there is no such key; it belongs in \[schedule\]"),
        ('[content]\nfolder = "posts"', r"there is no such key; \[content\] has labels, include,"),
        ("[typefaces]", "typefaces: there is no such key; the file has site, fields, content,"),
        ("description = 5", "must be text in quotes"),
        ("author = 5", "line 4, site.author: must be a name, a table with name, url and email, or a list of them"),
        ('author = {name = "Ada", urll = "x"}', "line 4, site.author.urll: there is no such key; did you mean url"),
        ('[feeds]\nindexnow_key = "x"', "not an IndexNow key; use 8 to 128 letters"),
        ("[feeds]\nitems = 0", "must be 1 or more"),
        ("[feeds]\nitems = 1.5", "must be a whole number"),
        ("[feeds]\nflags = 7", "must be a list"),
        ('[feeds]\narchives = "maybe"', "must be true or false"),
        ('[feeds]\nformats = ["rss2", "rss3"]', 'one thing is wrong\n  .*must be "rss", "atom" or "json"$'),
        ('[cards]\naccent = "red"', 'not a colour; write for example "#c2410c"'),
        ('[accounts.a]\nnetwork = "local"\non = ["featurd"]', 'did you mean "featured"'),
        ('[accounts."my blog"]\nnetwork = "local"', "line 4, accounts.my blog: not an account name"),
    ],
)
def test_a_bad_value_says_what_to_write(line, says):
    """Each value that cannot work is refused with a sentence that helps."""
    with pytest.raises(ConfigError, match=says.replace("{", r"\{")):
        make_settings(SITE + line, root=ROOT)


def test_a_slot_that_cannot_be_understood_is_told_with_its_line():
    """Slots are read by the planner's own rules, so that a typing error shows before a slot is missed."""
    with pytest.raises(ConfigError, match=r"line 5, schedule.slots: .*moonday"):
        make_settings(SITE + '[schedule]\nslots = ["mon 09:00", "moonday 09:00"]\n', root=ROOT)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("lines", "where"),
    [
        (
            '[schedule]\nslots = "08:00"\nquiet = "22:00-09:00"\n[accounts.a]\nnetwork = "local"',
            "line 5, schedule.slots",
        ),
        ('[accounts.a]\nnetwork = "local"\nslots = "08:00"\nquiet = "22:00-09:00"', "line 6, accounts.a.slots"),
        (
            '[schedule]\nslots = ["07:00", "mon 08:00"]\n[accounts.a]\nnetwork = "local"\nquiet = "22:00-09:00"',
            "line 8, accounts.a.quiet",
        ),
    ],
)
def test_slots_that_all_lie_in_the_quiet_hours_are_refused(lines, where):
    """The account could never speak: told once, with the line of what makes it so."""
    with pytest.raises(ConfigError, match=f"one thing is wrong\n  {where}: no message could ever go out"):
        make_settings(SITE + lines, root=ROOT)


def test_broken_toml_names_the_place():
    """A syntax error is a ConfigError with file and line."""
    with pytest.raises(ConfigError, match=r"syndicate.toml: is not valid TOML: .*line 4"):
        make_settings(SITE + "author = \n", root=ROOT)


@pytest.mark.parametrize("value", ["9" * 5000, "[" * 2000, "{a = " * 2000], ids=["digits", "lists", "tables"])
def test_toml_beyond_what_can_be_read_is_a_mistake_in_the_file(value):
    """A number of thousands of digits and very deep nesting raise other errors than a slip does."""
    with pytest.raises(ConfigError, match=r"syndicate\.toml: is"):
        make_settings(f"{SITE}icon = {value}", root=ROOT)


@pytest.mark.parametrize(
    ("written", "authors"),
    [
        ('"Ada"', (Author("Ada"),)),
        ('{name = "Ada", url = "https://ada.example"}', (Author("Ada", "https://ada.example"),)),
        ('["Ada", {name = "Bo", email = "bo@x.example"}]', (Author("Ada"), Author("Bo", "", "bo@x.example"))),
    ],
)
def test_an_author_may_be_written_three_ways(written, authors):
    """A name, a table, or a list of both."""
    assert make_settings(f"{SITE}author = {written}\n", root=ROOT).site.authors == authors


def test_a_list_of_one_may_be_written_as_a_word():
    """Where a list of words may stand, one word is a list of one."""
    text = SITE + '[feeds]\nformats = "rss"\nby = "author"\n[accounts.one]\nnetwork = "local"\non = "evergreen"\n'
    settings = make_settings(text, root=ROOT)
    assert (settings.feeds.formats, settings.feeds.by) == (("rss",), ("author",))
    assert settings.accounts[0].on == ("evergreen",)


def test_an_account_inherits_the_schedule_and_may_change_it():
    """Account keys lie over the site's schedule; the network's own keys become options."""
    text = SITE + (
        '[schedule]\nslots = "mon-fri 09:00"\ngap = "2h"\n'
        '[accounts.toot]\nnetwork = "mastodon"\ninstance = "https://m.example"\ngap = "30m"\nexcept = ["Drafts"]\n'
    )
    (account,) = make_settings(text, root=ROOT).accounts
    assert account.schedule.slots == ("mon-fri 09:00",)
    assert account.schedule.gap == timedelta(minutes=30)
    assert account.options == {"instance": "https://m.example"}
    assert account.exclude == ("Drafts",)


def test_the_file_is_found_from_below(tmp_path):
    """The nearest syndicate.toml upwards is the one that counts."""
    (tmp_path / "syndicate.toml").write_text(SITE)
    deep = tmp_path / "content" / "posts"
    deep.mkdir(parents=True)
    assert read_settings(find_config(deep)).root == str(tmp_path.resolve())


def test_a_missing_file_says_how_to_make_one(tmp_path):
    """Without a configuration the error names `syndicate init`."""
    with pytest.raises(ConfigError, match="syndicate init"):
        find_config(tmp_path)


@pytest.mark.slow
def test_the_json_schema_describes_every_key():
    """Editors get help for each key of the site table."""
    site = make_json_schema()["$defs"]["SiteTable"]["properties"]
    assert all("description" in key or "title" in key for key in site.values())
    assert site["permalink"]["description"].startswith("Below `url`")


@pytest.mark.slow
def test_the_json_schema_knows_every_time_zone():
    """An editor tells "Europe/Berln" from a zone, as the program does; an account may name none."""
    tables = make_json_schema()["$defs"]
    zones = set(tables["SiteTable"]["properties"]["timezone"]["enum"])
    assert {"UTC", "Europe/Berlin", "America/Argentina/Buenos_Aires"} <= zones
    assert not {"Europe/Berln", ""} & zones
    assert set(tables["AccountTable"]["properties"]["timezone"]["enum"]) == zones | {""}
