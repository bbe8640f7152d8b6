"""Sites that are programs of their own (Next.js, Nuxt …), generators known by name alone, and a site's own address."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

from syndicate.folders import walk
from syndicate.starters.found import (
    SCRIPT_ENDS,
    Found,
    Place,
    find_file,
    find_files,
    find_first,
    find_string,
    is_dated,
    is_own,
    list_posts,
    note_script,
    read_data,
    read_head,
    read_text,
    take_dates_from_names,
    text_of,
)

_ROUTES = ("blog", "posts", "post", "articles", "article", "writing", "news", "notes", "p", "journal", "thoughts")
_FOLDERS = (
    "content/posts", "content/blog", "data/blog", "data/posts", "_posts", "posts", "src/content/posts",
    "src/content/blog", "src/posts", "content/articles", "content/writing", "_content/posts", "blog", "articles",
    "app/blog/posts", "src/app/blog/posts", "notes", "writing", "content/notes", "content",
)  # fmt: skip


def look_for_nextjs(folder: Path) -> Found | None:
    name = find_file(folder, [f"next.config.{end}" for end in ("js", "mjs", "ts", "cjs")])
    if not name:
        return None
    config = read_text(folder / name)
    found = _note_usual(Found("Next.js", outputs=("out",)), folder)
    found = _note_layout(found, folder)
    content = next((place for place in _FOLDERS if any(map(is_dated, list_posts(folder / place)))), "")
    content = content or _find_beside_assets(folder)
    pages = "" if content else _find_among_pages(folder)
    if pages:
        place = Place(pages, f"/{pages.partition('pages/')[2]}/{{path}}", "Next.js's own rule: the path below pages/")
        return found.settle(folder, [place])
    end = "/" if re.search(r"trailingSlash\s*:\s*true", config) else ""
    starts = ("app", "src/app", "pages", "src/pages")
    pattern, source = next(_find_routes(folder, starts), ("", ""))
    if content:
        found = found.note("content", content, f"{content}/")
        own = take_dates_from_names(f"{pattern}{end}", list_posts(folder / content)) if pattern else ""
        found = found.note("permalink", own, source)
    return found.serve("public")


def _find_among_pages(folder: Path) -> str:
    """Posts that are pages themselves: pages/blog or pages/en/blog."""
    globs = (
        f"{start}{inner}{route}" for start in ("pages/", "src/pages/") for inner in ("", "*/") for route in _ROUTES[:-4]
    )
    places = (path for glob in globs for path in sorted(folder.glob(glob)) if any(map(is_dated, list_posts(path))))
    found = next(places, None)
    return found.relative_to(folder).as_posix() if found else ""


def _find_beside_assets(folder: Path) -> str:
    """Posts among the files that are served: public/<slug>/index.md with its pictures beside it."""
    return "public" if any(map(is_dated, (folder / "public").glob("*/index.md*"))) else ""


def _find_routes(folder: Path, starts: tuple[str, ...]) -> Iterator[tuple[str, str]]:
    """Pages of posts in a folder of routes: [...slug] takes the whole path of a post, [slug] its name."""
    for start in starts:
        pages = list(_list_parameters(folder / start, ""))
        for route, page in (found for wanted in (*_ROUTES, "") for found in pages if found[0] == wanted):
            words = [_word_of(part) for part in (page.name, *_list_inner(page))]
            if any(word in {"{slug}", "{path}"} for word in words):
                inner = "/".join(word for word in words if word)
                yield re.sub("/+", "/", f"/{route}/{inner}"), page.relative_to(folder).as_posix()


def _list_parameters(place: Path, route: str) -> Iterator[tuple[str, Path]]:
    """Folders and files [named so], each with the route before it, of which (groups) and [lang] are not part."""
    inside = sorted(place.iterdir()) if place.is_dir() else []
    for path in inside:
        is_group = path.name.startswith("(") or _word_of(path.name) == ""
        if path.name.startswith("[") and not is_group:
            yield route, path
        elif path.is_dir() and (is_group or (not route and path.name in _ROUTES)):
            yield from _list_parameters(path, route if is_group else path.name)


def _find_named_routes(folder: Path) -> Iterator[tuple[str, str]]:
    """Routes that are named after what they show: src/routes/blog/[slug], Remix's app/routes/blog.$slug.tsx."""
    starts = ("src/routes", "app/routes", "pages", "src/pages", "app/pages")
    for pattern, source in _find_routes(folder, starts):
        if pattern.count("/") > 1:
            yield pattern, source
    for route in _ROUTES:
        names = (f"{route}[._+]*$*", f"{route}*/$*")
        for page in sorted(path for start in starts for name in names for path in (folder / start).glob(name)):
            yield f"/{route}/{'{path}' if page.stem.endswith('$') else '{slug}'}", page.relative_to(folder).as_posix()


def _list_inner(page: Path) -> list[str]:
    """[year]/[month]/[slug]: the folders inside, as long as they are parameters."""
    inner = sorted(page.glob("[[]*")) if page.is_dir() else []
    return [inner[0].name, *_list_inner(inner[0])] if inner else []


def _word_of(part: str) -> str:
    """What a parameter stands for, "" for one that is not part of the address of each post."""
    word = part.partition("]")[0].strip("[.").partition("=")[0].lower().removeprefix("...")
    if word in {"year", "month", "day", "category"}:
        return f"{{{word}}}"
    if part.startswith("[") and word in {"lang", "locale", "page", "tag"}:
        return ""
    return "{path}" if "..." in part else "{slug}"


def _note_usual(found: Found, folder: Path) -> Found:
    """What a site's own script of settings says, else its package."""
    found = note_script(found, folder, [
        f"{place}{stem}.{end}" for place in ("", "data/", "config/", "lib/", "src/", "src/lib/")
        for stem in ("siteMetadata", "site", "site.config", "blog.config", "config") for end in SCRIPT_ENDS
    ])  # fmt: skip
    if not found.url:
        homepage = text_of(read_data(folder / "package.json"), "homepage")
        found = found.note("url", "" if "github.com/" in homepage else homepage, "package.json")
    return found


def _note_layout(found: Found, folder: Path) -> Found:
    """What the layout of the app router says about all pages, and the address that its site map is made with."""
    ends = [f"{start}app/{stem}" for start in ("", "src/") for stem in ("layout", "sitemap")]
    for name in (f"{end}.{kind}" for end in ends for kind in ("tsx", "jsx", "ts", "js")):
        text = read_text(folder / name)
        title = find_first(text, r"title\s*:\s*\{[^}]{0,2000}default\s*:\s*[\"'`]([^\"'`$]+)") or find_string(
            text, "title"
        )
        url = find_first(text, r"(?:metadataBase\s*:\s*new URL\(|baseUrl\s*=)\s*[\"'`](https?://[^\"'`$]+)")
        values = {"title": title, "description": find_string(text, "description"), "url": url}
        for key, value in values.items():
            found = found if getattr(found, key) else found.note(key, value, name)
    return found


def look_for_others(folder: Path) -> Found | None:
    """Known by a file; its addresses by its routes, else by what is usual with it, else by the built site."""
    for generator, names, built, pattern in _BY_NAME:
        name = next((name for name in names if any(folder.glob(name))), "")
        if not name:
            continue
        found = Found(generator, "nuxt" if generator == "Nuxt" else "", outputs=built)
        if generator in {"Quartz", "Gatsby"}:  # the package of the one is the program's own, plugins are titled, too
            config = next(folder.glob(name))
            found = _note_config(found, read_text(config).partition("plugins:")[0], config.name)
        if generator == "Quartz":  # lists of what is in a folder
            found = replace(found, ignore=("**/index.md",))
        found = _note_usual(found.serve(_SERVED_BY.get(generator, "")), folder)
        if (folder / name).is_file():
            found = _note_config(found, read_text(folder / name), name)
        content = next((place for place in _FOLDERS if any(map(is_dated, list_posts(folder / place)))), "")
        routes = next(_find_named_routes(folder), None)
        if not content:
            return found
        found = found.note("content", content, f"{content}/")
        if generator == "Gatsby" and (key := _find_declared(list_posts(folder / content))):
            found = replace(found, fields={"permalink": key})
        if routes:
            return found.note("permalink", take_dates_from_names(routes[0], list_posts(folder / content)), routes[1])
        own = pattern.replace("{section}", content.removeprefix("content/")) or _find_in_gatsby(folder, content)
        return found.settle(folder, [Place(content, own, f"{generator}'s usual rule")]) if own else found
    return None


def _find_declared(posts: Sequence[Path]) -> str:
    """The name under which posts declare addresses from the root: `path`, or `slug` where all of them do."""
    heads = [read_head(path) for path in posts]
    counts = {key: sum(bool(re.search(rf"(?m)^{key}\s*[:=]\s*[\"']?/\w", head)) for head in heads)
              for key in ("path", "slug")}  # fmt: skip
    return "path" if counts["path"] else "slug" if counts["slug"] == len(heads) else ""


def _find_in_gatsby(folder: Path, content: str) -> str:
    """`createFilePath` makes the address of a page of the path of its file below the folder that is read.

    That may be one above the posts, and `basePath` takes away what is between them.
    """
    text = "".join(read_text(folder / f"gatsby-node.{end}") for end in SCRIPT_ENDS)
    if "createFilePath(" not in text:
        return ""
    made = re.findall(r"(?:path|value)\s*:\s*`/?([^`$]*)\$\{([^}]{0,500})\}", text)  # pages of tags are made so, too
    start = next((start.strip("/") for start, of in made if re.search(r"slug|path|value|url", of, re.IGNORECASE)), "")
    config = "".join(read_text(folder / f"gatsby-config.{end}") for end in SCRIPT_ENDS)
    read = re.findall(r"\bpath\s*:\s*[`\"'](?:\$\{__dirname\}/|\./)?([\w./-]+)[`\"']", config)
    above = [place.strip("/") for place in read if f"{content}/".startswith(f"{place.strip('/')}/")]
    between = content.removeprefix(max(above, key=len)).strip("/") if above else ""
    taken = [base.strip("/") for base in re.findall(r"basePath\s*[:=]\s*[`\"']([^`\"']*)", text)]
    return re.sub("/+", "/", f"/{start}/{'' if between in taken else between}/{{path}}/")


def _find_folders(folder: Path, name: str) -> list[Path]:
    found = walk(folder, lambda name: name != "node_modules")
    return sorted(Path(entry) for entry in found if entry.name == name and entry.is_dir())


def look_for_quarto(folder: Path) -> Found | None:
    """Posts are files .qmd: a folder's index is the folder, another one ends in .html."""
    name = find_file(folder, ["_quarto.yml", "_quarto.yaml"])
    if not name:
        return None
    text = read_text(folder / name)
    built = find_first(text, r"(?m)^\s*output-dir:\s*[\"']?([^\"'\n]+)").strip() or "_site"
    made = ("**/*.html.md", "**/*.knit.md", "**/_*/**")  # what `keep-md` leaves, and what Quarto passes over
    found = _note_config(Found("Quarto", outputs=(built,), ignore=made), text, name)
    posts = next(
        (path for place in _ROUTES for path in _find_folders(folder, place) if any(find_files(path, "*.qmd"))), None
    )
    if posts is None:
        return found
    place = posts.relative_to(folder).as_posix()
    place = f"{place}/posts" if (posts / "posts").is_dir() else place
    is_folder = any(page.parent != folder / place for page in find_files(folder / place, "index.qmd"))
    end = "/" if is_folder else ".html"
    pattern = f"/{place}/{{path}}{end}"
    return found.settle(folder, [Place(place, pattern, "Quarto's own rule: the path")], ("**/*.qmd", "**/*.md"))


def _note_config(found: Found, text: str, name: str) -> Found:
    url = find_first(text, r"\b(?:siteUrl|site-url|url|hostname|website)[\"']?\s*[:=]\s*[\"'`]?(https?://[^\"'`\s,]+)")
    host = find_first(text, r"\bbaseUrl\s*:\s*[\"'`]([\w-]+(?:\.[\w-]+)+(?:/[\w./-]*)?)[\"'`]")
    url = f"https://{host}" if host and found.generator == "Quartz" else url
    title = find_string(text, "pageTitle|title") or find_first(text, r"(?m)^\s*title:\s*[\"']?([^\"'\n{]+)")
    return found.note("url", found.url or url, name).note("title", found.title or title, name)


_SERVED_BY = {"Nuxt": "public", "SvelteKit": "static", "Gatsby": "static", "Remix": "public", "Waku": "public"}
# Name, files that tell it, where it builds, and the usual addresses of posts: "" where each site has its own.
_BY_NAME = (
    ("Nuxt", ("nuxt.config.*",), (".output/public", "dist"), "/{section}/{path}"),
    ("SvelteKit", ("svelte.config.*", "mdsvex.config.*", "src/routes/+page.svelte"), ("build",), ""),
    ("Gatsby", ("gatsby-config.*",), ("public",), ""),
    ("VitePress", (".vitepress/config.*", "docs/.vitepress/config.*"), (".vitepress/dist", "docs/.vitepress/dist"), ""),
    ("VuePress", (".vuepress", "docs/.vuepress"), (".vuepress/dist", "docs/.vuepress/dist"), ""),
    ("Gridsome", ("gridsome.config.js",), ("dist",), ""),
    ("Remix", ("remix.config.*", "react-router.config.*", "app/root.*"), ("build/client",), ""),
    ("Waku", ("waku.config.*",), ("dist/public",), ""),
    ("Quartz", ("quartz.config.*",), (), "/{section}/{path}"),
    ("Obsidian", (".obsidian",), (), ""),
)


def look_for_vitepress(folder: Path) -> Found | None:
    """Pages lie where their files do, with .html unless `cleanUrls` is on."""
    name = next((path for path in sorted(find_files(folder, "config.*")) if path.parent.name == ".vitepress"), None)
    if name is None:
        return None
    root, config = name.parent.parent, read_text(name)
    base = root.relative_to(folder).as_posix().strip(".")
    end = "" if re.search(r"cleanUrls\s*:\s*true", config) else ".html"
    source = name.relative_to(folder).as_posix()
    found = _note_config(Found("VitePress", outputs=(f"{base}/.vitepress/dist".lstrip("/"),)), config, source)
    places = [f"{base}/{part}".strip("/") for part in _ROUTES]
    content = next((place for place in places if list_posts(folder / place)), "")
    pattern = f"/{content.removeprefix(base).strip('/')}/{{path}}{end}"
    return found.settle(folder, [Place(content, pattern, "VitePress's own rule: the path")] if content else [])


# --- Where a site says its own address, besides its generator's settings: CNAME, robots.txt, scripts, README, name ---

_SERVED = ("", "static/", "public/", "docs/", "source/", "src/", "src/public/", "src/static/", "assets/", "content/",
           "src/_root/", "files/", "extra/", "app/public/")  # fmt: skip
_PLACEHOLDER = re.compile(
    r"localhost|//(?:www\.)?(?:example\.(?:com|org|net)|blog\.example|[\w-]*your-?(?:site|domain|blog)[\w.-]*)(?:[:/]|$)"
)


def is_placeholder(url: str) -> bool:
    """Whether a generator's settings still have the address that its template came with."""
    return not url.startswith("http") or _PLACEHOLDER.search(url) is not None


def find_domain(site: Path, top: Path, content: str) -> tuple[str, str]:
    """The address of the site in `site`, a folder in or at `top`, and the file that names it; ("", "") for none.

    Without `content`, what README and posts link to tells nothing.
    """
    for folder in dict.fromkeys((site, top)):
        for found in (_read_cname(folder), _read_robots(folder)):
            if found[0]:
                return found
    found = _read_scripts(site)
    return found if found[0] or not content else _read_mentions(site, top, content)


def _read_cname(folder: Path) -> tuple[str, str]:
    """What GitHub Pages reads."""
    for place in _SERVED:
        domain = read_text(folder / f"{place}CNAME").strip()
        if domain and "." in domain and not set(domain) & set("/ \n:"):
            return f"https://{domain}", f"{place}CNAME"
    return "", ""


def _read_robots(folder: Path) -> tuple[str, str]:
    """The address of the site map, as search engines are told it: beside the front page, or in a folder of its own."""
    for name in (f"{place}robots.txt" for place in _SERVED):
        found = re.search(r"(?im)^\s*sitemap:\s*(https?://[^\s{}]+/)[^/\s]*$", read_text(folder / name))
        if found and is_own(found[1]):
            return re.sub(r"/site-?maps?\Z", "", found[1].rstrip("/"), flags=re.IGNORECASE), name
    return "", ""


_ADDRESS = re.compile(
    r"\b(?:siteUrl|SITE_URL|siteURL|baseUrl|BASE_URL|hostname|homepage|origin)\b[^\"'`;,]{0,90}?"
    r"[\"'`](https?://[\w.-]+\.[a-z]{2,}(?:/[\w./-]*)?)[\"'`]"
)
_PLAIN = re.compile(r"(?m)^\s*(?:site|url|website)\s*:\s*[\"'`](https?://[\w.-]+\.[a-z]{2,}/?)[\"'`]")
_OF_HOSTS = ("netlify.toml", ".env.production", ".env", ".env.example")
_OF_PROGRAMS = ("nuxt", "gatsby", "svelte", "next", "next-sitemap", "vite", "astro", "remix", "react-router", "app")


def _read_scripts(folder: Path) -> tuple[str, str]:
    """The address in one of the site's own scripts, or in its package."""
    globs = [f"{place}*.{end}" for place in ("", "src/", "config/", "lib/", ".vitepress/", "src/lib/", "app/", "data/")
             for end in (*SCRIPT_ENDS, "mts", "tsx")]  # fmt: skip
    paths = [*(folder / name for name in _OF_HOSTS if (folder / name).is_file())]
    paths += [path for glob in globs for path in sorted(folder.glob(glob))[:20] if "lock" not in path.name]
    for path in paths:
        text = read_text(path)
        is_settings = path.name.split(".")[0] in _OF_PROGRAMS and ".config." in path.name
        for url in [*_ADDRESS.findall(text), *(_PLAIN.findall(text) if is_settings else ())]:
            if is_own(url):
                return url.rstrip("/"), path.relative_to(folder).as_posix()
    homepage = text_of(read_data(folder / "package.json"), "homepage")
    return (homepage.rstrip("/"), "package.json") if is_own(homepage) else ("", "")


_LINK = re.compile(r"https?://(?:www\.)?([\w-]+(?:\.[\w-]+)+)")
_MOST_POSTS = 300
_READMES = ("README.md", "readme.md", "README")
_ANYBODYS = {
    "", "blog", "blogs", "site", "website", "docs", "web", "www", "home", "post", "posts", "test", "tests", "github",
    "my", "com", "org", "net", "io", "dev", "lang", "js", "source", "page", "pages", "theme", "content",
}  # fmt: skip


def _read_mentions(site: Path, top: Path, content: str) -> tuple[str, str]:
    """The host that README and posts link to and that the folder or its repository is called like."""
    names = " ".join(_list_names(site, top)).lower()
    github = re.search(r"(?<![\w.-])([\w-]+\.(?:github|gitlab)\.io)(?![\w.])", names)
    if github:
        return f"https://{github[1]}", "its name"
    words = set(re.split(r"[\s/_.-]+", names)) - _ANYBODYS
    told = [(name, read_text(folder / name)) for folder in dict.fromkeys((site, top)) for name in _READMES]
    posts = list_posts(site / content)[:_MOST_POSTS] if content != "." else []
    texts = [*told, *((path.name, read_text(path)) for path in posts)]
    hosts = Counter(host.lower() for _, text in texts for host in _LINK.findall(text) if is_own(f"https://{host}"))
    for host, _ in hosts.most_common(100):
        is_named = re.search(rf"(?:(?<![a-z0-9.])|(?<=www\.)){re.escape(host)}(?![a-z0-9])", names) is not None
        stem = host.rpartition(".")[0]
        is_alike = "." in stem and re.search(rf"(?<![a-z0-9]){re.escape(stem.replace('.', '-'))}(?![a-z0-9])", names)
        is_told = (stem in words or is_alike) and any(_list_written(text, host) for _, text in told)
        if is_named or is_told:
            return _choose_written(texts, host)
    return "", ""


def _choose_written(texts: Sequence[tuple[str, str]], host: str) -> tuple[str, str]:
    """With the scheme and the "www." that it is written with most often, and where it stands first."""
    written = Counter(url for _, text in texts for url in _list_written(text, host))
    url = max(written, key=lambda url: (url.startswith("https"), written[url]))
    return url, next(name for name, text in texts if url in _list_written(text, host))


def _list_written(text: str, host: str) -> list[str]:
    pattern = rf"https?://(?:www\.)?{re.escape(host)}(?![\w.-])"
    return [url.lower() for url in re.findall(pattern, text, re.IGNORECASE)]


def _list_names(site: Path, top: Path) -> Iterator[str]:
    """What a folder is called, its package, and the repository that it was copied from."""
    yield from (folder.resolve().name.replace("__", " ") for folder in (site, top))
    yield from (text_of(read_data(folder / "package.json"), "name") for folder in (site, top))
    origin = re.search(r"(?m)^\s*url\s*=\s*\S*?[/:]([\w.-]+)/([\w.-]+?)(?:\.git)?$", read_text(top / ".git/config"))
    yield from origin.groups() if origin else ()
