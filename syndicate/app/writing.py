"""`write_back`: which links belong into which post."""

from __future__ import annotations

import logging
from collections.abc import Iterable
from functools import partial
from pathlib import Path

from syndicate.app.site import Wiring
from syndicate.containment import contain
from syndicate.content.syndication import write_syndication
from syndicate.errors import tell_for_log
from syndicate.model import Delivery, SyndicationLink
from syndicate.text.addresses import keep_web_address

log = logging.getLogger("syndicate")


def write_back(wiring: Wiring, sent: tuple[Delivery, ...]) -> dict[Path, int]:
    """Write the links of sent copies into their posts; returns what was written, with its new time."""
    sources = {known.id: known.source for known in wiring.store.read_ledger().posts}
    copies = wiring.list_copies()
    written = {}
    for post_id in {delivery.post_id for delivery in sent} & sources.keys():
        path = Path(wiring.settings.root, wiring.settings.site.content, sources[post_id])
        links = list_links(copies.get(post_id, ()))
        with contain(partial(_warn, path.name)):  # one file's trouble is its own: the copies stand in the state
            if write_syndication(path, links):
                written[path] = path.stat().st_mtime_ns
    return written


def _warn(name: str, error: Exception) -> None:
    log.warning("%s: %s", name, tell_for_log(error))


def list_links(copies: Iterable[SyndicationLink]) -> list[str]:
    """The copies' addresses that a page may link to: a network's word is no reason to write anything else."""
    return [copy.url for copy in copies if keep_web_address(copy.url)]
