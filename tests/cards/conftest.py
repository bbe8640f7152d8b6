"""What tests of cards share: the shipped layouts, the fonts of this machine, and some words."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from syndicate.cards import CardContent
from syndicate.cards.design import Design
from syndicate.cards.parse import parse_design
from syndicate.fonts import find_fonts
from syndicate.model import CardRules
from syndicate.typeset import FontSet

ROOT = Path(__file__).parents[2]

CONTENT = CardContent(
    title="Why small feeds outlive big platforms",
    category="Publishing",
    author="Ada Lindqvist",
    date="18 March 2025",
    reading="6 min read",
    site="Field Notes",
    seed="why-small-feeds",
    alt="Why small feeds outlive big platforms · Field Notes",
    source="why-small-feeds.md",
)


def read_layouts() -> dict[str, str]:
    return {path.stem: path.read_text(encoding="utf-8") for path in (ROOT / "templates" / "cards").glob("*.toml")}


@pytest.fixture(scope="session")
def fonts() -> FontSet:
    return find_fonts(CardRules(), str(ROOT))


@pytest.fixture(scope="session")
def make_design() -> Callable[..., Design]:
    files = read_layouts()
    made: dict[CardRules, Design] = {}

    def make(**rules: object) -> Design:
        wanted = replace(CardRules(), **rules)  # type: ignore[arg-type]
        if wanted not in made:
            made[wanted] = parse_design(wanted, files)
        return made[wanted]

    return make
