"""Fields by every name, in every shape, and what is said about those that do not fit."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from syndicate.content.fields import NAMES
from syndicate.content.parsing import parse_post
from syndicate.content.records import Memory, Outcome, PostCache
from syndicate.errors import ContentError
from syndicate.model import Author, Category, ContentRules, Post, Settings, Site, SocialOverride, Storage
from syndicate.text import drop_broken
from tests.content.golden import make_settings


def _parse(
    front: str,
    body: str = "Body.",
    source: str = "post.md",
    root: Path = Path("/nowhere"),
    generator: str = "",
    **rules: Any,
) -> Post:
    site = Site(
        title="T", url="https://blog.example", content="posts", timezone="Europe/Berlin", generator=generator,
        authors=(Author("Ann", "https://ann.example", "ann@example.org"),),
    )  # fmt: skip
    settings = Settings(
        root=str(root), site=site, content=ContentRules(**rules), storage=Storage(database="", publish_to="", cache="")
    )
    return parse_post(f"---\ntitle: T\n{front}\n---\n{body}", source, str(root / "posts" / source), settings)


def test_jekyll_separates_categories_by_spaces() -> None:
    """A dated file name tells that the post is Jekyll's; a comma still separates as everywhere."""
    for front, names in (
        ("categories: life travel", ["life", "travel"]),
        ("categories: slow life, b", ["slow life", "b"]),
    ):
        post = _parse(front, source="2025-01-02-moving.md")
        assert [category.name for category in post.categories] == names


def test_jekyll_separates_tags_by_spaces() -> None:
    """`tags: slow life` are two there, one elsewhere; `tag:`, lists and commas are taken as they stand."""
    for generator, front, keywords in (
        ("jekyll", "tags: slow life", ("slow", "life")),
        ("jekyll", "tags: slow life, b", ("slow life", "b")),
        ("jekyll", "tags: [slow life]", ("slow life",)),
        ("jekyll", "tag: slow life", ("slow life",)),
        ("zola", "tags: slow life", ("slow life",)),
    ):
        assert _parse(front, generator=generator).keywords == keywords


@pytest.mark.parametrize(
    ("front", "field", "value"),
    [
        ("category: Go", "categories", (Category("Go"),)),
        ("categories: [Go, {name: Web, type: general}]", "categories", (Category("Go"), Category("Web", "general"))),
        ("category: go\ncategories: [{name: Go, type: exact}]", "categories", (Category("Go", "exact"),)),
        ("categories: Go, Web", "categories", (Category("Go"), Category("Web"))),
        ("tags: ['#a', b, A]\nkeywords: b", "keywords", ("b", "a")),
        ("categories: life travel", "categories", (Category("life travel"),)),
        ("author: Zoe", "authors", (Author("Zoe"),)),
        ("authors: [default]", "authors", ()),
        ("author: ann", "authors", (Author("ann", "https://ann.example", "ann@example.org"),)),
        ("author: Zoe <z@z.example>", "authors", (Author("Zoe", "", "z@z.example"),)),
        ("authors:\n- name: Zoe\n  url: https://z.example\n- Kim", "authors",
         (Author("Zoe", "https://z.example"), Author("Kim"))),
        ("author: {name: Zoe, url: 'javascript:x'}", "authors", (Author("Zoe"),)),
        ("lang: pt_BR", "language", "pt-BR"),
        ("lang: EN", "language", "en"),
        ("lang: english", "language", ""),
        ("", "language", "en"),
        ("draft: true", "is_draft", True),
        ("draft: yes", "is_draft", True),
        ("draft: 'false'", "is_draft", False),
        ("status: Draft", "is_draft", True),
        ("published: false", "is_draft", True),
        ("published: true", "is_draft", False),
        ("published: off", "is_draft", True),
        ("published: yes", "is_draft", False),
        ("published: No", "is_draft", True),
        ("published: 0", "is_draft", True),
        ("published:", "is_draft", False),
        ("published: 2025-03-18", "is_draft", False),
        ("publish: false", "is_draft", True),
        ("publish: true", "is_draft", False),
        ("publish: 2025-03-18", "is_draft", False),
        ("dg-publish: false", "is_draft", True),
        ("private: true", "is_draft", True),
        ("private: false", "is_draft", False),
        ("hidden: true", "is_draft", True),
        ("hidden: ''", "is_draft", False),
        ("build: {render: never}", "is_draft", True),
        ("_build: {list: false}", "is_draft", True),
        ("build: {render: link, list: local}", "is_draft", False),
        ("headless: true", "is_draft", True),
        ("unlisted: true", "is_draft", True),
        ("unlisted: false", "is_draft", False),
        ("permalink: false", "is_draft", True),
        ("eleventyExcludeFromCollections: true", "is_draft", True),
        ("render: false", "is_draft", True),
        ("featured: true\npinned: true\ntrending: 'true'\ndraft: true", "flags", frozenset({"featured", "pinned"})),
        ("readingTime: 6 min read", "reading_minutes", 6),
        ("reading_time: 4.6", "reading_minutes", 4),
        ("reading_time: soon", "reading_minutes", 0),
        ("generatedBy: Gemini", "generated_by", "Gemini"),
        ("aiGenerated: true", "generated_by", "AI"),
        ("externalUrl: https://x.example/a", "external_url", "https://x.example/a"),
        ("link: /not/external", "external_url", ""),
        ("id: tag:me,2020:1", "declared_id", "tag:me,2020:1"),
        ("syndication: https://s.example/1", "syndication", ("https://s.example/1",)),
        ("description: '**Bold** claim'", "summary", "Bold claim"),
        ("excerpt: '<p>One</p><p>two</p>'", "summary", "One two"),
        ("excerpt: 'Cut of...'\ndescription: 'Cut off no more.'", "summary", "Cut off no more."),
        ("excerpt: 'A mystery...'\ndescription: 'Another text.'", "summary", "A mystery..."),
        ("", "summary", "Body."),
        ("socialShare: 'Social Share: \"Go!\"'", "social_share", "Go!"),
        ("social: {mastodon: Hi, x: false, Bluesky: {Text: Yo, link: reply, warning: null}}", "social", {
            "mastodon": SocialOverride("Hi"), "x": SocialOverride(skip=True),
            "bluesky": SocialOverride("Yo", options={"link": "reply"})}),
        ("social: {twitter: 'no', threads: 0, mastodon: yes, nostr: ''}", "social", {
            "x": SocialOverride(skip=True), "threads": SocialOverride(skip=True), "mastodon": SocialOverride(),
            "nostr": SocialOverride()}),
        ("social: false", "social", {"all": SocialOverride(skip=True)}),
        ("params: {social_share: Go!}", "social_share", "Go!"),
        ("extra: {social: {x: Hi}}", "social", {"x": SocialOverride("Hi")}),
        ("taxonomies: {tags: [slow food]}", "keywords", ("slow food",)),
        ("taxonomies: {categories: [Food]}", "categories", (Category("Food"),)),
        ("custom_excerpt: Mine", "summary", "Mine"),
        ("social: true", "social", {}),
        ("status: new", "status", "new"),
        ("permalink: /here/", "permalink", "https://blog.example/here/"),
    ],
)  # fmt: skip
def test_fields_are_read(front: str, field: str, value: object) -> None:
    """Each shape people write gives the same value."""
    assert getattr(_parse(front), field) == value


@pytest.mark.parametrize(
    "front",
    [
        "social: [mastodon]",
        "social: 7",
        "social: {x: [Hi]}",
        "social: {x: 7}",
        "social: {x: {txt: Hi}}",
        "social: {x: {text: [Hi]}}",
        "social: {x: {text: false}}",
        "social: {x: {embargo: {until: 2026}}}",
        "social: {x: {embargo: after lunch}}",
        "social: {x: {link: nowhere}}",
        "socialShare: {x: Hi}",
        "socialShare: [Hi]",
        "socialShare: false",
        "socialShares: Hi",
        "soical_share: Hi",
        "socialSahre: Hi",
    ],
)
def test_a_wish_that_cannot_be_understood_is_a_problem_and_kept(front: str) -> None:
    """With its line, so that the message waits for whoever wrote it."""
    post = _parse(front)
    unclear = [one.unclear for one in post.social.values()] + [one.place for one in post.left_out if one.part == "wish"]
    assert [one.startswith("post.md:3, so") for one in unclear] == [True]
    assert [problem.line for problem in post.problems] == [3]


@pytest.mark.parametrize("when", ["2026-12-01", "2026-12-01 09:00", "2026-12-01T09:00:00+01:00", '"2026-12-01 09:00Z"'])
def test_an_embargo_is_any_date_that_can_be_read(when: str) -> None:
    """As YAML reads it, or as a text."""
    post = _parse(f"social: {{x: {{embargo: {when}}}}}")
    assert (post.social["x"].unclear, post.problems) == ("", ())


@pytest.mark.parametrize(
    ("front", "meant"),
    [
        ("darft: false", ["draft"]),
        ("daet: 2027-01-28", ["date"]),
        ("imageAtl: A hill\nexerpt: Words", ["imageAlt"]),
        ("darft: no\nimgAlt: x\nimage_alts: x", ["draft", "imageAlt"]),
        ("data: {a: 1}\nsocial_image: /a.jpg\nimage_alt: A\nshare: true\nsocialLinks: [a]\nimages_dir: a", []),
        ("drafts: true\ndraft: false", []),
    ],
)
def test_a_key_that_is_misspelt_is_told_where_a_message_would_be_wrong(front: str, meant: list[str]) -> None:
    """A draft would go out, at once for later, or without the picture's words; other people's keys are left alone."""
    post = _parse(f"image: https://i.example/a.png\n{front}")
    told = [one.message.rpartition(" ")[2].strip('"?') for one in post.problems]
    assert told == meant
    assert bool(post.left_out) is bool(meant)


def test_addresses_are_never_mended() -> None:
    """The generator uses a broken slug or id as it stands, so must we."""
    post = _parse("slug: cafÃ©\nid: cafÃ©")
    assert (post.slug, post.declared_id) == ("cafÃ", "cafÃ©")


LEAD = "image: https://i.example/a.png\nimageCredit: By [Me](https://me.example)"


@pytest.mark.parametrize(
    ("body", "html"),
    [
        ("![x](https://i.example/a.png)\n\nText", "<p>Text</p>"),
        ("![x](https://i.example/a.png?w=9)\n*By Me*\n\nText", "<p>Text</p>"),
        ("![x](https://i.example/a.png)\n*A caption*\n\nText", "<p><em>A caption</em></p>\n<p>Text</p>"),
        ("[![x](https://i.example/a.png)](/full)\n\nText", "<p>Text</p>"),
        ("<figure><img src=https://i.example/a.png><figcaption>By Me</figcaption></figure>\n\nText", "<p>Text</p>"),
        ("<figure><img src=https://i.example/a.png><figcaption>Cap</figcaption></figure>\n\nText",
         "<p>Cap</p>\n<p>Text</p>"),
        ("<p><a href='/b'><img src=https://i.example/a.png> more</a></p>",
         '<p><a href="https://blog.example/b"><img src="https://i.example/a.png"> more</a></p>'),
        ("![x](https://i.example/b.png)", '<p><img src="https://i.example/b.png" alt="x"></p>'),
        ("Text ![x](https://i.example/a.png)", '<p>Text <img src="https://i.example/a.png" alt="x"></p>'),
        ("# T\n\n![x](https://i.example/a.png)\n\nText", "<p>Text</p>"),
    ],
)  # fmt: skip
def test_the_lead_image_is_not_there_twice(body: str, html: str) -> None:
    """An opening image that is the post's picture goes, with a caption that only repeats the credit."""
    assert _parse(LEAD, body=body).html == html


@pytest.mark.parametrize(
    ("title", "plain"),
    [
        ("'A <em>fine</em> *title*'", "A fine title"),
        ("2024", "2024"),
        ("'  two\n\n  lines '", "two lines"),
        ('"tab\\there"', "tab here"),
    ],
)
def test_titles_are_plain_lines(title: str, plain: str) -> None:
    """A title is one line of plain text."""
    assert _parse(f"x: y\ntitle: {title}").title == plain


@pytest.mark.parametrize("name", ["pubDate", "published_at", "publishDate", "Date", "date_published"])
def test_dates_by_other_names(name: str) -> None:
    """Every generator's name of the date is known, in any case."""
    assert str(_parse(f"{name}: 2025-03-18 10:00").published_at) == "2025-03-18 09:00:00+00:00"


def test_mapped_names_win() -> None:
    """`[fields]` names the author's own keys, also in a table, also for flags; ours count where theirs is absent."""
    fields = {"socialShare": "meta.toot", "featured": "sticky", "excerpt": "lead"}
    post = _parse("meta: {toot: Hi}\nsticky: true\nexcerpt: Ours.", fields=fields)
    assert (post.social_share, post.summary) == ("Hi", "Ours.")
    assert "featured" in post.flags


def test_drafts_folder_makes_drafts() -> None:
    """Jekyll's `_drafts` are drafts."""
    assert _parse("", source="_drafts/idea.md").is_draft


@pytest.mark.parametrize(
    ("front", "key", "line"),
    [
        ("date: 2025-02-30", "date", 3),
        ("x: y\npubDate: someday", "pubDate", 4),
    ],
)
def test_a_bad_date_stops_the_post(front: str, key: str, line: int) -> None:
    """A post with an unreadable date must not go out as if it were new."""
    with pytest.raises(ContentError) as caught:
        _parse(front)
    assert (caught.value.key, caught.value.line) == (key, line)


def test_a_post_that_may_be_a_draft_is_stopped() -> None:
    """Neither feed nor message before its author has corrected the misspelt key; what a draft is, is one anyway."""
    with pytest.raises(ContentError, match='did you mean "draft"') as caught:
        _parse("darft: true")
    assert (caught.value.key, caught.value.line) == ("darft", 3)
    assert _parse("darft: true\ndraft: true").is_draft


def test_a_post_without_title_and_heading_is_stopped() -> None:
    """There is nothing to call it."""
    with pytest.raises(ContentError, match="no title"):
        _parse("title: ''")


@pytest.mark.parametrize(
    ("body", "title", "said"),
    [
        ("Ship *it*.\n\nThen sleep,\nlong.", "Ship it. Then sleep, long.", "Ship it.\n\nThen sleep, long."),
        ("![A heron](/h.jpg)", "A heron", "A heron"),
        ("> Yes.\n\n[No](other.md)", "Yes. No", "Yes.\n\nNo"),
        (f"{'word ' * 30}end.", f"{'word ' * 15}word…", f"{'word ' * 30}end."),
        ("word. " * 200, "word. " * 12 + "word.", "word. " * 49 + "word."),
    ],
)
def test_a_note_is_called_by_its_first_words_and_says_all_of_them(body: str, title: str, said: str) -> None:
    """A dated post needs no title; a long one is announced by its beginning."""
    post = _parse("title: ''\ndate: 2025-03-01", body=body)
    assert (post.title, post.note) == (title, said)
    assert post.summary == " ".join(said.split())


@pytest.mark.parametrize(
    ("title", "name", "expected"),
    [
        ("", "2025-03-01-1201.md", ("Words.", "Words.")),
        ("title: ''", "2025-03-01-a-walk.md", ("Words.", "Words.")),
        ("", "2025-03-01-a-walk.md", ("A Walk", "")),
    ],
)
def test_jekylls_note_has_an_empty_title_or_a_file_called_by_a_number(
    title: str, name: str, expected: tuple[str, str]
) -> None:
    """Else Jekyll makes a title of the file's name."""
    settings = make_settings(Path("/nowhere"), generator="jekyll")
    post = parse_post(f"---\n{title}\n---\nWords.", name, f"/nowhere/{name}", settings)
    assert (post.title, post.note) == expected


def test_the_site_of_a_ghost_export_is_the_site() -> None:
    """Its posts write a sign for it, which code may show."""
    post = _parse("feature_image: __GHOST_URL__/x.jpg", body="[a](__GHOST_URL__/a/) `__GHOST_URL__/`")
    assert post.picture
    assert post.picture.url == "https://blog.example/x.jpg"
    assert post.html == '<p><a href="https://blog.example/a/">a</a> <code>__GHOST_URL__/</code></p>'


def test_code_of_the_generator_in_a_note_holds_its_messages() -> None:
    """They say all of it, not its summary alone."""
    post = _parse("title: ''\ndate: 2025-03-01", body=f"{'word ' * 80}\n\n{{{{ page.version }}}} is out.")
    assert [one.part for one in post.left_out] == ["summary"]


@pytest.mark.slow
@pytest.mark.parametrize("unit", ["--8<--\n", "{{ page.unknown }} "])
def test_code_again_and_again_is_noted_five_hundred_times(unit: str) -> None:
    """Each note has its line, which is looked for in the whole text."""
    post = _parse("date: 2025-03-01", body=unit * 40_000)
    assert len(post.repairs) == 500


@pytest.mark.parametrize("title", ["", "\u200b"])
def test_the_heading_is_the_title_of_a_post_without_one(title: str) -> None:
    """The first H1 stands in for nothing to be seen, and is not there twice."""
    post = _parse(f"title: '{title}'", body="# Hello **there** {#x}\n\nWords.")
    assert (post.title, post.html) == ("Hello there", "<p>Words.</p>")


def test_repairs_can_be_turned_off() -> None:
    """`repair = false` leaves every text as it is."""
    post = _parse("excerpt: cafÃ©", body="naÃ¯ve", repair=False)
    assert (post.summary, post.html, post.repairs) == ("cafÃ©", "<p>naÃ¯ve</p>", ())


def test_repairs_name_field_and_line() -> None:
    """A person finds each mend in the file."""
    post = _parse("excerpt: cafÃ©", body="\nfine\n\nnaÃ¯ve text")
    assert [(repair.field, repair.line, repair.after) for repair in post.repairs] == [
        ("excerpt", 3, "café"),
        ("body", 8, "naïve text"),
    ]


def test_a_line_that_only_loses_its_end_is_a_repair() -> None:
    """Nothing else differs, so there is no letter to point at."""
    post = _parse("excerpt: E", body="```\x80\x00")
    assert [(repair.field, repair.line) for repair in post.repairs] == [("body", 5)]


def _digest(front: str = "excerpt: E", body: str = "Body.") -> str:
    return _parse(front, body=body).digest


@pytest.mark.parametrize(
    ("front", "body"),
    [
        ("excerpt: E\ntitle: other", "Body."),
        ("excerpt: F", "Body."),
        ("excerpt: E", "Body!"),
        ("excerpt: E\nimage: https://i.example/a.png", "Body."),
        ("excerpt: E\nauthor: Zoe", "Body."),
        ("excerpt: E\ncategory: Go", "Body."),
        ("excerpt: E\nlanguage: de", "Body."),
    ],
)
def test_digest_moves_with_what_a_reader_sees(front: str, body: str) -> None:
    """Any visible change is a change."""
    assert _digest(front, body) != _digest()


@pytest.mark.parametrize(
    ("front", "body"),
    [
        ("socialShare: Hi\nexcerpt: E", "Body."),
        ("excerpt: 'E'\nunknown: 1\nfeatured: true", "\n\nBody.\n"),
        ("slug: elsewhere\nexcerpt: E", "Body."),
        ("excerpt: E", "Body.<script>1</script>"),
    ],
)
def test_digest_ignores_what_a_reader_does_not_see(front: str, body: str) -> None:
    """Social text, layout of the file, address and hidden widgets change nothing for a reader."""
    assert _digest(front, body) == _digest()


@pytest.mark.parametrize(
    ("front", "key"),
    [
        ("title: " + "a" * 1_001, "title"),
        ("socialShare: " + "a" * 10_001, "socialShare"),
        ("social: {x: {text: " + "a" * 10_001 + "}}", "social"),
        ("slug: " + "a" * 10_001, "slug"),
        ("tags: [" + "a" * 10_001 + "]", "tags"),
    ],
)
def test_a_text_beyond_its_limit_stops_the_post_and_names_the_key(front: str, key: str) -> None:
    """Nothing of that length is a title or a message; the author hears which field it is, and its line."""
    with pytest.raises(ContentError, match=r"more than 1") as caught:
        _parse(front)
    assert (caught.value.key, caught.value.line > 0) == (key, True)


@pytest.mark.parametrize("key", ["categories", "tags", "author", "syndication"])
def test_a_list_beyond_its_limit_is_cut_and_told(key: str) -> None:
    """The first two hundred entries count."""
    post = _parse(f"{key}: [" + ", ".join(f"https://a.example/{n}" for n in range(250)) + "]")
    found = {
        "categories": post.categories,
        "tags": post.keywords,
        "author": post.authors,
        "syndication": post.syndication,
    }
    assert len(found[key]) == 200
    assert [problem.message for problem in post.problems] == [f'"{key}" has 250 entries, of which the first 200 count']


def test_few_of_many_files_are_looked_for() -> None:
    """Each is looked for in every folder that the site shows."""
    post = _parse("enclosure: [" + ", ".join(f"{n}.mp3" for n in range(250)) + "]")
    assert len(post.media) == 20
    assert ["has 250 entries" in problem.message for problem in post.problems] == [True]


@pytest.mark.parametrize(
    "date", ["0001-01-01", "9999-12-31T23:59:59-12:00", "0999-12-31", "9001-01-01", "1e400", ".nan"]
)
def test_a_date_that_nobody_can_reckon_with_is_a_problem(date: str) -> None:
    """Feeds write years with four digits, and plans count days before and after."""
    with pytest.raises(ContentError, match=r"is not a date that can be read(: \w.*)?$"):
        _parse(f"date: {date}")


# --- Whatever stands in the fields, there is a post that can be kept, or an error that can be read ---

LEAVES = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=30)
    | st.sampled_from(["https://a.example/b.png", "../x.png", "2025-01-01", "[a](b)", "<script>", "\ud800", "a, b"])
)
INNER = st.sampled_from(["name", "url", "src", "alt", "x", "y", "text", "skip", "type", "a\ud800"])
VALUES = st.recursive(
    LEAVES, lambda child: st.lists(child, max_size=3) | st.dictionaries(INNER, child, max_size=3), max_leaves=6
)


@given(st.dictionaries(st.sampled_from([*NAMES, "featured"]), VALUES, max_size=8), st.text(max_size=80))
def test_any_fields_make_a_post_or_a_readable_error(fields: dict[str, object], body: str) -> None:
    """The post has a title of one line, an http address, no NUL, and survives the cache unchanged."""
    text = drop_broken(json.dumps({"title": "T", **fields}) + "\n" + body)
    try:
        post = parse_post(text, "a.mdx", "/nowhere/a.mdx", make_settings(Path("/nowhere")))
    except ContentError:
        return
    assert post.title
    assert "\n" not in post.title
    assert post.permalink.startswith(("https://", "http://"))
    assert "\0" not in post.html + post.markdown
    kept, stats = {"a.mdx": Outcome(replace(post, html="", markdown=""))}, {"a.mdx": (1, 2, 3, "digest")}
    cache = PostCache(make_settings(Path("/nowhere")), Memory())
    assert cache.save(stats, kept, kept)
    assert cache.load() == (stats, kept)
