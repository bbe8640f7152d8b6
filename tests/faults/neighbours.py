"""A site with one healthy account beside any number of accounts that never answer, for the real daemon.

The healthy one is a signed webhook that counts what it accepts; the others are sockets that accept connections, read
and stay silent.
"""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.networks.fake import Fake, Reply, Request
from tests.networks.fake_mastodon import TOKEN

SECRET = "whsec_c3luZGljYXRlLXRlc3Qtc2VjcmV0LTAxMjM0NTY3"
PATIENCE = 60
"""Seconds after which something counts as never happening."""
SITE = """
[site]
title = "Notes"
url = "{pages}"
timezone = "UTC"
allow_private = true
[cards]
fetch = false
[schedule]
most_at_once = 1000
[accounts.healthy]
network = "webhook"
url = "{healthy}/hook"
"""
SILENT = """
[accounts.silent{number}]
network = "webhook"
url = "{url}/hook"
"""


class Healthy(Fake):
    """The author's pages, and a webhook that accepts everything and remembers when."""

    def __init__(self) -> None:
        super().__init__()
        self.accepted_at: dict[str, float] = {}
        self.route("GET", "/blog/{slug}/", lambda request: Reply(200, f"<h1>{request.args['slug']}</h1>"))
        self.route("POST", "/hook", self._accept)

    def _accept(self, request: Request) -> Reply:
        self.published.append(request.json()["data"]["title"])
        self.accepted_at.setdefault(self.published[-1], time.monotonic())
        return Reply(200, "ok")


class Silent:
    """Accepts every connection and never says a word."""

    def __init__(self) -> None:
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=256)
        self._open: list[socket.socket] = []
        self.has_come = threading.Event()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._listener.getsockname()[1]}"

    def __enter__(self) -> Silent:
        threading.Thread(target=self._accept, daemon=True).start()
        return self

    def __exit__(self, *exc: object) -> None:
        for one in (self._listener, *self._open):
            one.close()

    def _accept(self) -> None:
        while True:
            try:
                self._open.append(self._listener.accept()[0])
            except OSError:
                return
            self.has_come.set()


class Neighbours:
    """The site on disk, and `syndicate` on it as real processes. `more` ends its syndicate.toml."""

    def __init__(self, root: Path, healthy: Healthy, silent: Silent, number: int, more: str = "") -> None:
        self.root = root
        self.healthy = healthy
        self.silent = silent
        (root / "content" / "posts").mkdir(parents=True)
        accounts = "".join(SILENT.format(number=n, url=silent.url) for n in range(number))
        config = SITE.format(pages=healthy.url, healthy=healthy.url) + accounts
        (root / "syndicate.toml").write_text(config + more, encoding="utf-8")
        self._names = ["healthy", *(f"silent{n}" for n in range(number))]
        self.write("old")
        self.run("publish")

    def write(self, slug: str) -> None:
        text = f'---\ntitle: "{slug}"\ndate: "{time.strftime("%Y-%m-%d")}"\nsocialShare: "Read {slug}."\n---\n\nText.\n'
        (self.root / "content" / "posts" / f"{slug}.md").write_text(text, encoding="utf-8")

    def environment(self) -> dict[str, str]:
        kept = {name: value for name, value in os.environ.items() if not name.startswith("SYNDICATE_")}
        secrets = {f"SYNDICATE_{name.upper()}_SECRET": SECRET for name in self._names}
        secrets["SYNDICATE_TOOT_ACCESS_TOKEN"] = TOKEN
        return kept | secrets | {"HOME": str(self.root), "NO_COLOR": "1"}

    def command(self, *words: str) -> list[str]:
        return [sys.executable, "-m", "syndicate", "--config", str(self.root / "syndicate.toml"), *words]

    def run(self, *words: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            self.command(*words), capture_output=True, text=True, timeout=PATIENCE, env=self.environment(), check=False
        )

    @contextmanager
    def start(self, *words: str) -> Iterator[subprocess.Popen[bytes]]:
        """A command in a process of its own, ended by its id whatever happens."""
        with (self.root / "log").open("ab") as log:
            process = subprocess.Popen(self.command(*words), stdout=log, stderr=log, env=self.environment())
            try:
                yield process
            finally:
                if process.poll() is None:
                    process.kill()
                process.wait(PATIENCE)

    def read_log(self) -> str:
        return (self.root / "log").read_text(encoding="utf-8")

    def wait_for(self, condition: Callable[[], object], *, patience: float = PATIENCE) -> None:
        ends = time.monotonic() + patience
        while not condition():
            assert time.monotonic() < ends, self.read_log()
            time.sleep(0.005)


@contextmanager
def neighbours(root: Path, number: int) -> Iterator[Neighbours]:
    with Healthy() as healthy, Silent() as silent:
        yield Neighbours(root, healthy, silent, number)


def ask_to_stop(process: subprocess.Popen[bytes]) -> float:
    """Send SIGTERM; returns the seconds until the process was gone."""
    began = time.monotonic()
    process.send_signal(signal.SIGTERM)
    process.wait(PATIENCE)
    return time.monotonic() - began
