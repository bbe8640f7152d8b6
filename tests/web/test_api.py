"""The API on a real site: who may do what, and what each action comes to."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from zoneinfo import ZoneInfo

import httpx
import pytest
from starlette.routing import BaseRoute, Mount

from syndicate.app.queue import choose_time
from syndicate.model import State
from syndicate.store.passes import Scope
from syndicate.web import API_PLACES, Health, make_app
from syndicate.web.api import Rate, make_api
from syndicate.web.api.endpoints import ENDPOINTS, make_document
from syndicate.web.dashboard import make_dashboard, open_door
from syndicate.web.dashboard.sessions import make_token
from tests.web.api import make_desk, make_key, serve_api
from tests.web.browsing import enter
from tests.web.desk import DELIVERY, NOW, Desk, delivery, find_token, sent
from tests.web.serving import everything, serving

HEALTH = Health(lambda: (), lambda: "", "a-token-of-metrics")
PLACES = [(one.method, one.path.format(id=7, slug="hello", name="timeline"), one.scope) for one in ENDPOINTS]


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Desk, str]]:
    """A desk with one post, and the address of its API, which stands beside the dashboard."""
    desk = make_desk(tmp_path_factory.mktemp("site"))
    door = open_door(desk.app, listening="127.0.0.1", password="")
    assert door is not None
    with serve_api(desk, make_api(desk.app, door, Rate(most=1e9)), make_dashboard(desk.app, door)) as address:
        yield desk, address


@pytest.fixture
def desk(place: tuple[Desk, str]) -> Desk:
    desk, _ = place
    desk.begin_another_day()
    with desk.app.borrow() as site:
        site.store.forget_passes()
    return desk


@pytest.fixture
def client(place: tuple[Desk, str], desk: Desk) -> Iterator[httpx.Client]:
    key = make_key(desk)
    with httpx.Client(base_url=place[1], headers={"Authorization": f"Bearer {key}"}) as client:
        yield client


def test_each_route_refuses_without_a_token_or_session(place: tuple[Desk, str], desk: Desk) -> None:
    """Nobody, a guess, a cookie of nobody's, a revoked and an ended token: all are asked for a token."""
    key, ended = make_key(desk, "gone"), "syn_" + "A" * 43
    with desk.app.borrow() as site:
        site.store.revoke_token("gone")
    cases = ({}, {"Authorization": f"Bearer {key}"}, {"Authorization": f"Bearer {ended}"}, {"Cookie": "syndicate=1"})
    with httpx.Client(base_url=place[1]) as client:
        for method, path, _ in PLACES:
            for headers in cases:
                answer = client.request(method, path, headers=headers)
                assert (answer.status_code, answer.json()["status"]) == (401, 401), (method, path)
                assert answer.headers["www-authenticate"].startswith("Bearer")
                assert answer.headers["content-type"] == "application/problem+json"
        assert client.get("/openapi.json").status_code == 200
    assert desk.states() == {7: "planned"}


def list_routes(routes: Iterable[BaseRoute], before: str = "") -> Iterator[tuple[str, str]]:
    """Methods and paths of a whole server, whatever is mounted in it."""
    for route in routes:
        if isinstance(route, Mount):
            inner = getattr(route.app, "_app", route.app)
            yield from list_routes(inner.routes, before + route.path)
        else:
            yield from ((method, before + route.path) for method in sorted(route.methods - {"HEAD"}))


PUBLIC = {
    *((method, path) for method in ("GET", "OPTIONS") for path in ("/", "/feeds", "/feeds/{path:path}")),
    ("GET", "/healthz"),
    ("GET", "/dashboard"),
    *(("GET", f"/dashboard/{path}") for path in ("login", "enter", "back", "desk.css", "desk.js")),
    ("POST", "/dashboard/login"),
    *(("GET", f"{place}/openapi.json") for place in API_PLACES),
}


def test_no_route_of_the_whole_server_is_forgotten(tmp_path: Path) -> None:
    """Whoever adds one finds it refused to strangers, or says here that it is for everybody."""
    desk = make_desk(tmp_path)
    door = open_door(desk.app, listening="127.0.0.1", password="")
    parts = {"api": make_api(desk.app, door), "dashboard": make_dashboard(desk.app, door), "health": HEALTH}
    whole = make_app(str(tmp_path), desk.app.settings, is_published=everything, **parts)
    open_to_all = set()
    with desk.app, serving(whole) as address, httpx.Client(base_url=address, headers={"Origin": address}) as client:
        for method, path in list_routes(whole.app.routes):
            filled = re.sub(r"{(\w+)(:\w+)?}", lambda name: {"number": "7", "id": "7"}.get(name[1], "timeline"), path)
            answer = client.request(method, filled)
            is_led_away = (answer.status_code, answer.headers.get("location")) == (303, "/dashboard/login")
            if answer.status_code not in {401, 403} and not is_led_away:
                open_to_all.add((method, path))
    assert open_to_all == PUBLIC
    assert desk.states() == {7: "planned"}


def test_a_token_does_what_its_scopes_say(place: tuple[Desk, str], desk: Desk) -> None:
    """Reading alone changes nothing, writing alone tells nothing."""
    keys = {scope: make_key(desk, scope.value, scope) for scope in Scope}
    with httpx.Client(base_url=place[1]) as client:
        for method, path, scope in PLACES:
            other = Scope.READ if scope is Scope.WRITE else Scope.WRITE
            answer = client.request(method, path, headers={"Authorization": f"Bearer {keys[other]}"})
            assert answer.status_code == 403, (method, path)
            assert f'scope="{scope.value}"' in answer.headers["www-authenticate"]
    assert desk.states() == {7: "planned"}


def test_a_token_ends_at_its_time(place: tuple[Desk, str], desk: Desk) -> None:
    """From the moment it names, and not before."""
    with desk.app.borrow() as site:
        _, key = make_token(site, "short", (Scope.READ,), desk.at, desk.at + timedelta(days=1))
    asked = {"Authorization": f"Bearer {key}"}
    assert httpx.get(f"{place[1]}/feeds", headers=asked).status_code == 200
    desk.at += timedelta(days=1)
    assert httpx.get(f"{place[1]}/feeds", headers=asked).status_code == 401


def test_a_session_reads_and_changes_with_the_token_of_its_forms(place: tuple[Desk, str], desk: Desk) -> None:
    """The dashboard's own scripts need no token of their own; another site's page gets nowhere."""
    origin = place[1].removesuffix("/api/v1")
    with httpx.Client(base_url=f"{origin}/dashboard") as client:
        enter(client, desk)
        token = find_token(client.get("/list").text)
        own = {"Origin": origin, "X-Syndicate-Token": token}
        assert client.get("/api/v1/deliveries").json()["total"] == 1
        assert client.get("/api/v1/deliveries", headers={"Sec-Fetch-Site": "cross-site"}).status_code == 403
        for headers in (
            {},
            {"Origin": origin},
            own | {"Origin": "https://evil.example"},
            own | {"Host": "evil.example"},
        ):
            assert client.post("/api/v1/deliveries/7/hold", headers=headers).status_code == 403
        assert desk.states() == {7: "planned"}
        assert client.post("/api/v1/deliveries/7/hold", headers=own).json()["state"] == "held"


def test_too_many_requests_wait(desk: Desk) -> None:
    """Each caller has as many at once as it saved up, and gets them back with time; strangers share nothing with it."""
    clock = SimpleNamespace(now=0.0)
    rate = Rate(most=3, a_second=0.5, clock=lambda: clock.now)
    assert [rate.take("a") for _ in range(4)] == [0, 0, 0, 2.0]
    assert rate.take("b") == 0
    clock.now = 2.0
    assert [rate.take("a"), rate.take("a")] == [0, 2.0]
    for number in range(1500):
        clock.now += 10
        rate.take(f"stranger {number}")
    assert len(rate._buckets) < 1100
    with serve_api(desk, make_api(desk.app, None, Rate(most=2))) as address:
        answers = [httpx.get(f"{address}/status") for _ in range(3)]
    assert [one.status_code for one in answers] == [401, 401, 429]
    assert answers[-1].headers["retry-after"] == "1"


ACTIONS = [
    (State.PLANNED, "hold", None, "held"),
    (State.HELD, "release", None, "planned"),
    (State.HELD, "skip", None, "skipped"),
    (State.PLANNED, "cancel", None, "cancelled"),
    (State.FAILED, "retry", None, "due"),
    (State.PLANNED, "move", {"at": "2199-01-05T09:00:00+01:00"}, "planned"),
    (State.PLANNED, "move", {"at": "2199-01-05T09:00"}, "planned"),
    (State.PLANNED, "move", {"by_minutes": 90}, "planned"),
    (State.PLANNED, "edit", {"text": "My words."}, "planned"),
    (State.PLANNED, "edit", {"text": "", "alt": "A hill.", "media": "none"}, "planned"),
    (State.UNCERTAIN, "settle", {"url": "https://social.example/1"}, "sent"),
    (State.UNCERTAIN, "settle", {"url": None}, "due"),
]


@pytest.mark.parametrize(("before", "action", "body", "after"), ACTIONS)
def test_an_action_does_what_the_dashboards_button_does(
    client: httpx.Client, desk: Desk, before: State, action: str, body: object, after: str
) -> None:
    """And its trail tells of it."""
    desk.put(delivery(7, before, due_at=desk.at + timedelta(hours=14)))
    answer = client.post(f"/deliveries/7/{action}", json=body)
    assert (answer.status_code, answer.json()["state"]) == (200, after), answer.text
    assert desk.states() == {7: after}
    assert client.get("/deliveries/7").json()["history"][-1]["state"] == after


REFUSED = [
    ("POST", "/deliveries/9/hold", None, 409, "is sent"),
    ("POST", "/deliveries/1/hold", None, 404, "no delivery 1"),
    ("POST", "/deliveries/7/move", {"at": "1999-01-01T00:00:00Z"}, 409, "lies in the past"),
    ("POST", "/deliveries/7/move", {"at": "0001-01-01T00:00:00+14:00"}, 422, ""),
    ("POST", "/deliveries/7/move", {"at": 4e9}, 422, ""),
    ("POST", "/deliveries/7/move", {"at": "2199-01-05 09:00"}, 422, ""),
    ("POST", "/deliveries/7/move", {"at": "2199-02-30T09:00"}, 409, "is not a time"),
    ("POST", "/deliveries/7/edit", {"text": "", "media": "photo-x"}, 422, ""),
    ("POST", "/deliveries/7/move", {"at": "9999-12-31T23:59:59Z"}, 409, "too far away"),
    ("POST", "/deliveries/7/move", {}, 409, "Say when"),
    ("POST", "/deliveries/7/edit", {"text": "long " * 200}, 409, "too long"),
    ("POST", "/deliveries/7/edit", {"text": 5}, 422, ""),
    ("POST", "/deliveries/7/edit", {"text": "", "txet": ""}, 422, ""),
    ("POST", "/deliveries", {"post": "hello", "to": ["nobody"]}, 409, "no account"),
    ("POST", "/deliveries", {"post": "nothing", "to": ["timeline"]}, 404, "no post"),
    ("GET", "/deliveries?limit=1_0", None, 422, ""),
    ("GET", "/deliveries?limit=1&limit=2", None, 422, ""),
    ("GET", "/deliveries/7?id=9", None, 422, ""),
    ("GET", "/posts/nothing", None, 404, "nothing"),
    ("DELETE", "/deliveries", None, 405, ""),
    ("GET", "/nowhere", None, 404, ""),
    ("GET", "/posts/a%0Ab", None, 404, ""),
    ("GET", "/now%0Ahere", None, 404, ""),
]


@pytest.mark.parametrize(("method", "path", "body", "status", "words"), REFUSED)
def test_what_cannot_be_done_is_a_problem_document(
    client: httpx.Client, desk: Desk, method: str, path: str, body: object, status: int, words: str
) -> None:
    """RFC 9457, with the sentence that a person would read, and nothing is changed."""
    desk.put(DELIVERY, sent(9, "https://social.example/9", post_id="q", slug="other"))
    answer = client.request(method, path, json=body)
    problem = answer.json()
    assert (answer.status_code, problem["status"]) == (status, status), answer.text
    assert words in problem["detail"]
    assert answer.headers["content-type"] == "application/problem+json"
    assert bool(problem["errors"]) == (status == 422)
    assert desk.states() == {7: "planned", 9: "sent"}


def test_bodies_are_small_json(client: httpx.Client) -> None:
    """A form of another site is none, and nobody fills the memory."""
    form = client.post("/deliveries/7/edit", data={"text": "x"})
    large = client.post("/deliveries/7/edit", json={"text": "x" * 70_000})
    broken = client.post(
        "/deliveries/7/edit", content=b'{"text": "\\ud800"}', headers={"Content-Type": "application/json"}
    )
    assert [one.status_code for one in (form, large, broken)] == [415, 413, 422]


def test_the_outbox_is_filtered_and_paged(client: httpx.Client, desk: Desk) -> None:
    """By what is asked for, in pages that add up to the whole."""
    rows = [
        delivery(n, State.HELD, post_id=f"p{n}", slug=f"s{n}", due_at=NOW + timedelta(hours=n)) for n in range(1, 6)
    ]
    desk.put(*rows, sent(9, "https://social.example/9", post_id="q", slug="other"))

    def ask(**query: object) -> list[int]:
        return [one["id"] for one in client.get("/deliveries", params=query).raise_for_status().json()["deliveries"]]

    assert ask() == [1, 2, 3, 4, 5]
    assert sorted(ask(which="all")) == [1, 2, 3, 4, 5, 9]
    assert ask(state="sent") == [9]
    assert ask(which="needs_you", until=(NOW + timedelta(hours=2)).isoformat()) == [1]
    assert ask(since=(NOW + timedelta(hours=4)).isoformat()) == [4, 5]
    assert [ask(limit=2, page=page) for page in (1, 2, 3, 4)] == [[1, 2], [3, 4], [5], []]
    assert ask(account="nobody") == []
    assert ask(words="s3") == [3]


def test_many_are_changed_at_once(client: httpx.Client, desk: Desk) -> None:
    """Each on its own: what cannot be done says why by its number, and keeps none of the others."""
    rows = [
        delivery(n, State.PLANNED, post_id=f"p{n}", slug=f"s{n}", due_at=desk.at + timedelta(days=n)) for n in (1, 2)
    ]
    desk.put(*rows, sent(9, "https://social.example/9", post_id="q", slug="other"))

    def ask(**body: object) -> tuple[list[int], list[int]]:
        told = client.post("/deliveries/many", json=body).raise_for_status().json()
        return [one["id"] for one in told["changed"]], [one["id"] for one in told["refused"]]

    assert ask(action="hold", ids=[1, 9, 2, 1, 404]) == ([1, 2], [9, 404])
    assert desk.states() == {1: "held", 2: "held", 9: "sent"}
    assert ask(action="move", ids=[1, 2, 404], by_minutes=1440) == ([2, 1], [404])
    assert client.get("/deliveries/2").json()["due_at"] == f"{desk.at + timedelta(days=3):%Y-%m-%dT%H:%M:%SZ}"
    assert ask(action="release", ids=[1, 2]) == ([1, 2], [])
    told = client.post("/deliveries/many", json={"action": "hold", "ids": [1, 9]}).json()["told"]
    assert told.startswith("Held 1 message. 1 was refused: Delivery 9 is sent")
    assert client.post("/deliveries/many", json={"action": "hold", "ids": [2]}).json()["told"].startswith("Held s2 on")
    for body in ({"action": "move", "ids": [1]}, {"action": "hold", "ids": [1], "force": True}):
        assert client.post("/deliveries/many", json=body).status_code == 409
    for body in ({"action": "settle_sent", "ids": [1]}, {"action": "hold", "ids": []}, {"action": "hold"}):
        assert client.post("/deliveries/many", json=body).status_code == 422


def test_a_thread_is_moved_once_however_many_of_its_parts_are_chosen(client: httpx.Client, desk: Desk) -> None:
    """All parts stay together, and each counts as done; so it is with every action on a thread."""
    at = desk.at + timedelta(hours=14)
    parts = [delivery(number, State.PLANNED, part=number, due_at=at) for number in (1, 2, 3)]
    desk.put(*parts, delivery(4, State.PLANNED, post_id="q", slug="other", due_at=at))
    wish = {"action": "move", "ids": [3, 1, 2, 4], "by_minutes": 60, "force": True}
    assert client.post("/deliveries/many", json=wish).json()["told"] == "Moved 4 messages."
    rows = desk.app._site.store.list_deliveries()
    assert {row.due_at for row in rows} == {at + timedelta(hours=1)}
    for action, after in (("hold", State.HELD), ("release", State.PLANNED), ("retry", State.DUE)):
        answer = client.post("/deliveries/many", json={"action": action, "ids": [1, 2, 3]}).json()
        assert ([one["state"] for one in answer["changed"]], answer["refused"]) == ([after] * 3, [])


def test_what_somebody_cancelled_meanwhile_is_not_released(client: httpx.Client, desk: Desk) -> None:
    """By whoever still sees it as held; the others are."""
    desk.put(delivery(7, State.CANCELLED), delivery(8, State.HELD, post_id="q", slug="other"))
    seen = {"7": "held", "8": "held"}
    answer = client.post("/deliveries/many", json={"action": "release", "ids": [7, 8], "seen": seen}).json()
    assert answer["refused"][0]["detail"] == "Delivery 7 was cancelled meanwhile"
    assert desk.states() == {7: "cancelled", 8: "due"}


def test_no_message_is_lost_where_many_write_at_once(client: httpx.Client, desk: Desk) -> None:
    """Each gets its own number and keeps its own words."""
    asked = {"post": "hello", "to": ["timeline"], "at": "2198-12-24T10:00", "again": True}
    with ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(lambda n: client.post("/deliveries", json={**asked, "text": f"Words {n}"}), range(4)))
    said = [one.json()["deliveries"][0]["text"].partition("\n")[0] for one in answers]
    assert said == [f"Words {number}" for number in range(4)]
    kept = [row.text.partition("\n")[0] for row in desk.app._site.store.list_deliveries() if row.text]
    assert sorted(kept) == said


def test_a_request_with_a_key_is_one_message(client: httpx.Client, desk: Desk) -> None:
    """Sent again, also at the same moment: each answer shows the same message. Another key is another one."""
    asked = {"post": "hello", "to": ["timeline"], "at": "2198-12-24T10:00", "again": True, "text": "Hi", "key": "a-1"}
    with ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(lambda _: client.post("/deliveries", json=asked), range(4)))
    assert {one.status_code for one in answers} == {201}
    assert len({one.json()["deliveries"][0]["id"] for one in answers}) == 1
    assert len(desk.states()) == 2
    client.post("/deliveries", json={**asked, "key": "a-2"})
    assert len(desk.states()) == 3


def test_a_request_with_a_key_moves_a_message_once(client: httpx.Client, desk: Desk) -> None:
    """What a person did to the message since then stays, however often the request is sent again."""
    number = desk.app._site.store.list_deliveries(account="timeline")[0].id
    asked = {"post": "hello", "to": ["timeline"], "at": "2199-12-24T10:00", "text": "Hi", "key": "b-1"}
    first = client.post("/deliveries", json=asked).json()["deliveries"][0]
    assert (first["id"], first["due_at"][:4]) == (number, "2199")
    client.post(f"/deliveries/{number}/move", json={"at": "2197-12-24T10:00", "force": True})
    client.post(f"/deliveries/{number}/hold")
    again = client.post("/deliveries", json=asked).json()["deliveries"]
    assert [(one["id"], one["state"], one["due_at"][:4]) for one in again] == [(number, "held", "2197")]


def test_a_day_later_is_the_same_time_of_day(desk: Desk) -> None:
    """Also where the clock is set back between; hours are hours."""
    zone = ZoneInfo("Europe/Berlin")
    at = datetime(2027, 10, 30, 9, tzinfo=zone)  # the day before it is
    desk.put(delivery(7, State.PLANNED, due_at=at.astimezone(UTC)))
    with desk.app.borrow() as own:
        site = SimpleNamespace(store=own.store, settings=SimpleNamespace(site=SimpleNamespace(timezone=zone.key)))
        day, hours = (
            choose_time(site, 7, "", by, desk.at, is_forced=True).astimezone(zone)
            for by in (timedelta(days=1), timedelta(hours=25))
        )
    assert (day.isoformat(), hours.isoformat()) == ("2027-10-31T09:00:00+01:00", "2027-10-31T09:00:00+01:00")


def test_a_text_is_measured(client: httpx.Client, desk: Desk) -> None:
    """As the words of a message, or for accounts; too long is told, not refused."""
    one = client.post("/measure", json={"text": "Hello.", "delivery": 7}).json()["counts"]
    assert one == [{"account": "timeline", "count": 6, "limit": 500, "excess": ""}]
    two = client.post("/measure", json={"text": "long " * 200, "post": "hello", "to": ["timeline"]}).json()["counts"]
    assert two[0]["count"] > 500
    assert "of 500 characters" in two[0]["excess"]
    assert client.post("/measure", json={"text": "", "to": ["nobody"]}).status_code == 409
    assert client.post("/measure", json={"text": "", "delivery": 404}).status_code == 404


def test_a_text_for_a_post_that_is_gone_is_refused_not_broken(client: httpx.Client, desk: Desk) -> None:
    desk.put(delivery(7, State.HELD, post_id="gone", slug="gone", message=None))
    assert client.post("/measure", json={"text": "", "delivery": 7}).status_code == 409


def test_a_new_message_is_previewed_and_written(client: httpx.Client, desk: Desk) -> None:
    """The preview stores nothing and says what the message will say."""
    asked = {"post": "hello", "to": ["timeline"], "text": "My own words.", "again": True, "at": "2199-01-05T09:00:00Z"}
    seen = client.post("/preview", json=asked).json()["messages"]
    assert desk.states() == {7: "planned"}
    written = client.post("/deliveries", json=asked)
    assert written.status_code == 201
    (one,) = written.json()["deliveries"]
    assert (one["text"], one["due_at"]) == (seen[0]["text"], "2199-01-05T09:00:00Z")
    assert one["text"].startswith("My own words.")
    assert len(desk.states()) == 2


def test_the_site_is_told(client: httpx.Client) -> None:
    """Status, plan, posts, accounts, feeds and history answer with what the pages show."""
    assert client.get("/status").json()["counts"] == {"planned": 1}
    assert [one["title"] for one in client.get("/posts").json()["posts"]] == ["Hello"]
    assert client.get("/posts/hello").json()["deliveries"][0]["id"] == 7
    assert client.get("/accounts").json()["accounts"][0]["messages"] == {"planned": 1}
    assert client.get("/plan").json()["waiting"][0]["post"] == "hello"
    assert client.post("/accounts/timeline/resume").status_code == 200
    client.post("/deliveries/7/hold")
    assert client.get("/history").json()["lines"][0]["delivery"] == 7
    assert client.get("/history", params={"before": 1}).json() == {"lines": []}


def test_the_document_describes_every_route_and_nothing_else() -> None:
    """It is made of the table: names are unique, references lead somewhere, each answer has its shape."""
    document = make_document()
    described = {(method.upper(), path) for path, methods in document["paths"].items() for method in methods}
    assert described == {(one.method, one.path) for one in ENDPOINTS}
    assert len({one.name for one in ENDPOINTS}) == len(ENDPOINTS)
    schemas = document["components"]["schemas"]
    for name in str(document).split("#/components/schemas/")[1:]:
        assert name.split("'")[0] in schemas


def test_what_nobody_foresaw_is_a_problem_without_entrails(client: httpx.Client, desk: Desk) -> None:
    """A clock that fails stands for it."""
    at, desk.at = desk.at, None  # type: ignore[assignment]
    answer = client.get("/status")
    desk.at = at
    assert (answer.status_code, answer.json()["detail"]) == (500, "Something broke.")
    assert answer.headers["content-type"] == "application/problem+json"
