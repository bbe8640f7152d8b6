"""The OpenAPI document, made of the table of endpoints and the models: nothing is written a second time."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import cache
from inspect import getdoc
from typing import Any

from pydantic.json_schema import models_json_schema

from syndicate import __version__
from syndicate.store.passes import Scope
from syndicate.web.api.endpoints import ENDPOINTS, Endpoint
from syndicate.web.api.models import ProblemDetails

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
    used: list[Any] = [(ProblemDetails, "serialization")]
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
        "security": [{"token": [scope.value for scope in (one.scope,)]}],
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
    schema = {"$ref": f"#/components/schemas/{ProblemDetails.__name__}"}
    return {"description": words, "content": {"application/problem+json": {"schema": schema}}}
