"""The app of a small blog, by a clock that a test may put on."""

from __future__ import annotations

import threading
from datetime import datetime

from syndicate.app.app import App
from tests.app.web import MINUTE


class LateApp(App):
    """Its clock is late, so that what is due is due by the true one, too."""

    late = 2 * MINUTE

    def now(self) -> datetime:
        return super().now() - self.late


def write(app: App, slug: str) -> None:
    """A post of today, since an older one is no news."""
    text = f"---\ntitle: {slug}\ndate: {app.now():%Y-%m-%d}\nsocialShare: Read {slug}\n---\n\nA body.\n"
    (app.config.parent / "content" / "posts" / f"{slug}.md").write_text(text)


def wait_for_accounts() -> None:
    """Until the threads of all accounts have ended."""
    for thread in threading.enumerate():
        if thread.name.startswith("deliver-"):
            thread.join(60)
