"""The views of the dashboard: calendars, lists, one message, one post. Nothing here changes anything."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from zoneinfo import ZoneInfo

from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from syndicate.app.app import App
from syndicate.app.dashboard import (
    SHOWN,
    list_cards,
    list_free_slots,
    list_messages,
    list_needing,
    list_titles,
)
from syndicate.app.deliver import (
    digest_words,
    find_origin,
    list_media,
    list_pictures,
    offer_own_picture,
    require_media,
)
from syndicate.app.maintenance import CountedMessage, list_counted, list_counts, sort_counted
from syndicate.app.publish import find_card
from syndicate.app.queue import preview
from syndicate.app.site import OpenSite
from syndicate.app.status import OPEN, list_warnings, tell_amendments
from syndicate.errors import UsageError
from syndicate.model import (
    ACTIONS,
    Action,
    Counted,
    Delivery,
    Message,
    PlannedDelivery,
    Reactions,
    State,
    is_own_picture,
)
from syndicate.networks import NETWORKS, describe
from syndicate.networks.base import Look
from syndicate.web.dashboard.preview import Preview, make_preview
from syndicate.web.dashboard.render import Note, Renderer, choose_singly, tell_questions
from syndicate.web.dashboard.rows import (
    WEEK,
    Asked,
    Day,
    Line,
    Stretch,
    choose_month,
    choose_page,
    choose_week,
    make_days,
    make_lines,
    make_rows,
    next_month,
    previous_month,
    read_query,
)
from syndicate.web.dashboard.security import Form, go, read_form, to_sentence

# --- What others answered to sent messages ---
# A list that can be sorted, each with a small chart that the server draws.

_MOST = 200
_WIDTH, _HEIGHT = 120, 28
_SORTS = ("newest", "title", "account", "likes", "boosts", "replies", "quotes", "total")


@dataclass(frozen=True, slots=True, kw_only=True)
class CountedRow:
    """One message with its numbers of now, and its chart as the points of a line."""

    delivery: Delivery
    title: str
    reactions: Reactions
    looked_at: datetime
    points: str


def make_counted(found: Iterable[CountedMessage], titles: Mapping[str, str]) -> list[CountedRow]:
    return [
        CountedRow(
            delivery=one.delivery,
            title=titles.get(one.delivery.post_id, one.delivery.slug),
            reactions=one.counts[-1].reactions,
            looked_at=one.counts[-1].looked_at,
            points=draw_line(one.counts, one.delivery.sent_at or one.counts[0].at),
        )
        for one in found
    ]


def draw_line(counts: Sequence[Counted], sent_at: datetime) -> str:
    """How the sum grew since the message was sent, as points within the chart; the last look is at its right edge."""
    end = max((counts[-1].looked_at - sent_at).total_seconds(), 1.0)
    most = max(1, *(one.reactions.total for one in counts))
    points = [(0.0, float(_HEIGHT))]
    for one in counts:
        x = _WIDTH * min(max((one.at - sent_at).total_seconds() / end, 0.0), 1.0)
        points += [(x, points[-1][1]), (x, _HEIGHT - (_HEIGHT - 2) * one.reactions.total / most)]
    points.append((float(_WIDTH), points[-1][1]))
    return " ".join(f"{x:.1f},{y:.1f}" for x, y in points)


_MOST_A_DAY, _MOST_A_DAY_OF_MONTH = 12, 4
_MOST_SENT = 2000


class Pages:
    """What GET answers about messages."""

    def __init__(self, app: App, renderer: Renderer, *, has_password: bool) -> None:
        self._app = app
        self._renderer = renderer
        self._has_password = has_password

    def show_week(self, request: Request) -> Response:
        """Seven days, the free slots in them, and below them the posts."""
        asked = read_query(request.query_params)
        with self._app.borrow() as site:
            week = choose_week(asked, self._find_today(site))
            found, days = self._read_days(site, asked, week, _MOST_A_DAY)
            return self._render_rows(
                request,
                site,
                "week",
                asked,
                found,
                days=days,
                before=asked.to_query(**{"from": week.first - WEEK, "page": ""}),
                after=asked.to_query(**{"from": week.end, "page": ""}),
                today=asked.to_query(**{"from": "", "page": ""}),
                stretch=week,
            )

    def show_month(self, request: Request) -> Response:
        """A month in whole weeks."""
        asked = read_query(request.query_params)
        with self._app.borrow() as site:
            first, weeks = choose_month(asked, self._find_today(site))
            _, days = self._read_days(site, asked, weeks, _MOST_A_DAY_OF_MONTH)
            return self._renderer.render_page(
                request,
                site,
                "month",
                asked=asked,
                first=first,
                days=days,
                before=asked.to_query(**{"from": previous_month(first)}),
                after=asked.to_query(**{"from": next_month(first)}),
                today=asked.to_query(**{"from": ""}),
            )

    def _find_today(self, site: OpenSite) -> date:
        return self._app.now().astimezone(ZoneInfo(site.settings.site.timezone)).date()

    def _read_days(
        self, site: OpenSite, asked: Asked, stretch: Stretch, most: int
    ) -> tuple[Sequence[Delivery], list[Day]]:
        """The messages of a stretch of the calendar, and its days with so many posts each at most."""
        now, zone = self._app.now(), ZoneInfo(site.settings.site.timezone)
        since, until = stretch.to_instants(zone)
        found = list_messages(site, asked.wanted, now, states=SHOWN, since=since, until=until)
        free, titles = list_free_slots(site, asked.wanted, since, until, now), list_titles(site, found)
        return found, make_days(stretch.days, found, titles, free, zone=zone, now=now, most=most)

    def show_list(self, request: Request) -> Response:
        """Everything that is not at its end, or in the state that is asked for, by time."""
        asked = read_query(request.query_params)
        with self._app.borrow() as site:
            found = list_messages(site, asked.wanted, self._app.now(), states=OPEN)
            return self._render_rows(request, site, "list", asked, found)

    def show_needing(self, request: Request) -> Response:
        """What goes no further without a person: what nobody knows first."""
        asked = read_query(request.query_params).without_state()
        with self._app.borrow() as site:
            found = list_needing(site, asked.wanted, self._app.now())
            told = (*tell_amendments(site, self._app.now()), *list_warnings(site, (), self._app.now()))
            questions = [*tell_questions(found), *((line, "") for line in told)]
            stopped = [one for one in self._app.list_accounts(online=False) if one.state.needs_person]
            return self._render_rows(
                request, site, "needs", asked, choose_singly(found), questions=questions, stopped=stopped
            )

    def show_sent(self, request: Request) -> Response:
        """What went out, newest first."""
        asked = read_query(request.query_params).without_state()
        with self._app.borrow() as site:
            found = list_messages(site, asked.wanted, self._app.now(), states=(State.SENT,), newest=_MOST_SENT)
            return self._render_rows(request, site, "sent", asked, found)

    def show_counted(self, request: Request) -> Response:
        """What others answered to the messages that were sent last, sorted as the address says."""
        asked, by = read_query(request.query_params), request.query_params.get("by", "")
        with self._app.borrow() as site:
            found = list_counted(site, self._app.now(), account=asked.wanted.account, newest=_MOST)
            titles = list_titles(site, [one.delivery for one in found])
            rows = make_counted(sort_counted(found, by, titles), titles)
            by = by if by in _SORTS else "newest"
            return self._renderer.render_page(request, site, "counted", asked=asked, rows=rows, by=by)

    def show_post(self, request: Request) -> Response:
        """One post: its messages, and how each came to where it is."""
        slug, asked = request.path_params["slug"], read_query(request.query_params)
        try:
            told = self._app.tell_story(slug).lines
        except UsageError as error:
            raise HTTPException(404, to_sentence(error)) from error
        with self._app.borrow() as site:
            found = self._app.list_deliveries(slug=slug, everything=True)
            counted = make_counted(list_counts(site, found), list_titles(site, found))
            return self._render_rows(request, site, "post", asked, found, slug=slug, told=told, counted=counted)

    def show_message(self, request: Request) -> Response:
        """One message: as the network shows it, to be edited, moved, decided."""
        with self._app.borrow() as site:
            return self._render_message(request, site, _get_delivery(site, request.path_params["number"]))

    async def look_at_message(self, request: Request) -> Response:
        """The message as it would be with the words and the picture of the form. Nothing is kept."""
        fields = await read_form(request)
        return await run_in_threadpool(self._look_at_message, request, fields)

    def _look_at_message(self, request: Request, fields: Form) -> Response:
        media, note = fields.get("media", ""), None
        with self._app.borrow() as site:
            chosen = _get_delivery(site, request.path_params["number"])
            try:
                require_media(site, chosen.account, media)
                if is_own_picture(media):
                    offer_own_picture(site, chosen.slug, media, self._app.now())
            except UsageError as error:
                media, note = "", Note(to_sentence(error), is_error=True)
            own = replace(chosen, text=fields.get("value", ""), alt=fields.get("alt", ""), media=media, message=None)
            is_open = Action.EDIT in ACTIONS[chosen.state]
            return self._render_message(request, site, own if is_open else chosen, note)

    def _render_message(self, request: Request, site: OpenSite, chosen: Delivery, note: Note | None = None) -> Response:
        own = self._app.list_deliveries(slug=chosen.slug, everything=True)
        same = [one for one in own if one.account == chosen.account and one.occasion == chosen.occasion]
        same = [chosen if one.id == chosen.id and request.method == "POST" else one for one in same]
        lines = make_lines(same, preview(site, same))
        line = next(one for one in lines if one.delivery.id == chosen.id)
        shown = {"note": note} if note else {}
        return self._renderer.render_page(
            request,
            site,
            "message",
            asked=Asked(),
            line=line,
            title=list_titles(site, own).get(chosen.post_id, chosen.slug),
            tabs=[one for one in own if one.part == 1],
            parts=self._preview_parts(site, lines, line),
            media=list_media(site, chosen.account),
            own_pictures=list_pictures(site, chosen.slug),
            origin=find_origin(site, chosen),
            trail=site.store.list_attempts(chosen.id),
            was=digest_words(site, site.store.get_delivery(chosen.id)),
            place=f"/message/{chosen.id}",
            **shown,
        )

    def ask_for_password(self, request: Request) -> Response:
        """The login."""
        if request.state.session:
            return go(request)
        asked = request.query_params
        return self._renderer.render(
            request, "login", has_password=self._has_password, is_wrong="wrong" in asked, is_used="used" in asked
        )

    def _render_rows(
        self, request: Request, site: OpenSite, name: str, asked: Asked, found: Sequence[Delivery], **values: object
    ) -> Response:
        """A page of posts with their messages."""
        chosen, page, has_more = choose_page(found, asked.page)
        asked = replace(asked, page=page)
        rows = make_rows(
            make_lines(chosen, preview(site, chosen)),
            titles=list_titles(site, chosen),
            cards=list_cards(site, (one.post_id for one in chosen)),
            counts=site.store.count_states(sorted({one.post_id for one in chosen})),
        )
        lines = [line for row in rows for line in row.lines]
        shown = next((line for line in lines if line.delivery.id == asked.show), lines[0]) if lines else None
        return self._renderer.render_page(
            request,
            site,
            name,
            asked=asked,
            rows=rows,
            shown=shown,
            parts=self._preview_parts(site, lines, shown) if shown else [],
            number=len(found),
            order=" ".join(f"{line.delivery.id}:{line.delivery.state}" for line in lines),
            later=asked.to_query(page=asked.page + 1) if has_more else "",
            earlier=asked.to_query(page=asked.page - 1 if asked.page > 2 else "") or "?" if asked.page > 1 else "",
            **values,
        )

    def _preview_parts(self, site: OpenSite, lines: Sequence[Line], one: Line) -> list[tuple[Line, Preview | None]]:
        """Every part of a message, as its network shows it."""
        same = [line for line in lines if _message_of(line) == _message_of(one)]
        return [(line, preview_message(site, line.message, line.delivery) if line.message else None) for line in same]


def preview_message(site: OpenSite, message: Message, one: Delivery | PlannedDelivery) -> Preview:
    """A message as its network shows it; the usual way for one that is not known any more."""
    known = describe(one.network) if one.network in NETWORKS else None
    makes_cards = known is not None and known.facts.media == "none"  # itself, from the page
    return make_preview(message, known.look if known else Look(), find_card(site, one.post_id) if makes_cards else None)


def _get_delivery(site: OpenSite, number: int) -> Delivery:
    try:
        return site.store.get_delivery(number)
    except UsageError as error:
        raise HTTPException(404, to_sentence(error)) from error


def _message_of(line: Line) -> tuple[str, str, str]:
    one = line.delivery
    return one.post_id, one.account, one.occasion.name
