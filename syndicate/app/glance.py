"""A glance at a site where nothing changed: what `publish` and `status` say then, without what reads and writes.

Whatever a glance cannot tell for certain is None: then the whole program is asked. It changes nothing.
"""

from __future__ import annotations

from datetime import datetime
from functools import partial
from pathlib import Path
from shutil import disk_usage

from syndicate.app.publish import ask, find_current, publish_edits, recall_posts
from syndicate.app.reports import Status, tell_disk
from syndicate.app.site import OpenSite
from syndicate.config import recall_settings
from syndicate.model import SYNDICATION, State
from syndicate.publish import Published
from syndicate.store.glance import count_calm, glance, is_checked, is_in_order, is_sound
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
    """What `status` says where no message waits, no account is paused or rests, and nobody follows edits of posts.

    The accounts are asked whether they could send, as far as that is known here.
    """
    settings, now = site.settings, site.clock()
    database, name = settings.storage.database, settings.site.name
    enabled = [account for account in settings.accounts if account.enabled]
    if any(account.follows_posts for account in enabled) or not is_in_order(site.cache, database, name):
        return None
    counts, found = count_calm(database, name), recall_posts(site, now)
    if counts is None or found is None or not is_sound(site.cache, database):
        return None
    if enabled and not _knows_copies(site):
        return None
    return Status(
        disk=tell_disk(disk_usage(site.state_folder).free),
        posts=found[0],
        problems=found[1],
        counts={state.value: counts[state] for state in State if state in counts},
        daemon=is_daemon_running(Path(database.removeprefix("sqlite:///")), name),
        unready=_list_unready(site, now) if settings.accounts else (),
        doubts=settings.site.list_doubts(),
    )


def _knows_copies(site: OpenSite) -> bool:
    """Whether the state was seen to know every published copy."""
    state = glance(Path(site.settings.storage.database.removeprefix("sqlite:///")), site.settings.site.name)
    return state is not None and is_checked(site.cache, state.moment, site.output.fingerprint([SYNDICATION]))


def _list_unready(site: OpenSite, now: datetime) -> tuple[str, ...]:
    from syndicate.app.accounts import describe_accounts, look, tell_unready  # noqa: PLC0415 - the networks

    assert site.accounts.facts  # raises for an option that says nonsense, which the whole program tells
    return tell_unready(describe_accounts(site, {}, partial(look, site), now))
