"""`init`: the sample site for an empty folder, a guess for one that holds a blog."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from syndicate.config import CONFIG_NAME
from syndicate.errors import UsageError
from syndicate.starters import Guess, guess_site, render_config, write_new_files
from syndicate.templates import read_starter


@dataclass(frozen=True, slots=True)
class Begun:
    """What init wrote, or would write in a dry run. Without a guess it is the sample site."""

    config: str
    files: tuple[str, ...] = ()
    """Paths below the folder; in a dry run none of them is there yet."""
    guess: Guess | None = None


def begin(folder: Path, *, dry_run: bool) -> Begun:
    """Write syndicate.toml into `folder`. Raises UsageError where there is one already."""
    if (folder / CONFIG_NAME).exists():
        raise UsageError(f"{folder / CONFIG_NAME} is there already", hint="syndicate doctor checks it")
    if folder.exists() and not folder.is_dir():
        raise UsageError(f"{folder} is a file", hint="name the folder of your blog")
    guess = guess_site(folder) if folder.is_dir() else None
    if guess is not None:
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
    return Begun(config, tuple(files) if dry_run else write_new_files(folder, files), guess)
