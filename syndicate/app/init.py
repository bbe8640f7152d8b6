"""`init`: the sample site for an empty folder, a guess for one that holds a blog."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from urllib.parse import unquote

from syndicate import content
from syndicate.app.reports import Finding
from syndicate.app.site import OpenSite
from syndicate.config import CONFIG_NAME, make_settings
from syndicate.content.built import find_site_url
from syndicate.content.matching import derive_pattern, list_addresses
from syndicate.errors import ConfigError, ContentError, SyndicateError, UsageError
from syndicate.model import Post, Settings
from syndicate.starters import QUESTION, Guess, guess_site, render_config, write_new_files
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


def learn(folder: Path, guess: Guess, *, ask_generator: bool) -> Trial:
    """The guess with the pattern that fits best; the guessed one where nothing tells."""
    if guess.url == QUESTION and guess.built:
        url = find_site_url(folder / guess.built)
        guess = guess.answer("url", url, f"{guess.built}/") if url else guess
    listed = list_addresses(folder) if ask_generator else {}
    first, served = _try(folder, guess, listed)
    is_answered = guess.permalink != QUESTION
    if first.fit is None or (is_answered and first.fit.fits == first.fit.of):
        return first
    site, where = _settle(folder, guess).site, first.fit.where
    patterns = Counter(pattern for post, address in served if (pattern := derive_pattern(site, post, address)))
    trials = [
        _try(folder, guess.answer("permalink", pattern, where), listed)[0]
        for pattern, _ in patterns.most_common(_TRIED)
    ]
    best = max([first, *trials] if is_answered else [*trials, first], key=_count_fits)
    return best if is_answered or _count_fits(best) * 2 >= first.fit.of else first


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
    reader = content.ContentFolder(settings)
    snapshot = reader.read()
    trial = Trial(guess, len(snapshot.posts), tuple(str(problem) for problem in snapshot.problems))
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
    """Files that are no posts yet, each with the reason."""


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
            hint="run init in the folder of your blog, or in an empty one for a sample site",
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
