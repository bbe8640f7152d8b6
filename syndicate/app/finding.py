"""Finding posts by the name a person types."""

from __future__ import annotations

import difflib
from collections.abc import Sequence

from syndicate.errors import UsageError
from syndicate.model import Identified


def get_post(identified: Sequence[Identified], slug: str) -> Identified:
    """The post of a slug. Raises UsageError naming near ones."""
    found = next((one for one in identified if one.post.slug == slug), None)
    if found is None:
        near = difflib.get_close_matches(slug, [one.post.slug for one in identified], 3)
        raise UsageError(f'there is no post "{slug}"', hint=f"did you mean {', '.join(near)}?" if near else "")
    return found
