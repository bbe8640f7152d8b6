"""What the files of Hugo, Jekyll, Eleventy, Astro and Next.js say about the site they build."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from syndicate.starters.reading import (
    author_of,
    find_file,
    find_first,
    find_string,
    from_colons,
    has_capitals,
    read_data,
    read_first,
    read_text,
    table_of,
    text_of,
)
from syndicate.starters.sample import choose_folder


@dataclass(frozen=True, slots=True)
class Clue:
    """One guessed value and where it came from."""

    key: str
    value: str
    source: str


@dataclass(frozen=True, slots=True)
class Found:
    """What a generator's files told; empty means they did not."""

    generator: str
    title: str = ""
    description: str = ""
    url: str = ""
    content: str = ""
    permalink: str = ""
    language: str = ""
    timezone: str = ""
    author: str = ""
    static: str = ""
    """Folders that are served from the root, with commas, where they are not the usual ones."""
    publish_to: str = ""
    """Folder that the generator copies to /feeds/ with every build, "" for feeds/ itself."""
    advice: str = ""
    """What a person has to do for that."""
    clues: tuple[Clue, ...] = ()

    def note(self, key: str, value: str, source: str) -> Found:
        """The same with one more value, remembered with its source; an empty value changes nothing."""
        if not value:
            return self
        others = tuple(clue for clue in self.clues if clue.key != key)
        return replace(self, **{key: value}, clues=(*others, Clue(key, value, source)))


def look_for_hugo(folder: Path) -> Found | None:
    names = [f"{place}{stem}.{end}" for place in ("", "config/_default/") for stem in ("hugo", "config")
             for end in ("toml", "yaml", "yml", "json")]  # fmt: skip
    name, data = read_first(folder, names)
    if not (name and (folder / "content").is_dir()):
        return None
    section = choose_folder(folder / "content", ("posts", "post", "blog"))
    found = (
        Found("Hugo").note("title", text_of(data, "title"), name).note("url", text_of(data, "baseURL", "baseurl"), name)
    )
    found = found.note("description", text_of(table_of(data, "params"), "description", "subtitle"), name)
    found = found.note("language", text_of(data, "languageCode", "defaultContentLanguage", "locale"), name)
    found = found.note("timezone", text_of(data, "timeZone"), name)
    found = found.note("author", author_of(data, "author") or author_of(table_of(data, "params"), "author"), name)
    found = found.note("content", f"content/{section}" if section else "content", "content/")
    pattern = _hugo_pattern(data, section, folder)
    source = f"{name}, permalinks" if pattern else "Hugo's own rule: the path below content/"
    found = found.note("permalink", pattern or f"/{section}/{{folders}}/{{slug}}/".replace("//", "/"), source)
    return found.note("publish_to", "static/feeds", "Hugo's own rule: it is served at /feeds/")


def _hugo_pattern(data: Mapping[str, Any], section: str, folder: Path) -> str:
    """permalinks.posts or permalinks.page.posts, in our words (gohugo.io/configuration/permalinks).

    Its `:title` and `:slug` are made of the title, not of the file name; `:sections` are folders with an _index.
    """
    table = data.get("permalinks") or {}
    pages = table.get("page") if isinstance(table.get("page"), dict) else table
    pattern = pages.get(section) if isinstance(pages, dict) else None
    is_nested = any((folder / "content" / section).glob("*/_index.*"))
    words = {"section": section, "sections": f"{section}/{{folders}}" if is_nested else section}
    return from_colons(pattern, words | {"title": "{title}", "slug": "{title}"}) if isinstance(pattern, str) else ""


def look_for_jekyll(folder: Path) -> Found | None:
    name, data = read_first(folder, ["_config.yml", "_config.yaml"])
    if not name:
        return None
    url = text_of(data, "url") + text_of(data, "baseurl")
    content = "_posts" if (folder / "_posts").is_dir() else ""
    excluded = data.get("exclude")
    is_excluded = isinstance(excluded, list) and "syndicate.toml" in excluded
    advice = f"Add syndicate.toml to `exclude:` in {name}: Jekyll publishes what it finds."
    found = Found("Jekyll", advice="" if is_excluded else advice)
    found = found.note("title", text_of(data, "title", "name"), name).note("url", url, name)
    found = found.note("description", text_of(data, "description", "tagline"), name)
    found = found.note("static", ".", "Jekyll's own rule: every folder is served")
    found = found.note("language", text_of(data, "lang", "locale"), name).note(
        "timezone", text_of(data, "timezone"), name
    )
    found = found.note("author", author_of(data, "author"), name).note("content", content, "Jekyll's own rule")
    given = text_of(data, "permalink") or "date"
    source = f"{name}, permalink" if data.get("permalink") else "Jekyll's own rule"
    words = {"title": "{name}"} if content and has_capitals(folder / content) else {}
    return found.note("permalink", from_colons(_JEKYLL_STYLES.get(given, given), words), source)


# jekyllrb.com/docs/permalinks, built-in formats
_JEKYLL_STYLES = {
    "date": "/:categories/:year/:month/:day/:title.html",
    "pretty": "/:categories/:year/:month/:day/:title/",
    "none": "/:categories/:title.html",
    "ordinal": "/:categories/:year/:y_day/:title.html",
}


def look_for_eleventy(folder: Path) -> Found | None:
    names = [".eleventy.js", "eleventy.config.js", "eleventy.config.mjs", "eleventy.config.cjs", "eleventy.config.ts"]
    name = find_file(folder, names)
    if not name:
        return None
    config = read_text(folder / name)
    start = find_first(config, r"input\s*:\s*[\"'`]([^\"'`]+)")
    base = start.strip("./")
    advice = f'Add eleventyConfig.addPassthroughCopy("feeds") to {name}, so that feeds/ is served.'
    found = _note_copied(Found("Eleventy", advice=advice), config, base, name)
    for data_name in ("metadata", "site", "meta"):
        found = _note_script(found, folder, [f"{base}/_data/{data_name}.{end}".lstrip("/") for end in _SCRIPT_ENDS])
        found = _note_script(found, folder, [f"_data/{data_name}.{end}" for end in _SCRIPT_ENDS])
    places = [f"{base}/{part}".lstrip("/") for part in ("posts", "blog", "content/blog", "content/posts", "articles")]
    content = choose_folder(folder, [*places, "content/blog", "posts"])
    found = found.note("content", content, f"{content}/")
    address = content.removeprefix(base).strip("/").removeprefix("content/")
    declared, source = _eleventy_pattern(folder / content) if content else ("", "")
    name = "{name}" if content and has_capitals(folder / content) else "{slug}"
    if declared:
        return found.note("permalink", declared.replace("{slug}", name), f"{content}/{source}")
    return found.note(
        "permalink", f"/{address}/{{folders}}/{name}/" if content else "", "Eleventy's own rule: the path"
    )


# What templates of addresses are made of, in our words.
_ELEVENTY_PARTS = (
    (r"page\.fileSlug(?:\s*\|\s*slug(?:ify)?)?", "{slug}"),
    (r"slug(?:\s*\|\s*slug(?:ify)?)?", "{slug}"),
    (r"title\s*\|\s*slug(?:ify)?", "{title}"),
)


def _eleventy_pattern(posts: Path) -> tuple[str, str]:
    """The permalink in the folder's data file (11ty.dev/docs/data-template-dir) in our words, and the file's name."""
    names = [f"{posts.name}{kind}.{end}" for kind in ("", ".11tydata") for end in _SCRIPT_ENDS]
    name = find_file(posts, names)
    pattern = find_string(read_text(posts / name), "permalink") if name else ""
    for theirs, ours in _ELEVENTY_PARTS:
        pattern = re.sub(rf"\{{\{{-?\s*{theirs}\s*-?\}}\}}", ours, pattern)
    is_known = re.search(r"\{(?:slug|title)\}", pattern) and not re.search(r"\{\{|\{%|\$\{", pattern)
    return ("/" + pattern.lstrip("/").removesuffix("index.html"), name) if is_known else ("", "")


def _note_copied(found: Found, config: str, base: str, source: str) -> Found:
    """Folders that Eleventy copies as they are: `addPassthroughCopy({"public": "/"})` or below its input folder."""
    to_root = re.findall(r"[\"'`](?:\./)?([\w./-]+?)/?[\"'`]\s*:\s*[\"'`]\.?/?[\"'`]", config)
    folders = [*to_root, *([base] if base else []), "."]
    return found.note("static", ",".join(folders), source) if "addPassthroughCopy" in config else found


def look_for_astro(folder: Path) -> Found | None:
    name = find_file(folder, [f"astro.config.{end}" for end in ("mjs", "ts", "js", "mts")])
    if not name:
        return None
    found = Found("Astro").note("url", find_first(read_text(folder / name), r"\bsite\s*:\s*[\"'`]([^\"'`]+)"), name)
    found = _note_script(found, folder, ["src/consts.ts", "src/config.ts", "src/site.config.ts", "src/consts.js"])
    places = ["src/content/blog", "src/content/posts", "src/data/blog", "src/content/post", "src/pages/blog"]
    content = choose_folder(folder, places)
    found = found.note("content", content, f"{content}/")
    route = next((part for part in ("blog", "posts") if any((folder / "src/pages" / part).glob("[[]*[]].astro"))), "")
    found = found.note("permalink", _astro_pattern(folder, route, read_text(folder / name)), f"src/pages/{route}/")
    return found.note("publish_to", "public/feeds", "Astro's own rule: it is served at /feeds/")


def _astro_pattern(folder: Path, route: str, config: str) -> str:
    """[...slug] takes folders, too, [slug] only the name; `trailingSlash` and `build.format` say how it ends."""
    takes_folders = any((folder / "src/pages" / route).glob("[[]...*"))
    has_slash = not re.search(r"trailingSlash\s*:\s*[\"']never|format\s*:\s*[\"']file", config)
    pattern = f"/{route}/{'{folders}/' if takes_folders else ''}{{slug}}{'/' if has_slash else ''}"
    return pattern if route else ""


def look_for_nextjs(folder: Path) -> Found | None:
    name = find_file(folder, [f"next.config.{end}" for end in ("js", "mjs", "ts", "cjs")])
    if not name:
        return None
    found = Found("Next.js")
    found = _note_script(found, folder, [
        f"{place}{stem}.{end}" for place in ("", "data/", "config/", "lib/", "src/")
        for stem in ("siteMetadata", "site", "site.config", "blog.config", "config") for end in _SCRIPT_ENDS
    ])  # fmt: skip
    if not found.url:
        found = found.note("url", text_of(read_data(folder / "package.json"), "homepage"), "package.json")
    found = _note_layout(found, folder)
    places = [
        "content/posts",
        "content/blog",
        "data/blog",
        "_posts",
        "posts",
        "src/content/posts",
        "src/posts",
        "content",
    ]
    content = choose_folder(folder, places)
    found = found.note("content", content, f"{content}/")
    found = found.note("publish_to", "public/feeds", "Next.js's own rule: it is served at /feeds/")
    for start in ("app", "src/app", "pages", "src/pages"):
        for route in ("blog", "posts", "articles"):
            pages = sorted((folder / start / route).glob("[[]*"))
            if pages:  # [...slug] takes the whole path of a post, [slug] its name
                part = "{path}" if "..." in pages[0].name else "{slug}"
                return found.note("permalink", f"/{route}/{part}", f"{start}/{route}/{pages[0].name}")
    return found


def _note_layout(found: Found, folder: Path) -> Found:
    """What the layout of the app router says about all pages, and the address that its site map is made with."""
    ends = [f"{start}app/{stem}" for start in ("", "src/") for stem in ("layout", "sitemap")]
    for name in (f"{end}.{kind}" for end in ends for kind in ("tsx", "jsx", "ts", "js")):
        text = read_text(folder / name)
        title = find_first(text, r"title\s*:\s*\{[^}]*default\s*:\s*[\"'`]([^\"'`$]+)") or find_string(text, "title")
        url = find_first(text, r"(?:metadataBase\s*:\s*new URL\(|baseUrl\s*=)\s*[\"'`](https?://[^\"'`$]+)")
        values = {"title": title, "description": find_string(text, "description"), "url": url}
        for key, value in values.items():
            found = found if getattr(found, key) else found.note(key, value, name)
    return found


GENERATORS: tuple[Callable[[Path], Found | None], ...] = (
    look_for_hugo, look_for_jekyll, look_for_eleventy, look_for_astro, look_for_nextjs,
)  # fmt: skip

_SCRIPT_ENDS = ("js", "cjs", "mjs", "ts", "json")
_SCRIPT_NAMES = {
    "title": r"(?:SITE_TITLE|title|siteTitle|siteName)",
    "url": r"(?:SITE_URL|siteUrl|siteURL|url|website|site)",
    "description": r"(?:SITE_DESCRIPTION|description|siteDescription)",
    "language": r"(?:language|lang|locale)",
    "author": r"(?:author|AUTHOR|authorName)",
    "timezone": r"(?:timezone|timeZone)",
}


def _note_script(found: Found, folder: Path, names: list[str]) -> Found:
    """Take what a JavaScript, TypeScript or JSON settings file says in plain string literals."""
    name = find_file(folder, names)
    text = read_text(folder / name) if name else ""
    for key, pattern in _SCRIPT_NAMES.items():
        value = find_string(text, pattern)
        if key == "author" and not value:
            value = find_string(find_first(text, rf"\b{pattern}\b[\"']?\s*[:=]\s*\{{([^}}]*)"), "name")
        if key == "url" and not value.startswith("http"):
            continue
        if not getattr(found, key):
            found = found.note(key, value, name)
    return found
