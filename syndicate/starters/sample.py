"""A few posts of a folder, read just far enough to know their front-matter names."""

from __future__ import annotations

import re
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

_SUFFIXES = frozenset({".md", ".mdx", ".markdown"})
MAX_HEAD = 16_384
SKIPPED = frozenset({"node_modules", "vendor", "themes", "public", "_site", "dist", "build", "out", "templates"})
_FENCES = {"---": re.compile(r"^([\w-]+)\s*:"), "+++": re.compile(r"^([\w-]+)\s*=")}


@dataclass(frozen=True, slots=True)
class Sample:
    """One post: its path and the names at the top level of its front matter."""

    path: str
    keys: frozenset[str]
    language: str = ""


def list_posts(folder: Path, *, deep: bool = True) -> list[Path]:
    """Markdown files below a folder, or only in it, in order of name; the pages of Hugo's sections are none."""
    files = (folder.rglob("*.m*") if deep else folder.glob("*.m*")) if folder.is_dir() else ()
    return sorted(path for path in files if is_post(path))


_DATE = re.compile(
    r"""^\s*["']?(?:date|pub_?date|published?_?(?:date|at|on)|published|created(?:_?at)?)["']?\s*[:=]""",
    re.IGNORECASE | re.MULTILINE,
)


def is_dated(path: Path) -> bool:
    """Whether a file has a date, in its front matter, in its first lines or in its name, as posts do."""
    if re.match(r"\d{4}-\d{1,2}-\d{1,2}", path.parent.name if path.stem == "index" else path.stem):
        return True
    return bool(_DATE.search(read_head(path) or read_lines(path)))


def read_lines(path: Path) -> str:
    """The first lines "Name: value" of a file without front matter, as Pelican has them; "" where there are none."""
    try:
        with path.open(encoding="utf-8-sig", errors="replace") as file:
            start = file.read(4_000)
    except OSError:
        return ""
    found = re.match(r"(?:[A-Za-z][\w -]*:.*\n(?:[ \t]+\S.*\n)*)+", start)
    return found[0] if found else ""


def is_post(path: Path) -> bool:
    """Whether a file is called like a post."""
    return path.suffix in _SUFFIXES and path.stem != "_index"


def read_samples(folder: Path, *, limit: int = 60) -> tuple[Sample, ...]:
    """Up to `limit` Markdown files with front matter below a folder, in order of name."""
    samples = (read_sample(path) for path in list_posts(folder))
    return tuple(islice((sample for sample in samples if sample), limit))


def read_head(path: Path) -> str:
    """The front matter between its two lines, with the first of them; "" where there is none or nothing to read."""
    try:
        with path.open("rb") as file:
            head = file.read(MAX_HEAD).decode("utf-8-sig", "replace").replace("\r\n", "\n")
    except OSError:
        return ""
    found = re.match(r"\s*(---|\+\+\+).*?^\1[ \t]*$", head, re.DOTALL | re.MULTILINE)
    return found[0] if found else ""


def read_sample(path: Path) -> Sample | None:
    head = read_head(path).lstrip()
    fence, _, rest = head.partition("\n")
    pattern = _FENCES.get(fence.strip())
    if pattern is None:
        return None
    lines = rest.splitlines()
    keys = frozenset(match[1] for line in lines if (match := pattern.match(line)))
    language = next((_value(line) for line in lines if re.match(r"(lang|language)\s*[:=]", line)), "")
    return Sample(str(path), keys, language) if keys else None


def _value(line: str) -> str:
    value = re.split(r"[:=]", line, maxsplit=1)[1].strip().strip("\"'")
    return value if re.fullmatch(r"[A-Za-z]{2,3}(-[A-Za-z0-9]+)*", value) else ""
