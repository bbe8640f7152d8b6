"""Reads the folder of posts: the author's files become a Snapshot, each trouble a Problem with file and line.

`read_snapshot` is the whole of it. A process that reads again and again keeps a `folder.ContentFolder`, which opens
only what changed and can leave out the bodies, most of the bytes. `look_at_posts` tells cheaply whether to read
at all: whoever only asks that loads nothing that reads posts.
"""

from __future__ import annotations

from syndicate.content.scanning import SeenPosts, look_at_posts
from syndicate.model import Cache, Settings, Snapshot

__all__ = ["SeenPosts", "look_at_posts", "read_snapshot"]


def read_snapshot(settings: Settings, cache: Cache | None = None) -> Snapshot:
    """Every post as it is now, with body, and the problems of those that cannot be published.

    Raises ContentError where the folder itself is not there: an empty site is not the same as a missing one.
    """
    from syndicate.content.folder import ContentFolder  # noqa: PLC0415 - see the top

    return ContentFolder(settings, cache).read_whole()
