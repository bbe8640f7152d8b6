"""What the API tells of the site: posts, accounts, feeds, history, plan, status."""

from __future__ import annotations

from collections.abc import Iterable

from syndicate.app import status
from syndicate.app.app import App
from syndicate.app.dashboard import list_feeds, list_last_troubles, list_posts, list_titles
from syndicate.app.own_words import list_pictures
from syndicate.app.publish import list_problems
from syndicate.app.queue import list_budgets, preview_waiting
from syndicate.app.reactions import list_counted, sort_counted
from syndicate.app.status import list_warnings
from syndicate.errors import UsageError
from syndicate.model import Problem
from syndicate.planning.deliveries.reasons import say_reason
from syndicate.web.api import models as m
from syndicate.web.api import requests as ask
from syndicate.web.api.messages import Missing, show_all, show_planned, show_step

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
        problems = _show_problems(list_problems(site, site.read_snapshot()))
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
    return read_accounts(app, ask.Nothing(), None)


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
    plan = app.make_plan()
    with app.using() as site:
        waiting = preview_waiting(site)
        dying = list_warnings(site, plan.deliveries, app.now())
        budgets = list_budgets(site, plan.deliveries, app.now())
    return m.PlanShown(
        deliveries=tuple(map(show_planned, plan.deliveries)),
        waiting=tuple(map(show_planned, waiting)),
        problems=_show_problems(plan.problems),
        warnings=(*plan.warnings, *dying),
        budgets=tuple(map(m.BudgetShown.model_validate, budgets)),
    )


def read_status(app: App, _asked: ask.Nothing, _body: None) -> m.StatusShown:
    """One look at the whole: what waits, what needs you, which accounts rest."""
    with app.using() as site:
        seen = status.read_status(site, app.now())
    coming, needs_you = (tuple(one.id for one in some) for some in (seen.coming, seen.needs_you))
    return m.StatusShown.of(seen, coming=coming, needs_you=needs_you)
