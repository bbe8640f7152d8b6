"""Pages and program never part: what the program knows of itself is generated."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.docs.generate import DOCS, MANUAL, PARTS, fill, render_manual
from tests.docs.site import lay_out

README = (Path(__file__).parents[2] / "README.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("name", list(PARTS))
def test_a_generated_part_says_what_the_program_says(name: str) -> None:
    """Every key with default and meaning, every command with its options; `make docs` writes them anew."""
    file, render = PARTS[name]
    page = (DOCS / file).read_text(encoding="utf-8")
    assert page == fill(page, name, render())


@pytest.mark.parametrize("page", sorted(DOCS.glob("*.md")), ids=lambda page: page.stem)
def test_every_row_of_a_table_stands_on_one_line(page: Path) -> None:
    """Else it is shown as a paragraph, and ends the table."""
    rows = [line for line in page.read_text(encoding="utf-8").splitlines() if line.startswith("|")]
    assert [row for row in rows if not row.endswith("|")] == []


@pytest.mark.parametrize("page", sorted(DOCS.glob("*.md")), ids=lambda page: page.stem)
def test_what_belongs_to_a_list_is_indented_by_four(page: Path) -> None:
    """Else it ends the list on the site, and each further step is the first."""
    assert re.findall(r"\n\n {1,3}(?=\S).*", page.read_text(encoding="utf-8")) == []


def test_readme_can_be_read_in_one_go() -> None:
    """What it is, two commands, five minutes, and where to read on."""
    assert len(README.splitlines()) <= 150


def test_a_link_that_is_shown_as_code_stays_as_it_is(tmp_path: Path) -> None:
    """The page about posts shows one."""
    lay_out(tmp_path)
    assert "`[x](../other.md#part)`" in (tmp_path / "pages" / "posts.md").read_text(encoding="utf-8")


def test_the_navigation_leads_to_every_page(tmp_path: Path) -> None:
    """A page that it forgets is found by nobody; one that is not there is a dead link."""
    lay_out(tmp_path / "site")
    pages = {path.name for path in (tmp_path / "site" / "pages").glob("*.md")}
    navigation = (tmp_path / "site" / "mkdocs.yml").read_text(encoding="utf-8").partition("\nnav:")[2]
    named = re.findall(r": (\S+\.md)$", navigation, re.MULTILINE)
    assert sorted(named) == sorted(pages)


def test_the_manual_page_says_what_the_program_says() -> None:
    """`man syndicate` knows every command."""
    assert MANUAL.read_text(encoding="utf-8") == render_manual()
