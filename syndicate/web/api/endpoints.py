"""The table of everything the API does. Routes, rights and the OpenAPI document are made of it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from pydantic import BaseModel

from syndicate.app.app import App
from syndicate.model import Action
from syndicate.store.passes import Scope
from syndicate.web.api import messages, site_answers
from syndicate.web.api import models as m
from syndicate.web.api import requests as ask


@dataclass(frozen=True, slots=True, kw_only=True)
class Endpoint:
    """One line of the table. `asked` holds the parameters: those that `path` names, and the query."""

    method: str
    path: str
    scope: Scope
    work: Callable[[App, Any, Any], BaseModel]
    asked: type[ask.Asked] = ask.Nothing
    body: type[ask.Asked] | None = None
    answer: type[m.Shown]
    status: int = 200

    @property
    def name(self) -> str:
        return self.work.__name__


_SIMPLE = {
    Action.HOLD: "Keep a message until it is released.",
    Action.RELEASE: "Let a message go that waits for a person.",
    Action.SKIP: "Decide that a message is not sent; it can be released later.",
    Action.CANCEL: "Take a message back before it is sent.",
    Action.RETRY: "Try a message again at once.",
}
_ONE = "/deliveries/{id}"


def _get(
    path: str, work: Callable[..., BaseModel], answer: type[m.Shown], asked: type[ask.Asked] = ask.Nothing
) -> Endpoint:
    return Endpoint(method="GET", path=path, scope=Scope.READ, work=work, asked=asked, answer=answer)


def _act(path: str, work: Callable[..., BaseModel], body: type[ask.Asked] | None = None) -> Endpoint:
    return Endpoint(
        method="POST",
        path=path,
        scope=Scope.WRITE,
        work=work,
        asked=ask.DeliveryNumber,
        body=body,
        answer=m.DeliveryShown,
    )


ENDPOINTS: tuple[Endpoint, ...] = (
    _get("/status", site_answers.read_status, m.StatusShown),
    _get("/plan", site_answers.read_plan, m.PlanShown),
    _get("/deliveries", messages.list_deliveries, m.DeliveryList, ask.DeliveryFilter),
    Endpoint(
        method="POST",
        path="/deliveries",
        scope=Scope.WRITE,
        work=messages.write_delivery,
        body=ask.NewMessage,
        answer=m.DeliveryList,
        status=201,
    ),
    Endpoint(
        method="POST", path="/preview", scope=Scope.READ, work=messages.preview, body=ask.NewMessage, answer=m.Preview
    ),
    Endpoint(
        method="POST",
        path="/deliveries/many",
        scope=Scope.WRITE,
        work=messages.change_many,
        body=ask.Many,
        answer=m.ManyChanged,
    ),
    Endpoint(
        method="POST", path="/measure", scope=Scope.READ, work=messages.measure, body=ask.Measured, answer=m.Measures
    ),
    _get(_ONE, messages.read_delivery, m.DeliveryStory, ask.DeliveryNumber),
    *(_act(f"{_ONE}/{action.value}", messages.make_action(action, words)) for action, words in _SIMPLE.items()),
    _act(f"{_ONE}/move", messages.move, ask.Move),
    _act(f"{_ONE}/edit", messages.edit, ask.Edit),
    _act(f"{_ONE}/settle", messages.settle, ask.Settle),
    _get("/posts", site_answers.read_posts, m.PostList, ask.PostFilter),
    _get("/posts/{slug}", site_answers.read_post, m.PostStory, ask.PostSlug),
    _get("/accounts", site_answers.read_accounts, m.AccountList),
    Endpoint(
        method="POST",
        path="/accounts/{name}/resume",
        scope=Scope.WRITE,
        work=site_answers.resume_account,
        asked=ask.AccountName,
        answer=m.AccountList,
    ),
    _get("/feeds", site_answers.read_feeds, m.FeedList),
    _get("/counts", site_answers.read_counts, m.Counts, ask.CountsFilter),
    _get("/history", site_answers.read_history, m.History, ask.HistoryFilter),
)
