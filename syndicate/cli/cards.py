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
    from syndicate.cli.show import print_json, tell

    given = globals_of(context)
    with given.open_app() as app:
        chosen = tuple(map(app.name_post, slugs or ()))
        if sheet:
            app.write_card_sheet(chosen, sheet)
            print_json({"sheet": sheet}) if given.json else print(f"Wrote {sheet}.")
            return DONE
        findings = app.check_cards(chosen) if check else app.draw_cards(chosen)
    if given.json:
        print_json(findings)
        return NEEDS_A_PERSON if any(finding.level == "problem" for finding in findings) else DONE
    for finding in findings:
        tell(f"{finding.where}: {finding.text}" if finding.where else finding.text)
    return NEEDS_A_PERSON if any(finding.level == "problem" for finding in findings) else DONE
