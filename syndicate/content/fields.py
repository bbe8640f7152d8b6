"""Typed access to the front matter of one post: finds a field by any of its names, mends its text, notes
whatever is not as it should be."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from hashlib import blake2b
from typing import Any, Final

from syndicate.content.front import Front
from syndicate.content.permalinks import is_http
from syndicate.errors import ContentError
from syndicate.model import Awaited, ContentRules, Problem, Repair
from syndicate.text import clean_text, one_line
from syndicate.text.generator_code import GeneratorCode, Work, drop_marks
from syndicate.text.plain import line_to_plain, to_plain
from syndicate.text.repair import repair_text, strip_label
from syndicate.text.shortcodes import fill_text

# --- our field names and what other generators and people call them ---

# Hugo, Jekyll (with Minimal Mistakes and Chirpy), Eleventy, Astro (with AstroPaper), Next.js, Gatsby, exports of
# Ghost and Blogger, dev.to; what is one's own stands below `params` for Hugo, below `extra` for Zola. Compared without
# case, "_", "-" and spaces, so "pubDate" is "pub_date" too. The first that has a value counts.
NAMES: Final[Mapping[str, tuple[str, ...]]] = {
    "title": ("title", "headline"),
    "date": (
        "date", "pubDate", "publishDate", "publishedAt", "datePublished", "publishedOn", "dateCreated", "created",
        "createdAt", "published",
    ),
    "updated": (
        "updated", "lastmod", "updatedDate", "updatedAt", "lastUpdated", "modified", "modifiedAt", "dateModified",
        "lastModified", "lastModifiedAt", "modDate", "modDatetime", "dateUpdated", "modifiedTime",
    ),
    "slug": ("slug",),
    "excerpt": ("excerpt", "customExcerpt", "summary", "teaser", "abstract"),
    "metaDescription": ("metaDescription", "description", "desc", "seo.description"),
    "category": ("category",),
    "categories": ("categories", "taxonomies.categories"),
    "keywords": ("keywords",),
    "tags": ("tags", "tag", "taxonomies.tags"),
    "status": ("status",),
    "draft": ("draft", "isDraft"),
    "image": (
        "image", "cover", "coverImage", "heroImage", "featuredImage", "featureImage", "thumbnail", "banner", "ogImage",
        "socialImage", "header.image", "header.overlay_image", "header.teaser", "images",
        "params.image", "params.cover", "extra.image", "extra.cover",
    ),
    "imageAlt": (
        "imageAlt", "coverAlt", "coverImageAlt", "heroImageAlt", "featuredImageAlt", "featureImageAlt", "heroAlt",
        "alt", "params.imageAlt", "extra.imageAlt",
    ),
    "imageCredit": (
        "imageCredit", "photoCredit", "coverCredit", "imageAttribution", "coverImageCredit", "featureImageCaption",
        "params.imageCredit", "extra.imageCredit",
    ),
    "imageKind": ("imageKind", "pictureKind", "coverKind"),
    "focus": ("focus", "imageFocus", "focalPoint"),
    "author": ("author", "authors", "byline"),
    "language": ("language", "lang", "locale"),
    "permalink": ("permalink", "url"),
    "externalUrl": ("externalUrl", "externalLink", "link", "linkUrl"),
    "id": ("id", "guid"),
    "readingTime": ("readingTime", "readTime", "timeToRead"),
    "socialShare": ("socialShare", "socialText", "shareText", "params.socialShare", "extra.socialShare"),
    "social": ("social", "params.social", "extra.social"),
    "syndication": ("syndication", "syndicationLinks", "alsoOn"),
    "generatedBy": ("generatedBy", "aiGenerated", "aiModel"),
}  # fmt: skip


@lru_cache(maxsize=1000)
def simplify(name: str) -> str:
    """The name as it is compared."""
    return name.replace("_", "").replace("-", "").replace(" ", "").lower()


SIMPLE_NAMES: Final[Mapping[str, tuple[str, ...]]] = {
    ours: tuple(simplify(name) for name in names) for ours, names in NAMES.items()
}
_BEGINNINGS: Final[Mapping[str, frozenset[str]]] = {
    ours: frozenset(part for alias in aliases for part in (alias, alias.partition(".")[0]))
    for ours, aliases in SIMPLE_NAMES.items()
}
"""A post that has none of these keys does not have the field."""


@lru_cache(maxsize=1000)
def _split_path(path: str) -> tuple[str, ...]:
    """The steps of a dotted path of keys."""
    return tuple(map(simplify, path.split(".")))


MAX_TEXT = 10_000
"""Characters of one text of the front matter."""
MAX_LIST = 200
"""Entries of one list."""
share = lru_cache(maxsize=1_000)(lambda value: value)
"""The first value that was equal: most posts have the flags and the categories of others."""
_NEGATIVE = frozenset({"", "false", "no", "off", "0", "null", "none", "~"})
_DRAFTS = frozenset({"draft", "private", "unpublished", "pending", "hidden", "trash"})
_HIDING = ("headless", "unlisted", "hidden", "private", "eleventyExcludeFromCollections")
# What a reader gets to see, as the digest of what is rendered has it.
_SEEN = (
    "title", "excerpt", "metaDescription", "author", "category", "categories", "keywords", "tags", "language",
    "externalUrl", "generatedBy", "image", "imageAlt", "imageCredit",
)  # fmt: skip


class Fields:
    """The fields of one post, and the notes taken while reading them."""

    def __init__(
        self, front: Front, rules: ContentRules, source: str, site: Mapping[str, object] | None = None
    ) -> None:
        """`site` are values of the site that a generator knows by name."""
        self.source = source
        self.site = {} if site is None else site
        self.left_out: dict[str, str] = {}
        """The first piece of code that was left out of each key, with its place."""
        self.front = front
        self.rules = rules
        self.values = front.values
        self._work = Work()
        self.problems = list(front.problems)
        self.repairs: list[Repair] = []
        self._by_name = {simplify(key): key for key in reversed(list(front.values))}
        self._theirs = {simplify(ours): theirs for ours, theirs in rules.fields.items()}
        self._found: dict[str, tuple[str, object]] = {}
        self._texts: dict[str, str] = {}

    def find(self, name: str) -> tuple[str, object]:
        """The author's key and value for one of our names; ("", None) where the post has none."""
        if name not in self._found:
            self._found[name] = self._look_for(name)
        return self._found[name]

    def _look_for(self, name: str) -> tuple[str, object]:
        theirs = self._theirs.get(simplify(name))
        if theirs:
            value = self.at(theirs)
            if value is not None:
                return theirs, value
        if _BEGINNINGS[name].isdisjoint(self._by_name):  # most fields are not there
            return "", None
        for alias in SIMPLE_NAMES[name]:
            key = self._by_name.get(alias)
            if key is None and "." not in alias:
                continue
            value = self.at(alias) if "." in alias else self.values.get(key or alias)
            if value is not None and value != "":
                return key or alias, value
        return "", None

    def at(self, path: str) -> object:
        """The value at a key, or at a dotted path of keys; None where there is none."""
        if path in self.values:
            return self.values[path]
        first, *steps = _split_path(path)
        if first not in self._by_name:
            return None
        value = self.values[self._by_name[first]]
        for step in steps:
            if not isinstance(value, Mapping):
                return None
            value = {simplify(str(key)): item for key, item in value.items()}.get(step)
        return value

    def text(self, name: str) -> str:
        """The text of a field, mended."""
        if name not in self._texts:
            self._texts[name] = self.mend(self._written(name), self.find(name)[0])
        return self._texts[name]

    def verbatim(self, name: str) -> str:
        """The text of a field unmended, for what the author's generator uses as it stands (a slug, an id)."""
        return clean_text(self.check_length(self._written(name), self.find(name)[0])).strip()

    def _written(self, name: str) -> str:
        """What the author wrote; numbers and dates as they read, a warning for what is not text."""
        key, value = self.find(name)
        if isinstance(value, list | Mapping | bool):
            self.warn(key, f'"{key}" should be a text')
            return ""
        return "" if value is None else str(value)

    def texts(self, name: str, *, is_spaced: bool = False) -> tuple[str, ...]:
        """The texts of a list, or of one text with commas, or with spaces alone."""
        key, value = self.find(name)
        if value is None:
            return ()
        parts = value
        if isinstance(value, str):
            parts = value.split(None if is_spaced and "," not in value else ",")
        if not isinstance(parts, list):
            self.warn(key, f'"{key}" should be a list of texts')
            return ()
        return tuple(text for part in self.some(parts, key) if (text := self.mend(plain_text(part), key).strip()))

    def some(self, parts: list[Any], key: str) -> list[Any]:
        """The list as far as it counts; a warning tells of the rest."""
        if len(parts) > MAX_LIST:
            self.warn(key, f'"{key}" has {len(parts):,} entries, of which the first {MAX_LIST} count')
        return parts[:MAX_LIST]

    def mend(self, text: str, key: str) -> str:
        """The text repaired and cleaned; a repair is noted. Raises ContentError for one that is too long."""
        if not text:  # most fields are not there
            return ""
        self.check_length(text, key)
        mended = repair_text(text) if self.rules.repair else text
        if mended != text:
            self.note("mojibake", key, text, mended)
        return clean_text(self.check_length(self._fill(mended, key), key)).strip()

    def _fill(self, text: str, key: str) -> str:
        """The text with the values that a generator would show in it, without what nobody can tell."""
        code = self.know_values()
        filled = fill_text(text, code)
        for piece in code.pieces:
            self.left_out.setdefault(key, f"{self.place(key)}, {key}: {piece.text}")
            self.note("code", key, piece.text, "")
        return drop_marks(filled)

    def know_values(self) -> GeneratorCode:
        return GeneratorCode(self.values, self.site, work=self._work)

    def place(self, key: str) -> str:
        line = self.line(key)
        return f"{self.source}:{line}" if line else self.source

    def check_length(self, text: str, key: str, most: int = MAX_TEXT) -> str:
        """The text itself. Raises ContentError where it is longer."""
        if len(text) > most:
            raise ContentError(f"the text has {len(text):,} characters, more than {most:,}", key=key)
        return text

    def note(self, kind: str, key: str, before: str, after: str) -> None:
        self.repairs.append(Repair(kind, key, before[:200], after[:200], self.line(key)))

    def warn(self, key: str, message: str, hint: str = "", awaits: Awaited = Awaited.NOTHING) -> None:
        self.problems.append(Problem(self.source, message, self.line(key), key, hint, awaits))

    def line(self, key: str) -> int:
        """The line of a key in the file, 0 where unknown."""
        return self.front.lines.get(key) or self.front.lines.get(key.partition(".")[0], 0)

    # --- what a post says of itself in a word ---

    def unlabelled(self, name: str) -> str:
        """A text; its label and the quotes around what followed are removed and noted."""
        text = self.text(name)
        stripped = strip_label(text, self.rules.labels)
        if stripped != text:
            self.note("label", self.find(name)[0], text, stripped)
        return stripped

    def declared(self, name: str) -> str:
        """The excerpt or description as plain text in one line; some generators write it as HTML."""
        text = self.unlabelled(name)
        return one_line(to_plain(text)) if text.startswith("<") else line_to_plain(text)

    def is_draft(self) -> bool:
        """Whether it shall not be public, by any of the words that generators have for that."""
        in_drafts = "_drafts" in self.source.split("/")[:-1]
        unpublished = any(_is_no(self.at(key)) for key in ("published", "publish", "dg-publish"))
        status = self.text("status").lower()
        is_kept_back = in_drafts or unpublished or status in _DRAFTS or self._is_left_out()
        return is_kept_back or is_yes(self.find("draft")[1])

    def _is_left_out(self) -> bool:
        """Whether its generator makes no page of it, or lists that nowhere."""
        at = self.at
        hugo = (at("build.render"), at("build.list"), at("_build.render"), at("_build.list"))
        is_never = any(value is False or value == "never" for value in (*hugo, at("render")))
        is_asked = any(is_yes(at(key)) for key in _HIDING)
        return is_never or is_asked or at("permalink") is False

    def external_url(self) -> str:
        """Of what it links to, "" for none."""
        url = self.verbatim("externalUrl")
        return url if is_http(url) else ""

    def reading_minutes(self) -> int:
        """0 where it does not say."""
        _, value = self.find("readingTime")
        digits = str(value).split(".")[0].split()[:1] if value is not None else []
        return min(int(digits[0]), 10_000) if digits and digits[0].isdecimal() and len(digits[0]) < 6 else 0

    def generated_by(self) -> str:
        """Which AI, "" for none."""
        _, value = self.find("generatedBy")
        return ("AI" if value else "") if isinstance(value, bool) else self.text("generatedBy")

    def digest(self) -> str:
        """Of the fields that a reader sees, as written."""
        values = [self.find(name)[1] for name in _SEEN]
        return blake2b(repr(values).encode("utf-8", "replace"), digest_size=16).hexdigest()

    def flags(self) -> frozenset[str]:
        """Keys whose value is exactly true, by their own name and by ours where `[fields]` names them."""
        plain = {key for key, value in self.values.items() if value is True and simplify(key) != "draft"}
        renamed = {ours for ours, theirs in self.rules.fields.items() if self.at(theirs) is True and ours != "draft"}
        flags: frozenset[str] = share(frozenset(plain | renamed))
        return flags

    def warn_of_words(self, flags: tuple[str, ...]) -> None:
        """`featured: yes` is a word in YAML 1.2; someone who wrote it meant true."""
        for flag in flags:
            key = self._theirs.get(simplify(flag), flag)
            value = self.at(key)
            if isinstance(value, str) and value.lower() in {"yes", "on", "true", "y"}:
                self.warn(key, f'"{key}" is the word "{value}", so it does not count', f"write {key}: true")


def plain_text(value: object) -> str:
    """A text, or a number as text; "" for anything else, also for a mapping without a name."""
    if isinstance(value, Mapping):
        named = {simplify(str(key)): item for key, item in value.items()}
        value = next((named[key] for key in ("name", "title", "label", "value", "slug") if key in named), "")
    return "" if value is None or isinstance(value, list | Mapping | bool) else str(value)


def is_switch(value: object) -> bool:
    """Whether it says yes or no, in any YAML, where another post may have a date."""
    words = _NEGATIVE | {"true", "yes", "on", "1"}
    return isinstance(value, bool) or (isinstance(value, str | int) and str(value).strip().lower() in words)


def _is_no(value: object) -> bool:
    return value != "" and is_switch(value) and not is_yes(value)


def is_yes(value: object) -> bool:
    """Whether a person who wrote this meant yes, in any YAML."""
    if isinstance(value, str):
        return value.strip().lower() not in _NEGATIVE
    return bool(value)
