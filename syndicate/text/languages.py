"""Language tags in one spelling for feeds, pages and all networks. RFC 5646 (BCP 47)."""

from __future__ import annotations

import re

# Language of two or three letters, extended languages, script, region, variants, extensions, private use. The longer
# languages that the grammar reserves ("english") are none that exist.
_TAG = re.compile(
    r"[a-z]{2,3}(?:-[a-z]{3}){0,3}(?:-[a-z]{4})?(?:-(?:[a-z]{2}|[0-9]{3}))?"
    r"(?:-(?:[a-z0-9]{5,8}|[0-9][a-z0-9]{3}))*(?:-[0-9a-wyz](?:-[a-z0-9]{2,8})+)*(?:-x(?:-[a-z0-9]{1,8})+)?"
)
_LONGEST = 60


def normalise_language(written: str) -> str:
    """The tag as networks and feeds take it ("EN" is "en", "pt_br.UTF-8" is "pt-BR"); "" for what is not a tag."""
    tag = written.strip().partition(".")[0].partition("@")[0].replace("_", "-").lower()
    if len(tag) > _LONGEST or not _TAG.fullmatch(tag):
        return ""
    first, *others = tag.split("-")
    return "-".join((first, *_spell(others)))


def _spell(subtags: list[str]) -> list[str]:
    """Scripts as in "Hant", regions as in "TW"; behind a single letter everything is lower case."""
    single = next((place for place, tag in enumerate(subtags) if len(tag) == 1), len(subtags))
    return [_spell_one(tag) for tag in subtags[:single]] + subtags[single:]


def _spell_one(subtag: str) -> str:
    if len(subtag) == 2:
        return subtag.upper()
    return subtag.title() if len(subtag) == 4 and subtag.isalpha() else subtag
