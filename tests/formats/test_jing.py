"""The Atom grammar once more, by jing, the reference validator of RELAX NG (Debian package "jing")."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

from syndicate.formats.xml_feeds import render_atom
from syndicate.planning.feeds import plan_feeds
from tests.formats.golden import CASES
from tests.formats.reading import SCHEMAS
from tests.formats.samples import NOW, posts, settings

pytestmark = pytest.mark.e2e


def run_jing(*files: Path) -> subprocess.CompletedProcess[str]:
    jing = shutil.which("jing")
    assert jing, "jing is not installed"
    return subprocess.run(
        [jing, SCHEMAS / "atom.rng", *files], capture_output=True, text=True, check=False, timeout=120
    )


def test_jing_accepts_every_golden_case() -> None:
    """All golden Atom documents are valid."""
    found = run_jing(*sorted(CASES.glob("*/atom.xml")))
    assert found.returncode == 0, found.stdout


def test_jing_accepts_archives(tmp_path: Path) -> None:
    """Current feed, categories and archives of one site are valid."""
    files = []
    for number, feed in enumerate(plan_feeds(posts(range(20)), settings(items=5, archive_items=4), {}, NOW)):
        files.append(tmp_path / f"{number}.xml")
        files[-1].write_bytes(render_atom(feed))
    found = run_jing(*files)
    assert (len(files), found.returncode) == (6, 0), found.stdout


def test_the_grammar_refuses_what_is_wrong(tmp_path: Path) -> None:
    """The schema is no rubber stamp: an entry without an id is refused."""
    broken = tmp_path / "broken.xml"
    text = (CASES / "plain" / "atom.xml").read_text()
    broken.write_text(text.replace("<id>urn", "<x>urn").replace("</id><title>A plain", "</x><title>A plain"))
    assert run_jing(broken).returncode == 1
