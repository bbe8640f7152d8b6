"""Cards are the same whoever draws them: a thread, another process, or we in its place."""

from __future__ import annotations

import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from syndicate.cards import CardContent
from syndicate.errors import ConfigError
from syndicate.model import Settings, Site, Storage
from syndicate.publish.card_renderer import MANY, CardRenderer, Order, open_renderers
from tests.cards.conftest import read_layouts
from tests.cards.corpus import draw_landscape, to_jpeg

SITE = Site(title="B", url="https://blog.example")
SETTINGS = Settings(root="/nowhere", site=SITE, storage=Storage(database="", publish_to="", cache=""))
LAYOUTS = read_layouts()
SIZE = (1200, 630)

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def orders() -> list[Order]:
    photo = to_jpeg(draw_landscape(1200, 800), 85)
    return [(CardContent(title=f"Card {number}"), photo if number % 4 == 0 else None, SIZE) for number in range(12)]


def make_renderer() -> CardRenderer:
    return CardRenderer(SETTINGS, lambda path: LAYOUTS[Path(path).stem])


def draw_all(orders: list[Order], cards: int) -> list[bytes]:
    text = "".join({letter for content, _, _ in orders for letter in content.title})
    renderer = make_renderer()
    renderer.open(text)
    with open_renderers(renderer, SETTINGS, cards, text) as draw, ThreadPoolExecutor(3) as pool:
        return [drawing.data for drawing in pool.map(draw, orders)]


@pytest.fixture(scope="module")
def alone(orders: list[Order]) -> list[bytes]:
    renderer = make_renderer()
    with renderer.decoder:
        return [renderer.draw(*order).data for order in orders]


@pytest.mark.parametrize("cards", [len("few"), MANY])
def test_the_bytes_are_the_same(
    cards: int, orders: list[Order], alone: list[bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Threads alone, or threads with other processes."""
    monkeypatch.setattr("os.sched_getaffinity", lambda _pid: range(3))
    assert draw_all(orders, cards) == alone


def test_others_do_their_share(orders: list[Order], monkeypatch: pytest.MonkeyPatch) -> None:
    """With two processes beside us at least two cards are not drawn by us."""
    drawn = []
    draw = CardRenderer.draw
    monkeypatch.setattr(CardRenderer, "draw", lambda renderer, *order: drawn.append(1) or draw(renderer, *order))
    monkeypatch.setattr("os.sched_getaffinity", lambda _pid: range(3))
    assert len(draw_all(orders, MANY)) == len(orders)
    assert len(drawn) <= len(orders) - 2


@pytest.mark.parametrize("executable", ["/nowhere/python", "/bin/false"])
def test_without_other_processes(
    executable: str, orders: list[Order], alone: list[bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where none can be started, or they die, every card is drawn all the same."""
    monkeypatch.setattr(sys, "executable", executable)
    monkeypatch.setattr("os.sched_getaffinity", lambda _pid: range(3))
    assert draw_all(orders, MANY) == alone


def test_a_card_that_fails_elsewhere_tells_why(monkeypatch: pytest.MonkeyPatch) -> None:
    """We draw it again, and so have the error with its words; the next one is drawn."""
    monkeypatch.setattr("os.sched_getaffinity", lambda _pid: range(2))
    renderer, good = make_renderer(), (CardContent(title="Good"), None, SIZE)
    with open_renderers(renderer, SETTINGS, MANY, "Good") as draw:
        for _ in range(2):
            with pytest.raises(ConfigError, match="9x9"):
                draw((CardContent(title="Bad"), None, (9, 9)))
            assert draw(good).data == make_renderer().draw(*good).data
