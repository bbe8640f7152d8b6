"""What `syndicate cards --check` finds wrong with a card: nothing here draws, fetches or repairs."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import groupby

from syndicate.cards.content import CardContent
from syndicate.cards.draw import Drawing
from syndicate.cards.resolve import SMALLEST_TYPE
from syndicate.cards.themes import READABLE
from syndicate.model import Problem
from syndicate.typeset.faces import Missing

# --- what a card cannot write: a line for each package that would help ---

_SHOWN = 8


def tell_gaps(missing: Sequence[Missing]) -> Iterator[tuple[str, str]]:
    """Each lack as a sentence, and what to do."""
    for package, found in groupby(sorted(missing, key=lambda one: one.package), key=lambda one: one.package):
        clusters = [one.cluster for one in found]
        yield f"no installed font has {_name_all(clusters)}", _advise(package, len(clusters))


def _name_all(clusters: Sequence[str]) -> str:
    if len(clusters) == 1:
        return f'"{clusters[0]}" ({" ".join(f"U+{ord(character):04X}" for character in clusters[0])})'
    more = " …" if len(clusters) > _SHOWN else ""
    return f"{len(clusters)} of its characters: {' '.join(clusters[:_SHOWN])}{more}"


def _advise(package: str, number: int) -> str:
    what = "it" if number == 1 else "them"
    if not package:
        return f"name a font that has {what} in cards.fonts"
    return f'pip install "{package}" brings {what}'


def check_drawing(content: CardContent, drawing: Drawing, *, max_bytes: int) -> tuple[Problem, ...]:
    """Missing characters, weak contrast, a file over its limit, missing alt text, words outside the safe box."""
    return (
        *_check_glyphs(content, drawing),
        *_check_picture(content, drawing),
        *_check_layout(content, drawing),
        *_check_size(content, drawing, max_bytes),
    )


def _check_glyphs(content: CardContent, drawing: Drawing) -> tuple[Problem, ...]:
    return tuple(Problem(content.source, words, key="title", hint=hint) for words, hint in tell_gaps(drawing.missing))


def _check_picture(content: CardContent, drawing: Drawing) -> tuple[Problem, ...]:
    found = []
    if drawing.refused:
        found.append(Problem(content.source, f"the picture cannot be used: {drawing.refused}", key="image"))
    if content.has_picture and not content.picture_alt:
        hint = "say in a sentence what the picture shows"
        found.append(Problem(content.source, "the picture has no alt text", key="imageAlt", hint=hint))
    return tuple(found)


def _check_layout(content: CardContent, drawing: Drawing) -> tuple[Problem, ...]:
    found, where = [], f"layout {drawing.layout}"
    if drawing.contrast < READABLE:
        words = f"text stands out only {drawing.contrast}:1 ({where}, theme {drawing.theme})"
        found.append(Problem(content.source, words, hint=f"{READABLE}:1 is needed; use another colour or a scrim"))
    if 0 < drawing.smallest < SMALLEST_TYPE:
        found.append(Problem(content.source, f"type of {drawing.smallest:g} pixels cannot be read ({where})"))
    if drawing.outside:
        names = ", ".join(drawing.outside)
        found.append(Problem(content.source, f"outside the safe box: {names} ({where})", hint="give it more padding"))
    return tuple(found)


def _check_size(content: CardContent, drawing: Drawing, max_bytes: int) -> tuple[Problem, ...]:
    if len(drawing.data) <= max_bytes:
        return ()
    return (Problem(content.source, f"the card has {len(drawing.data):,} bytes, {max_bytes:,} are allowed"),)
