"""A new message about a post: a person's own words and picture, looked at before they go into the outbox."""

from __future__ import annotations

import secrets
import threading
from dataclasses import dataclass, replace
from datetime import datetime
from zoneinfo import ZoneInfo

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response

from syndicate.app.app import App
from syndicate.app.dashboard import list_posts
from syndicate.app.own_words import list_pictures
from syndicate.app.post import NEXT_SLOT, MessageRequest, plan_message, write_message
from syndicate.app.site import OpenSite
from syndicate.errors import SyndicateError, UsageError
from syndicate.model import OwnPicture, PlannedDelivery
from syndicate.planning.schedule.when import parse_moment
from syndicate.web.dashboard.middleware import Form, go, read_form, to_sentence
from syndicate.web.dashboard.pages import preview_message
from syndicate.web.dashboard.preview import Preview
from syndicate.web.dashboard.render import Renderer
from syndicate.web.dashboard.rows import to_moment, to_segment
from syndicate.web.dashboard.sessions import SESSION_LASTS, Note, Notes

_MOST_CHOICES = 300


@dataclass(frozen=True, slots=True, kw_only=True)
class Sheet:
    """What the form holds."""

    post: str = ""
    to: tuple[str, ...] = ()
    text: str = ""
    when: str = "slot"
    """ "slot", "time" or "now"."""
    at: str = ""
    again: bool = False
    media: str = ""
    alt: str = ""
    once: str = ""
    """Tells forms apart: another one for each page that shows it."""

    @property
    def request(self) -> MessageRequest:
        """What is asked for. Raises UsageError where a time is wanted and none is given."""
        if self.when == "time" and not self.at:
            raise UsageError("say when", hint="choose a time, or the next free slot")
        at = {"slot": NEXT_SLOT, "time": self.at}.get(self.when, "")
        picture = OwnPicture(self.media, self.alt)
        return MessageRequest(post=self.post, to=self.to, at=at, text=self.text, picture=picture, again=self.again)


class NewMessages:
    """What /new answers."""

    def __init__(self, app: App, renderer: Renderer, notes: Notes) -> None:
        self._app = app
        self._renderer = renderer
        self._notes = notes
        self._lock = threading.Lock()

    def ask(self, request: Request) -> Response:
        """The form; the address may name the post, accounts and a time."""
        query = request.query_params
        with self._app.borrow() as site:
            at = query.get("at", "")
            is_time = parse_moment(at, ZoneInfo(site.settings.site.timezone)) is not None
            when, at = ("time", at[:16]) if is_time else ("slot", "")
            sheet = Sheet(post=query.get("post", ""), to=tuple(query.getlist("to")), when=when, at=at)
            return self._render(request, site, sheet)

    async def answer(self, request: Request) -> Response:
        """Look at the message, or put it into the outbox."""
        fields = await read_form(request)
        work = self._look if fields.get("action") == "look" else self._write
        return await run_in_threadpool(work, request, read_sheet(fields))

    def _look(self, request: Request, sheet: Sheet) -> Response:
        with self._app.borrow() as site:
            try:
                shown = self._preview(site, sheet)
            except SyndicateError as error:
                return self._render(request, site, sheet, Note(to_sentence(error), is_error=True))
            return self._render(request, site, sheet, shown=shown)

    def _preview(self, site: OpenSite, sheet: Sheet) -> list[tuple[PlannedDelivery, Preview]]:
        """Each part on each account, whether or not the post is there already."""
        planned = plan_message(site, replace(sheet.request, again=True), self._app.now())
        return [(one, preview_message(site, one.message, one)) for one in planned.deliveries if one.message]

    def _write(self, request: Request, sheet: Sheet) -> Response:
        """A form that is sent twice with the same words writes one message, over every restart."""
        with self._lock, self._app.borrow() as site:
            if site.store.has_pass("written", repr(sheet), self._app.now()):
                note = Note("This was written already; here it is.")
                return go(request, f"/post/{to_segment(sheet.post)}", self._notes.keep(note))
            return self._write_once(request, sheet)

    def _write_once(self, request: Request, sheet: Sheet) -> Response:
        """The message into the outbox; where that is refused, the form as it was."""
        now = self._app.now()
        with self._app.changing() as site:
            try:
                numbers = write_message(site, sheet.request, now)
            except SyndicateError as error:
                return self._render(request, site, sheet, Note(to_sentence(error), is_error=True))
            site.store.keep_pass("written", repr(sheet), now + SESSION_LASTS, now)
            rows = [site.store.get_delivery(number) for number in numbers]
        told = ", ".join(self._tell(one.account, one.due_at) for one in rows if one.part == 1)
        return go(request, f"/post/{to_segment(sheet.post)}", self._notes.keep(Note(f"Written: {told}.")))

    def _tell(self, account: str, due_at: datetime) -> str:
        zone = ZoneInfo(self._app.settings.site.timezone)
        return f"{account} {to_moment(due_at, zone, self._app.now())}"

    def _render(
        self,
        request: Request,
        site: OpenSite,
        sheet: Sheet,
        note: Note | None = None,
        shown: list[tuple[PlannedDelivery, Preview]] | None = None,
    ) -> Response:
        public = [one for one in list_posts(site) if one.post_id and not one.is_draft]
        posts = [one for number, one in enumerate(public) if number < _MOST_CHOICES or one.slug == sheet.post]
        told = {"note": note} if note else {}
        return self._renderer.render_page(
            request,
            site,
            "new",
            posts=posts,
            has_more=len(public) > len(posts),
            sheet=sheet,
            shown=shown or [],
            own_pictures=list_pictures(site, sheet.post) if sheet.post else {},
            place="/new",
            once=secrets.token_urlsafe(9),
            **told,
        )


def read_sheet(fields: Form) -> Sheet:
    """What a person filled in."""
    return Sheet(
        post=fields.get("post", "").strip(),
        to=tuple(dict.fromkeys(fields.getlist("to"))),
        text=fields.get("value", ""),
        when=fields.get("when", ""),
        at=fields.get("at", "").strip(),
        again=fields.get("again") == "yes",
        media=fields.get("media", ""),
        alt=fields.get("alt", ""),
        once=fields.get("once", "") or secrets.token_urlsafe(9),
    )
