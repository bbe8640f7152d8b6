"""Whether the state knows everything that was sent from here, and whose state it is.

What is outside of the database is asked: the cache, which has seen the state's identity and counter; syndication.json,
which lists posts and copies; and the syndicate.toml that used the state last. A cache or a file that is missing says
nothing. Where one of them knows more than the state, the state's switch closes (`store.identity`).
"""

from __future__ import annotations

import logging
import socket
from collections import Counter
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from syndicate.config import recall_settings
from syndicate.errors import ConfigError, SyndicateError, UsageError
from syndicate.formats import PublishedCopy, parse_syndication
from syndicate.model import SYNDICATION, KnownPost, Post, Receipt, Settings
from syndicate.store.glance import Moment, glance, is_checked, keep_checked, keep_seen, read_seen
from syndicate.store.identity import Contradiction, StateRecord
from syndicate.store.syndication_links import Found

if TYPE_CHECKING:
    from syndicate.app.site import OpenSite
    from syndicate.store.store import Store

log = logging.getLogger("syndicate")

_WORDS = {
    Contradiction.OLDER: "a backup was put back, and may be older than what was sent since it was made",
    Contradiction.REPLACED: "another state database was in use here, and this one does not know what it has sent",
    Contradiction.LOST: "the previous state database is lost, and with it what was sent and what was waiting",
    Contradiction.UNKNOWN_COPIES: f"{SYNDICATION} lists published copies that the state database does not know",
}


def check_state(site: OpenSite, store: Store) -> StateRecord:
    """The state as it stands, after closing its switch where something outside knows more, or opening it again."""
    accounts = list_enabled(site.settings)
    seen = read_seen(site.cache)  # before the state: it is never ahead of a sound one
    state = store.read_state()
    if state.contradiction is not None:
        return solve(site, store, state)
    found = _find_contradiction(site, store, state, seen) if accounts else None
    if found is None:
        keep_seen(site.cache, state.moment)
        return state
    is_news = store.contradict(found, site.clock())
    state = store.read_state()
    if is_news:
        _tell(site, describe(state, accounts))
    return state


def list_enabled(settings: Settings) -> tuple[str, ...]:
    return tuple(account.name for account in settings.accounts if account.enabled)


def _find_contradiction(site: OpenSite, store: Store, state: StateRecord, seen: Moment | None) -> Contradiction | None:
    if seen and seen.identity == state.identity and seen.is_ahead_of(state.moment):
        return Contradiction.OLDER
    if seen and seen.identity not in {state.identity, *state.replaces}:
        if not store.has_posts():
            return Contradiction.LOST
        if seen.highest:
            return Contradiction.REPLACED
    return _ask_published(site, store, state, is_known=seen is not None)


def _ask_published(site: OpenSite, store: Store, state: StateRecord, *, is_known: bool) -> Contradiction | None:
    """Parsed again only when the file or a counter changed."""
    listed = site.output.fingerprint([SYNDICATION])
    if is_checked(site.cache, state.moment, listed):
        return None
    try:
        posts, copies = read_published(site)
    except (SyndicateError, OSError) as error:
        log.debug("%s cannot be read now: %s", SYNDICATION, error)
        return None
    if any(copy.url for copy in list_unknown(copies, store)):  # without an address nobody can tell whose it is
        return Contradiction.UNKNOWN_COPIES
    # The first publication writes its files before the state: then the cache has seen this very state already.
    if posts and not is_known and not store.has_posts():
        return Contradiction.LOST
    keep_checked(site.cache, state.moment, listed)
    return None


def read_published(site: OpenSite) -> tuple[frozenset[str], tuple[PublishedCopy, ...]]:
    """The posts and copies of the published syndication.json."""
    return parse_syndication(site.output.read(SYNDICATION) or b"")


def adopt_published(site: OpenSite, store: Store, account: str = "") -> tuple[PublishedCopy, ...]:
    """Record the copies that syndication.json lists and the state does not know, of one account or of all."""
    copies = [copy for copy in list_unknown(read_published(site)[1], store) if account in ("", copy.account)]
    now = site.clock()
    for copy in copies:
        found = Found(copy.post_id, copy.slug, Receipt(copy.url, copy.url), now)
        store.take_over(copy.account, copy.network, [found] if copy.url else [], now)
    return tuple(copies)


def list_unknown(copies: Iterable[PublishedCopy], store: Store) -> list[PublishedCopy]:
    """The copies that the state does not know.

    An edit may give a copy another address, and a removal takes it away, before the file is written again: so a sent
    message whose address is not in the file accounts for one copy of the same post and account.
    """
    copies = tuple(copies)
    if not copies:
        return []
    sent = store.count_sent()
    known = {url for urls in sent.values() for url in urls if url}
    listed = {copy.url for copy in copies}
    spare = Counter({key: sum(url not in listed or not url for url in urls) for key, urls in sent.items()})
    unknown = []
    for copy in copies:
        if copy.url and copy.url in known:
            continue
        key = copy.post_id, copy.account
        if spare[key] > 0:
            spare[key] -= 1
        else:
            unknown.append(copy)
    return unknown


def solve(site: OpenSite, store: Store, state: StateRecord) -> StateRecord:
    """Open the switch where nothing is left to adopt; an account that was taken away meanwhile needs no adopting."""
    needed = list_enabled(site.settings)
    if not state.adopted.issuperset(needed):
        return state
    for account in set(store.list_waiting_accounts()) - state.adopted:  # turned off now, and back on one day
        store.hold_waiting(account, site.clock())
    adopt_published(site, store)
    seen = read_seen(site.cache)
    counter, identities = (seen.highest, {seen.identity}) if seen else (0, set[str]())
    solved = store.solve_contradiction(needed, counter, identities)
    if solved.contradiction is None:
        keep_seen(site.cache, solved.moment)
        keep_checked(site.cache, solved.moment, site.output.fingerprint([SYNDICATION]))
        store.begin_turn()
        log.info("every account is adopted: messages go out again")
    return solved


def describe(state: StateRecord, accounts: Iterable[str]) -> str:
    """What happened and what to do, "" where nothing is the matter."""
    if state.contradiction is None:
        return ""
    left = [name for name in accounts if name not in state.adopted]
    commands = ", ".join(f"`syndicate adopt {name}`" for name in left)
    return (
        f"nothing is sent: {_WORDS[state.contradiction]}. If you still have the right database, stop syndicate and "
        f"put it back. Else run {commands or '`syndicate status`'}; where an account cannot show its messages, look "
        "yourself and add `--accept`. Once every account is adopted, messages go out again"
    )


def _tell(site: OpenSite, text: str) -> None:
    from syndicate.notices import Notice, NoticeKind, send_notice  # noqa: PLC0415 - seldom needed, and slow to load

    subject = "nothing is sent: the state does not know everything"
    notice = Notice(kind=NoticeKind.STATE, account="", subject=subject, text=text, at=site.clock())
    for trouble in send_notice(notice, site.settings.notices, site.http):
        log.warning("the notice did not go out: %s", trouble)


# --- whose state it is --------------------------------------------------------------------------------------------


def check_site(site: OpenSite, store: Store) -> None:
    """Raises ConfigError where another site uses the same rows. A new domain or a moved folder is the same site."""
    settings, state = site.settings, store.read_state()
    here = settings.storage.state or f"{socket.gethostname()}:{Path(settings.file).resolve()}"
    if (state.url, state.config) == (settings.site.url, here):
        return
    is_beside = bool(state.config) and state.config != here and _is_in_use(state.config, settings)
    if state.config and is_foreign(site, store, state.url != settings.site.url, is_beside):
        raise ConfigError(
            f"these rows of the state database belong to another site, {state.url} ({state.config.partition(':')[2]})",
            where="[site] name, [storage] database",
            hint="give each site a [storage] state of its own"
            if settings.storage.state
            else 'give each site a [site] name of its own, such as name = "notes", or a database of its own',
        )
    _refuse_copy(settings, state)
    if not is_beside:  # a second checkout leaves the rows to the first
        store.keep_site(settings.site.url, here)


def _refuse_copy(settings: Settings, state: StateRecord) -> None:
    """Raises ConfigError where this folder is a copy of one that sends as well."""
    if not _is_copied(settings, state):
        return
    other = Path(state.config.partition(":")[2]).parent
    database = settings.storage.file
    theirs = database.replace(settings.root, str(other), 1)
    raise ConfigError(
        f"this folder is a copy of {other}, which is still there with the same state: both would send",
        where=settings.file,
        hint=f"if the site moved here, remove {theirs}; a copy needs other accounts, and no {database}",
    )


def _is_copied(settings: Settings, state: StateRecord) -> bool:
    """Whether the folder that used this state last is still there with a file of its own of the same state.

    A folder that was moved left none behind, and one that is linked or mounted here has the same file.
    """
    host, _, path = state.config.partition(":")
    is_here = host == socket.gethostname() and settings.storage.file
    if settings.storage.state or not is_here:
        return False
    with suppress(SyndicateError, OSError):
        other = _read_settings(Path(path))
        ours, theirs = (Path(one.storage.file) for one in (settings, other))
        found = None if theirs.samefile(ours) else glance(theirs, other.site.name)
        return found is not None and found.moment.identity == state.identity
    return False


def is_foreign(site: OpenSite, store: Store, has_other_url: bool, is_beside: bool) -> bool:
    """Two sites that are both there, under different addresses; or other posts under another address or elsewhere."""
    if has_other_url and is_beside:
        return True
    if not has_other_url and not is_beside:
        return False
    return has_other_posts(store.list_posts(), site.read_snapshot().posts)


def has_other_posts(known: Iterable[KnownPost], posts: Iterable[Post]) -> bool:
    """Whether most of the posts are others than those the state knows, by title: files move when a site is rebuilt."""
    before, now = {one.title.casefold() for one in known}, {one.title.casefold() for one in posts}
    return bool(before and now) and 2 * len(before & now) < min(len(before), len(now))


def _read_settings(config: Path) -> Settings:
    from syndicate.config.read import read_settings  # noqa: PLC0415 - seldom needed, and slow to load

    return recall_settings(config) or read_settings(config)


def _is_in_use(place: str, settings: Settings) -> bool:
    """Whether another syndicate.toml of this machine still uses the same rows."""
    host, _, path = place.partition(":")
    if host != socket.gethostname():
        return False
    try:
        other = _read_settings(Path(path))
    except (SyndicateError, OSError):
        return False
    return (other.storage.database, other.site.name) == (settings.storage.database, settings.site.name)


# --- backups ------------------------------------------------------------------------------------------------------


def path_of_state(site: OpenSite) -> Path:
    """The SQLite file. Raises UsageError for PostgreSQL, which has tools of its own."""
    if not site.settings.storage.file:
        hint = "pg_dump writes a backup, pg_restore or psql reads it; stop every syndicate before you put one back"
        raise UsageError("PostgreSQL is backed up with its own tools", where="[storage] database", hint=hint)
    return Path(site.settings.storage.file)


def back_up_state(site: OpenSite, target: Path) -> None:
    """Write a whole copy of the state database, while others may work on it. Raises UsageError on PostgreSQL."""
    from syndicate.store.file import back_up  # noqa: PLC0415 - seldom needed

    if site.state_place.is_elsewhere:
        assert site.store  # read anew
    back_up(path_of_state(site), target)


def _doubt_backup(site: OpenSite, store: Store) -> None:
    """Close the switch unless the cache has seen this very moment: nobody else knows what was sent after the backup."""
    moment, seen = store.read_state().moment, read_seen(site.cache)
    is_known = seen is not None and seen.identity == moment.identity
    is_proven = is_known and seen and not (seen.is_ahead_of(moment) or moment.is_ahead_of(seen))
    if not is_proven and list_enabled(site.settings):
        store.contradict(Contradiction.OLDER, site.clock())


def restore_state(site: OpenSite, source: Path) -> Path | None:
    """The backup is opened as the site's state, and brought to the present schema, before it replaces anything."""
    from syndicate.store import open_store  # noqa: PLC0415 - loads SQLAlchemy
    from syndicate.store.file import prepare_restore, put_in_place  # noqa: PLC0415 - seldom needed

    if site.settings.storage.state:
        hint = "put an earlier version of it back there; nothing is sent before every account is adopted"
        raise UsageError("the state does not live on this disk", where=site.settings.storage.state, hint=hint)
    database = path_of_state(site)
    with site.take_turn(), prepare_restore(database, source, site.settings.site.name) as fresh:
        with open_store(f"sqlite:///{fresh}", site.settings.site.name) as store:
            check_site(site, store)
            _doubt_backup(site, store)
            store.forget_passes()
            store.begin_turn()
        return put_in_place(fresh, database, site.clock())
