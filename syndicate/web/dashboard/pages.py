"""The pages of the dashboard, drawn from the desk."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from urllib.parse import quote, urlsplit
from zoneinfo import ZoneInfo

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from syndicate.errors import UsageError
from syndicate.model import Delivery, Reason, Remark, Site
from syndicate.planning.deliveries.bursts import list_questions, say_remark
from syndicate.text.sandbox import compile_html_template
from syndicate.web.dashboard.desk import Desk
from syndicate.web.dashboard.replies import base_of, go, to_sentence
from syndicate.web.dashboard.rows import Row, choose_urgent, make_rows, to_link, to_moment, to_segment, to_span
from syndicate.web.dashboard.sessions import Notes

TEMPLATE = "pages/dashboard.html"
_MOST_SENT, _MOST_NEXT = 12, 60


class Pages:
    """What GET answers. Nothing here changes anything."""

    def __init__(self, desk: Desk, notes: Notes, *, has_password: bool) -> None:
        self._desk = desk
        self._notes = notes
        self._has_password = has_password
        self._compiled: tuple[str, Callable[[Mapping[str, object]], str]] = ("", lambda _values: "")

    def show(self, request: Request) -> Response:
        """Everything at one look."""
        waiting, sent = self._desk.list_waiting(), self._desk.list_sent(_MOST_SENT)
        questions = [(say_remark(one), _account_of(one)) for one in list_questions(waiting)]
        urgent = [one for one in choose_urgent(waiting) if one.reason is not Reason.MANY_AT_ONCE]
        numbers = {one.id for one in urgent}
        coming = [one for one in waiting if one.id not in numbers and one.reason is not Reason.MANY_AT_ONCE]
        rows = self._make_rows((*urgent, *coming[:_MOST_NEXT], *sent))
        accounts = self._desk.list_accounts()
        return self._render(
            request,
            "desk",
            urgent=rows[: len(urgent)],
            questions=questions,
            coming=rows[len(urgent) : len(rows) - len(sent)],
            more=max(0, len(coming) - _MOST_NEXT),
            sent=rows[len(rows) - len(sent) :],
            problems=self._desk.list_problems(),
            accounts=accounts,
            stopped=[one for one in accounts if one.state not in {"ready", "off"}],
            contradiction=self._desk.find_contradiction(),
            is_running=self._desk.is_daemon_running(),
        )

    def tell_story(self, request: Request) -> Response:
        """One post: its messages, and how each came to where it is."""
        slug = request.path_params["slug"]
        try:
            lines = self._desk.explain(slug)
        except UsageError as error:
            raise HTTPException(404, to_sentence(error)) from error
        rows = sorted(self._make_rows(self._desk.list_of_post(slug)), key=lambda row: row.is_off)
        return self._render(request, "story", slug=slug, lines=lines, rows=rows)

    def ask(self, request: Request) -> Response:
        """The login."""
        if request.state.session:
            return go(request)
        asked = request.query_params
        return self._render(
            request, "login", has_password=self._has_password, is_wrong="wrong" in asked, is_used="used" in asked
        )

    def _make_rows(self, deliveries: Sequence[Delivery]) -> list[Row]:
        return make_rows(deliveries, self._desk.preview(deliveries), zone=self._zone, now=self._desk.now())

    def _render(self, request: Request, page: str, **values: object) -> HTMLResponse:
        values |= {
            "page": page,
            "site": self._desk.settings.site,
            "base": base_of(request),
            "pictures": find_prefix(self._desk.settings.site),
            "token": request.state.token,
            "nonce": request.state.nonce,
            "now": self._desk.now(),
            "note": self._notes.take(request.query_params.get("note", "")),
            "has_login": bool(request.state.session),
        }
        return HTMLResponse(self._compile()(values).encode("utf-8", "replace"))

    def _compile(self) -> Callable[[Mapping[str, object]], str]:
        """The template, compiled anew only where its text has changed."""
        text = self._desk.read_template(TEMPLATE)
        if text != self._compiled[0]:
            filters: dict[str, Callable[..., object]] = {
                "moment": lambda at: to_moment(at, self._zone, self._desk.now()),
                "local": lambda at: f"{at.astimezone(self._zone):%Y-%m-%dT%H:%M}",
                "span": lambda at: to_span(at, self._desk.now()),
                "link": to_link,
                "segment": to_segment,
                "address": quote,
            }
            self._compiled = (text, compile_html_template(text, where=TEMPLATE, filters=filters))
        return self._compiled[1]

    @property
    def _zone(self) -> ZoneInfo:
        return ZoneInfo(self._desk.settings.site.timezone)


def _account_of(question: Remark) -> str:
    """The account whose messages one answer releases or skips, "" where each post has its own."""
    return question.about if question.reason is Reason.MANY_AT_ONCE else ""


def find_prefix(site: Site) -> str:
    """The path under which this server shows published files, without a slash at its end."""
    return urlsplit(site.feeds_url or f"{site.url}/feeds").path.rstrip("/")
