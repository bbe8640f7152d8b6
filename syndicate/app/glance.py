"""A glance at a site where nothing changed: what `publish` and `status` say then, without what reads and writes.

Whatever a glance cannot tell for certain is None: then the whole program is asked. It changes nothing.
"""

from __future__ import annotations

from pathlib import Path
from shutil import disk_usage

from syndicate.app.publish import ask, find_current, publish_edits, recall_posts
from syndicate.app.reports import Status, tell_disk
from syndicate.app.site import OpenSite
from syndicate.config.place import recall_settings
from syndicate.model import State
from syndicate.publish.unchanged import Published
from syndicate.store.glance import count_calm, is_in_order, is_sound
from syndicate.store.locks import is_daemon_running


def open_remembered(config: Path) -> OpenSite | None:
    """The site as its syndicate.toml was read last; None where that may say something else now."""
    settings = recall_settings(config)
    if settings is None or settings.storage.state or "://" in settings.storage.publish_to:
        return None
    return OpenSite(settings) if settings.storage.database.startswith("sqlite:///") else None


def publish_little(site: OpenSite, only: str) -> Published | None:
    """A publication without news, or of edits alone."""
    with site.take_turn():
        asked = ask(site, only, site.clock())
        return find_current(site, asked) or publish_edits(site, asked)


def read_calm(site: OpenSite) -> Status | None:
    """What `status` says of a site that only makes feeds, or has no account now: nothing waits, nobody is asked.

    Each account would have to be asked whether it could send.
    """
    settings = site.settings
    database, name = settings.storage.database, settings.site.name
    if any(account.enabled for account in settings.accounts) or not is_in_order(site.cache, database, name):
        return None
    counts, found = count_calm(database, name), recall_posts(site, site.clock())
    if counts is None or found is None or not is_sound(site.cache, database):
        return None
    return Status(
        disk=tell_disk(disk_usage(site.state_folder).free),
        posts=found[0],
        problems=found[1],
        counts={state.value: counts[state] for state in State if state in counts},
        daemon=is_daemon_running(Path(database.removeprefix("sqlite:///")), name),
        doubts=settings.site.list_doubts(),
    )
