"""Pages about the site itself: posts, accounts, feeds, the history of every attempt, and a new message."""

from __future__ import annotations

from zoneinfo import ZoneInfo

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from syndicate.app.app import App
from syndicate.app.dashboard import list_feeds, list_last_troubles, list_posts
from syndicate.app.post import NEXT_SLOT, measure_words, write_message
from syndicate.app.publish import list_problems
from syndicate.app.queue import measure_text
from syndicate.app.reports import Measure
from syndicate.errors import SyndicateError
from syndicate.model import gather_problems
from syndicate.networks import NETWORKS, describe
from syndicate.planning.deliveries.reasons import say_reason
from syndicate.planning.schedule.when import parse_moment
from syndicate.web.dashboard.middleware import Form, go, read_form, to_sentence
from syndicate.web.dashboard.render import Renderer
from syndicate.web.dashboard.rows import to_moment, to_segment
from syndicate.web.dashboard.sessions import Note, Notes
from syndicate.web.dashboard.views import read_query

_POSTS_ON_A_PAGE, _EVENTS_ON_A_PAGE, _MOST_FEEDS, _MOST_CHOICES = 60, 200, 60, 300
_MOST_COUNTED = 30


class SitePages:
    """What is not about one message that exists."""

    def __init__(self, app: App, renderer: Renderer, notes: Notes) -> None:
        self._app = app
        self._renderer = renderer
        self._notes = notes

    def show_posts(self, request: Request) -> Response:
        """Posts with their cards, messages and problems."""
        asked = read_query(request.query_params)
        with self._app.borrow() as site:
            found = list_posts(site, asked.wanted.words)
            first = (asked.page - 1) * _POSTS_ON_A_PAGE
            return self._renderer.render_page(
                request,
                site,
                "posts",
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
            return self._renderer.render_page(request, site, "history", asked=asked, lines=lines, later=more)

    def ask_for_message(self, request: Request) -> Response:
        """A form for a person's own words about a post."""
        query = request.query_params
        with self._app.borrow() as site:
            posts = [one for one in list_posts(site) if one.post_id and not one.is_draft][:_MOST_CHOICES]
            at = query.get("at", "")
            is_time = parse_moment(at, ZoneInfo(site.settings.site.timezone)) is not None
            return self._renderer.render_page(
                request,
                site,
                "new",
                posts=posts,
                chosen=query.get("post", ""),
                to=set(query.getlist("to")),
                at=at[:16] if is_time else "",
            )

    async def write(self, request: Request) -> Response:
        """The message into the outbox."""
        fields = await read_form(request)
        place, note = await run_in_threadpool(self._write, fields)
        return go(request, place, self._notes.keep(note))

    def _write(self, fields: Form) -> tuple[str, Note]:
        slug, text = fields.get("post", "").strip(), fields.get("value", "")
        when = {"slot": NEXT_SLOT, "time": fields.get("at", "").strip() or "?"}.get(fields.get("when", ""), "")
        try:
            with self._app.borrow() as site:
                numbers = write_message(
                    site,
                    slug,
                    to=tuple(dict.fromkeys(fields.getlist("to"))),
                    at=when,
                    text=text,
                    again=fields.get("again") == "yes",
                    now=self._app.now(),
                )
                rows = [site.store.get_delivery(number) for number in numbers]
        except SyndicateError as error:
            return fields.get("back", ""), Note(to_sentence(error), is_error=True, typed=text)
        zone = ZoneInfo(self._app.settings.site.timezone)
        told = ", ".join(
            f"{one.account} {to_moment(one.due_at, zone, self._app.now())}" for one in rows if one.part == 1
        )
        return f"/post/{to_segment(slug)}", Note(f"Written: {told}.")

    async def count(self, request: Request) -> Response:
        """How long a text is, as each network counts: for the counter beside the text."""
        fields = await read_form(request)
        try:
            found = await run_in_threadpool(self._count, fields)
        except SyndicateError as error:
            return JSONResponse({"error": to_sentence(error)}, 400)
        return JSONResponse(
            [{"account": one.account, "count": one.count, "limit": one.limit, "excess": one.excess} for one in found]
        )

    def _count(self, fields: Form) -> tuple[Measure, ...]:
        number, text = fields.get("number", ""), fields.get("value", "")
        with self._app.borrow() as site:
            if number.isascii() and number.isdigit() and len(number) < 16:
                return (measure_text(site, int(number), text),)
            return measure_words(site, fields.get("post", ""), fields.getlist("to")[:_MOST_COUNTED], text)


def _has_secrets(network: str) -> bool:
    return network in NETWORKS and bool(describe(network).secrets)
