"""A few posts of a folder, read just far enough to know their front-matter names."""

from __future__ import annotations

import re
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

_SUFFIXES = frozenset({".md", ".mdx", ".markdown"})
MAX_HEAD = 16_384
_FENCES = {"---": re.compile(r"^([\w-]+)\s*:"), "+++": re.compile(r"^([\w-]+)\s*=")}


@dataclass(frozen=True, slots=True)
class Sample:
    """One post: its path and the names at the top level of its front matter."""

    path: str
    keys: frozenset[str]
    language: str = ""


def list_posts(folder: Path) -> list[Path]:
    """Markdown files below a folder, in order of name; the pages of Hugo's sections are none."""
    files = folder.rglob("*.m*") if folder.is_dir() else ()
    return sorted(path for path in files if path.suffix in _SUFFIXES and path.stem != "_index")


def read_samples(folder: Path, *, limit: int = 60) -> tuple[Sample, ...]:
    """Up to `limit` Markdown files with front matter below a folder, in order of name."""
    samples = (read_sample(path) for path in list_posts(folder))
    return tuple(islice((sample for sample in samples if sample), limit))


def read_sample(path: Path) -> Sample | None:
    try:
        with path.open("rb") as file:
            head = file.read(MAX_HEAD).decode("utf-8-sig", "replace")
    except OSError:
        return None
    fence, _, rest = head.partition("\n")
    pattern = _FENCES.get(fence.strip())
    if pattern is None or fence.strip() not in rest:
        return None
    lines = rest[: rest.index(fence.strip())].splitlines()
    keys = frozenset(match[1] for line in lines if (match := pattern.match(line)))
    language = next((_value(line) for line in lines if re.match(r"(lang|language)\s*[:=]", line)), "")
    return Sample(str(path), keys, language) if keys else None


def _value(line: str) -> str:
    value = re.split(r"[:=]", line, maxsplit=1)[1].strip().strip("\"'")
    return value if re.fullmatch(r"[A-Za-z]{2,3}(-[A-Za-z0-9]+)*", value) else ""
