"""Logins: `accounts`, `login`, `adopt`."""

from __future__ import annotations

from typing import Annotated

import typer

from syndicate.cli.answers import warn_of_state
from syndicate.cli.root import DONE, NEEDS_A_PERSON, command, complete_account, globals_of
from syndicate.cli.show import plural, print_json, print_table

AccountName = Annotated[
    str,
    typer.Argument(
        metavar="ACCOUNT", autocompletion=complete_account, help="Its name in syndicate.toml: [accounts.NAME]."
    ),
]


@command()
def accounts(
    context: typer.Context,
    online: Annotated[bool, typer.Option("--online", help="Ask each network which of its accounts this is.")] = False,
    resume: Annotated[
        str,
        typer.Option(
            "--resume",
            metavar="ACCOUNT",
            autocompletion=complete_account,
            help="Resume a paused account once its problem is fixed.",
        ),
    ] = "",
) -> int:
    """See who is logged in, and how long the tokens live.

    Without --online nothing is asked: it only looks whether the credentials are there.
    """
    given = globals_of(context)
    with given.open_app() as app:
        if resume:
            app.resume_account(resume)
        rows = app.list_accounts(online=online)
    if given.json:
        print_json(rows)
    elif rows:
        cells = [(row.name, row.network, row.state, row.who, row.expires, row.note) for row in rows]
        print_table(("account", "network", "state", "who", "token", "note"), cells)
    else:
        print("No accounts yet; add [accounts.NAME] to syndicate.toml.")
    return NEEDS_A_PERSON if any(row.state.needs_person for row in rows) else DONE


@command()
def login(
    context: typer.Context,
    account: AccountName,
    paste: Annotated[
        bool, typer.Option("--paste", help="Paste the code by hand: for a machine without a browser.")
    ] = False,
) -> int:
    """Log in to a network and store the token safely."""
    from syndicate.cli.login import walk_through

    with globals_of(context).open_app() as app:
        print(walk_through(app, account, paste=paste))
    return DONE


@command()
def adopt(
    context: typer.Context,
    account: AccountName,
    accept: Annotated[
        bool,
        typer.Option(
            "--accept", help="The account cannot show its posts, and you have looked: what waits there is held."
        ),
    ] = False,
) -> int:
    """Record what is already on an account, so that it is not sent.

    Reads the account's own posts and matches their links with yours.
    """
    given = globals_of(context)
    with given.open_app() as app:
        adopted = app.adopt(account, accept=accept)
        contradiction = app.find_contradiction()
    if given.json:
        print_json(adopted)
    elif accept and not adopted:
        print(f"{account} is accepted as it is. `syndicate queue` shows what is held there.")
    elif not adopted:
        print(f"No link to one of your posts was found on {account}.")
    else:
        print(f"{plural(len(adopted), 'copy', 'copies')} of your posts on {account}, recorded as sent:")
        for slug, url in adopted:
            print(f"  {slug}  {url}")
    return warn_of_state(contradiction)
