"""What setting a text needs to know before any size: clusters, faces, scripts, levels, breaks."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import groupby, pairwise
from typing import NamedTuple, Required, TypedDict

from syndicate.typeset.bidi import base_level, resolve_levels
from syndicate.typeset.breaking import Break, find_breaks
from syndicate.typeset.characters import Spacing, find_scripts, find_spacing, split_clusters
from syndicate.typeset.faces import Face, FontSet, Missing, choose_faces

_SHAPED_AS = {"Hira": "Hani", "Kana": "Hani"}


class StyleWords(TypedDict, total=False):
    """The keywords of a style, as callers write them. Only `family` is needed; the defaults are those of `Style`."""

    family: Required[str]
    weight: float
    language: str
    direction: str
    align: str
    balance: bool
    line_height: float
    tracking: float
    features: Mapping[str, int] | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Style:
    """How a text is set. `tracking` in em, `line_height` in sizes, `align`: start, end, left, right or centre."""

    family: str
    weight: float = 400
    size_px: float
    language: str = ""
    direction: str = "auto"
    align: str = "start"
    balance: bool = True
    line_height: float = 1.2
    tracking: float = 0.0
    features: Mapping[str, int] | None = None


class Piece(NamedTuple):
    """A stretch of one face, embedding level and script."""

    start: int
    end: int
    face: Face
    level: int
    script: str


@dataclass(frozen=True, slots=True)
class Analysis:
    """A text taken apart. `drawn` is the text with signs in place of letters nobody can write."""

    text: str
    drawn: str
    clusters: tuple[int, ...]
    breaks: tuple[Break, ...]
    pieces: tuple[Piece, ...]
    spacing: Spacing
    base: int
    missing: tuple[Missing, ...]


def analyse(text: str, style: Style, fonts: FontSet) -> Analysis:
    """Take a text apart; nothing here depends on the size."""
    line = analyse_line(text, style, fonts)
    return replace(line, breaks=_find_breaks(text, line.clusters, style.language, fonts))


def analyse_line(text: str, style: Style, fonts: FontSet) -> Analysis:
    """Take apart a text meant for one line: where it might break is not looked for, which is half the work."""
    clusters = split_clusters(text)
    scripts = find_scripts(text)
    base = base_level(text, style.direction)
    chosen = choose_faces(text, clusters, scripts, fonts=fonts, family=style.family, weight=style.weight)
    return Analysis(
        text=text,
        drawn=chosen.drawn,
        clusters=tuple(clusters),
        breaks=(Break(len(text), True, 0.0),),
        pieces=tuple(_cut_pieces(clusters, chosen.faces, resolve_levels(text, base), scripts)),
        spacing=find_spacing(text, style.language),
        base=base,
        missing=chosen.missing,
    )


def _find_breaks(text: str, clusters: Sequence[int], language: str, fonts: FontSet) -> tuple[Break, ...]:
    """Breaks between clusters: the rules alone would part a letter from an emoji's skin tone."""
    ends = {0, *clusters}
    return tuple(place for place in find_breaks(text, language, fonts.phrases) if place.at in ends)


def _cut_pieces(
    clusters: Sequence[int], faces: Sequence[Face | None], levels: Sequence[int], scripts: Sequence[str]
) -> Iterator[Piece]:
    """Kana and Chinese characters change every other letter and are shaped alike: they stay together."""
    joined = [_SHAPED_AS.get(script, script) for script in scripts]
    spans = zip(pairwise([0, *clusters]), faces, strict=True)
    for (face, level, script), group in groupby(spans, lambda span: (span[1], levels[span[0][0]], joined[span[0][0]])):
        members = [span for span, _ in group]
        if face is not None:
            yield Piece(members[0][0], members[-1][1], face, level, script)
