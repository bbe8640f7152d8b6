"""A temporary blog and the real command line on it."""

from __future__ import annotations

import io
import json
import os
import sys
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass
from pathlib import Path

from syndicate.cli.root import call

CONFIG = """
[site]
title = "Notes"
url = "https://notes.example"
timezone = "Europe/Berlin"
author = "Ada"

[cards]
fetch = false

[schedule]
old_after = "3650d"  # posts of the tests have dates of their own

[accounts.timeline]
network = "local"
on = ["new", "featured"]
"""
TRIAL = CONFIG.replace("[cards]", "allow_private = true\n[cards]")
"""A trial may have accounts on networks, though its address is an example."""


@dataclass(frozen=True)
class Ran:
    """How a command ended."""

    code: int
    out: str
    err: str

    @property
    def json(self):
        return json.loads(self.out)


class Blog:
    """A site folder; `run` drives `syndicate` as a person would."""

    def __init__(self, root: Path, config: str = CONFIG) -> None:
        self.root = root
        self.posts = root / "content" / "posts"
        self.posts.mkdir(parents=True, exist_ok=True)
        (root / "syndicate.toml").write_text(config, encoding="utf-8")

    @property
    def feeds(self) -> Path:
        return self.root / "feeds"

    def write(self, slug: str, *, title: str = "", date: str = "2026-01-05T09:00:00Z", body: str = "Text.", **more):
        said = {"title": title or slug.title(), "date": date, "socialShare": f"Read {slug}.", **more}
        lines = [f"{key}: {json.dumps(value, ensure_ascii=False)}" for key, value in said.items()]
        path = self.posts / f"{slug}.md"
        path.write_text("---\n" + "\n".join(lines) + f"\n---\n\n{body}\n", encoding="utf-8")
        return path

    def fill(self, count: int) -> None:
        """Files that are looked at, and cost nothing else."""
        for number in range(count):
            (self.posts / f"draft-{number}.md").write_text('---\ntitle: "Later"\ndraft: true\n---\n', encoding="utf-8")

    def command(self, *words: str) -> list[str]:
        return [sys.executable, "-m", "syndicate", "--config", str(self.root / "syndicate.toml"), *words]

    def environment(self) -> dict[str, str]:
        kept = {name: value for name, value in os.environ.items() if not name.startswith("SYNDICATE_")}
        return kept | {"HOME": str(self.root / "home"), "NO_COLOR": "1"}

    def run(self, *words: str, code: int = 0) -> Ran:
        """One command line, run whole in this process: parsing, work, printing, exit code."""
        out, err = io.StringIO(), io.StringIO()
        with redirect_stdout(out), redirect_stderr(err):
            ended = call(["--config", str(self.root / "syndicate.toml"), *words])
        assert ended == code, f"{words} ended with {ended}\n{out.getvalue()}\n{err.getvalue()}"
        return Ran(ended, out.getvalue(), err.getvalue())

    def timeline(self) -> list[dict]:
        path = self.feeds / "timeline.json"
        return json.loads(path.read_text(encoding="utf-8"))["items"] if path.exists() else []

    def entries(self) -> dict[str, str]:
        """Title → id, from the JSON feed."""
        feed = json.loads((self.feeds / "feed.json").read_text(encoding="utf-8"))
        return {item["title"]: item["id"] for item in feed["items"]}
