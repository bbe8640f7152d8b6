"""What a card cannot write, in words: a line for each package that would help, not one for each character."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import groupby

from syndicate.typeset.fallback import Missing

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
    return f"{package} brings {what}: README, Extras"
