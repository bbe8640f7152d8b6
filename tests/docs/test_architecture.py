"""The plan of the house names only rooms that are there."""

from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).parents[2]
PLAN = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
_PLACE = re.compile(r"`([a-z_]+(?:/[a-z_]+)*(?:\.py|/))`")


def test_every_room_of_the_plan_is_there() -> None:
    """A path that the plan names is one of the house, or of the folder around it."""
    places = set(_PLACE.findall(PLAN))
    assert len(places) > 20
    assert [
        place for place in places if not (ROOT / "syndicate" / place).exists() and not (ROOT / place).exists()
    ] == []
