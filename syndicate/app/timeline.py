"""The page of the local network, drawn anew from its timeline.json."""

from __future__ import annotations

from syndicate.app.site import Wiring
from syndicate.containment import contain
from syndicate.formats.timeline import parse_timeline, render_timeline
from syndicate.model import Artefact, Settings, make_problem
from syndicate.networks.local import PAGE, TIMELINE, parse_items
from syndicate.publish.ownership import OwnFiles
from syndicate.publish.write import Pressed
from syndicate.templates import read_template


def write_timeline(wiring: Wiring, output: OwnFiles) -> Pressed:
    """Write timeline.html where some account is local and has said something, or might. Its own trouble is a problem
    and stops nothing else."""
    if all(account.network != "local" for account in wiring.settings.accounts):
        return Pressed()
    done: list[Pressed] = []
    with contain(lambda error: done.append(Pressed(problems=(make_problem(PAGE, error),)))):
        done.append(Pressed(output.write([_draw(wiring)])))
    return done[0]


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
