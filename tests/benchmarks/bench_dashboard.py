"""CPU and bytes of each page of the dashboard with 500 messages: `python tests/benchmarks/bench_dashboard.py`."""

from __future__ import annotations

import os
import sys
import tempfile
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx

sys.path.insert(0, str(Path(__file__).parents[2]))

from syndicate.app.app import App
from syndicate.cli.daemon import _make_web
from syndicate.web.dashboard.sessions import make_ticket
from tests.journeys.blog import CONFIG, Blog
from tests.web.serving import serving

POSTS, ROUNDS = 84, 5
NETWORKS = ("mastodon", "bluesky", "x", "linkedin", "discord")
EXTRA = {
    "mastodon": 'instance = "https://social.example"',
    "bluesky": 'handle = "ada.example"',
    "linkedin": "approve = true",
}
LISTS = ("week", "month", "list", "list?page=2", "list?q=text", "needs", "sent")
VIEWS = (*LISTS, "posts", "accounts", "feeds", "history", "new")
TRIAL = "allow_private = true\n[cards]"
SLOTS = 'slots = ["mon-fri 09:00"]\nmost_at_once = 0\n[accounts'


def make_site(root: Path) -> None:
    """Five hundred messages of 84 posts on six accounts with slots."""
    accounts = (f'[accounts.{name}]\nnetwork = "{name}"\n{EXTRA.get(name, "")}\n' for name in NETWORKS)
    blog = Blog(root, CONFIG.replace("[cards]", TRIAL).replace("[accounts", SLOTS, 1) + "".join(accounts))
    blog.write("before")
    blog.run("publish")
    for number in range(POSTS):
        day = f"{datetime.now(UTC) - timedelta(hours=30 + number):%Y-%m-%dT%H:%M:%SZ}"
        blog.write(f"post-{number}", title=f"A post about number {number}", date=day, tags=["rust"])
    blog.run("publish")


def main() -> None:
    """Print a line for each page."""
    with tempfile.TemporaryDirectory() as folder:
        os.environ["HOME"] = folder
        make_site(Path(folder))
        with (
            App(Path(folder) / "syndicate.toml") as app,
            serving(_make_web(app, "127.0.0.1")) as address,
            httpx.Client(base_url=f"{address}/dashboard", follow_redirects=True, timeout=60) as client,
        ):
            client.get(f"/enter?key={make_ticket(app)}")
            waiting = app.list_deliveries()
            print(f"{len(waiting)} messages wait; CPU seconds of server and client together, mean of {ROUNDS}")
            for view in (*VIEWS, f"message/{waiting[0].id}"):
                client.get(f"/{view}")
                began = time.process_time()
                for _ in range(ROUNDS):
                    answer = client.get(f"/{view}")
                spent = (time.process_time() - began) / ROUNDS
                print(f"{view:14} {spent * 1000:7.1f} ms {len(answer.content) / 1024:7.1f} KB  {answer.status_code}")


if __name__ == "__main__":
    main()
