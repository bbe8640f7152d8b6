"""Templates: the site's own before ours, and nothing else."""

from __future__ import annotations

from pathlib import Path

import pytest

from syndicate.errors import ConfigError
from syndicate.templates import read_template


def test_ours_is_found_without_a_site(tmp_path: Path) -> None:
    """A site without a templates folder gets ours."""
    assert "<html" in read_template(str(tmp_path), "pages/index.html")


def test_the_sites_own_wins_file_by_file(tmp_path: Path) -> None:
    """One restyled file replaces ours; the others stay ours."""
    own = tmp_path / "templates" / "pages"
    own.mkdir(parents=True)
    (own / "index.html").write_text("mine")
    assert read_template(str(tmp_path), "pages/index.html") == "mine"
    assert "<html" in read_template(str(tmp_path), "pages/timeline.html")


@pytest.mark.parametrize("name", ["../secret", "/etc/passwd", "pages/../../x", "pages\\x", "pages/none.html", "pages"])
def test_other_files_are_not_templates(tmp_path: Path, name: str) -> None:
    """Names that climb out or do not exist are refused with what to do."""
    (tmp_path / "secret").write_text("x")
    with pytest.raises(ConfigError, match="templates/"):
        read_template(str(tmp_path), name)


def test_a_template_must_be_text(tmp_path: Path) -> None:
    """Bytes that are no UTF-8 are refused, naming the file."""
    (tmp_path / "templates").mkdir()
    (tmp_path / "templates" / "bad.txt").write_bytes(b"\xff\xfe")
    with pytest.raises(ConfigError, match=r"bad\.txt"):
        read_template(str(tmp_path), "bad.txt")
