"""Lays the documentation out as a project of Zensical: `python -m tests.docs.site FOLDER`.

It copies docs/ and the pages of the root. A link that leaves docs/ leads to the page's copy, or, for source code,
becomes its name: a site has no source tree.
"""

from __future__ import annotations

import os
import re
import shutil
import sys
from functools import partial
from pathlib import Path

ROOT = Path(__file__).parents[2]
PAGES = {
    "README.md": "index.md",
    "SECURITY.md": "security.md",
    "CONTRIBUTING.md": "contributing.md",
    "CHANGELOG.md": "changelog.md",
}
_LINK = re.compile(r"`+[^`]+`+|\[([^\]]*)\]\((?!https?:|#|mailto:)([^)#\s]+)(#[^)\s]*)?\)")


def lay_out(folder: Path) -> None:
    """Fill `folder` anew with the site's configuration and pages."""
    shutil.rmtree(folder, ignore_errors=True)
    pages = folder / "pages"
    shutil.copytree(ROOT / "docs", pages)
    shutil.copy(ROOT / "deploy" / "docs.yml", folder / "mkdocs.yml")
    for source, page in PAGES.items():
        shutil.copy(ROOT / source, pages / page)
    for page in pages.rglob("*.md"):
        is_from_root = page.parent == pages and page.name in PAGES.values()
        source = ROOT if is_from_root else ROOT / "docs" / page.parent.relative_to(pages)
        lead = partial(_lead, source=source, page=page, pages=pages)
        page.write_text(_LINK.sub(lead, page.read_text(encoding="utf-8")), encoding="utf-8")


def _lead(found: re.Match[str], *, source: Path, page: Path, pages: Path) -> str:
    """The link as it works on the site; `source` is the folder that the page came from."""
    if found[2] is None:
        return found[0]  # code
    words, target, anchor = found[1], found[2], found[3] or ""
    place = (source / target).resolve()
    if not place.is_relative_to(ROOT):
        return found[0]
    name = place.relative_to(ROOT).as_posix()
    if name not in PAGES and not name.startswith("docs/"):
        return words
    there = PAGES.get(name) or name.removeprefix("docs/")
    return f"[{words}]({Path(os.path.relpath(pages / there, page.parent)).as_posix()}{anchor})"


if __name__ == "__main__":
    lay_out(Path(sys.argv[1]))
