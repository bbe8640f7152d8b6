"""What the shell offers after TAB: slugs and account names of the site around the current folder, never an error."""

from __future__ import annotations

from pathlib import Path

from syndicate.errors import SyndicateError


def complete_slug(incomplete: str) -> list[str]:
    """Posts, the newest first."""
    from syndicate.app.app import open_app

    try:
        with open_app() as app:
            slugs = [one.post.slug for one in app.make_plan().identified]
    except (SyndicateError, OSError):
        return []
    return [slug for slug in slugs if slug.startswith(incomplete)]


def complete_account(incomplete: str) -> list[str]:
    """Accounts of syndicate.toml, in its order."""
    from syndicate.config import find_config, read_settings

    try:
        names = [account.name for account in read_settings(find_config(Path.cwd())).accounts]
    except (SyndicateError, OSError):
        return []
    return [name for name in names if name.startswith(incomplete)]
