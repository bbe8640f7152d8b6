"""Every module can be loaded first: what a command imports late must not rely on what another command has loaded."""

from __future__ import annotations

import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

ROOT = Path(__file__).parents[1]
MODULES = sorted(
    ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")
    for path in (ROOT / "syndicate").rglob("*.py")
    if path.name != "__main__.py"
)


def test_every_module_can_be_the_first_one_loaded() -> None:
    """Each in a process of its own."""

    def load(module: str) -> str:
        words = [sys.executable, "-c", f"import {module}"]
        done = subprocess.run(words, capture_output=True, text=True, cwd=ROOT, check=False)
        return "" if done.returncode == 0 else f"{module}: {done.stderr.splitlines()[-1]}"

    with ThreadPoolExecutor(2) as pool:
        assert [trouble for trouble in pool.map(load, MODULES) if trouble] == []
