"""Patterns of addresses: the words that ours may hold, and those of other programs in our words."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from typing import Final

import regex

from syndicate.text import normalize

NAMING: Final = ("slug", "name", "title", "path", "undated", "only_title")
"""Words that tell one post from another; a pattern needs one of them."""
DATES = (
    "year", "month", "day", "hour", "minute", "second", "i_month", "i_day", "short_year", "long_month", "short_month",
    "weekday", "long_day", "short_day", "yearday", "y_day", "week",
)  # fmt: skip
WORDS: Final = (
    *NAMING, *DATES, "folders", "sections", "category", "categories", "language", "other_language", "author",
)  # fmt: skip
"""Every word between braces that a pattern may hold."""

# gohugo.io/configuration/permalinks. Hugo's `:slug` is the title where no slug is declared, `:title` always is.
HUGO: Final[Mapping[str, str]] = {
    **{name: f"{{{name}}}" for name in ("year", "month", "day", "weekday", "yearday")},
    "title": "{only_title}", "slug": "{title}", "slugorfilename": "{slug}", "slugorcontentbasename": "{slug}",
    "filename": "{name}", "contentbasename": "{name}", "monthname": "{long_month}", "weekdayname": "{long_day}",
    # Go's moment of reference: each number and name stands for that part of a date
    "2006": "{year}", "06": "{short_year}", "01": "{month}", "1": "{i_month}", "Jan": "{short_month}",
    "January": "{long_month}", "02": "{day}", "2": "{i_day}", "002": "{y_day}", "15": "{hour}", "04": "{minute}",
    "05": "{second}", "Mon": "{short_day}", "Monday": "{long_day}",
}  # fmt: skip
# jekyllrb.com/docs/permalinks. Jekyll's `:title` is the file name with its capitals.
JEKYLL: Final[Mapping[str, str]] = {
    **{name: f"{{{name}}}" for name in DATES if name not in {"weekday", "yearday"}},
    "title": "{name}", "slug": "{slug}", "name": "{slug}", "path": "{path}", "categories": "{categories}",
    "slugified_categories": "{categories}", "output_ext": ".html", "w_year": "{year}",
}  # fmt: skip
JEKYLL_STYLES: Final[Mapping[str, str]] = {
    "date": "/:categories/:year/:month/:day/:title.html",
    "pretty": "/:categories/:year/:month/:day/:title/",
    "none": "/:categories/:title.html",
    "ordinal": "/:categories/:year/:y_day/:title.html",
    "weekdate": "/:categories/:year/W:week/:short_day/:title.html",
}


def from_colons(pattern: str, words: Mapping[str, str]) -> str:
    """ "/:year/:title/" → "/{year}/{slug}/" by a program's words; "" where one of its words has no word of ours."""
    unknown = [word for word in re.findall(r":(\w+)", pattern) if _word_of(word, words) is None]
    if unknown or re.search(r"[{}\[\]]", pattern):
        return ""
    filled = re.sub(r":(\w+)", lambda found: _word_of(found[1], words) or "", pattern)
    return "/" + re.sub(r"/{2,}", "/", filled).lstrip("/")


def _word_of(word: str, words: Mapping[str, str]) -> str | None:
    """The word itself, or the longest beginning of it that is one: Jekyll reads ":year_x" as ":year" and "_x"."""
    lowered = word.lower()
    if word in words:
        return words[word]
    if lowered in words:
        return words[lowered]
    start = next((name for name in sorted(words, key=len, reverse=True) if lowered.startswith(f"{name}_")), "")
    return words[start] + word[len(start) :] if start else None


# What templates of addresses are made of (Eleventy, Lume: Liquid, Nunjucks, template literals), in our words.
_SLUGGED = r"\s*\|\s*(?:slug|slugify|slugifyString|urlize)\b[^}|]*"
_TEMPLATES: Final = (
    (rf"(?:page\.)?fileSlug{_SLUGGED}", "{slug}"),
    (r"(?:page\.|data\.page\.|this\.page\.)?fileSlug", "{name}"),
    (r"(?:page\.)?filePathStem", "{stem}"),
    (rf"(?:page\.)?slug(?:{_SLUGGED})?", "{slug}"),
    (rf"title{_SLUGGED}", "{title}"),
    *(
        (rf"""(?:page\.)?date\s*\|\s*date:?\s*\(?\s*["']{layout}["']\s*\)?""", word)
        for layout, word in (
            ("%Y/%m/%d", "{year}/{month}/{day}"), ("%Y/%m", "{year}/{month}"), ("%Y-%m-%d", "{year}-{month}-{day}"),
            ("%Y", "{year}"), ("%m", "{month}"), ("%d", "{day}"), ("YYYY/MM/DD", "{year}/{month}/{day}"),
            ("YYYY/MM", "{year}/{month}"), ("YYYY", "{year}"), ("MM", "{month}"), ("DD", "{day}"),
        )
    ),
    (r"(?:page\.)?date\.getFullYear\(\)", "{year}"),
)  # fmt: skip


def from_template(pattern: str, stem: str = "") -> str:
    """ "/{{ page.fileSlug }}/" or "/${data.title | slugify}/" in our words, "" where we have no word for a part.

    `stem` stands for Eleventy's `filePathStem`, the path below its input folder.
    """
    filled = re.sub(r"\$\{([^}\n]*)\}", lambda found: f"{{{{ {found[1].strip()} }}}}", pattern)
    for theirs, ours in _TEMPLATES:
        filled = re.sub(rf"\{{\{{-?\s*{theirs}\s*-?\}}\}}", ours, filled)
    filled = filled.replace("{stem}", stem)
    if "{{" in filled or "{%" in filled or set(re.findall(r"\{(\w*)\}", filled)) - set(WORDS):
        return ""
    return "/" + re.sub(r"/{2,}", "/", filled).lstrip("/").removesuffix("index.html")


# --- Names in addresses, as the programs that build sites make them of file names and titles ---
# Each function is one program's own rule, as its source has it.

_HUGO_TITLE = regex.compile(r"[^\w\s./@#~-]")
_HUGO_DROPPED = regex.compile(r"[^\w\s./@#~+-]")
_JEKYLL_PRETTY = regex.compile(r"[^\p{M}\p{L}\p{Nd}._~!$&'()+,;=@]+")
_JEKYLL_DEFAULT = regex.compile(r"[^\p{M}\p{L}\p{Nd}]+")
_GITHUB_DROPPED = regex.compile(r"[^\p{M}\p{L}\p{N}\p{Pc}\- ]")
_SPELT = str.maketrans({"ß": "ss", "æ": "ae", "ø": "o", "đ": "d", "ð": "d", "þ": "th", "ł": "l", "œ": "oe", "ı": "i"})


def name_title(title: str) -> str:
    """A title as Hugo's `:title` writes it: signs are dropped, gaps become hyphens."""
    return _join(_HUGO_TITLE.sub("", title.lower()))


def name_slug(slug: str) -> str:
    """A declared slug as Hugo writes it."""
    return _join(_HUGO_DROPPED.sub("", slug.lower()))


def name_file(stem: str) -> str:
    """A file or folder name as Hugo writes it: each space a hyphen, then signs are dropped."""
    return _HUGO_DROPPED.sub("", stem.lower().replace(" ", "-"))


def _join(kept: str) -> str:
    words = re.sub(r"\s+", " ", kept.strip())
    return re.sub(r"(?<=-) | (?=-)", "", words).replace(" ", "-")


def name_pretty(text: str) -> str:
    """As Jekyll's `:title`: capitals and the signs of addresses stay."""
    return re.sub(r"^-|-$", "", _JEKYLL_PRETTY.sub("-", text))


def name_plain(text: str) -> str:
    """As Jekyll's `:slug`: small letters and digits."""
    return re.sub(r"^-|-$", "", _JEKYLL_DEFAULT.sub("-", text)).lower()


def name_github(text: str) -> str:
    """As Astro and GitHub name headings: signs are dropped, each space becomes a hyphen."""
    return _GITHUB_DROPPED.sub("", text.lower()).replace(" ", "-")


def name_ascii(text: str) -> str:
    """As Zola and Eleventy's `slugify`: accents go, everything else that is not a letter or digit is a hyphen."""
    return re.sub(r"[^a-z0-9]+", "-", _without_accents(text)).strip("-")


def name_pelican(text: str) -> str:
    """As Pelican: accents and signs go, gaps become hyphens."""
    return re.sub(r"[-\s]+", "-", re.sub(r"[^\w\s-]", "", _without_accents(text)).strip())


def _without_accents(text: str) -> str:
    """Letters of other scripts stay as they are: what they would be spelt like is a table of its own."""
    spread = normalize("NFKD", text.lower().translate(_SPELT))
    return normalize("NFC", "".join(letter for letter in spread if not unicodedata.combining(letter)))
