"""One post by hand: `post`, `why`."""

from __future__ import annotations

from typing import Annotated

import typer

from syndicate.cli.root import DONE, NEEDS_A_PERSON, app, globals_of


@app.command()
def post(
    context: typer.Context,
    slug: Annotated[str, typer.Argument(help="The post.")],
    to: Annotated[list[str] | None, typer.Option("--to", help="An account; may be repeated. Default: all.")] = None,
    at: Annotated[str, typer.Option("--at", help='When: ISO 8601, or words such as "tomorrow 09:00".')] = "",
    text: Annotated[str, typer.Option("--text", help="Your own text instead of socialShare.")] = "",
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Show the message, send nothing.")] = False,
    again: Annotated[bool, typer.Option("--again", help="Send although it was sent before.")] = False,
) -> int:
    """Post one post to your accounts, now or at a time."""
    from syndicate.cli.publish import _show_planned
    from syndicate.cli.queue import show_deliveries
    from syndicate.cli.show import print_json
    from syndicate.model import State

    given = globals_of(context)
    with given.open_app() as hall:
        planned = hall.plan_post(slug, to=tuple(to or ()), at=at, text=text, again=again)
        if dry_run:
            if given.json:
                print_json(planned)
            else:
                for row in planned.deliveries:
                    _show_planned(row, hall)
            return DONE
        sent = hall.post(planned)
        if given.json:
            print_json(sent)
        else:
            show_deliveries(sent, hall)
    trouble = {State.FAILED, State.UNCERTAIN, State.HELD}
    return NEEDS_A_PERSON if any(delivery.state in trouble for delivery in sent) else DONE


@app.command()
def why(context: typer.Context, slug: Annotated[str, typer.Argument(help="The post.")]) -> int:
    """Tell the whole story of a post.

    What was sent, what waits, what will not go out, each with its reason.
    """
    from syndicate.cli.show import print_json

    given = globals_of(context)
    with given.open_app() as hall:
        lines = hall.explain(slug)
    if given.json:
        print_json(lines)
    else:
        print("\n".join(lines))
    return DONE
