"""Where a site says its own address, besides its generator's settings: CNAME, robots.txt, scripts, README, name."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from urllib.parse import urlsplit

from syndicate.starters.found import OTHERS, SCRIPT_ENDS, list_posts, read_data, read_text, text_of

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


_MADE_UP = re.compile(r"(?:^|[.-])example|your-?(?:site|domain|blog)")


def is_own(url: str) -> bool:
    """Whether this may be a site's own address: no network's, no code host's, and not made up."""
    host = urlsplit(url).hostname or ""
    return "." in host and not OTHERS.search(url) and not _MADE_UP.search(host)


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
        is_named = re.search(rf"(?<![a-z0-9]){re.escape(host)}(?![a-z0-9])", names) is not None
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
