"""Reads the folder of posts: the author's files become a Snapshot, each trouble a Problem with file and line.

`read_snapshot` is the whole of it. For many posts `ContentFolder` reads everything but the bodies, which are
most of the bytes, and fills those of the posts that need one. `stamp` tells cheaply whether to read at all.
"""

from __future__ import annotations

from dataclasses import replace

from syndicate.content.folder import ContentFolder
from syndicate.content.scanning import stamp
from syndicate.model import Cache, Settings, Snapshot

__all__ = ["ContentFolder", "read_snapshot", "stamp"]


def read_snapshot(settings: Settings, cache: Cache | None = None) -> Snapshot:
    """Every post as it is now, with body, and the problems of those that cannot be published.

    Raises ContentError where the folder itself is not there: an empty site is not the same as a missing one.
    """
    folder = ContentFolder(settings, cache)
    outline = folder.read()
    return replace(outline, posts=folder.fill(outline.posts))
