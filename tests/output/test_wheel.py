"""The wheel carries our templates."""

from __future__ import annotations

import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SCRIPT = "from syndicate.templates import read_template\nprint(len(read_template('/', 'pages/index.html')))"


@pytest.mark.slow
def test_templates_are_found_in_an_installed_wheel(tmp_path: Path) -> None:
    """A wheel built from the repository and unpacked elsewhere finds its templates beside its code."""
    build = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(tmp_path)]
    subprocess.run(build, cwd=ROOT, check=True, capture_output=True, timeout=120)
    (wheel,) = tmp_path.glob("*.whl")
    zipfile.ZipFile(wheel).extractall(tmp_path / "site")
    found = subprocess.run(
        [sys.executable, "-I", "-c", f"import sys; sys.path.insert(0, {str(tmp_path / 'site')!r})\n{SCRIPT}"],
        check=True,
        capture_output=True,
        text=True,
        cwd=tmp_path,
        timeout=60,
    )
    assert int(found.stdout) == len((ROOT / "templates" / "pages" / "index.html").read_text(encoding="utf-8"))
