"""The address of a post by the pattern of its site, each word as the site's generator fills it."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from hashlib import sha256
from pathlib import Path
from urllib.parse import quote, unquote, urlsplit

import regex

from syndicate.errors import ContentError
from syndicate.model import Settings, Site
from syndicate.text import normalize
from syndicate.text.links import MAX_URL
from syndicate.text.slugs import (
    DATES,
    HUGO,
    JEKYLL,
    JEKYLL_STYLES,
    from_colons,
    from_template,
    name_ascii,
    name_file,
    name_github,
    name_pelican,
    name_plain,
    name_pretty,
    name_slug,
    name_title,
)

# --- Slugs and permalinks ---
# What becomes part of addresses and file names, so it must be safe.

_UNSAFE = regex.compile(r"[^\w.~-]+")  # its \w has the marks of Indic and Thai letters, which `re` has not
_SAFE = regex.compile(r"[\w~](?:[\w.~@!$&'()*+,;=-]*[\w~!)])?")
"""A name that addresses may hold as it is."""
_RUNS = re.compile(r"-{2,}")
_DATED = re.compile(r"(\d{4})-(\d{1,2})-(\d{1,2})-(.+)")
_BUNDLE = frozenset({"index", "readme"})
MAX_SLUG = 150
"""UTF-8 bytes: card files are `<slug>.<hash>.jpg`, and file systems allow 255."""


def slugify(text: str) -> str:
    """Letters, digits, "-", "_", "." and "~" of any script, nothing that could lead out of a folder."""
    safe = _UNSAFE.sub("-", normalize("NFC", text).strip())
    return _RUNS.sub("-", safe).strip("-.") or ""


def make_slug(declared: str, source: str, title: str) -> str:
    """The declared slug made safe, else one from the file or folder name, else from the title or the path."""
    slug = slugify(declared) or slugify(undated(source).lower()) or slugify(title.lower())
    return _within(slug or f"post-{sha256(source.encode('utf-8', 'surrogatepass')).hexdigest()[:8]}")


def _within(slug: str) -> str:
    """Long slugs are cut, with a digest so that two of them stay apart."""
    data = slug.encode()
    if len(data) <= MAX_SLUG:
        return slug
    return f"{data[: MAX_SLUG - 9].decode(errors='ignore').rstrip('-.')}-{sha256(data).hexdigest()[:8]}"


def name_by_address(permalink: str) -> str:
    """What a template of the site's generator can compute, too: the path of the address with "-" for each "/"."""
    path = unquote(urlsplit(permalink).path).strip("/").replace("/", "-")
    return _within(_UNSAFE.sub("-", normalize("NFC", path)).strip("."))


def name_of(source: str) -> str:
    """The file name without its ending; the folder's name for `folder/index.md` (a Hugo page bundle)."""
    folder, _, name = source.rpartition("/")
    stem = name.rpartition(".")[0]
    if stem.lower() in _BUNDLE and folder:
        return folder.rpartition("/")[2]
    return stem


def undated(source: str) -> str:
    """The file name without its ending and without a date before it."""
    stem = name_of(source)
    dated = _DATED.fullmatch(stem)
    return dated[4] if dated else stem


def date_in_name(source: str) -> str:
    """The date of a Jekyll file name ("2025-03-18-hello.md"), "" where there is none."""
    dated = _DATED.fullmatch(name_of(source))
    return f"{dated[1]}-{dated[2]}-{dated[3]}" if dated else ""


def path_of(source: str) -> str:
    """The path below the content folder without ending, bundle folders without "/index"."""
    stem = source.rpartition(".")[0]
    folder, _, name = stem.rpartition("/")
    parts = (folder if name.lower() in _BUNDLE and folder else stem).split("/")
    return "/".join(_keep(part) or "-" for part in parts)


def _keep(name: str) -> str:
    """As sites serve it that make addresses of the names of files; else made safe."""
    name = normalize("NFC", name)
    return name if _SAFE.fullmatch(name) else slugify(name)


def quote_path(path: str) -> str:
    """As browsers write it: letters of other scripts and signs that mean something else are encoded."""
    return quote(path, safe="/%:@!$&'()*+,;=~-._")


def absolute_permalink(site: Site, declared: str, *, closing: str = "") -> str:
    """A permalink the post declares itself, "" where it is a template or no http address.

    `closing` ends a path that names no file: Hugo's `url: /about` is the page /about/.
    """
    if re.search(r"[{}]|(?:^|/):\w|\s", declared):
        return ""
    if "://" not in declared:
        names_file = declared.endswith("/") or "." in declared.rpartition("/")[2]
        return site.url + quote_path("/" + declared.lstrip("/") + ("" if names_file else closing))
    return declared if is_http(declared) else ""


def is_http(address: str) -> bool:
    """Whether this is an http(s) address with a host, and no longer than networks take one."""
    if len(address) > MAX_URL:
        return False
    try:
        parts = urlsplit(address)
        return parts.scheme in {"http", "https"} and bool(parts.hostname) and (parts.port or 1) > 0
    except ValueError:
        return False


Words = Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Named:
    """What the address of a post is made of."""

    source: str
    slug: str
    """Safe, as `make_slug` makes it."""
    declared: str = ""
    """The slug that its author wrote, as written."""
    title: str = ""
    dated_at: datetime | None = None
    """In the zone that counts for addresses."""
    categories: Sequence[str] = ()
    language: str = ""
    author: str = ""
    sections: Sequence[str] = ()
    """The folders above it that are sections of Hugo's; only where a pattern asks for them."""

    @property
    def parts(self) -> list[str]:
        """The folders and the name of the file without its ending; a bundle is its folder."""
        folders = self.source.split("/")[:-1]
        name = name_of(self.source)
        is_named = self.source.rpartition("/")[2].rpartition(".")[0] == name
        return folders if folders and name == folders[-1] and not is_named else [*folders, name]


def make_permalink(site: Site, post: Named) -> str:
    """The post's page by the site's pattern. Raises ContentError for a missing date.

    {category} is the first one; {categories} all of them as Jekyll writes them, in small letters with their spaces:
    "/life/long walks/". Neither {categories} nor {folders} leaves a gap where there is none.
    """
    pattern, post = _choose_pattern(site, post)
    is_slug_alone = pattern.count("{") == pattern.count("{slug}") and site.generator not in _NAMES
    words = {"slug": post.slug} if is_slug_alone else fill_words(site, post)
    path = re.sub(r"\{(\w+)\}(/?)", lambda found: _value(words, found[1], found[2]), pattern)
    return site.url + quote_path("/" + path.lstrip("/"))


def fill_words(site: Site, post: Named) -> Words:
    """Every word of a pattern with what it stands for in this post; those of dates only where it has one."""
    return {
        "category": slugify(post.categories[0].lower() if post.categories else "") or "uncategorized",
        "categories": _join_categories(post),
        "language": post.language,
        "other_language": "" if post.language == site.language else post.language,
        "author": slugify(post.author.lower()),
        "only_title": name_title(post.title) or post.slug,
        "sections": "/".join(name_file(folder.rpartition("/")[2]) for folder in post.sections),
        "undated": post.slug if post.declared else _keep(undated(post.source).lower()) or post.slug,
        **_date_words(post.dated_at),
        **_NAMES.get(site.generator, _by_default)(post),
    }


def fill_permalink(site: Site, post: Named, pattern: str) -> str:
    """The address by a pattern that the post declares itself."""
    return make_permalink(replace(site, permalink=pattern, permalinks={}), post)


def translate(written: str, generator: str) -> str:
    """A pattern that a post declares in the words of its generator, in ours; "" where it is none that we know."""
    if generator == "jekyll":
        return from_colons(JEKYLL_STYLES.get(written, written), JEKYLL)
    if generator == "hugo":
        return from_colons(written, HUGO)
    return from_template(written) if generator == "eleventy" else ""


def _choose_pattern(site: Site, post: Named) -> tuple[str, Named]:
    """The pattern of the innermost folder that has one; {folders} and {path} begin below it."""
    folders = [folder for folder in site.permalinks if post.source.startswith(f"{folder}/")]
    if not folders:
        return site.permalink, post
    folder = max(folders, key=len)
    return site.permalinks[folder], _below(post, folder)


def _below(post: Named, folder: str) -> Named:
    sections = [section for section in post.sections if section.startswith(f"{folder}/")]
    return replace(post, source=post.source.removeprefix(f"{folder}/"), sections=sections)


def list_sections(settings: Settings, source: str) -> list[str]:
    """The folders above a post that have a page of their own, where a pattern of this site asks for them."""
    site = settings.site
    if not any("{sections}" in pattern for pattern in (site.permalink, *site.permalinks.values())):
        return []
    *parts, _ = source.split("/")
    folders = ["/".join(parts[: number + 1]) for number in range(len(parts))]
    return [folder for folder in folders if any(Path(settings.root, site.content, folder).glob("_index.*"))]


def _join_categories(post: Named) -> str:
    parts = [name.lower().replace("/", "-").strip(" .") for name in post.categories]
    return "/".join(part for part in parts if part)


def _value(words: Words, name: str, slash: str) -> str:
    """What stands for a word and the slash behind it."""
    if name in words:
        return words[name] + slash if words[name] else ""
    raise ContentError(
        "the permalink needs a date and the post has none", key="date", hint="add a date, or change [site] permalink"
    )


_MONTHS = ("January", "February", "March", "April", "May", "June", "July", "August", "September", "October",
           "November", "December")  # fmt: skip
_DAYS = ("Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday")


def _date_words(at: datetime | None) -> Words:
    """English names whatever the locale; "yearday" and "weekday" as Hugo counts them, "y_day" as Jekyll does."""
    if at is None:
        return {}
    weekday, yearday = at.isoweekday() % 7, at.timetuple().tm_yday
    values = (
        f"{at.year:04d}", f"{at.month:02d}", f"{at.day:02d}", f"{at.hour:02d}", f"{at.minute:02d}", f"{at.second:02d}",
        str(at.month), str(at.day), f"{at.year % 100:02d}", _MONTHS[at.month - 1], _MONTHS[at.month - 1][:3],
        str(weekday), _DAYS[weekday], _DAYS[weekday][:3], str(yearday), f"{yearday:03d}", f"{at.isocalendar()[1]:02d}",
    )  # fmt: skip
    return dict(zip(DATES, values, strict=True))


# --- {slug}, {name}, {title}, {path} and {folders}, as each generator makes them ---


def _by_default(post: Named) -> Words:
    """{title} as Hugo makes it unless a slug is declared; {name} is the slug with the file name's capitals."""
    return {
        "slug": post.slug,
        "name": post.slug if post.declared else slugify(undated(post.source)).removesuffix(".html") or post.slug,
        "title": post.slug if post.declared else name_title(post.title) or post.slug,
        "path": path_of(post.source),
        "folders": path_of(post.source).rpartition("/")[0].lower(),
    }


def _by_hugo(post: Named) -> Words:
    """Everything in small letters; a date in a file name stays. What is in {path} keeps more hyphens than a token."""
    *folders, name = [name_file(part) for part in post.parts]
    declared, token = name_slug(post.declared), name_slug(post.parts[-1])
    dates = _date_words(post.dated_at)
    return {word: value.lower() for word, value in dates.items()} | {
        "slug": declared or token,
        "name": token,
        "title": declared or name_title(post.title) or token,
        "path": "/".join([*folders, declared or name]),
        "folders": "/".join(folders),
    }


def _by_jekyll(post: Named) -> Words:
    """`:title` is {name}, with capitals; folders above _posts are categories."""
    name = post.declared or undated(post.source)
    above, _, below = post.source.rpartition("_posts/")
    places = [part for part in above.split("/") if part]
    categories = dict.fromkeys([*(part.lower() for part in places), *_join_categories(post).split("/")])
    return {
        "slug": name_plain(name) or post.slug,
        "name": name_pretty(name) or post.slug,
        "title": name_pretty(name) or post.slug,
        "path": (below or post.source).rpartition(".")[0],
        "folders": below.rpartition("/")[0],
        "categories": "/".join(part for part in categories if part),
    }


def _by_eleventy(post: Named) -> Words:
    """Names stay as files have them, in {path} with their dates; a page in a folder of its own name is the folder's."""
    *folders, stem = post.parts
    if folders and folders[-1] == stem:
        folders = folders[:-1]
    name = undated(post.source)
    if name == "index" and folders:  # "2025-03-18-index.md" is called like its folder, too
        name = undated(f"{folders[-1]}.md")
    slug = name_ascii(post.declared or name) or post.slug
    title = name_ascii(post.title) or slug
    path = "/".join([*folders, stem])
    return {"slug": slug, "name": name, "title": title, "path": path, "folders": "/".join(folders)}


def _by_astro(post: Named) -> Words:
    """{path} is the id of the entry: the declared slug, else folders and name in small letters without signs."""
    *folders, name = [name_github(part) for part in post.parts]
    path = post.declared.strip("/") or "/".join([*folders, name])
    slug = post.declared.strip("/") or name
    return {"slug": slug, "name": name, "title": name_github(post.title), "path": path, "folders": "/".join(folders)}


_DOCUSAURUS = re.compile(r"(?P<folder>.*?)(?P<date>\d{4}[-/]\d{1,2}[-/]\d{1,2})[-/]?(?P<text>.*?)(?:/index)?")


def _by_docusaurus(post: Named) -> Words:
    """{path} is what follows the blog's own address: the declared slug, else the date in the name and the rest."""
    stem = post.source.rpartition(".")[0]
    dated = _DOCUSAURUS.fullmatch(stem)
    path = post.declared.strip("/") or (
        f"{dated['date'].replace('-', '/')}/{dated['folder']}{dated['text']}" if dated else re.sub("/index$", "", stem)
    )
    return dict(_by_default(post)) | {"path": path, "slug": path}


def _by_zola(post: Named) -> Words:
    """Accents and signs go, also of folders; a date before a name is not part of it."""
    *folders, _ = [*map(name_ascii, post.parts[:-1]), ""]
    name = re.sub(r"^\d{4}-\d\d-\d\d(?:T[\d:+Z.-]*?)?\s?[_-]", "", name_of(post.source))
    slug = name_ascii(post.declared or name) or post.slug
    path = "/".join([*folders, slug])
    return {"slug": slug, "name": slug, "title": slug, "path": path, "folders": "/".join(folders)}


def _by_nuxt(post: Named) -> Words:
    """A number before a name or folder only sorts: "2.hello.md" is /hello."""
    *folders, file = post.source.split("/")
    source = "/".join(
        [*(re.sub(r"^\d+\.(?=.)", "", folder) for folder in folders), re.sub(r"^\d+\.(?=.+\.)", "", file)]
    )
    slug = post.slug if post.declared else make_slug("", source, post.title)
    return _by_default(replace(post, source=source, slug=slug))


def _by_pelican(post: Named) -> Words:
    """The slug is made of the title; the category is the folder's name where a post has none."""
    slug = name_pelican(post.declared or post.title) or post.slug
    category = post.categories[0] if post.categories else post.source.rpartition("/")[0].rpartition("/")[2]
    return dict(_by_default(post)) | {
        "slug": slug,
        "name": name_of(post.source),
        "title": name_pelican(post.title) or slug,
        "category": name_pelican(category) or "misc",
        "author": name_pelican(post.author),
    }


_NAMES: Mapping[str, Callable[[Named], Words]] = {
    "hugo": _by_hugo,
    "jekyll": _by_jekyll,
    "eleventy": _by_eleventy,
    "astro": _by_astro,
    "docusaurus": _by_docusaurus,
    "zola": _by_zola,
    "pelican": _by_pelican,
    "nuxt": _by_nuxt,
}
