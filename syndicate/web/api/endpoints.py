"""The table of everything the API does and takes: routes, rights, checks and the OpenAPI document are made of it."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache, partial
from inspect import getdoc
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, AwareDatetime, BaseModel, BeforeValidator, ConfigDict, Field, StringConstraints
from pydantic.json_schema import models_json_schema

from syndicate import __version__
from syndicate.app.app import App
from syndicate.model import Action, State
from syndicate.store.passes import Scope
from syndicate.text import drop_controls
from syndicate.web.api import answers
from syndicate.web.api import models as m

# --- what it takes: parameters and bodies ---

_MOST_WORDS, _MOST_TEXT, _MOST_URL = 200, 20_000, 2048
_NUMBER = re.compile(r"[0-9]{1,16}")
_DATE = re.compile(r"\d{4}-\d\d-\d\d[Tt ].*")


def _refuse_odd_number(value: object) -> object:
    """Python reads "1_0" and " 7 " as numbers, too; to JSON 5.0 is a whole number."""
    if isinstance(value, float) and value.is_integer():
        return int(value)
    if isinstance(value, str) and not _NUMBER.fullmatch(value):
        raise ValueError("a whole number is expected")
    return value


def _read_date(value: object) -> object:
    """Seconds since 1970 are a number to us, not a date."""
    if not isinstance(value, str) or not _DATE.fullmatch(value):
        raise ValueError("a date with time and offset is expected, as in RFC 3339")
    return datetime.fromisoformat(value.upper())


def _to_utc(value: datetime) -> datetime:
    try:
        return value.astimezone(UTC)
    except OverflowError as error:
        raise ValueError("that is too far away") from error


_Plain = BeforeValidator(_refuse_odd_number)
Number = Annotated[int, Field(ge=1, le=10**15), _Plain]
Limit = Annotated[int, Field(ge=1, le=500, description="So many at most."), _Plain]
Page = Annotated[int, Field(ge=1, le=10**6, description="Which page of so many."), _Plain]
Minutes = Annotated[int, Field(ge=-525_600, le=525_600), _Plain]
Moment = Annotated[AwareDatetime, BeforeValidator(_read_date), AfterValidator(_to_utc)]
LocalTime = Annotated[str, StringConstraints(pattern=r"^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}$")]
"""Of the site's zone, as a field for a time gives it."""
Words = Annotated[str, StringConstraints(max_length=_MOST_WORDS), AfterValidator(drop_controls)]
Name = Annotated[str, StringConstraints(min_length=1, max_length=_MOST_WORDS, pattern=r"^[^\x00-\x1f\x7f]+$")]
Text = Annotated[str, StringConstraints(max_length=_MOST_TEXT), AfterValidator(drop_controls)]
Url = Annotated[str, StringConstraints(max_length=_MOST_URL, pattern=r"^https?://[!-~]+$")]


_InText = Annotated[str, StringConstraints(pattern=r"^photo-[0-9a-f]{8}$")]
Media = Literal["", "card", "image", "photo", "none"] | _InText
_MEDIA = (
    'What goes with it: a link card, the card as a picture, the post\'s lead picture ("photo") or one of its text, as '
    "the post names them, nothing"
)


class Asked(BaseModel):
    """Parameters of the path and the query, and bodies. What nobody knows is refused: no typo is passed over."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Nothing(Asked):
    """No parameters."""


class DeliveryFilter(Asked):
    which: Literal["waiting", "needs_you", "all"] = Field(
        "waiting", description="Which of them, where no state is named."
    )
    state: State | None = Field(None, description="Only those in this state.")
    account: Words = Field("", description="Only this account's.")
    occasion: Words = Field("", description='Only of this occasion: "new", a flag, "evergreen" or "manual".')
    words: Words = Field("", description="Only where post or text hold each of these words.")
    since: Moment | None = Field(None, description="Not before this moment.")
    until: Moment | None = Field(None, description="Before this moment.")
    limit: Limit = 100
    page: Page = 1


class DeliveryNumber(Asked):
    id: Number = Field(description="The number that `syndicate queue` shows.")


class PostFilter(Asked):
    words: Words = Field("", description="Only posts that hold each of these words.")
    limit: Limit = 100
    page: Page = 1


class PostSlug(Asked):
    slug: Name = Field(description="The slug of the post.")


class AccountName(Asked):
    name: Name = Field(description="The account's name in syndicate.toml.")


class HistoryFilter(Asked):
    account: Words = Field("", description="Only this account's.")
    slug: Words = Field("", description="Only this post's.")
    before: Number | None = Field(None, description="Only lines before this one: `number` of the last line you have.")
    limit: Limit = 100


class CountsFilter(Asked):
    account: Words = Field("", description="Only this account's.")
    by: Literal["newest", "likes", "boosts", "replies", "quotes", "total"] = Field("newest", description="The order.")
    limit: Limit = 100


class Move(Asked):
    at: Moment | LocalTime | None = Field(None, description="When it is to go; without an offset in the site's zone.")
    by_minutes: Minutes | None = Field(None, description="Or how much later it is to go.")
    force: bool = Field(False, description="Overrule quiet hours, gaps and other rules of the account.")


class Many(Move):
    """One action on some messages; `at`, `by_minutes` and `force` belong to "move"."""

    action: Literal["hold", "release", "skip", "cancel", "retry", "move"]
    ids: list[Number] = Field(min_length=1, max_length=500, description="Numbers of deliveries.")
    seen: dict[Annotated[str, StringConstraints(pattern=r"^[0-9]{1,16}$")], State] = Field(
        {},
        max_length=500,
        description="In which state you saw each, by its number: what somebody decided against since is not released.",
        json_schema_extra={"additionalProperties": False},
    )


class Edit(Asked):
    text: Text = Field(description='The words to send; "" lets them be composed from the post again.')
    alt: Text | None = Field(None, description="The alt text of the picture; null keeps what is there.")
    media: Media | None = Field(None, description=f'{_MEDIA}; "" for what the account has, null keeps what is there.')


class Settle(Asked):
    url: Url | None = Field(description="Where the message is shown; null where it was not sent.")


class NewMessage(Asked):
    post: Name = Field(description="The slug of the post that it is about.")
    to: list[Name] = Field(min_length=1, max_length=100, description="Accounts.")
    text: Text = Field("", description='The words to send; "" lets them be composed from the post.')
    at: Moment | LocalTime | Literal["now", "slot"] = Field(
        "now", description='A time (without an offset in the site\'s zone), "now", or "slot": each account\'s next one.'
    )
    media: Media = Field("", description=f'{_MEDIA}; "" for what the account has.')
    alt: Text = Field("", description='The alt text of that picture; "" for its own.')
    again: bool = Field(False, description="Also where the post went to the account before.")
    key: str = Field(
        "",
        pattern="^[A-Za-z0-9_.-]{0,64}$",
        description="Your own name for this request: sent again after a timeout, it writes nothing twice.",
    )


class Measured(Asked):
    """A text for a delivery that there is, or for accounts."""

    text: Text
    delivery: Number | None = Field(None, description="Measure it as the words of this delivery.")
    post: Words = Field("", description="Else: the slug of the post that it is about, whose link may be added.")
    to: list[Name] = Field([], max_length=100, description="And the accounts.")


# --- the table ---


@dataclass(frozen=True, slots=True, kw_only=True)
class Endpoint:
    """One line of the table. `asked` holds the parameters: those that `path` names, and the query."""

    method: str
    path: str
    scope: Scope
    work: Callable[[App, Any, Any], BaseModel]
    asked: type[Asked] = Nothing
    body: type[Asked] | None = None
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
_ACT = partial(_WRITE, asked=DeliveryNumber, answer=m.DeliveryShown)


ENDPOINTS: tuple[Endpoint, ...] = (
    _READ(path="/status", work=answers.read_status, answer=m.StatusShown),
    _READ(path="/plan", work=answers.read_plan, answer=m.PlanShown),
    _READ(path="/deliveries", work=answers.list_deliveries, asked=DeliveryFilter, answer=m.DeliveryList),
    _WRITE(path="/deliveries", work=answers.write_delivery, body=NewMessage, answer=m.DeliveryList, status=201),
    _TELL(path="/preview", work=answers.preview, body=NewMessage, answer=m.Preview),
    _WRITE(path="/deliveries/many", work=answers.change_many, body=Many, answer=m.ManyChanged),
    _TELL(path="/measure", work=answers.measure, body=Measured, answer=m.Measures),
    _READ(path=_ONE, work=answers.read_delivery, asked=DeliveryNumber, answer=m.DeliveryStory),
    *(
        _ACT(path=f"{_ONE}/{action.value}", work=answers.make_action(action, words))
        for action, words in _SIMPLE.items()
    ),
    _ACT(path=f"{_ONE}/move", work=answers.move, body=Move),
    _ACT(path=f"{_ONE}/edit", work=answers.edit, body=Edit),
    _ACT(path=f"{_ONE}/settle", work=answers.settle, body=Settle),
    _READ(path="/posts", work=answers.read_posts, asked=PostFilter, answer=m.PostList),
    _READ(path="/posts/{slug}", work=answers.read_post, asked=PostSlug, answer=m.PostStory),
    _READ(path="/accounts", work=answers.read_accounts, answer=m.AccountList),
    _WRITE(path="/accounts/{name}/resume", work=answers.resume_account, asked=AccountName, answer=m.AccountList),
    _READ(path="/feeds", work=answers.read_feeds, answer=m.FeedList),
    _READ(path="/counts", work=answers.read_counts, asked=CountsFilter, answer=m.Counts),
    _READ(path="/history", work=answers.read_history, asked=HistoryFilter, answer=m.History),
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
