"""Share cards by hand: `cards`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from syndicate.cli.root import DONE, NEEDS_A_PERSON, command, complete_slug, globals_of


@command()
def cards(
    context: typer.Context,
    slugs: Annotated[
        list[str] | None,
        typer.Argument(metavar="SLUG", autocompletion=complete_slug, help="Only these posts; without any, all."),
    ] = None,
    check: Annotated[
        bool,
        typer.Option("--check", help="Draw nothing, only judge titles, pictures, logo and contrast; exit 1 for CI."),
    ] = False,
    sheet: Annotated[
        Path | None,
        typer.Option("--sheet", metavar="FILE", help="Write a page that shows each card as each network frames it."),
    ] = None,
) -> int:
    """Draw, judge or show the share cards."""
    from syndicate.app.cards import check_cards, draw_cards, write_sheet
    from syndicate.app.post import name_post
    from syndicate.cli.show import print_json, tell

    given = globals_of(context)
    with given.open_app() as app, app.using() as site:
        chosen = tuple(name_post(site, slug) for slug in slugs or ())
        if sheet:
            write_sheet(site, chosen, sheet, app.now())
            if not check:
                print_json({"sheet": sheet}) if given.json else print(f"Wrote {sheet}.")
                return DONE
        findings = (check_cards if check else draw_cards)(site, chosen, app.now())
    if given.json:
        print_json(findings)
        return NEEDS_A_PERSON if any(finding.level == "problem" for finding in findings) else DONE
    for finding in findings:
        tell(f"{finding.where}: {finding.text}" if finding.where else finding.text)
    return NEEDS_A_PERSON if any(finding.level == "problem" for finding in findings) else DONE
