"""The links of a document and of an entry, as values."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import quote

from syndicate.formats.clean import clean_line, clean_url
from syndicate.model import FEED_FORMATS, Entry, Feed


@dataclass(frozen=True, slots=True)
class Link:
    """An Atom link (RFC 4287 section 4.2.7); `length` in bytes, 0 where unknown."""

    rel: str
    href: str
    type: str = ""
    title: str = ""
    length: int = 0

    def attributes(self) -> dict[str, str]:
        """The attributes that have a value."""
        length = str(self.length or "")
        pairs = {
            "href": clean_url(self.href),
            "rel": self.rel,
            "type": self.type,
            "title": clean_line(self.title),
            "length": length,
        }
        return {name: value for name, value in pairs.items() if value}


def list_feed_links(feed: Feed, form: str) -> tuple[Link, ...]:
    """All links of one document: self, hubs, archives, the other formats, and last the home page."""
    kind = FEED_FORMATS[form].media_type
    links = [Link("self", feed.urls[form], kind)]
    links += [Link("hub", hub) for hub in feed.hubs]
    for rel, urls in (("prev-archive", feed.previous), ("next-archive", feed.next), ("current", feed.current)):
        if form in urls:
            links.append(Link(rel, urls[form], kind))
    links += [Link("alternate", url, FEED_FORMATS[name].media_type) for name, url in feed.urls.items() if name != form]
    return (*links, Link("alternate", feed.home_url, "text/html"))


def list_entry_links(entry: Entry) -> tuple[Link, ...]:
    """The links of an entry in Atom: its page, its files, and what it is about."""
    links = [Link("alternate", entry.url, "text/html")]
    links += [Link("enclosure", file.url, file.media_type, file.title, file.length) for file in entry.enclosures]
    if entry.external_url:
        links.append(Link("related", entry.external_url))
    return tuple(links)


# --- the categories of an entry for XML ---

# IPTC NewsCodes, Digital Source Type: the text was made by a trained model.
AI_SCHEME = "http://cv.iptc.org/newscodes/digitalsourcetype/"
AI_TERM = "trainedAlgorithmicMedia"


def list_labels(entry: Entry, home_url: str) -> list[dict[str, str]]:
    """Atom categories as feedgen takes them: `term`, and where there is one `scheme` and `label`.

    The scheme of an author's own kind of category ("exact", "general") is an address of the site, so that equal
    words of two sites stay two schemes.
    """
    labels = []
    for category in entry.categories:
        scheme = {"scheme": f"{clean_url(home_url)}#{quote(category.type)}"} if category.type else {}
        labels.append({"term": clean_line(category.name)} | scheme)
    named = {category.name.casefold() for category in entry.categories}
    labels += [{"term": clean_line(tag)} for tag in entry.tags if tag.casefold() not in named]
    if entry.generated_by:
        label = f"Written with {clean_line(entry.generated_by)}"
        labels.append({"term": AI_TERM, "scheme": AI_SCHEME, "label": label})
    return [label for label in labels if label["term"]]
