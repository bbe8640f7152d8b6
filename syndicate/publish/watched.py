"""Files besides the posts that a publication depends on: pictures, where missing ones may appear, git's own."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from itertools import islice
from pathlib import Path

from syndicate.model import Awaited, Plan, Post, Problem, Settings

MOST_FOLDERS = 2_000
"""Folders that are watched for a missing picture; more are no folder of pictures."""
_PASSED_OVER = ("node_modules", "__pycache__")


def list_surroundings(plan: Plan, settings: Settings) -> tuple[str, ...]:
    """Absolute paths. While a picture or a date from git is missing, so is what tells that it may be there now."""
    posts = [one.post for one in plan.identified]
    pictures = {post.picture.path for post in posts if post.picture and post.picture.path}
    misses = any(problem.awaits is Awaited.FILE for problem in _warnings(posts))
    folders = islice(_walk_folders(_list_roots(settings)), MOST_FOLDERS) if misses else ()
    asks_git = any(problem.awaits is Awaited.COMMIT for problem in (*plan.problems, *_warnings(posts)))
    return tuple(sorted({*pictures, *folders, *(_list_git_files(settings.root) if asks_git else ())}))


def _warnings(posts: Iterable[Post]) -> Iterator[Problem]:
    return (problem for post in posts for problem in post.problems)


def _list_git_files(root: str) -> Iterator[str]:
    """What a commit, a checkout and a fetch change, wherever the repository begins."""
    for folder in (Path(root), *Path(root).parents):
        yield from (f"{folder}/.git/{name}" for name in ("HEAD", "index", "logs/HEAD", "shallow"))


def _list_roots(settings: Settings) -> list[str]:
    return [f"{settings.root}/{folder}" for folder in (*settings.site.static, settings.site.content)]


def _walk_folders(roots: Iterable[str]) -> Iterator[str]:
    """The folders and all folders below them; those that are not there yet, too."""
    for root in roots:
        yield root
        for folder, names, _ in os.walk(root):
            names[:] = sorted(name for name in names if not name.startswith(".") and name not in _PASSED_OVER)
            yield from (f"{folder}/{name}" for name in names)
