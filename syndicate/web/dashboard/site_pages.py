"""Pages about the site itself: posts, accounts, feeds, the history of every attempt."""

from __future__ import annotations

from dataclasses import replace

from starlette.requests import Request
from starlette.responses import Response

from syndicate.app.app import App
from syndicate.app.dashboard import list_feeds, list_last_troubles, list_posts
from syndicate.app.publish import list_problems
from syndicate.model import gather_problems
from syndicate.networks import NETWORKS, describe
from syndicate.planning.deliveries.reasons import say_reason
from syndicate.web.dashboard.render import Renderer
from syndicate.web.dashboard.views import read_query

_POSTS_ON_A_PAGE, _EVENTS_ON_A_PAGE, _MOST_FEEDS = 60, 200, 60


class SitePages:
    """What is not about one message that exists."""

    def __init__(self, app: App, renderer: Renderer) -> None:
        self._app = app
        self._renderer = renderer

    def show_posts(self, request: Request) -> Response:
        """Posts with their cards, messages and problems."""
        asked = read_query(request.query_params)
        with self._app.borrow() as site:
            found = list_posts(site, asked.wanted.words)
            asked = replace(asked, page=min(asked.page, max(1, -(-len(found) // _POSTS_ON_A_PAGE))))
            first = (asked.page - 1) * _POSTS_ON_A_PAGE
            return self._renderer.render_page(
                request,
                site,
                "posts",
                content=site.settings.site.content,
                asked=asked,
                number=len(found),
                posts=found[first : first + _POSTS_ON_A_PAGE],
                problems=gather_problems(list_problems(site, site.read_snapshot())),
                later=asked.to_query(page=asked.page + 1) if len(found) > first + _POSTS_ON_A_PAGE else "",
                earlier=asked.to_query(page=asked.page - 1) if asked.page > 1 else "",
            )

    def show_accounts(self, request: Request) -> Response:
        """Accounts with their tokens, moods and last troubles."""
        with self._app.borrow() as site:
            troubles = {
                name: (event.attempt.at, say_reason(event.attempt.reason, event.attempt.detail), event.slug)
                for name, event in list_last_troubles(site).items()
            }
            secret = {one.name for one in site.settings.accounts if _has_secrets(one.network)}
            return self._renderer.render_page(
                request,
                site,
                "accounts",
                rows=self._app.list_accounts(online=False),
                counts=site.store.count_by_account(),
                troubles=troubles,
                with_login=secret,
            )

    def show_feeds(self, request: Request) -> Response:
        """The published feeds: whether readers can use them, how large they are, when they changed."""
        with self._app.borrow() as site:
            feeds, number = list_feeds(site, _MOST_FEEDS)
            return self._renderer.render_page(request, site, "feeds", feeds=feeds, number=number)

    def show_history(self, request: Request) -> Response:
        """Every attempt, newest first, with the network's own words."""
        asked = read_query(request.query_params)
        with self._app.borrow() as site:
            account = asked.wanted.account
            events = site.store.list_events(account=account, before=asked.show, most=_EVENTS_ON_A_PAGE)
            lines = [(one, say_reason(one.attempt.reason, one.attempt.detail)) for one in events]
            more = asked.to_query(show=events[-1].number) if len(events) == _EVENTS_ON_A_PAGE else ""
            titles = site.store.list_titles(sorted({one.post_id for one in events}))
            shown = {"asked": asked, "lines": lines, "titles": titles, "later": more}
            return self._renderer.render_page(request, site, "history", **shown)


def _has_secrets(network: str) -> bool:
    return network in NETWORKS and bool(describe(network).secrets)
