"""One post in several languages: announced once on each account, in its language; linked to one another in feeds."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from syndicate.formats import jsonfeed
from syndicate.formats import page as pages
from syndicate.formats.xml_feeds import render_atom
from syndicate.model import Ledger, Post, Reason, State
from syndicate.planning.feeds import plan_feeds
from tests.planning.blog import AT_ONCE, NOW, Blog, make_account, make_post, make_settings

ANNOUNCED = {State.PLANNED, State.SENT}


def translate(language: str, group: str = "a", **fields: object) -> Post:
    """The post in a language."""
    return make_post(f"{group}-{language}", group=group, language=language, **fields)


def begin(*languages: str) -> Blog:
    """A blog that has one post in two languages, and accounts of these languages ("" for none) with a baseline."""
    accounts = [replace(make_account("mastodon"), name=f"in-{one}", language=one) for one in languages]
    blog = Blog(tuple(accounts))
    blog.write(translate("en", "first"), translate("fr", "first"))
    blog.publish()
    return blog


def tell(blog: Blog, group: str = "a") -> dict[tuple[str, str], State | Reason]:
    """What became of each translation on each account: announced, or the reason why not."""
    rows = [row for row in blog.rows() if f":{group}-" in row.post_id]
    return {
        (row.account, row.post_id[-2:]): "announced" if row.state in ANNOUNCED else row.reason  # type: ignore[misc]
        for row in rows
    }


def test_each_account_announces_the_translation_of_its_language() -> None:
    """Without a language the site's; where there is none, nothing."""
    blog = begin("", "fr", "de")
    blog.write(translate("en"), translate("fr-CA"))
    blog.publish()
    other, none = Reason.OTHER_LANGUAGE, Reason.NO_TRANSLATION
    assert tell(blog) == {
        ("in-", "en"): "announced",
        ("in-", "CA"): other,
        ("in-fr", "en"): other,
        ("in-fr", "CA"): "announced",
        ("in-de", "en"): none,
        ("in-de", "CA"): none,
    }


def test_translations_between_other_languages_say_nothing_of_a_lone_post() -> None:
    """Two posts of a guest make no blog in German and Spanish of an English one, whose French post is news."""
    blog = Blog((replace(make_account("mastodon"), name="in-", language=""),))
    blog.write(translate("de", "guest"), translate("es", "guest"))
    blog.publish()
    blog.write(translate("fr"))
    blog.publish()
    assert tell(blog) == {("in-", "fr"): "announced"}


def test_a_translation_that_comes_later_is_announced_where_nothing_was() -> None:
    """On the account of its language; the others have spoken already."""
    blog = begin("en", "fr")
    blog.write(translate("en"))
    blog.publish()
    assert tell(blog) == {("in-en", "en"): "announced", ("in-fr", "en"): Reason.NO_TRANSLATION}
    blog.deliver()
    blog.write(translate("fr"))
    blog.publish()
    assert tell(blog)["in-fr", "fr"] == "announced"
    assert tell(blog)["in-en", "fr"] is Reason.OTHER_LANGUAGE


def test_a_group_that_was_announced_before_it_was_known_is_not_announced_again() -> None:
    """An earlier program knew no groups: what it said of one translation was said of all."""
    blog = begin("en")
    blog.write(replace(translate("fr"), group="", language="en"))
    blog.publish()
    blog.deliver()
    blog.write(translate("fr"), translate("en"))
    blog.publish()
    assert tell(blog) == {("in-en", "fr"): "announced", ("in-en", "en"): Reason.TRANSLATION_ANNOUNCED}


def test_a_translation_that_comes_late_is_still_awaited() -> None:
    """With the date of the first one, weeks later; but where the first one was old when it was found, so is this."""
    blog = begin("fr")
    blog.write(translate("en"), translate("en", "old", published_at=NOW - timedelta(days=90)))
    blog.publish()
    blog.now += timedelta(days=20)
    blog.write(translate("fr"), translate("fr", "old", published_at=NOW - timedelta(days=90)))
    blog.publish()
    assert tell(blog)["in-fr", "fr"] == "announced"
    assert tell(blog, "old")["in-fr", "fr"] is Reason.OLD_WHEN_FOUND


def test_a_wrong_language_that_is_mended_soon_is_as_if_it_had_never_been() -> None:
    """Of a post, and of the account; after a day a person decides."""
    blog = begin("en")
    blog.write(translate("de"))
    blog.publish()
    assert tell(blog) == {("in-en", "de"): Reason.NO_TRANSLATION}
    late = replace(blog, now=blog.now + timedelta(days=2))
    late.edit("a-de.md", language="en")
    late.publish()
    assert tell(late) == {("in-en", "de"): Reason.NO_TRANSLATION}
    blog.edit("a-de.md", language="en")
    blog.publish()
    assert tell(blog) == {("in-en", "de"): "announced"}
    (account,) = blog.accounts
    for language, is_said in (("fr", Reason.NO_TRANSLATION), ("en", "announced")):
        blog.accounts = (replace(account, language=language),)
        blog.write(translate("en", "b"))
        blog.publish()
        assert tell(blog, "b") == {("in-en", "en"): is_said}


def test_another_language_takes_the_translation_that_waits() -> None:
    """Whatever time has gone by: one of the group goes out, and nothing of one that was announced."""
    schedule = replace(AT_ONCE, slots=("sun 09:00",))
    account = replace(make_account("mastodon", schedule=schedule), name="in-en")
    blog = Blog((account,))
    blog.write(translate("en", "first"), translate("fr", "first"))
    blog.publish()
    blog.write(translate("en"), translate("fr"))
    blog.publish()
    for language in ("fr", "en", "fr"):
        blog.now += timedelta(days=1, hours=1)
        blog.accounts = (replace(account, language=language),)
        blog.publish()
        other = "en" if language == "fr" else "fr"
        assert tell(blog) == {("in-en", language): "announced", ("in-en", other): Reason.OTHER_LANGUAGE}
    blog.now += timedelta(days=8)
    blog.deliver()
    blog.accounts = (replace(account, language="en"),)
    blog.publish()
    assert tell(blog) == {("in-en", "fr"): "announced", ("in-en", "en"): Reason.OTHER_LANGUAGE}


def test_both_translations_waiting_from_before_become_one() -> None:
    """The one in the account's language stays."""
    blog = begin("en")
    blog.write(replace(translate("fr"), group=""), replace(translate("en"), group=""))
    blog.publish()
    assert set(tell(blog).values()) == {"announced"}
    blog.write(translate("fr"), translate("en"))
    blog.publish()
    assert tell(blog) == {("in-en", "fr"): Reason.OTHER_LANGUAGE, ("in-en", "en"): "announced"}


def test_a_blog_without_translations_says_all_of_it_everywhere() -> None:
    """Posts of several languages, and two of one language with one key, are not translations of each other."""
    blog = Blog((make_account("mastodon", language="en"),))
    blog.write(make_post("before", group="before", language="en"))
    blog.publish()
    blog.write(translate("en", "one"), translate("fr", "two"))
    blog.write(make_post("b", group="key", language="en"), make_post("c", group="key", language="en"))
    blog.publish()
    assert {row.state for row in blog.rows() if "before" not in row.post_id} == {State.PLANNED}


def test_translations_are_linked_in_pages_and_feeds() -> None:
    """`hreflang` in meta tags and Atom, a list in JSON; one that is still to come is not told."""
    blog = Blog()
    blog.ledger = Ledger()
    blog.write(translate("en"), translate("fr"), translate("de", published_at=NOW.replace(year=2030)))
    public = [one for one in blog.plan().identified if one.known.published_at <= NOW]
    feed = plan_feeds(public, make_settings(), {}, NOW)[0]
    english = next(one for one in feed.entries if one.language == "en")
    assert english.translations == (("fr", "https://blog.example.com/blog/a-fr/"),)
    link = b'hreflang="fr"'
    assert link in render_atom(feed)
    assert b'"translations":[{"language":"fr","url":"https://blog.example.com/blog/a-fr/"}]' in jsonfeed.render(feed)
    one = replace(next(one for one in public if one.post.language == "en"), translations=english.translations)
    page = pages.render_own(one, None, make_settings().site).decode()
    assert page.count("hreflang=") == 2
    assert "2030" not in page
