"""What the settings in JavaScript of Astro, Docusaurus, Eleventy and Lume say, and the pages and data beside them."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from dataclasses import replace
from pathlib import Path

from syndicate.folders import walk
from syndicate.starters.found import (
    SCRIPT_ENDS,
    SKIPPED,
    Found,
    Place,
    find_file,
    find_files,
    find_first,
    find_string,
    is_dated,
    list_posts,
    note_script,
    read_data,
    read_head,
    read_text,
    take_dates_from_names,
    text_of,
)
from syndicate.text.slugs import from_template

_USUAL = ("blog", "posts", "post", "articles", "article", "news", "writing", "notes", "essays", "journal", "thoughts")


def look_for_astro(folder: Path) -> Found | None:
    name = find_file(folder, [f"astro.config.{end}" for end in ("mjs", "ts", "js", "mts", "cjs")])
    if not name:
        return None
    config = read_text(folder / name)
    built = find_first(config, r"\boutDir\s*:\s*[\"'`]([^\"'`]+)").strip("./") or "dist"
    found = Found("Astro", "astro", outputs=(built, "dist/client"))
    src = find_first(config, r"\bsrcDir\s*:\s*[\"'`]([^\"'`]+)").strip("./") or "src"
    url = find_first(config, r"\bsite\s*:\s*[\"'`](https?://[^\"'`]+)")
    base = find_first(config, r"\bbase\s*:\s*[\"'`](/[^\"'`]*)").strip("/")  # without a slash it is some plugin's
    found = found.note("url", f"{url.rstrip('/')}/{base}".rstrip("/") if url else "", name)
    names = [f"{src}/{stem}.{end}" for end in ("ts", "js", "mjs", "json")
             for stem in ("consts", "config", "site.config", "constants", "data/site", "site-config")]  # fmt: skip
    for script in names:
        found = note_script(found, folder, [script])
    end = _end_of(config)
    places = (
        list(_list_in_starlight(folder, src, config, end))
        or list(_list_collections(folder, src, end))
        or list(_list_pages(folder, src, end))
    )
    found = found.settle(folder, places)
    return found.serve("public")


def _list_in_starlight(folder: Path, src: str, config: str, end: str) -> Iterator[Place]:
    """Starlight serves what is in the collection docs where it lies, a blog below it, too."""
    names = [name for name in _USUAL if any(map(is_dated, list_posts(folder / src / "content/docs" / name)))]
    for name in names if "starlight" in config else ():
        yield Place(f"{src}/content/docs/{name}", f"/{name}/{{path}}{end}", "Starlight's own rule: the path")


def _end_of(config: str) -> str:
    """`trailingSlash` and `build.format` say how an address ends."""
    if re.search(r"trailingSlash\s*:\s*[\"'`]never|format\s*:\s*[\"'`]file", config):
        return ""
    return "/"


def _list_collections(folder: Path, src: str, end: str) -> Iterator[Place]:
    """Folders of collections with dated posts, and the page that shows each."""
    bases = _read_bases(folder, src)
    shown = [(page, _read_page(page, folder / src)) for page in _list_routes(folder / src / "pages")]
    blogs = {name: list_posts(folder / base) for name, base in bases.items()}
    blogs = {
        name: posts for name, posts in blogs.items() if posts and (name in _USUAL or all(map(is_dated, posts[:20])))
    }
    for name, posts in blogs.items():
        pages = [(page, text) for page, text in shown if name in _list_shown(page, text, blogs)]
        if all(_rank(page, name)[0] for page, _ in pages):  # lists of posts show none
            is_blog = name in _USUAL or len(blogs) == 1  # what has no page of its own may be shown nowhere
            pages = [(page, text) for page, text in shown if page.parent.name in _USUAL and is_blog] or pages
        if pages:
            page, text = min(pages, key=lambda pair: _rank(pair[0], name))
            pattern = take_dates_from_names(_pattern_of(page, text, folder / src), posts)
            yield Place(bases[name], pattern and pattern + end, page.relative_to(folder).as_posix())


def _list_routes(pages: Path) -> list[Path]:
    """Pages that stand for many posts: [slug].astro, and index.astro in a folder of such a name; not those of lists."""
    found = [*find_files(pages, "[[]*[]].astro"), *find_files(pages, "index.astro")]
    named = ((page.parent.name if page.stem == "index" else page.stem, page) for page in found)
    return sorted(page for name, page in named if name[:1] == "[" and name not in _OF_LISTS)


_OF_LISTS = frozenset({"[page]", "[...page]", "[tag]", "[category]", "[year]", "[month]"})


def _list_shown(page: Path, text: str, blogs: Collection[str]) -> set[str]:
    """The collections of posts that a page asks for, `getCollection("posts")`, else all that it names in quotes."""
    asked = set(re.findall(r"ollection\w*\(\s*[\"'`]([\w-]+)[\"'`]", read_text(page)))
    return asked.intersection(blogs) or set(re.findall(r"[\"'`]([\w-]+)[\"'`]", text))


def _rank(page: Path, name: str) -> tuple[bool, bool, int, str]:
    """Pages of single posts before those of tags, of languages and of numbered lists."""
    lists = {"tags", "tag", "categories", "category", "page", "archive", "authors", "series"}
    return bool(lists.intersection(page.parts)), page.parent.name not in {name, *_USUAL}, len(page.parts), str(page)


def _read_page(page: Path, source: Path) -> str:
    """A page with what it imports from the site's own scripts: the collection may be named there."""
    text = read_text(page)
    imported = re.findall(r"from\s+[\"'`](?:@|~|\.\.?|src)/([\w./-]+)[\"'`]", text)
    names = (name.removeprefix("../").removeprefix("src/") for name in imported)
    files = (find_file(source, [f"{name}{end}" for end in (".ts", ".js", "/index.ts", "")]) for name in names)
    return "\n".join([text, *(read_text(source / name) for name in files if name.endswith(("ts", "js")))])


def _pattern_of(page: Path, text: str, source: Path) -> str:
    """/blog/[...slug] is /blog/{path}; a slug that the page makes of the title is {title}."""
    route = page.relative_to(source / "pages").with_suffix("").as_posix()
    last = "{path}"
    if re.search(r"(?:slug|id)\s*:\s*(?:slugify|slugger\.slug|kebabCase)\(\s*\w+\.data\.title", text):
        last = "{title}"
    parts = [_part_of(part, last) for part in route.removesuffix("/index").split("/")]
    is_known = parts.count(last) == 1 and not ("{category}" in parts and _CUT.search(text))
    return "/" + "/".join(part for part in parts if part) if is_known else ""


_CUT = re.compile(r"\bcategory\s*:\s*[^,\n]*\.(?:split|slice|replace)\(")
"""A page that makes the category of something else than the post's own."""


def _part_of(part: str, last: str) -> str:
    word = part.strip("[].").lower()
    if not part.startswith("["):
        return part
    if word in {"year", "month", "day", "category"}:
        return f"{{{word}}}"
    return "" if word in {"lang", "locale", "language"} else last


def _read_bases(folder: Path, src: str) -> dict[str, str]:
    """Collections and their folders: those a loader names, else the folders of src/content."""
    config = "".join(read_text(folder / src / f"{stem}.{end}") for stem in ("content.config", "content/config")
                     for end in ("ts", "js", "mjs", "mts"))  # fmt: skip
    constants = dict(re.findall(r"const\s+(\w+)\s*=\s*[\"'`]([^\"'`]+)[\"'`]", config))
    bases = {}
    for name, body in re.findall(
        r"\b(\w{1,99})\s*[=:]\s*defineCollection\(\s*\{(.{0,2000}?)\bschema\b", config, re.DOTALL
    ):
        base = re.search(r"\bbase\s*:\s*(?:[\"'`]([^\"'`]+)[\"'`]|(?:`\./\$\{)?(\w+))", body)
        given = (base[1] or constants.get(base[2], "")) if base else ""
        given = re.sub(r"\$\{(\w+)\}", lambda found: constants.get(found[1], ""), given)
        if given and ".." not in given:
            bases[name] = given.removeprefix("./").strip("/")
    content = folder / src / "content"
    for path in sorted(content.iterdir()) if content.is_dir() else ():
        if path.is_dir():
            bases.setdefault(path.name, f"{src}/content/{path.name}")
    told = find_first(config, r"collections\s*=\s*\{([^}]{0,2000})\}")
    for name, value in re.findall(r"\b(\w{1,99})\s*:\s*(\w+)", told):
        if value in bases and name not in bases:
            bases[name] = bases.pop(value)
    return {name: base for name, base in bases.items() if (folder / base).is_dir()}


def _list_pages(folder: Path, src: str, end: str) -> Iterator[Place]:
    """Posts that are pages themselves, below src/pages."""
    for name in _USUAL:
        if list_posts(folder / src / "pages" / name):
            yield Place(f"{src}/pages/{name}", f"/{name}/{{path}}{end}", "Astro's own rule: the path below src/pages/")


# --- Docusaurus ---


def look_for_docusaurus(folder: Path) -> Found | None:
    name = find_file(folder, [f"docusaurus.config.{end}" for end in ("js", "ts", "mjs", "mts", "cjs")])
    if not name:
        return None
    config = read_text(folder / name)
    found = Found("Docusaurus", "docusaurus", outputs=("build",), static="static", ignore=("**/_*/**",))
    found = found.note("title", find_string(config, "title"), name)
    found = found.note("description", find_string(config, "tagline"), name)
    url = find_first(config, r"(?m)^\s*url\s*:\s*[\"'`](https?://[^\"'`]+)")
    constant = find_first(config, r"(?m)^\s*url\s*:\s*(\w+)\s*,")
    if constant and not url:
        url = find_first(config, rf"\b{constant}\s*=[^\n]{{0,60}}?[\"'`](https?://[^\"'`]+)")
    base = find_first(config, r"\bbaseUrl\s*:\s*[\"'`]([^\"'`]+)").strip("/")
    found = found.note("url", f"{url.rstrip('/')}/{base}".rstrip("/") if url else "", name)
    found = found.note("language", find_first(config, r"\bdefaultLocale\s*:\s*[\"'`]([^\"'`]+)"), name)
    end = "/" if re.search(r"trailingSlash\s*:\s*true", config) else ""
    places = [place for place in _list_blogs(config, name) if list_posts(folder / place.folder)]
    found = found.settle(folder, [replace(place, permalink=place.permalink + end) for place in places])
    return found.serve("static")


_MOST_BLOGS = 20


def _list_blogs(config: str, source: str) -> Iterator[Place]:
    """The blog of the preset, and further ones of the plugin."""
    preset = find_first(config, r"\bblog\s*:\s*(\{[^}]{0,2000}\})")
    others = re.findall(r"plugin-content-blog[\"'`]\s*,\s*(\{[^}]{0,2000}\})", config)
    for body in [preset, *others[:_MOST_BLOGS]]:
        path = find_first(body, r"\bpath\s*:\s*[\"'`]([^\"'`]+)").removeprefix("./").strip("/") or "blog"
        route = find_first(body, r"\brouteBasePath\s*:\s*[\"'`]([^\"'`]*)[\"'`]").strip("/")
        is_given = "routeBasePath" in body
        yield Place(path, f"/{route if is_given else 'blog'}/{{path}}".replace("//", "/"), f"{source}, blog")


# --- Eleventy, and Lume, which is like it ---

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
    # Eleventy copies the folder, and would take each HTML in it for a template besides.
    calls = [
        call for call in ("addPassthroughCopy", "ignores.add") if not re.search(rf"{call}\([^)]*\bfeeds\b", config)
    ]
    lines = " and ".join(f'eleventyConfig.{call}("feeds")' for call in calls)
    advice = f"Add {lines} to {name}, so that feeds/ is served as it is." if calls else ""
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
