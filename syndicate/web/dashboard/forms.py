"""The forms of the dashboard: each action checked, carried out, told, and answered with a redirect."""

from __future__ import annotations

import secrets
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response

from syndicate.app.app import App
from syndicate.app.dashboard import list_burst, list_posts
from syndicate.app.deliver import list_pictures
from syndicate.app.post import NEXT_SLOT, MessageRequest, plan_message, write_message
from syndicate.app.queue import BulkAction, Outcome, carry_out
from syndicate.app.site import OpenSite
from syndicate.app.status import explain_waits
from syndicate.errors import SyndicateError, UsageError
from syndicate.model import ACTIONS, WAITING, Action, Delivery, OwnPicture, PlannedDelivery, Reason, State
from syndicate.planning.deliveries import say_reason
from syndicate.planning.schedule.when import parse_moment
from syndicate.web.dashboard.pages import preview_message
from syndicate.web.dashboard.preview import Preview
from syndicate.web.dashboard.render import Note, Notes, Renderer, is_address, to_moment, to_segment
from syndicate.web.dashboard.security import Form, go, read_form, to_sentence
from syndicate.web.dashboard.sessions import SESSION_LASTS

_VERBS = frozenset(action for actions in ACTIONS.values() for action in actions)
_STEPS = {"minute": 60, "hour": 3600, "day": 86400, "week": 604_800}


class Forms:
    """What POST answers about messages and accounts."""

    def __init__(self, app: App, notes: Notes) -> None:
        self._app = app
        self._notes = notes

    async def act(self, request: Request) -> Response:
        """One action on one message or on all that are chosen."""
        return await self._answer(request, self._act)

    async def answer_many(self, request: Request) -> Response:
        """One answer for all that an account holds because many posts came at once."""
        return await self._answer(request, self._answer_many)

    async def resume(self, request: Request) -> Response:
        """Let the deliveries of a paused account go on."""
        return await self._answer(request, self._resume)

    async def _answer(self, request: Request, work: Callable[[Form], Note]) -> Response:
        """Back to where the form was, with what it came to; a refusal is told without more ado."""
        fields = await read_form(request)
        try:
            note = await run_in_threadpool(work, fields)
        except SyndicateError as error:
            note = Note(to_sentence(error), is_error=True)
        return go(request, fields.get("back", ""), self._notes.keep(note))

    def _act(self, fields: Form) -> Note:
        try:
            bulk = read_bulk_action(fields)
            done = carry_out(self._app, bulk)
            if done.refused and len(bulk.numbers) == 1:
                raise done.refused[0][1]
        except SyndicateError as error:
            return _refused(error, fields)
        note = Note(tell_outcome(self._app, bulk, done), is_error=bool(done.refused))
        again = _ask_again(fields) if done.refused and bulk.action is Action.MOVE and not bulk.is_forced else ()
        return replace(note, focus=find_next(tuple(bulk.seen), bulk.numbers), again=again)

    def _answer_many(self, fields: Form) -> Note:
        action, account = fields.get("action", ""), fields.get("account", "")
        if action not in {Action.RELEASE, Action.SKIP}:
            raise UsageError("there is no such action")
        with self._app.borrow() as site:
            numbers = list_burst(site, account)
        if not numbers:
            raise UsageError(f"nothing of that kind waits on {account}" if account else "say which account")
        bulk = BulkAction(Action(action), numbers, seen=dict.fromkeys(numbers, State.HELD))
        outcome = carry_out(self._app, bulk)
        whys = list(dict.fromkeys(to_sentence(error) for _, error in outcome.refused))
        told = tell_many(bulk.action, len(outcome.changed), len(outcome.refused), whys)
        return Note(told if whys else f"{told[:-1]} on {account}.", is_error=bool(whys))

    def _resume(self, fields: Form) -> Note:
        account = fields.get("account", "")
        self._app.resume_account(account)
        return Note(f"{account} goes on.")


def tell_outcome(app: App, bulk: BulkAction, done: Outcome) -> str:
    """What an action came to, for the person who asked for it."""
    refusals = [error for _, error in done.refused]
    if len(done.changed) == 1 and not refusals:
        with app.borrow() as site:
            is_running = site.store.is_daemon_running()
            (row,) = explain_waits(site, done.changed, app.now())
        moment = to_moment(done.changed[0].due_at, ZoneInfo(app.settings.site.timezone), app.now())
        return tell(bulk.action, row, moment, is_running=is_running)
    whys = list(dict.fromkeys(map(to_sentence, refusals)))
    if len(bulk.numbers) == 1:
        return whys[0]
    return tell_many(bulk.action, len(done.changed), len(refusals), whys)


def read_bulk_action(fields: Form) -> BulkAction:
    """What a form asks for. Raises UsageError for what no form of ours sends."""
    one, _, number = fields.get("one", "").partition(":")  # the button of a single line
    action = one or fields.get("action", "")
    numbers = [number] if number else [word for words in fields.getlist("number") for word in words.split()]
    value = fields.get("value", "").strip()
    if action not in _VERBS or not all(map(_is_number, numbers)):
        raise UsageError("there is no such action")
    if not numbers:
        raise UsageError("choose a message first")
    if action == Action.SETTLE_SENT and not is_address(value):
        raise UsageError("say where it was sent", hint="the address of the message, beginning with https://")
    by = _read_step(fields.get("by", "")) if action == Action.MOVE and not value else timedelta(0)
    if action == Action.MOVE and not value and not by:
        raise UsageError("say when", hint="choose a time, or how far to move")
    chosen = tuple(dict.fromkeys(map(int, numbers)))
    return BulkAction(
        Action(action),
        chosen,
        value,
        by,
        alt=fields.get("alt", ""),
        media=fields.get("media", ""),
        was=fields.get("was", ""),
        is_forced=fields.get("force") == "yes",
        seen=read_seen(fields.get("order", "")),
    )


def read_seen(order: str) -> dict[int, State]:
    """The messages of a page in their order, each in the state in which it was shown: "12:held 13:planned"."""
    words = (word.partition(":") for word in order.split())
    return {int(number): State(state) for number, _, state in words if _is_number(number) and state in set(State)}


def _is_number(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) < 16


def _read_step(text: str) -> timedelta:
    """ "2 day", "-1 week"; nothing for anything else."""
    number, _, unit = text.strip().partition(" ")
    if unit not in _STEPS or not number.lstrip("-").isdecimal() or len(number) > 4:
        return timedelta(0)
    return timedelta(seconds=int(number) * _STEPS[unit])


def find_next(order: Sequence[int], done: Sequence[int]) -> int:
    """The message of a page that comes after those that were acted on, else the one before, 0 for none."""
    places = [order.index(number) for number in done if number in order]
    if not places:
        return 0
    after = [number for number in order[max(places) + 1 :] if number not in done]
    before = [number for number in order[: max(places)] if number not in done]
    return after[0] if after else before[-1] if before else order[places[0]]


def _refused(error: SyndicateError, fields: Form) -> Note:
    numbers = fields.getlist("number") or [fields.get("one", "").partition(":")[2]]
    number = int(numbers[0]) if _is_number(numbers[0]) else 0
    is_edit, is_move = fields.get("action") == Action.EDIT, fields.get("action") == Action.MOVE
    return Note(
        to_sentence(error),
        is_error=True,
        number=number if is_edit else 0,
        typed=fields.get("value", "") if is_edit else "",
        media=fields.get("media", ""),
        alt=fields.get("alt", ""),
        focus=number,
        again=_ask_again(fields) if is_move and "stays where it is" in str(error) else (),
    )


def _ask_again(fields: Form) -> tuple[tuple[str, str], ...]:
    """The same form, which overrules the rule."""
    kept = [(name, value) for name, value in fields.multi_items() if name in {"number", "value", "by", "back", "order"}]
    return (*kept, ("action", Action.MOVE.value), ("force", "yes"))


# --- a new message about a post: a person's own words and picture, looked at before they go into the outbox ---

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


# --- what an action came to, in words ---


def tell(action: Action, after: Delivery, moment: str, *, is_running: bool) -> str:
    """What an action came to, for the person who did it. `moment` is when it is due, in words."""
    who = f"{after.slug} on {after.account}"
    goes = f"It goes out {'with the next round' if after.state is State.DUE else f'on {moment}'}."
    if after.reason is Reason.ACCOUNT_BLOCKED:
        goes = f"It waits: {say_reason(after.reason, after.detail)}."
    elif after.state in {State.DUE, State.PLANNED} and not is_running:
        goes += " The daemon is not running: start it with “syndicate run”."
    kept = f"Your words for {who} are kept." if after.is_own else f"{who} is composed from the post again."
    words = {
        Action.RELEASE: f"Released {who}. {goes}",
        Action.HOLD: f"Held {who}: it waits until you release it.",
        Action.SKIP: f"Skipped {who}: it will not be sent. Its story can bring it back.",
        Action.CANCEL: f"Cancelled {who}: it will not be sent. Its story can bring it back.",
        Action.RETRY: f"Another try for {who}. {goes}",
        Action.MOVE: f"Moved {who} to {moment}.",
        Action.EDIT: kept if after.state in WAITING else f"{kept} It stays {after.state.value}.",
        Action.SETTLE_SENT: f"Noted that {who} was sent.",
        Action.SETTLE_NOT_SENT: f"Noted that {who} was not sent. {goes}",
    }
    return words[action]


_DONE: Mapping[Action, str] = {
    Action.RELEASE: "Released",
    Action.HOLD: "Held",
    Action.SKIP: "Skipped",
    Action.CANCEL: "Cancelled",
    Action.RETRY: "Another try for",
    Action.MOVE: "Moved",
    Action.EDIT: "Edited",
    Action.SETTLE_SENT: "Noted as sent:",
    Action.SETTLE_NOT_SENT: "Noted as not sent:",
}


def tell_many(action: Action, changed: int, refused: int, whys: Sequence[str]) -> str:
    """What an action on many messages came to: "Released 3 messages. 1 was refused: …"."""
    done = f"{_DONE[action]} {changed} message{'' if changed == 1 else 's'}." if changed else "Nothing was changed."
    if not refused:
        return done
    was = "1 was" if refused == 1 else f"{refused} were"
    more = f" (and {len(whys) - 2} more reasons)" if len(whys) > 3 else ""
    return f"{done} {was} refused: {' '.join(whys[:2] if more else whys)}{more}"
