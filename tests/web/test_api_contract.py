"""The API keeps to its OpenAPI document, whatever is asked of it: schemathesis makes up the requests."""

from __future__ import annotations

from collections.abc import Iterator
from importlib import import_module
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings

from syndicate.model import State
from syndicate.web.api import Rate, make_api
from tests.web.api import CONTRACTED, make_desk, make_key, serve_api
from tests.web.desk import delivery

pytestmark = [pytest.mark.slow, pytest.mark.filterwarnings("ignore::DeprecationWarning")]


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, str]]:
    """The address of an API without a limit of requests, and a token for everything."""
    desk = make_desk(tmp_path_factory.mktemp("site"))
    states = (State.PLANNED, State.HELD, State.FAILED, State.UNCERTAIN, State.SENT)
    desk.put(*(delivery(n, state, post_id=f"p{n}", slug=f"post-{n}") for n, state in enumerate(states, 1)))
    with serve_api(desk, make_api(desk.app, None, Rate(most=1e9))) as address:
        yield address, make_key(desk)


@pytest.mark.parametrize("name", CONTRACTED)
def test_an_operation_keeps_to_the_document(place: tuple[str, str], name: str) -> None:
    """Valid requests are served, invalid ones refused, answers have their shape, nothing breaks, nobody sneaks in."""
    schemathesis = import_module("schemathesis")
    address, key = place
    schema = schemathesis.openapi.from_url(f"{address}/openapi.json")
    schema.config.generation.update(modes=list(schemathesis.GenerationMode))
    operation = schema.find_operation_by_id(name)

    @given(case=operation.as_strategy())
    @settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck), database=None, derandomize=True)
    def ask(case: Any) -> None:
        case.call_and_validate(base_url=address, headers={"Authorization": f"Bearer {key}"})

    ask()
