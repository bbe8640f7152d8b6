"""The page of the local network, drawn anew from its timeline.json."""

from __future__ import annotations

from syndicate.app.wiring import Wiring
from syndicate.errors import StateError
from syndicate.formats.timeline import parse_timeline, render_timeline
from syndicate.model import Artefact
from syndicate.networks.local import PAGE, TIMELINE
from syndicate.templates import read_template


def write_timeline(wiring: Wiring) -> None:
    """Write timeline.html where some account is local and has said something, or might.

    Raises StateError where a page of somebody else is in its place.
    """
    if all(account.network != "local" for account in wiring.settings.accounts):
        return
    data = wiring.output.read(TIMELINE)
    entries = parse_timeline(data) if data else ()
    page = render_timeline(entries, wiring.settings.site, read_template(wiring.settings.root, f"pages/{PAGE}"))
    output = wiring.open_own_files()
    output.write([Artefact(PAGE, "text/html; charset=utf-8", page)])
    for problem in output.problems:
        raise StateError(problem.message, where=problem.source, hint=problem.hint)
