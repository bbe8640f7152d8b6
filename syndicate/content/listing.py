"""What a site's generator lists when it is asked: it runs, so only a person's word makes it."""

from __future__ import annotations

import csv
import os
from collections.abc import Mapping
from pathlib import Path

from syndicate.errors import UsageError
from syndicate.processes import clean_environment

_PATIENCE = 300
_SETTINGS = ("hugo.toml", "hugo.yaml", "hugo.yml", "hugo.json", "config.toml", "config.yaml", "config", "content")


def list_addresses(folder: Path) -> Mapping[str, str]:
    """Files below the folder → their addresses, as `hugo list all` has them. Raises UsageError where it cannot be had.

    No other generator has such a listing; the built site tells as much.
    """
    import shutil  # noqa: PLC0415 - few ask, and a run without news pays for no import
    import subprocess  # noqa: PLC0415

    hugo = shutil.which("hugo")
    if not hugo or not any((folder / name).exists() for name in _SETTINGS):
        raise UsageError("no generator here lists its addresses", hint="only `hugo list all` is known; build the site")
    try:
        done = subprocess.run(  # noqa: S603
            [hugo, "list", "all", "--source", str(folder)],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            check=False,
            timeout=_PATIENCE,
            env=clean_environment(os.environ),
        )
    except subprocess.TimeoutExpired as error:
        raise UsageError(f"hugo did not answer within {_PATIENCE} seconds") from error
    if done.returncode:
        said = (done.stderr or done.stdout).decode(errors="replace").strip().rpartition("\n")[2][:300]
        raise UsageError(f"hugo cannot list this site: {said}", hint="hugo list all")
    return parse_listing(done.stdout.decode(errors="replace"))


def parse_listing(text: str) -> dict[str, str]:
    """The pages of Hugo's list; what it warns of before it is no part of it."""
    lines = text.splitlines()
    start = next((at for at, line in enumerate(lines) if line.startswith("path,")), len(lines))
    rows = csv.DictReader(lines[start:])
    return {row["path"]: row["permalink"] for row in rows if row.get("kind") == "page" and row.get("permalink")}
