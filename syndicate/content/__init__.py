"""Reads the folder of posts: the author's files become a Snapshot, each trouble a Problem with file and line.

`folder.ContentFolder` reads. Here is what tells cheaply, from names and stats, whether to read at all: which files are
posts, and the data that posts may show. It loads nothing that reads posts.
"""

from __future__ import annotations

import hashlib
import os
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from itertools import islice
from operator import attrgetter
from pathlib import Path
from typing import NamedTuple
from urllib.parse import urlsplit

from syndicate import __version__
from syndicate.errors import ContentError, contain
from syndicate.folders import walk
from syndicate.model import Habits, Problem, Settings
from syndicate.text import escape_controls, normalize
from syndicate.text.values import parse_data

# "_index.md" and the like are pages of a section (Hugo) or parts (Jekyll, Astro), never posts.
_NO_POST_BEFORE = (".", "_", "#", "~$")
_NO_POST_AFTER = ("~", ".tmp", ".bak", ".orig", ".swp", ".swo", ".part", ".crdownload")
# What programs for syncing (Syncthing, ownCloud, Synology, Dropbox, OneDrive …) and for merging leave beside a post.
_CONFLICT = re.compile(
    r"(?i)\.sync-conflict-\d{8}-\d{6}|_conflict-\d{8}-\d{6}\.|-\d{4}-\d{4}_conflict\.|_caseconflict\."
    r"|\([^()]*(?:confli[ct]|konflikt|конфликт|競合|冲突|衝突|충돌|motstridig|modstridende|ristiriit|widerspr)"
    r"[^()]*(?:\d{4}-\d\d-\d\d|\d{12})[^()]*\)"
    r"|\[conflict(?:ed)?\]|\((?:[^()]* )?(?:case|whitespace|unicode encoding|selective sync) conflict(?: \d+)?\)"
    r"|\.conflict\d*\.|[._](?:LOCAL|REMOTE|BASE|BACKUP)[._]\d+\.|(?-i:-(?:DESKTOP|LAPTOP)-[A-Z0-9]{7}\.)"
)
_ELSEWHERE = ".icloud"  # ".a.md.icloud" is what iCloud leaves of "a.md" once its text is not on this machine
_INDEX = re.compile(r"index(?:\.[a-zA-Z]{2,3}(?:-[a-zA-Z]{2,4})?)?\.(?:md|markdown|html)")
_NO_FOLDER = re.compile(r"\.|node_modules\Z")
_ENDING = re.compile(r"/?\*\*/\*([^*?/]+)")
_MAX_DEPTH = 40


class Found(NamedTuple):
    """A file that looks like a post. `source` is below the content folder, POSIX."""

    source: str
    path: str
    mtime_ns: int
    size: int
    inode: int


_DATA_ENDS = (".11tydata.json", ".11tydata.yml", ".11tydata.yaml", ".json", ".yml", ".yaml")


def find_data(path: str) -> str:
    """Eleventy's file of values beside a post, called like it; "" where there is none that can be read as values.

    No link: what it says is shown, and a contributor's link may lead to a secret.
    """
    stem = path.rpartition(".")[0]
    found = (stem + end for end in _DATA_ENDS if os.path.isfile(stem + end))  # noqa: PTH113 - plain strings
    return next((data for data in found if not os.path.islink(data)), "")  # noqa: PTH114


def join_stats(post: Found, data: os.stat_result) -> Found:
    """The file changes with its values."""
    return post._replace(mtime_ns=max(post.mtime_ns, data.st_mtime_ns), size=post.size + data.st_size)


@dataclass(slots=True)
class Scan:
    """What a walk brought together; `unreadable` names files, and folders ending in "/"."""

    files: list[Found] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    unreadable: list[str] = field(default_factory=list)

    def refuse(self, source: str, message: str, hint: str = "") -> None:
        self.problems.append(Problem(_escaped(_shown(source.rstrip("/"))), message, hint=hint))
        self.unreadable.append(_shown(source))


def scan(settings: Settings) -> Scan:
    """Every post file below the content folder, by source. Raises ContentError where the folder is not there."""
    root = os.path.join(settings.root, settings.site.content)  # noqa: PTH118 - plain strings: 10,000 files in 40 ms
    if not os.path.isdir(root):  # noqa: PTH112
        raise ContentError("the content folder does not exist", where=root, hint="set [site] content, or bring it back")
    result = Scan()
    is_post = _choose(settings.content.include, settings.content.ignore)
    _Walk(os.path.realpath(root), is_post, result, settings.site.habits).walk(root, "", 0)
    result.files.sort()
    return result


def fingerprint_built(settings: Settings) -> str:
    """Changes with every build: generators write the front page, the sitemap or the feed anew each time."""
    if not settings.site.built:
        return ""
    marks = []
    try:
        with os.scandir(f"{settings.root}/{settings.site.built}") as entries:
            for entry in entries:
                stat = entry.stat()
                marks.append(f"{entry.name} {stat.st_mtime_ns} {stat.st_size if entry.is_file() else 0}")
    except OSError:
        return "none"
    return "\n".join(sorted(marks))


class SeenFiles(NamedTuple):
    """The files below the content folder as they lie there, none of them read."""

    marks: Mapping[str, str]
    """What changes with a post's file, by source."""
    digest: str
    """Changes with each of them."""
    unreadable: str
    """Changes with files that are no posts, and shall be told of."""


class SeenPosts(NamedTuple):
    """The files, and everything else that decides what becomes of them."""

    marks: Mapping[str, str]
    digest: str
    """Of the marks."""
    rest: str
    """Settings, data, the built site, files that are no posts."""

    @property
    def fingerprint(self) -> str:
        """Changes with any post file, the settings and each build of the site."""
        return _digest([self.rest, self.digest])


def look_at_files(settings: Settings) -> SeenFiles:
    """Reads none of them."""
    seen = scan(settings)
    marks = {found.source: tell_stat(*found[2:]) for found in seen.files}
    return SeenFiles(marks, digest_marks(marks), _digest(seen.unreadable))


def look_at_posts(settings: Settings, files: SeenFiles | None = None) -> SeenPosts:
    """`files` where somebody has looked at them already."""
    files = files or look_at_files(settings)
    outside = (settings.digest, settings.root, fingerprint_data(settings), fingerprint_built(settings))
    return SeenPosts(files.marks, files.digest, _digest([__version__, *outside, files.unreadable]))


def digest_marks(marks: Mapping[str, str]) -> str:
    return _digest(f"{source}\0{mark}" for source, mark in marks.items())


def tell_stat(mtime_ns: int, size: int, inode: int) -> str:
    return f"{mtime_ns} {size} {inode}"


def _digest(lines: Iterable[str]) -> str:
    return hashlib.blake2b("\n".join(lines).encode("utf-8", "surrogateescape"), digest_size=16).hexdigest()


def _choose_index(entries: list[os.DirEntry[str]]) -> list[os.DirEntry[str]]:
    """The post of a bundle in each of its languages. Beside index.md another one is what it was made of, or of it."""
    found: dict[str, os.DirEntry[str]] = {}
    for entry in sorted(entries, key=lambda entry: len(entry.name)):
        if _INDEX.fullmatch(entry.name):
            found.setdefault(entry.name.rpartition(".")[0], entry)
    return list(found.values())


@dataclass(frozen=True, slots=True)
class _Walk:
    home: str
    is_post: Callable[[str], bool]
    result: Scan
    habits: Habits

    def walk(self, folder: str, prefix: str, depth: int) -> None:
        try:
            with os.scandir(folder) as entries:
                found = sorted(entries, key=attrgetter("name"))
        except OSError as error:
            if not prefix:
                raise ContentError(f"the content folder cannot be read: {error.strerror}", where=folder) from error
            self.result.refuse(prefix, f"the folder cannot be read: {error.strerror}")
            return
        for entry in (_choose_index(found) if self.habits.has_bundles and prefix else []) or found:
            self._visit(entry, prefix, depth)

    def _visit(self, entry: os.DirEntry[str], prefix: str, depth: int) -> None:
        source = prefix + entry.name
        try:
            if entry.is_symlink() and not self._is_welcome(entry, source):
                return
            if entry.is_dir():
                self._enter(entry, source, depth)
            elif self.is_post(source) and not _is_passed_over(entry.name) and entry.is_file():
                self._take(entry, source)
            elif entry.name.endswith(_ELSEWHERE) and self.is_post(real := prefix + entry.name[1 : -len(_ELSEWHERE)]):
                self.result.refuse(real, "its text is in iCloud, and not on this machine", "open it, or download it")
        except OSError:
            return  # it vanished while we looked; the next walk sees what is there then

    def _enter(self, entry: os.DirEntry[str], source: str, depth: int) -> None:
        if _NO_FOLDER.match(entry.name):
            return
        if depth >= _MAX_DEPTH:
            self.result.refuse(f"{source}/", "folders are nested too deeply")
            return
        self.walk(entry.path, f"{source}/", depth + 1)

    def _take(self, entry: os.DirEntry[str], source: str) -> None:
        if _CONFLICT.search(normalize("NFC", entry.name)):
            hint = "take over what is new in it, then delete it; or rename it, if it is a post"
            self.result.refuse(source, "this is what a program left after a conflict, so it is left out", hint)
            return
        if not source.isprintable() and (why := _find_fault(source)):
            self.result.refuse(source, why, "rename the file")
            return
        stat = entry.stat()
        found = Found(source, entry.path, stat.st_mtime_ns, stat.st_size, stat.st_ino)
        data = find_data(entry.path) if self.habits.has_values_beside else ""
        self.result.files.append(join_stats(found, os.stat(data)) if data else found)  # noqa: PTH116 - plain strings

    def _is_welcome(self, entry: os.DirEntry[str], source: str) -> bool:
        """Whether a link leads to a file inside the content folder.

        A folder inside it is read where it really is, so links to it are passed over and circles cannot be.
        """
        real = os.path.realpath(entry.path)
        is_inside = f"{real}{os.sep}".startswith(f"{self.home}{os.sep}")
        if not is_inside and (entry.is_dir() or self.is_post(source)):
            self.result.refuse(source, "the link leads out of the content folder", "copy the file or folder")
        return is_inside and not entry.is_dir()


def _is_passed_over(name: str) -> bool:
    return name.startswith(_NO_POST_BEFORE) or name.lower().endswith(_NO_POST_AFTER)


def _find_fault(source: str) -> str:
    if _shown(source) != source:
        return "the file name is not UTF-8"
    return "the file name holds control characters" if _escaped(source) != source else ""


def _shown(source: str) -> str:
    """The name with "?" for bytes that are not UTF-8."""
    return source.encode(errors="replace").decode()


def _escaped(source: str) -> str:
    """A name on one line that steers no terminal."""
    return escape_controls(source).replace("\n", "\\n").replace("\t", "\\t")


def _choose(include: tuple[str, ...], ignore: tuple[str, ...]) -> Callable[[str], bool]:
    wanted, unwanted = _any_of(include), _any_of(ignore)
    return (lambda source: wanted(source) and not unwanted(source)) if ignore else wanted


def _any_of(globs: tuple[str, ...]) -> Callable[[str], bool]:
    """Whether one of the globs fits: those that only name an ending ("**/*.md") without a pattern, which is slower."""
    endings = tuple(found[1] for glob in globs if (found := _ENDING.fullmatch(glob)))
    others = [f"(?:{''.join(_translate(glob))})\\Z" for glob in globs if not _ENDING.fullmatch(glob)]
    if not others:
        return lambda source: source.endswith(endings)
    pattern = re.compile("|".join(others))
    return lambda source: source.endswith(endings) or pattern.match(source) is not None


def _translate(glob: str) -> Iterator[str]:
    """A glob as regular expression: `**/` any folders, `**` anything, `*` and `?` within a name."""
    glob = f"{glob}**" if glob.endswith("/") else glob
    for part in re.findall(r"\*\*/|\*\*|\*|\?|[^*?]+", glob.removeprefix("/")):
        yield {"**/": r"(?:.*/)?", "**": ".*", "*": "[^/]*", "?": "[^/]"}.get(part) or re.escape(part)


# --- What a generator calls by the name of the site: syndicate.toml, its own settings, and its folder of data ---
# Read when a post first asks for it; a digest of the files' stats tells when posts have to be read anew. What a post
# shows is public, and a contributor may want a secret: no link is followed, common names count for Hugo and Zola.

_SETTINGS = ("_config.yml", "_config.yaml", "_config.toml", "hugo.toml", "hugo.yaml", "hugo.yml", "hugo.json")
_COMMON_SETTINGS = ("config.toml", "config.yaml", "config.yml")
_ENDINGS = frozenset({".yml", ".yaml", ".json", ".toml"})
_MAX_BYTES, _MOST_FILES = 2_000_000, 500


def _name_places(settings: Settings) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The files of settings, the first that is there counts, and the folders of data."""
    is_common = settings.site.habits.has_common_names
    return (_SETTINGS + _COMMON_SETTINGS, ("_data", "data")) if is_common else (_SETTINGS, ("_data",))


class SiteData(Mapping[str, object]):
    """The values by name, each file read once and only when it is asked for."""

    def __init__(self, settings: Settings) -> None:
        self._settings, self._root = settings, Path(settings.root)

    def __getitem__(self, name: str) -> object:
        if name.lower() == "data":
            return self._data
        return self._own[name] if name in self._own else self._theirs[name]

    def __iter__(self) -> Iterator[str]:
        return iter({**self._theirs, **self._own})

    def __len__(self) -> int:
        return len({**self._theirs, **self._own})

    @cached_property
    def _own(self) -> Mapping[str, object]:
        site = self._settings.site
        path = urlsplit(site.url).path
        own = {"url": site.url.removesuffix(path), "baseurl": path, "lang": site.language, "language": site.language}
        own |= {"title": site.title} | ({"description": site.description} if site.description else {})
        return own | ({"author": site.authors[0].name} if site.authors else {})

    @cached_property
    def _theirs(self) -> Mapping[str, object]:
        read = (_read(self._root, name) for name in _name_places(self._settings)[0])
        values = next((value for value in read if isinstance(value, Mapping)), {})
        params = values.get("params")
        return {**values, **params} if isinstance(params, Mapping) else values

    @cached_property
    def _data(self) -> _Folder:
        return _Folder(self._root, _name_places(self._settings)[1])


class _Folder(Mapping[str, object]):
    """Files and folders of data by their names without ending."""

    def __init__(self, root: Path, places: Iterable[str]) -> None:
        self._root, self._places = root, tuple(places)
        self._known: dict[str, object] = {}

    def __getitem__(self, name: str) -> object:
        if "/" in name or name.startswith("."):
            raise KeyError(name)
        if name not in self._known:
            self._known[name] = self._find(name)
        return self._known[name]

    def _find(self, name: str) -> object:
        files = (f"{place}/{name}{ending}" for place in self._places for ending in sorted(_ENDINGS))
        value = next((value for file in files if (value := _read(self._root, file)) is not None), None)
        folders = [f"{place}/{name}" for place in self._places if _is_folder(self._root, f"{place}/{name}")]
        return _Folder(self._root, folders) if value is None and folders else value

    def __iter__(self) -> Iterator[str]:
        return iter(())  # nobody lists them

    def __len__(self) -> int:
        return 0


def _read(root: Path, name: str) -> object:
    """What a file holds, None where it is not there or cannot be read: what it says is not known then."""
    with contain(lambda _: None):
        file = root / name
        if file.is_file() and not _leads_away(root, name) and file.stat().st_size <= _MAX_BYTES:
            return parse_data(file.read_text(encoding="utf-8-sig"), file.suffix)
    return None


def _is_folder(root: Path, name: str) -> bool:
    with contain(lambda _: None):  # a name may be longer than any file's
        return (root / name).is_dir() and not _leads_away(root, name)
    return False


def _leads_away(root: Path, name: str) -> bool:
    return (root / name).resolve() != root.resolve() / name


def fingerprint_data(settings: Settings) -> str:
    """Another text whenever one of the files is another one."""
    root = Path(settings.root)
    names, folders = _name_places(settings)
    files = [root / name for name in names]
    files += [Path(entry) for name in folders for entry in islice(walk(root / name), _MOST_FILES)]
    return "\n".join(_fingerprint_file(file) for file in files if file.suffix in _ENDINGS)


def _fingerprint_file(file: Path) -> str:
    with contain(lambda _: None):
        stat = file.stat()
        return f"{file.name} {stat.st_mtime_ns} {stat.st_size}"
    return ""
