"""What the API does: the use cases that the pages of the dashboard have, too."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from syndicate.app import queue, status
from syndicate.app.app import App
from syndicate.app.dashboard import (
    Measure,
    Wanted,
    list_feeds,
    list_last_troubles,
    list_messages,
    list_needing,
    list_posts,
    list_titles,
    measure_text,
    measure_words,
)
from syndicate.app.deliver import list_pictures
from syndicate.app.glance import find_post
from syndicate.app.maintenance import list_counted, sort_counted
from syndicate.app.post import MessageRequest, plan_message, write_message
from syndicate.app.publish import list_problems
from syndicate.app.queue import BulkAction, carry_out
from syndicate.app.site import OpenSite
from syndicate.app.status import OPEN, list_these
from syndicate.errors import UsageError
from syndicate.model import ACTIONS, Action, Attempt, Delivery, OwnPicture, PlannedDelivery, Problem, State
from syndicate.planning.deliveries import say_reason, say_why
from syndicate.web.api import models as m
from syndicate.web.dashboard.forms import tell_outcome
from syndicate.web.dashboard.render import is_address

if TYPE_CHECKING:
    from syndicate.web.api import endpoints as ask

_ANY = tuple(State)


class Missing(UsageError):
    """There is nothing of that name or number."""


def list_deliveries(app: App, asked: ask.DeliveryFilter, _body: None) -> m.DeliveryList:
    """The outbox by time: what waits, what needs you, or everything."""
    state = asked.state.value if asked.state else ""
    wanted = Wanted(account=asked.account, state=state, occasion=asked.occasion, words=asked.words)
    with app.borrow() as site:
        if asked.which == "needs_you" and not state:
            found = list_needing(site, wanted, app.now())
            found = tuple(one for one in found if _is_within(one, asked))
        else:
            states = OPEN if asked.which == "waiting" else _ANY
            since, until = asked.since, asked.until
            found = list_messages(site, wanted, app.now(), states=states, since=since, until=until)
        chosen = found[(asked.page - 1) * asked.limit : asked.page * asked.limit]
        return m.DeliveryList(deliveries=show_all(site, chosen), total=len(found))


def _is_within(one: Delivery, asked: ask.DeliveryFilter) -> bool:
    return (asked.since is None or asked.since <= one.due_at) and (asked.until is None or one.due_at < asked.until)


def read_delivery(app: App, asked: ask.DeliveryNumber, _body: None) -> m.DeliveryStory:
    """One message with its text, and how it came to where it is."""
    with app.borrow() as site:
        _get_delivery(site, asked.id)
        (one,) = list_these(site, (asked.id,), app.now())
        steps = tuple(map(show_step, site.store.list_attempts(asked.id)))
        return m.DeliveryStory.of(show_all(site, (one,))[0], history=steps)


def write_delivery(app: App, _asked: ask.Nothing, body: ask.NewMessage) -> m.DeliveryList:
    """A new message about a post: own words to chosen accounts, now, at a time or at each account's next slot."""
    with app.changing() as site:
        _require_post(site, body.post)
        numbers = write_message(site, _read_message(body), app.now())
        rows = list_these(site, numbers, app.now())
        return m.DeliveryList(deliveries=show_all(site, rows), total=len(rows))


def preview(app: App, _asked: ask.Nothing, body: ask.NewMessage) -> m.Preview:
    """How a new message would look, with its length on each account. Nothing is stored."""
    with app.borrow() as site:
        _require_post(site, body.post)
        planned = plan_message(site, _read_message(body), app.now())
        moved = tuple(one.delivery_id for one in planned.changes)
        return m.Preview(messages=tuple(map(show_planned, planned.deliveries)), moved=moved)


def _read_message(body: ask.NewMessage) -> MessageRequest:
    at = _to_words(body.at)
    return MessageRequest(
        post=body.post,
        to=tuple(dict.fromkeys(body.to)),
        at="" if at == "now" else at,
        text=body.text,
        picture=OwnPicture(body.media, body.alt),
        again=body.again,
        key=body.key,
    )


def _to_words(at: datetime | str) -> str:
    return at if isinstance(at, str) else at.isoformat()


def move(app: App, asked: ask.DeliveryNumber, body: ask.Move) -> m.DeliveryShown:
    """Send a message at another time. A rule of the account may refuse it; the answer names it."""
    return _carry_out(app, _read_move(body, (asked.id,)))


def _read_move(body: ask.Move, numbers: tuple[int, ...]) -> BulkAction:
    if (body.at is None) == (body.by_minutes is None):
        raise UsageError("say when: `at` or `by_minutes`")
    value, by = _to_words(body.at) if body.at else "", timedelta(minutes=body.by_minutes or 0)
    return BulkAction(Action.MOVE, numbers, value, by, is_forced=body.force)


def edit(app: App, asked: ask.DeliveryNumber, body: ask.Edit) -> m.DeliveryShown:
    """Give a message other words, alt text or picture. A text that is too long for its network is refused."""
    with app.borrow() as site:
        before = _get_delivery(site, asked.id)
    alt = before.alt if body.alt is None else body.alt
    media = before.media if body.media is None else body.media
    return _carry_out(app, BulkAction(Action.EDIT, (asked.id,), body.text, alt=alt, media=media))


def change_many(app: App, _asked: ask.Nothing, body: ask.Many) -> m.ManyChanged:
    """One action on many messages. One that is refused keeps none of the others; the answer says why it was."""
    numbers = tuple(dict.fromkeys(body.ids))
    action = Action(body.action)
    is_timed = body.at is not None or body.by_minutes is not None or body.force
    if is_timed and action is not Action.MOVE:
        raise UsageError('`at`, `by_minutes` and `force` go with "move" alone')
    seen = {int(number): state for number, state in body.seen.items()}
    bulk = _read_move(body, numbers) if action is Action.MOVE else BulkAction(action, numbers, seen=seen)
    done = carry_out(app, bulk)
    refused = tuple(
        m.Refused(id=number, detail=f"{error.message[:1].upper()}{error.message[1:]}", hint=error.hint)
        for number, error in done.refused
    )
    with app.borrow() as site:
        told = tell_outcome(app, bulk, done)
        return m.ManyChanged(told=told, changed=show_all(site, done.changed), refused=refused)


def measure(app: App, _asked: ask.Nothing, body: ask.Measured) -> m.Measures:
    """How long a text is, as each network counts. Nothing is stored."""
    with app.borrow() as site:
        if body.delivery is not None:
            _get_delivery(site, body.delivery)
            found: tuple[Measure, ...] = (measure_text(site, body.delivery, body.text),)
        else:
            found = measure_words(site, body.post, body.to, body.text)
    return m.Measures(counts=tuple(map(m.MeasureShown.model_validate, found)))


def settle(app: App, asked: ask.DeliveryNumber, body: ask.Settle) -> m.DeliveryShown:
    """Say what became of a message whose outcome nobody knows: where it is shown, or that it was not sent."""
    if body.url is None:
        return _change(app, Action.SETTLE_NOT_SENT, asked.id)
    if not is_address(body.url):
        raise UsageError("`url` is not the address of a page")
    return _change(app, Action.SETTLE_SENT, asked.id, body.url)


def make_action(action: Action, words: str) -> Callable[[App, ask.DeliveryNumber, None], m.DeliveryShown]:
    def work(app: App, asked: ask.DeliveryNumber, _body: None) -> m.DeliveryShown:
        return _change(app, action, asked.id)

    work.__name__, work.__doc__ = action.value, words
    return work


def _change(app: App, action: Action, number: int, value: str = "") -> m.DeliveryShown:
    return _carry_out(app, BulkAction(action, (number,), value))


def _carry_out(app: App, bulk: BulkAction) -> m.DeliveryShown:
    """Of a single message. Raises what keeps it from being changed."""
    with app.borrow() as site:
        _get_delivery(site, bulk.numbers[0])
        done = carry_out(app, bulk)
        if done.refused:
            raise done.refused[0][1]
        return show_all(site, done.changed)[0]


def _get_delivery(site: OpenSite, number: int) -> Delivery:
    try:
        return site.store.get_delivery(number)
    except UsageError as error:
        raise Missing(error.message) from error


def _require_post(site: OpenSite, slug: str) -> None:
    if find_post(site, slug) is None:
        raise Missing(f'there is no post "{slug}"')


def show_all(site: OpenSite, rows: tuple[Delivery, ...]) -> tuple[m.DeliveryShown, ...]:
    titles = list_titles(site, rows)
    planned = queue.preview(site, rows)
    return tuple(_show(row, plan, titles.get(row.post_id, "")) for row, plan in zip(rows, planned, strict=True))


def _show(row: Delivery, plan: PlannedDelivery, title: str) -> m.DeliveryShown:
    shown = dict(show_planned(plan)) | {"media": row.media, "reason": row.reason, "why": say_why(row)}
    shown |= {"title": title or shown["title"], "actions": ACTIONS[row.state]}
    return m.DeliveryShown.of(row, **shown, url=row.receipt.url if row.receipt else "")


def show_planned(one: PlannedDelivery) -> m.PlannedMessage:
    picture = (one.message.image or one.message.card) if one.message else None
    return m.PlannedMessage.of(
        one,
        post=one.slug,
        occasion=one.occasion.name,
        title=one.message.title if one.message else "",
        text=one.message.text if one.message else one.text,
        alt=picture.alt if picture else one.alt,
        why=say_why(one),
    )


def show_step(step: Attempt) -> m.Step:
    return m.Step.of(step, why=say_reason(step.reason, step.detail))


# --- what the API tells of the site: posts, accounts, feeds, history, plan, status ---

_MOST_FEEDS = 1000


def read_posts(app: App, asked: ask.PostFilter, _body: None) -> m.PostList:
    """The posts of the content folder, newest first, and what is wrong in them."""
    with app.borrow() as site:
        found = list_posts(site, asked.words)
        chosen = found[(asked.page - 1) * asked.limit : asked.page * asked.limit]
        posts = tuple(
            m.PostShown.of(one, card=one.card.path if one.card else "", problems=_show_problems(one.problems))
            for one in chosen
        )
        problems = _show_problems(list_problems(site))
        return m.PostList(posts=posts, problems=problems, total=len(found))


def _show_problems(problems: Iterable[Problem]) -> tuple[m.ProblemShown, ...]:
    return tuple(map(m.ProblemShown.model_validate, problems))


def read_post(app: App, asked: ask.PostSlug, _body: None) -> m.PostStory:
    """The whole story of one post, and its messages."""
    try:
        story = app.tell_story(asked.slug)
    except UsageError as error:
        raise Missing(error.message) from error
    with app.borrow() as site:
        pictures = list_pictures(site, story.slug)
        return m.PostStory(
            slug=story.slug,
            title=story.post.title if story.post else "",
            permalink=story.post.permalink if story.post else "",
            pictures=tuple(m.PictureShown(media=name, url=one.url, alt=one.alt) for name, one in pictures.items()),
            lines=story.lines,
            deliveries=show_all(site, story.deliveries),
        )


def read_accounts(app: App, _asked: ask.Nothing, _body: None) -> m.AccountList:
    """Accounts: whether each can do its work, how long its token lives, what went wrong last."""
    return _show_accounts(app)


def _show_accounts(app: App) -> m.AccountList:
    with app.borrow() as site:
        counts, troubles = site.store.count_by_account(), list_last_troubles(site)
        rows = []
        for row in app.list_accounts(online=False):
            last = troubles[row.name].attempt if row.name in troubles else None
            rows.append(
                m.AccountShown.of(
                    row,
                    state=row.state.value,
                    messages=counts.get(row.name, {}),
                    last_trouble=say_reason(last.reason, last.detail) if last else "",
                    last_trouble_at=last.at if last else None,
                )
            )
        return m.AccountList(accounts=tuple(rows))


def resume_account(app: App, asked: ask.AccountName, _body: None) -> m.AccountList:
    """Let the messages of a paused account go on."""
    if asked.name not in {account.name for account in app.settings.accounts}:
        raise Missing(f'there is no account "{asked.name}"')
    app.resume_account(asked.name)
    return _show_accounts(app)


def read_feeds(app: App, _asked: ask.Nothing, _body: None) -> m.FeedList:
    """The published feeds: whether readers can use them, how large they are, when they changed."""
    with app.borrow() as site:
        feeds, total = list_feeds(site, _MOST_FEEDS)
        return m.FeedList(feeds=tuple(map(m.FeedShown.model_validate, feeds)), total=total)


def read_history(app: App, asked: ask.HistoryFilter, _body: None) -> m.History:
    """Every attempt, newest first, with the network's own words."""
    with app.borrow() as site:
        events = site.store.list_events(
            account=asked.account, slug=asked.slug, before=asked.before or 0, most=asked.limit
        )
        lines = (
            m.HistoryLine.of(one, **dict(show_step(one.attempt)), delivery=one.attempt.delivery_id, post=one.slug)
            for one in events
        )
        return m.History(lines=tuple(lines))


def read_counts(app: App, asked: ask.CountsFilter, _body: None) -> m.Counts:
    """What others answered to the messages that were sent last: numbers, with how they grew."""
    with app.borrow() as site:
        found = list_counted(site, app.now(), account=asked.account, newest=asked.limit)
        titles = list_titles(site, [one.delivery for one in found])
        messages = (
            m.CountedMessageShown.of(
                one.delivery,
                delivery=one.delivery.id,
                post=one.delivery.slug,
                title=titles.get(one.delivery.post_id, ""),
                url=one.delivery.receipt.url if one.delivery.receipt else "",
                counts=tuple(map(m.CountedShown.model_validate, one.counts)),
            )
            for one in sort_counted(found, asked.by, titles)
        )
        return m.Counts(messages=tuple(messages))


def read_plan(app: App, _asked: ask.Nothing, _body: None) -> m.PlanShown:
    """What the next publication would add, what waits, and what it will cost. Changes nothing."""
    with app.using() as site:
        return site.ask(_look_ahead, app.now())


def _look_ahead(site: OpenSite, now: datetime) -> m.PlanShown:
    seen = queue.look_ahead(site, now)
    return m.PlanShown(
        deliveries=tuple(map(show_planned, seen.plan.deliveries)),
        waiting=tuple(map(show_planned, seen.waiting)),
        problems=_show_problems(seen.plan.problems),
        warnings=seen.warnings,
        budgets=tuple(map(m.BudgetShown.model_validate, seen.budgets)),
    )


def read_status(app: App, _asked: ask.Nothing, _body: None) -> m.StatusShown:
    """One look at the whole: what waits, what needs you, which accounts rest."""
    with app.using() as site:
        seen = status.read_status(site, app.now())
    coming, needs_you = (tuple(one.id for one in some) for some in (seen.coming, seen.needs_you))
    return m.StatusShown.of(seen, coming=coming, needs_you=needs_you)
