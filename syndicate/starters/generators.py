"""Every generator that is recognised, in the order in which their files are looked for."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from syndicate.starters.astro import look_for_astro, look_for_docusaurus
from syndicate.starters.eleventy import look_for_eleventy, look_for_lume
from syndicate.starters.found import Found, read_domain
from syndicate.starters.hugo import look_for_hugo
from syndicate.starters.jekyll import look_for_hexo, look_for_jekyll
from syndicate.starters.scripts import (
    find_address,
    look_for_nextjs,
    look_for_others,
    look_for_quarto,
    look_for_vitepress,
)
from syndicate.starters.zola import look_for_mkdocs, look_for_pelican, look_for_zola

GENERATORS: tuple[Callable[[Path], Found | None], ...] = (
    look_for_zola, look_for_hugo, look_for_hexo, look_for_eleventy, look_for_jekyll, look_for_astro,
    look_for_docusaurus, look_for_pelican, look_for_mkdocs, look_for_nextjs, look_for_vitepress,
    look_for_quarto, look_for_lume, look_for_others,
)  # fmt: skip
_INSIDE = (
    "docs",
    "site",
    "website",
    "www",
    "web",
    "blog",
    "src",
    "apps/site",
    "apps/web",
    "apps/blog",
    "services/site",
)


def find_generator(folder: Path) -> Found:
    """What the folder's own files say, else those of a folder in which sites often lie."""
    for place in ("", *_INSIDE):
        for look in GENERATORS:
            found = look(folder / place) if (folder / place).is_dir() else None
            if found is not None and (found.content or not place):
                found = _find_address(found, folder / place, folder)
                return _move(found, place) if place else found
    return _find_address(Found(generator=""), folder, folder)


def _find_address(found: Found, *folders: Path) -> Found:
    """The site's address, where its settings do not tell it: in a CNAME file, or in one of its own scripts."""
    if found.url.startswith("http") and "localhost" not in found.url:
        return found
    found = replace(found, url="")
    for folder in folders:
        found = found if found.url else found.note("url", read_domain(folder), "CNAME")
    if found.generator and not found.url:
        found = found.note("url", *find_address(folders[0]))
    return found


def _move(found: Found, place: str) -> Found:
    """The same, seen from the folder above."""
    static = ",".join(
        f"{place}/{part}".removesuffix("/.") for part in (found.static or "static,public,assets").split(",")
    )
    moved = replace(found, static="", built=tuple(f"{place}/{part}" for part in found.built))
    moved = moved.note("static", static, f"{place}/")
    for key in ("content", "publish_to"):
        source = next((clue.source for clue in found.clues if clue.key == key), "")
        value = getattr(found, key)
        moved = moved.note(key, f"{place}/{value}".removesuffix("/.") if value else "", f"{place}: {source}")
    return moved
