"""What the settings of Hugo, Zola, Pelican, MkDocs and Nikola say: sections, their permalinks, languages."""

from __future__ import annotations

import csv
import re
import shutil
import subprocess
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from syndicate.errors import UsageError
from syndicate.processes import ask_program
from syndicate.starters.found import (
    QUESTION,
    Found,
    Place,
    author_of,
    find_file,
    find_files,
    find_first,
    find_string,
    is_dated,
    list_posts,
    read_data,
    read_first,
    read_text,
    table_of,
    text_of,
)
from syndicate.text.slugs import HUGO, from_colons

_ENDS = ("toml", "yaml", "yml", "json")
_USUAL = (
    "posts", "post", "blog", "blogs", "articles", "article", "news", "writing", "writings", "notes", "essays",
    "journal", "til", "stories", "weblog", "links", "entries", "thoughts", "diary", "log", "releases",
)  # fmt: skip


def look_for_hugo(folder: Path) -> Found | None:
    name, data = _read_settings(folder)
    roots = list(_list_roots(folder, data)) if name else []
    if not roots or "base_url" in data:  # that is Zola's
        return None
    params = table_of(data, "params")
    own = table_of(table_of(data, "languages"), text_of(data, "defaultcontentlanguage") or "en")
    found = Found("Hugo", "hugo", outputs=(text_of(data, "publishdir") or "public",))
    found = found.note("title", text_of({**data, **own}, "title"), name).note("url", text_of(data, "baseurl"), name)
    found = found.note("description", text_of(params, "description", "subtitle"), name)
    found = found.note("language", _choose_language(data), name).note("timezone", text_of(data, "timezone"), name)
    found = found.note("author", author_of(data) or author_of(params), name)
    sections = _choose_sections(folder, roots, data)
    places = [_place(folder, root, section, data, name) for root, section in sections]
    if not places:
        places = [Place(roots[0].folder, "/{path}/", "Hugo's own rule: the path below content/")]
    found = found.settle(folder, places, _list_endings(folder, places))
    return found.serve("static")


def _choose_language(data: Mapping[str, Any]) -> str:
    """What the site is written in: `languageCode`, unless that is not the language of files without one."""
    main, code = text_of(data, "defaultcontentlanguage"), text_of(data, "languagecode", "locale")
    is_same = not main or code.lower().partition("-")[0] == main.lower().partition("-")[0]
    return code if code and is_same else main


def _list_endings(folder: Path, places: list[Place]) -> tuple[str, ...]:
    """HTML is a post, too, where a section has some with front matter."""
    has_html = any(is_dated(path) for place in places for path in find_files(folder / place.folder, "*.html"))
    return ("**/*.md", "**/*.markdown", "**/*.mdx", "**/*.html") if has_html else ()


def _read_settings(folder: Path) -> tuple[str, dict[str, Any]]:
    """All settings with their names in small letters, as Hugo compares them, and the file with most of them."""
    own = [f"{stem}.{end}" for stem in ("hugo", "config") for end in _ENDS]
    name, data = read_first(folder, [*own, *_list_in_folder(folder, "hugo"), *_list_in_folder(folder, "config")])
    data = _lower(data)
    for table in ("params", "permalinks", "languages", "module", "frontmatter"):
        other, more = read_first(folder, _list_in_folder(folder, table))
        if other:
            name = name or other
            data[table] = {**table_of(data, table), **_lower(more)}
    for path in sorted(folder.glob("config/_default/languages.*.*")):
        languages = data.setdefault("languages", {})
        languages[path.name.split(".")[1]] = _lower(read_data(path))
    return name, data


def _list_in_folder(folder: Path, stem: str) -> list[str]:
    """Files of settings in config/_default and the folders below it, as Hugo looks for them."""
    found = sorted(find_files(folder / "config/_default", f"{stem}.*"))
    return [path.relative_to(folder).as_posix() for path in found if path.suffix[1:] in _ENDS]


def _lower(data: Mapping[str, Any]) -> dict[str, Any]:
    return {str(key).lower(): _lower(value) if isinstance(value, dict) else value for key, value in data.items()}


@dataclass(frozen=True, slots=True)
class _Root:
    """A folder that Hugo takes for content, the language of what is in it, and what its addresses begin with."""

    folder: str
    start: str = ""
    language: str = ""


def _list_roots(folder: Path, data: Mapping[str, Any]) -> Iterator[_Root]:
    usual = text_of(data, "contentdir") or "content"
    main = text_of(data, "defaultcontentlanguage") or "en"
    in_folder = data.get("defaultcontentlanguageinsubdir") is True
    languages = table_of(data, "languages")
    own = {code: text_of(table, "contentdir") for code, table in languages.items() if isinstance(table, dict)}
    mounts = table_of(data, "module").get("mounts")
    mounted = [mount for mount in mounts if _is_content(mount)] if isinstance(mounts, list) else []
    if mounted and not any(own.values()):  # what is mounted as content takes the place of the usual folder
        own, usual = {}, ""
    seen = set()
    for code, place in (own if any(own.values()) else {main: usual}).items():
        start = f"/{code}" if (code != main or in_folder) and languages else ""
        root = (place or usual).strip("/")
        if root and root not in seen and (folder / root).is_dir():
            seen.add(root)
            yield _Root(root, start, code)
    for mount in mounted:
        source, target = (text_of(mount, key).strip("/") for key in ("source", "target"))
        if source not in seen and (folder / source).is_dir() and ".." not in source:
            seen.add(source)
            code = text_of(mount, "lang")
            start = f"/{code}" if languages and code and (code != main or in_folder) else ""
            yield _Root(source, start + target.removeprefix("content").rstrip("/"), code)


def _is_content(mount: object) -> bool:
    return isinstance(mount, dict) and text_of(mount, "target").strip("/").partition("/")[0] == "content"


def _choose_sections(folder: Path, roots: list[_Root], data: Mapping[str, Any]) -> list[tuple[_Root, str]]:
    """The sections that the theme shows, else those of usual names or with a permalink, else the fullest one."""
    pairs = [(root, path.name) for root in roots for path in sorted((folder / root.folder).iterdir()) if path.is_dir()]
    counts = {pair: sum(map(is_dated, list_posts(folder / pair[0].folder / pair[1]))) for pair in pairs}
    there = [pair for pair in pairs if counts[pair]]
    named = data.get("mainsections") or table_of(data, "params").get("mainsections")
    wanted = [str(name).lower() for name in named] if isinstance(named, list) else [str(named).lower()]
    chosen = [pair for pair in there if pair[1].lower() in wanted]
    chosen = chosen or [pair for pair in there if pair[1].lower() in _USUAL]
    table = table_of(data, "permalinks")
    chosen = chosen or [pair for pair in there if pair[1].lower() in {**table, **table_of(table, "page")}]
    chosen += [(root, "") for root in roots if root.start.strip("/").lower() in _USUAL]  # mounted as a section
    if chosen:
        return chosen
    if not there and (usual := [pair for pair in pairs if pair[1].lower() in _USUAL]):
        return usual[:1]
    loose = [root for root in roots if any(is_dated(path) for path in list_posts(folder / root.folder, deep=False))]
    loose += [root for root, name in there if re.fullmatch(r"\d{4}", name)]  # next year has another folder
    return [(root, "") for root in dict.fromkeys(loose)] or sorted(there, key=lambda pair: -counts[pair])[:1]


def _place(folder: Path, root: _Root, section: str, data: Mapping[str, Any], name: str) -> Place:
    """One section with its pattern: that of the settings, else the path."""
    place = f"{root.folder}/{section}".rstrip("/")
    posts = list_posts(folder / place)
    pattern = _find_pattern({**data, **_own_permalinks(data, root.language)}, section)
    if pattern == QUESTION or _keeps_letters(data, posts):
        return Place(place, "", f"{name}, permalinks")
    source = f"{name}, permalinks" if pattern else "Hugo's own rule: the path below content/"
    pattern = pattern or re.sub("/+", "/", f"/{section.lower()}/{{path}}/")
    if _names_dates_in_files(data):
        pattern = pattern.replace("{slug}", "{undated}").replace("{path}", "{folders}/{undated}")
        if sum(bool(re.match(r"\d{4}-\d\d-\d\d", path.name)) for path in posts) * 2 > len(posts):
            pattern = pattern.replace("{title}", "{undated}")
    pattern = pattern if pattern.endswith("/") else f"{pattern}/"
    if data.get("uglyurls") is True:  # Hugo 0.123 and later take no notice of sections named there
        pattern = f"{pattern.rstrip('/')}.html"
    return Place(place, root.start + pattern, source)


def _names_dates_in_files(data: Mapping[str, Any]) -> bool:
    """Whether Hugo takes dates from file names, and what follows as the slug."""
    dates = table_of(data, "frontmatter").get("date")
    return ":filename" in [str(date).lower() for date in dates] if isinstance(dates, list) else False


def _own_permalinks(data: Mapping[str, Any], language: str) -> Mapping[str, Any]:
    """The permalinks of one language, where it has some."""
    own = table_of(table_of(table_of(data, "languages"), language), "permalinks")
    return {"permalinks": own} if own else {}


def _keeps_letters(data: Mapping[str, Any], posts: list[Path]) -> bool:
    """Whether addresses keep capitals, or lose accents, against Hugo's rule and there are some: no word says that."""
    names = "".join("/".join(path.parts[-3:]) for path in posts)
    has_capitals = data.get("disablepathtolower") is True and names != names.lower()
    return has_capitals or (data.get("removepathaccents") is True and not names.isascii())


def _find_pattern(data: Mapping[str, Any], section: str) -> str:
    """permalinks.posts or permalinks.page.posts, in our words (gohugo.io/configuration/permalinks).

    `:sections` are folders with an _index; a pattern begins below the section's folder.
    """
    table = table_of(data, "permalinks")
    pages = table_of(table, "page") or table
    pattern = pages.get(section.lower() or "/")
    if not isinstance(pattern, str):
        return ""
    lowered = section.lower()
    pattern = pattern.replace(":sections[1:]", ":inner").replace(":sections[0]", ":section")
    pattern = pattern.replace(":sections[:1]", ":section").replace(":sections[0:1]", ":section")
    words = {**HUGO, "section": lowered, "sections": f"{lowered}/{{sections}}", "inner": "{sections}"}
    return from_colons(pattern, words) or QUESTION


# --- What a site's generator lists when it is asked: it runs, so only a person's word makes it ---

_PATIENCE = 300
_SETTINGS = ("hugo.toml", "hugo.yaml", "hugo.yml", "hugo.json", "config.toml", "config.yaml", "config", "content")


def list_addresses(folder: Path) -> Mapping[str, str]:
    """Files below the folder → their addresses, as `hugo list all` has them. Raises UsageError where it cannot be had.

    No other generator has such a listing; the built site tells as much.
    """
    hugo = shutil.which("hugo")
    if not hugo or not any((folder / name).exists() for name in _SETTINGS):
        raise UsageError("no generator here lists its addresses", hint="only `hugo list all` is known; build the site")
    try:
        done = ask_program([hugo, "list", "all", "--source", str(folder)], _PATIENCE)
    except subprocess.TimeoutExpired as error:
        raise UsageError(f"hugo did not answer within {_PATIENCE} seconds") from error
    if done.returncode:
        said = (done.stderr or done.stdout).decode(errors="replace").strip().rpartition("\n")[2][:300]
        raise UsageError(f"hugo cannot list this site: {said}", hint="hugo list all")
    return parse_listing(done.stdout.decode(errors="replace"))


def parse_listing(text: str) -> dict[str, str]:
    """The pages of Hugo's list; what it warns of before it is not part of it."""
    lines = text.splitlines()
    start = next((at for at, line in enumerate(lines) if line.startswith("path,")), len(lines))
    rows = csv.DictReader(lines[start:])
    return {row["path"]: row["permalink"] for row in rows if row.get("kind") == "page" and row.get("permalink")}


# --- Zola ---

_SECTIONS = ("blog", "posts", "post", "articles", "news", "writing", "notes", "essays", "journal")


def look_for_zola(folder: Path) -> Found | None:
    name = find_file(folder, ["zola.toml", "config.toml"])
    data = read_data(folder / name) if name else {}
    if "base_url" not in data or not (folder / "content").is_dir():
        return None
    found = Found("Zola", "zola", outputs=(text_of(data, "output_dir") or "public",), fields={"permalink": "path"})
    found = found.note("url", text_of(data, "base_url"), name).note("title", text_of(data, "title"), name)
    found = _title_of_front(found, folder, data)
    found = found.note("language", text_of(data, "default_language"), name)
    found = found.note("author", text_of(data, "author") or text_of(table_of(data, "extra"), "author"), name)
    rule = "Zola's own rule: the path below content/"
    sections = _choose_usual(folder / "content")
    places = [Place(f"content/{part}", f"/{part}/{{folders}}/{{slug}}/", rule) for part in sections]
    found = found.settle(folder, places or [Place("content", "/{folders}/{slug}/", rule)])
    return found.serve("static")


def _choose_usual(content: Path) -> list[str]:
    """Sections of usual names, where most posts with dates are; none where they lie all over the content folder."""
    counts = {path.name: sum(map(is_dated, list_posts(path))) for path in sorted(content.glob("*/"))}
    usual = [name for name in _SECTIONS if counts.get(name)]
    loose = sum(map(is_dated, list_posts(content, deep=False)))
    is_most = sum(counts[name] for name in usual) * 2 > sum(counts.values()) + loose
    return usual if is_most and not loose else []


def _title_of_front(found: Found, folder: Path, data: dict[str, Any]) -> Found:
    """Many Zola sites have their title in the page of the front."""
    if found.title:
        return found.note("description", text_of(data, "description"), "config.toml")
    front = read_text(folder / "content/_index.md")
    found = found.note("title", find_string(front, "title"), "content/_index.md")
    return found.note("description", text_of(data, "description") or find_string(front, "description"), "config.toml")


# --- Pelican ---

_PELICAN = {"slug": "{slug}", "author": "{author}", "category": "{category}", "lang": "{language}"}
_DATES = {"Y": "year", "m": "month", "d": "day", "b": "short_month", "B": "long_month", "H": "hour", "M": "minute",
          "S": "second", "y": "short_year", "j": "y_day", "a": "short_day", "A": "long_day"}  # fmt: skip
_PELICAN_WORDS = {*_PELICAN.values(), *(f"{{{word}}}" for word in _DATES.values())}


def look_for_pelican(folder: Path) -> Found | None:
    names = [name for name in ("pelicanconf.py", "publishconf.py", "settings.py") if (folder / name).is_file()]
    texts = {name: _drop_comments(read_text(folder / name)) for name in names}
    if "pelicanconf.py" not in names and not any("ARTICLE_URL" in text for text in texts.values()):
        return None
    settings = {key: (value, name) for key in _KEYS for name in names if (value := _constant(texts[name], key))}

    def told(*keys: str) -> tuple[str, str]:
        return next((settings[key] for key in keys if key in settings), ("", ""))

    content = told("PATH")[0].strip("./") or ("content" if (folder / "content").is_dir() else "")
    found = Found("Pelican", "pelican", outputs=(told("OUTPUT_PATH")[0].strip("./") or "output",))
    found = found.note("title", *told("SITENAME")).note("url", *told("SITEURL"))
    found = found.note("description", *told("SITESUBTITLE", "SITEDESCRIPTION"))
    found = found.note("language", *told("DEFAULT_LANG")).note("timezone", *told("TIMEZONE"))
    found = found.note("author", *told("AUTHOR"))
    pattern, source = told("ARTICLE_URL", "ARTICLE_SAVE_AS")
    permalink = _from_pelican(pattern or "{slug}.html")
    if told("SLUGIFY_SOURCE")[0] == "basename":
        permalink = permalink.replace("{slug}", "{undated}")
    place = Place(content, permalink, f"{source}, ARTICLE_URL" if pattern else "Pelican's own rule")
    found = replace(found, ignore=("pages/**", "extra/**", "static/**"))
    return found.settle(folder, [place]).note("static", content, "Pelican's own rule")


_KEYS = ("SITENAME", "SITEURL", "SITESUBTITLE", "SITEDESCRIPTION", "PATH", "OUTPUT_PATH", "DEFAULT_LANG", "TIMEZONE",
         "AUTHOR", "ARTICLE_URL", "ARTICLE_SAVE_AS", "SLUGIFY_SOURCE")  # fmt: skip


def _drop_comments(text: str) -> str:
    return re.sub(r"(?m)^\s*#.*$", "", text)


def _constant(text: str, name: str) -> str:
    """The plain string that a Python file gives a name, the last that is not empty."""
    found = re.findall(rf"(?m)^{name}\s*=\s*u?r?([\"'])(.*?)\1", text)
    return next((value for _, value in reversed(found) if value), "")


def _from_pelican(pattern: str) -> str:
    """ "{date:%Y}/{slug}.html" in our words, "" where it has a part without one."""
    filled = re.sub(r"\{date:([^{}]*)\}", lambda date: re.sub("%-?([A-Za-z])", _date_word, date[1]), pattern)
    filled = re.sub(r"\{(slug|author|category|lang)\}", lambda found: _PELICAN[found[1]], filled)
    is_known = set(re.findall(r"\{\w*\}|[{}%]", filled)) <= _PELICAN_WORDS
    return "/" + filled.lstrip("/").removesuffix("index.html") if is_known else ""


def _date_word(found: re.Match[str]) -> str:
    return f"{{{_DATES[found[1]]}}}" if found[1] in _DATES else found[0]


# --- Nikola ---


def look_for_nikola(folder: Path) -> Found | None:
    """Posts lie where their files do, below the folder that POSTS names for them."""
    text = _drop_comments(read_text(folder / "conf.py"))
    table = find_first(text, r"(?ms)^POSTS\s*=\s*\((.{0,2000}?)^\)")
    rows = re.findall(r"\(\s*[\"']([\w./-]+?)/\*\.\w+[\"']\s*,\s*[\"']([\w./-]*)[\"']", table)
    if not rows:
        return None
    found = Found("Nikola", outputs=(_constant(text, "OUTPUT_FOLDER") or "output",))
    values = {"title": "BLOG_TITLE", "url": "SITE_URL", "description": "BLOG_DESCRIPTION", "language": "DEFAULT_LANG",
              "timezone": "TIMEZONE", "author": "BLOG_AUTHOR"}  # fmt: skip
    for key, name in values.items():
        found = found.note(key, _constant(text, name), "conf.py")
    end = ".html" if re.search(r"(?m)^PRETTY_URLS\s*=\s*False", text) else "/"
    places = [
        Place(place, re.sub("/+", "/", f"/{start}/{{folders}}/{{slug}}{end}"), "conf.py, POSTS")
        for place, start in dict(rows).items()
    ]
    found = found.settle(folder, [place for place in places if list_posts(folder / place.folder)])
    return found.note("static", "files", "Nikola's own rule")


# --- MkDocs with the blog of Material ---


def look_for_mkdocs(folder: Path) -> Found | None:
    name = find_file(folder, ["mkdocs.yml", "mkdocs.yaml"])
    if not name:
        return None
    text = read_text(folder / name)  # its YAML has tags of Python, which no reader but its own takes
    docs = find_first(text, r"(?m)^docs_dir:\s*[\"']?([^\"'\n]+)").strip("./") or "docs"
    found = Found("MkDocs", outputs=("site",)).note(
        "title", find_first(text, r"(?m)^site_name:\s*[\"']?([^\"'\n]+)"), name
    )
    found = found.note("url", find_first(text, r"(?m)^site_url:\s*[\"']?([^\"'\s]+)"), name)
    found = found.note("description", find_first(text, r"(?m)^site_description:\s*[\"']?([^\"'\n]+)"), name)
    found = found.note("author", find_first(text, r"(?m)^site_author:\s*[\"']?([^\"'\n]+)"), name)
    found = found.note("static", docs, "MkDocs's own rule")
    blog = (find_first(text, r"(?m)^\s+blog_dir:\s*[\"']?([^\"'\s]+)") or "blog").strip("./")
    posts = f"{docs}/{blog}/posts".replace("//", "/")
    end = ".html" if re.search(r"(?m)^use_directory_urls:\s*false", text) else "/"
    if not re.search(r"(?m)^\s*-\s*(?:material/)?blog\b", text) or not (folder / posts).is_dir():
        plain = next((name for name in _USUAL if any(map(is_dated, list_posts(folder / docs / name)))), "")
        place = Place(f"{docs}/{plain}", f"/{plain}/{{path}}{end}", "MkDocs's own rule: the path")
        return found.settle(folder, [place] if plain else [])
    given = find_first(text, r"(?m)^\s+post_url_format:\s*[\"']?([^\"'\n]+)") or "{date}/{slug}"
    day = find_first(text, r"(?m)^\s+post_url_date_format:\s*[\"']?([^\"'\n]+)") or "yyyy/MM/dd"
    date = day.replace("yyyy", "{year}").replace("MM", "{month}").replace("dd", "{day}")
    pattern = given.replace("{date}", date).replace("{slug}", "{title}").replace("{file}", "{name}").strip("/")
    permalink = re.sub("/+", "/", f"/{blog}/{pattern}{end}")
    source = f"{name}, post_url_format" if "post_url_format" in text else "Material for MkDocs's own rule"
    return found.settle(folder, [Place(posts, permalink, source)])
