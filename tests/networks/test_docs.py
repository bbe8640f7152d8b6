"""docs/networks.md tells a person everything that the code knows to ask for."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from syndicate.networks import NETWORKS, describe

PAGE = (Path(__file__).parents[2] / "docs" / "networks.md").read_text(encoding="utf-8")
SECTIONS = dict(re.findall(r"^## ([a-z]+)\n(.*?)(?=^## |^---)", PAGE, re.MULTILINE | re.DOTALL))


@pytest.mark.parametrize("name", list(NETWORKS))
def test_every_network_has_its_section_with_options_and_secrets(name: str) -> None:
    """An option that no page mentions does not exist for anybody."""
    description = describe(name)
    wanted = [f"`{each.name}" for each in (*description.options, *description.secrets)]
    assert [each for each in wanted if each not in SECTIONS[name]] == []


@pytest.mark.parametrize("name", list(NETWORKS))
def test_every_network_is_in_the_table_and_says_what_an_unknown_outcome_means(name: str) -> None:
    """The two things to know before choosing one."""
    assert f"[`{name}`](#{name})" in PAGE
    assert name in {"local", "webhook"} or "**Unknown outcome:**" in SECTIONS[name]


def test_no_section_describes_a_network_that_is_gone() -> None:
    """Or one that never was."""
    assert set(SECTIONS) == set(NETWORKS)
