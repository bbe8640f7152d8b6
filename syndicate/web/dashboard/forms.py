"""The forms of the dashboard: each action checked, carried out, told, and answered with a redirect."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import timedelta
from zoneinfo import ZoneInfo

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response

from syndicate.app.app import App
from syndicate.app.dashboard import list_burst
from syndicate.app.queue import BulkAction, Outcome, carry_out
from syndicate.errors import SyndicateError, UsageError
from syndicate.model import ACTIONS, Action, State
from syndicate.web.dashboard.middleware import Form, go, read_form, to_sentence
from syndicate.web.dashboard.rows import is_address, tell, tell_many, to_moment
from syndicate.web.dashboard.sessions import Note, Notes

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
        moment = to_moment(done.changed[0].due_at, ZoneInfo(app.settings.site.timezone), app.now())
        return tell(bulk.action, done.changed[0], moment, is_running=is_running)
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
