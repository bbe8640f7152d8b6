"""A rendered message made to fit: hashtags go first, then the end of the text, then what stands around it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from syndicate.model import Limits
from syndicate.planning.messages.template import Wording, join_tags
from syndicate.text.fit import fit, split

MOST_PARTS = 99


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """What a text is rendered from, and the limit it must meet."""

    wording: Wording
    values: Mapping[str, object]
    text: str
    link: str
    limits: Limits
    warning: str = ""
    """The content warning, where the network counts it with the text."""
    with_image: bool = False

    def render(self, text: str, tags: tuple[str, ...], **changed: str) -> str:
        """The template filled with this text and these hashtags."""
        own = {"text": text, "link": self.link, "tags": tags, "hashtags": join_tags(tags)}
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
