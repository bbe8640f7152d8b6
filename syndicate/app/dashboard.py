"""What the dashboard shows: messages of a stretch of time with their texts, free slots, posts, feeds, history."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

from syndicate.app.accounts import PASSWORD
from syndicate.app.app import App
from syndicate.app.deliver import Composer
from syndicate.app.glance import find_post
from syndicate.app.publish import find_card
from syndicate.app.site import OpenSite
from syndicate.app.state_place import look_at_disk
from syndicate.app.status import OPEN, explain_waits, tell_clock, tell_damage
from syndicate.errors import ConfigError, contain
from syndicate.formats import find_trouble, find_updated, parse_feed
from syndicate.model import (
    FEED_FILES,
    Account,
    CardRef,
    Delivery,
    Post,
    Problem,
    Reason,
    State,
    needs_person,
)
from syndicate.planning.deliveries.manual import add_link
from syndicate.planning.schedule import Calendar, Taken, list_taken
from syndicate.store.store import Event
from syndicate.text import normalize
from syndicate.text.values import parse_date

_SHORTEST = 8
_BODIES_AT_ONCE = 200
_DAY = timedelta(days=1)

SHOWN = (*OPEN, State.SENT)
"""What a calendar shows: a person or a rule has decided against the others."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """Which messages are asked for; "" means any."""

    account: str = ""
    state: str = ""
    occasion: str = ""
    words: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class FreeSlot:
    """A moment at which these accounts would send and have nothing to say."""

    at: datetime
    accounts: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class PostState:
    """One post of the content folder: its card, its messages by state, its problems."""

    post_id: str
    slug: str
    title: str
    source: str
    published_at: datetime | None
    is_draft: bool = False
    card: CardRef | None = None
    messages: Mapping[State, int]
    problems: tuple[Problem, ...] = ()


def list_messages(
    site: OpenSite,
    wanted: Wanted,
    now: datetime,
    *,
    states: Collection[State],
    since: datetime | None = None,
    until: datetime | None = None,
    newest: int = 0,
) -> tuple[Delivery, ...]:
    """Messages by time, or so many of the newest; `states` count where the person named none."""
    rows = site.store.list_messages(
        now,
        states=(State(wanted.state),) if wanted.state else states,
        account=wanted.account,
        occasion=wanted.occasion,
        since=since,
        until=until,
        newest=newest if not wanted.words.strip() else newest * 50,
    )
    found = site.ask(_search, rows, wanted.words) if wanted.words.strip() else rows
    return explain_waits(site, found[:newest] if newest else found, now)


def _search(site: OpenSite, rows: Sequence[Delivery], words: str) -> tuple[Delivery, ...]:
    """Those whose message or post holds every word, in any case; bodies are read last, and only where they decide."""
    asked = _fold(words).split()
    posts: dict[str, Post] = {}
    with contain(lambda _: None):  # without the folder, texts and titles that the state knows are still searched
        posts = {post.slug: post for post in site.read_snapshot().posts}
    titles = site.store.list_titles([row.post_id for row in rows])

    def find_missing(row: Delivery) -> set[str]:
        said = row.message.text if row.message else ""
        post = posts.get(row.slug)
        known = (row.slug, titles.get(row.post_id, ""), _list_words(post) if post else "", row.text, said, row.account)
        return _list_missing(asked, "\n".join(known))

    missing = [find_missing(row) for row in rows]
    open_ones = {
        row.slug: posts[row.slug] for row, words in zip(rows, missing, strict=True) if words and row.slug in posts
    }
    said = _find_in_bodies(site, tuple(open_ones.values()), asked)
    return tuple(row for row, words in zip(rows, missing, strict=True) if words <= said.get(row.slug, set()))


def _list_missing(asked: Iterable[str], text: str) -> set[str]:
    hay = _fold(text)
    return {word for word in asked if word not in hay}


def _fold(text: str) -> str:
    """As it is searched: in one case, however its accents, widths and ligatures are written."""
    return normalize("NFKC", normalize("NFKC", text).casefold()).replace("i\u0307", "i")


def _find_in_bodies(site: OpenSite, posts: Sequence[Post], asked: Iterable[str]) -> Mapping[str, set[str]]:
    """Which of the words the body of each post holds, by slug; few bodies are in memory at once."""
    found: dict[str, set[str]] = {}
    wanted = set(asked)
    for start in range(0, len(posts), _BODIES_AT_ONCE):
        for post in site.folder.fill(posts[start : start + _BODIES_AT_ONCE]):
            found[post.slug] = wanted - _list_missing(wanted, post.markdown)
    return found


def _list_words(post: Post) -> str:
    overrides = (override.text for override in post.social.values())
    names = (category.name for category in post.categories)
    return "\n".join((post.title, post.summary, post.social_share, *overrides, *names, *post.keywords))


def list_needing(site: OpenSite, wanted: Wanted, now: datetime) -> tuple[Delivery, ...]:
    """What goes no further without a person."""
    states = (State.UNCERTAIN, State.FAILED, State.HELD, State.MISSED)
    return tuple(row for row in list_messages(site, wanted, now, states=states) if needs_person(row))


def list_titles(site: OpenSite, rows: Iterable[Delivery]) -> Mapping[str, str]:
    """Titles by post id."""
    return site.store.list_titles(sorted({row.post_id for row in rows}))


def list_cards(site: OpenSite, post_ids: Iterable[str]) -> Mapping[str, CardRef]:
    """The share cards that are drawn, by post id."""
    found = {post_id: find_card(site, post_id) for post_id in dict.fromkeys(post_ids)}
    return {post_id: card for post_id, card in found.items() if card}


# --- the calendar ----------------------------------------------------------------------------------------------


def list_free_slots(
    site: OpenSite, wanted: Wanted, since: datetime, until: datetime, now: datetime
) -> tuple[FreeSlot, ...]:
    """Slots from now on at which nothing is planned, those of all accounts at the same moment together."""
    free: dict[datetime, list[str]] = {}
    for account in site.accounts.enabled.values():
        if wanted.account not in {"", account.name} or not account.schedule.slots:
            continue
        calendar = Calendar(account.schedule)
        edge = max(account.schedule.gap, _DAY)
        rows = site.store.list_messages(now, account=account.name, since=since - edge, until=until + edge)
        taken = Taken(sorted(list_taken(rows)))
        for at in calendar.list_slots(max(since, now), until):
            if calendar.is_free(at, taken):
                free.setdefault(at, []).append(account.name)
    return tuple(FreeSlot(at=at, accounts=tuple(names)) for at, names in sorted(free.items()))


def list_burst(site: OpenSite, account: str) -> tuple[int, ...]:
    """The numbers of what the account holds because many posts came at once."""
    held = site.store.list_deliveries(account=account, states=(State.HELD,))
    return tuple(one.id for one in held if one.reason is Reason.MANY_AT_ONCE and one.part == 1)


# --- posts -----------------------------------------------------------------------------------------------------


def list_posts(site: OpenSite, words: str = "") -> tuple[PostState, ...]:
    """The posts of the content folder, newest first, and those that the words name where there are any."""
    return site.ask(_list_posts, words)


def _list_posts(site: OpenSite, words: str) -> tuple[PostState, ...]:
    snapshot = site.read_snapshot()
    known = {row.source: row for row in site.store.list_posts() if row.gone_at is None}
    ids = {post.source: known[post.source].id for post in snapshot.posts if post.source in known}
    counts = site.store.count_states(sorted(set(ids.values())))
    found = _search_posts(site, snapshot.posts, words) if words.strip() else snapshot.posts
    cards = list_cards(site, ids.values())
    return tuple(
        PostState(
            post_id=(post_id := ids.get(post.source, "")),
            slug=post.slug,
            title=post.title,
            source=post.source,
            published_at=post.published_at or (known[post.source].published_at if post_id else None),
            is_draft=post.is_draft,
            card=cards.get(post_id),
            messages=counts.get(post_id, {}),
            problems=post.problems,
        )
        for post in sorted(found, key=lambda post: (post.published_at is None, post.published_at), reverse=True)
    )


def _search_posts(site: OpenSite, posts: Sequence[Post], words: str) -> Sequence[Post]:
    asked = _fold(words).split()
    missing = {post.slug: _list_missing(asked, _list_words(post)) for post in posts}
    said = _find_in_bodies(site, [post for post in posts if missing[post.slug]], asked)
    return [post for post in posts if missing[post.slug] <= said.get(post.slug, set())]


# --- feeds -----------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class FeedState:
    """One published feed document."""

    path: str
    size: int
    entries: int
    changed_at: datetime | None
    """When its newest entry changed, as it says itself."""
    trouble: str = ""
    """What is wrong with it, "" for nothing."""


def list_feeds(site: OpenSite, most: int) -> tuple[tuple[FeedState, ...], int]:
    """So many of the published feeds, the site's own first, and how many there are."""
    files = site.output.list_files()
    paths = [path for path in files if path.rpartition("/")[2] in FEED_FILES]
    chosen = sorted(paths, key=lambda path: (path.count("/"), path))[:most]
    return tuple(_describe_feed(path, data) for path, data in site.output.read_many(chosen).items()), len(paths)


def _describe_feed(path: str, data: bytes) -> FeedState:
    seen = parse_feed(path, data)
    return FeedState(
        path=path,
        size=len(data),
        entries=len(seen.entries) if seen else 0,
        changed_at=_read_date(find_updated(data)),
        trouble=find_trouble(data),
    )


def _read_date(text: str) -> datetime | None:
    try:
        return parse_date(text, UTC)
    except ValueError:
        return None


# --- accounts --------------------------------------------------------------------------------------------------

_TROUBLES = frozenset(
    {
        Reason.ACCOUNT_BLOCKED,
        Reason.BACK_OFF,
        Reason.COULD_NOT_LOOK,
        Reason.GAVE_UP,
        Reason.LOOKING,
        Reason.LOOK_YOURSELF,
        Reason.REFUSED,
        Reason.STILL_FAILING,
    }
)


def list_last_troubles(site: OpenSite) -> Mapping[str, Event]:
    """What each account's network refused or failed at last, by account."""
    names = [account.name for account in site.settings.accounts]
    found = {name: site.store.list_events(account=name, reasons=_TROUBLES, most=1) for name in names}
    return {name: events[0] for name, events in found.items() if events}


def list_names(site: OpenSite) -> Mapping[str, str]:
    """As whom each account speaks: as its network said last, or as far as its settings know."""
    said = {one.name: one.who for one in site.store.list_accounts()}
    return {one.name: _name_by_settings(site, one) or said.get(one.name) or one.name for one in site.settings.accounts}


def _name_by_settings(site: OpenSite, account: Account) -> str:
    if account.network == "local":
        return site.settings.site.title
    handle = account.options.get("handle", "")
    return f"@{handle.removeprefix('@')}" if handle else ""


# --- what stands in the way of everything ---


def list_alarms(app: App, site: OpenSite) -> tuple[str, ...]:
    """Why nothing, or less than it seems, is published and sent, with what to do: for every page."""
    doubts = () if site.settings.allow_private else site.settings.site.list_doubts()
    here = (lines[0] for lines in tuple(app.troubles.values()) if lines)
    found = (site.check_state(), *here, *app.list_failed(), look_at_disk(site.state_folder), *tell_damage(site.store))
    return tuple(dict.fromkeys(filter(None, (*found, *doubts, tell_clock(site, app.now())))))


# --- the way in ------------------------------------------------------------------------------------------------


def read_password(environ: Mapping[str, str]) -> str:
    """From SYNDICATE_DASHBOARD_PASSWORD, or the file that SYNDICATE_DASHBOARD_PASSWORD_FILE names; "" for none.

    Raises ConfigError for a file that cannot be read or is empty, and for a password that is too short.
    """
    password, path = environ.get(PASSWORD, ""), environ.get(f"{PASSWORD}_FILE", "")
    if not password and path:
        try:
            password = Path(path).read_text(encoding="utf-8").strip()
        except (OSError, UnicodeDecodeError) as error:
            raise ConfigError("the file it names cannot be read", where=f"{PASSWORD}_FILE") from error
        if not password:
            raise ConfigError("the file it names is empty", where=f"{PASSWORD}_FILE")
    if 0 < len(password) < _SHORTEST:
        raise ConfigError(f"the password has less than {_SHORTEST} characters", where=PASSWORD)
    return password


# --- how long a text is, while somebody writes it ---


@dataclass(frozen=True, slots=True)
class Measure:
    """How long a text is on an account, as its network counts."""

    account: str
    count: int
    limit: int
    excess: str
    """How much too long it is ("512 of 500 characters"), "" where it fits."""


def measure_text(site: OpenSite, number: int, text: str) -> Measure:
    """How long a message would be with this text, composed where it is empty."""
    delivery = site.store.get_delivery(number)
    composed = Composer(site).measure(replace(delivery, text=text))
    return Measure(delivery.account, composed.count, composed.limit, composed.excess)


def measure_words(site: OpenSite, slug: str, names: Iterable[str], text: str) -> tuple[Measure, ...]:
    """How long a person's words about a post are on each of these accounts, as its network counts."""
    post = find_post(site, slug)
    facts = site.facts_with_limits()
    found = []
    for account in map(site.accounts.get, names):
        limits = facts[account.name].limits
        words = add_link(text, post, account) if post else text
        found.append(Measure(account.name, limits.count(words), limits.characters, limits.find_excess(words)))
    return tuple(found)
