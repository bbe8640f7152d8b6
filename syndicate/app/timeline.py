"""The page of the local network, drawn anew from its timeline.json."""

from __future__ import annotations

from syndicate.app.site import Wiring
from syndicate.errors import SyndicateError
from syndicate.formats.timeline import parse_timeline, render_timeline
from syndicate.model import Artefact, Problem, Settings
from syndicate.networks.local import PAGE, TIMELINE, parse_items
from syndicate.publish.ownership import OwnFiles
from syndicate.publish.write import Pressed
from syndicate.templates import read_template


def write_timeline(wiring: Wiring, output: OwnFiles) -> Pressed:
    """Write timeline.html where some account is local and has said something, or might. Its own trouble is a problem
    and stops nothing else."""
    if all(account.network != "local" for account in wiring.settings.accounts):
        return Pressed()
    try:
        return Pressed(output.write([_draw(wiring)]))
    except SyndicateError as error:
        return Pressed(problems=(Problem(error.where or PAGE, error.message, hint=error.hint),))


def is_timeline(settings: Settings, path: str, data: bytes) -> bool:
    """Whether a file is one that an account on the local network wrote."""
    if path.rpartition("/")[2] != TIMELINE or all(account.network != "local" for account in settings.accounts):
        return False
    try:
        parse_items(data)
    except (ValueError, TypeError):
        return False
    return True


def _draw(wiring: Wiring) -> Artefact:
    data = wiring.output.read(TIMELINE)
    entries = parse_timeline(data) if data else ()
    page = render_timeline(entries, wiring.settings.site, read_template(wiring.settings.root, f"pages/{PAGE}"))
    return Artefact(PAGE, "text/html; charset=utf-8", page)
