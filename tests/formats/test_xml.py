"""RSS and Atom: what stands where."""

from __future__ import annotations

from dataclasses import replace
from typing import Any
from xml.etree.ElementTree import fromstring

import feedparser
import pytest

from syndicate.formats.assembly import clean_url
from syndicate.formats.jsonfeed import render as render_json
from syndicate.formats.xml_feeds import render_atom, render_rss
from syndicate.model import Author, Enclosure
from tests.formats.reading import (
    ATOM,
    CONTENT,
    DC,
    HISTORY,
    MEDIA,
    SOURCE,
    channel,
    check_atom,
    check_json,
    check_rss,
    read_atom,
    read_json,
    read_rss,
)
from tests.formats.samples import ENTRY, HOME, entry, feed

ARCHIVES = {
    "previous": {"rss": f"{HOME}/feeds/archive/1.rss", "atom": f"{HOME}/feeds/archive/1.atom"},
    "next": {"rss": f"{HOME}/feeds/archive/3.rss", "atom": f"{HOME}/feeds/archive/3.atom"},
    "current": {"rss": f"{HOME}/feeds/rss.xml", "atom": f"{HOME}/feeds/atom.xml"},
}


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("title", "Hello & goodbye"),
        ("link", f"{HOME}/blog/hello/"),
        ("guid", ENTRY.id),
        ("description", "What the post is about."),
        (f"{CONTENT}encoded", ENTRY.html),
        ("pubDate", "Sat, 01 Mar 2025 09:30:00 +0000"),
        (f"{ATOM}updated", "2025-03-03T09:30:00+00:00"),
        (f"{DC}creator", "Ann Lind"),
        (f"{DC}language", "en"),
        (f"{MEDIA}content/{MEDIA}description", "A harbour at dawn"),
        (f"{MEDIA}content/{MEDIA}credit", "Photo by Mia Berg on Fotosite"),
    ],
)
def test_an_rss_item_says(name: str, text: str) -> None:
    """Every fact of a post has its element in an RSS item."""
    item = channel(render_rss(feed())).find("item")
    assert item is not None
    assert item.findtext(name) == text


@pytest.mark.parametrize("html", [ENTRY.html, ""])
def test_only_atom_which_needs_one_calls_a_note_by_its_first_words(html: str) -> None:
    """Readers show a note as one where it has no title, and RSS and JSON Feed can do without."""
    note = replace(ENTRY, is_note=True, title="What the post is", html=html)
    documents = [render(feed(note)) for render in (render_rss, render_atom, render_json)]
    for data, check in zip(documents, (check_rss, check_atom, check_json), strict=True):
        check(data)
    titles = [read(data)[0].title for read, data in zip((read_rss, read_atom, read_json), documents, strict=True)]
    assert titles == ["", note.title, ""]


def test_an_rss_item_points_at_files_with_their_size() -> None:
    """The picture travels as media:content and enclosure with type and bytes, the card as thumbnail."""
    item = channel(render_rss(feed())).find("item")
    assert item is not None
    picture, card, file = (item.find(name) for name in (f"{MEDIA}content", f"{MEDIA}thumbnail", "enclosure"))
    assert picture is not None and card is not None and file is not None  # noqa: PT018  # three facts of one kind
    url = "https://images.example/harbour?w=1200&fm=webp"
    shape = {"url": url, "type": "image/webp", "medium": "image"}
    assert picture.attrib == shape | {"fileSize": "54321", "width": "1200", "height": "800"}
    assert file.attrib == {"url": url, "type": "image/webp", "length": "54321"}
    assert card.attrib == {"url": f"{HOME}/feeds/cards/hello.3fa9c1.jpg", "width": "1200", "height": "630"}


def test_rss_has_one_enclosure_and_atom_all() -> None:
    """RSS allows one enclosure, the first; Atom carries each with its length."""
    files = tuple(Enclosure(f"https://f.example/{n}.mp3", "audio/mpeg", n) for n in (1, 2))
    site = feed(entry(enclosures=files))
    check_rss(render_rss(site))
    assert channel(render_rss(site)).find("item/enclosure").attrib["url"].endswith("/1.mp3")  # type: ignore[union-attr]
    links = fromstring(render_atom(site)).findall(f"{ATOM}entry/{ATOM}link[@rel='enclosure']")
    assert [(link.get("href"), link.get("length")) for link in links] == [(f.url, str(f.length)) for f in files]


def test_an_atom_entry_keeps_rel_type_and_length_of_its_links() -> None:
    """feedgen drops these attributes of entry links; our extension puts them back."""
    found = fromstring(render_atom(feed(entry(external_url="https://else.example/"))))
    links = [link.attrib for link in found.findall(f"{ATOM}entry/{ATOM}link")]
    assert links == [
        {"href": f"{HOME}/blog/hello/", "rel": "alternate", "type": "text/html"},
        {
            "href": "https://images.example/harbour?w=1200&fm=webp",
            "rel": "enclosure",
            "type": "image/webp",
            "length": "54321",
            "title": "A harbour at dawn",
        },
        {"href": "https://else.example/", "rel": "related"},
    ]


def test_both_name_self_hub_and_archives() -> None:
    """RSS and Atom carry the same links of the document: itself, its hub, its archives."""
    site = feed(**ARCHIVES, is_archive=True)
    wanted = {
        "self": "{0}.xml",
        "hub": "https://hub.example/",
        "prev-archive": "archive/1.{0}",
        "next-archive": "archive/3.{0}",
        "current": "{0}.xml",
    }
    for form, parent in (("rss", channel(render_rss(site))), ("atom", fromstring(render_atom(site)))):
        links = {link.get("rel"): link.get("href", "") for link in parent.findall(f"{ATOM}link")}
        for rel, ending in wanted.items():
            assert links[rel].endswith(ending.format(form)), (form, rel)
        assert parent.find(f"{HISTORY}archive") is not None


def test_a_current_feed_is_no_archive() -> None:
    """fh:archive stands in archives only: readers would never poll the feed again."""
    assert b"fh:archive" not in render_rss(feed()) + render_atom(feed())


def test_typed_categories_keep_their_scheme() -> None:
    """ "exact" and "general" become schemes of the site; keywords and plain categories have none."""
    wanted = [
        ("Boats", f"{HOME}/#exact"),
        ("Leisure", f"{HOME}/#general"),
        ("Diary", None),
        ("harbour", None),
    ]
    items = channel(render_rss(feed())).findall("item/category")
    assert [(c.text, c.get("domain")) for c in items] == wanted
    entries = fromstring(render_atom(feed())).findall(f"{ATOM}entry/{ATOM}category")
    assert [(c.get("term"), c.get("scheme")) for c in entries] == wanted


def test_generated_text_says_so() -> None:
    """A post with generatedBy carries the IPTC term for AI-made text, with the tool's name for people."""
    site = feed(entry(generated_by="Gemini"))
    last = fromstring(render_atom(site)).findall(f"{ATOM}entry/{ATOM}category")[-1]
    assert last.get("term") == "trainedAlgorithmicMedia"
    assert last.get("label") == "Written with Gemini"
    assert channel(render_rss(site)).findall("item/category")[-1].text == "Written with Gemini"


def test_markdown_is_sent_only_where_wanted() -> None:
    """source:markdown carries the source where the site asks for it, else nothing."""
    assert channel(render_rss(feed(entry(markdown="# Hi")))).findtext(f"item/{SOURCE}markdown") == "# Hi"
    assert channel(render_rss(feed())).find(f"item/{SOURCE}markdown") is None


def test_a_summary_that_looks_like_html_stays_text() -> None:
    """RSS readers take descriptions for HTML, Atom says "text": both show the letters the author typed."""
    site = feed(entry(summary="Why <b> & <script> matter"))
    assert channel(render_rss(site)).findtext("item/description") == "Why &lt;b&gt; &amp; &lt;script&gt; matter"
    assert fromstring(render_atom(site)).findtext(f"{ATOM}entry/{ATOM}summary") == "Why <b> & <script> matter"


def test_no_cdata_anywhere() -> None:
    """Content is escaped, never CDATA, so that "]]>" in a post cannot end anything."""
    site = feed(entry(html="<p>]]> and <![CDATA[ too</p>"))
    for data in (render_rss(site), render_atom(site)):
        assert b"<![CDATA[" not in data
    check_atom(render_atom(site))


def test_nobody_named_is_the_site_itself() -> None:
    """Atom demands an author: where neither posts nor site name one, the feed's title stands in."""
    check_atom(render_atom(feed(entry(authors=()), authors=())))
    check_atom(render_atom(feed(entry(authors=(Author(""),)), authors=(Author(" "),))))


def test_one_language_per_entry() -> None:
    """An entry in another language says so, in Atom by xml:lang, in RSS by dc:language."""
    site = feed(entry(language="ar"))
    found = fromstring(render_atom(site)).find(f"{ATOM}entry")
    assert found is not None
    assert found.get("{http://www.w3.org/XML/1998/namespace}lang") == "ar"
    assert channel(render_rss(site)).findtext(f"item/{DC}language") == "ar"


def test_dates_come_from_the_posts_alone() -> None:
    """lastBuildDate and updated are the newest visible change, never the clock's now."""
    assert channel(render_rss(feed())).findtext("lastBuildDate") == "Mon, 03 Mar 2025 09:30:00 +0000"
    assert fromstring(render_atom(feed())).findtext(f"{ATOM}updated") == "2025-03-03T09:30:00+00:00"


def test_markup_in_the_name_of_the_site_is_no_part_of_it() -> None:
    """Titles and names are words alone: some readers take them for HTML, others show them as they are."""
    site = replace(feed(), title="A <b>blog</b> &amp; more", authors=(Author("<i>Ann</i>", "", "no mail"),))
    head = channel(render_rss(site))
    atom = fromstring(render_atom(site))
    assert head.findtext("title") == atom.findtext(f"{ATOM}title") == "A blog & more"
    assert atom.findtext(f"{ATOM}author/{ATOM}name") == "Ann"
    assert atom.find(f"{ATOM}author/{ATOM}email") is None


@pytest.mark.parametrize(
    ("written", "sent"),
    [
        ("https://blog.example/images/写真.jpg", "https://blog.example/images/%E5%86%99%E7%9C%9F.jpg"),
        ("https://bücher.example/a b[1].png?x=ä#y#z", "https://xn--bcher-kva.example/a%20b%5B1%5D.png?x=%C3%A4#y%23z"),
        ("https://blog.example/100%.png", "https://blog.example/100%25.png"),
        ("https://blog.example/a%20b.png?c=d&e=f", "https://blog.example/a%20b.png?c=d&e=f"),
        ("http://[::1]/a|b", "http://[::1]/a%7Cb"),
        ("https://ann:pö@blog.example/é", "https://ann:p%C3%B6@blog.example/%C3%A9"),
        ("https://" + "a" * 70 + ".é/x", "https://" + "a" * 70 + ".%C3%A9/x"),
    ],
)
def test_addresses_have_the_letters_of_addresses(written: str, sent: str) -> None:
    """Whatever else an author wrote is percent-encoded, and what was encoded already stays."""
    assert clean_url(written) == sent


def test_a_head_has_the_elements_that_a_site_adds() -> None:
    """Text, attributes and children; each document declares the namespaces that it uses, and no other."""
    extra = {
        "webfeeds:accentColor": "2ee5ac",
        "podcast:locked": {"value": "yes", "owner": "ann@blog.example"},
        "follow_challenge": {"feedId": "1", "userId": "2"},
    }
    rss, atom = render_rss(feed(entry(), extra=extra)), render_atom(feed(entry(), extra=extra))
    for document, space in ((rss, ""), (atom, ATOM)):
        head = fromstring(document)
        parent = head if space else head[0]
        assert parent.findtext("{http://webfeeds.org/rss/1.0}accentColor") == "2ee5ac"
        locked = parent.find("{https://podcastindex.org/namespace/1.0}locked")
        assert locked is not None
        assert (locked.text, locked.attrib) == ("yes", {"owner": "ann@blog.example"})
        assert parent.findtext(f"{space}follow_challenge/{space}userId") == "2"
    bare = render_atom(feed(replace(ENTRY, picture=None, card=None, markdown="")))
    assert b"xmlns:" not in bare
    assert b"xmlns:media=" in rss
    assert b"xmlns:source=" not in render_rss(feed(replace(ENTRY, markdown="")))


# --- A real parser, the one most Python readers use, agrees with what we meant ---


@pytest.fixture(params=[render_rss, render_atom], ids=["rss", "atom"])
def parsed(request: pytest.FixtureRequest) -> Any:
    found = feedparser.parse(request.param(feed()))
    assert not found.bozo
    return found


def test_the_parser_sees_the_entry(parsed: Any) -> None:
    """Id, link, title, summary, content, author, dates and language arrive in both formats."""
    (one,) = parsed.entries
    assert one.id == ENTRY.id
    assert one.link == ENTRY.url
    assert one.title == ENTRY.title
    assert one.summary == ENTRY.summary
    assert one.content[0].value == ENTRY.html
    assert one.author.startswith("Ann Lind")
    assert one.published_parsed[:5] == (2025, 3, 1, 9, 30)
    assert one.updated_parsed[:5] == (2025, 3, 3, 9, 30)


def test_the_parser_sees_the_files(parsed: Any) -> None:
    """Picture, thumbnail, credit and enclosure arrive in both formats."""
    (one,) = parsed.entries
    assert one.media_content[0]["filesize"] == "54321"
    assert one.media_thumbnail[0]["url"] == f"{HOME}/feeds/cards/hello.3fa9c1.jpg"
    assert one.media_credit[0]["content"] == "Photo by Mia Berg on Fotosite"
    assert one.enclosures[0].length == "54321"


def test_the_parser_finds_the_hub(parsed: Any) -> None:
    """WebSub discovery works from the document alone."""
    links = {link.rel: link.href for link in parsed.feed.links}
    assert links["hub"] == "https://hub.example/"
    assert links["self"].startswith(f"{HOME}/feeds/")
