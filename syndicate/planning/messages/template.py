"""What a message says before anything is cut: the author's words, the template, hashtags, the link."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from difflib import SequenceMatcher
from functools import lru_cache

from jinja2 import Environment, Template, nodes
from jinja2.meta import find_undeclared_variables

from syndicate.errors import ConfigError, contain
from syndicate.model import Account, KnownPost, Limits, Occasion, Post, Site, SocialOverride
from syndicate.text import normalize
from syndicate.text.counting import fit, split
from syndicate.text.hashtags import find_hashtags, to_hashtag
from syndicate.text.links import add_parameters
from syndicate.text.plain import share_to_plain
from syndicate.text.sandbox import make_environment, render_limited, tell_broken, tell_unfilled

_UTM = frozenset({"source", "medium", "campaign", "term", "content", "id"})
NAMES = frozenset({
    "text", "link", "tags", "hashtags", "title", "summary", "occasion", "network", "account", "site", "author",
    "category", "categories", "keywords", "date", "minutes", "language", "is_featured",
})  # fmt: skip
"""What a message template may say."""
_ASKS = frozenset({"defined", "undefined", "default", "d"})
_NO_OVERRIDE = SocialOverride()
_EMPTY_LINES = re.compile(r"\n(?:[ \t]*\n){2,}")


@dataclass(frozen=True, slots=True)
class MessageTemplate:
    """A message template made ready; `where` names it in errors."""

    where: str
    _template: Template = field(repr=False)
    has_text: bool = True
    """Whether it says `text` or `summary`, which hold the first words of a note: its title says no more."""
    unknown: tuple[str, ...] = ()
    """Names in it that no message has, and that it does not ask for first."""

    def require_words(self, text: str) -> str:
        """The text. Raises ConfigError where there is none: neither a bare picture nor a bare card is a message."""
        if not text.strip():
            raise _say_nothing(self.where)
        return text

    def render(self, values: Mapping[str, object]) -> str:
        """The text, tidied: NFC, no spaces at line ends, at most one empty line in a row. Raises ConfigError."""
        with contain(lambda error: tell_unfilled(error, self.where)):
            return tidy(render_limited(self._template, values))


def name_template(account: Account) -> str:
    """Where a person looks for the account's template; the network's own comes before the default."""
    name = f"{account.template}.txt" if account.template else f"{account.network}.txt or default.txt"
    return f"templates/messages/{name}"


def make_message_template(template_text: str, *, where: str) -> MessageTemplate:
    """The template compiled in a sandbox where unknown names are errors. Raises ConfigError with its line."""
    if not template_text.strip():
        raise _say_nothing(where)
    with contain(lambda error: tell_broken(error, where)):
        return MessageTemplate(where, *_compile(template_text))


def _say_nothing(where: str) -> ConfigError:
    return ConfigError(
        "says nothing, and no message goes out without words", where=where, hint="write {{ text }} into it"
    )


@lru_cache(maxsize=100)
def _compile(template_text: str) -> tuple[Template, bool, tuple[str, ...]]:
    """Most accounts of a site share one template."""
    jinja = make_environment()
    tree = jinja.parse(template_text)
    names = find_undeclared_variables(tree)
    return (
        jinja.from_string(template_text),
        not names.isdisjoint({"text", "summary"}),
        _find_unknown(tree, names, jinja),
    )


def _find_unknown(tree: nodes.Template, names: set[str], jinja: Environment) -> tuple[str, ...]:
    asks = (one for one in tree.find_all((nodes.Test, nodes.Filter)) if one.name in _ASKS)
    asked = {one.node.name for one in asks if isinstance(one.node, nodes.Name)}
    return tuple(sorted(names - NAMES - asked - jinja.globals.keys()))


def tidy(text: str) -> str:
    """Text as networks get it: NFC, trimmed, at most one empty line in a row."""
    lines = "\n".join(line.rstrip() for line in normalize("NFC", text).splitlines())
    return _EMPTY_LINES.sub("\n\n", lines).strip()


def find_override(post: Post, account: Account) -> SocialOverride:
    """What the post's front matter says for this account, over what it says for its network, over "all"."""
    if not post.social:
        return _NO_OVERRIDE
    found = [post.social[name] for name in ("all", account.network, account.name.casefold()) if name in post.social]
    options = {name: value for override in found for name, value in override.options.items()}
    texts = [override for override in found if override.text or override.code]
    last = texts[-1] if texts else _NO_OVERRIDE
    unclear = next((override.unclear for override in found if override.unclear), "")
    return SocialOverride(last.text, any(override.skip for override in found), options, last.code, unclear)


def trace(post: Post, known: KnownPost, account: Account) -> str:
    """A digest of what the author wrote: another one tells a changed post from a new template, limit or program.

    `known.updated_at` moves with all that a reader can see; the words for networks are seen by none of them.
    """
    override = find_override(post, account)
    wrote = (
        known.updated_at.isoformat(),
        post.updated_at.isoformat() if post.updated_at else "",
        post.social_share,
        override.text,
        *(f"{name}={value}" for name, value in sorted(override.options.items())),
    )
    return hashlib.sha256("\0".join(wrote).encode()).hexdigest()[:32]


def choose_text(post: Post, override: SocialOverride) -> str:
    """The author's words as plain text: the override's, else `socialShare`, else the note, or title and summary."""
    wrote = override.text.strip() or post.social_share.strip()
    if words := share_to_plain(wrote, post.permalink).strip():
        return words
    if post.note:
        return post.note
    summary = post.summary.strip()
    if not summary or summary.startswith(post.title):
        return summary or post.title
    return f"{post.title}\n\n{summary}"


def choose_tags(post: Post, text: str, most: int) -> tuple[str, ...]:
    """Hashtags from keywords, then categories, without those the text already has."""
    seen = {tag.name.casefold() for tag in find_hashtags(text)}
    tags: list[str] = []
    for name in (*post.keywords, *(category.name for category in post.categories)):
        tag = to_hashtag(name)
        if len(tags) < most and tag and tag.casefold() not in seen:
            seen.add(tag.casefold())
            tags.append(tag)
    return tuple(tags)


def make_link(post: Post, account: Account, occasion: Occasion) -> str:
    """The permalink with the account's UTM parameters; {network}, {account}, {slug}, {occasion} are filled in."""
    places = {"network": account.network, "account": account.name, "slug": post.slug, "occasion": occasion.name}
    parameters = {_utm_name(name): _fill(value, places) for name, value in account.utm.items()}
    return add_parameters(post.permalink, parameters)


def _utm_name(name: str) -> str:
    return f"utm_{name}" if name in _UTM else name


def _fill(value: str, places: Mapping[str, str]) -> str:
    for name, word in places.items():
        value = value.replace(f"{{{name}}}", word)
    return value


def make_values(
    post: Post, known: KnownPost, account: Account, site: Site, occasion: Occasion, *, has_text: bool
) -> dict[str, object]:
    """The names a template may use, besides `text`, `link`, `tags` and `hashtags`: plain values only."""
    author = (post.authors or site.authors)[:1]
    return {
        "title": "" if post.note and has_text else post.title,
        "summary": post.summary,
        "occasion": occasion.name,
        "network": account.network,
        "account": account.name,
        "site": site.title,
        "author": author[0].name if author else "",
        "category": post.categories[0].name if post.categories else "",
        "categories": tuple(category.name for category in post.categories),
        "keywords": post.keywords,
        "date": f"{known.published_at:%Y-%m-%d}",
        "minutes": post.reading_minutes,
        "language": post.language or site.language,
        "is_featured": "featured" in post.flags,
    }


MOST_PARTS = 99


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """What a text is rendered from, and the limit it must meet."""

    wording: MessageTemplate
    values: Mapping[str, object]
    text: str
    link: str
    limits: Limits
    warning: str = ""
    """The content warning, where the network counts it with the text."""
    with_image: bool = False

    def render(self, text: str, tags: tuple[str, ...], **changed: str) -> str:
        """The template filled with this text and these hashtags."""
        own = {"text": text, "link": self.link, "tags": tags, "hashtags": " ".join(f"#{tag}" for tag in tags)}
        return self.wording.render({**self.values, **own, **changed})

    def fits(self, text: str) -> bool:
        """Whether the network would take it."""
        return not self.find_excess(text)

    def find_excess(self, text: str) -> str:
        """How much too long it is, "" where the network would take it."""
        return self.limits.find_excess(self._counted(text), with_image=self.with_image)

    def count(self, text: str) -> int:
        """Its length as the network counts."""
        return self.limits.count(self._counted(text))

    @property
    def limit(self) -> int:
        """What the network takes."""
        if self.with_image and self.limits.caption is not None:
            return self.limits.caption
        return self.limits.characters

    def _counted(self, text: str) -> str:
        return self.warning + text


def find_whole(draft: Draft, tags: tuple[str, ...]) -> str | None:
    """The text in full, with as many of the hashtags as there is room for; None where it does not fit at all."""
    for kept in range(len(tags), -1, -1):
        whole = draft.render(draft.text, tags[:kept])
        if draft.fits(whole):
            return whole
    return None


def shorten_draft(draft: Draft) -> str:
    """The text without hashtags, ended early."""
    text = fit(draft.text, lambda text: draft.fits(draft.render(text, ())))
    return draft.render(text, ()) if text else _fit_around(draft)


def _fit_around(draft: Draft) -> str:
    """For templates and links so long that not even a word of the text has room."""
    for name in ("summary", "title"):

        def render(words: str, name: str = name) -> str:
            return draft.render("", (), **{name: words})

        if words := fit(str(draft.values[name]), lambda words: draft.fits(render(words))):
            return render(words)
    return fit(draft.render("", ()), draft.fits)


COMPARED = 400
"""Words before the counter; comparing all takes the square of their number, and some servers take books."""


def goes_on(sent: str, now: str, part: int) -> bool:
    """Whether the next part of a thread still follows what was `sent` as this one, which would say `now` today.

    Before their counter ("… at dawn. 1/4") both end at the same place, however alike sentences end; without counters it
    is a link that follows.
    """
    counter = re.compile(rf"\b{part}/\d+(?=\s|\Z)")
    last = [[*counter.finditer(text)][-1:] for text in (sent, now)]
    if not all(last):
        return not any(last)
    said, says = (one.string[: one.start()].split()[-COMPARED:] for (one,) in last)
    same = SequenceMatcher(None, said, says, autojunk=False).get_matching_blocks()
    (at, there, size), ends = ((0, 0, 0), *same)[-2], same[-1]
    return (at + size, there + size) == (ends.a, ends.b) and size >= min(2, ends.a, ends.b)


def thread_draft(draft: Draft, tags: tuple[str, ...]) -> tuple[str, ...]:
    """The text in counted parts, the first of them in the template with link and hashtags.

    () where even the most parts cannot hold it, or a piece has no room in any.
    """
    for total in (9, MOST_PARTS):

        def number_part(text: str, number: int, total: int = total) -> str:
            counted = f"{text} {number}/{total}"
            return draft.render(counted, tags) if number == 1 else counted

        parts = split(draft.text, lambda text, number: draft.fits(number_part(text, number)))
        texts = tuple(number_part(part, number, len(parts)) for number, part in enumerate(parts, 1))
        if len(parts) <= total and all(draft.fits(text) for text in texts):
            return texts
    return ()
