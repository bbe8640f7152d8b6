"""The Plan: what would happen now. One pure function, shared by dry run, preview and the real run.

    posts ─identify→ identified ─┬ deliveries (new rows) and changes (rows already there), account by account
                                 └ problems, warnings, when to look again

Feeds are not in it: an entry names its card, and cards are drawn after planning. Publishing draws those of public posts
and then calls `plan_feeds(plan.identified, settings, drawn_cards, now)`.
"""

from __future__ import annotations

import hashlib
from collections.abc import Container, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from functools import partial

from syndicate.errors import contain
from syndicate.model import (
    OUT,
    UNSENT,
    Account,
    CardRef,
    Identified,
    KnownDelivery,
    KnownDraft,
    KnownPost,
    Ledger,
    Limits,
    NetworkFacts,
    Plan,
    PlannedChange,
    PlannedDelivery,
    Problem,
    Reason,
    Settings,
    Snapshot,
    State,
    make_problem,
    unique_problems,
)
from syndicate.planning.declared import group_translations
from syndicate.planning.deliveries.account import (
    SECOND_LOOK,
    AccountContext,
    Sight,
    Troubles,
    make_calendars,
    open_context,
    plan_composed,
)
from syndicate.planning.deliveries.bursts import hold_bursts, list_remarks
from syndicate.planning.deliveries.changes import plan_cancellations, plan_changes, plan_orphans
from syndicate.planning.deliveries.new import (
    oldest_first,
    plan_baseline,
    plan_evergreen,
    plan_fresh,
    plan_parts,
    yield_slots,
)
from syndicate.planning.identity import identify, remember_drafts
from syndicate.planning.messages.template import NAMES, name_template
from syndicate.planning.resemblance import doubt_echoes, mark_copies
from syndicate.planning.schedule import BEHIND, tell_clock


def make_plan(
    snapshot: Snapshot,
    ledger: Ledger,
    settings: Settings,
    *,
    facts: Mapping[str, NetworkFacts],
    templates: Mapping[str, str],
    cards: Mapping[str, CardRef],
    now: datetime,
) -> Plan:
    """What would happen now.

    `facts` and `templates` are by account name, `cards` (those drawn already, for previews) by post id. Limits that
    the ledger remembers from a server win over those in `facts`. What is wrong with one post or account, its schedule
    included, is a problem or warning in the plan and stops no other.
    """
    says, now = now, _find_now(snapshot, ledger, now)
    names = {account.name for account in settings.accounts}
    forgotten, away = _find_absent(ledger, names, now)
    ledger = replace(ledger, baselined=ledger.baselined - forgotten)
    snapshot, identified, vanished = identify(snapshot, ledger, settings.site, now)
    identified = doubt_echoes(identified)
    identified = _follow_dates(identified, ledger, now) if says == now else identified
    identified = mark_copies(identified, _find_own(ledger), now)
    gone = tuple(row for row in vanished if not snapshot.is_unreadable(row.source))
    before = {row.id: row for row in ledger.posts}
    here = {item.id for item in identified} | {row.id for row in vanished} - {row.id for row in gone}
    reading = _digest_reading(settings)
    sights = {name: _find_sight(name, snapshot, ledger, reading) for name in facts}
    contexts, closed = _open_contexts(
        ledger, settings, facts, templates, cards=cards, sights=sights, identified=identified, now=now
    )
    stopped = [*plan_cancellations(ledger.deliveries, here), *plan_orphans(ledger.deliveries, here, names)]
    deliveries, changes, broken = _plan_accounts(contexts, ledger, oldest_first(identified), snapshot.changed_at)
    future = [item.known.published_at for item in identified if item.known.published_at > now]
    troubles = (*closed, *broken)
    of_posts = (problem for item in identified for problem in item.post.problems)
    elsewhere = (*_template_problems(contexts), *_context_problems(contexts), *_account_problems(settings, troubles))
    troubled = {name for name, _ in troubles}
    begun = {context.account.name for context in contexts if context.account.enabled} - troubled
    warnings = (*_warn_of_clock(contexts, ledger, snapshot, now, says), *_warnings(settings.accounts, facts))
    return Plan(
        now=now,
        identified=identified,
        gone=gone,
        hidden=tuple(row for row in gone if row != before[row.id]),
        drafts=(*remember_drafts(snapshot.posts, ledger.drafts, now), *_remember_closed(snapshot, ledger, now)),
        reading=reading if snapshot.posts and reading != ledger.reading else "",
        deliveries=tuple(deliveries),
        changes=(*stopped, *changes),
        problems=unique_problems((*snapshot.problems, *of_posts, *elsewhere)),
        elsewhere=elsewhere,
        remarks=list_remarks(deliveries, changes, ledger.deliveries),
        warnings=(*warnings, *_warn_of_copies(identified)),
        baselined=frozenset(begun - ledger.baselined),
        forgotten=forgotten,
        away=away,
        listening=_find_listening(contexts, ledger, troubled),
        next_change_at=min(future, default=None),
    )


def _find_own(ledger: Ledger) -> frozenset[str]:
    """Ids of posts that were announced, or that a person told from others."""
    rows = ledger.deliveries
    return frozenset(row.post_id for row in rows if row.state in OUT or row.overruled is Reason.MAYBE_RENAMED)


def _find_absent(
    ledger: Ledger, names: Container[str], now: datetime
) -> tuple[frozenset[str], dict[str, datetime | None]]:
    """Accounts that are out of syndicate.toml for too long to go on; and since when others are (None: there again)."""
    forgotten = frozenset(name for name, since in ledger.away.items() if now - since > SECOND_LOOK)
    back = {name: None for name in ledger.away if name in names}
    new = {name: now for name in ledger.baselined - forgotten if name not in names and name not in ledger.away}
    return forgotten, back | new


def _find_now(snapshot: Snapshot, ledger: Ledger, now: datetime) -> datetime:
    """The moment to plan for: where the clock is behind, the last one that is known to have been."""
    moments = [
        *(row.first_seen_at for row in ledger.posts),
        *(row.sent_at or row.created_at for row in ledger.deliveries),
        *ledger.baselined_at.values(),
        now,
    ]
    seen = max(moment for moment in moments if moment is not None)
    return seen if tell_clock(now, seen, snapshot.changed_at) else now


def _find_listening(
    contexts: Iterable[AccountContext], ledger: Ledger, troubled: Container[str]
) -> frozenset[tuple[str, str]] | None:
    """The flags that accounts with a baseline wait for, None where they are those of before."""
    counted = [
        context.account
        for context in contexts
        if context.account.name not in troubled
        and (context.account.enabled or context.account.name in ledger.baselined)
    ]
    kept = (one for one in ledger.listening if one[0] in troubled)
    wanted = frozenset((*kept, *((account.name, flag) for account in counted for flag in account.flags)))
    return None if wanted == ledger.listening else wanted


MOST_REDATED = 5
"""More dates than this that change at once are another time zone, another generator or another checkout."""


def _follow_dates(identified: Iterable[Identified], ledger: Ledger, now: datetime) -> tuple[Identified, ...]:
    """The posts, each at the date that its author gives it now; its id stays.

    Soon after first sight to any date; later on to an earlier one, and to one that is still to come only while a
    message waits for it. What is out is not put off, and many dates that change at once move nothing.
    """
    out = {row.post_id for row in ledger.deliveries if row.state in OUT}
    waiting = {row.post_id for row in ledger.deliveries if row.state in UNSENT}
    items = tuple(identified)
    mended = _find_mended(items, {row.id: row for row in ledger.posts}, now)

    def follow(item: Identified) -> Identified:
        known, date = item.known, item.post.published_at
        if item.is_new or date is None or date == known.published_at:
            return item
        is_soon = now < known.first_seen_at + SECOND_LOOK
        may_wait = item.id not in out and (is_soon or item.id in waiting)
        if not (may_wait if date > now else is_soon or item.id in mended):
            return item
        redated = replace(known, published_at=date, updated_at=max(date, known.updated_at), dated_at=None)
        return replace(item, known=redated, is_changed=True)

    return tuple(sorted(map(follow, items), key=lambda item: (item.known.published_at, item.id), reverse=True))


def _find_mended(items: Iterable[Identified], before: Mapping[str, KnownPost], now: datetime) -> frozenset[str]:
    """Ids of posts whose date was corrected: just now, or while an earlier program kept the first one."""
    just_now, earlier = set[str](), set[str]()
    for item in items:
        date, row = item.post.published_at, before.get(item.id)
        if row is not None and date is not None and date != item.known.published_at and date <= now:
            (earlier if row.dated_at == date else just_now).add(item.id)
    return frozenset().union(*(some for some in (just_now, earlier) if len(some) <= MOST_REDATED))


_ONLY_SHOWN = frozenset(
    {"name", "title", "url", "description", "authors", "icon", "copyright", "feeds_url", "static"}
    | {"timezone", "labels", "repair", "body"}
)
"""What says nothing of which files are posts. Whatever else there is to set, now or later, may."""


def _digest_reading(settings: Settings) -> str:
    """Of the settings that decide which files are posts, at which address, and what their fields mean."""
    site, rules = settings.site, settings.content
    values = {
        f"{type(one).__name__}.{name}": sorted(value.items()) if isinstance(value, Mapping) else value
        for one in (site, rules)
        for name in one.__dataclass_fields__
        if name not in _ONLY_SHOWN
        for value in [getattr(one, name)]
    }
    parts = (sorted(values.items()), settings.feeds.flags)
    return hashlib.blake2b(repr(parts).encode("utf-8", "replace"), digest_size=16).hexdigest()


def _find_sight(account: str, snapshot: Snapshot, ledger: Ledger, reading: str) -> Sight:
    """Whether posts seen for the first time may have been there before.

    A single post in a folder that was empty so far is the first one of a new blog.
    """
    is_read_otherwise = bool(ledger.reading) and reading != ledger.reading
    was_empty = not (ledger.posts or any(draft.slug for draft in ledger.drafts))
    is_filled = was_empty and sum(not post.is_draft for post in snapshot.posts) > 1
    began = ledger.baselined_at.get(account)
    unread = [one for one in ledger.drafts if not one.slug]
    closed = (one.source for one in unread if began and one.first_seen_at <= began)
    return Sight(is_read_otherwise or is_filled, frozenset(closed), frozenset(one.source for one in unread))


def _remember_closed(snapshot: Snapshot, ledger: Ledger, now: datetime) -> tuple[KnownDraft, ...]:
    """Files that are there and cannot be read, and those of them that can be read by now."""
    noted = {draft.source: draft for draft in ledger.drafts}
    known = {row.source for row in ledger.posts}
    closed = (name for name in snapshot.unreadable if name not in noted and name not in known)
    mended = (post for post in snapshot.posts if post.source in noted and not noted[post.source].slug)
    return (
        *(KnownDraft(source=name, slug="", source_digest="", first_seen_at=now) for name in closed),
        *(replace(noted[post.source], slug=post.slug) for post in mended if not post.is_draft),
    )


def _open_contexts(
    ledger: Ledger,
    settings: Settings,
    facts: Mapping[str, NetworkFacts],
    templates: Mapping[str, str],
    *,
    cards: Mapping[str, CardRef],
    sights: Mapping[str, Sight],
    identified: Sequence[Identified],
    now: datetime,
) -> tuple[list[AccountContext], Troubles]:
    """Each account made ready, and those whose schedule cannot be worked out."""
    limits = {name: found for name, found in ledger.limits if isinstance(found, Limits)}
    by_account: dict[str, list[KnownDelivery]] = {}
    for row in ledger.deliveries:
        by_account.setdefault(row.account, []).append(row)
    groups = group_translations(identified)
    calendars, closed = make_calendars(settings.accounts, settings.site, now)
    contexts = [
        open_context(
            account,
            _with_limits(facts[account.name], limits.get(account.name)),
            templates.get(account.name),
            by_account.get(account.name, ()),
            heard=frozenset(flag for name, flag in ledger.listening if name == account.name),
            calendar=calendars[account.name],
            site=settings.site,
            cards=cards,
            sight=sights[account.name],
            groups=groups,
            now=now,
        )
        for account in settings.accounts
        if account.name in facts and account.name in calendars
    ]
    return contexts, closed


def _with_limits(facts: NetworkFacts, limits: Limits | None) -> NetworkFacts:
    return replace(facts, limits=limits) if limits else facts


def _plan_accounts(
    contexts: Sequence[AccountContext], ledger: Ledger, ordered: Sequence[Identified], changed_at: datetime | None
) -> tuple[list[PlannedDelivery], list[PlannedChange], Troubles]:
    """What is planned for each account; trouble that nobody foresaw stops only its own account."""
    present = {item.id: item for item in ordered}
    remembered = {row.id: row for row in ledger.posts}
    deliveries: list[PlannedDelivery] = []
    changes: list[PlannedChange] = []
    troubles: list[tuple[str, Exception]] = []

    def plan(context: AccountContext) -> None:
        own = plan_changes(context, present, remembered)
        if context.account.name not in ledger.baselined:
            deliveries.extend(plan_baseline(ordered, context, changed_at) if context.account.enabled else [])
            changes.extend(own)
            return
        more, fewer = plan_parts(context, present, {change.delivery_id for change in own})
        fresh, own = hold_bursts(context, plan_fresh(ordered, context), [*own, *fewer], present)
        moved = [*yield_slots(context, present)]
        moved += plan_composed(context, present, {change.delivery_id for change in (*own, *moved)})
        is_quiet = all(row.state is State.SKIPPED for row in fresh)
        again = plan_evergreen(ordered, context) if is_quiet else []
        changes.extend((*own, *moved))
        deliveries.extend((*more, *fresh, *again))

    def note(context: AccountContext, error: Exception) -> None:
        troubles.append((context.account.name, error))

    for context in contexts:
        with contain(partial(note, context)):
            plan(context)
    return deliveries, changes, troubles


def _context_problems(contexts: Iterable[AccountContext]) -> tuple[Problem, ...]:
    """Each once, whatever the number of accounts."""
    return tuple(dict.fromkeys(problem for context in contexts for problem in context.problems))


def _account_problems(settings: Settings, troubles: Troubles) -> tuple[Problem, ...]:
    """Why nothing is planned for some accounts; what waits on them stays as it is."""
    file = settings.file.rpartition("/")[2]
    return tuple(replace(make_problem(file, error), source=file, key=f"accounts.{name}") for name, error in troubles)


def _template_problems(contexts: Iterable[AccountContext]) -> tuple[Problem, ...]:
    return tuple(
        Problem(
            source=name_template(context.account),
            message=trouble,
            key=f"accounts.{context.account.name}.template",
            hint="its messages are planned but cannot be composed until the template is mended",
        )
        for context in contexts
        if (trouble := context.trouble or _tell_unknown(context))
    )


def _tell_unknown(context: AccountContext) -> str:
    unknown = context.style.wording.unknown if context.style else ()
    return f'no message has "{unknown[0]}"; known: {", ".join(sorted(NAMES))}' if unknown else ""


def _warn_of_clock(
    contexts: Iterable[AccountContext], ledger: Ledger, snapshot: Snapshot, now: datetime, says: datetime
) -> tuple[str, ...]:
    """Told where it is surely behind; and where an account begins, and takes what is public already for known."""
    if says != now:
        behind = f"{tell_clock(says, now, snapshot.changed_at)}: no date moves"
        return (f"{behind}; if it is right, it was ahead when {snapshot.newest} was saved: save that once more",)
    begins = any(context.account.enabled and context.account.name not in ledger.baselined for context in contexts)
    if not begins or snapshot.changed_at is None or snapshot.changed_at < now + BEHIND:
        return ()
    return (
        f"the clock may be behind: it says {now:%Y-%m-%d}, and a post was changed on {snapshot.changed_at:%Y-%m-%d}",
    )


def _warn_of_copies(identified: Iterable[Identified]) -> Sequence[str]:
    copies = [f"{item.post.source} says what {item.copy_of} says" for item in identified if item.copy_of]
    return [f"{copy}: it stands in no feed while both are public" for copy in copies[:3]]


def _warnings(accounts: Iterable[Account], facts: Mapping[str, NetworkFacts]) -> tuple[str, ...]:
    lines: list[str] = []
    for account in accounts:
        if account.name not in facts:
            lines.append(
                f"{account.name}: nothing is known of the network {account.network}; nothing is planned for it"
            )
        if "evergreen" in account.on and not account.schedule.slots:
            lines.append(f"{account.name}: evergreen needs slots, else nothing says how often posts come again")
    return tuple(lines)
