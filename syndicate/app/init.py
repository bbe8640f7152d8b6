"""`init`: the sample site for an empty folder, a guess for one that holds a blog."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

from syndicate.app.addresses import Fit, Trial, learn
from syndicate.config import CONFIG_NAME
from syndicate.errors import ConfigError, ContentError, UsageError
from syndicate.starters import Guess, guess_site, render_config, write_new_files
from syndicate.templates import read_starter


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
