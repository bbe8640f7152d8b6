"""What others answered to sent messages: a list that can be sorted, each with a small chart that the server draws."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from starlette.requests import Request
from starlette.responses import Response

from syndicate.app.app import App
from syndicate.app.counting import CountedMessage, list_counted, sort_counted
from syndicate.app.dashboard import list_titles
from syndicate.model import Counted, Delivery, Reactions
from syndicate.web.dashboard.render import Renderer
from syndicate.web.dashboard.views import read_query

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


class CountedPages:
    def __init__(self, app: App, renderer: Renderer) -> None:
        self._app = app
        self._renderer = renderer

    def show_counted(self, request: Request) -> Response:
        """The messages that were sent last, sorted as the address says."""
        asked, by = read_query(request.query_params), request.query_params.get("by", "")
        with self._app.borrow() as site:
            found = list_counted(site, self._app.now(), account=asked.wanted.account, newest=_MOST)
            titles = list_titles(site, [one.delivery for one in found])
            rows = make_counted(sort_counted(found, by, titles), titles)
            by = by if by in _SORTS else "newest"
            return self._renderer.render_page(request, site, "counted", asked=asked, rows=rows, by=by)


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
