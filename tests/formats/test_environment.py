"""Where and when a feed is built changes no byte."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

SCRIPT = """
import hashlib, locale, time
time.tzset()
try:
    locale.setlocale(locale.LC_ALL, "")
except locale.Error:
    pass
from tests.formats.golden import list_cases, render_case
digest = hashlib.sha256()
for case in list_cases():
    for name, data in sorted(render_case(case).items()):
        digest.update(name.encode() + data)
print(digest.hexdigest())
"""
PLACES = (
    {"TZ": "UTC", "LC_ALL": "C", "PYTHONHASHSEED": "1"},
    {"TZ": "Pacific/Kiritimati", "LC_ALL": "de_DE.UTF-8", "PYTHONHASHSEED": "2"},
    {"TZ": "America/St_Johns", "LC_ALL": "C.UTF-8", "PYTHONHASHSEED": "3"},
)


def test_zone_locale_and_hash_seed_change_nothing() -> None:
    """Three processes in three places, started one after the other, render the golden cases to the same bytes."""
    root = Path(__file__).parents[2]
    started = [
        subprocess.Popen(
            [sys.executable, "-c", SCRIPT], cwd=root, env=os.environ | place, stdout=subprocess.PIPE, text=True
        )
        for place in PLACES
    ]
    printed = {process.communicate(timeout=60)[0] for process in started}
    assert len(printed) == 1
    assert len(printed.pop().strip()) == 64
