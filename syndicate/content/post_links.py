"""The posts that a post links to by the names of their files, as generators find them.

`[x](../other.md#part)`, `{{< ref "posts/other" >}}`, `{% post_url 2025-01-02-other %}` ─→ the permalink of that post
"""

from __future__ import annotations

import os
import posixpath
import re
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from hashlib import blake2b
from urllib.parse import unquote

import orjson

from syndicate.content.records import Outcome, PostCache
from syndicate.model import Post, Settings
from syndicate.text.generator_code import FILE, MARK

Addresses = Mapping[str, str | None]
"""Of all posts by source: "" for a draft, None where the file gives no post."""
_MOST_LINKS = 1_000
_LONGEST_NAME = 500
_ENDING = re.compile(r"\.(?:mdx?|markdown|html?)\Z", re.IGNORECASE)
_BUNDLE = re.compile(r"/(?:index|readme)\Z", re.IGNORECASE)
_LANGUAGE = re.compile(r"\.[a-z]{2,3}(?:-[a-zA-Z]{2,4})?\Z")


def tell_address(post: Post | None) -> str | None:
    """As `Addresses` have it."""
    return None if post is None else "" if post.is_draft else post.permalink


def name_stem(source: str) -> str:
    """What generators call a post: without its ending, a bundle is its folder, Jekyll's _posts says nothing."""
    return _BUNDLE.sub("", _ENDING.sub("", f"/{source}".replace("/_posts/", "/"))).lstrip("/")


class SiteLinks:
    """Finds what links between the posts of one site lead to."""

    def __init__(self, settings: Settings, sources: Collection[str], tell: Callable[[str], str | None]) -> None:
        self._settings, self._sources, self._tell = settings, sources, tell

    @cached_property
    def _stems(self) -> Mapping[str, str]:
        return {name_stem(source): source for source in sorted(self._sources)}

    @cached_property
    def _names(self) -> Mapping[str, list[str]]:
        names: dict[str, list[str]] = {}
        for stem in self._stems:
            names.setdefault(stem.rpartition("/")[2], []).append(stem)
        return names

    def find(self, kind: str, written: str, source: str) -> str | None:
        """The address, "" where there is no such post; None where the file that is named gives none now."""
        name, rest = _divide(written)
        if not name:
            return rest
        page = self._find_source(kind, name, source)
        address = self._tell(page) if page else ""
        if kind == FILE and not page and name[:1] == "/" and self._is_static(name):
            return written
        return address + rest if address else address

    def _find_source(self, kind: str, name: str, source: str) -> str:
        places = list(self._list_places(name, source))
        found = next((place for place in places if place in self._sources), "")
        if found or kind == FILE:
            return found
        language = _LANGUAGE.search(_ENDING.sub("", source))
        stems = [name_stem(place) + end for end in ((language[0], "") if language else ("",)) for place in places]
        stem = next((stem for stem in stems if stem in self._stems), "")
        return self._stems.get(stem) or self._find_by_name(name_stem(name.lstrip("./")))

    def _find_by_name(self, name: str) -> str:
        stems = [one for one in self._names.get(name.rpartition("/")[2], ()) if f"/{one}".endswith(f"/{name}")]
        return self._stems[stems[0]] if len(stems) == 1 else ""

    def _list_places(self, name: str, source: str) -> Iterator[str]:
        """Where a file may lie below the content folder: beside the post, else as seen from a folder around it."""
        path, folder = re.sub(r"\A(?:@(?:site)?/|/+)", "", name), source.rpartition("/")[0]
        if path == name:
            yield posixpath.normpath(posixpath.join(folder, path))
        if name[:1] != ".":
            path, above = posixpath.normpath(path), self._settings.site.content.strip("/").split("/")
            yield path
            yield from (path.removeprefix("/".join([*above[at:], ""])) for at in range(len(above)))

    def _is_static(self, name: str) -> bool:
        """Whether the site serves a file as it lies there."""
        path = posixpath.normpath(name).lstrip("/")
        folders = [folder for folder in self._settings.site.static if folder != "."]
        return any(os.path.isfile(f"{self._settings.root}/{folder}/{path}") for folder in folders)  # noqa: PTH113


def _divide(written: str) -> tuple[str, str]:
    """The name of a file, and what stands behind it."""
    end = min(at for at in (written.find("?"), written.find("#"), len(written)) if at >= 0)
    return unquote(written[:end]), written[end:]


@dataclass(frozen=True, slots=True)
class PostLinks:
    """Those of one post, with what they led to."""

    source: str
    tell_site: Callable[[], SiteLinks]
    found: dict[str, str] = field(default_factory=dict)

    def find(self, kind: str, written: str) -> str:
        """The address; a mark for a link to nowhere."""
        key = f"{kind} {written}"
        if key not in self.found and len(self.found) < _MOST_LINKS and len(written) <= _LONGEST_NAME:
            self.found[key] = self.tell_site().find(kind, written, self.source) or ""
        return self.found.get(key) or MARK


def list_addresses(outcomes: Mapping[str, Outcome]) -> Addresses | None:
    """Of all posts; None where no post links to another one, so that nobody asks."""
    if not any(outcome.links for outcome in outcomes.values()):
        return None
    return {source: tell_address(outcome.post) for source, outcome in outcomes.items()}


def list_moved(
    outcomes: Mapping[str, Outcome], addresses: Addresses, settings: Settings, cache: PostCache
) -> frozenset[str]:
    """The posts whose links lead elsewhere than when they were read; that none do is kept in mind."""
    linking = {source: outcome.links for source, outcome in outcomes.items() if outcome.links}
    mark = blake2b(orjson.dumps([addresses, linking], option=orjson.OPT_SORT_KEYS), digest_size=16).digest()
    if cache.get_mark() == mark:
        return frozenset()
    site = SiteLinks(settings, addresses, addresses.__getitem__)
    moved = frozenset(source for source, links in linking.items() if _lead_elsewhere(links, source, site))
    if not moved:
        cache.put_mark(mark)
    return moved


def _lead_elsewhere(links: Mapping[str, str], source: str, site: SiteLinks) -> bool:
    named = ((key.partition(" "), before) for key, before in links.items())
    return any(site.find(kind, written, source) not in {before, None} for (kind, _, written), before in named)
