"""The categories of an entry for XML: the typed ones with their scheme, keywords, and the word on AI."""

from __future__ import annotations

from urllib.parse import quote

from syndicate.formats.clean import clean_line, clean_url
from syndicate.model import Entry

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
