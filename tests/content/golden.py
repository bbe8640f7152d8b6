"""The golden cases: one folder per post shape with `post.md`, `expected.json` and `expected.html`.

`python -m tests.content.golden` writes what the code gives now; look at every difference before committing it.
"""

from __future__ import annotations

from dataclasses import asdict, replace
from pathlib import Path

import orjson

from syndicate.content.folder import ContentFolder
from syndicate.content.parsing import parse_post
from syndicate.model import Cache, Post, Settings, Site, Snapshot, Storage

CASES = Path(__file__).parent / "cases"
_LEFT_OUT = ("html", "markdown", "length", "digest", "source_digest", "fields_digest", "sketch", "group")


def make_settings(root: Path, **site: object) -> Settings:
    """A site in a folder, with everything else as it comes."""
    values = {"title": "Notes", "url": "https://blog.example", "timezone": "Europe/Berlin", "content": "posts", **site}
    return Settings(root=str(root), site=Site(**values), storage=Storage(database="", publish_to="", cache=""))  # type: ignore[arg-type]


def read_whole(folder: ContentFolder) -> Snapshot:
    """Every post with its body."""
    outline = folder.read()
    return replace(outline, posts=folder.fill(outline.posts))


def read_snapshot(settings: Settings, cache: Cache | None = None) -> Snapshot:
    """The same by a reader that remembers nothing but the cache."""
    return read_whole(ContentFolder(settings, cache))


def read_case(folder: Path) -> Post:
    """The post of a case, as if it were at the path that its file `source` names."""
    name = folder / "source"
    source = name.read_text().strip() if name.exists() else "post.md"
    settings = make_settings(folder)
    return parse_post((folder / "post.md").read_text(encoding="utf-8"), source, str(folder / "post.md"), settings)


def describe(post: Post) -> str:
    """Everything but the body and the digest, in readable JSON; empty values are left out."""
    values = {name: value for name, value in asdict(post).items() if value and name not in _LEFT_OUT}
    return orjson.dumps(values, option=orjson.OPT_INDENT_2, default=sorted).decode() + "\n"


def list_cases() -> list[Path]:
    return sorted(folder for folder in CASES.iterdir() if folder.is_dir())


if __name__ == "__main__":
    for case in list_cases():
        post = read_case(case)
        (case / "expected.json").write_text(describe(post), encoding="utf-8")
        (case / "expected.html").write_text(post.html + "\n", encoding="utf-8")
