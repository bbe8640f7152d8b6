"""Files besides the posts that a publication depends on: pictures, and where missing ones may appear."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from itertools import islice

from syndicate.content.records import MISSING_FILE
from syndicate.model import Plan, Settings

MOST_FOLDERS = 2_000
"""Folders that are watched for a missing picture; more are no folder of pictures."""
_PASSED_OVER = ("node_modules", "__pycache__")


def list_surroundings(plan: Plan, settings: Settings) -> tuple[str, ...]:
    """Absolute paths. While a picture is missing, the folders it may appear in are among them."""
    posts = [one.post for one in plan.identified]
    pictures = {post.picture.path for post in posts if post.picture and post.picture.path}
    misses = any(problem.message.endswith(MISSING_FILE) for post in posts for problem in post.problems)
    folders = islice(_walk_folders(_list_roots(settings)), MOST_FOLDERS) if misses else ()
    return tuple(sorted({*pictures, *folders}))


def _list_roots(settings: Settings) -> list[str]:
    return [f"{settings.root}/{folder}" for folder in (*settings.site.static, settings.site.content)]


def _walk_folders(roots: Iterable[str]) -> Iterator[str]:
    """The folders and all folders below them; those that are not there yet, too."""
    for root in roots:
        yield root
        for folder, names, _ in os.walk(root):
            names[:] = sorted(name for name in names if not name.startswith(".") and name not in _PASSED_OVER)
            yield from (f"{folder}/{name}" for name in names)
