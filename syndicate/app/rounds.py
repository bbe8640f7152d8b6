"""What the daemon does again and again, one method per kind of round; each answers with a line for the log."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from syndicate.config import CONFIG_NAME

if TYPE_CHECKING:
    from syndicate.app.hall import App


class Rounds:
    """The daemon's work (`daemon.Work`) on one hall."""

    def __init__(self, app: App) -> None:
        self._app = app
        self._told: frozenset[str] = frozenset()

    def publish_round(self) -> str:
        reloaded = "took up the changed syndicate.toml" if self._app.reload() else ""
        published = self._app.publish()
        problems = frozenset(f"{one.source}:{one.line} {one.message}" for one in published.problems)
        news = sorted(problems - self._told)
        self._told = problems
        parts = [reloaded] if reloaded else []
        parts += [f"wrote {len(published.written)} files"] if published.written else []
        parts += [f"removed {len(published.removed)} files"] if published.removed else []
        parts += [f"{published.new_posts} new posts"] if published.new_posts else []
        return "; ".join([*parts, *news])

    def deliver_round(self) -> str:
        touched = self._app.deliver_due()
        return "; ".join(
            f"{one.slug} → {one.account}: {one.state.value} {one.receipt.url if one.receipt else one.reason}".rstrip()
            for one in touched
        )

    def look_after_round(self) -> str:
        return "; ".join(self._app.look_after())

    def is_news(self, path: Path) -> bool:
        return self._app.is_news(path)

    def list_watched(self) -> tuple[Path, ...]:
        """The posts, the site's own templates and static pictures, and the folder of syndicate.toml itself."""
        settings = self._app.settings
        root = Path(settings.root)
        return (root / settings.site.content, root / "templates", root / CONFIG_NAME)
