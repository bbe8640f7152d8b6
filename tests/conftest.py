"""What holds for every test: properties are judged by what they find, never by how long a busy machine takes."""

from __future__ import annotations

import gc
import os
import re
import sys
from collections.abc import Iterator
from itertools import count
from pathlib import Path

import pytest
from _pytest.runner import runtestprotocol

HERE = Path(__file__).parent

os.environ.pop("CI", None)  # the tests themselves may run in one, and `once` warns there of a state on its disk
sys.modules.setdefault("httpx._main", None)  # as syndicate.http does: it would load Click, Rich and Pygments
gc.disable()  # until everything is collected: what is loaded by then stays

# `make test` answers within seconds: the main job, each room's rules, the first two networks. These files are not even
# read there. They hold tables of hundreds of cases, one network each, PostgreSQL, servers, daemons, terminals, races,
# fonts and cards; `make test-slow` runs them with all the others, and so does CI. A folder stands for all its files.
THOROUGH = frozenset(
    {
        "app",
        "benchmarks",
        "cards",
        "cli/test_glance.py",
        "cli/test_logins.py",
        "cli/test_mistakes.py",
        "cli/test_telling.py",
        "cli/test_words.py",
        "config/test_schema.py",
        "containment/test_borders_planning.py",
        "containment/test_borders_telling.py",
        "content/test_addresses.py",
        "content/test_built.py",
        "deliver/test_borders.py",
        "deliver/test_cluster.py",
        "deliver/test_settling.py",
        "docs/test_api.py",
        "e2e",
        "faults",
        "fonts",
        "formats/test_environment.py",
        "formats/test_jing.py",
        "formats/test_properties.py",
        "formats/test_timeline.py",
        "fuzz",
        "http/test_hostile.py",
        "hubs",
        "journeys",
        "networks",
        "notices",
        "output/test_bucket.py",
        "output/test_wheel.py",
        "pictures",
        "planning/test_archives.py",
        "planning/test_lives.py",
        "planning/test_resemblance.py",
        "planning/test_translations.py",
        "probes",
        "processes",
        "publish",
        "starters/test_generators.py",
        "starters/test_sources.py",
        "store/test_damage.py",
        "store/test_overview.py",
        "store/test_remote.py",
        "store/test_states.py",
        "store/test_trouble.py",
        "store/test_upgrade.py",
        "test_folders.py",
        "test_imports.py",
        "text/test_counting_conformance.py",
        "text/test_dialects.py",
        "text/test_hostile.py",
        "text/test_shortcodes.py",
        "typeset",
        "vault",
        "web",
    }
)

# Rooms that are thorough as a whole, but for these.
QUICK = frozenset(
    {
        "faults/test_schedules.py",
        "journeys/test_journey.py",
        "journeys/test_ticks.py",
        "networks/test_bluesky.py",
        "networks/test_bluesky_facets.py",
        "networks/test_docs.py",
        "networks/test_mastodon.py",
    }
)

FIRST = frozenset({"deliver", "faults", "journeys", "networks", "store"})
"""Rooms of the first worker, half of the time; the second has the others. So each loads and warms up its own alone."""

ROWS = 2
"""By so many rows a table tells its rule in the quick tests; the others prove it in the thorough ones."""
WHOLE = frozenset({"test_decide.py", "test_ticks.py"})
"""Files whose tables run whole: what follows from a call, and when what is done."""


@pytest.hookimpl(tryfirst=True)
def pytest_configure(config: pytest.Config) -> None:
    """A few examples in the default run, Hypothesis's hundred where there is time: `make test-slow`, and so CI."""
    if _is_quick(config):
        return  # which draws no examples
    from hypothesis import HealthCheck, settings  # noqa: PLC0415 - a fifth of a second

    settings.register_profile("quick", max_examples=5, deadline=None, suppress_health_check=[HealthCheck.too_slow])
    settings.register_profile("thorough", deadline=None, suppress_health_check=[HealthCheck.too_slow])
    settings.load_profile("quick")


@pytest.fixture(scope="session")
def folders() -> Iterator[int]:
    """Numbers of the folders that tests get."""
    return count(1)


@pytest.fixture
def tmp_path(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory, folders: Iterator[int]) -> Path:
    """As pytest's, which looks through the folders of all the tests before for the next free number."""
    name = re.sub(r"\W", "_", request.node.name)[:30]
    return tmp_path_factory.mktemp(f"{name}-{next(folders)}", numbered=False)


@pytest.hookimpl(optionalhook=True)
def pytest_configure_node(node) -> None:
    """Let a worker know whether it runs whatever it finds."""
    node.workerinput["each"] = node.config.option.dist == "each"


def _is_quick(config: pytest.Config) -> bool:
    return "not slow" in config.option.markexpr


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    """Leave the thorough files unread where only the quick tests are asked for, and with `--dist each` another's."""
    left_out = _is_quick(config) and (_is_thorough(collection_path) or _is_anothers(collection_path, config))
    return True if left_out else None


@pytest.hookimpl(tryfirst=True)
def pytest_pycollect_makeitem(collector: pytest.Collector, obj: object) -> list[pytest.Item] | None:
    """Make nothing of what is marked as slow, which would be left out later, one by one, and of drawn examples."""
    if not _is_quick(collector.config):
        return None
    is_slow = any(mark.name == "slow" for mark in getattr(obj, "pytestmark", ()))
    return [] if is_slow or getattr(obj, "is_hypothesis_test", False) else None


@pytest.hookimpl(wrapper=True)
def pytest_generate_tests(metafunc: pytest.Metafunc) -> Iterator[None]:
    """Make no tests of what the quick ones leave out: PostgreSQL's half of what runs on both, the ends of tables."""
    yield
    if _is_quick(metafunc.config):
        rows = [call for call in metafunc._calls if not call.id.startswith("postgresql")]
        metafunc._calls[:] = rows if metafunc.definition.path.name in WHOLE else rows[:ROWS]


def pytest_runtest_protocol(item: pytest.Item, nextitem: pytest.Item | None) -> bool | None:
    """Tell of a test once, and of its fixtures where they fail: six messages for each took a tenth of the time."""
    if not _is_quick(item.config) or item.config.option.durations:
        return None
    for report in runtestprotocol(item, nextitem=nextitem, log=False):
        if report.when == "call" or not report.passed:
            item.ihook.pytest_runtest_logreport(report=report)
    return True


def pytest_collection_finish() -> None:
    """No later search for garbage looks through modules and tests again, and few are made."""
    gc.freeze()
    gc.set_threshold(20_000)
    gc.enable()


def _is_anothers(path: Path, config: pytest.Config) -> bool:
    """Whether another worker has this room, where each runs what it finds."""
    name = path.relative_to(HERE).as_posix()
    here = getattr(config, "workerinput", {"each": False})
    if name == "." or not here["each"]:
        return False
    return f"gw{(name.split('/')[0] not in FIRST) % here['workercount']}" != here["workerid"]


def _is_thorough(path: Path) -> bool:
    name = path.relative_to(HERE).as_posix()
    if path.is_dir():
        return name in THOROUGH and not any(quick.startswith(f"{name}/") for quick in QUICK)
    return path.suffix == ".py" and name not in QUICK and any(part in THOROUGH for part in (name, name.split("/")[0]))
