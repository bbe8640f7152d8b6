"""`init`: the sample site for an empty folder, a guess for one that holds a blog."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from urllib.parse import unquote, urlsplit

from syndicate.app.site import OpenSite
from syndicate.config import CONFIG_NAME
from syndicate.config.read import make_settings
from syndicate.content.built import derive_pattern, find_site_url, make_address
from syndicate.content.folder import ContentFolder
from syndicate.content.permalinks import name_of, undated
from syndicate.errors import ConfigError, ContentError, SyndicateError, UsageError
from syndicate.model import Finding, Post, Settings, Site
from syndicate.starters import QUESTION, Guess, guess_site, render_config, write_new_files
from syndicate.starters.found import is_own
from syndicate.starters.hugo import list_addresses
from syndicate.templates import read_starter

# --- Addresses by the pattern beside those that the site serves ---
# `init` learns from them, `doctor` compares.

_TRIED = 4
"""Patterns that are tried beside the guessed one."""
_SHOWN = 20


@dataclass(frozen=True, slots=True)
class Fit:
    """How many addresses a pattern makes as the site serves them."""

    fits: int
    of: int
    where: str
    """The built folder, or the generator's own list."""


@dataclass(frozen=True, slots=True)
class Trial:
    """A guess, read with: its posts, what was left out, and how it fits where anything tells."""

    guess: Guess
    posts: int
    problems: tuple[str, ...]
    fit: Fit | None = None
    read: tuple[Post, ...] = ()


def learn(folder: Path, guess: Guess, *, ask_generator: bool) -> Trial:
    """The guess with the pattern that fits best; the guessed one where nothing tells."""
    if guess.url == QUESTION and guess.built:
        url = find_site_url(folder / guess.built)
        guess = guess.answer("url", url, f"{guess.built}/") if url else guess
    listed = list_addresses(folder) if ask_generator else {}
    first, served = _try(folder, guess, listed)
    is_answered = guess.permalink != QUESTION
    if first.fit is None:
        is_sure = is_answered and guess.rules not in _LOOSE and not guess.is_usual
        return first if is_sure else _learn_from_links(folder, first)
    if is_answered and first.fit.fits == first.fit.of:
        return first
    site, where = _settle(folder, guess).site, first.fit.where
    patterns = Counter(pattern for post, address in served if (pattern := derive_pattern(site, post, address)))
    trials = [
        _try(folder, guess.answer("permalink", pattern, where), listed)[0]
        for pattern, _ in patterns.most_common(_TRIED)
    ]
    best = max([first, *trials] if is_answered else [*trials, first], key=_count_fits)
    return best if is_answered or _count_fits(best) * 2 >= first.fit.of else first


_LINK = re.compile(r"""(?:\]\(|\]:\s*|href=["'])(https?://[^\s)"'<>#?]+|/[^\s)"'<>#?]*)""")
_FEWEST_LINKS = 3
_LOOSE = ("", "nuxt")
"""Rules under which a site's own routes say what an address is."""


def _learn_from_links(folder: Path, first: Trial) -> Trial:
    """Posts link to one another: where no rule is known, the pattern that most of these addresses follow.

    People write them with and without a slash at the end, so a known pattern is not left for that alone.
    """
    linked = list(_list_linked(folder / first.guess.content, first.read))
    guess = first.guess
    if guess.url == QUESTION and (host := _find_host(linked)):
        guess = guess.answer("url", host, "links between posts")
    site = _settle(folder, guess).site
    parts = urlsplit(site.url)
    origin, own = f"{parts.scheme}://{parts.netloc}/", rf"^(?:https?://{re.escape(parts.netloc)})?/"
    urls = {re.sub(r"/index\.html\Z", "/", re.sub(own, origin, link)): post for post, link in linked}
    pairs = [(post, url) for url, post in urls.items() if url.startswith(f"{site.url}/")]
    patterns = Counter(pattern for post, url in pairs if (pattern := derive_pattern(site, post, url)))
    scored = [(_count_linked(site, pairs, one), times, one) for one, times in patterns.most_common(_TRIED)]
    number, _, pattern = max(scored, default=(0, 0, ""))
    fits = sum(_is_same(post.permalink.rstrip("/"), url.rstrip("/")) for post, url in pairs)
    if _is_better(guess, number, fits, len(pairs)):
        is_file = guess.permalink == QUESTION or ".html" in (guess.permalink[-5:], pattern[-5:])
        pattern = pattern if is_file else pattern.rstrip("/") + "/" * guess.permalink.endswith("/")
        guess = guess.answer("permalink", pattern, f"{number} of {len(pairs)} links between posts")
    return replace(first, guess=guess)


def _is_better(guess: Guess, number: int, fits: int, of: int) -> bool:
    """Whether a pattern that makes this many of the linked addresses is better than the guess, which makes `fits`.

    Old links lead to redirects, so no few of them speak against a rule, and none where one link follows it.
    """
    if guess.permalink == QUESTION:
        return number >= _FEWEST_LINKS and number * 2 >= of
    if guess.is_usual and fits:
        return False
    is_whole = number == of > fits
    return number >= 2 * _FEWEST_LINKS and (is_whole or (number >= 0.8 * of and fits * 2 < of))


def _count_linked(site: Site, pairs: Sequence[tuple[Post, str]], pattern: str) -> int:
    return sum(_is_same(make_address(site, post, pattern).rstrip("/"), url.rstrip("/")) for post, url in pairs)


def _find_host(linked: Sequence[tuple[Post, str]]) -> str:
    """The host at which most of the posts that others link to are said to be; old links have no TLS."""
    found = {(post.source, link[: link.index("/", 8)]) for post, link in linked if "://" in link and is_own(link)}
    hosts = Counter(origin.partition("://")[2] for _, origin in found)
    host, number = max(hosts.items(), key=lambda pair: (pair[1], pair[0]), default=("", 0))
    scheme = "https" if any(origin == f"https://{host}" for _, origin in found) else "http"
    return f"{scheme}://{host}" if number >= _FEWEST_LINKS and number * 2 > len(found) else ""


def _list_linked(place: Path, posts: Sequence[Post]) -> Iterator[tuple[Post, str]]:
    """Posts with the addresses that others link to them by: told by the last part, which names one post alone.

    Pages without a date are not posts, and as many link to pages of other sites that have the same names.
    """
    named: dict[str, list[Post]] = defaultdict(list)
    for post in (post for post in posts if post.published_at):
        for name in {post.slug.lower(), name_of(post.source).lower(), undated(post.source).lower()}:
            named[name].append(post)
    links = (link for post in posts for link in _LINK.findall(_read_start(place / post.source)))
    for link in dict.fromkeys(links):
        last = re.sub(r"(?:/index)?(?:\.html?)?/?\Z", "", link).rpartition("/")[2].lower()
        if not link.startswith("//") and len(named.get(last, ())) == 1:
            yield named[last][0], link


def _read_start(path: Path) -> str:
    try:
        with path.open(encoding="utf-8", errors="replace") as file:
            return file.read(200_000)
    except OSError:
        return ""


def _count_fits(trial: Trial) -> int:
    return trial.fit.fits if trial.fit else 0


def _settle(folder: Path, guess: Guess) -> Settings:
    """Settings of a guess; what is a question yet is anything."""
    url = "https://site.invalid" if guess.url == QUESTION else guess.url
    permalink = "/{path}/" if guess.permalink == QUESTION else guess.permalink
    return make_settings(render_config(replace(guess, url=url, permalink=permalink)), root=folder.resolve())


def _try(folder: Path, guess: Guess, listed: Mapping[str, str]) -> tuple[Trial, list[tuple[Post, str]]]:
    """One reading, and each post with the address that it is served at."""
    settings = _settle(folder, guess)
    reader = ContentFolder(settings)
    snapshot = reader.read()
    problems = tuple(str(problem) for problem in snapshot.problems)
    trial = Trial(guess, len(snapshot.posts), problems, read=snapshot.posts)
    served = _list_listed(settings, snapshot.posts, listed) if listed else reader.list_served()
    if not served:
        return trial, []
    right = sum(_is_same(post.by_rule or post.permalink, address) for post, address in served)
    where = "the generator's own list" if listed else f"{guess.built}/"
    return replace(trial, fit=Fit(right, len(served), where)), served


def _list_listed(settings: Settings, posts: tuple[Post, ...], listed: Mapping[str, str]) -> list[tuple[Post, str]]:
    below = settings.site.content.strip("./")
    names = {post.source: f"{below}/{post.source}".lstrip("/") for post in posts}
    return [(post, listed[names[post.source]]) for post in posts if names[post.source] in listed]


def _is_same(one: str, other: str) -> bool:
    return unquote(one) == unquote(other)


def compare(site: OpenSite, *, ask_generator: bool) -> Iterator[Finding]:
    """For `doctor`: how many addresses are as the site serves them, and which are not."""
    settings = site.settings
    posts = site.read_snapshot().posts
    if ask_generator:
        try:
            listed = _list_listed(settings, posts, list_addresses(Path(settings.root)))
        except SyndicateError as error:
            yield Finding("warning", str(error))
        else:
            yield from _tell(listed, "your generator lists them")
    if settings.site.built:
        served = site.folder.list_served()
        if not served:
            text = (
                f"no page of a post is in {settings.site.built}/, so addresses are by permalink alone: build the site"
            )
            yield Finding("warning", text)
        yield from _tell(served, "your site serves them") if served else ()


def _tell(served: list[tuple[Post, str]], how: str) -> Iterator[Finding]:
    pairs = [(post, post.by_rule or post.permalink, address) for post, address in served]
    differing = [(post, rule, address) for post, rule, address in pairs if not _is_same(rule, address)]
    text = f"{len(served) - len(differing):,} of {len(served):,} addresses as {how}"
    if not differing:
        yield Finding("ok", text)
        return
    yield Finding("warning", f"{text}; these {len(differing):,} differ (is permalink right?)")
    for post, rule, address in differing[:_SHOWN]:
        yield Finding("warning", f"{rule} by permalink, {address} as served", post.source)
    if len(differing) > _SHOWN:
        yield Finding("warning", f"… and {len(differing) - _SHOWN:,} more")


@dataclass(frozen=True, slots=True)
class Begun:
    """What init wrote, or would write in a dry run. Without a guess it is the sample site."""

    config: str
    files: tuple[str, ...] = ()
    """Paths below the folder; in a dry run none of them is there yet."""
    guess: Guess | None = None
    fit: Fit | None = None
    """How many addresses are as the site serves them, where anything tells."""
    left_out: tuple[str, ...] = ()
    """Files that are not posts yet, each with the reason."""


def begin(folder: Path, *, dry_run: bool, ask_generator: bool = False) -> Begun:
    """Write syndicate.toml into `folder`. Raises UsageError where there is one already."""
    if (folder / CONFIG_NAME).exists():
        raise UsageError(f"{folder / CONFIG_NAME} is there already", hint="syndicate doctor checks it")
    if folder.exists() and not folder.is_dir():
        raise UsageError(f"{folder} is a file", hint="name the folder of your blog")
    guess = guess_site(folder) if folder.is_dir() else None
    trial = _learn(folder, guess, ask_generator=ask_generator) if guess else None
    if trial is not None:
        guess = trial.guess
        config = render_config(guess)
        files = {CONFIG_NAME: config.encode()}
    elif folder.is_dir() and any(not path.name.startswith(".") for path in folder.iterdir()):
        raise UsageError(
            f"{folder} is not empty and holds no Markdown posts",
            hint="run init in the folder of your blog, or in an empty one for a sample site; a post is a file that"
            " begins with ---, title: and ---",
        )
    else:
        files = dict(read_starter())
        config = files[CONFIG_NAME].decode()
    written = tuple(files) if dry_run else write_new_files(folder, files)
    return Begun(config, written, guess, trial.fit if trial else None, trial.problems if trial else ())


def _learn(folder: Path, guess: Guess, *, ask_generator: bool) -> Trial:
    """The posts are read with the guess; where that fails, which `doctor` will tell, it stands as it is."""
    try:
        trial = learn(folder, guess, ask_generator=ask_generator)
    except (ConfigError, ContentError):
        return Trial(guess, guess.posts, ())
    return replace(trial, guess=replace(trial.guess, posts=trial.posts))
