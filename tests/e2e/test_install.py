"""What people install is whole: archives, the container's steps, uv and pipx, each with the demo run by its command."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

pytestmark = pytest.mark.e2e

ROOT = Path(__file__).parents[2]
DOCKERFILE = (ROOT / "deploy" / "Dockerfile").read_text(encoding="utf-8").replace("\\\n", " ")


def run(*words: str | Path, cwd: Path = ROOT, home: Path | None = None, **more: str) -> str:
    """Standard output of a program that must succeed, run without our environment's variables."""
    kept = {name: os.environ[name] for name in os.environ if name.startswith(("PIP_", "UV_", "SSL_", "LANG"))}
    environment = {"PATH": os.environ["PATH"], "HOME": str(home or cwd), **kept, **more}
    done = subprocess.run(
        [*map(str, words)], cwd=cwd, env=environment, capture_output=True, text=True, timeout=600, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def archives(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the sdist, and the wheel made of that sdist."""
    folder = tmp_path_factory.mktemp("dist")
    run(sys.executable, "-m", "build", "--no-isolation", "--outdir", folder, home=folder)
    return folder


def the_demo_runs(syndicate: Path, folder: Path) -> None:
    home = folder / "home"
    home.mkdir()
    told = run("sh", ROOT / "deploy" / "demo.sh", syndicate, folder / "demo", cwd=folder, home=home)
    assert (folder / "demo" / "feeds" / "timeline.html").exists()
    assert "first-frost" in told


def test_the_archives_are_fit_for_the_package_index(archives: Path) -> None:
    """Metadata, README and names are as PyPI takes them, and nobody's machine is in them."""
    files = sorted(archives.iterdir())
    assert [file.name.split("-")[0] for file in files] == ["syndicate_feeds", "syndicate_feeds"]
    run(sys.executable, "-m", "twine", "check", "--strict", *files, home=archives)


def test_the_steps_of_the_container_make_a_program_that_runs(tmp_path: Path) -> None:
    """Every RUN and COPY of the building stage, in an empty folder: the run-time lock is all it needs."""
    source, opt, wheel = tmp_path / "source", tmp_path / "opt" / "syndicate", tmp_path / "wheel"
    source.mkdir()
    stage = DOCKERFILE.split("FROM ")[1]
    steps = re.findall(r"^(RUN|COPY) (.*)$", stage, re.MULTILINE)
    assert len(steps) >= 6
    for kind, words in steps:
        if kind == "COPY":
            *names, target = words.split()
            for name in names:
                _copy(ROOT / name, source / target, is_folder=target.endswith("/"))
        else:
            command = words.replace("/opt/syndicate", str(opt)).replace("/wheel", str(wheel))
            run("sh", "-c", re.sub(r"\bpython -m", f"{sys.executable} -m", command), cwd=source, home=tmp_path)
    the_demo_runs(opt / "bin" / "syndicate", tmp_path)
    assert not list((opt / "lib").glob("python3*/site-packages/pytest"))


def _copy(source: Path, target: Path, *, is_folder: bool) -> None:
    if source.is_dir():
        shutil.copytree(source, target)
    elif is_folder:
        target.mkdir(exist_ok=True)
        shutil.copy(source, target)
    else:
        shutil.copy(source, target)


@pytest.mark.parametrize("tool", ["uv", "pipx"])
def test_one_line_installs_it(tool: str, archives: Path, tmp_path: Path) -> None:
    """`uv tool install` and `pipx install` give the command."""
    (wheel,) = archives.glob("*.whl")
    program = Path(sys.executable).parent / tool
    words = ["tool", "install", "--quiet"] if tool == "uv" else ["install", "--quiet"]
    places = {"PIPX_HOME": str(tmp_path / "pipx"), "PIPX_BIN_DIR": str(tmp_path / "bin")}
    places |= {"UV_TOOL_DIR": str(tmp_path / "tools"), "UV_TOOL_BIN_DIR": str(tmp_path / "bin")}
    run(program, *words, wheel, cwd=tmp_path, **places)
    assert run(tmp_path / "bin" / "syndicate", "--version", cwd=tmp_path).startswith("syndicate ")


def test_the_install_step_of_the_action_installs_and_keeps(archives: Path, tmp_path: Path) -> None:
    """From nothing, and again over what a cache has kept, also where no package index answers."""
    action = yaml.safe_load((ROOT / "deploy" / "action" / "action.yml").read_text(encoding="utf-8"))
    (step,) = [step["run"] for step in action["runs"]["steps"] if step.get("name") == "Install"]
    (wheel,) = archives.glob("*.whl")
    place = {"PLACE": str(tmp_path / "program")}
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    for package in (str(wheel), "no-such-package-anywhere"):
        assert "syndicate " in run("bash", "-c", step, cwd=tmp_path, PATH=path, PACKAGE=package, **place)
