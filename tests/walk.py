"""`python -m tests.walk`: the way of one edited post through the code, warm: files, and changes between them.

A blog of three posts is published twice; then one post is edited and published once more under a tracer. A file counts
once, however often it is entered. A change of room is a call from one file into another; the same call again, for the
next post or document, is the same change.
"""

# ruff: noqa: T201 - the walk is what this is for
from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory
from types import FrameType

import syndicate
from syndicate.app.app import open_app

HOUSE = Path(syndicate.__file__).parent
CONFIG = """
[site]
title = "Notes"
url = "https://notes.example"
[cards]
fetch = false
[accounts.timeline]
network = "local"
"""
Call = tuple[str, str]
"""Caller and callee, each as file and function."""


def main() -> int:
    with TemporaryDirectory() as folder:
        root = Path(folder)
        _write_blog(root)
        with open_app(root / "syndicate.toml") as app:
            for _ in range(2):
                app.publish()
                app.deliver_due()
            _write_post(root, 1, f"{_tell(1)} One more line.")
            calls = trace(app.publish)
    files = list(dict.fromkeys(name for call in calls for name in map(_file_of, call)))
    changes = [call for call in calls if _file_of(call[0]) != _file_of(call[1])]
    print("\n".join(files))
    print(f"\n{len(files)} files, {len(changes)} changes of room")
    return 0


def trace(act: Callable[[], object]) -> list[Call]:
    """The calls between functions of the house, each once, in the order of first use."""
    calls: dict[Call, None] = {}

    def look(frame: FrameType, event: str, _: object) -> None:
        if event != "call" or (callee := _name(frame)) is None:
            return
        caller = frame.f_back
        while caller is not None and _name(caller) is None:
            caller = caller.f_back
        if caller is not None:
            calls[str(_name(caller)), callee] = None

    sys.setprofile(look)
    try:
        act()
    finally:
        sys.setprofile(None)
    return list(calls)


def _name(frame: FrameType) -> str | None:
    path = Path(frame.f_code.co_filename)
    if HOUSE not in path.parents or frame.f_code.co_name == "<module>":
        return None
    return f"{path.relative_to(HOUSE).as_posix()}:{frame.f_code.co_qualname}"


def _file_of(name: str) -> str:
    return name.partition(":")[0]


def _write_blog(root: Path) -> None:
    (root / "content" / "posts").mkdir(parents=True)
    (root / "syndicate.toml").write_text(CONFIG, encoding="utf-8")
    for number in range(3):
        _write_post(root, number, _tell(number))


def _tell(number: int) -> str:
    """As long as a short post: nobody doubts which one it is after an edit."""
    words = ("river", "garlic", "stone", "letter", "harbour", "winter", "engine", "map", "lamp", "bread")
    return " ".join(
        f"The {one} of day {number} stood {place} steps from the {words[-place]}." for place, one in enumerate(words)
    )


def _write_post(root: Path, number: int, body: str) -> None:
    text = f'---\ntitle: "Post {number}"\ndate: "2026-01-0{number + 1}T09:00:00Z"\n---\n\n{body}\n'
    (root / "content" / "posts" / f"post-{number}.md").write_text(text, encoding="utf-8")


if __name__ == "__main__":
    sys.exit(main())
