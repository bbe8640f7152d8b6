"""How long a saved file takes to a message that its network accepted: alone, and beside twenty accounts that hang.

The real daemon on real sockets. Each post is written once the message before it was accepted; the two sites run at the
same time and take turns, so that whatever else the machine does meets both.
"""

from __future__ import annotations

import statistics
import time
from contextlib import ExitStack
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.faults.neighbours import Neighbours, neighbours

HANGING = 20
POSTS = 15
ALLOWED = 1.1


def _measure(site: Neighbours, number: int) -> float:
    """Seconds from the saved file of one post to its accepted message."""
    slug = f"post-{number}"
    began = time.monotonic()
    site.write(slug)
    site.wait_for(lambda: slug in site.healthy.accepted_at)
    time.sleep(0.5)  # what follows a message (feeds, timeline) is over
    return site.healthy.accepted_at[slug] - began


def main() -> None:
    with TemporaryDirectory() as folder, ExitStack() as running:
        sites = [running.enter_context(neighbours(Path(folder) / str(number), number)) for number in (0, HANGING)]
        for site in sites:
            running.enter_context(site.start("run"))
            site.wait_for(lambda site=site: "watching" in site.read_log())
            time.sleep(2)
        rounds = [[_measure(site, number) for site in sites] for number in range(POSTS)]
    first, rest = rounds[0], rounds[1:]
    alone, beside = (statistics.median(times) for times in zip(*rest, strict=True))
    print(f"alone                      {alone:.3f} s from saved file to accepted message (median of {len(rest)})")
    print(f"beside {HANGING} hanging accounts {beside:.3f} s")
    print(f"ratio                      {beside / alone:.2f} (at most {ALLOWED})")
    print(f"first message              {first[0]:.3f} s and {first[1]:.3f} s: nobody hangs yet, all have work")


if __name__ == "__main__":
    main()
