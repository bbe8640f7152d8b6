"""What lies in deploy/ is taken by the programs it is for."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import pytest
import yaml

pytestmark = pytest.mark.e2e

DEPLOY = Path(__file__).parents[2] / "deploy"
UNITS = sorted(path.name for path in DEPLOY.iterdir() if path.suffix in {".service", ".timer"})
MOST_EXPOSED = 2.5
"""systemd's own judgement from 0 (safe) to 10."""


def analyze(*words: str | Path) -> str:
    done = subprocess.run(["systemd-analyze", *map(str, words)], capture_output=True, text=True, check=False)
    return done.stdout + done.stderr


@pytest.mark.parametrize("name", UNITS)
def test_systemd_takes_every_unit(name: str, tmp_path: Path) -> None:
    """With the marked lines changed to what is there: no warning at all."""
    for unit in UNITS:  # a timer wants its service beside it
        text = (DEPLOY / unit).read_text(encoding="utf-8")
        text = re.sub(r"^(ExecStart=)\S+", rf"\g<1>{shutil.which('true')}", text, flags=re.MULTILINE)
        text = re.sub(r"^User=.*$", "User=daemon", text, flags=re.MULTILINE)
        (tmp_path / unit).write_text(re.sub(r"^Documentation=.*\n", "", text, flags=re.MULTILINE))
    assert analyze("verify", "--recursive-errors=no", tmp_path / name) == ""


@pytest.mark.parametrize("name", [unit for unit in UNITS if unit.endswith(".service")])
def test_a_service_is_shut_in(name: str) -> None:
    """systemd judges what a broken program could still reach."""
    found = re.search(r"exposure level for \S+: ([\d.]+)", analyze("security", "--offline=true", DEPLOY / name))
    assert found is not None
    assert float(found[1]) <= MOST_EXPOSED


def test_the_containers_are_pinned_and_shut_in() -> None:
    """Exact versions of images; ours runs without rights on a file system that it cannot write to."""
    services = yaml.safe_load((DEPLOY / "compose.yml").read_text(encoding="utf-8"))["services"]
    images = [service["image"] for service in services.values() if "image" in service]
    assert [image for image in images if not re.search(r":\d+\.\d+", image)] == []
    ours = services["syndicate"]
    assert (ours["read_only"], ours["cap_drop"], ours["stop_grace_period"]) == (True, ["ALL"], "45s")
    assert "USER blog" in (DEPLOY / "Dockerfile").read_text(encoding="utf-8")
