"""What the page about the API shows works as it is shown."""

from __future__ import annotations

import json
import re
import shlex
from collections.abc import Iterator

import httpx
import pytest

from syndicate.model import State
from syndicate.web.api import make_api
from syndicate.web.api.models import ProblemDetails
from tests.docs.generate import DOCS
from tests.web.api import make_desk, make_key, serve_api
from tests.web.desk import DELIVERY, delivery

PAGE = (DOCS / "api.md").read_text(encoding="utf-8")
EXAMPLES = re.findall(r"```sh\ncurl (.*?)\n```\n\n```json\n(.*?)\n```", PAGE, re.DOTALL)
WITH_VALUE = {"-H", "-X", "--json"}


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, str]]:
    desk = make_desk(tmp_path_factory.mktemp("site"))
    desk.put(DELIVERY, delivery(8, State.HELD, post_id="q", slug="second"))
    with serve_api(desk, make_api(desk.app, None)) as address:
        yield address.removesuffix("/api/v1"), make_key(desk)


def ask(command: str, site: str, token: str) -> httpx.Response:
    """As curl would."""
    words = shlex.split(command.replace("$SITE", site).replace("$TOKEN", token))
    given = {word: words[place + 1] for place, word in enumerate(words) if word in WITH_VALUE}
    (url,) = (word for word in words if word.startswith("http"))
    name, _, value = given["-H"].partition(": ")
    headers = {name: value, **({"Content-Type": "application/json"} if "--json" in given else {})}
    method = given.get("-X", "POST" if "--json" in given else "GET")
    return httpx.request(method, url, headers=headers, content=given.get("--json", ""))


@pytest.mark.parametrize(("command", "shown"), EXAMPLES)
def test_an_example_is_answered_as_it_says(place: tuple[str, str], command: str, shown: str) -> None:
    """A reader who types it gets that kind of answer."""
    answer = ask(command, *place)
    assert answer.is_success, answer.text
    assert is_part(json.loads(shown), answer.json()), answer.text


def is_part(shown: object, answer: object) -> bool:
    """Whether each name that is shown is there, with a value of the same kind; texts and numbers may be others."""
    if isinstance(shown, dict) and isinstance(answer, dict):
        return all(name in answer and is_part(value, answer[name]) for name, value in shown.items())
    if isinstance(shown, list) and isinstance(answer, list):
        return not shown or (bool(answer) and is_part(shown[0], answer[0]))
    return type(shown) is type(answer)


def test_the_page_shows_a_problem_as_it_is() -> None:
    """With every member that there is."""
    (shown,) = re.findall(r'```json\n(\{"type".*?)\n```', PAGE)
    assert set(json.loads(shown)) == set(ProblemDetails.model_fields)
    assert len(EXAMPLES) >= 4
