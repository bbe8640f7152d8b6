"""The table of everything the API does: routes and rights are made of it, and the OpenAPI document below it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import cache, partial
from inspect import getdoc
from typing import Any

from pydantic import BaseModel
from pydantic.json_schema import models_json_schema

from syndicate import __version__
from syndicate.app.app import App
from syndicate.model import Action
from syndicate.store.passes import Scope
from syndicate.web.api import answers
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

_READ = partial(Endpoint, method="GET", scope=Scope.READ)
_TELL = partial(Endpoint, method="POST", scope=Scope.READ)
"""For what changes nothing, and is asked with a body."""
_WRITE = partial(Endpoint, method="POST", scope=Scope.WRITE)
_ACT = partial(_WRITE, asked=ask.DeliveryNumber, answer=m.DeliveryShown)


ENDPOINTS: tuple[Endpoint, ...] = (
    _READ(path="/status", work=answers.read_status, answer=m.StatusShown),
    _READ(path="/plan", work=answers.read_plan, answer=m.PlanShown),
    _READ(path="/deliveries", work=answers.list_deliveries, asked=ask.DeliveryFilter, answer=m.DeliveryList),
    _WRITE(path="/deliveries", work=answers.write_delivery, body=ask.NewMessage, answer=m.DeliveryList, status=201),
    _TELL(path="/preview", work=answers.preview, body=ask.NewMessage, answer=m.Preview),
    _WRITE(path="/deliveries/many", work=answers.change_many, body=ask.Many, answer=m.ManyChanged),
    _TELL(path="/measure", work=answers.measure, body=ask.Measured, answer=m.Measures),
    _READ(path=_ONE, work=answers.read_delivery, asked=ask.DeliveryNumber, answer=m.DeliveryStory),
    *(
        _ACT(path=f"{_ONE}/{action.value}", work=answers.make_action(action, words))
        for action, words in _SIMPLE.items()
    ),
    _ACT(path=f"{_ONE}/move", work=answers.move, body=ask.Move),
    _ACT(path=f"{_ONE}/edit", work=answers.edit, body=ask.Edit),
    _ACT(path=f"{_ONE}/settle", work=answers.settle, body=ask.Settle),
    _READ(path="/posts", work=answers.read_posts, asked=ask.PostFilter, answer=m.PostList),
    _READ(path="/posts/{slug}", work=answers.read_post, asked=ask.PostSlug, answer=m.PostStory),
    _READ(path="/accounts", work=answers.read_accounts, answer=m.AccountList),
    _WRITE(path="/accounts/{name}/resume", work=answers.resume_account, asked=ask.AccountName, answer=m.AccountList),
    _READ(path="/feeds", work=answers.read_feeds, answer=m.FeedList),
    _READ(path="/counts", work=answers.read_counts, asked=ask.CountsFilter, answer=m.Counts),
    _READ(path="/history", work=answers.read_history, asked=ask.HistoryFilter, answer=m.History),
)

# --- the OpenAPI document, made of the table and the models: nothing is written a second time ---

_PROBLEMS = {
    "401": "No token, or one that does not pass.",
    "403": "The token does not allow it.",
    "404": "There is nothing of that name or number.",
    "409": "It cannot be done as things are; `detail` says why.",
    "422": "The request is not as this document says; `errors` says where.",
    "429": "Too many requests; `Retry-After` says when to come back.",
    "500": "Something broke; the log says what.",
    "503": "The state cannot be used now.",
}
Schema = dict[str, Any]


@cache
def make_document() -> Schema:
    """OpenAPI 3.1."""
    models, schemas = _make_schemas(ENDPOINTS)
    paths: dict[str, Schema] = {}
    for one in ENDPOINTS:
        paths.setdefault(one.path, {})[one.method.lower()] = _describe(one, models)
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "syndicate",
            "version": __version__,
            "description": "The outbox, posts, accounts and feeds of one site. Moments are RFC 3339, in UTC.",
        },
        "servers": [{"url": "/api/v1"}],
        "security": [{"token": []}],
        "paths": paths,
        "components": {
            "schemas": {name: schema for name, schema in schemas.items() if name not in _list_asked()},
            "responses": {code: _describe_problem(words) for code, words in _PROBLEMS.items()},
            "securitySchemes": {
                "token": {
                    "type": "http",
                    "scheme": "bearer",
                    "description": "`syndicate token make NAME`, with `--write` for what changes something.",
                }
            },
        },
    }


def _make_schemas(endpoints: Iterable[Endpoint]) -> tuple[Mapping[Any, Schema], Mapping[str, Schema]]:
    """A schema, or the reference to one, for each model by its use, and those that are referred to by name."""
    used: list[Any] = [(m.ProblemDetails, "serialization")]
    for one in endpoints:
        used += [(one.asked, "validation"), (one.answer, "serialization")]
        used += [(one.body, "validation")] if one.body else []
    found, root = models_json_schema(list(dict.fromkeys(used)), ref_template="#/components/schemas/{model}")
    return found, root["$defs"]


def _list_asked() -> set[str]:
    """Models that stand in the document as parameters."""
    return {one.asked.__name__ for one in ENDPOINTS}


def _describe(one: Endpoint, models: Mapping[Any, Schema]) -> Schema:
    words = " ".join((getdoc(one.work) or "").split())
    summary = words.split(". ")[0].rstrip(".")
    described: Schema = {
        "operationId": one.name,
        "summary": summary,
        "description": f"{words} (scope: {one.scope.value})",
        "tags": [one.path.split("/")[1]],
        "security": [{"token": [one.scope.value]}],
        "responses": {str(one.status): _describe_answer(models[one.answer, "serialization"]), **_list_problems(one)},
    }
    if parameters := _list_parameters(one):
        described["parameters"] = parameters
    if one.body:
        schema = models[one.body, "validation"]
        described["requestBody"] = {"required": True, "content": {"application/json": {"schema": schema}}}
    return described


def _list_parameters(one: Endpoint) -> list[Schema]:
    schema = one.asked.model_json_schema(ref_template="#/components/schemas/{model}")
    needed = schema.get("required", ())
    return [
        {
            "name": name,
            "in": "path" if f"{{{name}}}" in one.path else "query",
            "required": name in needed,
            "description": inner.pop("description", ""),
            "schema": inner,
        }
        for name, inner in schema.get("properties", {}).items()
    ]


def _list_problems(one: Endpoint) -> Schema:
    codes = [code for code in _PROBLEMS if code != "409" or one.scope is Scope.WRITE or one.body]
    codes = [code for code in codes if code != "404" or "{" in one.path or one.body]
    return {code: {"$ref": f"#/components/responses/{code}"} for code in codes}


def _describe_answer(schema: Schema) -> Schema:
    return {"description": "Done.", "content": {"application/json": {"schema": schema}}}


def _describe_problem(words: str) -> Schema:
    schema = {"$ref": f"#/components/schemas/{m.ProblemDetails.__name__}"}
    return {"description": words, "content": {"application/problem+json": {"schema": schema}}}
