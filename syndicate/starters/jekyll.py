"""What Jekyll's settings say: folders of posts, permalinks of collections and of defaults."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from syndicate.folders import walk
from syndicate.starters.found import (
    SKIPPED,
    Found,
    Place,
    author_of,
    find_files,
    find_first,
    list_posts,
    read_first,
    read_head,
    read_text,
    table_of,
    text_of,
)
from syndicate.text.slugs import JEKYLL, JEKYLL_STYLES, from_colons

_ENDS = ("md", "markdown", "mkd", "mkdown", "mkdn")


def look_for_jekyll(folder: Path) -> Found | None:
    name, data = read_first(folder, ["_config.yml", "_config.yaml", "_config.toml"])
    base = _find_source(folder, text_of(data, "source"))
    site = folder / base
    folders = list(_find_folders(site, text_of(data, "collections_dir"))) if name or _is_bare(folder) else []
    if not (name or folders) or (site / "source/_posts").is_dir() or "hexo" in read_text(folder / "package.json"):
        return None
    excluded = data.get("exclude")
    is_excluded = isinstance(excluded, list) and "syndicate.toml" in excluded
    advice = f"Add syndicate.toml to `exclude:` in {name or '_config.yml'}: Jekyll publishes what it finds."
    found = Found("Jekyll", "jekyll", advice="" if is_excluded else advice)
    url = text_of(data, "url")
    found = found.note("title", text_of(data, "title", "name"), name)
    found = found.note("url", url + text_of(data, "baseurl") if url else "", name)
    found = found.note("description", text_of(data, "description", "tagline"), name)
    found = found.note("static", ".", "Jekyll's own rule: every folder is served")
    found = found.note("language", text_of(data, "default_lang", "lang", "locale"), name)
    found = found.note("timezone", text_of(data, "timezone"), name)
    found = found.note("author", author_of(data), name)
    found = _settle_posts(found, site, folders, data, name) if folders else _settle_collection(found, site, data, name)
    found = found.move(base) if base else found
    return replace(found, outputs=(text_of(data, "destination") or "_site",))


def _find_source(folder: Path, given: str) -> str:
    """The folder that `source` names; where a script copies it to one that is not there, that of the same name."""
    base = given.strip("./")
    names = (name for name in (base, base.rpartition("/")[2]) if name and ".." not in name)
    return next((name for name in names if (folder / name).is_dir()), "")


def _is_bare(folder: Path) -> bool:
    """A blog without settings, as Jekyll began with."""
    beside = ("_layouts", "_includes", "Gemfile")
    return (folder / "_posts").is_dir() and any((folder / name).exists() for name in beside)


def _find_folders(folder: Path, base: str) -> Iterator[str]:
    """Each folder _posts that Jekyll looks into, at the root and in folders that do not belong to a collection."""
    top = folder / base.strip("/") if base and ".." not in base else folder
    for entry in walk(top, lambda name: name not in SKIPPED and not name.startswith((".", "_"))):
        if entry.name == "_posts" and entry.is_dir():
            yield Path(entry).relative_to(folder).as_posix()


def _settle_posts(found: Found, folder: Path, folders: list[str], data: Mapping[str, Any], name: str) -> Found:
    endings = [*_ENDS, *text_of(data, "markdown_ext").replace(" ", "").split(",")]
    pages = (path for place in folders for path in find_files(folder / place, "*.html"))
    endings += ["html"] if any(map(read_head, pages)) else []
    globs = tuple(f"**/*-*-*-*.{end}" for end in dict.fromkeys(endings) if end)
    places = [Place(place, *_find_pattern(data, place, "posts", name)) for place in folders]
    if len(places) > 1:  # folders above _posts are categories, so all are read from the top
        found = found.note("content", ".", "its folders _posts").note(
            "permalink", places[0].permalink, places[0].source
        )
        own = {place.folder: place.permalink for place in places if place.permalink != places[0].permalink}
        return replace(found, permalinks=tuple(own.items()), include=tuple(f"**/_posts/{glob}" for glob in globs))
    place = replace(places[0], permalink=_fill_categories(places[0]))
    found = found.settle(folder, [place], globs)
    return found.note("content", place.folder, "Jekyll's own rule")


def _fill_categories(place: Place) -> str:
    """Folders above _posts are categories; below it nothing tells them any more."""
    above = place.folder.removesuffix("_posts").strip("/")
    return place.permalink.replace("{categories}", f"{above}/{{categories}}") if above else place.permalink


def _settle_collection(found: Found, folder: Path, data: Mapping[str, Any], name: str) -> Found:
    """A site without _posts: its largest collection that has pages."""
    named = table_of(data, "collections")
    there = [one for one, rules in named.items() if isinstance(rules, dict) and rules.get("output") is True]
    base = text_of(data, "collections_dir").strip("/")
    folders = {one: f"{base}/_{one}".lstrip("/") for one in there}
    counts = {one: len(list_posts(folder / place)) for one, place in folders.items()}
    largest = max(counts, key=lambda one: counts[one], default="")
    if not counts.get(largest):
        return found
    pattern, source = _find_pattern(data, folders[largest], largest, name)
    return found.settle(folder, [Place(folders[largest], pattern, source)])


def _find_pattern(data: Mapping[str, Any], place: str, collection: str, name: str) -> tuple[str, str]:
    """The innermost default, else the collection's, else the site's; in our words, with its source."""
    own = text_of(table_of(table_of(data, "collections"), collection), "permalink")
    given = _find_default(data, place, collection) or own
    if not given and collection != "posts":
        given = f"/:collection/:path{'/' if text_of(data, 'permalink') == 'pretty' else '.html'}"
    given = given or text_of(data, "permalink")
    words = {**JEKYLL, "collection": collection} | ({"name": "{name}"} if collection == "posts" else {})
    pattern = from_colons(JEKYLL_STYLES.get(given or "date", given), words)
    if pattern and _is_polyglot(data):
        pattern = f"/{{other_language}}{pattern}"
    return pattern, f"{name}, permalink" if given else "Jekyll's own rule"


def _is_polyglot(data: Mapping[str, Any]) -> bool:
    """Whether the plugin Polyglot puts the language of a translation before its address."""
    return isinstance(data.get("languages"), list) and bool(text_of(data, "default_lang"))


def _find_default(data: Mapping[str, Any], place: str, collection: str) -> str:
    """The permalink among `defaults` whose scope is nearest to these posts."""
    rules = data.get("defaults")
    best, depth = "", -1
    for rule in rules if isinstance(rules, list) else ():
        scope, values = table_of(rule, "scope"), table_of(rule, "values")
        path, kind = text_of(scope, "path").strip("/"), text_of(scope, "type")
        fits = not path or place == path or place.startswith(f"{path}/")
        rank = 2 * len(path.split("/")) * bool(path) + bool(kind)
        if values.get("permalink") and fits and kind in {"", collection} and rank >= depth:
            best, depth = text_of(values, "permalink"), rank
    return best


# --- Bridgetown, which began as Jekyll ---

_BRIDGETOWN = {"pretty": "/:categories/:year/:month/:day/:slug/", "simple": "/:categories/:slug/"}


def look_for_bridgetown(folder: Path) -> Found | None:
    name, data = read_first(folder, ["bridgetown.config.yml"])
    script = read_text(folder / "config/initializers.rb")
    if not name and "Bridgetown.configure" not in script:
        return None
    url = text_of(data, "url") or find_first(script, r"\burl\s+[\"'](https?://[^\"']+)")
    found = Found("Bridgetown", "jekyll", outputs=("output",)).note("url", url, name or "config/initializers.rb")
    found = found.note("timezone", text_of(data, "timezone"), name)
    title = text_of(read_first(folder, ["src/_data/site_metadata.yml"])[1], "title")
    found = found.note("title", title, "src/_data/site_metadata.yml")
    own = text_of(table_of(table_of(data, "collections"), "posts"), "permalink") or text_of(data, "permalink")
    given = own or find_first(script, r"\bpermalink\s+[:\"']([\w:/.*-]+)") or "pretty"
    pattern = from_colons(_BRIDGETOWN.get(given, given).replace(".*", ".html"), {**JEKYLL, "slug": "{name}"})
    return found.settle(
        folder, [Place("src/_posts", pattern, f"{name}, permalink" if own else "Bridgetown's own rule")]
    )


# --- Middleman ---

_MIDDLEMAN = {"year": "{year}", "month": "{month}", "day": "{day}", "title": "{name}"}


def look_for_middleman(folder: Path) -> Found | None:
    """Its extension middleman-blog: articles below `prefix`, at `permalink`."""
    config = read_text(folder / "config.rb")
    if "activate :blog" not in config:
        return None
    prefix = find_first(config, r"(?m)^\s*\w+\.prefix\s*=\s*[\"']([^\"']*)").strip("/")
    own = find_first(config, r"(?m)^\s*\w+\.permalink\s*=\s*[\"']([^\"']*)")
    given = re.sub(r"\{(\w+)\}", r":\1", own or "{year}/{month}/{day}/{title}.html")
    pattern = from_colons(f"/{prefix}/{given}".replace("//", "/"), _MIDDLEMAN)
    if "activate :directory_indexes" in config:
        pattern = re.sub(r"(?:/index)?\.html\Z", "/", pattern)
    found = Found("Middleman", outputs=("build",)).note("static", "source", "Middleman's own rule")
    source = "config.rb, permalink" if own else "Middleman's own rule"
    content = f"source/{prefix}".rstrip("/")
    return found.settle(folder, [Place(content, pattern, source)] if list_posts(folder / content) else [])


# --- Hexo, whose settings stand in a file of the same name ---

_HEXO = {"title": "{path}", "name": "{name}", "post_title": "{title}", "category": "{category}"}


def look_for_hexo(folder: Path) -> Found | None:
    name, data = read_first(folder, ["_config.yml", "_config.yaml"])
    source = text_of(data, "source_dir") or "source"
    posts = f"{source}/_posts"
    if not name or not (folder / posts).is_dir() or "source" in data:  # Octopress names it so, which was Jekyll
        return None
    root = text_of(data, "root").strip("/")
    url = text_of(data, "url").rstrip("/")
    found = Found("Hexo", outputs=(text_of(data, "public_dir") or "public",)).note(
        "title", text_of(data, "title"), name
    )
    found = found.note("url", url if not root or url.endswith(root) else f"{url}/{root}", name)
    found = found.note("description", text_of(data, "description", "subtitle"), name)
    language = data.get("language")
    found = found.note(
        "language", str(language[0] if isinstance(language, list) and language else language or ""), name
    )
    found = found.note("timezone", text_of(data, "timezone"), name).note("author", text_of(data, "author"), name)
    given = text_of(data, "permalink") or ":year/:month/:day/:title/"
    words = {**{word: f"{{{word}}}" for word in ("year", "month", "day", "i_month", "i_day")}, **_HEXO}
    if "day" in text_of(data, "new_post_name"):  # dates before names are told from them
        words["title"] = "{name}"
    pattern = from_colons(given, words).removesuffix("index.html")
    found = found.note("static", source, "Hexo's own rule")
    return found.settle(folder, [Place(posts, pattern, f"{name}, permalink")])
