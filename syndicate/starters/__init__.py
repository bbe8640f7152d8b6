"""Beginnings: a good guess for a folder that already holds a blog, with the file that each value came from, and what
`init` writes of it: new files only, never over an existing one.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, fields, replace
from pathlib import Path

from syndicate.errors import contain
from syndicate.folders import walk
from syndicate.starters.found import (
    QUESTION,
    SKIPPED,
    Clue,
    Found,
    Sample,
    find_files,
    is_dated,
    is_post,
    list_posts,
    read_head,
    read_sample,
    read_samples,
)
from syndicate.starters.hugo import look_for_hugo, look_for_mkdocs, look_for_nikola, look_for_pelican, look_for_zola
from syndicate.starters.javascript import look_for_astro, look_for_docusaurus, look_for_eleventy, look_for_lume
from syndicate.starters.jekyll import look_for_bridgetown, look_for_hexo, look_for_jekyll, look_for_middleman
from syndicate.starters.scripts import (
    find_domain,
    is_placeholder,
    look_for_nextjs,
    look_for_others,
    look_for_quarto,
    look_for_vitepress,
)

# --- Every generator that is recognised, in the order in which their files are looked for ---

GENERATORS: tuple[Callable[[Path], Found | None], ...] = (
    look_for_zola, look_for_hugo, look_for_hexo, look_for_eleventy, look_for_jekyll, look_for_astro,
    look_for_docusaurus, look_for_pelican, look_for_nikola, look_for_mkdocs, look_for_nextjs, look_for_vitepress,
    look_for_quarto, look_for_lume, look_for_bridgetown, look_for_middleman, look_for_others,
)  # fmt: skip
_INSIDE = (
    "docs", "site", "website", "www", "web", "blog", "src", "apps/site", "apps/web", "apps/blog", "services/site",
)  # fmt: skip
_MOST_FOLDERS = 60


def find_generator(folder: Path) -> Found:
    """What the folder's own files say, else those of a folder in which sites often lie."""
    below = (path.name for path in sorted(folder.glob("*/"))[:_MOST_FOLDERS] if path.name not in SKIPPED)
    for place in dict.fromkeys(("", *_INSIDE, *below)):
        for look in GENERATORS:
            found = _look(look, folder / place) if (folder / place).is_dir() else None
            if found is not None and (found.content or not place):
                found = _find_address(found, folder / place, folder)
                return found.move(place) if place else found
    return _find_address(Found(generator=""), folder, folder)


def _look(look: Callable[[Path], Found | None], folder: Path) -> Found | None:
    """Settings that nobody foresaw tell nothing."""
    with contain(lambda _: None):
        return look(folder)
    return None


def _find_address(found: Found, site: Path, top: Path) -> Found:
    """The site's address, where its generator's settings do not tell it.

    What the README of a template that is still as it came links to is its maker's.
    """
    if not is_placeholder(found.url):
        return found
    is_template = found.url.startswith("http") and "localhost" not in found.url
    return replace(found, url="").note("url", *find_domain(site, top, "" if is_template else found.content or "."))


# --- what a person should know before the first publication ---

_SCRIPT = re.compile(r"\A\s*---\s*(?:js|javascript)\s*\n", re.IGNORECASE)
_DATED = r"""^date[ \t]*[:=][ \t]*["']?{}(?:created|last modified)\b"""
_BY_FILE = re.compile(_DATED.format(""), re.IGNORECASE | re.MULTILINE)
_BY_GIT = re.compile(_DATED.format(r"git\s+"), re.IGNORECASE | re.MULTILINE)
_BESIDE = re.compile(
    r"""^[ \t]*(?:hero|cover|image|thumbnail|banner|ogImage|src|url)\w*\s*[:=]\s*["']?(?:\.{1,2}/|[@~]/)""",
    re.MULTILINE,
)


_UNREAD = frozenset({".rst", ".org", ".adoc", ".asciidoc", ".textile", ".ipynb"})
_READ_BY = frozenset({"Pelican", "Nikola", "Hugo", "Jekyll", "Middleman", "Bridgetown"})
"""Generators that make posts of such files, too."""


def list_notes(folder: Path, content: str, generator: str) -> tuple[str, ...]:
    """A sentence for each kind of post that needs one."""
    heads = [read_head(path) for path in list_posts(folder / content)]
    kinds = Counter(path.suffix for path in find_files(folder / content, "[!_.]*.*") if path.suffix in _UNREAD)
    unread = (f"{number} {kind} there: not read, syndicate reads Markdown." for kind, number in kinds.items())
    return (*_notes(heads, folder, content, generator), *(unread if generator in _READ_BY else ()))


def _notes(heads: list[str], folder: Path, content: str, generator: str) -> Iterator[str]:
    if number := _count(heads, _SCRIPT):
        yield f"{number} in JavaScript, which only {generator} can run: left out until their front matter is YAML."
    if number := _count(heads, _BY_FILE):
        yield f'{number} dated by the file, which every copy changes: left out until dated, or with "git Created".'
    if number := _count(heads, _BY_GIT):
        is_there = _is_repository(folder)
        where = "run syndicate where the whole repository is" if is_there else "but this is not a repository"
        yield f"{number} dated by git: {where}."
    if content.startswith("src/") and (number := _count(heads, _BESIDE)):
        yield f"{number} with a picture below src/: feeds show the share card instead. Below public/ it has an address."


def _count(heads: list[str], pattern: re.Pattern[str]) -> str:
    """ "3 posts", "" for none."""
    number = sum(bool(pattern.search(head)) for head in heads)
    return f"{number} post{'' if number == 1 else 's'}" if number else ""


def _is_repository(folder: Path) -> bool:
    place = folder.resolve()
    return any((here / ".git").exists() for here in (place, *place.parents))


# Our name → names other people use, most usual first. Names that `content/` knows by itself are left out.
_OTHER_NAMES: dict[str, tuple[str, ...]] = {
    "socialShare": ("social_share", "social", "share", "share_text", "tweet", "toot", "social_text", "socialText"),
    "excerpt": ("teaser", "lead", "intro", "abstract", "blurb", "subtitle"),
    "image": ("hero", "heroImage", "hero_image", "featured_image", "featuredImage", "thumbnail", "banner", "ogImage"),
    "imageAlt": ("image_alt", "alt", "heroAlt", "coverAlt", "cover_alt"),
    "date": ("created", "created_at", "publishDate", "published", "published_at", "publishedAt", "publish_date"),
    "title": ("headline", "name"),
}
_KNOWN_BY_CONTENT = frozenset({
    "heroImage", "featuredImage", "thumbnail", "banner", "cover", "publishDate", "pubDate", "publishedAt",
    "published_at", "publish_date", "created", "created_at", "createdAt", "description", "summary", "tags",
})  # fmt: skip
_CONTENT_FOLDERS = (
    "content/posts", "content/post", "content/blog", "src/content/posts", "src/content/blog", "src/posts", "_posts",
    "posts", "blog", "articles", "content", "src/blog", "data/blog", "docs",
)  # fmt: skip

_NAMES = frozenset({"posts", "post", "blog", "articles", "_posts"})


@dataclass(frozen=True, slots=True)
class Guess(Found):
    """A proposal for syndicate.toml: what was found, the clues behind it, and what is still missing."""

    language: str = "en"
    timezone: str = "UTC"
    missing: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    """What some of the posts will meet with."""
    posts: int = 0
    built: str = ""
    """The folder of the built site, "" where none is there."""
    icon: str = ""
    """The address of a square picture of the site, from its root."""
    logo: str = ""
    """A logo's file below the site's folder."""

    @property
    def is_usual(self) -> bool:
        """Whether the pattern is what its generator does without a word, so that a script may do otherwise."""
        return any(clue.key == "permalink" and "own rule" in clue.source for clue in self.clues)

    def answer(self, key: str, value: str, source: str) -> Guess:
        """The same with one value that was learned."""
        clues = (*(clue for clue in self.clues if clue.key != key), Clue(key, value, source))
        missing = tuple(name for name in self.missing if name != key)
        return replace(self, **{key: value}, clues=clues, missing=missing)  # type: ignore[arg-type]


def guess_site(folder: Path) -> Guess | None:
    """Look at a folder; None where nothing in it looks like a blog."""
    found = find_generator(folder)
    is_there = bool(found.content) and (bool(found.include) or bool(list_posts(folder / found.content)))
    content = found.content if is_there else find_content(folder)
    content = content or (found.content if (folder / found.content).is_dir() else "")
    samples = read_samples(folder / content) if content else ()
    if not found.generator and not samples:
        return None
    if content and content != found.content:
        found = found.note("content", content, "the posts in it")
    guess = _make_guess(replace(found, content=content), samples, len(list_posts(folder / content)) if content else 0)
    own = [name for name in found.outputs if any(find_files(folder / name, "*.html"))]
    built = next((name for name in (*own, *_BUILT) if name in own or _is_built(folder / name)), "")
    icon, logo = _find_marks(folder, guess.static)
    notes = list_notes(folder, guess.content, guess.generator)
    return replace(guess, built=built, icon=icon, logo=logo, notes=notes)


_ICONS = (
    "apple-touch-icon.png", "android-chrome-512x512.png", "icon-512.png", "icon-512x512.png", "icon.png", "favicon.png",
    "favicon-32x32.png", "icon.svg", "favicon.svg", "favicon.ico",
)  # fmt: skip
_LOGOS = tuple(f"{place}logo.{ending}" for place in ("", "images/", "img/") for ending in ("png", "webp", "jpg"))


def _find_marks(folder: Path, static: str) -> tuple[str, str]:
    """The site's icon as it is served, and the file of its logo; "" for what is not there."""
    served = (*filter(None, static.split(",")), "static", "public", ".", "app", "src/app")
    icons = [f"/{name}" for place in served for name in _ICONS if (folder / place / name).is_file()]
    icons += [f"/assets/{name}" for name in _ICONS if (folder / "assets" / name).is_file()]
    logos = [f"{place}/{name}".removeprefix("./") for place in (*served, "assets") for name in _LOGOS]
    return next(iter(icons), ""), next((name for name in logos if (folder / name).is_file()), "")


_BUILT = ("public", "_site", "dist", "out", "build")


def _is_built(folder: Path) -> bool:
    """Whether a folder holds a built site: a front page, and pages in folders beside it."""
    pages = find_files(folder, "*.html")
    return (folder / "index.html").is_file() and any(page.parent != folder for page in pages)


def find_content(folder: Path) -> str:
    """The folder with posts: a usual name first, else the innermost that holds nearly all files with front matter."""
    usual = [name for name in _CONTENT_FOLDERS if any(map(is_dated, list_posts(folder / name)))]
    usual = usual or [name for name in _CONTENT_FOLDERS if read_samples(folder / name, limit=1)]
    if usual:
        return usual[0]
    counts: Counter[str] = Counter()
    for entry in walk(folder, lambda name: name not in SKIPPED and not name.startswith(".")):
        path = Path(entry)
        number = _weigh(path) if is_post(path) and entry.is_file() else 0
        for above in path.relative_to(folder).parents if number else ():
            counts[above.as_posix()] += number
    best = max(counts.values(), default=0)
    named = [place for place, number in counts.items() if place.rpartition("/")[2] in _NAMES and number > 0.5 * best]
    if named:
        return max(named, key=lambda place: (counts[place], place))
    nearly = [place for place, number in counts.items() if number >= 0.8 * best]
    innermost = max(nearly, key=lambda place: (place.count("/") + (place != "."), place), default="")
    return re.sub(r"(?:\A|/)\d{4}(?:/.*)?\Z", "", innermost) or (innermost and ".")  # next year has another folder


def _weigh(path: Path) -> int:
    """What is dated is a post, one with a title rather than a note."""
    sample = read_sample(path)
    if sample is None or not is_dated(path):
        return int(sample is not None)
    return 1_000 if any(key.lower().endswith("title") for key in sample.keys) else 10


def _make_guess(found: Found, samples: tuple[Sample, ...], posts: int) -> Guess:
    names, clues = _guess_fields(samples)
    told = {one.name: getattr(found, one.name) for one in fields(found)} | {
        "generator": found.generator or "Markdown files",
        "title": found.title or re.sub(r"\Ahttps?://(?:www\.)?|/\Z", "", found.url) or "My blog",
        "url": found.url.rstrip("/") or QUESTION,
        "content": found.content or "content/posts",
        "permalink": found.permalink or QUESTION,
        "language": found.language or _usual_language(samples),
        "timezone": found.timezone or "UTC",
        "description": " ".join(found.description.split()),
        "fields": {**names, **found.fields},
        "clues": found.clues + clues,
    }
    missing = (name for name in ("title", "url", "permalink", "timezone") if not getattr(found, name))
    return Guess(**told, missing=tuple(missing), posts=posts)


def _guess_fields(samples: tuple[Sample, ...]) -> tuple[dict[str, str], tuple[Clue, ...]]:
    """Names that posts use where ours is absent."""
    used = Counter(name for sample in samples for name in sample.keys)
    names, clues = {}, []
    for ours, others in _OTHER_NAMES.items():
        theirs = next((name for name in others if used[name]), "")
        if used[ours] or not theirs or theirs in _KNOWN_BY_CONTENT:
            continue
        names[ours] = theirs
        clues.append(Clue(f"fields.{ours}", theirs, f"{used[theirs]} of {len(samples)} posts"))
    other = Counter(name for name in used.elements() if re.fullmatch(r"(?!sub).*title", name, re.IGNORECASE))
    if other and used["title"] * 2 < len(samples) and "title" not in names:
        theirs = max(other, key=lambda name: (other[name], name.lower() == "title", name))
        if theirs.lower() != "title":
            names["title"] = theirs
            clues.append(Clue("fields.title", theirs, f"{other[theirs]} of {len(samples)} posts"))
    return names, tuple(clues)


def _usual_language(samples: tuple[Sample, ...]) -> str:
    named = Counter(sample.language for sample in samples if sample.language)
    return named.most_common(1)[0][0] if named else "en"


# --- what `init` writes of it ---


def write_new_files(folder: Path, files: Mapping[str, bytes]) -> tuple[str, ...]:
    """Write files below `folder`, by POSIX path; those that exist are left alone. Returns the written paths."""
    return tuple(path for path, data in files.items() if _write_new(folder / path, data))


def _write_new(path: Path, data: bytes) -> bool:
    """Half a file, where the disk is full, would count as the person's own ever after."""
    path.parent.mkdir(parents=True, exist_ok=True)
    try:
        file = path.open("xb")
    except FileExistsError:
        return False
    try:
        with file:
            file.write(data)
    except BaseException:
        path.unlink()
        raise
    return True


def render_config(guess: Guess) -> str:
    """syndicate.toml for a guess; each guessed value says where it came from."""
    sources = {clue.key: clue.source for clue in guess.clues}
    site = {
        "title": guess.title,
        "description": guess.description,
        "url": guess.url,
        "language": guess.language,
        "timezone": guess.timezone,
        "author": guess.author,
        "permalink": guess.permalink,
        "generator": guess.rules,
        "content": guess.content,
        "built": guess.built,
        "icon": guess.icon,
    }
    lines = [f"# Written by `syndicate init` from what this folder ({guess.generator}) says. Check each line.", ""]
    lines += ["[site]", *(_line(key, value, sources.get(key, "")) for key, value in site.items() if value)]
    if guess.static:
        lines.append(f"static = {_quote(guess.static.split(','))}  # from {sources.get('static', guess.generator)}")
    if guess.permalinks:
        lines += ["", "[site.permalinks]", "# folder below the content folder = the addresses of its posts"]
        lines += [f"{_quote(place)} = {_quote(pattern)}" for place, pattern in guess.permalinks]
    if guess.include or guess.ignore:
        globs = {"include": list(guess.include), "ignore": list(guess.ignore)}
        lines += ["", "[content]", *(f"{key} = {_quote(some)}" for key, some in globs.items() if some)]
    if guess.logo:
        lines += ["", "[cards]", _line("logo", guess.logo, "its name")]
    if guess.fields:
        lines += ["", "[fields]", "# our name = the name your posts use"]
        lines += [_line(ours, theirs, "") for ours, theirs in guess.fields.items()]
    if guess.publish_to:
        lines += ["", "[storage]", _line("publish_to", guess.publish_to, sources["publish_to"])]
    return "\n".join([*lines, *_TAIL])


_QUESTIONS = {
    "url": 'where do your pages live? for example "https://example.org"; nothing is published before you say it',
    "permalink": 'what address has a post? for example "/blog/{slug}/"; nothing is published before you say it',
}
_TO_CHECK = frozenset({"title", "url", "permalink", "timezone"})


def _line(key: str, value: str, source: str) -> str:
    note = f"  # from {source}" if source else "  # please check" if key in _TO_CHECK else ""
    note = f"  # {_QUESTIONS[key]}" if value == QUESTION else note
    return f"{key} = {_quote(value)}{note}"


def _quote(value: str | list[str]) -> str:
    """As TOML: JSON, but for what is not text at all, and for DEL, which it must not show as it is."""
    text = json.dumps(value, ensure_ascii=False).encode("utf-8", "replace").decode()
    return text.replace("\x7f", "\\u007f")


_TAIL = (
    "",
    "[schedule]",
    '# slots = ["mon-fri 09:00", "sat 11:00"]   # without slots, messages go out at once',
    'quiet = "22:00-07:00"',
    "",
    '# The network "local" needs no account: it writes timeline.html beside the feeds. Try it, then add real ones.',
    "[accounts.timeline]",
    'network = "local"',
    "",
    "# [accounts.mastodon]",
    '# network = "mastodon"',
    '# instance = "https://mastodon.example"   # then: syndicate login mastodon',
    "",
)
