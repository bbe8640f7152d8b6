"""A glance at a site where nothing changed: what `publish` says then, without the rooms that read and write.

Whatever a glance cannot tell for certain is None: then the whole program is asked. It changes nothing.
"""

from __future__ import annotations

from pathlib import Path

from syndicate.app.publish import find_current, open_last
from syndicate.app.site import OpenSite
from syndicate.config.remembered import recall_settings
from syndicate.publish.unchanged import Published


def open_remembered(config: Path) -> OpenSite | None:
    """The site as its syndicate.toml was read last; None where that may say something else now."""
    settings = recall_settings(config)
    if settings is None or settings.storage.state or "://" in settings.storage.publish_to:
        return None
    return OpenSite(settings) if settings.storage.database.startswith("sqlite:///") else None


def find_unchanged(site: OpenSite, only: str) -> Published | None:
    """What a publication without news comes to."""
    with site.take_turn():
        made_of = open_last(site).take_fingerprint()
        return find_current(site, only, made_of, site.clock())
