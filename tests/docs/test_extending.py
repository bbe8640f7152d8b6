"""What the page for people who extend the program quotes is what the program says."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "extending.md").read_text(encoding="utf-8")
QUOTES = re.findall(r"^```(?:python|toml)\n# (\S+)\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)
LINKS = re.findall(r"\]\(\.\./([^)#]+)\)", PAGE)


def test_every_block_of_code_names_its_file() -> None:
    """A block that names none would be compared with nothing."""
    assert len(QUOTES) == PAGE.count("```python") + PAGE.count("```toml") >= 9


@pytest.mark.parametrize(("path", "quoted"), QUOTES)
def test_what_is_quoted_stands_in_the_file_word_for_word(path: str, quoted: str) -> None:
    """A reader who copies it copies what runs."""
    assert quoted in (ROOT / path).read_text(encoding="utf-8")


def test_every_file_it_leads_to_is_there() -> None:
    """A link that leads nowhere ends a newcomer's walk."""
    assert [path for path in LINKS if not (ROOT / path).exists()] == []
