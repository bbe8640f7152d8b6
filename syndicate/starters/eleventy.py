"""What Eleventy's settings and data files say, and those of Lume, which are like them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from syndicate.folders import walk
from syndicate.starters.found import SKIPPED, Found, Place, find_files, is_dated, list_posts, read_head
from syndicate.starters.parse import SCRIPT_ENDS, find_file, find_first, note_script, read_data, read_text, text_of
from syndicate.text.slugs import from_template

_CONFIGS = [".eleventy.js", ".eleventy.cjs", ".eleventy.mjs", "eleventy.config.js", "eleventy.config.mjs",
            "eleventy.config.cjs", "eleventy.config.ts"]  # fmt: skip
_PLACES = ("content/blog", "content/posts", "posts", "blog", "articles", "_posts", "writing", "notes", "content/notes",
           "content/articles", "content/writing", "post", "journal", "thoughts", "content")  # fmt: skip


def look_for_eleventy(folder: Path) -> Found | None:
    name = find_file(folder, _CONFIGS)
    if not name:
        return None
    config = read_text(folder / name)
    start = find_first(config, r"(?:\binput\s*:\s*|setInputDirectory\(\s*)[\"'`]([^\"'`]+)")
    base = start.strip("./")
    if not base and any((folder / "src" / name).is_dir() for name in ("_data", "_includes")):
        base = "src"  # its own script tells it
    advice = f'Add eleventyConfig.addPassthroughCopy("feeds") to {name}, so that feeds/ is served.'
    built = find_first(config, r"(?:\boutput\s*:\s*|setOutputDirectory\(\s*)[\"'`]([^\"'`]+)").strip("./") or "_site"
    found = _note_copied(Found("Eleventy", "eleventy", advice=advice, outputs=(built,)), config, base, name)
    for data_name in ("metadata", "site", "meta", "config"):
        found = note_script(found, folder, [f"{base}/_data/{data_name}.{end}".lstrip("/") for end in SCRIPT_ENDS])
        found = note_script(found, folder, [f"_data/{data_name}.{end}" for end in SCRIPT_ENDS])
    content = _choose_folder(folder, base)
    if not content:
        return found
    below = content.removeprefix(base).strip("/")
    declared, source = _find_pattern(folder, base, content, below)
    pattern = declared or ("" if source else re.sub("/+", "/", f"/{below}/{{path}}/"))
    source = source or "Eleventy's own rule: the path"
    places = [Place(content, pattern, source), *_list_sections(folder, base, content, source)]
    return found.settle(folder, places, _list_endings(folder / content))


def _list_sections(folder: Path, base: str, content: str, source: str) -> Iterator[Place]:
    """Folders beside it of which each, too, says in its own data file that it holds posts, and those in all of them."""
    if not source.startswith(f"{content}/"):
        return
    for path in sorted((folder / content).parent.glob("*/")):
        posts = list_posts(path)
        if path.name.startswith("_") or sum(map(is_dated, posts)) * 2 <= len(posts):
            continue
        own = _read_section(folder, base, path)
        if own and (own.folder == content or _OF_POSTS.search(read_text(folder / own.source))):
            inner = (_read_section(folder, base, one) for one in sorted(path.glob("*/**/")))
            yield from (place for place in (own, *inner) if place and place.folder != content)


def _read_section(folder: Path, base: str, path: Path) -> Place | None:
    """What a folder's own data file says of the posts in it."""
    name = path.relative_to(folder).as_posix()
    pattern, source = _find_pattern(folder, name, name, name.removeprefix(base).strip("/"))
    return Place(name, pattern, source) if pattern and list_posts(path) else None


_OF_POSTS = re.compile(r"\b(?:layout|tags)[\"']?\s*:\s*\[?[^\n\]]*\b(?:post|posts|blog)\b")


def _list_endings(posts: Path) -> tuple[str, ...]:
    has_html = any(is_dated(path) and read_head(path) for path in find_files(posts, "*.html"))
    return ("**/*.md", "**/*.markdown", "**/*.mdx", "**/*.html") if has_html else ()


def _choose_folder(folder: Path, base: str) -> str:
    """A folder of a usual name with posts, else the one with most posts that have dates."""
    places = [f"{base}/{part}".strip("/") for part in _PLACES]
    there = [place for place in places if list_posts(folder / place)]
    if there:
        return next((place for place in there if any(map(is_dated, list_posts(folder / place)))), there[0])
    below = (Path(entry) for entry in walk(folder / base, lambda name: name not in SKIPPED) if entry.is_dir())
    folders = [folder / base, *(path for path in below if path.name not in SKIPPED)]
    counts = {path: sum(map(is_dated, list_posts(path, deep=False))) for path in folders}
    best = max(counts, key=lambda path: counts[path], default=folder)
    return best.relative_to(folder).as_posix() if counts.get(best) else ""


def _find_pattern(folder: Path, base: str, content: str, below: str) -> tuple[str, str]:
    """The permalink in the data files of the folder and those above it (11ty.dev/docs/data-template-dir).

    One that we cannot say in our words comes as "" with its source.
    """
    for place in _list_above(folder / content, folder / base):
        ends = [f"{place.name}{kind}.{end}" for kind in ("", ".11tydata") for end in (*SCRIPT_ENDS, "yml", "yaml")]
        name = find_file(place, ends)
        if not name:
            continue
        text = read_text(place / name)
        written = _read_permalink(place / name, text)
        pattern = from_template(written, f"/{below}/{{folders}}/{{name}}") if written else ""
        if written or ("permalink" in text and "data.permalink" not in text):  # some only leave drafts out there
            is_known = re.search(r"\{(slug|name|title|path)\}", pattern)
            return pattern if is_known else "", place.relative_to(folder).joinpath(name).as_posix()
    return "", ""


def _read_permalink(path: Path, text: str) -> str:
    """A string, or what a function returns, where that is a plain template."""
    if path.suffix in {".json", ".yml", ".yaml"}:
        return text_of(read_data(path), "permalink")
    function = find_first(
        text, r"permalink\s*(?::\s*(?:function\s*)?)?\([^)]{0,500}\)\s*(?:=>)?\s*\{?\s*(?:return\s+)?[\"'`]([^\"'`\n]+)"
    )
    return function or find_first(text, r"permalink[\"']?\s*:\s*[\"'`]([^\"'`\n]+)")


def _list_above(start: Path, top: Path) -> Iterator[Path]:
    yield start
    while start != top and top in start.parents:
        start = start.parent
        yield start


def _note_copied(found: Found, config: str, base: str, source: str) -> Found:
    """Folders that Eleventy copies as they are: `addPassthroughCopy({"public": "/"})` or below its input folder."""
    to_root = re.findall(r"[\"'`](?:\./)?(\w[\w./-]*?)/?[\"'`]\s*:\s*[\"'`]\.?/?[\"'`]", config)
    folders = dict.fromkeys([*to_root, *([base] if base else []), "."])
    return found.note("static", ",".join(folders), source) if "addPassthroughCopy" in config else found


def look_for_lume(folder: Path) -> Found | None:
    """Lume (Deno): pages lie where their files do, without the date before a name."""
    name = find_file(folder, ["_config.ts", "_config.js"])
    config = read_text(folder / name) if name else ""
    if "lume" not in config:
        return None
    base = find_first(config, r"\bsrc\s*:\s*[\"'`]([^\"'`]+)").strip("./")
    found = Found("Lume", "eleventy", outputs=("_site",))
    found = found.note("url", find_first(config, r"\blocation\s*:\s*new URL\([\"'`]([^\"'`]+)"), name)
    data = find_file(folder / base, ["_data.yml", "_data.yaml", "_data.json"])
    values = read_data(folder / base / data) if data else {}
    metas = values.get("metas")
    found = found.note("title", text_of(metas if isinstance(metas, dict) else values, "site", "title"), data)
    content = _choose_folder(folder, base)
    end = "" if re.search(r"prettyUrls\s*:\s*false", config) else "/"
    pattern = f"/{content.removeprefix(base).strip('/')}/{{folders}}/{{name}}{end or '.html'}"
    return found.settle(folder, [Place(content, pattern, "Lume's own rule: the path")] if content else [])
