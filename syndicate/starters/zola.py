"""What the settings of Zola, Pelican and MkDocs say."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path
from typing import Any

from syndicate.starters.found import Found, Place, is_dated, list_posts
from syndicate.starters.parse import find_file, find_first, find_string, read_data, read_text, table_of, text_of

_USUAL = ("blog", "posts", "post", "articles", "news", "writing", "notes", "essays", "journal")


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
    sections = _choose_sections(folder / "content")
    places = [Place(f"content/{part}", f"/{part}/{{folders}}/{{slug}}/", rule) for part in sections]
    found = found.settle(folder, places or [Place("content", "/{folders}/{slug}/", rule)])
    return found.note("publish_to", "static/feeds", "Zola's own rule: it is served at /feeds/")


def _choose_sections(content: Path) -> list[str]:
    """Sections of usual names, where most posts with dates are; none where they lie all over the content folder."""
    counts = {path.name: sum(map(is_dated, list_posts(path))) for path in sorted(content.glob("*/"))}
    usual = [name for name in _USUAL if counts.get(name)]
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
