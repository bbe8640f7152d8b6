"""Install two servers that speak Mastodon's API: `python tests/e2e/fediverse/install.py [FOLDER]`.

snac is a real small server from Debian's archive (installed with apt-get, which needs root, where it is missing);
mastodon_mock is a stateful imitation from the Python package index, put into an environment of its own.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
import venv
from pathlib import Path

from tests.e2e.pds.install import cache_folder

MOCK = "mastodon-mock==0.6.1"


def install_snac() -> Path:
    """The `snac` command."""
    if shutil.which("snac") is None:
        apt = ["apt-get", "-o", "DPkg::Lock::Timeout=300"]
        subprocess.run([*apt, "update", "-q"], check=True, timeout=600, stdout=subprocess.DEVNULL)
        install = [*apt, "install", "-y", "-q", "--no-install-recommends", "snac2"]
        subprocess.run(install, check=True, timeout=600, stdout=subprocess.DEVNULL)
    found = shutil.which("snac")
    assert found, "snac2 was installed, but there is no command snac"
    return Path(found)


def install_mock(folder: Path) -> Path:
    """The `mastodon_mock` command."""
    command = folder / "bin" / "mastodon_mock"
    stamp = folder / "installed"
    if not (command.is_file() and stamp.is_file() and stamp.read_text() == MOCK):
        venv.create(folder, with_pip=True, clear=True)
        pip = [str(folder / "bin" / "python"), "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
        subprocess.run([*pip, MOCK], check=True, timeout=600)
        stamp.write_text(MOCK)
    return command


if __name__ == "__main__":
    mock = install_mock(Path(sys.argv[1]) if len(sys.argv) > 1 else cache_folder() / "mastodon-mock")
    sys.stdout.write(f"{install_snac()} {mock}\n")
