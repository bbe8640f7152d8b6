"""Whole posts in the shapes that generators and people write."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.content.golden import describe, list_cases, read_case


@pytest.mark.parametrize("folder", list_cases(), ids=lambda folder: folder.name)
def test_post_reads_as_expected(folder: Path) -> None:
    """Every field, repair, problem and the HTML of a case are what was looked at and committed."""
    post = read_case(folder)
    assert describe(post) == (folder / "expected.json").read_text(encoding="utf-8")
    assert post.html + "\n" == (folder / "expected.html").read_text(encoding="utf-8")
