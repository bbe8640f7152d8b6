"""kill -9 of `syndicate publish` at its steps, and what the next publication makes of it."""

from __future__ import annotations

import gzip
import re
import shutil
import signal
from collections.abc import Callable
from multiprocessing import get_context
from pathlib import Path

import pytest

from tests.faults.site import forget_place
from tests.faults.trapped import Orders, run_trapped
from tests.journeys.blog import CONFIG
from tests.publish.house import House

pytestmark = pytest.mark.slow

PATIENCE = 60
"""Seconds after which a publication counts as stuck; a healthy machine needs less than one."""
WAYS = 12
"""How many of its steps a publication is killed at, evenly from the first to the last."""


def publish_until(blog: House, step: int) -> int:
    """`syndicate publish` in a process that dies before its step; returns how it ended."""
    steps = blog.root / "steps"
    steps.unlink(missing_ok=True)
    words = ("--config", str(blog.config), "publish")
    orders = Orders(words, blog.environment(), steps, blog.root / "said", step)
    context = get_context("forkserver")
    context.set_forkserver_preload(["tests.faults.trapped"])
    victim = context.Process(target=run_trapped, args=(orders,))
    victim.start()
    victim.join(PATIENCE)
    code = victim.exitcode
    if code is None:
        victim.kill()
        victim.join(PATIENCE)
    return -1 if code is None else code


def prepare_first(blog: House) -> None:
    """Nothing was published yet."""
    for slug in ("first", "second"):
        blog.write(slug, category="Garden")


def prepare_change(blog: House) -> None:
    """Posts came, went and changed, and so did the site's own page, since the last publication."""
    prepare_first(blog)
    blog.write("leaving", featured=True)
    pages = blog.root / "templates" / "pages"
    pages.mkdir(parents=True)
    (pages / "index.html").write_text("<title>{{ latest|length }}</title>", encoding="utf-8")
    blog.run("publish")
    (blog.posts / "leaving.md").unlink()
    blog.write("first", title="Changed", category="Garden", body="More.\n" * 300)
    blog.write("third")
    (pages / "index.html").write_text("<title>{{ latest|length }} posts</title>", encoding="utf-8")


_MOMENT = re.compile(rb"\d{4}-\d\d-\d\dT[\d:.]+(?:Z|\+00:00)|\w{3}, \d\d \w{3} \d{4} [\d:]+")
SITUATIONS: dict[str, Callable[[House], None]] = {"the first": prepare_first, "a later": prepare_change}


class Model:
    """A site before its publication, what it comes to when nobody disturbs it, and in how many steps."""

    def __init__(self, root: Path, prepare: Callable[[House], None]) -> None:
        self.root = root / "before"
        prepare(House(self.root, CONFIG))
        whole = self.copy(root / "whole")
        assert publish_until(whole, -1) == 0
        self.steps = len((whole.root / "steps").read_text(encoding="utf-8").splitlines())
        self.outcome = describe(whole)

    def copy(self, root: Path) -> House:
        shutil.copytree(self.root, root)
        if (state := root / ".syndicate" / "state.db").exists():
            forget_place(state)
        return House(root, (self.root / "syndicate.toml").read_text(encoding="utf-8"))


def describe(blog: House, *, code: int = 0) -> tuple[dict[str, bytes], list[tuple[str, str, str]]]:
    """What readers see, and what the state knows; but for the moments at which posts were seen to change."""
    queue = blog.run("--json", "queue", "--all", code=code).json
    rows = [(row["slug"], row["occasion"], row["state"]) for row in queue]
    return {path: _MOMENT.sub(b"then", data) for path, data in blog.files().items()}, sorted(rows)


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Model]:
    return {name: Model(tmp_path_factory.mktemp("model"), prepare) for name, prepare in SITUATIONS.items()}


def judge(blog: House, model: Model) -> None:
    """One undisturbed publication makes everything as if nothing had happened; the next has nothing to do."""
    assert blog.run("--json", "publish").json["problems"] == []
    assert describe(blog) == model.outcome
    for path in blog.feeds.rglob("*.gz"):
        assert gzip.decompress(path.read_bytes()) == path.with_suffix("").read_bytes()
    with blog.wired() as site:
        site.forget_publication()
    again = blog.run("--json", "publish").json
    assert (again["written"], again["removed"], again["new_deliveries"]) == ([], [], 0)


@pytest.mark.parametrize("way", range(WAYS))
@pytest.mark.parametrize("situation", SITUATIONS)
def test_a_killed_publication_is_repaired_by_the_next(tmp_path, models, situation, way):
    """Wherever it dies: no problem, no post announced twice or lost, every file as it should be."""
    model = models[situation]
    blog = model.copy(tmp_path / "blog")
    at = way * (model.steps - 1) // (WAYS - 1)
    ended = publish_until(blog, at)
    # Threads meet or miss one another, so two runs may differ by some steps: only the last ones may not come.
    assert ended == -signal.SIGKILL or (ended == 0 and at > model.steps * 9 // 10)
    judge(blog, model)


@pytest.mark.parametrize("loss", ["cache", "state", "both"])
def test_killed_again_and_again_and_the_memory_lost(tmp_path, models, loss):
    """Five kills in a row, each a little later, then a lost cache, state or both: the next one makes all whole."""
    model = models["a later"]
    blog = model.copy(tmp_path / "blog")
    for way in range(1, 6):
        ended = publish_until(blog, way * model.steps // 8)
        assert ended == -signal.SIGKILL or (ended == 0 and way > 2)  # what earlier ones did is no step of a later one
    if loss in {"cache", "both"}:
        blog.lose_cache()
    if loss in {"state", "both"}:
        for path in blog.root.glob(".syndicate/state*"):
            path.unlink()
    code = 0 if loss == "cache" else 1
    published = blog.run("--json", "publish", code=code).json
    assert published["problems"] == []
    assert bool(published["contradiction"]) == (loss != "cache")
    files, rows = describe(blog, code=code)
    expected, expected_rows = model.outcome
    assert expected.keys() <= files.keys()  # an old card may stay a while
    if loss == "cache":
        assert {path: files[path] for path in expected} == expected
        assert rows == expected_rows
    else:
        assert set(blog.entries()) == {"Changed", "Second", "Third"}
        assert {state for _slug, _occasion, state in rows} == {"skipped"}
