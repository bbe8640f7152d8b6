"""What holds for every test: properties are judged by what they find, never by how long a busy machine takes."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

# A few examples in the default run, Hypothesis's hundred where there is time: `make test-slow`, and so CI.
settings.register_profile("quick", max_examples=10, deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.register_profile("thorough", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("quick")

HERE = Path(__file__).parent

# Tables of hundreds of cases, PostgreSQL, servers and every drawn card: `make test` leaves them to `make test-slow`,
# which runs everything; CI runs both. Each of these rooms keeps quicker tests of the same facts in the default run.
EXHAUSTIVE = frozenset(
    {
        "cards/test_corpus.py",
        "cards/test_draw.py",
        "cards/test_golden.py",
        "cards/test_photo.py",
        "cards/type/test_setting.py",
        "deliver/test_cluster.py",
        "formats/test_properties.py",
        "networks/test_contract.py",
        "networks/test_hostile.py",
        "networks/test_recovery.py",
        "planning/test_archives.py",
        "store/test_states.py",
        "store/test_upgrade.py",
        "web/test_dashboard_login.py",
        "web/test_dashboard_safety.py",
        "web/test_servers.py",
    }
)


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark the exhaustive files, before `-m` chooses, and PostgreSQL's half of what runs on both databases."""
    for item in items:
        name = item.path.relative_to(HERE).as_posix()
        if name in EXHAUSTIVE or "[postgresql" in item.name:
            item.add_marker(pytest.mark.slow)
