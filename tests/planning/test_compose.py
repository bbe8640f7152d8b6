"""What an account says: words, link, hashtags and picture, within what its network takes."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from syndicate.errors import ConfigError
from syndicate.model import NEW, Account, CardRef, Category, KnownPost, Limits, NetworkFacts, Post, SocialOverride
from syndicate.planning.messages import Composed, compose_message, make_style
from syndicate.planning.messages.template import NAMES, goes_on
from syndicate.text.counting import Counter
from syndicate.text.hashtags import find_hashtags
from tests.planning.blog import CARD, FACTS, NOW, SITE, TEMPLATE, make_account, make_post

LINK = "https://blog.example.com/blog/hello/"
POST = make_post(
    "hello",
    title="Hello, harbour",
    summary="A morning by the sea.",
    social_share="The tide does not wait. Neither should you.",
    categories=(Category("Generative", "exact"), Category("Artificial Intelligence", "general")),
    keywords=("machine learning",),
    language="en",
)
LONG = " ".join(f"Sentence number {number} is here." for number in range(60))


def compose(
    post: Post = POST, account: Account | None = None, *, network: str = "mastodon", **more: Any
) -> tuple[Composed, ...]:
    """A message of the post on an account of the network."""
    known = KnownPost(
        id="tag:hello",
        source=post.source,
        slug=post.slug,
        permalink=post.permalink,
        title=post.title,
        digest=post.digest,
        published_at=post.published_at or NOW,
        updated_at=NOW,
        first_seen_at=NOW,
    )
    account = account or make_account(network)
    facts = more.pop("facts", FACTS[account.network])
    template, card = more.pop("template", TEMPLATE), more.pop("card", CARD)
    asked = {"occasion": NEW, "site": SITE, **more}
    return compose_message(post, known, make_style(account, facts, template), card, **asked)


def text_of(*args: Any, **more: Any) -> str:
    """The text of the first part."""
    return compose(*args, **more)[0].message.text


def test_a_message_is_the_share_text_the_link_and_hashtags() -> None:
    """The default template, and everything else a network needs to know."""
    (part,) = compose()
    message = part.message
    assert message.text == (
        f"The tide does not wait. Neither should you.\n\n{LINK}\n\n#MachineLearning #Generative #ArtificialIntelligence"
    )
    assert (message.link, message.title, message.summary) == (LINK, "Hello, harbour", "A morning by the sea.")
    assert message.tags == ("MachineLearning", "Generative", "ArtificialIntelligence")
    assert (message.language, message.post_id) == ("en", "tag:hello")
    assert (part.count, part.limit, part.warnings) == (FACTS["mastodon"].limits.count(message.text), 500, ())


NOTE = make_post(
    "hello",
    social_share="",
    title="It rains. The cat…",
    summary="It rains. The cat sleeps.",
    note="It rains.\n\nThe cat sleeps.",
)


@pytest.mark.parametrize(
    ("template", "expected"),
    [
        ("{{ text }}", NOTE.note),
        ("{{ title }}\n\n{{ summary }}", NOTE.summary),
        ("{{ title }}\n{{ text }}", NOTE.note),
        ("New: {{ title }}", f"New: {NOTE.title}"),
    ],
)
def test_a_note_is_said_once(template: str, expected: str) -> None:
    """Its title is its first words, so a template has it where nothing else of the note is said."""
    (part,) = compose(NOTE, template=template)
    assert (part.message.text, part.message.title, part.message.summary) == (expected, NOTE.title, "")


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({}, "The tide does not wait. Neither should you."),
        ({"social_share": "  "}, "Hello, harbour\n\nA morning by the sea."),
        ({"social_share": "", "summary": ""}, "Hello, harbour"),
        ({"social_share": "", "summary": "Hello, harbour: a morning."}, "Hello, harbour: a morning."),
        ({"social": {"mastodon": SocialOverride(text="Ahoy!")}}, "Ahoy!"),
        ({"social": {"toots": SocialOverride(text="Mine"), "mastodon": SocialOverride(text="Ahoy!")}}, "Mine"),
        ({"social": {"all": SocialOverride(text="Hey"), "mastodon": SocialOverride(text="Ahoy!")}}, "Ahoy!"),
        ({"social": {"all": SocialOverride(text="Hey"), "x": SocialOverride(text="Ahoy!")}}, "Hey"),
        ({"social": {"bluesky": SocialOverride(text="Ahoy!")}}, "The tide does not wait. Neither should you."),
        ({"social_share": "**Hey** [you](https://x.test)"}, "Hey you (https://x.test)"),
        ({"social_share": "![](https://x.test/a.png)"}, "Hello, harbour\n\nA morning by the sea."),
        ({"social": {"all": SocialOverride(text="5 &lt; 6")}}, "5 < 6"),
        ({"social_share": "cafe\u0301\r\n\r\n\r\nau  lait "}, "café\n\nau  lait"),
    ],
)
def test_whose_words_they_are(fields: dict[str, Any], expected: str) -> None:
    """The account's override, the network's, that for all, `socialShare`, title and summary, in this order, in NFC."""
    account = make_account("toots", network="mastodon")
    assert text_of(replace(POST, keywords=(), categories=(), **fields), account) == f"{expected}\n\n{LINK}"


@pytest.mark.parametrize(
    ("account", "post", "tags"),
    [
        ({"hashtags": 3}, {}, ["MachineLearning", "Generative", "ArtificialIntelligence"]),
        ({"hashtags": 1}, {}, ["MachineLearning"]),
        ({"hashtags": 0}, {}, []),
        (
            {"hashtags": 2},
            {"social_share": "On #machinelearning"},
            ["machinelearning", "Generative", "ArtificialIntelligence"],
        ),
        (
            {"hashtags": 9},
            {"keywords": ("Generative", "generative", "2026", "C++")},
            ["Generative", "CPlusPlus", "ArtificialIntelligence"],
        ),
    ],
)
def test_hashtags(account: dict[str, Any], post: dict[str, Any], tags: list[str]) -> None:
    """From keywords, then categories, each once, none that the text has, at most so many."""
    (part,) = compose(replace(POST, **post), make_account("mastodon", **account))
    assert list(part.message.tags) == tags
    assert [tag.name for tag in find_hashtags(part.message.text)] == tags


def test_the_network_may_limit_hashtags() -> None:
    """Where it takes fewer than the account wants."""
    facts = replace(FACTS["mastodon"], limits=Limits(500, hashtags=1))
    assert compose(facts=facts)[0].message.tags == ("MachineLearning",)


# --- the link --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("network", "link", "in_text", "in_message", "warns"),
    [
        ("mastodon", "text", True, True, False),
        ("mastodon", "card", True, True, True),
        ("mastodon", "none", False, False, False),
        ("bluesky", "text", True, True, False),
        ("bluesky", "card", False, True, False),
        ("bluesky", "none", False, False, False),
        ("telegram", "reply", True, True, True),
    ],
)
def test_where_the_link_goes(network: str, link: str, in_text: bool, in_message: bool, warns: bool) -> None:
    """Into the text, into a card where the network makes one from us, or nowhere; never lost by a wish."""
    (part,) = compose(account=make_account(network, link=link))
    assert (LINK in part.message.text, part.message.link == LINK, bool(part.warnings)) == (in_text, in_message, warns)


def test_the_link_as_a_reply() -> None:
    """The first part is without it, the second is nothing else, with the card."""
    first, second = compose(account=make_account("bluesky", link="reply"))
    assert LINK not in first.message.text
    assert (first.message.link, first.message.card) == ("", None)
    assert (second.part, second.message.text, second.message.link) == (2, LINK, LINK)
    assert second.message.card is not None


def test_parameters_are_added_to_the_link() -> None:
    """UTM names, filled in, beside what the link has, and counted as the link."""
    account = make_account("mastodon", utm={"source": "{network}", "campaign": "{slug}-{occasion}", "ref": "feed"})
    post = replace(POST, permalink=f"{LINK}?v=1#top")
    link = f"{LINK}?v=1&utm_source=mastodon&utm_campaign=hello-new&ref=feed#top"
    (part,) = compose(post, account)
    assert part.message.link == link
    assert link in part.message.text
    assert part.count == len(part.message.text) - len(link) + 23


def test_a_link_the_author_wrote_is_not_repeated() -> None:
    """It stays where it is, and gets the parameters."""
    account = make_account("mastodon", utm={"source": "m"}, hashtags=0)
    post = replace(POST, social_share=f"See {LINK} now, not https://other.example.com/.")
    assert text_of(post, account) == f"See {LINK}?utm_source=m now, not https://other.example.com/."


@pytest.mark.parametrize(
    ("written", "sent"),
    [
        (LINK.rstrip("/"), f"{LINK}?utm_source=m now"),
        (LINK.replace("https://", "http://www.") + "index.html", f"{LINK}?utm_source=m now"),
        (f"[it]({LINK})", f"it ({LINK}?utm_source=m) now"),
        (f"{LINK}#part-two", f"{LINK}#part-two now"),
        (f"{LINK}comments/", f"{LINK}comments/ now\n\n{LINK}?utm_source=m"),
    ],
)
def test_the_posts_own_address_is_known_in_any_form(written: str, sent: str) -> None:
    """Nobody sees the same page linked twice; a place in it that the author chose stays."""
    account = make_account("mastodon", utm={"source": "m"}, hashtags=0)
    assert text_of(replace(POST, social_share=f"See {written} now"), account) == f"See {sent}"


def test_an_address_without_a_known_domain_is_not_repeated() -> None:
    """A site in a house network, or on one's own machine."""
    account = make_account("mastodon", utm={"source": "m"}, hashtags=0)
    post = replace(POST, permalink="http://127.0.0.1:8000/a/", social_share="See http://127.0.0.1:8000/a/ now.")
    assert text_of(post, account) == "See http://127.0.0.1:8000/a/?utm_source=m now."


# --- the picture -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("network", "account", "card", "expected"),
    [
        ("mastodon", {}, CARD, "image"),
        ("bluesky", {}, CARD, "card"),
        ("bluesky", {"media": "image"}, CARD, "image"),
        ("bluesky", {"link": "none"}, CARD, "image"),
        ("mastodon", {"media": "none"}, CARD, ""),
        ("mastodon", {}, None, ""),
        ("mastodon", {}, replace(CARD, media_type="image/webp"), "refused"),
        ("mastodon", {}, replace(CARD, size=10_000_000), "refused"),
    ],
)
def test_the_card(network: str, account: dict[str, Any], card: CardRef | None, expected: str) -> None:
    """A link card, an image or nothing; what the network would refuse is left out with a word."""
    (part,) = compose(account=make_account(network, **account), card=card)
    found = {"card": part.message.card, "image": part.message.image}
    assert [name for name, picture in found.items() if picture] == ([expected] if expected in found else [])
    assert bool(part.warnings) is (expected == "refused")


def test_a_picture_of_a_shape_that_the_network_refuses_is_left_out() -> None:
    """With a word that names both; a link card is cut by the network and may have any shape."""
    facts = replace(FACTS["bluesky"], limits=Limits(500, tallest=0.8, widest=1.91))
    for width, height, media, is_there in [
        (400, 500, "photo", True),
        (191, 100, "image", True),
        (400, 501, "photo-1f2e3d4c", False),
        (192, 100, "image", False),
        (100, 1000, "card", True),
    ]:
        shaped = replace(CARD, width=width, height=height)
        (part,) = compose(account=make_account("bluesky", media=media), card=shaped, facts=facts)
        assert bool(part.message.image or part.message.card) is is_there, (width, height, media)
        assert ("from 0.8 to 1.91 times as wide as high" in " ".join(part.warnings)) is not is_there


def test_a_network_without_pictures_gets_none() -> None:
    """And nothing is said of it: there is nothing to mend."""
    facts = replace(FACTS["mastodon"], limits=Limits(500, images=0))
    (part,) = compose(account=make_account("mastodon", media="image"), card=CARD, facts=facts)
    assert (part.message.card, part.message.image, part.warnings) == (None, None, ())


@pytest.mark.parametrize(("counter", "kept"), [(Counter.GRAPHEMES, 4), (Counter.UTF16, 2)])
def test_the_alternative_text_fits_in_every_script(counter: Counter, kept: int) -> None:
    """What is composed passes the last look before the call, which counts code points or UTF-16 units."""
    limits = Limits(500, counter, alt=17)
    facts = replace(FACTS["mastodon"], limits=limits)
    (part,) = compose(card=replace(CARD, alt="👩🏽‍🚀" * 9), facts=facts)
    assert part.message.image
    assert part.message.image.alt == "👩🏽‍🚀" * kept + "…"
    assert limits.fits_alt(part.message.image.alt)


def test_the_alternative_text_fits() -> None:
    """It travels with the picture, cut to what the network takes, the title where there is none."""
    facts = replace(FACTS["mastodon"], limits=Limits(500, alt=12))
    (part,) = compose(facts=facts)
    assert part.message.image
    assert part.message.image.alt == "Hello over…"
    (part,) = compose(card=replace(CARD, alt=""))
    assert part.message.image
    assert part.message.image.alt == "Hello, harbour"


def test_a_caption_is_shorter_than_a_text() -> None:
    """With an image Telegram takes 1024, without 4096."""
    post = replace(POST, social_share="word " * 700)
    (captioned,), (plain,) = compose(post, network="telegram"), compose(post, network="telegram", card=None)
    assert captioned.limit == 1024 >= captioned.count > 1000
    assert plain.limit == 4096 >= plain.count > 3400


# --- what the post asks for -------------------------------------------------------------------------------------


def test_options_of_the_post_win() -> None:
    """Visibility, warning, language, media and link may be said in its front matter."""
    options = {"visibility": "unlisted", "warning": "sea", "language": "de", "media": "none", "link": "none"}
    (part,) = compose(replace(POST, social={"mastodon": SocialOverride(options=options)}))
    message = part.message
    assert (message.visibility, message.warning, message.language, message.image, message.link) == (
        "unlisted", "sea", "de", None, "",
    )  # fmt: skip


def test_a_content_warning_counts_on_mastodon() -> None:
    """The server adds it to the text."""
    bare, warned = compose()[0], compose(account=make_account("mastodon", warning="sea sick"))[0]
    assert warned.count == bare.count + len("sea sick")
    tight = compose(replace(POST, social_share="word " * 200), make_account("mastodon", warning="w" * 100))[0]
    assert tight.count <= 500


def test_a_content_warning_counts_on_servers_that_count_code_points() -> None:
    """GoToSocial and its like speak Mastodon's API and add it too; Bluesky makes a label of it."""
    facts = replace(FACTS["mastodon"], limits=Limits(characters=5000, counter=Counter.CODEPOINTS))
    warned = make_account("mastodon", warning="sea sick")
    assert compose(account=warned, facts=facts)[0].count == compose(facts=facts)[0].count + len("sea sick")
    labelled = compose(account=make_account("bluesky", warning="nudity"))[0]
    assert labelled.count == compose(network="bluesky")[0].count


def test_articles_travel_with_networks_that_want_them() -> None:
    """The Markdown is in no other message, and its addresses lead to the author's site."""
    post = replace(POST, markdown="# Body\n\n![i](/i.png)")
    assert compose(post)[0].message.markdown == ""
    (article,) = compose(post, facts=replace(FACTS["mastodon"], wants_markdown=True))
    assert article.message.markdown == "# Body\n\n![i](https://blog.example.com/i.png)"


# --- fitting ---------------------------------------------------------------------------------------------------


def test_hashtags_go_before_words() -> None:
    """The last first; the text is shortened only when none is left."""
    share = "x" * 215
    (part,) = compose(replace(POST, social_share=share), network="x")
    assert part.message.text == f"{share}\n\n{LINK}\n\n#MachineLearning #Generative"
    (part,) = compose(replace(POST, social_share=LONG), network="x")
    assert part.message.tags == ()
    assert part.message.text.endswith(f"is here.\n\n{LINK}")
    assert 240 < part.count <= 280


def test_a_template_that_is_too_long_keeps_its_link() -> None:
    """Where the text has no room at all, what stands around it is shortened."""
    post = replace(POST, title="Title " * 60, summary="Summary " * 60)
    text = text_of(post, network="x", template="{{ title }}\n\n{{ text }}\n\n{{ link }}")
    assert text.startswith("Title Title")
    assert text.endswith(LINK)
    assert FACTS["x"].limits.fits(text)


@given(
    share=st.text(max_size=400) | st.just(LONG),
    keywords=st.lists(st.text(max_size=20), max_size=5),
    network=st.sampled_from(sorted(FACTS)),
    account=st.fixed_dictionaries(
        {
            "link": st.sampled_from(["text", "card", "reply", "none"]),
            "thread": st.booleans(),
            "hashtags": st.integers(0, 5),
        }
    ),
)
def test_every_part_fits_and_the_link_is_whole(
    share: str, keywords: list[str], network: str, account: dict[str, Any]
) -> None:
    """Whatever the post says: within the limit as the network counts, link and hashtags complete."""
    post = replace(POST, social_share=share, keywords=tuple(keywords))
    facts = FACTS[network]
    parts = compose(post, make_account(network, **account))
    assert [part.part for part in parts] == list(range(1, len(parts) + 1))
    for part in parts:
        assert facts.limits.fits(part.message.text, with_image=part.message.image is not None)
        assert part.count <= part.limit
        assert part.message.tags == tuple(tag.name for tag in find_hashtags(part.message.text))
    texts = " ".join(part.message.text for part in parts)
    assert account["link"] in {"card", "none"} or LINK in texts


# --- threads ---------------------------------------------------------------------------------------------------


def test_a_thread_only_when_needed() -> None:
    """A text that fits is one part without a number; hashtags go before it is parted."""
    (part,) = compose(replace(POST, social_share="x " * 130), make_account("bluesky", thread=True, link="card"))
    assert part.message.tags == ("MachineLearning", "Generative")
    assert [part.message.text[-5:] for part in compose(account=make_account("mastodon", thread=True))] == ["gence"]


def test_a_thread_is_numbered_and_loses_nothing() -> None:
    """Link, card and hashtags in the first part, every word in one of them."""
    parts = compose(replace(POST, social_share=LONG), make_account("bluesky", thread=True))
    texts = [part.message.text for part in parts]
    assert len(parts) > 3
    assert LINK in texts[0]
    assert [f"{number}/{len(parts)}" in text for number, text in enumerate(texts, 1)] == [True] * len(parts)
    assert all(part.message.link == "" and part.message.card is None for part in parts[1:])
    words = " ".join(texts).replace(LINK, "").split()
    assert [word for word in words if "/" not in word and not word.startswith("#")] == LONG.split()


@pytest.mark.parametrize(
    ("now", "follows"),
    [
        ("One, in the mist. Two, in the mist. 1/3\n\nhttps://notes.test/", True),
        ("Once, in the mist. Two, in the mist. 1/4\n\nhttps://notes.test/", True),
        ("Once upon a time, in the mist. 1/3", False),
        ("Two, in the mist. Three, in the mist. 1/2", False),
        ("In the mist. 1/2", False),
        ("Once upon a time, in the mist.", False),
    ],
)
def test_a_thread_goes_on_only_where_it_ended(now: str, follows: bool) -> None:
    """Sentences that end alike are not the same end; a word corrected before it changes none."""
    sent = "One, in the mist. Two, in the mist. 1/3\n\nhttps://notes.test/"
    assert goes_on(sent, now, 1) is follows


def test_a_part_as_long_as_a_book_is_compared_by_its_end() -> None:
    """Words that come again and again would take minutes, compared with each other from the beginning."""
    sent, now = "a " * 21_000, ("a " * 3_000 + "b ") * 7
    assert goes_on(f"{sent} The end. 1/2", f"{now} The end. 1/2", 1)
    assert not goes_on(f"{sent} The end. 1/2", f"{now} The other end. 1/2", 1)


def test_no_thread_where_the_network_takes_none() -> None:
    """One shortened part instead."""
    parts = compose(replace(POST, social_share=LONG * 4), make_account("telegram", thread=True))
    assert len(parts) == 1


# --- a person's text and templates ------------------------------------------------------------------------------


def test_a_content_warning_where_the_network_has_none_is_told() -> None:
    """Before it is sent: some networks refuse the message then, others lose the warning."""
    account = replace(make_account("mastodon"), warning="food")
    assert compose(account=account)[0].warnings == ()
    (part,) = compose(account=account, facts=replace(FACTS["mastodon"], warns=False))
    assert "has no content warnings" in part.warnings[0]


def test_a_persons_text_is_taken_as_it_stands() -> None:
    """No link, no hashtags, no shortening; what is too long is said."""
    (part,) = compose(text=" My own words. ")
    assert (part.message.text, part.message.link) == ("My own words.", LINK)
    (part,) = compose(text="word " * 200)
    assert part.count > part.limit
    assert "too long" in part.warnings[0]


@pytest.mark.parametrize(
    ("template", "expected"),
    [
        ("{{ title }} ({{ minutes }} min) by {{ author }} on {{ site }}", "Hello, harbour (0 min) by  on Small Things"),
        ("{% if is_featured %}Featured: {% endif %}{{ title }}", "Hello, harbour"),
        ("{{ date }} {{ category }} {{ occasion }} {{ network }}", "2026-11-22 Generative new mastodon"),
        ("{{ categories | join(', ') }}", "Generative, Artificial Intelligence"),
        ("a\n\n\n\n{# nothing #}\n\nb", "a\n\nb"),
    ],
)
def test_templates_know_the_post(template: str, expected: str) -> None:
    """Plain values under plain names; empty lines collapse."""
    assert text_of(template=template) == expected


@pytest.mark.parametrize(
    "template",
    ["{{ nonsense }}", "{% if %}", "{{ 1/0 }}", "{{ ''.__class__.__mro__ }}", "{{ text.__class__ }}", "{{ title + 1 }}",
     "{% for x in range(999999999) %}{% endfor %}"],
)  # fmt: skip
def test_a_broken_or_hostile_template_is_a_clear_error(template: str) -> None:
    """It names the template, and nothing of Python is reached."""
    with pytest.raises(ConfigError, match=r"templates/messages/mastodon\.txt or default\.txt"):
        compose(template=template)


@pytest.mark.parametrize(
    ("template", "unknown"),
    [
        ("{{ titel }} {{ lnik }}", ("lnik", "titel")),
        ("{{ series | default('Hm') }}{% if part is defined %}{{ part }}{% endif %}", ()),
        ("{% for tag in tags[:range(2)|length] %}{{ loop.index }}{{ tag }}{% endfor %}", ()),
        (" ".join(f"{{{{ {name} }}}}" for name in sorted(NAMES - {"tags", "categories", "keywords"})), ()),
    ],
)
def test_a_misspelt_name_is_known_before_a_message_needs_it(template: str, unknown: tuple[str, ...]) -> None:
    """Every name that is told can be said, and one that the template asks for first may be missing."""
    assert make_style(make_account("mastodon"), FACTS["mastodon"], template).wording.unknown == unknown
    assert unknown or text_of(template=template)


def test_too_many_links_are_told() -> None:
    """Threads takes five."""
    facts = NetworkFacts(network="threads", limits=Limits(500, Counter.THREADS, links=1))
    (part,) = compose(replace(POST, social_share="a.com and b.com"), facts=facts)
    assert any("more than 1 links" in warning for warning in part.warnings)
